package orchestrator

import (
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Row is one record of a history, to be read by people and tools.
type Row struct {
	Type    string     `json:"type"`
	Time    time.Time  `json:"time"` // of its turn
	Task    uint64     `json:"task,omitempty"`
	Name    string     `json:"name,omitempty"`
	Version string     `json:"version,omitempty"`
	Target  string     `json:"target,omitempty"` // instance id, or @name@key of an entity
	Op      byte       `json:"op,omitempty"`
	Input   Raw        `json:"input,omitempty"`
	Result  Raw        `json:"result,omitempty"`
	Failure *Failure   `json:"failure,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Uptime  *int64     `json:"uptime,omitempty"` // milliseconds: of a turn, of a timer on that clock
	Stamp   *Stamp     `json:"stamp,omitempty"`
	Caller  string     `json:"caller,omitempty"`
	Request string     `json:"request,omitempty"`
	Parent  string     `json:"parent,omitempty"`
	Reason  Raw        `json:"reason,omitempty"`
	State   State      `json:"status,omitzero"`
}

var rowTypes = map[kind]string{
	kTurnStarted: "TurnStarted", kExecutionStarted: "ExecutionStarted", kExecutionBegun: "ExecutionBegun", kTaskScheduled: "TaskScheduled",
	kTaskCompleted: "TaskCompleted", kTaskFailed: "TaskFailed", kTimerCreated: "TimerCreated", kTimerFired: "TimerFired",
	kTimerCancelled: "TimerCancelled", kChildCreated: "SubOrchestrationInstanceCreated",
	kChildCompleted: "SubOrchestrationInstanceCompleted", kChildFailed: "SubOrchestrationInstanceFailed", kCallScheduled: "CallScheduled",
	kCallCompleted: "CallCompleted", kCallFailed: "CallFailed", kMessageSent: "SignalSent", kEventSent: "EventSent",
	kEventRaised: "EventRaised", kAnswered: "Answered", kPublished: "Published", kStatusSet: "StatusSet", kIndexSet: "IndexSet",
	kSuspended: "ExecutionSuspended", kResumed: "ExecutionResumed", kTerminated: "ExecutionTerminated",
	kExecutionCompleted: "ExecutionCompleted", kDetachedStarted: "OrchestrationStarted", kTraced: "TraceContext",

	kSideEffect: "SideEffectRecorded", kPatched: "PatchApplied", kCancelRequested: "CancelRequested",
	kRewound: "ExecutionRewound", kAdopted: "ExecutionAdopted",
}

// History makes a stored history readable: one row a record, in order. The
// error is durable.ErrCorrupt, wrapped, for bytes that are no history; the rows
// before it are given.
func History(log [][]byte) ([]Row, error) {
	c := newCursor(log)
	var rows []Row
	var r record
	for {
		more, err := c.next(&r)
		if err != nil || !more {
			return rows, err
		}
		rows = append(rows, r.row(c.coder.now))
	}
}

func (r *record) row(now durable.Time) Row {
	row := Row{
		Type: rowTypes[r.kind], Time: timeOf(now.Wall), Task: r.task, Name: r.name, Failure: r.fail, Op: byte(r.op),
		Caller: r.ret.Caller, Request: r.ret.Request, State: r.state,
	}
	if !r.to.IsZero() {
		row.Target = r.to.String()
	}
	body := readable(r.body)
	switch r.kind {
	case kTaskCompleted, kChildCompleted, kCallCompleted, kExecutionCompleted, kSideEffect:
		row.Result = body
	case kSuspended, kResumed, kTerminated, kCancelRequested, kRewound:
		row.Reason = body
	default:
		row.Input = body
	}
	switch r.kind {
	case kTurnStarted:
		row.Uptime = &now.Uptime
	case kTraced:
		if row.Input = nil; len(r.body) == spanFactsLen {
			row.Name = durable.ReadTrace(r.body).String()
		}
	case kExecutionStarted:
		row.Version, row.Parent = r.start.version, r.start.parent
	case kTimerCreated, kCallScheduled, kMessageSent:
		row.setDue(r.due)
	case kEventRaised:
		stamp := stampOf(r.time)
		row.Stamp = &stamp
	}
	return row
}

func (row *Row) setDue(d durable.Due) {
	switch {
	case d.At == 0:
	case d.Clock == durable.Uptime:
		at := d.At
		row.Uptime = &at
	default:
		at := timeOf(d.At)
		row.Due = &at
	}
}

// readable is a body as JSON: what is not JSON becomes a text, of itself or of
// its bytes in hexadecimal.
func readable(b []byte) Raw {
	switch {
	case len(b) == 0 || json.Valid(b):
		return b
	case utf8.Valid(b):
		return textJSON(string(b))
	}
	return textJSON(hex.EncodeToString(b))
}

// textJSON is a text as JSON, which every text has.
func textJSON(s string) Raw {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Replay runs today's code against a stored history and says whether it still
// does what the history says: the error is a *NonDeterminismError where not.
// Nothing is sent or stored. The instance needs ID, Incarnation and Log, and
// its Generation where that is not 1.
func Replay(b *Behavior, in *durable.Instance) error {
	x := newExecution(b, in)
	x.quiet = true
	defer x.Release()
	return x.replay(in.Log)
}
