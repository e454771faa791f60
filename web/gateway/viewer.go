package gateway

import (
	"sync/atomic"

	"github.com/everturn/everturn/web/wire"
)

// viewer is a socket that watches a match: what a watch frame makes.
type viewer struct {
	conn *conn
	room *room // set once, by Gateway.watch

	after, epoch wire.Optional // as asked

	// The room's, under its lock.
	kind   kind
	index  int    // in the room's list of its kind
	in     bool   // it is in one of the room's lists
	next   uint64 // behind: the last event it has
	reset  bool   // the next sync says so
	seated bool   // it took its seat within its backlog
	asking bool   // its watch is not answered yet

	// The outbox's, under its lock.
	state  viewing
	pulled bool // it is in the outbox's list of pulls

	gone atomic.Bool // the room has dropped it
}

// viewing is how a viewer stands to its match.
type viewing uint8

const (
	live   viewing = iota // the room pushes each event
	behind                // it has events up to next, and pulls those that follow
	stale                 // what it has is of no use, or too old: it pulls a sync
	left                  // it watches no more
)

// kind of viewers: all of one kind see the same. The watchers' is 0, a seat's is one more than its number.
type kind int

const watching kind = 0

func kindOf(seat int) kind { return kind(seat + 1) }

func (k kind) seat() int { return int(k) - 1 }
