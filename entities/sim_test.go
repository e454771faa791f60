package entities_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

var (
	simSeed  = flag.Uint64("sim.seed", 0, "replay the simulation of this seed alone")
	simSeeds = flag.Int("sim.seeds", 8, "how many seeds to simulate")
	simSteps = flag.Int("sim.steps", 2500, "events of each simulation")
)

// TestSimulation runs the whole engine on one thread: orchestrations, entities
// and their clients on the true kernel, with everything that a fabric, a disk,
// workers and clients can do to them, in an order that a seed decides. What is
// promised is checked at each event, and in the end. The kernel has a simulation
// of its own (package durable), with an actor that does what orchestrations
// never would.
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

func simulate(t *testing.T, seed uint64, total *simFigures) {
	synctest.Test(t, func(t *testing.T) {
		w := newSimWorld(seed, 1+int(seed%5))
		w.play()
		w.end()
		w.figures.addTo(total)
		if w.err != nil {
			t.Errorf("seed %d, event %d: %v\nlast events:\n%s\nreplay: go test -run TestSimulation -sim.seed %d -sim.steps %d",
				seed, w.figures.Steps, w.err, strings.Join(w.trace[max(0, len(w.trace)-40):], "\n"), seed, *simSteps)
		}
	})
}

// play lets things happen, and then lets them come to their end.
func (w *simWorld) play() {
	defer func() {
		if r := recover(); r != nil {
			stack := make([]byte, 16<<10)
			w.violate("panic: %v\n%s", r, stack[:runtime.Stack(stack, false)])
		}
	}()
	for n := range simDesks {
		id := fmt.Sprint("desk", n)
		w.caller.admin("open", id, func(ctx context.Context, c *orchestrator.Client) error {
			_, err := simDesk.Begin(ctx, c, 0, orchestrator.WithID(id))
			return err
		})
	}
	w.quiet = true
	w.settle()
	for w.quiet = false; w.figures.Steps < uint64(*simSteps) && w.err == nil; {
		w.figures.Steps++
		w.event()
		w.caller.collect()
	}
	for _, end := range []func(){w.drain, w.checkEnd} {
		if w.err == nil {
			end()
		}
	}
}

// event lets one thing happen.
func (w *simWorld) event() {
	partition := w.rng.IntN(w.store.Partitions())
	switch n := w.rng.IntN(1000); {
	case n < 290:
		w.after(w.host.Step(partition))
	case n < 510:
		w.resolve()
	case n < 680:
		w.carry()
	case n < 740:
		if len(w.caller.open) < 30 {
			w.caller.make()
		}
	case n < 770:
		w.caller.again()
	case n < 880:
		w.work()
	case n < 930:
		time.Sleep(time.Duration(w.rng.IntN(30)) * time.Millisecond)
	case n < 940:
		w.watch()
	case n < 960:
		w.readWatch()
	case n < 985:
		w.host.Evict(partition, w.rng.IntN(20_000))
	case n < 998:
		w.checkStats()
		w.checkLocks()
		w.checkSuspended()
	case w.chance(2):
		w.crash()
	}
}
