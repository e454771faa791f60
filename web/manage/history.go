package manage

import (
	"encoding/json"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// event is a row of a history, as the original writes it.
type event struct {
	EventType           string
	ScheduledTime       string          `json:",omitempty"`
	Timestamp           string          // of the turn
	FunctionName        string          `json:",omitempty"`
	Name                string          `json:",omitempty"`
	InstanceId          string          `json:",omitempty"` //nolint:staticcheck // the name is the original API's
	FireAt              string          `json:",omitempty"`
	OrchestrationStatus string          `json:",omitempty"`
	Reason              string          `json:",omitempty"`
	Details             string          `json:",omitempty"`
	Input               json.RawMessage `json:",omitempty"`
	Result              json.RawMessage `json:",omitempty"`
}

// unseen are rows of the engine's own book-keeping.
var unseen = map[string]bool{
	"TurnStarted": true, "ExecutionBegun": true, "TraceContext": true, "IndexSet": true, "StatusSet": true, "Published": true, "Answered": true,
}

// opens are the rows that another one closes.
var opens = map[string]bool{"TaskScheduled": true, "TimerCreated": true, "SubOrchestrationInstanceCreated": true, "CallScheduled": true}

// closes are the rows that close one.
var closes = map[string]bool{
	"TaskCompleted": true, "TaskFailed": true, "TimerFired": true, "TimerCancelled": true, "SubOrchestrationInstanceCompleted": true,
	"SubOrchestrationInstanceFailed": true, "CallCompleted": true, "CallFailed": true,
}

// fold is a history as the original tells it: what was scheduled and is done is
// one row, in the place of its end; what is still open is a row of its own.
// Inputs and results are left out unless asked for.
func fold(rows []orchestrator.Row, bodies bool) []event {
	events := make([]event, 0, len(rows))
	keep := make([]bool, 0, len(rows))
	open := map[uint64]int{} // by task: its place in events
	for i := range rows {
		row := &rows[i]
		if unseen[row.Type] {
			continue
		}
		e := eventOf(row, bodies)
		if at, found := open[row.Task]; found && closes[row.Type] {
			began := &events[at]
			e.ScheduledTime, e.FunctionName, e.Name, e.FireAt = began.Timestamp, began.FunctionName, began.Name, began.FireAt
			e.InstanceId, e.Input = began.InstanceId, began.Input
			keep[at] = false
			delete(open, row.Task)
		}
		if opens[row.Type] {
			open[row.Task] = len(events)
		}
		events, keep = append(events, e), append(keep, true)
	}
	kept := events[:0]
	for i, e := range events {
		if keep[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

func eventOf(row *orchestrator.Row, bodies bool) event {
	e := event{EventType: row.Type, Timestamp: exact(row.Time), InstanceId: row.Target}
	switch row.Type {
	case "ExecutionStarted", "TaskScheduled", "SubOrchestrationInstanceCreated", "OrchestrationStarted":
		e.FunctionName = row.Name
	default:
		e.Name = row.Name
	}
	if row.Due != nil {
		e.FireAt = exact(*row.Due)
	}
	if row.State != 0 {
		e.OrchestrationStatus = row.State.String()
	}
	if row.Failure != nil {
		e.Reason, e.Details = row.Failure.Message, row.Failure.Type
	}
	if len(row.Reason) > 0 && json.Unmarshal(row.Reason, &e.Reason) != nil {
		e.Reason = string(row.Reason)
	}
	if bodies {
		e.Input, e.Result = asJSON(row.Input), asJSON(row.Result)
	}
	return e
}

// exact is a time with fractions of a second.
func exact(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
