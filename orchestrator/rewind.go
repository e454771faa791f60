package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Rewind has an instance that failed go on: the activities and
// sub-orchestrations that it failed of are done again, and what was done besides
// is not. Once this returns it runs.
//
// Its code goes back to where it was before the first of these failures. Events
// that came since come again, and work that it did since, and does again in the
// same way, is taken over with its result. What it published stays published.
// Requests that were answered or ended come again as well, but nobody hears the
// answers. A sub-orchestration that failed is rewound itself.
//
// Errors: not_found; gone for one that was completed or terminated; conflict
// while it runs, and where it cannot be rewound: nothing of it failed but its
// own code, it failed in a critical section or entered one since, its last turn
// was given up (a limit), or its code does not do any more what its history says. too_large
// if the history is longer than one turn may write.
func (c *Client) Rewind(ctx context.Context, id, reason string) error {
	return c.ask(ctx, newMessage(id, OpRewind, "", []byte(reason)))
}

// rewind has an instance that failed go on. A parent that asks, by its Return,
// gets the outcome; anybody else hears that it goes on.
func (t *turn) rewind(m *durable.Message) error {
	parent := !m.Return.To.IsZero()
	switch {
	case t.x != nil && parent:
		return t.adopt(m)
	case t.x != nil:
		t.fail(m, Fail(CodeConflict, fmt.Sprintf("orchestration %q is %s: only one that failed can be rewound", t.in.ID.Key, t.x.head.state)))
		return nil
	case t.rest == nil:
		t.fail(m, Fail(CodeNotFound, fmt.Sprintf("there is no orchestration %q", t.in.ID.Key)))
		return nil
	case t.rest.state != Failed && parent:
		body, fail := t.rest.outcome()
		t.reply(m.Return, body, fail)
		return nil
	case t.rest.state != Failed:
		t.fail(m, Fail(CodeGone, fmt.Sprintf("orchestration %q has ended as %s", t.in.ID.Key, t.rest.state)))
		return nil
	case t.just: // its history is at hand in the next turn
		t.out.Send = append(t.out.Send, durable.Message{To: m.To, Op: OpRewind, Body: m.Body, Return: m.Return})
		return nil
	}
	was := t.out
	r := &rewinding{t: t, log: slices.Concat(t.in.Log, t.out.Append), pending: map[uint64]bool{}}
	if err := r.run(m); err != nil {
		if r.x != nil {
			r.x.Release()
		}
		t.out = was
		fail := *ToFailure(err)
		if fail.Code != CodeTooLarge {
			fail.Code = CodeConflict
		}
		fail.Message = fmt.Sprintf("orchestration %q cannot be rewound: %v", t.in.ID.Key, err)
		if fail.Cause = nil; parent {
			fail.Cause = t.rest.fail
		}
		t.fail(m, &fail)
		return nil
	}
	t.keepOn()
	t.x, t.rest = r.x, nil
	if !parent {
		t.answer(m, nil)
	}
	return t.settle()
}

// adopt gives a running instance to the parent that waits for it now.
func (t *turn) adopt(m *durable.Message) error {
	if t.x.start.ret == m.Return {
		return nil
	}
	if err := t.x.happen(&record{kind: kAdopted, ret: m.Return}); err != nil {
		return err
	}
	return t.settle()
}

// outcome is how an instance ended, for who waits for it.
func (h *head) outcome() ([]byte, *Failure) {
	if h.state == Terminated && h.fail == nil { // else it was cancelled
		return h.output, Fail(CodeTerminated, "terminated: "+string(h.output))
	}
	return h.output, h.fail
}

// rewinding is a rewind under way.
type rewinding struct {
	t       *turn
	log     [][]byte
	cut     *cut
	x       *execution
	again   []uint64        // tasks to be done again
	pending map[uint64]bool // tasks from before the cut that had no result then
	inputs  []record        // that happened after the cut and count
	list    []voided
	kept    []bool // beside list: of an earlier pool, and not met since
	facts   rewindFacts
	ret     durable.Return
}

