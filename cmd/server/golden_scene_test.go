package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

// What runs in a golden database beside matches: one orchestration for each thing
// that can be waited for. The definitions stay as they are, or get new versions:
// old databases have their histories.
var (
	goldenPurses = entities.Define("goldenpurse", func(string) int { return 0 })
	goldenPay    = entities.On(goldenPurses, "pay", func(_ *entities.Context, s *int, n int) (int, error) { *s += n; return *s, nil })
	// goldenNotes have heads that take more than a row.
	goldenNotes = entities.Define("goldennote", func(string) string { return "" })
	goldenWrite = entities.On(goldenNotes, "write", func(_ *entities.Context, s *string, n int) (int, error) {
		*s += strings.Repeat("x", n)
		return len(*s), nil
	})
	goldenAsk = orchestrator.DefineRequest[int, int]("ask")

	// goldenBusy keeps most activities from ending, until the server goes.
	goldenBusy = false
	goldenWork = orchestrator.DefineActivity("goldenwork", func(ctx context.Context, n int) (int, error) {
		if goldenBusy && n > 5 {
			<-ctx.Done()
		}
		return n * n, ctx.Err()
	})
	goldenWait = orchestrator.Define("goldenwait", func(c *orchestrator.Context, n int) (sum int, err error) {
		for range n {
			v, err := orchestrator.Event[int](c, "go")
			if err != nil {
				return sum, err
			}
			sum += v
			c.Publish(fmt.Append(nil, sum))
			c.SetStatus(sum)
		}
		return sum, nil
	})
	goldenSleep = orchestrator.Define("goldensleep", func(c *orchestrator.Context, d time.Duration) (int, error) {
		_, err := orchestrator.All(c.Timer(d), c.UptimeTimer(d/5), c.Timer(0))
		return 3, err
	})
	goldenFan = orchestrator.Define("goldenfan", func(c *orchestrator.Context, n int) (sum int, err error) {
		var fs []*orchestrator.Future[int]
		for i := range n {
			fs = append(fs, goldenWork.Go(c, i, orchestrator.WithRetry(orchestrator.Retry{Attempts: 2, First: time.Second})))
		}
		list, err := orchestrator.All(fs...)
		for _, v := range list {
			sum += v
		}
		return sum, err
	})
	goldenParent = orchestrator.Define("goldenparent", func(c *orchestrator.Context, n int) (int, error) {
		return goldenWait.Call(c, n, orchestrator.WithID("golden-child"))
	})
	// goldenHold has both purses to itself until it is told to go on.
	goldenHold = orchestrator.Define("goldenhold", func(c *orchestrator.Context, n int) (int, error) {
		unlock, err := entities.Lock(c, goldenPurses.ID("a"), goldenPurses.ID("b"))
		if err != nil {
			return 0, err
		}
		defer unlock()
		entities.Permit(c, orchestrator.ActionEvent)
		c.SetStatus("inside")
		if _, err := orchestrator.Event[int](c, "go"); err != nil {
			return 0, err
		}
		return goldenPay.Call(c, "a", n)
	})
	goldenServe = orchestrator.Define("goldenserve", func(c *orchestrator.Context, sum int) (int, error) {
		call, err := goldenAsk.Wait(c)
		if err != nil || call.In == 0 {
			return sum, err
		}
		call.Answer(sum + call.In)
		return sum, orchestrator.ContinueAsNew(c, sum+call.In)
	})
	goldenFail = orchestrator.Define("goldenfail", func(*orchestrator.Context, int) (int, error) { return 0, errors.New("as planned") })
	goldenSend = orchestrator.Define("goldensend", func(c *orchestrator.Context, n int) (int, error) { return goldenPay.Call(c, "c", n) })
	goldenTell = orchestrator.Define("goldentell", func(c *orchestrator.Context, n int) (int, error) {
		return n, orchestrator.Raise(c, "golden-lost", "go", n)
	})
	// goldenLost is a definition that the program did not know for a while.
	goldenLost = orchestrator.Define("goldenlost", func(c *orchestrator.Context, _ int) (int, error) { return orchestrator.Event[int](c, "go") })
)

// golden is what people were told of a database.
type golden struct {
	Ann, Ben game.Player
	Matches  []goldenMatch
	Answers  []int // of golden-serve, to the requests 1, 2, …
}

// goldenMatch is a match, and the moves that end it.
type goldenMatch struct {
	ID     string
	Events uint64
	State  game.State
	Moves  []string // "0 5": seat and move
}

// scene is a server on the data of a golden database.
type scene struct {
	t    *testing.T
	ctx  context.Context
	e    *engine
	ents *entities.Client
	gate *gate
}

