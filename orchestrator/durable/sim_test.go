package durable

import (
	"flag"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	simSeed  = flag.Uint64("sim.seed", 0, "replay the simulation of this seed alone")
	simSeeds = flag.Int("sim.seeds", 10, "how many seeds to simulate")
	simSteps = flag.Int("sim.steps", 2500, "events of each simulation")
)

// TestSimulation runs whole servers on one thread: everything that a fabric, a
// disk, a clock and clients can do to the kernel, in an order that a seed
// decides. What is promised is checked at each event, and in the end.
//
//	go test -run TestSimulation -sim.seeds 200 -sim.steps 5000
//	go test -run TestSimulation -sim.seed 17
func TestSimulation(t *testing.T) {
	var total simFigures
	start := time.Now()
	if *simSeed != 0 {
		simulate(t, *simSeed, &total)
	} else {
		for seed := uint64(1); seed <= uint64(*simSeeds) && !t.Failed(); seed++ {
			simulate(t, seed, &total)
		}
	}
	t.Logf("%d seeds in %v: %+v", *simSeeds, time.Since(start).Round(time.Millisecond), total)
}

// simulate runs one seed. Odd seeds have small bounds, so that everything
// overflows all the time.
func simulate(t *testing.T, seed uint64, total *simFigures) {
	if seed%2 == 1 {
		defer smallLimits()()
	}
	w := newWorld(seed, 1+int(seed%5))
	defer func() {
		if r := recover(); r != nil {
			stack := make([]byte, 16<<10)
			w.violate("panic: %v\n%s", r, stack[:runtime.Stack(stack, false)])
		}
		total.add(&w.figures)
		if w.err != nil {
			t.Errorf("seed %d, event %d: %v\nlast events:\n%s\nreplay: go test -run TestSimulation -sim.seed %d -sim.steps %d",
				seed, w.figures.steps, w.err, strings.Join(w.trace[max(0, len(w.trace)-40):], "\n"), seed, *simSteps)
		}
	}()
	for w.figures.steps < *simSteps && w.err == nil {
		w.figures.steps++
		w.event()
	}
	for _, end := range []func(){w.drain, w.checkEnd, w.purge, w.sumStats} {
		if w.err == nil {
			end()
		}
	}
}

// event lets one thing happen.
func (w *world) event() {
	p := w.parts[w.rng.IntN(len(w.parts))]
	switch n := w.rng.IntN(1000); {
	case n < 300:
		w.step(p)
	case n < 520:
		w.resolve()
	case n < 680:
		w.net.move()
	case n < 760:
		if len(w.clients.open) < 60 {
			call := w.clients.make()
			w.note("post %s verb %d to %s %+v due %v", call.label, call.request.verb, call.id, call.request, call.due)
			w.clients.post(call)
		}
	case n < 800:
		w.clients.again()
	case n < 880:
		w.pool.work()
	case n < 930:
		w.advance(int64(w.rng.IntN(60)))
	case n < 940:
		w.watch()
	case n < 970:
		w.readWatch()
	case n < 978:
		w.poisonOne()
	case n < 985:
		w.checkLists()
	case n < 996:
		w.dropHot(p)
	case w.chance(3):
		w.crash()
	}
}

// poisonOne makes an instance one that cannot be run, or mends it.
func (w *world) poisonOne() {
	id := simTargets(w)
	if !w.poison[id] && len(w.poison) < 2 {
		w.poison[id] = true
		w.note("poison %s", id)
		return
	}
	for id := range w.poison { // one at most, or two in an order that does not matter
		p := w.parts[id.Partition(len(w.parts))]
		p.mail.put(parcel{m: Message{To: id}, kind: toRetry, done: func(Answer) {}})
	}
	clear(w.poison)
	w.note("mended")
}

// dropHot evicts what a partition has in memory, between two batches.
func (w *world) dropHot(p *simPartition) {
	if p.inflight {
		return
	}
	budget := p.cache.budget
	p.cache.budget = w.rng.IntN(p.cache.bytes + 1)
	p.cache.evict()
	p.cache.budget = budget
}

// smallLimits makes the bounds of partitions small and gives what makes them
// large again.
func smallLimits() func() {
	limits := []*int{&drainMessages, &drainBytes, &batchBytes, &batchRows, &batchTurns, &laneMessages, &laneBytes, &maxTimers, &workHandOut, &collectRows, &trimAtOnce, &outboxSlack}
	small := []int{7, 3000, 4000, 40, 3, 4, 3000, 16, 8, 5, 2, 3}
	old := make([]int, len(limits))
	for i, l := range limits {
		old[i], *l = *l, small[i]
	}
	return func() {
		for i, l := range limits {
			*l = old[i]
		}
	}
}
