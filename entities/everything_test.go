package entities_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// TestBehaviour_122_EverythingAtOnce does all that the simulation's scripts know,
// each a few times, all at once, on the true host with its goroutines: in a
// server that keeps nobody in memory, so that every turn is a replay, and checks
// each.
func TestBehaviour_122_EverythingAtOnce(t *testing.T) {
	const multiplicity = 8
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := openEverything(t)
	for n := range simDesks {
		_, err := simDesk.Begin(ctx, w.orch, 0, orchestrator.WithID(fmt.Sprint("desk", n)))
		w.must("desk", err)
	}
	var clients sync.WaitGroup
	verbs := map[string]bool{}
	for n := range multiplicity {
		for _, verb := range simVerbs {
			if verbs[fmt.Sprint(verb, n)] {
				continue // named twice, so that it is drawn more often
			}
			verbs[fmt.Sprint(verb, n)] = true
			id := fmt.Sprintf("%s-%d", verb, n)
			script := everythingScript(verb, n)
			clients.Go(func() {
				if _, err := simErrand.Begin(ctx, w.orch, script, orchestrator.WithID(id)); err != nil {
					t.Error(err)
				}
				_, err := simAsk.Do(ctx, w.orch, fmt.Sprint("desk", n%simDesks), id, orchestrator.RequestID("everything", id))
				if err != nil {
					t.Error(err)
				}
				if verb == "wait" || verb == "serve" { // it may have ended without
					_ = w.orch.Raise(ctx, id, "coin", []byte(`"late"`))
					_, _ = simAsk.Do(ctx, w.orch, id, id)
				}
				if _, err := w.orch.Wait(ctx, id); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			})
		}
	}
	clients.Wait()
	for n := range simDesks {
		w.must("close", w.orch.Raise(ctx, fmt.Sprint("desk", n), "close", nil))
	}
	for ctx.Err() == nil && len(w.instances(orchestrator.Pending, orchestrator.Running)) > 0 { // whoever was started by them
		time.Sleep(5 * time.Millisecond)
	}
	w.settleSignals(ctx)
	for ctx.Err() == nil { // what was sent for later and leaves no note
		if _, armed, err := w.host.NextDue(); !armed || err != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.checkEnd()
	w.checkStats()
	if w.err != nil {
		t.Error(w.err)
	}
	if s := w.host.Stats(); s.Evicted.Load() < s.Turns.Load()/4 {
		t.Errorf("%d turns, and only %d found nothing in memory", s.Turns.Load(), s.Evicted.Load())
	}
	if w.figures.Ended < 15*multiplicity || w.figures.Failed == 0 {
		t.Errorf("too little happened: %+v", w.figures)
	}
}

// everythingScript does one thing twice, and then something that shows.
func everythingScript(verb string, n int) simScript {
	inner := &simScript{Steps: []simStep{{Do: "chore", N: 1}, {Do: "call"}}}
	step := simStep{
		Do: verb, N: 2 + n%4, MS: 2 + n, Patience: 30_000, Script: inner,
		Key: fmt.Sprint("v", n%simAccounts), To: fmt.Sprint("v", (n+1+n%2)%simAccounts),
	}
	if verb == "raise" {
		step.Key = fmt.Sprint("desk", n%simDesks)
	}
	return simScript{Life: verb, Steps: []simStep{step, step, {Do: "note"}}}
}

// openEverything is a world on a true host.
func openEverything(t *testing.T) *simWorld {
	w := &simWorld{rng: rand.New(rand.NewPCG(1, 2)), did: map[string]int{}, chores: map[string]string{}}
	w.caller = &simCallers{world: w, started: map[string]*simLife{}}
	var mu sync.Mutex
	simDoChore = func(info orchestrator.ActivityInfo, label string) error {
		mu.Lock()
		defer mu.Unlock()
		if was, ok := w.chores[info.Key]; ok && was != label {
			w.violate("key %s was given to %q and to %q", info.Key, was, label)
		}
		w.chores[info.Key] = label
		w.did[label]++
		if info.Attempt == 1 && len(label)%3 == 0 {
			return errors.New(simPlanned)
		}
		return nil
	}
	simDoMend = func(_, label string) error { // nobody rewinds here: nothing is broken
		mu.Lock()
		defer mu.Unlock()
		w.chores[label] = label
		return nil
	}
	simDoDraw = func() int {
		mu.Lock()
		defer mu.Unlock()
		return w.draw()
	}
	ents, err := entities.NewRegistry(simVaults, simLedgers)
	w.must("entities", err)
	w.reg, err = orchestrator.NewRegistry(simErrand, simDesk, simChore, simMend, simDraw)
	w.must("orchestrations", err)
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(w.reg, orchestrator.Options{Strict: true}),
		},
		Worker: w.reg.Worker(), UptimeDelay: -1, CacheBytes: 1, Logger: zerolog.Nop(),
	})
	if err != nil || w.err != nil {
		t.Fatal(err, w.err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	w.host, w.orch, w.ents = &durable.Manual{Host: host}, orchestrator.NewClient(host), entities.NewClient(host)
	return w
}

// settleSignals waits for the signals that were sent for later: what a script did
// last is noted last, and so is what it sent for later.
func (w *simWorld) settleSignals(ctx context.Context) {
	for ctx.Err() == nil {
		missing := 0
		for _, id := range w.instances(orchestrator.Completed) {
			done, err := simErrand.Result(ctx, w.orch, id)
			if err != nil { // a desk's is a number
				continue
			}
			for _, label := range done {
				if kind, key := splitLabel(label); kind != "chore" {
					counts, _, _, err := simLedgers.Read(w.ents, key)
					w.must("ledger", err)
					missing += 1 - min(counts[label], 1)
				}
			}
		}
		if missing == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
