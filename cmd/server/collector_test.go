package main

import (
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestCollectorIsTuned(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	for gogc, want := range map[string]int{"": garbagePercent, "200": 100} { // Go itself reads GOGC, as the process starts
		debug.SetGCPercent(100)
		t.Setenv("GOGC", gogc)
		tuneCollector()
		if got := debug.SetGCPercent(100); got != want {
			t.Errorf("GOGC=%q: %d%%, not %d%%", gogc, got, want)
		}
	}
}

func TestExcessMemory(t *testing.T) {
	for _, test := range []struct {
		memory
		want uint64
	}{
		{memory{}, 0},
		{memory{objects: 90, live: 60, free: 5}, 35},
		{memory{objects: 50, live: 60, free: 5}, 5}, // the live ones are of the last collection
	} {
		if got := test.excess(); got != test.want {
			t.Errorf("%+v: %d, not %d", test.memory, got, test.want)
		}
	}
}

// TestEaseGivesBack: garbage that is seen, at the first quiet look; what may have become garbage unseen, once, after half a
// minute of quiet; and never while there is much to do.
func TestEaseGivesBack(t *testing.T) {
	busy := func(m memory, n int) memory { m.allocated += uint64(n) * easeBytes; return m }
	full, seen := memory{objects: 200 << 20, live: 200 << 20}, memory{objects: 200 << 20, live: 100 << 20}
	var e ease
	for i, step := range []struct {
		memory
		want bool
	}{
		{busy(seen, 1), false}, {busy(seen, 2), false}, // at work
		{busy(seen, 2), true},                                                                          // 1
		{busy(full, 2), false}, {busy(full, 2), false}, {busy(full, 2), false}, {busy(full, 2), false}, // to 5
		{busy(full, 2), true}, {busy(full, 2), false}, {busy(full, 3), false}, {busy(memory{}, 3), false}, // 6, 7, 0, 1
		{busy(memory{}, 3), false}, {busy(memory{}, 3), false}, {busy(memory{}, 3), false}, // to 4
		{busy(memory{}, 3), false}, {busy(memory{objects: easeWorth}, 3), false}, {busy(seen, 3), true}, // nothing to gain; 7
	} {
		if got := e.look(step.memory); got != step.want {
			t.Errorf("look %d, %d at ease: %v", i, e.looks, got)
		}
	}
}

// TestGiveBackRests: a server at ease rests once, after half a minute, and not again while it stays so.
func TestGiveBackRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began, rests := time.Now(), []time.Duration(nil)
		go giveBack(ctx, func() { rests = append(rests, time.Since(began)) })
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if len(rests) != 1 || rests[0] != easeLooks*easeEvery {
			t.Errorf("it rested after %v", rests)
		}
	})
}

var kept []byte

// TestMemoryIsGivenBack: what has become garbage is seen as excess, and not any more once it is collected.
func TestMemoryIsGivenBack(t *testing.T) {
	debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := readMemory().excess()
	for range 64 {
		kept = make([]byte, 1<<20)
	}
	kept = nil
	if got := readMemory().excess(); got < before+48<<20 {
		t.Errorf("%d bytes of excess after 64 MiB of garbage, %d before", got, before)
	}
	debug.FreeOSMemory()
	if got := readMemory().excess(); got > easeWorth {
		t.Errorf("%d bytes of excess after a collection", got)
	}
}
