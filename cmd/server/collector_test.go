package main

import (
	"runtime/debug"
	"testing"
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
