package manage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
)

// status is the payload of an instance's status.
type status struct {
	Name            string          `json:"name"`
	InstanceID      string          `json:"instanceId"`
	RuntimeStatus   string          `json:"runtimeStatus"`
	Input           json.RawMessage `json:"input"`
	CustomStatus    json.RawMessage `json:"customStatus"`
	Output          json.RawMessage `json:"output"`
	CreatedTime     string          `json:"createdTime"`
	LastUpdatedTime string          `json:"lastUpdatedTime"`
	HistoryEvents   []event         `json:"historyEvents"` // null unless asked for

	state orchestrator.State
}

// view says what of an instance is to be seen.
type view struct{ input, history, output bool }

// seconds is the original's form of times.
func seconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// status reads an instance.
func (m *Manager) status(id string, v view) (*status, error) {
	s, err := m.Orchestrations.Status(id)
	if err != nil {
		return nil, err
	}
	p := &status{
		Name: s.Name, InstanceID: s.ID, RuntimeStatus: s.State.String(), CustomStatus: asJSON(s.Custom), Output: asJSON(s.Output),
		CreatedTime: seconds(s.Created), LastUpdatedTime: seconds(s.Updated), state: s.State,
	}
	if s.Failure != nil {
		p.Output = textJSON(s.Failure.Message)
	}
	if v.input {
		input, err := m.Orchestrations.Input(id)
		if err != nil {
			return nil, err
		}
		p.Input = asJSON(input)
	}
	if v.history {
		rows, err := m.Orchestrations.History(id)
		if err != nil {
			return nil, err
		}
		p.HistoryEvents = fold(rows, v.output)
	}
	return p, nil
}

// code is the status of an answer with it.
func (s *status) code(failedIsError bool) int {
	switch {
	case !s.state.Final():
		return http.StatusAccepted
	case failedIsError && s.state == orchestrator.Failed:
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// links are the addresses of an instance.
type links struct {
	ID           string `json:"id"`
	StatusQuery  string `json:"statusQueryGetUri"`
	SendEvent    string `json:"sendEventPostUri"`
	Terminate    string `json:"terminatePostUri"`
	PurgeHistory string `json:"purgeHistoryDeleteUri"`
	Restart      string `json:"restartPostUri"`
	Suspend      string `json:"suspendPostUri"`
	Resume       string `json:"resumePostUri"`
	Rewind       string `json:"rewindPostUri"`
}

// links makes them. They say the key again only to who has said it so.
func (m *Manager) links(r *request, id string) *links {
	at := api.BaseURL(m.PublicURL, r.Request()) + Root + "/instances/" + url.PathEscape(id)
	query := "taskHub=" + Hub + "&connection=" + connection
	if code := r.query.text("code"); code != "" {
		query += "&code=" + url.QueryEscape(code)
	}
	because := "?reason={text}&" + query
	return &links{
		ID: id, StatusQuery: at + "?" + query, SendEvent: at + "/raiseEvent/{eventName}?" + query, Terminate: at + "/terminate" + because,
		PurgeHistory: at + "?" + query, Restart: at + "/restart?" + query, Suspend: at + "/suspend" + because,
		Resume: at + "/resume" + because, Rewind: at + "/rewind" + because,
	}
}

// started answers a start.
func (m *Manager) started(r *request, id string) error {
	l := m.links(r, id)
	h := r.Response().Header()
	h.Set(echo.HeaderLocation, l.StatusQuery)
	h.Set(echo.HeaderRetryAfter, "10")
	return r.JSON(http.StatusAccepted, l)
}

// tagOf is the entity tag of a body.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// knows says whether the caller has a body already.
func (r *request) knows(tag string) bool {
	for given := range strings.SplitSeq(strings.Join(r.Request().Header.Values("If-None-Match"), ","), ",") {
		if given = strings.TrimPrefix(strings.TrimSpace(given), "W/"); given == tag || given == "*" {
			return true
		}
	}
	return false
}

// give answers with a body that can be asked for by its tag.
func (r *request) give(code int, body []byte) error {
	tag := tagOf(body)
	h := r.Response().Header()
	h.Set("ETag", tag)
	h.Set(echo.HeaderCacheControl, "no-cache") // it may be kept, and is to be asked about
	if r.knows(tag) && code < http.StatusBadRequest {
		return r.NoContent(http.StatusNotModified)
	}
	return r.JSONBlob(code, body)
}

// asJSON is a stored body as JSON: null for none, a text for what is none.
func asJSON(body []byte) json.RawMessage {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return body
	}
	return textJSON(string(body))
}

func textJSON(text string) json.RawMessage {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // every text has a form in JSON
	}
	return b
}