func (r *rewinding) run(m *durable.Message) (err error) {
	t := r.t
	reason, fail := checkSize("the reason", reasonJSON(m.Body), t.b.limits.Payload)
	if fail != nil {
		return fail
	}
	if r.cut, err = t.b.findCut(t.in, r.log); err != nil {
		return err
	}
	before, rest, err := split(r.log, r.cut.at)
	if err != nil {
		return err
	}
	if err := r.goBack(before); err != nil {
		return err
	}
	if err := r.sift(rest); err != nil {
		return err
	}
	if !m.Return.To.IsZero() {
		r.ret = m.Return
	}
	t.out.Append, t.out.Rewrite = before, true
	if err := r.goOn(reason); err != nil {
		return err
	}
	size := r.x.journal.size() + r.x.sent
	for _, entry := range before {
		size += 2 + len(entry)
	}
	if size > t.b.limits.TurnBytes {
		return Fail(CodeTooLarge, fmt.Sprintf("its history and what is done again take %d bytes, more than %d", size, t.b.limits.TurnBytes))
	}
	return nil
}

// goBack brings the code to where it was before the cut.
func (r *rewinding) goBack(before [][]byte) error {
	t := r.t
	x := newExecution(t.b, t.in)
	r.x = x
	x.quiet, x.trace = true, newTrace()
	x.head.unique, x.head.retain = t.rest.unique, t.rest.retain
	if err := x.replay(before); err != nil {
		return err
	}
	x.quiet = t.quiet
	if len(x.atEnd) > 0 {
		return errors.New("it failed in a critical section, and its locks are gone")
	}
	for id := range x.tasks {
		r.pending[id] = true
	}
	for _, e := range x.pool {
		v := e.voided
		if e.t != nil {
			v.done, v.result, v.failed = e.t.done, e.t.body, e.t.fail
			delete(r.pending, e.t.id)
		}
		r.list, r.kept = append(r.list, v), append(r.kept, true)
	}
	r.facts.last = x.last
	return nil
}

// sift goes through the undone part: what happened to the instance is to happen
// again, and what its code did is kept for the pool.
func (r *rewinding) sift(rest *cursor) error {
	var e record
	ended := map[uint64]bool{}
	for {
		more, err := rest.next(&e)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		switch {
		case e.kind == kTurnStarted:
		case e.kind.result():
			if r.result(&e) {
				ended[e.task] = true
			}
		case e.kind == kEventRaised:
			e.ret = heard(e.ret)
			r.inputs = append(r.inputs, e)
		case e.kind == kAdopted:
			r.ret = e.ret
		case e.kind == kRewound:
			r.earlier(&e)
		case e.kind.input():
			r.inputs = append(r.inputs, e)
		case e.kind == kCallScheduled && e.op == OpLock:
			return errors.New("it entered a critical section after what failed")
		case e.kind.pools() && e.op != OpRelease:
			r.collect(voided{record: e}, false)
		}
		if e.kind.numbers() {
			r.facts.last = max(r.facts.last, e.task)
		}
	}
	for id := range r.cut.failed {
		if r.pending[id] && !ended[id] {
			r.again = append(r.again, id)
		}
	}
	slices.Sort(r.again)
	return nil
}

// result sifts the result of a task; true if it is one of a task from before the
// cut, and counts.
func (r *rewinding) result(e *record) bool {
	if r.pending[e.task] {
		t := r.x.tasks[e.task]
		if (e.kind == kTaskFailed || e.kind == kChildFailed) && r.cut.failed[e.task] && !t.done {
			return false
		}
		if !e.fits(t) {
			return false
		}
		r.inputs = append(r.inputs, *e)
		return true
	}
	for i := range r.list {
		v := &r.list[i]
		if _, numbered := v.kind.taskKind(); numbered && v.task == e.task && (!v.done || v.failed != nil) {
			v.done, v.result, v.failed = true, e.body, e.fail
		}
	}
	return false
}

// fits makes a result one of its task's kind: that of one that came late only
// tells from whom it came.
func (r *record) fits(t *task) bool {
	switch t.kind {
	case tTimer:
		return r.kind == kTimerFired
	case tActivity:
		r.kind = kTaskCompleted
	case tChild:
		r.kind = kChildCompleted
	case tCall:
		r.kind = kCallCompleted
	default:
		return false
	}
	if r.fail != nil {
		r.kind++
	}
	return true
}

// collect keeps something that was done. What was taken over from an earlier
// pool is in the list already.
func (r *rewinding) collect(v voided, kept bool) {
	for i := range r.list {
		old := &r.list[i]
		if !r.kept[i] || old.kind != v.kind {
			continue
		}
		if _, numbered := v.kind.taskKind(); numbered && old.task == v.task || !numbered && old.alike(&v.record) {
			r.kept[i] = kept
			if old.failed != nil && old.kind != kCallScheduled { // it was done again, and how that ends is to come
				old.done, old.failed = false, nil
			}
			return
		}
	}
	r.list, r.kept = append(r.list, v), append(r.kept, kept)
}

