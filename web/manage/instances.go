package manage

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
)

// continuation is the header that continues a list.
const continuation = "X-Ms-Continuation-Token"

// allEvents is after every event that an instance publishes: what is watched is
// the instance itself.
const allEvents = 1<<64 - 1

// patience is how long a start waits for the end; given is false if it does not.
type patience struct {
	wait  time.Duration
	given bool
}

func (r *request) patience() (patience, error) {
	wait, waits, err := r.query.seconds("timeout")
	if err != nil {
		return patience{}, err
	}
	_, polls, err := r.query.seconds("pollingInterval") // ours needs none: it is told
	return patience{wait, waits && polls}, err
}

// startedOrDone answers a start, with the output if it comes in time.
func (m *Manager) startedOrDone(r *request, id string, p patience) error {
	if !p.given {
		return m.started(r, id)
	}
	r.stretch(p.wait)
	ctx, cancel := api.UntilStop(r.Request().Context())
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, p.wait)
	defer cancel()
	if _, err := m.Orchestrations.Wait(ctx, id); ctx.Err() != nil {
		return m.started(r, id)
	} else if err != nil {
		return err
	}
	s, err := m.status(id, view{input: true})
	switch {
	case err != nil:
		return err
	case s.state == orchestrator.Completed:
		output := s.Output
		if output == nil {
			output = json.RawMessage("null")
		}
		return r.JSONBlob(http.StatusOK, output)
	}
	return r.JSON(s.code(r.query.flag("returnInternalServerErrorOnFailure", false)), s)
}

// stretch lets the answer take so much longer than others do.
func (r *request) stretch(by time.Duration) {
	at := time.Now().Add(by + api.AnswerWithin)
	// What cannot be set is no connection, but a test.
	_ = http.NewResponseController(r.Response()).SetWriteDeadline(at)
}

// show gives the status of an instance: at once, when it changes, or as it goes.
func (m *Manager) show(r *request) error {
	if strings.Contains(r.Request().Header.Get(echo.HeaderAccept), "text/event-stream") {
		return m.follow(r)
	}
	s, body, err := m.look(r)
	if err != nil {
		return err
	}
	wait, given := api.PreferredWait(r.Request().Header)
	if given {
		r.Response().Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait.Seconds())))
		if s, body, err = m.awaitNews(r, s, body, wait); err != nil {
			return err
		}
	}
	code := s.code(r.query.flag("returnInternalServerErrorOnFailure", false))
	if code == http.StatusAccepted {
		h := r.Response().Header()
		h.Set(echo.HeaderLocation, api.BaseURL(m.PublicURL, r.Request())+r.Request().URL.RequestURI())
		h.Set(echo.HeaderRetryAfter, "5")
	}
	return r.give(code, body)
}

// look reads the instance as the request wants to see it.
func (m *Manager) look(r *request) (*status, []byte, error) {
	s, err := m.status(r.vars["id"], view{
		input:   r.query.flag("showInput", true),
		history: r.query.flag("showHistory", false),
		output:  r.query.flag("showHistoryOutput", false),
	})
	if err != nil {
		return nil, nil, err
	}
	body, err := json.Marshal(s)
	return s, body, err
}

// awaitNews waits until an instance is not as it was seen, or as the caller knows
// it, for a while. One that has ended does not change.
func (m *Manager) awaitNews(r *request, s *status, body []byte, wait time.Duration) (*status, []byte, error) {
	ctx, cancel := api.UntilStop(r.Request().Context())
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, wait)
	defer cancel()
	w, err := m.Orchestrations.Watch(s.InstanceID, allEvents)
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	seen, asked := tagOf(body), r.Request().Header.Get("If-None-Match") != ""
	for !s.state.Final() {
		if tag := tagOf(body); tag != seen || asked && !r.knows(tag) {
			break
		}
		if _, err := w.Next(ctx); err != nil {
			break // the time is up, or there is more than we could follow: what is now is the answer
		}
		if s, body, err = m.look(r); err != nil {
			return nil, nil, err
		}
	}
	return s, body, nil
}

// list gives the instances that are as the query says, newest first.
func (m *Manager) list(r *request) error {
	q := orchestrator.Query{IDPrefix: r.query.text("instanceIdPrefix"), Cursor: r.Request().Header.Get(continuation)}
	var none bool
	var err error
	if q.CreatedFrom, q.CreatedTo, err = r.query.span("createdTimeFrom", "createdTimeTo"); err != nil {
		return err
	}
	if q.States, none, err = r.query.states(); err != nil {
		return err
	}
	top, err := r.query.top()
	if err != nil {
		return err
	}
	list := []*status{}
	for more := !none; more; {
		q.Limit = top - len(list)
		page, err := m.Orchestrations.Search(q)
		if err != nil {
			return err
		}
		if list, err = m.describe(list, page.Items, r.query.flag("showInput", true)); err != nil {
			return err
		}
		q.Cursor = page.Cursor
		more = q.Cursor != "" && len(list) < top && r.Request().Context().Err() == nil
	}
	if q.Cursor != "" && !none {
		r.Response().Header().Set(continuation, q.Cursor)
	}
	return r.JSON(http.StatusOK, list)
}

// describe adds the instances of a page, but for those that went meanwhile.
func (m *Manager) describe(list []*status, page []orchestrator.Summary, input bool) ([]*status, error) {
	for _, item := range page {
		s, err := m.status(item.ID, view{input: input})
		switch {
		case err == nil:
			list = append(list, s)
		case orchestrator.ToFailure(err).Code != orchestrator.CodeNotFound:
			return nil, err
		}
	}
	return list, nil
}
