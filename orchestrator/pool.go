package orchestrator

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// A rewind forgets what the code did after something failed, but not that it
// was done: activities, sub-orchestrations, calls and messages of that part of
// the history go into a pool. When the code, on its new way, does the same
// again, it takes the old one over, with its number and its result, so that
// nothing is done twice. What had failed is done again under its old number.
// Timers are not in the pool: they are made anew.

// rewindFacts are what a rewound execution knows of the part that was undone.
type rewindFacts struct {
	last      uint64 // number of the last task that there ever was
	published uint64 // number of the last published event
	pool      []voided
}

// voided is something that the code did in a part of the history that was
// undone.
type voided struct {
	record // as it was recorded
	done   bool
	result []byte
	failed *Failure
}

// pooled is a voided thing that can be taken over.
type pooled struct {
	voided
	t *task // holds its result's place; nil for what has no result
}

// pools says whether a rewind keeps such an action.
func (k kind) pools() bool {
	switch k {
	case kTaskScheduled, kChildCreated, kCallScheduled, kMessageSent, kEventSent, kDetachedStarted:
		return true
	}
	return false
}

// taskKind is what a scheduled thing's task is of.
func (k kind) taskKind() (taskKind, bool) {
	switch k {
	case kTaskScheduled:
		return tActivity, true
	case kChildCreated:
		return tChild, true
	case kCallScheduled:
		return tCall, true
	}
	return 0, false
}

// alike says whether two actions are the same thing done twice.
func (r *record) alike(o *record) bool {
	return r.kind == o.kind && r.op == o.op && r.to == o.to && strings.EqualFold(r.name, o.name) && bytes.Equal(r.body, o.body)
}

// fill replaces the pool.
func (x *execution) fill(list []voided) {
	for _, e := range x.pool {
		if e.t != nil {
			delete(x.tasks, e.t.id)
			delete(x.children, e.t.id)
		}
	}
	x.pool = make([]*pooled, 0, len(list))
	for i := range list {
		e := &pooled{voided: list[i]}
		x.pool = append(x.pool, e)
		k, ok := e.kind.taskKind()
		if !ok {
			continue
		}
		e.t = &task{id: e.task, kind: k, name: e.name, to: e.to, done: e.done, body: e.result, fail: e.failed}
		if e.done {
			continue
		}
		x.tasks[e.task] = e.t
		if k == tChild {
			x.addChild(e.t)
		}
	}
}

// takeOver looks for an action in the pool. What is found has been done: the
// action gets the number of the old one, and its task the result, if there is
// one. False means that it is to be done, now or again.
func (x *execution) takeOver(r *record) bool {
	i := x.inPool(r)
	if i < 0 {
		return false
	}
	e := x.pool[i]
	x.pool = slices.Delete(x.pool, i, i+1)
	if e.t == nil {
		return true
	}
	t := x.tasks[r.task]
	delete(x.tasks, r.task)
	x.last = r.task - 1
	t.id, r.task = e.t.id, e.t.id
	switch {
	case !e.t.done:
		t.held = e.t.held
	case e.t.fail == nil || t.kind == tCall:
		x.complete(t, e.t.body, e.t.fail)
		return true
	case t.kind == tActivity:
		x.tasks[t.id] = t
		return false
	default:
		t.to = e.t.to
		x.send(x.rewindChild(t))
	}
	x.tasks[t.id] = t
	return true
}

// rewindChild has a sub-orchestration that failed go on, for the task that
// waits for it.
func (x *execution) rewindChild(t *task) durable.Message {
	return durable.Message{To: t.to, Op: OpRewind, Body: []byte("its parent was rewound"), Return: x.returnTo(t)}
}

// inPool is where an action is in the pool, -1 if it is not. On replay, the
// number in the history says whether it was there.
func (x *execution) inPool(r *record) int {
	if _, numbered := r.kind.taskKind(); numbered && x.cursor != nil {
		var h record
		if !x.cursor.peek(&h) || h.kind != r.kind {
			return -1
		}
		return slices.IndexFunc(x.pool, func(e *pooled) bool { return e.t != nil && e.t.id == h.task })
	}
	return slices.IndexFunc(x.pool, func(e *pooled) bool { return e.alike(r) })
}

// peek reads the next record and leaves it to be read.
func (c *cursor) peek(r *record) bool {
	ahead := *c
	more, err := ahead.next(r)
	return more && err == nil
}

func corruptPool(k kind) error {
	return fmt.Errorf("%w: a rewind keeps a record of kind %d", durable.ErrCorrupt, k)
}

func (c *coder) encodeRewind(b []byte, f *rewindFacts) []byte {
	b = durable.AppendUint(b, f.last)
	b = durable.AppendUint(b, f.published)
	b = durable.AppendUint(b, uint64(len(f.pool)))
	for i := range f.pool {
		e := &f.pool[i]
		b = c.encode(b, &e.record)
		b = appendBool(b, e.done)
		if e.done {
			b = durable.AppendBytes(b, e.result)
			b = durable.AppendFailure(b, e.failed)
		}
	}
	return b
}

func (c *coder) decodeRewind(d *durable.Decoder) (*rewindFacts, error) {
	f := &rewindFacts{last: d.Uint(), published: d.Uint()}
	within := coder{now: c.now, inside: true}
	for range d.Count() {
		var e voided
		if err := within.decode(d, &e.record); err != nil {
			return nil, err
		}
		if !e.kind.pools() {
			return nil, corruptPool(e.kind)
		}
		if e.done = d.Byte() == 1; e.done {
			e.result, e.failed = d.Bytes(), d.Failure()
		}
		f.pool = append(f.pool, e)
	}
	return f, d.Err()
}
