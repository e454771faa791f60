package main

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestCollectorIsTuned(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for gogc, want := range map[string]int{"": garbagePercent, "200": 100} { // Go itself reads GOGC, as the process starts
		debug.SetGCPercent(100)
		t.Setenv("GOGC", gogc)
		tuneCollector(ctx)
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
