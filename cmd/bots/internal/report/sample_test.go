package report

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var errAway = errors.New("connection refused")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// sample is a made-up run of a minute, in which the server was killed once. It is the same every time, and each test has
// one of its own.
func sample(t *testing.T) *Summary {
	t.Helper()
	var s Summary
	if err := json.Unmarshal(sampleJSON(), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

var sampleJSON = sync.OnceValue(func() []byte {
	r := measure.New(time.Now())
	log := serverLog{seconds: 60}
	var points []Point
	idle := 0.02
	for second := range 60 {
		moves := int(200 + 20*math.Sin(float64(second)/7))
		server := serverLog{answers: 1, seconds: 1, counted: Figures{
			Started: 1, Memory: 120e6 + 1e6*float64(second), Goroutines: 3000, CPU: 0.9,
			CommitTurns: Distribution{Sum: float64(moves) * 10, Count: float64(moves) / 2}, CommitBytes: Distribution{Sum: float64(moves) * 3000, Count: float64(moves) / 2},
			CommitSeconds: Distribution{
				Sum: float64(moves) / 2 * 0.0012, Count: float64(moves) / 2,
				Buckets: []Bucket{{0.001, float64(moves) / 4}, {0.002, float64(moves) / 2.1}, {0.004, float64(moves) / 2}},
			},
		}}
		if second == 30 || second == 31 {
			moves, server = 0, serverLog{missed: 1}
		}
		for n := range moves {
			spread := 1 + math.Pow(float64(n)/float64(moves), 8)*12 + float64(second%5)/10
			r.Ack(time.Duration(spread * float64(time.Millisecond)))
			r.Screen(time.Duration((spread + 0.4) * float64(time.Millisecond)))
			r.Bytes(412, 98)
		}
		switch {
		case second < 5:
			for n := range 20 {
				r.Bots(1)
				r.Connected(time.Duration(n+2) * time.Millisecond)
				r.Match(measure.Started)
			}
		case second == 30:
			for range 100 {
				r.Close(1006)
				r.Failed("dial: connection refused")
			}
		case second == 32:
			for n := range 100 {
				r.Back(time.Duration(1200+n) * time.Millisecond)
			}
			r.Nack("stale")
		default:
			r.Match(measure.Started)
			r.Match(measure.Finished)
		}
		s := r.Snapshot()
		s.At, s.Span = time.Duration(second+1)*time.Second, time.Second
		p := point(&s, server, usage{}, usage{})
		p.TesterCPU, p.Idle = 0.95, &idle
		points = append(points, p)
		log.answers, log.missed = log.answers+server.answers, log.missed+server.missed
		if server.answers > 0 {
			log.counted = log.counted.plus(&server.counted)
			log.memory, log.goroutines = max(log.memory, server.counted.Memory), 3000
		}
	}
	log.restarts = 1
	r.Fault(measure.Lost, "match <b>M1</b>: move 17 was acknowledged as event 31, and is not in the record")
	r.Fault(measure.Gap, "match M2: event 9 after 7")
	s := r.Snapshot()
	sum := &Summary{
		Schema: Schema, Scenario: "chaos", Settings: []Setting{{"--matches", "50"}, {"--games", "connect4,tictactoe"}},
		Started: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), Duration: 61_234, Played: 60_000,
		Bots: Bots{s.MostBots}, Matches: Matches{s.Total.Started, s.Total.Finished, s.Total.Aborted},
		Moves: Moves{s.Total.Moves, round(float64(s.Total.Moves) / 60), median(points)},
		Times: AllTimes{
			timesFrom(s.Total.Ack), timesFrom(s.Total.Screen), timesFrom(s.Total.Watcher), timesFrom(s.Total.Connect), timesFrom(s.Total.Back),
		},
		Errors: s.Total.Errors(), Nacks: s.Nacks, Closes: s.Closes, Failures: s.Failures,
		Bytes:  Bytes{s.Total.BytesIn, s.Total.BytesOut, perMove(s.Total.BytesIn, s.Total.Moves), perMove(s.Total.BytesOut, s.Total.Moves)},
		Server: serverSummary(log, s.Total.Moves), Box: boxFrom(&s.Box), Notes: []Note{{30_000, "the server was killed </script>"}}, Timeline: points,
		Tester: Tester{CPUSeconds: 57, CPUCores: 0.95, Cores: 2, Idle: &idle, Goroutines: 400, machine: 2},
	}
	sum.Tester.warn(sum.Server.CPUCores)
	for _, text := range []string{"p99<50ms", "reconnect.p99<1s", "watcher.p99<60ms"} {
		req, err := ParseRequirement(text)
		if err != nil {
			panic(err)
		}
		sum.Required = append(sum.Required, req.judge(sum))
	}
	sum.Exit = sum.ExitCode()
	data, err := json.Marshal(sum)
	if err != nil {
		panic(err)
	}
	return data
})
