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
	// easeLooks in a row at which the server is at ease: 30 s. By then the instances that were in use have hibernated
	// (durable.Options.HibernateAfter), and they are what no figure of the runtime shows as garbage before it is collected.
	easeLooks = 6
)

// tuneCollector sets how much garbage may gather. It leaves that alone where whoever started the server has said it (GOGC).
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}

// giveBack returns memory to the system while the server is at ease, until the context ends. What rest does comes once, before
// the garbage is collected, when the server has been at ease for long.
func giveBack(ctx context.Context, rest func()) {
	tick := time.NewTicker(easeEvery)
	defer tick.Stop()
	for e := (ease{before: readMemory()}); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		worth := e.look(readMemory())
		if e.looks == easeLooks {
			rest()
		}
		if worth {
			debug.FreeOSMemory()
		}
	}
}

// ease is for how many looks the server has been at ease.
type ease struct {
	before memory
	looks  int
}

// look says whether it is time to give memory back.
func (e *ease) look(now memory) bool {
	e.looks++
	if now.allocated-e.before.allocated >= easeBytes {
		e.looks = 0
	}
	e.before = now
	return e.looks > 0 && now.excess() > easeWorth || e.looks == easeLooks && now.objects > easeWorth
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
