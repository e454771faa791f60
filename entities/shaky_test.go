package entities_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// The whole engine at once, on the true host: journeys that do everything an
// orchestration can, for clients who insist, on a store that fails commits, in
// a server that keeps nothing in memory and goes away all the time.

const (
	travellers = 10
	deposit    = 1000 // of each bank
)

// shaky is a server that fails and comes back.
type shaky struct {
	t     *testing.T
	ctx   context.Context
	mu    sync.RWMutex // held for writing while the server is away
	store *memstore.Store
	*world
	evicted    uint64
	recoveries uint64

	turn   sync.Mutex // guards what follows
	rng    *rand.Rand
	done   int // things that clients have achieved
	faults map[string]int
}

func (s *shaky) open() {
	ents, err := entities.NewRegistry(purses)
	if err != nil {
		s.t.Fatal(err)
	}
	reg, err := orchestrator.NewRegistry(journey, errand, hog, chore)
	if err != nil {
		s.t.Fatal(err)
	}
	h, err := durable.Open(s.store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true}),
		},
		Worker: reg.Worker(), UptimeDelay: -1,
		CacheBytes: 1, // nobody stays in memory
		Logger:     zerolog.Nop(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.world = &world{t: s.t, host: h, entities: entities.NewClient(h), orch: orchestrator.NewClient(h)}
}

// leave ends the server and checks that it was well: nobody is set aside because
// the store was down.
func (s *shaky) leave() {
	stats := s.host.Stats()
	if n := stats.Quarantined.Load(); n > 0 {
		s.t.Errorf("instances were set aside %d times: %v", n, stats.Quarantine())
	}
	if stats.Gaps.Load() > 0 || stats.Corrupt.Load() > 0 {
		s.t.Errorf("%d gaps, %d corrupt", stats.Gaps.Load(), stats.Corrupt.Load())
	}
	s.evicted += stats.Evicted.Load()
	s.recoveries += stats.Recoveries.Load()
	_ = s.host.Close() // where the store crashed it says so
}

func (s *shaky) now() *world {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.world
}

// restart has the server go away, in order or by a crash, and come back.
func (s *shaky) restart(crash bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if crash {
		s.store.Crash()
	}
	s.leave()
	s.store = s.store.Reopen()
	s.open()
}

// achieved counts what clients have achieved, and has something go wrong every
// few times.
func (s *shaky) achieved() {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.done++; s.done%4 != 0 {
		return
	}
	fault := []string{"lost", "untold", "lost", "untold", "refused", "crash", "restart"}[s.rng.IntN(7)]
	s.faults[fault]++
	switch fault {
	case "crash", "restart":
		s.restart(fault == "crash")
	default:
		outcome := map[string]memstore.Outcome{"lost": memstore.Lost, "untold": memstore.Untold, "refused": memstore.Refused}[fault]
		s.store.FailCommit(1+s.rng.IntN(8), outcome)
	}
}

// insist repeats something until it is done or refused for good.
func (s *shaky) insist(op func(*world) error) error {
	for {
		err := op(s.now())
		var f *durable.Failure
		switch {
		case s.ctx.Err() != nil:
			return s.ctx.Err()
		case err == nil:
			s.achieved()
			return nil
		case errors.As(err, &f) && f.Code != durable.CodeUnavailable && f.Code != durable.CodeUnsure:
			return err
		}
	}
}

// escort begins a journey and gives it all that it waits for.
func (s *shaky) escort(id string, rng *rand.Rand) error {
	err := s.insist(func(w *world) error {
		_, err := journey.Begin(s.ctx, w.orch, itinerary{}, orchestrator.WithID(id), orchestrator.WithRequestID(id, "begin"))
		return err
	})
	for nudge, coin := 0, 0; err == nil && nudge+coin < allNudges+allCoins; {
		if coin == allCoins || nudge < allNudges && rng.IntN(2) == 0 {
			nudge++
			err = s.nudge(id, nudge)
			continue
		}
		pause := rng.IntN(3) == 0
		if pause {
			err = s.insist(func(w *world) error { return w.orch.Suspend(s.ctx, id, "a break") })
		}
		name := fmt.Sprint("coin", coin)
		err = errors.Join(err, s.insist(func(w *world) error {
			return w.orch.Raise(s.ctx, id, "coin", orchestrator.Raw(strconv.Itoa(coin)), orchestrator.RequestID(id, name))
		}))
		if pause {
			err = errors.Join(err, s.insist(func(w *world) error { return w.orch.Resume(s.ctx, id, "") }))
		}
		coin++
	}
	return err
}

