package orchestrator

import (
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// replay applies a whole history.
func (x *execution) replay(log [][]byte) error {
	x.cursor = newCursor(log)
	x.cursor.replay = true
	var r record
	for {
		more, err := x.cursor.next(&r)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if !r.kind.input() {
			return x.differ(r.String(), "asked for "+x.waitingFor())
		}
		if err := x.apply(&r); err != nil {
			return err
		}
	}
	x.records = x.cursor.count
	x.cursor = nil
	if x.start == nil {
		return fmt.Errorf("%w: history of %s does not begin", durable.ErrCorrupt, x.id)
	}
	return nil
}

// apply lets an input happen, live or on replay.
func (x *execution) apply(r *record) error {
	switch r.kind {
	case kTurnStarted:
		x.now = r.time
		x.turn++
		return nil
	case kTraced:
		return x.traced(r)
	case kExecutionStarted:
		return x.started(r)
	case kSuspended:
		x.setState(Suspended, string(r.body))
		return nil
	case kResumed:
		return x.resumed()
	case kTerminated:
		x.finish(Terminated, r.body, nil)
		return x.broken
	}
	if x.start == nil {
		return fmt.Errorf("%w: history of %s begins with %s", durable.ErrCorrupt, x.id, r)
	}
	switch {
	case r.kind == kRewound:
		return x.rewound(r)
	case r.kind == kAdopted:
		x.start.ret = r.ret
		return nil
	case x.ended && r.kind.result(): // late: kept for a rewind
		if x.trace != nil {
			x.trace.late(x, r)
		}
		return nil
	}
	if x.head.state == Suspended {
		return x.hold(r)
	}
	return x.deliver(r)
}

// hold keeps an input for the time when the instance is resumed.
func (x *execution) hold(r *record) error {
	switch r.kind {
	case kExecutionBegun, kEventRaised, kCancelRequested:
	default:
		t := x.tasks[r.task]
		if t == nil || t.completedBy(r) != nil {
			return x.differ(r.String(), "did not ask for it")
		}
		t.held = true
	}
	x.held = append(x.held, *r)
	return nil
}

// deliver hands an input to the code.
func (x *execution) deliver(r *record) error {
	switch r.kind {
	case kExecutionBegun:
		return x.begin()
	case kEventRaised:
		x.protect(func() { x.raise(r) })
	case kCancelRequested:
		x.protect(func() { x.cancelRequested(r.body) })
	default:
		t := x.tasks[r.task]
		if t == nil || t.completedBy(r) != nil {
			return x.differ(r.String(), "did not ask for it")
		}
		delete(x.tasks, r.task)
		delete(x.children, r.task)
		x.traceTimer(t)
		x.protect(func() { x.complete(t, r.body, r.fail) })
	}
	return x.run()
}

// completedBy says whether a record may be the result of the task.
func (t *task) completedBy(r *record) error {
	var want taskKind
	switch r.kind {
	case kTaskCompleted, kTaskFailed:
		want = tActivity
	case kTimerFired:
		want = tTimer
	case kChildCompleted, kChildFailed:
		want = tChild
	case kCallCompleted, kCallFailed:
		want = tCall
	}
	if t.kind != want {
		return fmt.Errorf("task #%d is not completed by %s", t.id, r)
	}
	return nil
}
