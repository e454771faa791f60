package orchestrator

import (
	"encoding/json"
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// turn is one turn under way. At any time there is a running execution (x), or
// an instance that has ended (rest), or none.
type turn struct {
	b     *Behavior
	now   durable.Time
	in    *durable.Instance
	out   durable.Outcome
	x     *execution
	rest  *head
	quiet bool
	drawn *drawn
	fresh bool // x began in this turn: a generation or an instance
	just  bool // rest ended in this turn
	last  uint64
	erase bool
}

// ended is the Hot value of an instance that has ended.
type ended struct{ head *head }

// Size is a rough count of bytes, for the cache.
func (e *ended) Size() int { return 256 + len(e.head.output) + len(e.head.custom) }

// load finds the instance's state: in memory, or from its rows.
func (t *turn) load() error {
	switch hot := t.in.Hot.(type) {
	case *execution:
		t.x = hot
	case *ended:
		t.rest = hot.head
		return nil
	default:
		if !t.in.Exists {
			return nil
		}
		h, err := decodeHead(t.in.Head)
		if err != nil {
			return err
		}
		if h.state.Final() {
			t.rest = h
			return nil
		}
		t.x = newExecution(t.b, t.in)
		t.x.quiet = t.quiet
		t.x.head.unique, t.x.head.retain = h.unique, h.retain
		if err := t.x.replay(t.in.Log); err != nil {
			return err
		}
		t.x.dirtyHead, t.x.reindex = false, false
		if t.x.published != t.in.Events {
			return fmt.Errorf("%w: history of %s has %d published events, the store %d", durable.ErrCorrupt, t.in.ID, t.x.published, t.in.Events)
		}
		if t.b.replay != nil && !t.quiet {
			t.b.replay(t.x.id.Key, t.x.generation, t.x.records)
		}
	}
	// The number of a new incarnation is known only after the turn that made it.
	t.x.incarnation = t.in.Incarnation
	t.x.beginTurn(t.now, &t.out)
	t.x.drawn = t.drawn
	return nil
}

// handle lets one message happen.
func (t *turn) handle(m *durable.Message) error {
	if m.Op == durable.OpTimer && m.Task == expiryTask {
		t.expire()
		return nil
	}
	if m.Generation != 0 && m.Generation != t.generation() || m.Incarnation != 0 && m.Incarnation != t.in.Incarnation {
		return nil // for another life of this instance
	}
	if t.fresh && m.Op == durable.OpTimer {
		return nil // of the generation before, whose timers are gone
	}
	switch m.Op {
	case OpStart:
		return t.start(m)
	case OpPurge:
		t.purge(m)
		return nil
	case OpRewind:
		return t.rewind(m)
	case OpRetain:
		t.retain(m)
		return nil
	}
	if t.x == nil {
		t.refuse(m)
		return nil
	}
	return t.toExecution(m)
}

// generation is that of the running execution, or that in which the instance
// ended.
func (t *turn) generation() uint32 {
	switch {
	case t.x != nil:
		return t.x.generation
	case t.out.Next:
		return t.in.Generation + 1
	}
	return t.in.Generation
}

// refuse answers what only a running instance can do.
func (t *turn) refuse(m *durable.Message) {
	switch {
	case m.Op == durable.OpResult && t.rest != nil && t.rest.state == Failed:
		if m.Generation != 0 {
			t.late(m)
		}
	case m.Op == durable.OpResult || m.Op == durable.OpTimer || m.Op == OpRun:
		return // late: dropped
	case t.rest == nil:
		t.fail(m, Fail(CodeNotFound, fmt.Sprintf("there is no orchestration %q", t.in.ID.Key)))
	case m.Op == OpSuspend || m.Op == OpResume:
		t.answer(m, nil) // nothing to do
	default:
		t.fail(m, Fail(CodeGone, fmt.Sprintf("orchestration %q has ended as %s", t.in.ID.Key, t.rest.state)))
	}
}

// toExecution lets a message happen to the running execution.
func (t *turn) toExecution(m *durable.Message) error {
	x := t.x
	if m.Op == OpQuery {
		body, fail := x.answerQuery(m.Name, m.Body)
		t.out.Reply = append(t.out.Reply, durable.Reply{To: m.Return, Body: body, Fail: fail, Forget: true})
		return nil
	}
	if x.records+x.journal.count > t.b.limits.History && x.aborted == nil && m.Op != OpTerminate {
		x.aborted = Fail(CodeTooLarge, fmt.Sprintf("the history has more than %d records", t.b.limits.History))
		if err := x.run(); err != nil {
			return err
		}
		if err := t.settle(); err != nil {
			return err
		}
		return t.handle(m)
	}
	r := record{name: m.Name, body: trim(m.Body), time: m.Stamp}
	if fail := t.reason(m, &r); fail != nil {
		t.fail(m, fail)
		return nil
	}
	op := m.Op
	if op == durable.OpTimer && m.Task == startTask {
		op = OpRun
	}
	switch op {
	case durable.OpResult, durable.OpTimer:
		if !x.expects(m, &r) {
			return nil
		}
	case OpRun:
		if !x.begins(m) {
			return nil
		}
		r.kind = kExecutionBegun
	case OpEvent, OpRequest:
		if len(x.open)+len(x.held) >= t.b.limits.Events && m.From.IsZero() {
			t.fail(m, Fail(CodeBusy, fmt.Sprintf("%d events of orchestration %q wait already", t.b.limits.Events, t.in.ID.Key)))
			return nil
		}
		if n := len(m.Name); n == 0 || n > maxEventName {
			t.fail(m, badEventName(n))
			return nil
		}
		if _, fail := checkSize("event "+m.Name, m.Body, t.b.limits.Payload); fail != nil {
			t.fail(m, fail)
			return nil
		}
		r.kind = kEventRaised
		if m.Op == OpRequest {
			r.ret = m.Return
		} else {
			t.answer(m, receipt(m))
		}
	case OpSuspend, OpResume:
		t.answer(m, nil)
		if (x.head.state == Suspended) == (m.Op == OpSuspend) {
			return nil
		}
		r.kind = kSuspended
		if m.Op == OpResume {
			r.kind = kResumed
		}
	case OpCancel:
		t.answer(m, nil)
		if x.canceled != nil {
			return nil
		}
		r.kind = kCancelRequested
	case OpTerminate:
		r.kind = kTerminated
		x.only = len(m.Meta) == 1 && m.Meta[0] == 1
		t.answer(m, nil)
	default:
		t.fail(m, Fail(CodeBadRequest, fmt.Sprintf("orchestrations do not know operation %d", m.Op)))
		return nil
	}
	if err := x.happen(&r); err != nil {
		return err
	}
	return t.settle()
}

// reason takes the reason of a message that has one into the record.
func (t *turn) reason(m *durable.Message, r *record) *Failure {
	switch m.Op {
	case OpTerminate, OpCancel:
		r.body = reasonJSON(m.Body)
	case OpSuspend, OpResume:
	default:
		return nil
	}
	_, fail := checkSize("the reason", r.body, t.b.limits.Payload)
	return fail
}

// expects says whether the execution waits for a result or timer, and as what
// it is to be recorded.
func (x *execution) expects(m *durable.Message, r *record) bool {
	task := x.tasks[m.Task]
	if task == nil || task.held {
		return false // cancelled, or done already
	}
	r.task, r.fail, r.name = m.Task, m.Fail, ""
	switch {
	case (task.kind == tTimer) != (m.Op == durable.OpTimer):
		return false
	case task.kind == tTimer:
		r.kind, r.body = kTimerFired, nil
		return true
	case task.kind == tActivity:
		r.kind = kTaskCompleted
	case task.kind == tChild:
		r.kind = kChildCompleted
	case task.kind == tCall:
		r.kind = kCallCompleted
	}
	if m.Fail != nil {
		r.kind++ // each Failed follows its Completed
		r.body = nil
	}
	return true
}

// settle looks at what became of the execution.
func (t *turn) settle() error {
	x := t.x
	switch {
	case x.ended:
		t.expireLater(&x.head)
		h := x.head
		t.rest, t.x, t.last, t.just = &h, nil, x.last+1, true // a life that follows in this turn is another
		t.keep(x)
	case x.over:
		y, err := x.successor(t.in)
		if err != nil {
			return err
		}
		t.out.Next = t.in.Exists
		if t.out.Rewrite { // of a history that is forgotten
			t.out.Rewrite, t.out.Append = false, nil
		}
		t.out.Send = append(t.out.Send, durable.Message{To: t.in.ID, Op: OpRun, Incarnation: t.in.Incarnation, Generation: y.generation})
		t.x, t.fresh = y, true
	}
	return nil
}

// purge forgets an instance that has ended.
func (t *turn) purge(m *durable.Message) {
	switch {
	case t.x != nil:
		t.fail(m, Fail(CodeConflict, fmt.Sprintf("orchestration %q is %s: terminate it first", t.in.ID.Key, t.x.head.state)))
		return
	case t.rest == nil:
		t.fail(m, Fail(CodeNotFound, fmt.Sprintf("there is no orchestration %q", t.in.ID.Key)))
		return
	}
	t.answer(m, nil)
	t.keepOn()
	t.rest, t.erase = nil, true // the tasks of the next one are numbered on
}

// keep takes what an execution leaves behind into the outcome.
func (t *turn) keep(x *execution) {
	t.out.Append = append(t.out.Append, x.journal.take()...)
	if x.dirtyHead {
		t.out.Head = x.head.encode()
	}
	if x.reindex {
		t.out.Index, t.out.Reindex = x.head.rows(x.index), true
	}
	x.dirtyHead, x.reindex = false, false
}

// finish completes the outcome.
func (t *turn) finish() {
	switch {
	case t.erase:
		t.out = durable.Outcome{Erase: t.in.Exists, Cancel: t.out.Cancel, Send: t.out.Send, Reply: t.out.Reply, Drop: t.out.Drop, Spans: t.out.Spans}
	case t.x != nil:
		x := t.x
		x.records += x.journal.count
		t.keep(x)
		x.endTurn()
		t.out.Hot = x
	case t.rest != nil && t.rest.state != Failed: // of one that failed, a rewind wants the history
		t.out.Hot = &ended{t.rest}
	}
}

func (t *turn) answer(m *durable.Message, body []byte) { t.reply(m.Return, body, nil) }

// fail refuses a message: nothing happened, so it may be tried afresh.
func (t *turn) fail(m *durable.Message, f *Failure) {
	if !m.Return.IsZero() {
		t.out.Reply = append(t.out.Reply, durable.Reply{To: m.Return, Fail: f, Forget: true})
	}
}

func (t *turn) reply(to durable.Return, body []byte, f *Failure) {
	if !to.IsZero() {
		t.out.Reply = append(t.out.Reply, durable.Reply{To: to, Body: body, Fail: f})
	}
}

// trim makes no bytes nil, as they come back from the history.
func trim(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// reasonJSON is a reason as JSON: what was JSON already stays.
func reasonJSON(reason []byte) []byte {
	if len(reason) == 0 || json.Valid(reason) {
		return trim(reason)
	}
	return textJSON(string(reason))
}
