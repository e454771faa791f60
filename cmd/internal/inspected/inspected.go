// Package inspected shows the kernel to the inspector, which knows neither it nor its store.
package inspected

import (
	"context"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/web/inspect"
)

// engine is what is looked at.
type engine struct {
	host  *durable.Host
	store *badgerstore.Store
}

// Of is a kernel and its database as the inspector sees them; boot and version are those that clients are told.
func Of(host *durable.Host, store *badgerstore.Store, durability badgerstore.Durability, version, boot string) inspect.Engine {
	e := engine{host, store}
	return inspect.Engine{
		Boot: boot, Version: version, Durability: durability.String(), Started: time.Now(),
		Pulse: host.Pulse, Figures: e.figures, Store: e.sizes, Aside: e.aside, Retry: e.retry,
	}
}

func (e engine) figures() inspect.Figures {
	stats := e.host.Stats()
	f := inspect.Figures{
		CommitMicros: e.host.CommitFigures().Micros.At, Recoveries: stats.Recoveries.Load(), Working: stats.Working.Load(), Watchers: stats.Watchers.Load(),
	}
	for _, p := range e.host.Figures() {
		f.Partitions = append(f.Partitions, inspect.Partition{
			Turns: p.Turns, Commits: p.Commits, Rows: p.Rows, Bytes: p.Bytes, CacheHits: p.CacheHits, CacheMisses: p.CacheMisses,
			Evicted: p.Evicted, Busy: p.Busy, Mailbox: p.Mailbox, Backlog: p.Backlog, Inbox: p.Inbox, Outbox: p.Outbox,
			WorkWaiting: p.WorkWaiting, WorkRunning: p.WorkRunning, Timers: p.Timers, NextTimer: p.NextTimer,
			CacheBytes: p.CacheBytes, CacheBudget: p.CacheBudget, Instances: p.Instances, Quarantined: p.Quarantined,
		})
	}
	return f
}

func (e engine) sizes() (inspect.Store, error) {
	s, err := e.store.Sizes()
	return inspect.Store{Commit: s.Commit, Tables: s.Tables, TableBytes: s.TableBytes, LogBytes: s.LogBytes, FreeBytes: s.FreeBytes}, err
}

// aside are the instances in quarantine.
func (e engine) aside() []inspect.Aside {
	reasons := e.host.Stats().Quarantine()
	list := make([]inspect.Aside, 0, len(reasons))
	for id, why := range reasons {
		list = append(list, inspect.Aside{Name: id.Name, Key: id.Key, Why: why})
	}
	return list
}

// retry lets an instance in quarantine take turns again.
func (e engine) retry(ctx context.Context, name, key string) error {
	id := orchestrator.InstanceID(key)
	if name != "" {
		id = durable.ID{Kind: entities.Kind, Name: name, Key: key}
	}
	return e.host.Retry(ctx, id)
}