// gate is the store as the kernel sees it. Once it is shut, commits get no
// answer, so that the files are those of a server that was killed at that moment.
type gate struct {
	*badgerstore.Store
	mu   sync.Mutex
	shut func(partition uint16) bool
	held []func(error)
}

// Commit waits behind the gate if it is shut.
func (g *gate) Commit(b *durable.Batch, done func(error)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.shut == nil || !g.shut(b.Partition):
		g.Store.Commit(b, done)
	default:
		g.held = append(g.held, done)
	}
}

// close shuts the gate for some partitions.
func (g *gate) close(which func(partition uint16) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = which
}

// leave lets the host end: what waits is refused.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, done := range g.held {
		done(durable.ErrRefused)
	}
	g.held, g.shut = nil, nil
}

// openScene starts a server that may not know one of the definitions.
func openScene(t *testing.T, data string, knowsLost bool) *scene {
	t.Helper()
	store, err := badgerstore.Open(data, badgerstore.Options{MinFree: 1, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defs, err := define(zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	all := append(defs.desk.Orchestrations(), goldenWork, goldenWait, goldenSleep, goldenFan, goldenParent, goldenHold, goldenServe, goldenFail, goldenSend, goldenTell)
	if knowsLost {
		all = append(all, goldenLost)
	}
	if defs.orchestrations, err = orchestrator.NewRegistry(all...); err != nil {
		t.Fatal(err)
	}
	if defs.entities, err = entities.NewRegistry(append(defs.desk.Entities(), goldenPurses, goldenNotes)...); err != nil {
		t.Fatal(err)
	}
	defs.behavior = orchestrator.NewBehavior(defs.orchestrations, orchestrator.Options{Strict: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // so that one who never ends is named
	t.Cleanup(cancel)
	s := &scene{t: t, ctx: ctx, gate: &gate{Store: store}, e: &engine{definitions: defs, store: store, traces: func() error { return nil }}}
	s.e.host, err = durable.Open(s.gate, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: defs.behavior, entities.Kind: entities.NewBehavior(defs.entities, entities.Options{Strict: true}),
		},
		Worker: defs.orchestrations.Worker(), UptimeDelay: -1, Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.gate.leave()
		_ = s.e.Close()
	})
	s.e.client, s.ents = orchestrator.NewClient(s.e.host), entities.NewClient(s.e.host)
	s.e.desk.Open(s.e.client, s.ents)
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func begin[I, O any](s *scene, o *orchestrator.Orchestration[I, O], id string, in I) {
	s.t.Helper()
	_, err := o.Begin(s.ctx, s.e.client, in, orchestrator.WithID(id))
	s.must(err)
}

func (s *scene) raise(id string, n int) {
	s.t.Helper()
	s.must(s.e.client.Raise(s.ctx, id, "go", fmt.Append(nil, n), orchestrator.RequestID("golden", fmt.Sprint("go ", n))))
}

// until waits until an orchestration's own status is as wanted.
func (s *scene) until(id, custom string) {
	s.t.Helper()
	w, err := s.e.client.Watch(id, 0)
	s.must(err)
	defer w.Close()
	for {
		_, err := w.Next(s.ctx)
		s.must(err)
		if status, err := s.e.client.Status(id); err == nil && string(status.Custom) == custom {
			return
		}
	}
}

// match makes a match, of both or with a bot.
func (s *scene) match(told *golden, in game.NewMatch, moves ...string) string {
	s.t.Helper()
	in.Seats = []string{"open"}
	made, err := s.e.desk.Create(s.ctx, told.Ann, in, "")
	s.must(err)
	_, err = s.e.desk.Join(s.ctx, made.ID, told.Ben)
	s.must(err)
	s.play(told, made.ID, "early", moves)
	return made.ID
}

// play makes moves: "0 5" is one of seat 0.
func (s *scene) play(told *golden, match, name string, moves []string) {
	s.t.Helper()
	for n, m := range moves {
		player := told.Ann
		if m[0] == '1' {
			player = told.Ben
		}
		c := game.Command{Kind: game.CommandMove, Move: m[2:]}
		if m[2:] == game.ActResign || strings.Contains(m, ":") {
			c = game.Command{Kind: game.CommandAct, Act: m[2:]}
		}
		done := make(chan error, 1)
		s.e.desk.Command(match, player.ID, fmt.Sprint(name, n), c, func(_ game.Ack, err error) { done <- err })
		if err := <-done; err != nil {
			s.t.Fatalf("%s of %s: %v", m, match, err)
		}
	}
}
