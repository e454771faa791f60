package orchestratortest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// BlockedError says that nothing will ever happen again: no turn and no activity
// runs, no timer is due, and the test has no callback left ([Hub.After]), but
// what was waited for has not come.
type BlockedError struct {
	Instance string    // that was awaited; empty for a condition
	Waiting  []Waiting // all instances that have not ended
}

// Waiting is an instance that has not ended, and what its code waits for.
type Waiting struct {
	Instance string
	Name     string // the definition
	For      string // event approved, timer #3
}

// Error names what each instance waits for, the awaited one first.
func (e *BlockedError) Error() string {
	var b strings.Builder
	if e.Instance == "" {
		b.WriteString("blocked: ")
	} else {
		fmt.Fprintf(&b, "orchestration %q is blocked: ", e.Instance)
	}
	b.WriteString("nothing runs, no timer is due, and no callback is left")
	for _, w := range e.Waiting {
		fmt.Fprintf(&b, "\n  %s (%s) waits for %s", w.Instance, w.Name, w.For)
	}
	return b.String()
}

// blocked says who waits for what.
func (h *Hub) blocked(id string) error {
	e := &BlockedError{Instance: id}
	for _, state := range []orchestrator.State{orchestrator.Pending, orchestrator.Running, orchestrator.Suspended} {
		var after orchestrator.Cursor
		for {
			items, err := h.Client().List(state, after, 100)
			if err != nil {
				return err
			}
			if len(items) == 0 {
				break
			}
			for _, item := range items {
				w, err := h.waiting(item.ID.Key)
				if err != nil {
					return err
				}
				e.Waiting = append(e.Waiting, w)
			}
			last := items[len(items)-1]
			after = orchestrator.Cursor{Time: last.Time, ID: last.ID}
		}
	}
	slices.SortStableFunc(e.Waiting, func(a, b Waiting) int {
		if (a.Instance == id) != (b.Instance == id) {
			if a.Instance == id {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Instance, b.Instance)
	})
	return e
}

func (h *Hub) waiting(id string) (w Waiting, err error) {
	s, err := h.Client().Status(id)
	if err != nil {
		return w, err
	}
	w = Waiting{Instance: id, Name: s.Name}
	if s.State == orchestrator.Suspended {
		w.For = "being resumed, since it is suspended: " + s.Reason
		return w, nil
	}
	in, err := h.stored(id)
	if err == nil {
		w.For, err = orchestrator.WaitingFor(h.behavior, in)
	}
	return w, err
}

// stored is an instance as the store has it.
func (h *Hub) stored(id string) (*durable.Instance, error) {
	s, log, err := h.host.Log(orchestrator.InstanceID(id))
	if err == nil && !s.Exists {
		err = fmt.Errorf("there is no orchestration %q", id)
	}
	return &durable.Instance{
		ID: s.ID, Incarnation: s.Incarnation, Generation: s.Generation, Turns: s.Turns, Events: s.Events, Exists: s.Exists, Head: s.Head, Log: log,
	}, err
}

// quarantined says which instances the engine cannot run: their replay did
// otherwise, or a definition is missing.
func (h *Hub) quarantined() error {
	reasons := h.host.Stats().Quarantine()
	var lines []string
	for _, id := range slices.SortedFunc(maps.Keys(reasons), func(a, b durable.ID) int { return strings.Compare(a.String(), b.String()) }) {
		lines = append(lines, fmt.Sprintf("%s is in quarantine: %s", id, reasons[id]))
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}
