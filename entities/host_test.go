package entities_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

func TestMain(m *testing.M) {
	if where := os.Getenv(asRegisters); where != "" {
		fmt.Fprintln(os.Stderr, serveRegisters(where))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

type purse struct{ Coins int }

var (
	purses = entities.Define("purse", func(string) purse { return purse{} })

	// effects counts how often an operation ran, whether or not it was kept.
	effects atomic.Int64

	pay = entities.On(purses, "pay", func(_ *entities.Context, s *purse, n int) (int, error) {
		effects.Add(1)
		if s.Coins+n < 0 {
			return 0, &durable.Failure{Code: durable.CodeConflict, Type: "poor", Message: "not enough coins"}
		}
		s.Coins += n
		return s.Coins, nil
	})
	count  = entities.On(purses, "count", func(_ *entities.Context, s *purse, _ struct{}) (int, error) { return s.Coins, nil })
	become = entities.On(purses, "become", func(_ *entities.Context, s *purse, n int) (struct{}, error) {
		s.Coins = n
		return struct{}{}, nil
	})
	forget = entities.On(purses, "forget", func(c *entities.Context, _ *purse, _ struct{}) (struct{}, error) {
		c.Delete()
		return struct{}{}, nil
	})
	_ = entities.On(purses, "hand", func(c *entities.Context, s *purse, to string) (int, error) {
		n := s.Coins
		s.Coins = 0
		return n, pay.Signal(c, to, n)
	})
)

type handover struct {
	From, To string
	Amount   int
	Stay     bool // in the section, for an event
}

var give = orchestrator.Define("give", func(c *orchestrator.Context, h handover) (int, error) {
	unlock, err := entities.Lock(c, purses.ID(h.From), purses.ID(h.To))
	if err != nil {
		return 0, err
	}
	defer unlock()
	if h.Stay {
		entities.Permit(c, orchestrator.ActionEvent)
		if _, err := orchestrator.Event[int](c, "on"); err != nil {
			return 0, err
		}
	}
	balances, err := entities.All(count.Go(c, h.From, struct{}{}), count.Go(c, h.To, struct{}{}))
	if err != nil {
		return 0, err
	}
	_, err = entities.All(become.Go(c, h.From, balances[0]-h.Amount), become.Go(c, h.To, balances[1]+h.Amount))
	return balances[0] - h.Amount, err
})

// world is a host with entities and orchestrations on a store.
type world struct {
	t        testing.TB
	host     *durable.Host
	entities *entities.Client
	orch     *orchestrator.Client
}

func open(t testing.TB, store durable.Store) *world {
	t.Helper()
	reg, err := entities.NewRegistry(purses)
	if err != nil {
		t.Fatal(err)
	}
	orchestrations, err := orchestrator.NewRegistry(give)
	if err != nil {
		t.Fatal(err)
	}
	h, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(reg, entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(orchestrations, orchestrator.Options{Strict: true}),
		},
		Worker: orchestrations.Worker(),
		Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return &world{t: t, host: h, entities: entities.NewClient(h), orch: orchestrator.NewClient(h)}
}

func memory() durable.Store { return memstore.New(memstore.Options{Partitions: 8}) }

func timed(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) pay(key string, n, want int) {
	w.t.Helper()
	if got, err := pay.Do(timed(w.t), w.entities, key, n); err != nil || got != want {
		w.t.Fatalf("pay gave %d, %v, want %d", got, err, want)
	}
}

func TestDecision_08_DoReadVersion(t *testing.T) {
	w := open(t, memory())
	if _, v, exists, err := purses.Read(w.entities, "ann"); v != 0 || exists || err != nil {
		t.Fatalf("before: version %d, exists %t, %v", v, exists, err)
	}
	w.pay("ann", 5, 5)
	w.pay("ann", 2, 7)
	s, v, exists, err := purses.Read(w.entities, "ann")
	if s.Coins != 7 || v != 2 || !exists || err != nil {
		t.Fatalf("read %+v, version %d, exists %t, %v", s, v, exists, err)
	}
	if _, err := forget.Do(timed(t), w.entities, "ann", struct{}{}); err != nil {
		t.Fatal(err)
	}
	if _, _, exists, err := purses.Read(w.entities, "ann"); exists || err != nil {
		t.Fatalf("after the delete: exists %t, %v", exists, err)
	}
	if _, err := pay.Do(timed(t), w.entities, "bad\x00key", 1); !errors.Is(err, durable.Fail(durable.CodeBadRequest, "")) {
		t.Fatalf("a bad key: %v", err)
	}
	_, err = pay.Do(timed(t), w.entities, "ann", -1)
	if !errors.Is(err, &durable.Failure{Code: durable.CodeConflict, Type: "poor"}) {
		t.Fatalf("the operation's own error came as %#v", err)
	}
}

func TestDoAsIsDoneOnce(t *testing.T) {
	w := open(t, memory())
	w.pay("ann", 1, 1)
	before := effects.Load()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if n, err := pay.DoAs(timed(t), w.entities, entities.Request{Caller: "c", ID: "r1"}, "ann", 10); n != 11 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	wg.Wait()
	if n := effects.Load() - before; n != 1 {
		t.Fatalf("the operation ran %d times", n)
	}
	done := make(chan int, 1)
	pay.PostAs(w.entities, entities.Request{Caller: "c", ID: "r1"}, "ann", 10, func(n int, err error) {
		if err != nil {
			t.Error(err)
		}
		done <- n
	})
	if n := <-done; n != 11 {
		t.Fatalf("the retry got %d", n)
	}
	w.pay("ann", 0, 11)
}

func TestBehaviour_094_SignalThenPoll(t *testing.T) {
	w := open(t, memory())
	for range 100 {
		if err := pay.Signal(w.entities, "ann", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := pay.Signal(w.entities, "ann", 1000, entities.After(20*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := w.entities.Signal(timed(t), purses.ID("ann"), "PAY", []byte("1")); err != nil {
		t.Fatal(err)
	}
	// A signal is answered when it is stored: what was told is read.
	if s, _, _, err := purses.Read(w.entities, "ann"); s.Coins != 101 || err != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	watcher, err := w.host.Watch(purses.ID("ann"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	for {
		u, err := watcher.Next(timed(t))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := entities.DecodeInfo(u.Head); err != nil || string(info.State) == `{"Coins":1101}` {
			return
		}
	}
}

func TestBehaviour_111_ListThroughHost(t *testing.T) {
	w := open(t, memory())
	for i := range 10 {
		w.pay(fmt.Sprint(i), 1, 1)
	}
	if _, err := w.entities.Call(timed(t), purses.ID("3"), "delete", nil); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var after durable.Cursor
	for {
		page, err := w.host.List(entities.Listing("Purse"), after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, x := range page {
			if seen[x.ID.Key] {
				t.Fatalf("%s twice", x.ID)
			}
			seen[x.ID.Key] = true
		}
		last := page[len(page)-1]
		after = durable.Cursor{Time: last.Time, ID: last.ID}
	}
	if len(seen) != 9 || seen["3"] {
		t.Fatalf("listed %v", seen)
	}
}

func TestBehaviour_113_SerialExecution(t *testing.T) {
	w := open(t, memory())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if _, err := pay.Do(timed(t), w.entities, "ann", 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w.pay("ann", 0, 1000)
}

func TestBehaviour_106_TransfersThroughHost(t *testing.T) {
	w := open(t, memory())
	const accounts, each, transfers = 6, 100, 60
	for i := range accounts {
		w.pay(fmt.Sprint(i), each, each)
	}
	ctx := timed(t)
	var wg sync.WaitGroup
	for i := range transfers {
		wg.Go(func() {
			in := handover{From: fmt.Sprint(i % accounts), To: fmt.Sprint((i*i + 1) % accounts), Amount: 1}
			id, err := give.Begin(ctx, w.orch, in)
			if err != nil {
				t.Error(err)
				return
			}
			if i%10 == 0 {
				_ = w.orch.Terminate(ctx, id, "enough")
			}
			if _, err := w.orch.Wait(ctx, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range accounts { // a call waits for the lock, if one were left
		if _, err := count.Do(ctx, w.entities, fmt.Sprint(i), struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
}

// The server goes away while a lock is held and others wait for it; the next
// one finds the lock, its holder, and the queue.
func TestBehaviour_108_LockSurvivesARestart(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 8})
	w := open(t, store)
	ctx := timed(t)
	w.pay("ann", 100, 100)
	if _, err := give.Begin(ctx, w.orch, handover{From: "ann", To: "bob", Amount: 10, Stay: true}, orchestrator.WithID("first")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, w, purses.ID("bob"), func(i entities.Info) bool { return i.Lock != nil })
	if _, err := give.Begin(ctx, w.orch, handover{From: "bob", To: "ann", Amount: 1}, orchestrator.WithID("second")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, w, purses.ID("ann"), func(i entities.Info) bool { return i.Waiting == 1 })
	if err := w.host.Close(); err != nil {
		t.Fatal(err)
	}

	w = open(t, store.Reopen())
	info, _, err := w.entities.Info(mustRegistry(t), purses.ID("ann"))
	if err != nil || info.Lock == nil || info.Lock.Owner.Key != "first" || info.Waiting != 1 {
		t.Fatalf("after the restart: %+v, %v", info, err)
	}
	if err := w.orch.Raise(ctx, "first", "on", orchestrator.Raw("1")); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"first", "second"} {
		if s, err := w.orch.Wait(ctx, id); err != nil || s.State != orchestrator.Completed {
			t.Fatalf("%s: %+v, %v", id, s, err)
		}
	}
	w.pay("ann", 0, 91)
	w.pay("bob", 0, 9)
}

func mustRegistry(t testing.TB) *entities.Registry {
	t.Helper()
	r, err := entities.NewRegistry(purses)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// waitFor follows an entity until it is as wanted.
func waitFor(t *testing.T, w *world, id durable.ID, ok func(entities.Info) bool) {
	t.Helper()
	watcher, err := w.host.Watch(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	for {
		u, err := watcher.Next(timed(t))
		if err != nil {
			t.Fatal(err)
		}
		info, err := entities.DecodeInfo(u.Head)
		if err != nil {
			t.Fatal(err)
		}
		if ok(info) {
			return
		}
	}
}
