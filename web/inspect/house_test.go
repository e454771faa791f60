package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
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

// Definitions for tests.
var (
	waits = orchestrator.Define("waits", func(c *orchestrator.Context, _ orchestrator.Raw) (orchestrator.Raw, error) {
		c.SetStatus("waiting")
		return orchestrator.Event[orchestrator.Raw](c, "go")
	})
	fails = orchestrator.Define("fails", func(_ *orchestrator.Context, why string) (string, error) {
		return "", orchestrator.Fail("failed", why)
	})
	// goes on as new with each event, until one says that it is over.
	rounds = orchestrator.Define("rounds", func(c *orchestrator.Context, n int) (int, error) {
		over, err := orchestrator.Event[bool](c, "next")
		if err != nil || over {
			return n, err
		}
		return n, orchestrator.ContinueAsNew(c, n+1)
	})
	talks = orchestrator.Define("talks", func(c *orchestrator.Context, lines int) (int, error) {
		for n := range lines {
			c.Publish([]byte(`"line ` + string(rune('a'+n)) + `"`))
		}
		return lines, nil
	})
	holds = orchestrator.Define("holds", func(c *orchestrator.Context, key string) (string, error) {
		unlock, err := entities.Lock(c, purse.ID(key))
		if err != nil {
			return "", err
		}
		defer unlock()
		entities.Permit(c, orchestrator.ActionEvent)
		return orchestrator.Event[string](c, "go")
	})
	greet = orchestrator.DefineActivity("greet", func(_ context.Context, name string) (string, error) { return "Hello, " + name, nil })
	shaky = orchestrator.DefineActivity("shaky", func(context.Context, string) (string, error) {
		return "", orchestrator.Fail("failed", "the lamp is broken")
	})
	tries = orchestrator.Define("tries", func(c *orchestrator.Context, _ orchestrator.Raw) (string, error) { return shaky.Call(c, "") })
	// has to do with everybody.
	parent = orchestrator.Define("parent", func(c *orchestrator.Context, _ orchestrator.Raw) (string, error) {
		for range 2 {
			if _, err := add.Call(c, "shared", 1); err != nil {
				return "", err
			}
		}
		if err := add.Signal(c, "told", 1); err != nil {
			return "", err
		}
		unlock, err := entities.Lock(c, purse.ID("locked"))
		if err != nil {
			return "", err
		}
		unlock()
		if _, err := waits.Start(c, nil, orchestrator.WithID("apart")); err != nil {
			return "", err
		}
		if err := orchestrator.Raise(c, "apart", "hint", 1); err != nil {
			return "", err
		}
		if _, err := greet.Call(c, "Ann"); err != nil {
			return "", err
		}
		_, err = middle.Call(c, nil, orchestrator.WithID("middle"))
		return "done", err
	})
	middle = orchestrator.Define("middle", func(c *orchestrator.Context, _ orchestrator.Raw) (orchestrator.Raw, error) {
		return waits.Call(c, nil, orchestrator.WithID("leaf"))
	})
	crowd = orchestrator.Define("crowd", func(c *orchestrator.Context, n int) (int, error) {
		for key := range n {
			if err := add.Signal(c, strconv.Itoa(key), 1); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	purse = entities.Define("purse", func(string) int { return 0 })
	add   = entities.On(purse, "add", func(_ *entities.Context, n *int, by int) (int, error) {
		*n += by
		return *n, nil
	})
)

var definitions = []orchestrator.Definition{waits, fails, rounds, talks, holds, greet, shaky, tries, parent, middle, crowd}

// house is the inspector on an engine in memory, behind a real listener.
type house struct {
	t         *testing.T
	url       string
	store     *memstore.Store
	host      *durable.Host
	inspector *Inspector
	client    *orchestrator.Client
	entities  *entities.Client
	close     func()
}

func openHouse(t *testing.T) *house {
	h := &house{t: t, store: memstore.New(memstore.Options{Partitions: 4})}
	h.open(definitions)
	t.Cleanup(func() { h.close() })
	return h
}

// restart goes on with other definitions, as after a deployment.
func (h *house) restart(defs []orchestrator.Definition) {
	h.t.Helper()
	h.close()
	h.store = h.store.Reopen()
	h.open(defs)
}

func (h *house) open(defs []orchestrator.Definition) {
	h.t.Helper()
	replays := NewReplays()
	reg, err := orchestrator.NewRegistry(defs...)
	must(h.t, err)
	ents, err := entities.NewRegistry(purse)
	must(h.t, err)
	h.host, err = durable.Open(h.store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true, Logger: zerolog.Nop(), OnReplay: replays.Note}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	must(h.t, err)
	h.client, h.entities = orchestrator.NewClient(h.host), entities.NewClient(h.host)
	h.inspector = New(Options{Orchestrations: h.client, Definitions: reg, Entities: h.entities, EntityTypes: ents, Replays: replays, Engine: h.engine()})
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if !c.Response().Committed {
			_ = api.ProblemOf(err).Write(c.Response()) // the client is the test
		}
	}
	h.inspector.Mount(e)
	stopping, stop := context.WithCancel(context.Background())
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.ServeHTTP(w, r.WithContext(api.WithStop(r.Context(), stopping)))
	}))
	h.url = served.URL
	host := h.host
	h.close = func() {
		stop()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		served.Close()
		must(h.t, host.Close())
	}
}

