package orchestrator

import (
	"fmt"
	"strings"
)

// NonDeterminismError says that an orchestration's code does not do what its
// history says it did: it was changed, or depends on something else than its
// input and the Context. The instance takes no turns until the code is mended.
type NonDeterminismError struct {
	Instance string
	History  string // what the history says
	Code     string // what the code did
}

// Error quotes both sides.
func (e *NonDeterminismError) Error() string {
	return fmt.Sprintf("non-determinism in orchestration %q: history says %s, code %s", e.Instance, e.History, e.Code)
}

// same says whether an action of the code is the one that the history has. What
// matters is what it is and of what, not the data that goes with it.
func same(h, a *record) bool {
	return h.kind == a.kind && h.task == a.task && h.to == a.to && h.op == a.op && h.state == a.state &&
		((h.fail == nil) == (a.fail == nil) || h.kind == kSideEffect) && (h.name == a.name || strings.EqualFold(h.name, a.name))
}

// String says in words what a record is, the way errors quote it.
func (r *record) String() string {
	switch r.kind {
	case kTurnStarted:
		return "the end of the turn"
	case kTraced:
		return "trace"
	case kExecutionStarted:
		return "start of " + r.name
	case kExecutionBegun:
		return "begin of the generation"
	case kTaskScheduled:
		return fmt.Sprintf("activity %s#%d", r.name, r.task)
	case kTaskCompleted:
		return fmt.Sprintf("activity #%d completed", r.task)
	case kTaskFailed:
		return fmt.Sprintf("activity #%d failed", r.task)
	case kTimerCreated:
		return fmt.Sprintf("timer #%d", r.task)
	case kTimerFired:
		return fmt.Sprintf("timer #%d fired", r.task)
	case kTimerCancelled:
		return fmt.Sprintf("cancelling timer #%d", r.task)
	case kChildCreated:
		return fmt.Sprintf("sub-orchestration %s#%d with id %q", r.name, r.task, r.to.Key)
	case kChildCompleted:
		return fmt.Sprintf("sub-orchestration #%d completed", r.task)
	case kChildFailed:
		return fmt.Sprintf("sub-orchestration #%d failed", r.task)
	case kDetachedStarted:
		return fmt.Sprintf("start of %s with id %q", r.name, r.to.Key)
	case kCallScheduled:
		return fmt.Sprintf("call %s#%d (operation %d) of %s", r.name, r.task, r.op, r.to)
	case kCallCompleted:
		return fmt.Sprintf("call #%d completed", r.task)
	case kCallFailed:
		return fmt.Sprintf("call #%d failed", r.task)
	case kMessageSent:
		return fmt.Sprintf("message %s (operation %d) to %s", r.name, r.op, r.to)
	case kEventSent:
		return fmt.Sprintf("event %s to %s", r.name, r.to)
	case kEventRaised:
		return fmt.Sprintf("event %s raised", r.name)
	case kAnswered:
		if r.fail != nil {
			return fmt.Sprintf("refusal of request %d", r.task)
		}
		return fmt.Sprintf("answer to request %d", r.task)
	case kPublished:
		return fmt.Sprintf("published event %d", r.task)
	case kStatusSet:
		return "setting the status"
	case kIndexSet:
		return "setting index rows"
	case kSideEffect:
		return "a side effect"
	case kPatched:
		return fmt.Sprintf("patch %q", r.name)
	case kCancelRequested:
		return "the request to cancel"
	case kSuspended:
		return "suspended"
	case kResumed:
		return "resumed"
	case kTerminated:
		return "terminated"
	case kRewound:
		return "rewound"
	case kAdopted:
		return "adopted"
	case kExecutionCompleted:
		return "the end as " + r.state.String()
	}
	return fmt.Sprintf("record of kind %d", r.kind)
}
