//go:build linux

package entities_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

func (h *barsHouse) five(b *testing.B, at int) {
	ctx := context.Background()
	sideEffects.Store(0)
	benchtest.Crowd(b, at, func(_, i int) error {
		id, err := five.Begin(ctx, h.orch, orchestrator.None{}, orchestrator.WithID(fmt.Sprintf("five-%d-%d", b.N, i)))
		if err == nil {
			_, err = five.Result(ctx, h.orch, id)
		}
		return err
	})
	if n := sideEffects.Load(); n != int64(5*b.N) {
		b.Errorf("%d activities were done for %d orchestrations", n, b.N)
	}
}

// W1: orchestrations of five activities, one after the other.
func BenchmarkW1_200(b *testing.B)   { openBars(b).five(b, 200) }
func BenchmarkW1_Alone(b *testing.B) { openBars(b).five(b, 1) }

func fanOut(b *testing.B, n int) {
	h := openBars(b)
	ctx := context.Background()
	sideEffects.Store(0)
	b.ResetTimer()
	for i := range b.N {
		id, err := fan.Begin(ctx, h.orch, n, orchestrator.WithID(fmt.Sprintf("fan-%d-%d", b.N, i)))
		if err != nil {
			b.Fatal(err)
		}
		if got, err := fan.Result(ctx, h.orch, id); err != nil || got != n {
			b.Fatal(got, err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "wall-ms")
	if got := sideEffects.Load(); got != int64(n*b.N) {
		b.Errorf("%d activities were done, not %d", got, n*b.N)
	}
}

// W2: one orchestration with so many activities at once.
func BenchmarkW2_1000(b *testing.B)   { fanOut(b, 1_000) }
func BenchmarkW2_10000(b *testing.B)  { fanOut(b, 10_000) }
func BenchmarkW2_100000(b *testing.B) { fanOut(b, 100_000) }

// W4: requests to one waiting orchestration, one after the other.
func BenchmarkW4(b *testing.B) {
	h := openBars(b)
	ctx := context.Background()
	id, err := listen.Begin(ctx, h.orch, b.N, orchestrator.WithID("listener"))
	if err != nil {
		b.Fatal(err)
	}
	benchtest.Crowd(b, 1, func(_, i int) error {
		got, err := poke.Do(ctx, h.orch, id, i)
		if err == nil && got != i {
			err = fmt.Errorf("answer %d to %d", got, i)
		}
		return err
	})
}
