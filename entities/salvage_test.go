package entities_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// openWith is open with other orchestrations.
func openWith(t testing.TB, store durable.Store, defs ...orchestrator.Definition) *world {
	t.Helper()
	orchestrations, err := orchestrator.NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	h, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(mustRegistry(t), entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(orchestrations, orchestrator.Options{Strict: true}),
		},
		Worker: orchestrations.Worker(), Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return &world{t: t, host: h, entities: entities.NewClient(h), orch: orchestrator.NewClient(h)}
}

// An orchestration that holds locks and cannot run any more gives them up when
// it is terminated.
func TestDecision_10_QuarantinedHolder(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 8})
	w := open(t, store)
	ctx := timed(t)
	w.pay("ann", 100, 100)
	for _, who := range []string{"first", "second"} { // the second waits for the first
		if _, err := give.Begin(ctx, w.orch, handover{From: "ann", To: "bob", Amount: 10, Stay: true}, orchestrator.WithID(who)); err != nil {
			t.Fatal(err)
		}
		waitFor(t, w, purses.ID("bob"), func(i entities.Info) bool { return i.Lock != nil })
	}
	waitFor(t, w, purses.ID("ann"), func(i entities.Info) bool { return i.Waiting == 1 })
	if err := w.host.Close(); err != nil {
		t.Fatal(err)
	}
	changed := orchestrator.Define("give", func(c *orchestrator.Context, _ handover) (int, error) { return 0, c.Sleep(time.Hour) })
	w = openWith(t, store.Reopen(), changed)
	for _, who := range []string{"second", "first"} { // one that waits for locks, and one that has them
		if err := w.orch.Terminate(ctx, who, "cannot run"); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"ann", "bob"} {
		waitFor(t, w, purses.ID(key), func(i entities.Info) bool { return i.Lock == nil && i.Waiting == 0 })
	}
	w.pay("ann", 0, 100)
}
