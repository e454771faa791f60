package report

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// fakeServer has done a hundred turns more each time it is asked, in ten commits. It is away for the third answer, and
// another process afterwards.
type fakeServer struct {
	mu    sync.Mutex
	asked int
}

func (f *fakeServer) Scrape(context.Context) (Figures, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.asked == 3 {
		return Figures{}, errAway
	}
	n := float64(f.asked)
	figures := Figures{Started: 1, Memory: 1e6 * n, Goroutines: 10, CPU: n / 2, CommitTurns: Distribution{Sum: 100 * n, Count: 10 * n}}
	if f.asked > 3 {
		figures.Started = 2
	}
	return figures, nil
}

// TestWatch follows a play of ten seconds in which a bot moves every 100 ms, and a check of records of five.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := measure.New(time.Now())
		ctx, endPlay := context.WithTimeout(t.Context(), 10*time.Second+50*time.Millisecond)
		defer endPlay()
		var out bytes.Buffer
		var busy float64
		w := run(ctx, Options{
			Recorder: r, Server: &fakeServer{}, Scenario: "pairs", Settings: []Setting{{"--matches", "1"}}, Duration: 10 * time.Second,
			Required: []Requirement{must(t, "moves/s>=9"), must(t, "p99<1ms")},
		}, func() usage {
			busy++
			return usage{at: time.Now(), own: busy, idle: busy, all: 2 * busy}
		}, &lines{out: &out})
		r.Bots(1)
		r.Match(measure.Started)
		for ctx.Err() == nil {
			time.Sleep(100 * time.Millisecond)
			r.Ack(5 * time.Millisecond)
			if time.Since(r.Started()) == 3*time.Second {
				w.Note("the server was killed")
			}
		}
		r.Match(measure.Finished)
		time.Sleep(5 * time.Second) // the records are checked
		r.Fault(measure.Lost, "one")
		s := w.Finish()
		if again := w.Finish(); again.Moves != s.Moves {
			t.Errorf("finishing twice tells %+v, then %+v", s.Moves, again.Moves)
		}

		if len(s.Timeline) != 10 || s.Timeline[0].Moves < 9 || s.Timeline[0].Moves > 10 || *s.Timeline[4].AckP50 != 5.003 {
			t.Errorf("the timeline is %+v", s.Timeline)
		}
		if s.Played != 10_050 || s.Duration != 15_100 || s.Moves.Count != 101 || s.Moves.PerSecond < 9 || s.Moves.PerSecond > 10.1 {
			t.Errorf("played %v ms of %v: %+v", s.Played, s.Duration, s.Moves)
		}
		if s.Matches != (Matches{Started: 1, Finished: 1}) || s.Bots.Most != 1 || s.Box.Clean || s.Exit != 2 {
			t.Errorf("%+v, %+v, box %+v, exit code %d", s.Matches, s.Bots, s.Box, s.Exit)
		}
		if !s.Required[0].Met || s.Required[1].Met {
			t.Errorf("required: %+v", s.Required)
		}
		server := s.Server
		if server.Missed != 1 || server.Restarts != 1 || server.TurnsPerCommit != 10 || server.MemoryMax != server.Memory || server.Memory < 11e6 {
			t.Errorf("the server: %+v", server)
		}
		if s.Tester.Idle == nil || *s.Tester.Idle != 0.5 || s.Tester.CPUSeconds != 11 {
			t.Errorf("the tester: %+v", s.Tester)
		}
		if len(s.Notes) != 1 || s.Notes[0].At != 3000 {
			t.Errorf("notes: %+v", s.Notes)
		}
		want := []string{"0:01  1 bot, 1 match playing, moves ", "0:03  the server was killed", "0:05  1 bot", "0:10  1 bot", "0:15  the play is over"}
		for _, line := range want {
			if !strings.Contains(out.String(), line) {
				t.Errorf("there is no line %q in\n%s", line, out.String())
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("plain lines have control sequences: %q", out.String())
		}
	})
}

func must(t *testing.T, text string) Requirement {
	r, err := ParseRequirement(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hung never answers: it waits for the end of the question.
type hung struct{}

func (hung) Scrape(ctx context.Context) (Figures, error) {
	<-ctx.Done()
	return Figures{}, ctx.Err()
}

// TestAServerThatHangsHoldsUpNothing: the timeline goes on, without its figures.
func TestAServerThatHangsHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w := run(ctx, Options{Recorder: measure.New(time.Now()), Server: hung{}}, func() usage { return usage{at: time.Now()} }, silent{})
		<-ctx.Done()
		s := w.Finish()
		if n := len(s.Timeline); n < 4 || n > 5 || s.Played != 5000 || s.Server != nil || s.Timeline[0].ServerMemory != nil || s.Timeline[0].AckP50 != nil {
			t.Errorf("%d points in %v ms: %+v, server %+v", n, s.Played, s.Timeline, s.Server)
		}
	})
}