// earlier is a rewind in the undone part: its pool takes the place of what is
// left of the one before.
func (r *rewinding) earlier(e *record) {
	for i := len(r.list) - 1; i >= 0; i-- {
		if r.kept[i] {
			r.list, r.kept = slices.Delete(r.list, i, i+1), slices.Delete(r.kept, i, i+1)
		}
	}
	for _, v := range e.rewind.pool {
		r.list, r.kept = append(r.list, v), append(r.kept, true)
	}
	if !e.ret.To.IsZero() {
		r.ret = e.ret
	}
	r.facts.last = max(r.facts.last, e.rewind.last)
}

// goOn makes the rewind, and has happen again what counts.
func (r *rewinding) goOn(reason []byte) error {
	t, x := r.t, r.x
	work := x.trace.work
	x.trace, x.incarnation = nil, t.in.Incarnation
	x.beginTurn(t.now, &t.out)
	x.drawn = t.drawn
	r.facts.published, r.facts.pool = t.in.Events, r.list
	err := x.happen(&record{kind: kRewound, body: reason, ret: r.ret, rewind: &r.facts})
	for i := 0; i < len(r.inputs) && err == nil && !x.over; i++ {
		e := &r.inputs[i]
		if task := x.tasks[e.task]; e.kind.result() && (task == nil || task.held) {
			continue // the code does not wait for it any more
		}
		err = x.happen(e)
	}
	switch {
	case err != nil:
		return err
	case x.aborted != nil:
		return x.aborted
	case !x.over:
		return r.doAgain(work)
	}
	return nil
}

// doAgain has the failed done again, under their own numbers, and arms the
// timers that were cancelled at the end.
func (r *rewinding) doAgain(work map[uint64]durable.Work) error {
	x := r.x
	for _, id := range r.again {
		task := x.tasks[id]
		switch {
		case task == nil: // cancelled meanwhile
		case task.kind == tActivity:
			w := work[id]
			x.sent += w.Size()
			x.out.Work = append(x.out.Work, w)
		case task.kind == tChild:
			m := x.rewindChild(task)
			x.sent += 96 + len(m.To.Key) + len(x.id.Key)
			x.out.Send = append(x.out.Send, m)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.tasks)) {
		if task := x.tasks[id]; task.kind == tTimer && !task.held && task.turn != x.turn {
			x.out.Timers = append(x.out.Timers, durable.Timer{Due: task.due, Task: id})
		}
	}
	if len(x.out.Timers) > maxTurnTimers {
		return Fail(CodeTooLarge, fmt.Sprintf("more than %d timers are to be armed again", maxTurnTimers))
	}
	return nil
}

// rewound takes the facts of a rewind.
func (x *execution) rewound(r *record) error {
	x.last, x.published = max(x.last, r.rewind.last), r.rewind.published
	if !r.ret.To.IsZero() {
		x.start.ret = r.ret
	}
	for _, e := range x.open {
		e.ret = heard(e.ret)
	}
	for i := range x.held {
		x.held[i].ret = heard(x.held[i].ret)
	}
	x.fill(r.rewind.pool)
	x.traceAgain()
	x.dirtyHead, x.reindex = true, true
	return nil
}

// heard is the return of a request whose client was answered: what is left is
// who it was.
func heard(ret durable.Return) durable.Return { return durable.Return{Caller: ret.Caller} }

// late keeps a result that comes for an instance that failed: if it is rewound,
// that is not done again. The entry begins no turn, since nothing happens.
func (t *turn) late(m *durable.Message) {
	r := record{kind: kTaskCompleted, task: m.Task, body: trim(m.Body), fail: m.Fail}
	switch m.From.Kind {
	case 0:
	case Kind:
		r.kind = kChildCompleted
	default:
		r.kind = kCallCompleted
	}
	if m.Fail != nil {
		r.kind++
		r.body = nil
	}
	var c coder
	t.out.Append = append(t.out.Append, c.encode([]byte{historyVersion}, &r))
}

// result says whether a record is the result of a task.
func (k kind) result() bool {
	return k == kTaskCompleted || k == kTaskFailed || k == kTimerFired || k == kChildCompleted || k == kChildFailed || k == kCallCompleted || k == kCallFailed
}

// numbers says whether a record gives a new task its number.
func (k kind) numbers() bool {
	return k == kTaskScheduled || k == kTimerCreated || k == kChildCreated || k == kCallScheduled
}
