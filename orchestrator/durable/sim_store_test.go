package durable_test

import (
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// The simulation is an internal test, and memstore imports the package under
// test: this file, which may import both, hands it in.
func init() {
	durable.NewSimStore = func(partitions int) durable.SimStore {
		return simStore{memstore.New(memstore.Options{Partitions: partitions, Manual: true})}
	}
	durable.NewTestStore = func(partitions int) durable.FailingStore {
		return failingStore{memstore.New(memstore.Options{Partitions: partitions})}
	}
}

var outcomes = map[durable.SimOutcome]memstore.Outcome{
	durable.SimApplied: memstore.Applied, durable.SimUntold: memstore.Untold,
	durable.SimLost: memstore.Lost, durable.SimRefused: memstore.Refused,
}

type simStore struct{ *memstore.Store }

func (s simStore) Resolve(i int, o durable.SimOutcome) { s.Store.Resolve(i, outcomes[o]) }

func (s simStore) Reopen() durable.SimStore { return simStore{s.Store.Reopen()} }

type failingStore struct{ *memstore.Store }

func (s failingStore) FailCommit(n int, o durable.SimOutcome) { s.Store.FailCommit(n, outcomes[o]) }

func (s failingStore) Reopen() durable.FailingStore { return failingStore{s.Store.Reopen()} }
