package manage

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/web/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is the API on an engine in memory, behind a real listener.
type house struct {
	t      *testing.T
	url    string
	client *orchestrator.Client
}

// Orchestrations for tests only.
var (
	waits = orchestrator.Define("waits", func(c *orchestrator.Context, _ orchestrator.Raw) (orchestrator.Raw, error) {
		c.SetStatus("waiting")
		return orchestrator.Event[orchestrator.Raw](c, "go")
	})
	naps = orchestrator.Define("naps", func(c *orchestrator.Context, millis int) (string, error) {
		return "rested", c.Sleep(time.Duration(millis) * time.Millisecond)
	})
	fails = orchestrator.Define("fails", func(*orchestrator.Context, orchestrator.Raw) (string, error) {
		return "", orchestrator.Fail("failed", "as was to be expected")
	})
)

func openHouse(t *testing.T) *house {
	t.Helper()
	teaching := NewTeaching()
	reg, err := orchestrator.NewRegistry(slices.Concat(teaching.Orchestrations(), []orchestrator.Definition{waits, naps, fails})...)
	must(t, err)
	ents, err := entities.NewRegistry(teaching.Entities()...)
	must(t, err)
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	must(t, err)
	h := &house{t: t, client: orchestrator.NewClient(host)}
	entityClient := entities.NewClient(host)
	teaching.Open(entityClient)
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if !c.Response().Committed {
			_ = api.ProblemOf(err).Write(c.Response()) // the client is the test
		}
	}
	New(Options{Orchestrations: h.client, Definitions: reg, Entities: entityClient, EntityTypes: ents}).Mount(e)
	stopping, stop := context.WithCancel(context.Background())
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.ServeHTTP(w, r.WithContext(api.WithStop(r.Context(), stopping)))
	}))
	h.url = served.URL
	t.Cleanup(func() {
		stop()
		served.Close()
		must(t, host.Close())
	})
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call is one request; the path begins behind Root, unless it is absolute.
type call struct {
	method, path, body string
	header             map[string]string
}

type reply struct {
	*http.Response
	body string
}

func (h *house) do(c call) reply {
	h.t.Helper()
	at := c.path
	if !strings.HasPrefix(at, "http") {
		at = h.url + Root + "/" + c.path
	}
	r, err := http.NewRequest(c.method, at, strings.NewReader(c.body))
	must(h.t, err)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(h.t, err)
	return reply{answer, string(bytes.TrimSpace(body))}
}

// want wants a status.
func (h *house) want(status int, method, path, body string) reply {
	h.t.Helper()
	r := h.do(call{method: method, path: path, body: body})
	if r.StatusCode != status {
		h.t.Fatalf("%s %s: %d %s, not %d", method, path, r.StatusCode, r.body, status)
	}
	return r
}

// start starts an orchestration, and gives its links.
func (h *house) start(path, body string) (l links) {
	h.t.Helper()
	r := h.want(202, "POST", "orchestrators/"+path, body)
	must(h.t, json.Unmarshal([]byte(r.body), &l))
	return l
}

// state waits until an instance is in a state.
func (h *house) state(id, state string) *status {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w, err := h.client.Watch(id, allEvents)
	must(h.t, err)
	defer w.Close()
	for {
		if _, err := w.Next(ctx); err != nil {
			h.t.Fatalf("%s is not %s: %v", id, state, err)
		}
		r := h.do(call{method: "GET", path: "instances/" + id})
		var s status
		if r.StatusCode < 300 && json.Unmarshal([]byte(r.body), &s) == nil && s.RuntimeStatus == state {
			return &s
		}
	}
}
