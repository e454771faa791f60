package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// garbagePercent is how much garbage may gather, in percent of what is in use, before it is collected. Go's own 100 is
// too much here: most of what is in use under load are Badger's memtables, up to four of 83 MB, which cost the collector
// nothing, and as much again would gather beside them. Measured with 1,024 callers of entities, half of it takes no more
// processor time; with 500 matches at full speed four times as much would save 3 % of it, and take twice the memory.
const garbagePercent = 50

// A server at ease gives back what a busy time has left: what is garbage, and what is free and still taken from the
// system. Go by itself would collect after two minutes, and give back slowly after that.
const (
	easeEvery = 5 * time.Second
	easeBytes = 8 << 20  // allocated since the last look: as few say that the server is at ease
	easeWorth = 24 << 20 // bytes that would be given back, below which it is not worth a collection
)

// tuneCollector sees to the memory until the context ends. It leaves alone how much garbage may gather where whoever
// started the server has said so (GOGC).
func tuneCollector(ctx context.Context) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	go func() {
		tick := time.NewTicker(easeEvery)
		defer tick.Stop()
		for before := readMemory(); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := readMemory()
			if now.allocated-before.allocated < easeBytes && now.excess() > easeWorth {
				debug.FreeOSMemory()
			}
			before = now
		}
	}()
}

// memory is what the runtime says of it, in bytes.
type memory struct{ allocated, objects, live, free uint64 }

func readMemory() memory {
	s := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	return memory{s[0].Value.Uint64(), s[1].Value.Uint64(), s[2].Value.Uint64(), s[3].Value.Uint64()}
}

// excess is about how much could be given back.
func (m memory) excess() uint64 { return m.free + max(m.objects, m.live) - m.live }
