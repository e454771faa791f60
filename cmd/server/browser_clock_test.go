package main

import (
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// stated is a match's clock as the server states it.
type stated struct {
	Left    []float64
	Running []int
	Now     int64 // wall milliseconds at which Left is true
}

// clock asks the server, on a socket of its own.
func (s *site) clock(id string) stated {
	s.t.Helper()
	p, err := s.api.NewPlayer(s.t.Context(), "Referee")
	if err != nil {
		s.t.Fatal(err)
	}
	dialer := websocket.Dialer{Subprotocols: []string{"everturn.v1"}}
	conn, answer, err := dialer.Dial("ws://"+s.address()+"/ws", http.Header{"Authorization": {"Bearer " + p.Token}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _, _ = answer.Body.Close(), conn.Close() }()
	if err := conn.WriteJSON(map[string]string{"t": "watch", "m": id}); err != nil {
		s.t.Fatal(err)
	}
	for {
		var frame struct {
			T     string
			Clock *stated
		}
		if err := conn.ReadJSON(&frame); err != nil {
			s.t.Fatal(err)
		}
		if frame.T == "sync" && frame.Clock != nil {
			return *frame.Clock
		}
	}
}

// drift is how far the clocks in a window are from the server's at the most, in milliseconds. The window is looked at at
// some moment between two looks at the time, and is right if it shows what is true at any of them.
func (w *window) drift(id string) (worst float64) {
	w.t.Helper()
	truth := w.site.clock(id)
	before := time.Now().UnixMilli()
	shown := w.clocks()
	after := time.Now().UnixMilli()
	for seat, left := range truth.Left {
		least, most := left, left
		if slices.Contains(truth.Running, seat) {
			least -= float64(max(0, after-truth.Now))
			most -= float64(max(0, before-truth.Now))
		}
		worst = max(worst, least-shown[seat], shown[seat]-most)
	}
	return worst
}

// clocks are the milliseconds that the clocks of both seats show.
func (w *window) clocks() [2]float64 {
	w.t.Helper()
	return eval[[2]float64](w, `[0, 1].map((seat) => Number(probe.el("clock-" + seat).dataset.ms))`)
}

func TestBrowser_23_ClocksAgreeAndWarn(t *testing.T) {
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	// Blue's computer is an hour behind, which must not matter.
	blue.before(`{ const now = Date.now; Date.now = () => now() - 3_600_000; }`)
	id := s.startTimed(14_000, blue, amber)
	for _, w := range []*window{blue, amber} {
		w.until(`probe.el("clock-0").matches(".running") && !probe.el("clock-1").matches(".running")`)
		// Which one runs is also said by a sign and in words, and the one that stands has neither.
		w.until(`probe.el("clock-0").querySelector("svg") && !probe.el("clock-1").querySelector("svg")`)
		w.until(`probe.el("clock-0").ariaLabel.startsWith("Running: ") && !probe.el("clock-1").ariaLabel.startsWith("Running")`)
	}
	// Looked at over some seconds in which the page hears nothing but pongs: what is wrong by a per cent or two, or by
	// the way from the server, would show.
	worst := 0.0
	for left := 13_000; left >= 10_000; left -= 500 {
		blue.until(`Number(probe.el("clock-0").dataset.ms) < %s`, left)
		worst = max(worst, blue.drift(id), amber.drift(id))
	}
	blue.announces("10 seconds left on your clock.")
	alternate("44", blue, amber)
	blue.myTurn()
	worst = max(worst, blue.drift(id), amber.drift(id))
	blue.until(`Number(probe.el("clock-0").dataset.ms) < 9000`)
	const warning = `probe.said.filter((s) => /\d+ seconds left on your clock/.test(s))`
	if said := eval[[]string](blue, warning); len(said) != 1 {
		t.Errorf("the warnings are %q", said)
	}
	if said := eval[[]string](amber, warning); len(said) != 0 {
		t.Errorf("the other player is told %q", said)
	}
	t.Logf("the clocks differ by %.0f ms at most", worst)
	if worst >= 250 {
		t.Errorf("the clocks differ by %.0f ms", worst)
	}
}

func TestBrowser_24_ClockSurvivesRestart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startTimed(60_000, blue, amber)
	alternate("4", blue)
	amber.until(`Number(probe.el("clock-1").dataset.ms) < 57_500`) // for longer than what may be lost
	before := amber.clocks()
	killed := time.Now()
	s.kill()
	eval[bool](amber, `((window.cutAt = performance.now()), true)`)
	amber.until(`performance.now() > window.cutAt + 2_000`) // a downtime that would be seen in the clock
	s.restart()
	ready := time.Now()
	down := ready.Sub(killed)
	for _, w := range []*window{blue, amber} {
		w.says("banner", "the clocks stood still")
		w.until(`probe.match().live && probe.el("latency").innerText.includes("ms")`)
		after := w.clocks()
		// On a busy machine the clocks may run again by the time they are read.
		lost := 1000 + float64(time.Since(ready).Milliseconds())
		for seat := range after {
			if d := math.Abs(after[seat] - before[seat]); d >= lost {
				t.Errorf("%s: seat %d had %.0f ms before, and has %.0f after %s", w.name, seat, before[seat], after[seat], down)
			}
		}
	}
	t.Logf("down for %s; %v ms before, %v after", down, before, amber.clocks())
	// After the pause in which players come back, the clock runs again.
	amber.until(`Number(probe.el("clock-1").dataset.ms) < %s - 1200`, before[1])
	if d := amber.drift(id); d >= 250 {
		t.Errorf("the clocks differ by %.0f ms", d)
	}
}

func TestBrowser_25_TimeoutEndsTheGameOnBothScreens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startTimed(3_000, blue, amber)
	alternate("4", blue)
	const watch = `(() => {
		window.flag = Promise.all([
			probe.until(() => Number(probe.el("clock-1").dataset.ms) === 0, 15000).then(() => performance.now()),
			probe.until(() => probe.match().state === "finished", 15000).then(() => performance.now()),
		]);
		return true;
	})()`
	for _, w := range []*window{blue, amber} {
		eval[bool](w, watch)
	}
	for i, w := range []*window{blue, amber} {
		at := eval[[2]float64](w, `window.flag`)
		t.Logf("%s: the end is shown %.0f ms after the clock has run out", w.name, at[1]-at[0])
		if d := at[1] - at[0]; math.Abs(d) > 1000 {
			t.Errorf("%s: the end is shown %.0f ms after the clock has run out", w.name, d)
		}
		w.says("headline", []string{"You won", "You lost"}[i])
		w.says("headline", "On time")
		w.announces([]string{"You won. On time.", "You lost. On time."}[i])
	}
	if m, err := s.api.Match(t.Context(), id); err != nil || m.State != "finished" {
		t.Errorf("%+v, %v", m, err)
	}
	if got := string(s.record(id).Result); got != `{"kind":"win","reason":"flag","winners":[0]}` {
		t.Errorf("the result is %s", got)
	}
}
