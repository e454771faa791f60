//go:build linux

package entities_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

// The bars of the engine, each on a Badger database in a directory on a disk,
// with an fsync before anybody is told. Each checks its sideEffects at the end.
// Quote them with the limits beside them, of the same run: `make bench`.

// tmpfs is the type of a file system in memory, where an fsync costs nothing
// and so says nothing.
const tmpfs = 0x01021994

func barsDir(b *testing.B) string {
	b.Helper()
	parent := os.Getenv("EVERTURN_BENCH_DIR")
	if parent == "" {
		parent = "."
	}
	var st unix.Statfs_t
	if err := unix.Statfs(parent, &st); err != nil {
		b.Fatal(err)
	}
	if st.Type == tmpfs {
		b.Fatalf("%s is on tmpfs: name a directory on a disk in EVERTURN_BENCH_DIR", parent)
	}
	dir, err := os.MkdirTemp(parent, ".bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

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

type barsHouse struct {
	host   *durable.Host
	orch   *orchestrator.Client
	client *entities.Client
}

func openBars(b *testing.B) *barsHouse {
	b.Helper()
	store, err := badgerstore.Open(barsDir(b), badgerstore.Options{Logger: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	reg, err := orchestrator.NewRegistry(greet, five, fan, listen, swap)
	if err != nil {
		b.Fatal(err)
	}
	ents, err := entities.NewRegistry(tally)
	if err != nil {
		b.Fatal(err)
	}
	host, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), UptimeDelay: -1,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { host.Close() })
	return &barsHouse{host, orchestrator.NewClient(host), entities.NewClient(host)}
}

// crowd runs op b.N times, so many at a time, and reports rate and latencies.
func crowd(b *testing.B, at int, op func(i int) error) {
	b.Helper()
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range at {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				start := time.Now()
				if err := op(i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50-ms", .5}, {"p99-ms", .99}, {"p99.9-ms", .999}} {
		b.ReportMetric(float64(took[int(q.q*float64(len(took)-1))].Microseconds())/1000, q.name)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func (h *barsHouse) five(b *testing.B, at int) {
	ctx := context.Background()
	sideEffects.Store(0)
	crowd(b, at, func(i int) error {
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

func calls(b *testing.B, at int) {
	h := openBars(b)
	ctx := context.Background()
	crowd(b, at, func(i int) error {
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
	crowd(b, 1024, func(i int) error { return add.Signal(h.client, fmt.Sprint(i%tallies), 1) })
	if got := h.sum(b); got != b.N {
		b.Errorf("%d signals added up to %d", b.N, got)
	}
}

// W6: transfers between two of 1,000 accounts: both are locked, read, written
// and unlocked.
func BenchmarkW6_Transfer_200(b *testing.B) {
	h := openBars(b)
	ctx := context.Background()
	changes := make([]atomic.Int64, tallies)
	crowd(b, 200, func(i int) error {
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

// W4: requests to one waiting orchestration, one after the other.
func BenchmarkW4(b *testing.B) {
	h := openBars(b)
	ctx := context.Background()
	id, err := listen.Begin(ctx, h.orch, b.N, orchestrator.WithID("listener"))
	if err != nil {
		b.Fatal(err)
	}
	crowd(b, 1, func(i int) error {
		got, err := poke.Do(ctx, h.orch, id, i)
		if err == nil && got != i {
			err = fmt.Errorf("answer %d to %d", got, i)
		}
		return err
	})
}

// The limits beside the bars: Badger alone, one synced transaction at a time,
// and behind a bare group committer with 200 producers.
func BenchmarkLimit_BadgerTxn(b *testing.B) {
	db := bareBadger(b)
	value := make([]byte, 300)
	crowd(b, 1, func(i int) error {
		return db.Update(func(tx *badger.Txn) error { return tx.Set(fmt.Appendf(nil, "key-%d", i%tallies), value) })
	})
	if rate := float64(b.N) / b.Elapsed().Seconds(); rate > 20_000 {
		b.Errorf("%.0f synced transactions a second: there was no fsync, the run is void", rate)
	}
}

func BenchmarkLimit_Committer_200(b *testing.B) {
	db := bareBadger(b)
	value := make([]byte, 300)
	type put struct {
		key  []byte
		done chan error
	}
	puts := make(chan put, 4096)
	b.Cleanup(func() { close(puts) })
	go func() {
		for first := range puts {
			group := []put{first}
			for more := true; more && len(group) < 4096; {
				select {
				case p := <-puts:
					group = append(group, p)
				default:
					more = false
				}
			}
			err := db.Update(func(tx *badger.Txn) error {
				for _, p := range group {
					if err := tx.Set(p.key, value); err != nil {
						return err
					}
				}
				return nil
			})
			for _, p := range group {
				p.done <- err
			}
		}
	}()
	crowd(b, 200, func(i int) error {
		p := put{fmt.Appendf(nil, "key-%d", i%tallies), make(chan error, 1)}
		puts <- p
		return <-p.done
	})
}

func bareBadger(b *testing.B) *badger.DB {
	db, err := badger.Open(badger.DefaultOptions(barsDir(b)).WithSyncWrites(true).WithLogger(nil).WithDetectConflicts(false))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}
