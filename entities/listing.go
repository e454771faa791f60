package entities

import (
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Listings. An entity has one row, under its name or, while it does not exist
// and lives on only because it is locked, among the gone ones; and one more
// while somebody waits for its lock.
//
// The row's time is that of the entity's last operation, but only to the minute:
// one row a call would double what a call writes, one a minute costs nothing.
const (
	existListings = "e/name/"
	goneListings  = "e/gone/"
	awaited       = "e/awaited"

	listingGrain = 60_000 // milliseconds
)

// Listing is the index under which the kernel lists the entities of a name that
// exist, newest first by the minute of their last operation.
func Listing(name string) string { return existListings + strings.ToLower(name) }

// listing is what an entity's index rows say.
type listing struct {
	minute  int64 // wall milliseconds, rounded down; those of the kernel's record
	exists  bool
	awaited bool
}

// relist changes the index rows if they are to say something else. One that
// comes from the disk does not know what its rows say: it gives them anew, and
// the kernel writes those that differ.
func (t *turn) relist() {
	now := listing{minute: t.ctx.now.Wall - t.ctx.now.Wall%listingGrain, exists: t.exists, awaited: t.lock != nil && len(t.waiting) > 0}
	if now == t.listed {
		return
	}
	t.listed = now
	t.out.Reindex, t.out.Index = true, now.rows(t.ctx.id.Name)
}

func (l listing) rows(name string) []durable.Index {
	rows := make([]durable.Index, 1, 2)
	rows[0] = durable.Index{Name: goneListings + name, Time: l.minute}
	if l.exists {
		rows[0].Name = existListings + name
	}
	if l.awaited {
		rows = append(rows, durable.Index{Name: awaited})
	}
	return rows
}