func aView(t *testing.T, faults bool) *view {
	r := measure.New(time.Now())
	r.Bots(1000)
	r.Nack("stale")
	r.Ack(time.Millisecond)
	if faults {
		r.Fault(measure.Lost, "x")
	}
	s := r.Snapshot()
	return &view{scenario: "pairs", now: 23 * time.Second, duration: time.Minute, playing: true, total: &s, points: sample(t).Timeline}
}

func TestLiveFitsItsTerminal(t *testing.T) {
	for _, width := range []int{200, 80, 40, 12} {
		l := &live{}
		for _, line := range l.block(aView(t, true), width) {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("%d characters wide, %q has %d", width, line, n)
			}
		}
	}
}

// TestLiveIsRedrawnInPlace: one write a picture, which starts where the last one did and never clears the whole screen.
func TestLiveIsRedrawnInPlace(t *testing.T) {
	out := &writes{}
	width := 80
	l := &live{out: out, paint: true, width: func() int { return width }}
	l.show(aView(t, false), nil)
	l.show(aView(t, true), []Note{{At: 1000, Text: "killed\x1b[2J"}})
	l.clear()
	l.clear()
	if len(out.list) != 3 {
		t.Fatalf("%d writes: %q", len(out.list), out.list)
	}
	first, second, last := out.list[0], out.list[1], out.list[2]
	lines := strings.Count(first, "\n")
	up := "\x1b[" + count(int64(lines)) + "A\r"
	if !strings.HasPrefix(second, begin+hideCursor+up+"0:01  killed [2J"+toLineEnd) {
		t.Errorf("the second picture starts with %q", second[:40])
	}
	if !strings.HasPrefix(last, up) || !strings.HasSuffix(last, showCursor) {
		t.Errorf("at last %q", last)
	}
	if strings.Contains(first+second, "\x1b[2J") || !strings.Contains(first, "nothing lost") || !strings.Contains(second, "acknowledged moves lost: 1") {
		t.Errorf("%q, then %q", first, second)
	}
}

type writes struct{ list []string }

func (w *writes) Write(p []byte) (int, error) {
	w.list = append(w.list, string(p))
	return len(p), nil
}

func TestSparkline(t *testing.T) {
	v := func(list ...float64) (of []*float64) {
		for _, x := range list {
			if of = append(of, &x); x < 0 {
				of[len(of)-1] = nil
			}
		}
		return of
	}
	for want, values := range map[string][]*float64{
		"": nil, "▁▄█": v(0, 4, 8), "▁▁": v(0, 0), "█ █": v(1, -1, 1), "█▁": v(9, 9, 0),
	} {
		width := 3
		if want == "█▁" {
			width = 2
		}
		if got := sparkline(values, width); got != want && !(want == "▁▄█" && got == "▁▅█") {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestTheTesterSaysWhenItIsTheBottleneck(t *testing.T) {
	idle := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		tester Tester
		server float64
		want   string
	}{
		{Tester{CPUCores: 1.9, Cores: 2}, 0, "It was the bottleneck"},
		{Tester{CPUCores: 1.9, Cores: 2, Idle: idle(0.5)}, 0, "It was the bottleneck"},
		{Tester{CPUCores: 0.9, Cores: 2, Idle: idle(0.01), machine: 2}, 1.05, "the tester took 0.90 of 2 cores, the server 1.05, others 0.03."},
		{Tester{CPUCores: 0.1, Cores: 2, Idle: idle(0), machine: 2}, 0, "the tester took 0.10 of 2 cores. What others"},
		{Tester{CPUCores: 0.9, Cores: 2, Idle: idle(0.3)}, 1, ""},
		{Tester{CPUCores: 0.9, Cores: 2}, 1, ""},
	} {
		c.tester.warn(c.server)
		if c.tester.Bottleneck != (c.want != "") || !strings.Contains(c.tester.Warning, c.want) {
			t.Errorf("%+v; want %q", c.tester, c.want)
		}
	}
}

// TestUsageIsOfThisProcess: what it burns is counted.
func TestUsageIsOfThisProcess(t *testing.T) {
	before := measureUsage()
	if before.own == 0 {
		t.Skip("this system does not tell")
	}
	for after := before; after.own-before.own < 0.02; after = measureUsage() {
		if after.at.Sub(before.at) > time.Minute {
			t.Fatalf("a minute of work counts as %v s", after.own-before.own)
		}
	}
}
