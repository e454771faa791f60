package entities_test

import (
	"context"
	"fmt"
	"slices"
	"testing/synctest"

	"github.com/everturn/everturn/orchestrator/durable"
)

// simWatch follows an orchestration, and sees that its events have no gap.
type simWatch struct {
	id          string
	watcher     *durable.Watcher // once it has begun
	err         error
	incarnation uint64
	last        uint64
}

// watch begins to follow somebody.
func (w *simWorld) watch() {
	if len(w.watches) > 8 {
		return
	}
	s := &simWatch{id: fmt.Sprint("desk", w.rng.IntN(simDesks))}
	if id := w.caller.errand(); id != "" && w.chance(3) {
		s.id = id
	}
	w.watches = append(w.watches, s)
	host, orch := w.host, w.orch
	go func() {
		watcher, err := orch.Watch(s.id, 0)
		if host == w.host { // else the process it asked has ended
			s.watcher, s.err = watcher, err
		}
	}()
	synctest.Wait()
}

// readWatch takes what one watcher has, or closes it.
func (w *simWorld) readWatch() {
	if len(w.watches) == 0 {
		return
	}
	synctest.Wait()
	s := w.watches[w.rng.IntN(len(w.watches))]
	switch {
	case s.watcher != nil && w.chance(12):
		s.watcher.Close()
	case s.watcher == nil && s.err == nil || s.err == nil && w.readOne(s):
		return
	}
	w.watches = slices.DeleteFunc(w.watches, func(x *simWatch) bool { return x == s })
}

// past is a context that has ended: Next gives what is there and does not wait.
func past() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// readOne takes one update; false means that the watcher was cut.
func (w *simWorld) readOne(s *simWatch) bool {
	u, err := s.watcher.Next(past())
	if err != nil {
		return err == context.Canceled //nolint:errorlint // as Next gives it
	}
	w.figures.Watched += uint64(len(u.Events))
	if s.incarnation != u.Incarnation {
		s.incarnation, s.last = u.Incarnation, 0
		if len(u.Events) > 0 {
			s.last = u.Events[0].Number - 1
		}
	}
	for _, e := range u.Events {
		if e.Number != s.last+1 {
			w.violate("watcher of %s got event %d after %d (incarnation %d)", s.id, e.Number, s.last, u.Incarnation)
		}
		s.last = e.Number
	}
	if len(u.Events) == 0 {
		return true
	}
	e := u.Events[w.rng.IntN(len(u.Events))]
	snap, err := w.host.Read(durable.ID{Kind: 'o', Key: s.id})
	w.must("read", err)
	if snap.Incarnation != u.Incarnation {
		return true
	}
	if list, err := w.orch.Events(s.id, e.Number-1, 1); err != nil || len(list) != 1 || string(list[0].Body) != string(e.Body) {
		w.violate("watcher of %s was told event %d %q, the store has %v (%v)", s.id, e.Number, e.Body, list, err)
	}
	return true
}
