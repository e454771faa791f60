package orchestrator

import (
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// raised is an external event, or a request, that came in.
type raised struct {
	number uint64 // its place among the generation's events
	name   string
	body   []byte
	ret    durable.Return // of a request
	stamp  durable.Time
	call   any // the *Call of the waiter that took the request
}

func (e *raised) request() bool { return !e.ret.IsZero() }

func (e *raised) record() *record {
	return &record{kind: kEventRaised, name: e.name, body: e.body, ret: e.ret, time: e.stamp}
}

// mailbox is where one name's events and waiters meet: at any time one of the
// two queues is empty. Both are served first in, first out.
type mailbox struct {
	waiters []*task
	queue   []*raised
}

// box is the mailbox of a name; names are case-insensitive.
func (x *execution) box(name string) *mailbox {
	name = strings.ToLower(name)
	box := x.boxes[name]
	if box == nil {
		box = &mailbox{}
		x.boxes[name] = box
	}
	return box
}

// raise lets an event in: to the first waiter that takes it, else to the queue.
func (x *execution) raise(r *record) {
	x.raised++
	e := &raised{number: x.raised, name: r.name, body: r.body, ret: r.ret, stamp: r.time}
	x.open[e.number] = e
	x.offer(e)
}

func (x *execution) offer(e *raised) {
	box := x.box(e.name)
	if len(box.waiters) == 0 {
		i, _ := slices.BinarySearchFunc(box.queue, e.number, func(q *raised, n uint64) int { return int(q.number) - int(n) })
		box.queue = slices.Insert(box.queue, i, e)
		return
	}
	t := box.waiters[0]
	if !x.takes(t, e) {
		return
	}
	box.waiters = slices.Delete(box.waiters, 0, 1)
	x.complete(t, e.body, nil)
}

// takes gives an event to a waiter, unless it is a request that the waiter
// cannot read: that is refused, and the waiter goes on waiting.
func (x *execution) takes(t *task, e *raised) bool {
	if t.take != nil {
		if fail := t.take(e); fail != nil {
			x.answer(e, nil, fail, true)
			delete(x.open, e.number)
			return false
		}
	}
	t.event = e
	return true
}

// await makes a task a waiter of a name; the first event that is kept for it
// completes it at once.
func (x *execution) await(t *task) {
	box := x.box(t.name)
	for len(box.queue) > 0 {
		e := box.queue[0]
		box.queue = slices.Delete(box.queue, 0, 1)
		if x.takes(t, e) {
			x.complete(t, e.body, nil)
			return
		}
	}
	box.waiters = append(box.waiters, t)
}

// unawait takes a waiter away. An event that it was given and that the author
// has not seen goes to the next waiter, or back to its place in the queue.
func (x *execution) unawait(t *task) {
	box := x.box(t.name)
	if i := slices.Index(box.waiters, t); i >= 0 {
		box.waiters = slices.Delete(box.waiters, i, i+1)
	}
	if e := t.event; e != nil && !t.read {
		t.event = nil
		x.offer(e)
	}
}

// seen notes that the author has the event. One that wants no answer is done
// with; a request that was taken as a plain event is answered with nothing.
func (x *execution) seen(t *task) {
	t.read = true
	e := t.event
	switch {
	case e == nil:
	case !e.request():
		delete(x.open, e.number)
	case t.take == nil:
		x.answer(e, nil, nil, false)
	}
}

// answer answers a request, once; later answers are nothing.
func (x *execution) answer(e *raised, body []byte, fail *Failure, forget bool) {
	if !e.request() || x.open[e.number] != e {
		return
	}
	x.act(&record{kind: kAnswered, task: e.number, fail: fail})
	delete(x.open, e.number)
	if x.out != nil && !forget {
		x.answered = append(x.answered, e)
	}
	x.reply(e.ret, body, fail, forget)
	x.spend(32 + len(body))
}
