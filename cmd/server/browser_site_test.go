package main

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/everturn/everturn/cmd/internal/bot"
)

// site is a server with the windows in which its players look at it.
type site struct {
	t       testing.TB
	url     string
	data    string
	server  *child
	api     *bot.API
	windows []*window

	mu    sync.Mutex
	lines []*line
}

// newSite starts a server for one test; with its limits on, as people have it.
//
// Tests that measure short times do without t.Parallel.
func newSite(t testing.TB) *site {
	t.Helper()
	return newSiteIn(t, nil)
}

func newSiteIn(t testing.TB, env []string) *site {
	t.Helper()
	theBrowser(t)
	s := &site{t: t, data: newData(t)}
	s.server = startServerIn(t, env, s.data, "--addr", "127.0.0.1:0", "--log-level", "warn")
	s.url = s.server.url
	s.api = &bot.API{URL: s.url}
	return s
}

func (s *site) address() string { return strings.TrimPrefix(s.url, "http://") }

// kill is kill -9.
func (s *site) kill() {
	s.t.Helper()
	s.expectCuts()
	s.server.kill()
}

// restart starts the server again, on the same port, and waits until it is ready.
func (s *site) restart() {
	s.t.Helper()
	s.server = startServer(s.t, s.data, "--addr", s.address(), "--log-level", "warn")
}

// line is a wire of its own to the server.
func (s *site) line() *line {
	s.t.Helper()
	l := newLine(s.t, s.address())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	return l
}

func (s *site) cut(l *line) {
	s.expectCuts()
	l.set(lineCut)
}

// expectCuts: from now on the browser may complain that it does not reach the server.
func (s *site) expectCuts() {
	for _, w := range s.windows {
		w.expect("net::ERR_")
		w.expect("WebSocket connection to") // closed in the middle of the handshake
	}
}

// owns says whether an address is one of ours, or none at all.
func (s *site) owns(address string) bool {
	if strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "blob:") || address == "about:blank" {
		return true
	}
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if "http://"+host == l.url {
			return true
		}
	}
	return host == s.address()
}

// record is the latest game of a match, as the API tells it to anybody.
func (s *site) record(id string) bot.Record {
	s.t.Helper()
	r, err := s.api.Record(context.Background(), id, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// recorded are its moves, in order.
func (s *site) recorded(id string) (moves []string) {
	s.t.Helper()
	for _, m := range s.record(id).Moves {
		moves = append(moves, m.Move)
	}
	return moves
}
