package manage

import (
	"context"
	"net/http"
	"slices"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// caller is whom idempotency keys belong to: all of them are the operator's.
const caller = "http"

// idempotencyHeader names a request, so that it can be repeated.
const idempotencyHeader = "Idempotency-Key"

// idempotencyKey is that of a request; empty for none.
func (r *request) idempotencyKey() (string, error) {
	key := r.Request().Header.Get(idempotencyHeader)
	if len(key) > 255 {
		return "", api.Refuse(wire.CodeBadRequest, "The Idempotency-Key has more than 255 characters")
	}
	return key, nil
}

// start starts an instance.
func (m *Manager) start(r *request) error {
	name := r.vars["name"]
	if !m.Definitions.Has(name) {
		return api.Refuse(wire.CodeBadRequest, "No orchestration is named %s", api.Quote(name))
	}
	patience, err := r.patience()
	if err != nil {
		return err
	}
	input, err := r.input()
	if err != nil {
		return err
	}
	var options []orchestrator.StartOption
	if id := r.vars["id"]; id != "" {
		options = append(options, orchestrator.WithID(id))
	}
	key, err := r.idempotencyKey()
	if err != nil {
		return err
	}
	if key != "" {
		options = append(options, orchestrator.WithRequestID(caller, key))
	}
	id, err := m.Orchestrations.Start(r.Request().Context(), name, input, options...)
	if err != nil {
		return err
	}
	return m.startedOrDone(r, id, patience)
}

// restart starts an instance again.
func (m *Manager) restart(r *request) error {
	patience, err := r.patience()
	if err != nil {
		return err
	}
	var options []orchestrator.StartOption
	if r.query.flag("restartWithNewInstanceId", true) {
		options = append(options, orchestrator.WithNewID())
	}
	if _, err := m.Orchestrations.Status(r.vars["id"]); err != nil {
		return unknownIsBad(err)
	}
	id, err := m.Orchestrations.Restart(r.Request().Context(), r.vars["id"], options...)
	if err != nil {
		return unknownIsBad(err)
	}
	return m.startedOrDone(r, id, patience)
}

// unknownIsBad is the one place where the original has 400 for what is not there.
func unknownIsBad(err error) error {
	if f := orchestrator.ToFailure(err); f.Code == orchestrator.CodeNotFound {
		return api.Refuse(wire.CodeBadRequest, "%s", f.Message)
	}
	return err
}

// raise raises an event.
func (m *Manager) raise(r *request) error {
	event, err := r.event()
	if err != nil {
		// An instance that takes no event has the first word, as in the original.
		switch s, missing := m.Orchestrations.Status(r.vars["id"]); {
		case missing != nil:
			return missing
		case s.State.Final():
			return ended(s)
		}
		return err
	}
	key, err := r.idempotencyKey()
	if err != nil {
		return err
	}
	var options []orchestrator.RequestOption
	if key != "" {
		options = append(options, orchestrator.RequestID(caller, key))
	}
	if err := m.Orchestrations.Raise(r.Request().Context(), r.vars["id"], r.vars["event"], event, options...); err != nil {
		return err
	}
	return r.NoContent(http.StatusAccepted)
}

// event is the body of one: JSON, or nothing.
func (r *request) event() (orchestrator.Raw, error) {
	body, media, err := r.body()
	if err != nil {
		return nil, err
	}
	if media != "application/json" && len(body)+len(media) > 0 {
		return nil, api.Refuse(wire.CodeBadRequest, "The Content-Type must be application/json")
	}
	return anyJSON(body)
}

func (m *Manager) terminate(r *request) error { return m.command(r, m.Orchestrations.Terminate) }
func (m *Manager) suspend(r *request) error   { return m.command(r, m.Orchestrations.Suspend) }
func (m *Manager) resume(r *request) error    { return m.command(r, m.Orchestrations.Resume) }

// command is for those that an instance which has ended does not take: the engine
// lets some of them be nothing then, the original does not.
func (m *Manager) command(r *request, do func(ctx context.Context, id, reason string) error) error {
	s, err := m.Orchestrations.Status(r.vars["id"])
	switch {
	case err != nil:
		return err
	case s.State.Final():
		return ended(s)
	}
	if err := do(r.Request().Context(), s.ID, r.query.text("reason")); err != nil {
		return err
	}
	return r.NoContent(http.StatusAccepted)
}

func ended(s orchestrator.Status) error {
	return api.Refuse(wire.CodeGone, "The orchestration %s has ended: %s", api.Quote(s.ID), s.State)
}

// rewind has an instance that failed go on. The original's client shows the body
// of its 404 to people, so that it is a sentence and no object.
func (m *Manager) rewind(r *request) error {
	s, err := m.Orchestrations.Status(r.vars["id"])
	switch f := orchestrator.ToFailure(err); {
	case f != nil && f.Code == orchestrator.CodeNotFound:
		return r.String(http.StatusNotFound, f.Message)
	case err != nil:
		return err
	case s.State.Final() && s.State != orchestrator.Failed:
		return ended(s)
	case s.State != orchestrator.Failed:
		return api.Refuse(wire.CodeBadRequest, "Only an orchestration that failed can be rewound; this one is %s", s.State)
	}
	if err := m.Orchestrations.Rewind(r.Request().Context(), s.ID, r.query.text("reason")); err != nil {
		return err
	}
	return r.NoContent(http.StatusAccepted)
}

// purged is the answer to a purge.
type purged struct {
	Instances int `json:"instancesDeleted"`
}

// purge forgets an instance.
func (m *Manager) purge(r *request) error {
	if err := m.Orchestrations.Purge(r.Request().Context(), r.vars["id"]); err != nil {
		return err
	}
	return r.JSON(http.StatusOK, purged{1})
}

// purgeMany forgets the instances of a time, as many as the time of a request
// allows: who is told a number asks again until there are none.
func (m *Manager) purgeMany(r *request) error {
	from, to, err := r.query.span("createdTimeFrom", "createdTimeTo")
	if err != nil {
		return err
	}
	if from.IsZero() {
		return api.Refuse(wire.CodeBadRequest, "The parameter createdTimeFrom is missing")
	}
	states, none, err := r.query.states()
	if err != nil {
		return err
	}
	if len(states) > 0 { // others than these are passed over, as in the original
		states = slices.DeleteFunc(states, func(s orchestrator.State) bool { return !s.Final() })
		none = len(states) == 0
	}
	var done orchestrator.PurgeResult
	if !none {
		q := orchestrator.Query{States: states, CreatedFrom: from, CreatedTo: to}
		if done, err = m.Orchestrations.PurgeWhere(r.Request().Context(), q, api.AnswerWithin/2); err != nil {
			return err
		}
	}
	if done.Count == 0 {
		return api.Refuse(wire.CodeNotFound, "No orchestration that has ended is like that")
	}
	return r.JSON(http.StatusOK, purged{done.Count})
}
