package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

// house is a demo on an engine in memory, behind a real listener.
type house struct {
	t   *testing.T
	url string
}

func openHouse(t *testing.T, demo Demo) *house {
	t.Helper()
	reg, err := orchestrator.NewRegistry(demo.Orchestrations()...)
	must(t, err)
	ents, err := entities.NewRegistry(demo.Entities()...)
	must(t, err)
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	must(t, err)
	demo.Open(orchestrator.NewClient(host), entities.NewClient(host))
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if !c.Response().Committed {
			_ = api.ProblemOf(err).Write(c.Response()) // the client is the test
		}
	}
	demo.Mount(e)
	served := httptest.NewServer(e)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		served.Close()
		must(t, host.Close())
	})
	return &house{t: t, url: served.URL}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// do makes a request, wants a status, and reads the answer into a value. It may
// be called from any goroutine; false says that it went wrong.
func (h *house) do(status int, method, path, body string, into any, header ...string) bool {
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return false
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Error(err)
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil || answer.StatusCode != status {
		h.t.Errorf("%s %s: %d %s, not %d (%v)", method, path, answer.StatusCode, text, status, err)
		return false
	}
	return true
}
