package orchestratortest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// callback is something that the test does at a time.
type callback struct {
	at time.Time
	n  int
	do func()
}

// At has f called when the clock gets there, by the call that drives the hub
// then ([Run], [Hub.Wait], [Hub.Advance]). What the engine does at that moment
// is done before. Callbacks of one moment are called in their order.
func (h *Hub) At(at time.Time, f func()) {
	h.callback++
	h.callbacks = append(h.callbacks, callback{at, h.callback, f})
	slices.SortFunc(h.callbacks, func(a, b callback) int { return cmp.Or(a.at.Compare(b.at), a.n-b.n) })
}

// After is At, so much later than now.
func (h *Hub) After(d time.Duration, f func()) { h.At(time.Now().Add(d), f) }

// Start starts an instance and gives its id, which is name-1, name-2… unless an
// option says otherwise. It fails the test if the instance cannot be started.
func Start[I, O any](h *Hub, def *orchestrator.Orchestration[I, O], in I, opts ...orchestrator.StartOption) string {
	h.t.Helper()
	named := append([]orchestrator.StartOption{orchestrator.WithID(h.nextID(def.Name()))}, opts...)
	id, err := def.Begin(h.Context(), h.Client(), in, named...)
	if err != nil {
		h.t.Fatalf("orchestration %q cannot be started: %v", def.Name(), err)
	}
	return id
}

// Run starts an instance and has time pass until it has ended. It gives its
// output, or the error that it failed with. The test fails at once where the
// instance cannot end: see [Hub.Await].
func Run[I, O any](h *Hub, def *orchestrator.Orchestration[I, O], in I, opts ...orchestrator.StartOption) (O, error) {
	h.t.Helper()
	return Result(h, def, Start(h, def, in, opts...))
}

// Result is what [Run] gives, of an instance that was started before.
func Result[I, O any](h *Hub, def *orchestrator.Orchestration[I, O], id string) (O, error) {
	h.t.Helper()
	h.Wait(id)
	return def.Result(h.Context(), h.Client(), id)
}

// Raise raises an event and fails the test if that is refused.
func Raise[T any](h *Hub, id, name string, v T) {
	h.t.Helper()
	body, err := json.Marshal(v)
	if err == nil {
		err = h.Client().Raise(h.Context(), id, name, body)
	}
	if err != nil {
		h.t.Fatalf("event %q for %q: %v", name, id, err)
	}
}

// Wait is [Hub.Await] that fails the test, and shows the history.
func (h *Hub) Wait(id string) {
	h.t.Helper()
	if err := h.Await(id); err != nil {
		h.t.Fatalf("%v\n\n%s", err, h.History(id))
	}
}

// Await has time pass until an instance has ended. The error is a
// [*BlockedError] where it waits for what will not come, and says so where any
// instance is in quarantine (a replay that does otherwise), where the instance
// does not exist, and where the hub's patience is at its end.
func (h *Hub) Await(id string) error {
	return h.drive(h.options.Patience, func() (bool, error) {
		s, err := h.Client().Status(id)
		return err == nil && s.State.Final(), err
	}, func() error { return h.blocked(id) })
}

// Until has time pass until a condition holds. It is looked at whenever nothing
// more can happen without time passing. The test fails where it will never hold.
func (h *Hub) Until(what string, condition func() bool) {
	h.t.Helper()
	err := h.drive(h.options.Patience, func() (bool, error) { return condition(), nil }, func() error { return h.blocked("") })
	if err != nil {
		h.t.Fatalf("waiting until %s: %v", what, err)
	}
}

// Settle has everything happen that can without time passing.
func (h *Hub) Settle() {
	h.t.Helper()
	h.Advance(0)
}

// Advance has so much time pass, and everything happen that is due in it.
func (h *Hub) Advance(d time.Duration) {
	h.t.Helper()
	end, passed := time.Now().Add(d), false
	h.At(end, func() { passed = true })
	err := h.drive(d, func() (bool, error) { return passed, nil }, func() error { return nil })
	if err != nil {
		h.t.Fatal(err)
	}
}

// drive has time pass, from one thing that is due to the next, until done says
// so. When nothing is due any more, and nothing runs, the error is stuck's.
func (h *Hub) drive(patience time.Duration, done func() (bool, error), stuck func() error) error {
	for limit := time.Now().Add(patience); ; {
		synctest.Wait() // until all that can happen now has happened
		if err := h.quarantined(); err != nil {
			return err
		}
		if ok, err := done(); ok || err != nil {
			return err
		}
		if h.callNext() {
			continue
		}
		if time.Now().After(limit) {
			return fmt.Errorf("it goes on after %v on the clock that skips ahead (Options.Patience)", patience)
		}
		wait, due, err := h.next()
		switch {
		case err != nil:
			return err
		case due:
			h.sleep(wait)
		case h.running.Load() > 0:
			<-h.worked // its own sleep or deadline ends it
		default:
			return stuck()
		}
	}
}

// callNext calls the next callback, if its time has come.
func (h *Hub) callNext() bool {
	if len(h.callbacks) == 0 || h.callbacks[0].at.After(time.Now()) {
		return false
	}
	next := h.callbacks[0]
	h.callbacks = h.callbacks[1:]
	next.do()
	return true
}

// next is how long it will be until something is due, in the engine or in the
// test.
func (h *Hub) next() (wait time.Duration, ok bool, err error) {
	wait, ok, err = h.host.NextDue()
	if len(h.callbacks) > 0 {
		if own := time.Until(h.callbacks[0].at); !ok || own < wait {
			return own, true, err
		}
	}
	return max(wait, time.Millisecond), ok, err // uptime may stand still for a moment
}

// sleep has time pass, but no further than to the end of an activity.
func (h *Hub) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.worked:
	}
}