// engine is the kernel as cmd/server tells of it.
func (h *house) engine() Engine {
	return Engine{
		Boot: "boot", Version: "test", Durability: "memory", Started: time.Now(), Pulse: h.host.Pulse,
		Figures: func() Figures {
			f := Figures{CommitMicros: h.host.CommitFigures().Micros.At}
			for _, p := range h.host.Figures() {
				f.Partitions = append(f.Partitions, Partition{Turns: p.Turns, Commits: p.Commits, Rows: p.Rows, Instances: p.Instances, Quarantined: p.Quarantined})
			}
			return f
		},
		Store: func() (Store, error) { return Store{Tables: 7}, nil },
		Aside: func() (list []Aside) {
			for id, why := range h.host.Stats().Quarantine() {
				list = append(list, Aside{id.Name, id.Key, why})
			}
			return list
		},
		Retry: func(ctx context.Context, name, key string) error {
			id := orchestrator.InstanceID(key)
			if name != "" {
				id = purse.ID(key)
			}
			return h.host.Retry(ctx, id)
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts an instance by its definition's name, and waits until its code has
// run as far as it can, or until it has ended.
func (h *house) start(name, id, input string, options ...orchestrator.StartOption) {
	h.t.Helper()
	_, err := h.client.Start(h.t.Context(), name, orchestrator.Raw(input), append(options, orchestrator.WithID(id))...)
	must(h.t, err)
}

// until waits until something is so, looking at each commit.
func (h *house) until(what string, so func() bool) {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for pulse := uint64(0); !so(); {
		for now := h.host.Pulse(); now == pulse; now = h.host.Pulse() {
			if time.Now().After(deadline) {
				h.t.Fatalf("it is never so: %s", what)
			}
			time.Sleep(time.Millisecond)
			if so() { // what no commit tells of
				return
			}
		}
		pulse = h.host.Pulse()
	}
}

type reply struct {
	*http.Response
	body string
}

// do makes a request; the path begins behind Root.
func (h *house) do(method, path, body string, header ...string) reply {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+Root+"/"+path, strings.NewReader(body))
	must(h.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(h.t, err)
	all := reply{answer, string(bytes.TrimSpace(text))}
	checkAnswer(h.t, all)
	return all
}

// want wants a status, and reads the answer into a value if there is one.
func (h *house) want(status int, method, path, body string, into ...any) reply {
	h.t.Helper()
	r := h.do(method, path, body)
	if r.StatusCode != status {
		h.t.Fatalf("%s %s: %d %s, not %d", method, path, r.StatusCode, r.body, status)
	}
	for _, value := range into {
		must(h.t, json.Unmarshal([]byte(r.body), value))
	}
	return r
}

// state waits until an instance is in a state.
func (h *house) state(id, state string) {
	h.t.Helper()
	h.until(id+" is "+state, func() bool {
		s, err := h.client.Status(id)
		return err == nil && s.State.String() == state
	})
}
