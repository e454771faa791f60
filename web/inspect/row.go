package inspect

import (
	"encoding/json"
	"strconv"

	"github.com/everturn/everturn/orchestrator"
)

// row is a row of a history as it is told.
type row struct {
	N       int             `json:"n"` // from 1, within its generation
	Type    string          `json:"type"`
	Time    int64           `json:"time"`
	Task    uint64          `json:"task,omitempty"`
	Name    string          `json:"name,omitempty"`
	Version string          `json:"version,omitempty"`
	Target  string          `json:"target,omitempty"`
	Op      string          `json:"op,omitempty"`
	Input   json.RawMessage `json:"input,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Failure *failure        `json:"failure,omitempty"`
	Due     int64           `json:"due,omitempty"`
	Uptime  int64           `json:"uptime,omitempty"`
	Reason  json.RawMessage `json:"reason,omitempty"`
	State   string          `json:"state,omitempty"`
	Caller  string          `json:"caller,omitempty"`
	Request string          `json:"request,omitempty"`
	Parent  string          `json:"parent,omitempty"`
	// Omitted is how many bytes a body has that is too large to be told with others.
	Omitted int `json:"omitted,omitempty"`
}

// largeBody is what a row carries at most, unless it is asked for by itself.
const largeBody = 16 << 10

// ops are the words for what is sent to others.
var ops = map[byte]string{
	byte(orchestrator.OpSignal): "signal", byte(orchestrator.OpCall): "call", byte(orchestrator.OpLock): "lock", byte(orchestrator.OpRelease): "release",
	byte(orchestrator.OpStart): "start", byte(orchestrator.OpEvent): "event", byte(orchestrator.OpRequest): "request",
	byte(orchestrator.OpTerminate): "terminate", byte(orchestrator.OpSuspend): "suspend", byte(orchestrator.OpResume): "resume",
	byte(orchestrator.OpCancel): "cancel", byte(orchestrator.OpRewind): "rewind", byte(orchestrator.OpPurge): "purge",
}

// opWord is the word for an operation; one that none is known for is its number.
func opWord(op byte) string {
	if word, known := ops[op]; known || op == 0 {
		return word
	}
	return strconv.Itoa(int(op))
}

// rowsOf tells rows behind the first so many.
func rowsOf(list []orchestrator.Row, after int, large bool) []row {
	rows := make([]row, len(list))
	for n := range list {
		from, to := &list[n], &rows[n]
		*to = row{
			N: after + n + 1, Type: from.Type, Time: from.Time.UnixMilli(), Task: from.Task, Name: from.Name, Version: from.Version, Target: from.Target,
			Op: opWord(from.Op), Input: json.RawMessage(from.Input), Result: json.RawMessage(from.Result), Failure: whole(from.Failure),
			Reason: json.RawMessage(from.Reason), Caller: from.Caller, Request: from.Request, Parent: from.Parent,
		}
		if from.Due != nil {
			to.Due = from.Due.UnixMilli()
		}
		if from.Uptime != nil {
			to.Uptime = *from.Uptime
		}
		if from.State != 0 {
			to.State = from.State.String()
		}
		if !large {
			to.omit()
		}
	}
	return rows
}

// omit leaves out bodies that are large.
func (r *row) omit() {
	for _, body := range []*json.RawMessage{&r.Input, &r.Result, &r.Reason} {
		if len(*body) > largeBody {
			r.Omitted += len(*body)
			*body = nil
		}
	}
}
