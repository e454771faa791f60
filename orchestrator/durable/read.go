package durable

import (
	"errors"
	"fmt"
	"sort"
)

// Reads see what is committed. They go to the store from the caller's goroutine
// and never wait for a turn.

// view reads from the store. While that cannot be done (a commit was cut short a
// moment ago) the error is a failure with code unavailable.
func (h *Host) view(fn func(Reader) error) error {
	err := h.store.View(fn)
	if err == nil || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrClosed) {
		return err
	}
	return &Failure{Code: CodeUnavailable, Message: "the database cannot be read just now: " + err.Error()}
}

// Read gives the last committed state of an instance. One that does not exist
// is no error: Exists is false.
func (h *Host) Read(id ID) (s Snapshot, err error) {
	err = h.view(func(rd Reader) (err error) {
		s, _, err = readInstance(rd, h.of(id).n, id, false)
		return err
	})
	if reason, ok := h.of(id).stats.reasons.Load(id); ok {
		s.ID, s.Quarantine = id, reason.(string)
	}
	return s, err
}

// Log gives an instance with the history of its current generation.
func (h *Host) Log(id ID) (s Snapshot, history [][]byte, err error) {
	err = h.view(func(rd Reader) (err error) {
		s, history, err = readInstance(rd, h.of(id).n, id, true)
		return err
	})
	return s, history, err
}

// readInstance reads a record and brings it up to date with the log behind it.
func readInstance(rd Reader, p int, id ID, history bool) (s Snapshot, log [][]byte, err error) {
	s.ID = id
	r, err := readRecord(rd, uint16(p), id)
	if isNoRow(err) {
		return s, nil, nil
	}
	if err != nil {
		return s, nil, err
	}
	from := r.turns + 1
	if history {
		from = r.genFrom
	}
	err = scanLog(rd, uint16(p), r.incarnation, from, func(t turnRow) (bool, error) {
		if t.turn > r.turns {
			r.turns, r.updated, r.events = t.turn, t.time, t.before+uint64(len(t.events))
		}
		if history {
			log = append(log, t.history...)
		}
		return true, nil
	})
	return Snapshot{
		ID: id, Exists: true, Incarnation: r.incarnation, Generation: r.generation, Turns: r.turns,
		Events: r.events, Created: r.created, Updated: r.updated, Head: r.head,
	}, log, err
}

// Events gives up to limit published events after a number, oldest first.
func (h *Host) Events(id ID, after uint64, limit int) ([]Event, error) {
	list, _, err := h.events(id, after, limit)
	return list, err
}

func (h *Host) events(id ID, after uint64, limit int) (list []Event, incarnation uint64, err error) {
	err = h.view(func(rd Reader) (err error) {
		list, incarnation, err = eventsAfter(rd, uint16(h.of(id).n), id, after, limit)
		return err
	})
	return list, incarnation, err
}

// eventsAfter reads events, and the incarnation that published them.
func eventsAfter(rd Reader, p uint16, id ID, after uint64, limit int) (list []Event, incarnation uint64, err error) {
	s, _, err := readInstance(rd, int(p), id, false)
	if err != nil || !s.Exists || after >= s.Events {
		return nil, s.Incarnation, err
	}
	from, err := turnOfEvent(rd, p, s, after+1)
	if err != nil {
		return nil, s.Incarnation, err
	}
	err = scanLog(rd, p, s.Incarnation, from, func(t turnRow) (bool, error) {
		for i, body := range t.events {
			if n := t.before + uint64(i) + 1; n > after && len(list) < limit {
				list = append(list, Event{Number: n, Time: t.time, Body: body})
			}
		}
		return len(list) < limit, nil
	})
	return list, s.Incarnation, err
}

// turnOfEvent finds a turn at or before the one that published an event, with
// no event between them: by bisection, since every row says how many events came
// before it, and rows that are gone held none.
func turnOfEvent(rd Reader, p uint16, s Snapshot, event uint64) (uint64, error) {
	var failed error
	n := sort.Search(int(s.Turns), func(i int) bool { // first turn i+1 from which on all rows begin behind the event
		t, ok, err := firstRow(rd, p, s.Incarnation, uint64(i)+1)
		failed = errors.Join(failed, err)
		return !ok || t.before >= event
	})
	if failed != nil {
		return 0, failed
	}
	return uint64(n), nil
}

// firstRow reads the first log row from a turn on.
func firstRow(rd Reader, p uint16, incarnation, turn uint64) (t turnRow, ok bool, err error) {
	_, end := prefixRange(logKey(p, incarnation, 0, 0)[:11])
	scanErr := rd.Scan(logKey(p, incarnation, turn, 0), end, false, func(k, v []byte) bool {
		d := NewDecoder(v)
		d.Byte()
		t = turnRow{time: d.Int(), generation: uint32(d.Uint()), before: d.Uint()}
		if err = d.Err(); err != nil {
			err = fmt.Errorf("log row %x: %w", k, err)
		}
		ok = true
		return false
	})
	return t, ok, errors.Join(err, scanErr)
}
