//go:build linux

package entities_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

// The bars of the engine, each on a Badger database in a directory on a disk,
// with an fsync before anybody is told. Each checks its effects at the end.
// Quote them with the limits beside them, of the same run: `make bench`.

// sideEffects counts what the bars' activity really did.
var sideEffects atomic.Int64

var (
	tally = entities.Define("tally", func(string) int { return 0 })
	add   = entities.On(tally, "add", func(_ *entities.Context, s *int, n int) (int, error) {
		*s += n
		return *s, nil
	})
	read  = entities.On(tally, "read", func(_ *entities.Context, s *int, _ struct{}) (int, error) { return *s, nil })
	write = entities.On(tally, "write", func(_ *entities.Context, s *int, n int) (struct{}, error) {
		*s = n
		return struct{}{}, nil
	})
	greet = orchestrator.DefineActivity("greet", func(_ context.Context, name string) (string, error) {
		sideEffects.Add(1)
		return "Hello, " + name, nil
	})
	five = orchestrator.Define("five", func(c *orchestrator.Context, _ orchestrator.None) (int, error) {
		for i := range 5 {
			if _, err := greet.Call(c, "x"); err != nil {
				return i, err
			}
		}
		return 5, nil
	})
	fan = orchestrator.Define("fan", func(c *orchestrator.Context, n int) (int, error) {
		all := make([]*orchestrator.Future[string], n)
		for i := range all {
			all[i] = greet.Go(c, "x")
		}
		out, err := orchestrator.All(all...)
		return len(out), err
	})
	listen = orchestrator.Define("listen", func(c *orchestrator.Context, n int) (int, error) {
		for range n {
			call, err := poke.Wait(c)
			if err != nil {
				return 0, err
			}
			call.Answer(call.In)
		}
		return n, nil
	})
	poke = orchestrator.DefineRequest[int, int]("poke")
	swap = orchestrator.Define("swap", func(c *orchestrator.Context, keys [2]string) (int, error) {
		unlock, err := entities.Lock(c, tally.ID(keys[0]), tally.ID(keys[1]))
		if err != nil {
			return 0, err
		}
		defer unlock()
		had, err := entities.All(read.Go(c, keys[0], struct{}{}), read.Go(c, keys[1], struct{}{}))
		if err != nil {
			return 0, err
		}
		_, err = entities.All(write.Go(c, keys[0], had[0]-1), write.Go(c, keys[1], had[1]+1))
		return had[0] - 1, err
	})
)

// match does what a match of a board game does: it waits for a move or for the
// clock, publishes the move and answers it.
var (
	move  = orchestrator.DefineRequest[int, int]("move")
	match = orchestrator.Define("match", func(c *orchestrator.Context, moves int) (int, error) {
		for i := range moves {
			next, clock := move.Go(c), c.Timer(30*24*time.Hour)
			if orchestrator.Any(next, clock) == 1 {
				return i, nil
			}
			clock.Cancel()
			call, err := next.Get()
			if err != nil {
				return i, err
			}
			call.Answer(int(c.Publish([]byte(`{"type":"move","seat":1,"move":"4"}`))))
		}
		return moves, nil
	})
)

type barsHouse struct {
	host         *durable.Host
	orch         *orchestrator.Client
	client       *entities.Client
	orchestrates *orchestrator.Behavior
}

// openBars opens a house on an empty database on a disk.
func openBars(b *testing.B) *barsHouse {
	b.Helper()
	return openBarsTraced(b, nil)
}

func openBarsTraced(b *testing.B, tracer durable.Tracer) *barsHouse {
	b.Helper()
	return house(b, badgerAt(b, benchtest.Dir(b)), durable.Options{Tracer: tracer})
}

func badgerAt(tb testing.TB, dir string) durable.Store {
	tb.Helper()
	store, err := badgerstore.Open(dir, badgerstore.Options{Logger: zerolog.Nop()})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// houseOn opens a house with a cache of so many bytes, 0 for the default.
func houseOn(tb testing.TB, store durable.Store, cache int) *barsHouse {
	tb.Helper()
	return house(tb, store, durable.Options{CacheBytes: cache})
}

func house(tb testing.TB, store durable.Store, o durable.Options) *barsHouse {
	tb.Helper()
	reg, err := orchestrator.NewRegistry(greet, five, fan, listen, swap, match)
	if err != nil {
		tb.Fatal(err)
	}
	ents, err := entities.NewRegistry(tally)
	if err != nil {
		tb.Fatal(err)
	}
	behavior := orchestrator.NewBehavior(reg, orchestrator.Options{})
	o.Behaviors = map[durable.Kind]durable.Behavior{
		orchestrator.Kind: behavior,
		entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
	}
	o.Worker, o.UptimeDelay = reg.Worker(), -1
	host, err := durable.Open(store, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { host.Close() })
	return &barsHouse{host, orchestrator.NewClient(host), entities.NewClient(host), behavior}
}

// nowhere is a store that forgets all: for what the engine itself takes.
type nowhere struct{}

func (nowhere) Partitions() int                                         { return 32 }
func (nowhere) Epoch() uint64                                           { return 1 }
func (nowhere) View(fn func(durable.Reader) error) error                { return fn(nowhere{}) }
func (nowhere) Get([]byte) ([]byte, error)                              { return nil, durable.ErrNoRow }
func (nowhere) Scan([]byte, []byte, bool, func(k, v []byte) bool) error { return nil }
func (nowhere) Commit(_ *durable.Batch, done func(error))               { done(nil) }
func (nowhere) Recover() error                                          { return nil }
func (nowhere) Healthy() error                                          { return nil }
func (nowhere) Close() error                                            { return nil }
