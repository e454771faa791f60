package durable

import (
	"errors"
	"fmt"
)

// live is an instance in memory, as of the batch under way. It belongs to the
// goroutine of its partition.
type live struct {
	record // exists if incarnation is not 0
	id     ID

	log    [][]byte // history of the generation, if logged
	logged bool     // log is complete; it is dropped while something is hot
	hot    any
	window *window
	bare   []bareTurn // turns whose rows hold no events, from logFrom on

	// Of the batch under way.
	stored    *storedRecord // what is on disk, once the batch has changed the record
	queue     []parcel      // messages for the next turn
	published []Event
	recent    [][]byte // history that the batch added to this generation
	wanted    []Index  // the index rows to have, if reindex
	reindex   bool
	touched   bool   // took a turn that stored something
	firstTurn uint64 // the first of this batch
	owedHead  int    // bytes of the head that finish will write

	newer, older *live // least recently used list
	used         int64 // uptime at which it was used last
	bytes        int   // as counted in the cache
}

// storedRecord is what the record rows on disk say, for the batch that will
// overwrite them.
type storedRecord struct {
	exists      bool
	incarnation uint64
	index       []indexMark
	headRows    int
}

// bareTurn is a turn whose log row can go once its history is not needed.
type bareTurn struct {
	turn   uint64
	pieces int
}

func (l *live) exists() bool { return l.incarnation != 0 }

// settle ends the batch: what it wrote is on disk.
func (l *live) settle() {
	l.stored, l.published, l.recent, l.wanted = nil, nil, nil, nil
	l.touched, l.reindex, l.owedHead = false, false, 0
}

// cool forgets what the behavior left in memory.
func (l *live) cool() {
	if r, ok := l.hot.(Releaser); ok {
		r.Release()
	}
	l.hot = nil
}

// size is about how many bytes of memory the instance takes.
func (l *live) size() int {
	n := 512 + 2*len(l.id.Key) + len(l.head) + 16*len(l.bare)
	if s, ok := l.hot.(Sizer); ok {
		n += s.Size()
	}
	for _, e := range l.log {
		n += 24 + len(e)
	}
	if l.window != nil {
		n += l.window.bytes
	}
	return n
}

// load reads an instance: its record, and the rows of its log from the lowest
// that is still needed. An instance that does not exist is no error.
func load(rd Reader, p uint16, id ID) (*live, error) {
	l := &live{id: id}
	r, err := readRecord(rd, p, id)
	if errors.Is(err, ErrNoRow) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.record, l.logged = *r, true
	return l, scanLog(rd, p, r.incarnation, r.logFrom, func(t turnRow) (bool, error) { return true, l.takeIn(&t) })
}

// takeIn applies a row of the log to an instance that is being loaded.
func (l *live) takeIn(t *turnRow) error {
	if t.turn > l.turns { // behind the record
		if t.before != l.record.events {
			return fmt.Errorf("%w: turn %d of %s follows event %d, not %d", ErrCorrupt, t.turn, l.id, l.record.events, t.before)
		}
		l.turns, l.updated = t.turn, t.time
		l.record.events += uint64(len(t.events))
	}
	if t.turn >= l.genFrom {
		l.log = append(l.log, t.history...)
	}
	if len(t.events) == 0 {
		l.bare = append(l.bare, bareTurn{t.turn, t.pieces})
	}
	if len(t.requests) > 0 {
		if l.window == nil {
			l.window = &window{}
		}
		l.window.apply(t.turn, t.requests)
	}
	return nil
}

// reloadLog reads the history again, for a behavior that left nothing hot.
func (l *live) reloadLog(rd Reader, p uint16) error {
	l.log = nil
	return scanLog(rd, p, l.incarnation, l.genFrom, func(t turnRow) (bool, error) {
		l.log = append(l.log, t.history...)
		return true, nil
	})
}
