package inspect

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// failure is how something failed, with its causes.
type failure struct {
	Code    string            `json:"code"`
	Type    string            `json:"type,omitempty"`
	Message string            `json:"message"`
	Stack   string            `json:"stack,omitempty"`
	Props   map[string]string `json:"props,omitempty"`
	Cause   *failure          `json:"cause,omitempty"`
}

func whole(f *orchestrator.Failure) *failure {
	if f == nil {
		return nil
	}
	return &failure{Code: string(f.Code), Type: f.Type, Message: f.Message, Stack: f.Stack, Props: f.Props, Cause: whole(f.Cause)}
}

// briefly is how much of a message is told in a list, in characters.
const briefly = 200

// brief is a failure in a list.
func brief(f *orchestrator.Failure) *failure {
	if f == nil {
		return nil
	}
	message := f.Message
	if r := []rune(message); len(r) > briefly {
		message = string(r[:briefly]) + "…"
	}
	return &failure{Code: string(f.Code), Message: message}
}

func (f *failure) mentions(text string) bool {
	text = strings.ToLower(text)
	return f != nil && (strings.Contains(strings.ToLower(f.Message), text) || strings.Contains(f.Code, text))
}

// status is what is to be seen of an instance beside its history.
type status struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	State      string            `json:"state"` // empty: it cannot be read, and Quarantine says why
	Input      json.RawMessage   `json:"input"`
	Output     json.RawMessage   `json:"output"`
	Custom     json.RawMessage   `json:"custom"`
	Failure    *failure          `json:"failure"`
	Reason     string            `json:"reason,omitempty"` // of the suspension
	Parent     string            `json:"parent,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Created    int64             `json:"created"`
	Started    int64             `json:"started"` // this generation
	Updated    int64             `json:"updated"`
	Scheduled  int64             `json:"scheduled,omitempty"`
	Generation uint32            `json:"generation"`
	Turns      uint64            `json:"turns"`
	Events     uint64            `json:"events"`
	Quarantine string            `json:"quarantine,omitempty"`
	Expires    int64             `json:"expires,omitempty"`

	created time.Time
	state   orchestrator.State
}

// final says whether the instance has ended.
func (s *status) final() bool { return s.state.Final() }

// status reads an instance. One that cannot be read because of what is wrong with
// it has little more than a reason.
func (i *Inspector) status(id string) (*status, error) {
	s, err := i.Orchestrations.Status(id)
	if err != nil {
		if why := i.whyAside(id); why != "" && unlessCorrupt(err) == nil {
			return &status{ID: id, Quarantine: why}, nil
		}
		return nil, err
	}
	return &status{
		ID: s.ID, Name: s.Name, Version: s.Version, State: s.State.String(), Output: asJSON(s.Output), Custom: asJSON(s.Custom),
		Failure: whole(s.Failure), Reason: s.Reason, Parent: s.Parent, Tags: s.Tags, Created: s.Created.UnixMilli(), Started: s.Started.UnixMilli(),
		Updated: s.Updated.UnixMilli(), Scheduled: millis(s.Scheduled), Generation: s.Generation, Turns: s.Turns, Events: s.Events,
		Quarantine: s.Quarantine, Expires: millis(s.Expires), created: s.Created, state: s.State,
	}, nil
}

// readInput adds the input, for which the history has to be read.
func (i *Inspector) readInput(s *status) error {
	if s.State == "" {
		return nil
	}
	input, err := i.Orchestrations.Input(s.ID)
	s.Input = asJSON(input)
	return unlessCorrupt(err)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// asJSON is a stored body as JSON: null for none, a text for what is none.
func asJSON(body []byte) json.RawMessage {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return body
	}
	text, err := json.Marshal(string(body))
	if err != nil {
		panic(err) // every text has a form in JSON
	}
	return text
}

func (i *Inspector) showInstance(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	s, err := i.status(r.vars["id"])
	if err != nil {
		return err
	}
	if err := i.readInput(s); err != nil {
		return err
	}
	return r.JSON(http.StatusOK, s)
}

// replay is what the code was run over again: the first so many rows.
type replay struct {
	Rows int    `json:"rows"`
	At   int64  `json:"at"`
	Boot string `json:"boot"`
}

func (i *Inspector) replayOf(s *status) *replay {
	last, known := i.Replays.of(s.ID, s.Generation, s.created)
	if !known {
		return nil
	}
	return &replay{last.Rows, last.At.UnixMilli(), i.Engine.Boot}
}

// How much of a history is told at once.
const (
	usualRows = 1_000
	mostRows  = 5_000
)

// history is a part of the history of the current generation: those before are
// not kept.
func (i *Inspector) history(r *request) error {
	generation, given := r.query.Number("generation", 1, 1<<32-1)
	after, _ := r.query.Number("after", 0, 1<<31-1)
	limit, limited := r.query.Number("limit", 1, mostRows)
	if err := r.query.Done(); err != nil {
		return err
	}
	if !limited {
		limit = usualRows
	}
	s, err := i.status(r.vars["id"])
	if err != nil {
		return err
	}
	p, err := i.Orchestrations.HistoryPage(s.ID, int(after), int(limit))
	switch {
	case err != nil:
		return err
	case given && uint32(generation) != p.Generation:
		return api.Refuse(wire.CodeGone, "The history of generation %d is not kept: this is generation %d", generation, p.Generation)
	}
	if s.Generation != p.Generation { // it began anew just now
		if s, err = i.status(s.ID); err != nil {
			return err
		}
	}
	return r.JSON(http.StatusOK, struct {
		Generation uint32  `json:"generation"`
		Total      int     `json:"total"`
		Rows       []row   `json:"rows"`
		Replay     *replay `json:"replay"`
	}{p.Generation, p.Total, rowsOf(p.Rows, int(after), limit == 1), i.replayOf(s)})
}
