package main

import (
	"os"
	"runtime/debug"
)

// garbagePercent is how much garbage may gather, in percent of what is in use, before it is collected. Go's own 100 is
// too much here: most of what is in use under load are Badger's memtables, up to four of 83 MB, which cost the collector
// nothing, and as much again would gather beside them. Measured with 1,024 callers of entities: half of it takes no more processor time.
const garbagePercent = 50

// tuneCollector sets garbagePercent, unless whoever started the server has said what it should be (GOGC).
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
