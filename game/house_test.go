package game_test

import (
	"context"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// house is a whole engine in memory with a desk on top, in strict mode: every
// turn of a match is also computed from its history and compared.
type house struct {
	*game.Desk
	t     testing.TB
	store *memstore.Store
	host  *durable.Host
}

func openHouse(t testing.TB) *house {
	h := &house{t: t, store: memstore.New(memstore.Options{Partitions: 8})}
	h.open()
	t.Cleanup(func() { h.host.Close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	catalog, err := game.NewCatalog(tictactoe.Rules{}, connect4.Rules{})
	h.must(err)
	h.Desk = game.NewDesk(catalog)
	reg, err := orchestrator.NewRegistry(h.Orchestrations()...)
	h.must(err)
	ents, err := entities.NewRegistry(h.Entities()...)
	h.must(err)
	h.host, err = durable.Open(h.store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.New(zerolog.NewTestWriter(h.t)).Level(zerolog.WarnLevel), UptimeDelay: -1,
	})
	h.must(err)
	h.Desk.Open(orchestrator.NewClient(h.host), entities.NewClient(h.host))
}

// restart ends the process, as it were, and begins another on what is stored.
func (h *house) restart() {
	h.t.Helper()
	h.must(h.host.Close())
	h.store = h.store.Reopen()
	h.open()
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) player(name string) game.Player {
	h.t.Helper()
	p, _, err := h.Register(context.Background(), name)
	h.must(err)
	return p
}

// do sends a command and waits for its answer.
func (h *house) do(match string, p game.Player, id string, c game.Command) (game.Ack, error) {
	type answer struct {
		ack game.Ack
		err error
	}
	done := make(chan answer, 1)
	h.Command(match, p.ID, id, c, func(a game.Ack, err error) { done <- answer{a, err} })
	a := <-done
	return a.ack, a.err
}

func (h *house) move(match string, p game.Player, id, move string) game.Ack {
	h.t.Helper()
	ack, err := h.do(match, p, id, game.Command{Kind: game.CommandMove, Move: move})
	h.must(err)
	return ack
}
