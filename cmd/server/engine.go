package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/dungeon"
	"github.com/everturn/everturn/game/rps"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/web/demo"
	"github.com/everturn/everturn/web/inspect"
	"github.com/everturn/everturn/web/manage"
)

// delve is the dungeon with its waits. Only tests change them.
var delve dungeon.Rules

// games are what can be played.
func games() (game.Catalog, error) {
	return game.NewCatalog(tictactoe.Rules{}, connect4.Rules{}, rps.Rules{}, battleship.Rules{}, delve)
}

// engine is the house below the web: the database, the kernel that runs on it, and the desk where people come to play.
type engine struct {
	definitions
	store        *badgerstore.Store
	host         *durable.Host
	client       *orchestrator.Client
	entityClient *entities.Client
	// fatal gets, once, why the database cannot be read any more.
	fatal chan error
	// traces flushes what is left of them, and ends their export.
	traces func() error
}

// definitions are the desk's orchestrations and entities, as the kernel runs them.
type definitions struct {
	desk           *game.Desk
	teaching       *manage.Teaching
	replays        *inspect.Replays
	demos          []demo.Demo
	orchestrations *orchestrator.Registry
	entities       *entities.Registry
	behavior       *orchestrator.Behavior // of the orchestrations
}

func define(log zerolog.Logger) (definitions, error) {
	catalog, err := games()
	if err != nil {
		return definitions{}, err
	}
	desk, teaching := game.NewDesk(catalog), manage.NewTeaching()
	demos := []demo.Demo{demo.NewCart(), demo.NewJobs(desk)}
	doing, being := slices.Concat(desk.Orchestrations(), teaching.Orchestrations()), slices.Concat(desk.Entities(), teaching.Entities())
	for _, d := range demos {
		doing, being = append(doing, d.Orchestrations()...), append(being, d.Entities()...)
	}
	orchestrations, err := orchestrator.NewRegistry(doing...)
	if err != nil {
		return definitions{}, err
	}
	ents, err := entities.NewRegistry(being...)
	if err != nil {
		return definitions{}, err
	}
	replays := inspect.NewReplays()
	behavior := orchestrator.NewBehavior(orchestrations, orchestrator.Options{Logger: log, OnReplay: replays.Note})
	return definitions{desk, teaching, replays, demos, orchestrations, ents, behavior}, nil
}

// openEngine opens the database and starts the kernel on it.
func openEngine(s *settings, log zerolog.Logger) (*engine, error) { return openEngineIn(nil, s, log) }

// openEngineIn does it in a workshop, where there is one.
func openEngineIn(w *ward, s *settings, log zerolog.Logger) (*engine, error) {
	store, err := openStore(s, log)
	if err != nil {
		return nil, err
	}
	through, err := w.fuse(store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	tracer, traces, err := openTraces(s, log)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	e, err := startEngineIn(w, store, through, tracer, log)
	if err != nil {
		return nil, errors.Join(err, traces())
	}
	e.traces = traces
	return e, nil
}

func openStore(s *settings, log zerolog.Logger) (*badgerstore.Store, error) {
	return badgerstore.Open(s.Data, badgerstore.Options{Durability: s.Durability.mode(), MinFree: int64(s.MinFree), Logger: log})
}

// startEngine starts the kernel on an open database; through is the store as the kernel is to see it. It is closed with the
// engine, or when this fails.
func startEngine(store *badgerstore.Store, through durable.Store, tracer durable.Tracer, log zerolog.Logger) (*engine, error) {
	return startEngineIn(nil, store, through, tracer, log)
}

func startEngineIn(w *ward, store *badgerstore.Store, through durable.Store, tracer durable.Tracer, log zerolog.Logger) (*engine, error) {
	defs, err := define(log)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	e := &engine{definitions: defs, store: store, fatal: make(chan error, 1), traces: func() error { return nil }}
	e.host, err = durable.Open(through, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: w.turns(defs.behavior),
			entities.Kind:     entities.NewBehavior(defs.entities, entities.Options{}),
		},
		Worker: defs.orchestrations.Worker(), Tracer: tracer, Logger: log, CacheBytes: instanceMemory(),
		OnFatal: func(err error) { e.fatal <- err },
	})
	if err != nil {
		return nil, fmt.Errorf("the database was opened, but what is in flight cannot be read: %w", err)
	}
	e.client = orchestrator.NewClient(e.host)
	e.entityClient = entities.NewClient(e.host)
	e.desk.Open(e.client, e.entityClient)
	e.teaching.Open(e.entityClient)
	for _, d := range e.demos {
		d.Open(e.client, e.entityClient)
	}
	return e, nil
}

// Close lets turns finish and closes the database. It is idempotent.
func (e *engine) Close() error { return errors.Join(e.host.Close(), e.traces()) }