// nudge makes the n-th nudge, whose answer tells how many were taken.
func (s *shaky) nudge(id string, n int) error {
	return s.insist(func(w *world) error {
		got, err := nudges.Do(s.ctx, w.orch, id, n, orchestrator.RequestID(id, fmt.Sprint("nudge", n)))
		if err == nil && got != n {
			return durable.Fail(durable.CodeConflict, fmt.Sprintf("nudge %d was answered as the %d.", n, got))
		}
		return err
	})
}

// hinder has a hog take locks for a while.
func (s *shaky) hinder(id string) error {
	err := s.insist(func(w *world) error {
		_, err := hog.Begin(s.ctx, w.orch, 0, orchestrator.WithID(id), orchestrator.WithRequestID(id, "begin"))
		return err
	})
	gone := s.insist(func(w *world) error { return w.orch.Terminate(s.ctx, id, "enough") })
	if errors.Is(gone, durable.Fail(durable.CodeGone, "")) { // an earlier try did it
		gone = nil
	}
	return errors.Join(err, gone)
}

// fund pays into a bank, once.
func (s *shaky) fund(bank string, n int) error {
	return s.insist(func(w *world) error {
		_, err := pay.DoAs(s.ctx, w.entities, entities.Request{Caller: "mint", ID: bank}, bank, n)
		return err
	})
}

func TestEverythingOnAShakyServer(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			chores = choreBook{done: map[string]string{}}
			s := &shaky{
				t: t, ctx: ctx, store: memstore.New(memstore.Options{Partitions: 4}),
				rng: rand.New(rand.NewPCG(seed, 0)), faults: map[string]int{},
			}
			s.open()
			defer func() { s.leave() }()

			var wg sync.WaitGroup
			try := func(fn func() error) {
				wg.Go(func() {
					if err := fn(); err != nil {
						t.Error(err)
					}
				})
			}
			for i := range banks {
				try(func() error { return s.fund(fmt.Sprint("bank", i), deposit) })
			}
			for i := range travellers {
				try(func() error { return s.escort(fmt.Sprint("traveller", i), rand.New(rand.NewPCG(seed, uint64(i)))) })
				if i%3 == 0 {
					try(func() error { return s.hinder(fmt.Sprint("hog", i)) })
				}
			}
			wg.Wait()
			s.wantAllWell()
			s.restart(false)
			s.wantAllWell()
			if t.Logf("%v, %d recoveries, %d evicted", s.faults, s.recoveries, s.evicted); len(s.faults) < 5 || s.recoveries == 0 || s.evicted == 0 {
				t.Error("the server was not shaky enough")
			}
		})
	}
}

// wantAllWell checks that what journeys say they did is what was done.
func (s *shaky) wantAllWell() {
	s.t.Helper()
	var sum itinerary
	for i := range travellers {
		id := fmt.Sprint("traveller", i)
		var it itinerary
		err := s.insist(func(w *world) (err error) {
			it, err = journey.Result(s.ctx, w.orch, id)
			return err
		})
		if err != nil {
			s.t.Fatalf("%s: %v", id, err)
		}
		if it.Nudges != allNudges || it.Coins != allCoins {
			s.t.Errorf("%s arrived as %+v", id, it)
		}
		s.wantPublished(id)
		s.wantCoins("jar of "+id, it.Jar)
		sum.Chores += it.Chores
		sum.Tips += it.Tips
	}
	s.wantCoins("tips", sum.Tips)
	chores.mu.Lock()
	defer chores.mu.Unlock()
	if len(chores.done) != sum.Chores || len(chores.bad) > 0 {
		s.t.Errorf("%d chores were done for %d that were asked for; %v", len(chores.done), sum.Chores, chores.bad)
	}
	money := 0
	for i := range banks {
		money += s.coins(fmt.Sprint("bank", i)) // a call: it waits if a lock was left
	}
	if money != banks*deposit {
		s.t.Errorf("the banks have %d, not %d", money, banks*deposit)
	}
}

func (s *shaky) wantPublished(id string) {
	s.t.Helper()
	list, err := s.now().orch.Events(id, 0, 100)
	if err != nil || len(list) != allNudges {
		s.t.Fatalf("%s published %d events, %v", id, len(list), err)
	}
	for i, e := range list {
		if want := strconv.Itoa(i + 1); e.Number != uint64(i+1) || string(e.Body) != want {
			s.t.Errorf("%s: event %d is %s", id, e.Number, e.Body)
		}
	}
}

func (s *shaky) coins(key string) (n int) {
	s.t.Helper()
	err := s.insist(func(w *world) (err error) {
		n, err = count.Do(s.ctx, w.entities, key, struct{}{})
		return err
	})
	if err != nil {
		s.t.Fatalf("%s: %v", key, err)
	}
	return n
}

func (s *shaky) wantCoins(key string, want int) {
	s.t.Helper()
	if n := s.coins(key); n != want {
		s.t.Errorf("%s has %d coins, not %d", key, n, want)
	}
}
