package orchestrator

import (
	"errors"
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// trace notes of an execution that is replayed for a rewind what its history
// does not tell.
type trace struct {
	tasks []*task       // activities and sub-orchestrations, in order
	seen  map[*task]int // failures at which the author has looked: how many records had been read then
	work  map[uint64]durable.Work
}

func newTrace() *trace {
	return &trace{seen: map[*task]int{}, work: map[uint64]durable.Work{}}
}

func (tr *trace) note(t *task) {
	if t.kind == tActivity || t.kind == tChild {
		tr.tasks = append(tr.tasks, t)
	}
}

func (tr *trace) saw(x *execution, t *task) {
	if _, again := tr.seen[t]; !again && x.cursor != nil {
		tr.seen[t] = x.cursor.count
	}
}

// late notes a failure that came after the end. Where it is one of several
// attempts, it has not failed for good.
func (tr *trace) late(x *execution, r *record) {
	if t := x.tasks[r.task]; t != nil && t.whole == nil && r.fail != nil {
		t.done, t.fail = true, r.fail
		delete(x.tasks, r.task)
	}
}

// whole is what the author waits for, with the attempts that it took.
type whole struct {
	t        *task
	attempts []uint64
	failed   int // place of the record that made it fail
}

// cut is where a history is taken up again, and by what: the first failure of
// those that are to be mended. Places are counted from 1.
type cut struct {
	at     int
	failed map[uint64]bool // attempts of what is to be done again
}

// findCut finds the failures that an instance failed of. These are the ones in
// the chain of its own failure, and with them those at which its code had not
// looked before: others it has dealt with. Where the author returned an error
// of another kind, all that failed is done again.
func (b *Behavior) findCut(in *durable.Instance, log [][]byte) (*cut, error) {
	places, err := failures(log)
	if err != nil {
		return nil, err
	}
	x := newExecution(b, in)
	defer x.Release()
	x.quiet, x.trace = true, newTrace()
	replayed := x.replay(log) // code that was mended may end otherwise
	wholes := x.trace.failed(places)
	if len(wholes) == 0 {
		return nil, errors.Join(Fail(CodeConflict, "none of its activities and sub-orchestrations has failed: there is nothing to do again"), replayed)
	}
	c := &cut{failed: map[uint64]bool{}}
	for _, w := range x.guilty(wholes) {
		for _, id := range w.attempts {
			at, ok := places[id]
			if !ok {
				continue
			}
			c.failed[id] = true
			if c.at == 0 || at < c.at {
				c.at = at
			}
		}
	}
	for _, id := range x.trace.unwanted(places) {
		c.failed[id] = true
	}
	return c, nil
}

// unwanted are the activities that the code cancelled and that failed, maybe of
// just that: where a rewind takes the cancelling back, they are done again.
func (tr *trace) unwanted(places map[uint64]int) (list []uint64) {
	for _, t := range tr.tasks {
		outer := t
		if t.whole != nil {
			outer = t.whole
		}
		if t.kind == tActivity && outer.fail == errCanceled && places[t.id] != 0 {
			list = append(list, t.id)
		}
	}
	return list
}

// failures are the places of the failures of activities and sub-orchestrations.
func failures(log [][]byte) (map[uint64]int, error) {
	places := map[uint64]int{}
	c := newCursor(log)
	var r record
	input := false // in this turn
	for {
		more, err := c.next(&r)
		if err != nil || !more {
			return places, err
		}
		switch r.kind {
		case kTaskFailed, kChildFailed:
			if _, twice := places[r.task]; !twice {
				places[r.task] = c.count
			}
		case kTurnStarted:
			input = false
			continue
		case kExecutionCompleted:
			if !input { // what came in the turn that met the limit was not kept
				return nil, Fail(CodeConflict, fmt.Sprintf("its last turn was given up: %v", r.fail))
			}
		}
		input = input || r.kind.input()
	}
}

// failed are the things that the author waited for and that failed for good.
func (tr *trace) failed(places map[uint64]int) []*whole {
	var list []*whole
	byTask := map[*task]*whole{}
	for _, t := range tr.tasks {
		outer := t
		if t.whole != nil {
			outer = t.whole
		}
		if !outer.done || outer.fail == nil || outer.fail == errCanceled {
			continue
		}
		w := byTask[outer]
		if w == nil {
			w = &whole{t: outer}
			byTask[outer] = w
			list = append(list, w)
		}
		w.attempts = append(w.attempts, t.id)
		w.failed = max(w.failed, places[t.id])
	}
	return slices.DeleteFunc(list, func(w *whole) bool { return w.failed == 0 })
}

// guilty picks those that the execution failed of.
func (x *execution) guilty(wholes []*whole) []*whole {
	first := 0
	named := map[*task]bool{}
	for _, w := range wholes {
		for f := x.head.fail; f != nil; f = f.Cause {
			if f == w.t.fail {
				named[w.t] = true
				if first == 0 || w.failed < first {
					first = w.failed
				}
			}
		}
	}
	if first == 0 {
		return wholes
	}
	return slices.DeleteFunc(wholes, func(w *whole) bool {
		at, seen := x.trace.seen[w.t]
		return !named[w.t] && seen && at < first
	})
}

// split parts a history at a place: what is before it, as entries, and a cursor
// that reads on from there.
func split(log [][]byte, at int) (before [][]byte, rest *cursor, err error) {
	c := newCursor(log)
	var r record
	var now durable.Time // at the beginning of the entry that is cut
	entry, count := 0, 0
	for c.count < at-1 {
		if !c.dec.More() {
			now, entry, count = c.coder.now, c.entry, c.count
		}
		if more, err := c.next(&r); err != nil || !more {
			return nil, nil, errors.Join(err, fmt.Errorf("%w: the history ends before its record %d", durable.ErrCorrupt, at))
		}
	}
	if !c.dec.More() {
		return slices.Clone(log[:c.entry]), c, nil
	}
	part := &cursor{log: log[:entry+1], entry: entry, coder: coder{now: now}}
	out, keep := coder{now: now}, []byte{historyVersion}
	started := false // has more than the beginning of a turn
	for range at - 1 - count {
		if _, err := part.next(&r); err != nil {
			return nil, nil, err
		}
		started = started || r.kind != kTurnStarted
		keep = out.encode(keep, &r)
	}
	before = slices.Clone(log[:entry])
	if started {
		before = append(before, keep)
	}
	return before, c, nil
}
