//go:build linux

package entities_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

var stallFor = flag.Duration("bars.stall", 10*time.Second, "how long BenchmarkStall keeps the engine at half load")

// Stall is the longest time that a call took at half the load that the machine
// can take, from the moment when it was due: compactions, garbage collection and
// all. Calls come at their times whether or not earlier ones are answered.
func BenchmarkStall(b *testing.B) {
	h := openBars(b)
	const step = time.Millisecond
	each := max(1, int(h.peak(b)/2*step.Seconds()))
	took := make([]time.Duration, each*int(*stallFor/step))
	var failed atomic.Int64
	var open sync.WaitGroup
	for b.Loop() {
		start := time.Now()
		for i := range took {
			due := start.Add(time.Duration(i/each) * step)
			if i%each == 0 {
				time.Sleep(time.Until(due))
			}
			open.Add(1)
			add.Post(h.client, fmt.Sprint(i%tallies), 1, func(_ int, err error) {
				if took[i] = time.Since(due); err != nil {
					failed.Add(1)
				}
				open.Done()
			})
		}
		open.Wait()
		b.ReportMetric(float64(len(took))/time.Since(start).Seconds(), "ops/s")
	}
	if n := failed.Load(); n > 0 {
		b.Errorf("%d calls failed", n)
	}
	logStalls(b, took, each*int(time.Second/step))
	slices.Sort(took)
	b.ReportMetric(benchtest.Milliseconds(took[len(took)*999/1000]), "p99.9-ms")
	b.ReportMetric(benchtest.Milliseconds(took[len(took)-1]), "stall-ms")
}

// peak is how many calls a second 200 callers make, measured for a while.
func (h *barsHouse) peak(b *testing.B) float64 {
	var calls atomic.Int64
	var callers sync.WaitGroup
	ctx := context.Background()
	start := time.Now()
	for range 200 {
		callers.Go(func() {
			for time.Since(start) < 2*time.Second {
				if _, err := add.Do(ctx, h.client, fmt.Sprint(calls.Add(1)%tallies), 1); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	return float64(calls.Load()) / time.Since(start).Seconds()
}

// logStalls says when calls took long: by the second in which they were due.
func logStalls(b *testing.B, took []time.Duration, perSecond int) {
	b.Helper()
	for second, of := range slices.Collect(slices.Chunk(took, perSecond)) {
		if longest := slices.Max(of); longest > 50*time.Millisecond {
			late := 0
			for _, d := range of {
				if d > 50*time.Millisecond {
					late++
				}
			}
			b.Logf("second %d: %d of %d calls took more than 50 ms, the longest %s", second, late, len(of), longest.Round(time.Millisecond))
		}
	}
}
