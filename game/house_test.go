package game_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

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
	t           testing.TB
	rules       []game.Rules
	uptimeDelay time.Duration
	hurry       time.Duration // that matches wait for people, if not as usual
	history     int           // commands that a generation deals with, if not as usual
	midway      int           // bytes that a generation may hand on, if not as usual
	level       zerolog.Level
	cache       int // bytes of the instances in memory, if not as usual
	slow        *rand.Rand
	quick       bool // not in strict mode, which computes all of a history again at each turn
	store       *memstore.Store
	gate        *gate
	host        *durable.Host
	entities    *entities.Client
}

// openHouse opens a house for the given games, by default those that there are.
func openHouse(t testing.TB, rules ...game.Rules) *house {
	if rules == nil {
		rules = []game.Rules{tictactoe.Rules{}, connect4.Rules{}}
	}
	h := &house{t: t, rules: rules, uptimeDelay: -1, level: zerolog.WarnLevel, store: memstore.New(memstore.Options{Partitions: 8})}
	h.open()
	t.Cleanup(func() { h.host.Close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	catalog, err := game.NewCatalog(h.rules...)
	h.must(err)
	h.Desk = game.NewDesk(catalog)
	if h.hurry > 0 {
		h.Hurry(h.hurry, h.hurry, h.hurry)
	}
	if h.history > 0 {
		h.Shorten(h.history)
	}
	if h.midway > 0 {
		h.Burden(h.midway)
	}
	reg, err := orchestrator.NewRegistry(h.Orchestrations()...)
	h.must(err)
	ents, err := entities.NewRegistry(h.Entities()...)
	h.must(err)
	h.gate = &gate{Store: h.store, full: make(chan uint16, 64), slow: h.slow}
	h.host, err = durable.Open(h.gate, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: !h.quick, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: !h.quick}),
		},
		Worker: reg.Worker(), Logger: zerolog.New(zerolog.NewTestWriter(h.t)).Level(h.level), UptimeDelay: h.uptimeDelay, CacheBytes: h.cache,
	})
	h.must(err)
	h.entities = entities.NewClient(h.host)
	h.Desk.Open(orchestrator.NewClient(h.host), h.entities)
}

// gate holds commits back on demand.
type gate struct {
	durable.Store
	mu      sync.Mutex
	holding bool
	held    []func()
	full    chan uint16 // the partitions whose commits are held
	slow    *rand.Rand  // how long commits take, if they take any time
}

func (g *gate) Commit(b *durable.Batch, done func(error)) {
	g.mu.Lock()
	if g.holding {
		g.held = append(g.held, func() { g.Store.Commit(b, done) })
		g.mu.Unlock()
		g.full <- b.Partition
		return
	}
	if g.slow != nil {
		time.AfterFunc(time.Duration(g.slow.IntN(20))*time.Millisecond, func() { g.Store.Commit(b, done) })
		g.mu.Unlock()
		return
	}
	g.mu.Unlock()
	g.Store.Commit(b, done)
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = true
}

// stuck waits until the partition of a match is held up by a commit.
func (h *house) stuck(match string) {
	want := orchestrator.InstanceID(match).Partition(h.store.Partitions())
	for int(<-h.gate.full) != int(want) {
	}
}

func (g *gate) release() {
	g.mu.Lock()
	held := g.held
	g.holding, g.held = false, nil
	g.mu.Unlock()
	for _, commit := range held {
		commit()
	}
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

// match makes a match in which the players have seats 0, 1…
func (h *house) match(in game.NewMatch, players ...game.Player) game.Made {
	h.t.Helper()
	made, err := h.Create(ctx, players[0], in, "")
	h.must(err)
	for _, p := range players[1:] {
		_, err := h.Join(ctx, made.ID, p)
		h.must(err)
	}
	return made
}

func (h *house) act(match string, p game.Player, id, act string) game.Ack {
	h.t.Helper()
	ack, err := h.do(match, p, id, game.Command{Kind: game.CommandAct, Act: act})
	h.must(err)
	return ack
}

// refused is a command that is refused with a code.
func (h *house) refused(code game.Code, match string, p game.Player, c game.Command) {
	h.t.Helper()
	_, before, err := h.Match(match)
	h.must(err)
	if _, err := h.do(match, p, "refused", c); refusalOf(err) != code {
		h.t.Errorf("%+v by %s: %v, not %s", c, p.Name, err, code)
	}
	if _, now, err := h.Match(match); err != nil || now != before {
		h.t.Errorf("%+v was refused, and made event %d: %v", c, now, err)
	}
}

func act(what string) game.Command { return game.Command{Kind: game.CommandAct, Act: what} }

func (h *house) follow(match string) *game.Follower {
	h.t.Helper()
	f, err := h.Follow(ctx, match)
	h.must(err)
	h.t.Cleanup(f.Close)
	return f
}

// until takes in events until the table is as wanted.
func (h *house) until(f *game.Follower, wanted func(*game.Table) bool) (list []game.Numbered) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !wanted(f.Table) {
		more, err := f.Next(ctx)
		h.must(err)
		list = append(list, more...)
	}
	return list
}

// events are all events of a match.
func (h *house) events(match string) (list []game.Numbered) {
	h.t.Helper()
	for {
		page, err := h.Events(match, uint64(len(list)), 7)
		h.must(err)
		if len(page) == 0 {
			return list
		}
		list = append(list, page...)
	}
}
