package durable

import "slices"

// simWatch reads one watcher and checks that nothing is missing, and that
// nothing is told that is not stored.
type simWatch struct {
	*Watcher
	begun       bool
	last        uint64
	incarnation uint64
}

// watch begins to follow an instance, from a random event on.
func (w *world) watch() {
	id := simTargets(w)
	l := w.stored(id)
	after := uint64(0)
	if n := l.record.events; n > 0 {
		after = w.rng.Uint64N(n + 1)
	}
	s := &simWatch{Watcher: &Watcher{host: w.host, id: id, after: after, wake: make(chan struct{}, 1)}, last: after}
	p := w.parts[id.Partition(len(w.parts))]
	p.mail.put(parcel{m: Message{To: id}, kind: toWatch, watcher: s.Watcher, done: func(a Answer) {
		if a.Fail == nil {
			s.begun = true
			w.watches = append(w.watches, s)
		} else {
			s.Close()
		}
	}})
}

func (w *world) readWatch() {
	if len(w.watches) == 0 {
		return
	}
	s := w.watches[w.rng.IntN(len(w.watches))]
	if w.chance(10) || !w.read(s) {
		s.Close()
		w.watches = slices.DeleteFunc(w.watches, func(x *simWatch) bool { return x == s })
	}
}

// read takes one update; false means that the watcher was cut.
func (w *world) read(s *simWatch) bool {
	u, ok, err := s.take()
	if err != nil {
		return false
	}
	if !ok {
		return true
	}
	w.figures.events += len(u.Events)
	if s.incarnation != u.Incarnation {
		if s.incarnation != 0 {
			s.last = 0
		} else if s.id.Kind == kindMortal && len(u.Events) > 0 {
			s.last = min(s.last, u.Events[0].Number-1) // replaced meanwhile: beyond the last event is taken as the last
		} else if s.id.Kind == kindMortal {
			s.last = min(s.last, u.Last)
		}
		s.incarnation = u.Incarnation
	}
	stored := w.stored(s.id)
	for _, e := range u.Events {
		if e.Number != s.last+1 {
			w.violate("watcher of %s got event %d after %d (incarnation %d)", s.id, e.Number, s.last, u.Incarnation)
		}
		s.last = e.Number
	}
	if stored.incarnation != u.Incarnation || len(u.Events) == 0 {
		return true
	}
	e := u.Events[w.rng.IntN(len(u.Events))]
	list, err := w.host.Events(s.id, e.Number-1, 1)
	if err != nil || len(list) != 1 || string(list[0].Body) != string(e.Body) || list[0].Number != e.Number {
		w.violate("watcher of %s got event %d %q, the store has %v (%v)", s.id, e.Number, e.Body, list, err)
	}
	return true
}

// finishWatches reads all to the end: each must know the last event.
func (w *world) finishWatches() {
	for _, s := range w.watches {
		for n := 0; n < 10_000; n++ {
			before := s.last
			if !w.read(s) {
				s.incarnation = 0
				break
			}
			if s.last == before && !s.pending {
				break
			}
		}
		l := w.stored(s.id)
		if s.incarnation != 0 && s.incarnation == l.incarnation && s.last != l.record.events {
			w.violate("watcher of %s ends at event %d of %d", s.id, s.last, l.record.events)
		}
	}
}
