//go:build linux

package entities_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/orchestrator/durable/benchtest"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
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

// begin starts matches that have seen so many moves.
func (h *barsHouse) begin(tb testing.TB, matches, moves int) []string {
	tb.Helper()
	ctx := context.Background()
	ids := make([]string, matches)
	var playing sync.WaitGroup
	var next atomic.Int64
	for range min(matches, 2000) {
		playing.Go(func() {
			for i := int(next.Add(1)) - 1; i < matches; i = int(next.Add(1)) - 1 {
				ids[i] = fmt.Sprintf("match-%07d", i)
				_, err := match.Begin(ctx, h.orch, 1<<20, orchestrator.WithID(ids[i]))
				for n := 0; n < moves && err == nil; n++ {
					err = h.play(ids[i], n+1)
				}
				if err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	playing.Wait()
	return ids
}

// play makes the nth move of a match.
func (h *barsHouse) play(id string, n int) error {
	got, err := move.Do(context.Background(), h.orch, id, n, orchestrator.RequestID("0123456789abcdef", fmt.Sprint(n)))
	if err == nil && got != n {
		err = fmt.Errorf("move %d of %s is number %d", n, id, got)
	}
	return err
}

// W7: a match of 1,000 moves is brought back from its history.
func BenchmarkW7_Replay1000(b *testing.B) {
	h := houseOn(b, memstore.New(memstore.Options{}), 0)
	id := h.begin(b, 1, 1000)[0]
	s, log, err := h.host.Log(orchestrator.InstanceID(id))
	if err != nil || s.Events != 1000 {
		b.Fatal(s.Events, err)
	}
	in := &durable.Instance{ID: s.ID, Incarnation: s.Incarnation, Generation: s.Generation, Log: log}
	benchtest.Crowd(b, 1, func(_, _ int) error { return orchestrator.Replay(h.orchestrates, in) })
}

// W7, as a client sees it: a move of a match that is on disk only, with its
// commit. The cache of each partition holds one match, and they take turns.
func BenchmarkW7_Cold1000(b *testing.B) {
	const matches, moves = 20, 1000
	dir := benchtest.Dir(b)
	open := func(cache int) *barsHouse {
		store, err := badgerstore.Open(dir, badgerstore.Options{Partitions: 1, Logger: zerolog.Nop()})
		if err != nil {
			b.Fatal(err)
		}
		return houseOn(b, store, cache)
	}
	h := open(0)
	ids := h.begin(b, matches, moves)
	if err := h.host.Close(); err != nil {
		b.Fatal(err)
	}
	h = open(1)
	benchtest.Crowd(b, 1, func(_, i int) error { return h.play(ids[i%matches], moves+1+i/matches) })
	if n := h.host.Stats().CacheMisses.Load(); n != uint64(b.N) {
		b.Errorf("%d of %d moves found their match cold", n, b.N)
	}
}

// Bytes on disk of a W1 orchestration, once Badger has compacted everything.
func BenchmarkDisk_W1(b *testing.B) {
	dir := benchtest.Dir(b)
	h := houseOn(b, badgerAt(b, dir), 0)
	h.five(b, 200)
	if err := h.host.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := badger.OpenManaged(badger.DefaultOptions(dir).WithLogger(nil).WithCompression(options.Snappy))
	if err != nil {
		b.Fatal(err)
	}
	db.SetDiscardTs(db.MaxVersion())
	if err := errors.Join(db.Flatten(2), db.Close()); err != nil {
		b.Fatal(err)
	}
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		b.Fatal(err)
	}
	size := int64(0)
	for _, table := range tables {
		info, err := os.Stat(table)
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	b.ReportMetric(float64(size)/float64(b.N), "B/op-disk")
}
