package main

import (
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

var (
	manyMatches = flag.Int("matches", 1000, "running matches that TestRestartWithMatches kills a server with (the bar is for 10000)")
	idleFor     = flag.Duration("matches.idle", 0, "how long TestRestartWithMatches leaves them alone before it looks at the memory (the bar is for 1m and 100000)")
)

// TestRestartWithMatches kills a server with many running matches and measures how soon the next one is ready. A match that
// was running then goes on.
func TestRestartWithMatches(t *testing.T) {
	data := newData(t)
	c := startServer(t, data, "--addr", "127.0.0.1:0", "--rate-limit", "off", "--log-level", "warn")
	api := &bot.API{URL: c.url, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	var players [2]bot.Player
	for i := range players {
		var err error
		if players[i], err = api.NewPlayer(t.Context(), fmt.Sprintf("Player %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	match := startMatches(t, api, players, *manyMatches)
	time.Sleep(*idleFor)
	full := residentKB(t, c.cmd.Process.Pid)
	many := goroutines(t, c)
	if *idleFor > time.Minute/2 && many > 200 { // instances hibernate after 20 s
		t.Errorf("%d idle matches keep %d goroutines", *manyMatches, many)
	}
	c.kill()
	cold := startServer(t, data, "--addr", "127.0.0.1:0", "--rate-limit", "off")
	waitStatus(t, cold.url+"/readyz", http.StatusOK)
	kb := residentKB(t, cold.cmd.Process.Pid)
	t.Logf("%d running matches (%d goroutines, %.1f MB resident, %.1f MB after the restart): killed, and ready again after %s",
		*manyMatches, many, float64(full)/1000, float64(kb)/1000, cold.ready.Round(time.Millisecond))
	if cold.ready > 5*time.Second {
		t.Errorf("it took %s to be ready", cold.ready)
	}
	conn := connect(t, cold.url, players[0].Token)
	if err := conn.WriteMessage(websocket.TextMessage, wire.Move{ID: "k1", Match: match, Move: "5"}.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if f, err := read(conn); err != nil || f.Type() != wire.TypeAck {
		t.Errorf("the first move after the restart: %v, %v", f, err)
	}
}

// goroutines is how many a server has.
func goroutines(t *testing.T, c *child) int {
	t.Helper()
	said := regexp.MustCompile(`(?m)^go_goroutines (\d+)$`).FindSubmatch(scrape(t, c))
	if said == nil {
		t.Fatal("the metrics have no go_goroutines")
	}
	n, err := strconv.Atoi(string(said[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// startMatches starts so many matches between two players, and gives one of them.
func startMatches(t *testing.T, api *bot.API, players [2]bot.Player, n int) (last string) {
	t.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	var mu sync.Mutex
	began := time.Now()
	for range 16 {
		group.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				match, err := api.NewMatch(t.Context(), players[0], []string{"tictactoe", "connect4"}[i%2], fmt.Sprintf("match %d", i))
				if err == nil {
					_, err = api.Join(t.Context(), players[1], match)
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				last = match
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Logf("%d matches were made and joined in %s", n, time.Since(began).Round(time.Millisecond))
	return last
}
