//go:build linux

package entities_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

const tallies = 1000

func (h *barsHouse) sum(b *testing.B) (sum int) {
	for k := range tallies {
		n, _, _, err := tally.Read(h.client, fmt.Sprint(k))
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return sum
}

func calls(b *testing.B, at int) { openBars(b).calls(b, at) }

func (h *barsHouse) calls(b *testing.B, at int) {
	ctx := context.Background()
	benchtest.Crowd(b, at, func(_, i int) error {
		_, err := add.Do(ctx, h.client, fmt.Sprint(i%tallies), 1)
		return err
	})
	if got := h.sum(b); got != b.N {
		b.Errorf("%d calls added up to %d", b.N, got)
	}
}

// W3: calls of 1,000 entities that answer after the commit.
func BenchmarkW3_Call_Alone(b *testing.B) { calls(b, 1) }
func BenchmarkW3_Call_200(b *testing.B)   { calls(b, 200) }
func BenchmarkW3_Call_1024(b *testing.B)  { calls(b, 1024) }

// W3, one way: signals to 1,000 entities. A signal is told to be stored once its
// entity has taken it.
func BenchmarkW3_Signal(b *testing.B) {
	h := openBars(b)
	benchtest.Crowd(b, 1024, func(_, i int) error { return add.Signal(h.client, fmt.Sprint(i%tallies), 1) })
	if got := h.sum(b); got != b.N {
		b.Errorf("%d signals added up to %d", b.N, got)
	}
}

// What the engine itself takes for a call: on a store that forgets.
func BenchmarkW3_Engine(b *testing.B) {
	h := houseOn(b, nowhere{}, 0)
	ctx := context.Background()
	var last [tallies]atomic.Int64
	benchtest.Crowd(b, 200, func(_, i int) error {
		n, err := add.Do(ctx, h.client, fmt.Sprint(i%tallies), 1)
		for had := last[i%tallies].Load(); int64(n) > had && !last[i%tallies].CompareAndSwap(had, int64(n)); {
			had = last[i%tallies].Load()
		}
		return err
	})
	sum := int64(0)
	for k := range last {
		sum += last[k].Load()
	}
	if sum != int64(b.N) {
		b.Errorf("%d calls added up to %d", b.N, sum)
	}
}

// W3 over ten times as many entities as the cache holds, each as likely as the
// next. Steady is the rate of the last fifth of the calls by that of the first.
func BenchmarkW3_Tenfold(b *testing.B) {
	const many, cache = 100_000, 12 << 20 // an entity takes some 1,200 bytes
	h := houseOn(b, badgerAt(b, benchtest.Dir(b)), cache)
	ctx := context.Background()
	once := func(i int) error { _, err := add.Do(ctx, h.client, fmt.Sprint(i), 1); return err }
	var next atomic.Int64
	var filling sync.WaitGroup
	for range 1000 {
		filling.Go(func() {
			for i := next.Add(1); i <= many; i = next.Add(1) {
				if err := once(int(i) - 1); err != nil {
					b.Error(err)
				}
			}
		})
	}
	filling.Wait()
	misses, hits := h.host.Stats().CacheMisses.Load(), h.host.Stats().CacheHits.Load()
	var marks [6]time.Time
	rnd := rand.New(rand.NewPCG(1, 2))
	keys := make([]int, b.N)
	for i := range keys {
		keys[i] = rnd.IntN(many)
	}
	marks[0] = time.Now()
	benchtest.Crowd(b, 200, func(_, i int) error {
		if n := i * 5 / b.N; i > 0 && n > (i-1)*5/b.N {
			marks[n] = time.Now()
		}
		return once(keys[i])
	})
	marks[5] = time.Now()
	misses, hits = h.host.Stats().CacheMisses.Load()-misses, h.host.Stats().CacheHits.Load()-hits
	b.ReportMetric(float64(misses)/float64(misses+hits), "misses")
	b.ReportMetric(float64(marks[1].Sub(marks[0]))/float64(marks[5].Sub(marks[4])), "steady")
}

// W6: transfers between two of 1,000 accounts: both are locked, read, written
// and unlocked.
func BenchmarkW6_Transfer_200(b *testing.B) {
	h := openBars(b)
	ctx := context.Background()
	changes := make([]atomic.Int64, tallies)
	benchtest.Crowd(b, 200, func(_, i int) error {
		from, to := i*7919%tallies, (i*104729+i/tallies+1)%tallies
		if from == to {
			to = (to + 1) % tallies
		}
		changes[from].Add(-1)
		changes[to].Add(1)
		id, err := swap.Begin(ctx, h.orch, [2]string{fmt.Sprint(from), fmt.Sprint(to)}, orchestrator.WithID(fmt.Sprintf("swap-%d-%d", b.N, i)))
		if err == nil {
			_, err = swap.Result(ctx, h.orch, id)
		}
		return err
	})
	if got := h.sum(b); got != 0 {
		b.Errorf("money was made or lost: %d", got)
	}
	for k := range changes {
		if n, _, _, err := tally.Read(h.client, fmt.Sprint(k)); err != nil || int64(n) != changes[k].Load() {
			b.Errorf("account %d has %d, not %d (%v)", k, n, changes[k].Load(), err)
		}
	}
}
