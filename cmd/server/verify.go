package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

type verifyCommand struct {
	AcceptLoss bool `env:"-" help:"Open a database that lost acknowledged commits at its end, and let it go on after the last whole one, for good. It does not repair damaged files."`
}

// Run verifies the directory, or has the server do it that runs there.
func (c *verifyCommand) Run(ctx context.Context, s *settings, io streams) error {
	if err := mustExist(s.Data); err != nil {
		return err
	}
	store, err := badgerstore.Open(s.Data, badgerstore.Options{
		Durability: s.Durability.mode(), MinFree: int64(s.MinFree), AcceptLoss: c.AcceptLoss, Logger: newLogger(s, io.err),
	})
	if isLocked(err) && !c.AcceptLoss {
		io.out.say("A server runs on this directory; it verifies what it has.\n")
		return askRunning(ctx, s.Data, "verify", io.out)
	}
	if err != nil {
		return err
	}
	// Looking must not change anything: the kernel reads, and what it would like to commit waits until the process ends.
	// For the same reason it is not closed, but left behind.
	e, err := startEngine(store, frozen{store}, nil, zerolog.Nop())
	if err != nil {
		return err
	}
	return errors.Join(e.verify(io.out), store.Close())
}

// frozen is a store in which no commit ever ends.
type frozen struct{ *badgerstore.Store }

// Commit does nothing.
func (frozen) Commit(*durable.Batch, func(error)) {}

// verify reads every block and row of the files, then every orchestration: its history has to lead today's code to where it
// is, and a match has to be the fold of its events. It writes what it finds, and its error says how much of that is bad.
func (e *engine) verify(w printer) error {
	began := time.Now()
	report, err := e.store.Verify(nil)
	v := verification{e: e, w: w}
	if err != nil {
		v.bad("%s", explain(err))
	}
	w.say("files: %d tables, %d rows, %s\n", report.Tables, report.Rows, byteSize(report.Bytes))
	for state := orchestrator.Pending; state <= orchestrator.Terminated; state++ {
		v.listing("the orchestrations that are "+state.String(), v.orchestration, func(after durable.Cursor) ([]durable.Item, error) {
			return e.client.List(state, after, verifyPage)
		})
	}
	for _, name := range e.entities.Names() {
		v.listing("the entities called "+name, v.entity, func(after durable.Cursor) ([]durable.Item, error) {
			return e.host.List(entities.Listing(name), after, verifyPage)
		})
	}
	for id, why := range e.host.Stats().Quarantine() {
		v.bad("%s is in quarantine: %s", id, why)
	}
	w.say("orchestrations: %d, of them %d matches with %d events\n", v.orchestrationCount, v.matches, v.events)
	w.say("entities: %d\n", v.entityCount)
	if v.faults > 0 {
		return fmt.Errorf("%d things are wrong; restore a backup into a new directory ('server restore FILE --data NEW')", v.faults)
	}
	w.say("all is well (%.1f s)\n", time.Since(began).Seconds())
	return nil
}

type verification struct {
	e                  *engine
	w                  printer
	faults             int
	orchestrationCount int
	matches            int
	events             uint64 // of the matches
	entityCount        int
}

func (v *verification) bad(format string, args ...any) {
	v.faults++
	v.w.say("BAD  "+format+"\n", args...)
}

// verifyPage is how many rows of a listing are read at a time.
const verifyPage = 256

// listing checks whatever is listed, page by page.
func (v *verification) listing(what string, check func(durable.ID) error, page func(durable.Cursor) ([]durable.Item, error)) {
	for after := (durable.Cursor{}); ; {
		list, err := page(after)
		if err != nil {
			v.bad("%s: %v", what, err)
		}
		if len(list) == 0 {
			return
		}
		for _, item := range list {
			if err := check(item.ID); err != nil {
				v.bad("%s: %v", item.ID, err)
			}
		}
		last := list[len(list)-1]
		after = durable.Cursor{Time: last.Time, ID: last.ID}
	}
}

func (v *verification) orchestration(id durable.ID) error {
	snapshot, history, err := v.e.host.Log(id)
	if err != nil {
		return err
	}
	if !snapshot.Exists {
		return nil // purged since it was listed
	}
	v.orchestrationCount++
	status, err := orchestrator.StatusOf(snapshot)
	if err != nil {
		return err
	}
	err = orchestrator.Replay(v.e.behavior, &durable.Instance{
		ID: id, Incarnation: snapshot.Incarnation, Generation: snapshot.Generation, Log: history, Exists: true,
	})
	if err != nil {
		return fmt.Errorf("its history: %w", err)
	}
	if status.Name == game.MatchName {
		err = v.match(id.Key)
	}
	return err
}

// match folds the events up to the last one as its status knows it.
func (v *verification) match(id string) error {
	summary, last, err := v.e.desk.Match(id)
	if err != nil || last == 0 {
		return err
	}
	at, err := v.e.desk.Position(id, "", last, nil, false)
	if err != nil {
		return err
	}
	if at.Seq != last {
		return fmt.Errorf("its last event is %d, and there are %d (%s, game %d)", last, at.Seq, summary.State, summary.N)
	}
	v.matches++
	v.events += last
	return nil
}

func (v *verification) entity(id durable.ID) error {
	snapshot, err := v.e.host.Read(id)
	if err != nil || !snapshot.Exists {
		return err
	}
	v.entityCount++
	_, err = v.e.entities.Describe(id, snapshot.Head)
	return err
}
