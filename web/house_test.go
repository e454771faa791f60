package web

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/web/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a whole server on an engine in memory, behind a real listener.
type house struct {
	*Server
	t    testing.TB
	host *durable.Host
	url  string
	sick atomic.Pointer[error] // what Healthy says instead
	// clock is what the rate limits go by.
	clock atomic.Int64
}

func openHouse(t testing.TB, change func(*Options)) *house {
	t.Helper()
	h := &house{t: t}
	catalog, err := game.NewCatalog(tictactoe.Rules{}, connect4.Rules{})
	h.must(err)
	desk := game.NewDesk(catalog)
	h.host = openEngine(t, desk, memstore.New(memstore.Options{Partitions: 4}))
	o := Options{Desk: desk, Engine: h, Figures: figuresOf(h.host.Stats()), Version: "test", Boot: "b1", Logger: zerolog.Nop()}
	if change != nil {
		change(&o)
	}
	h.Server, err = New(o)
	h.must(err)
	h.clock.Store(time.Now().UnixNano())
	h.now = func() time.Time { return time.Unix(0, h.clock.Load()) }
	served := httptest.NewServer(h.Server)
	h.url = served.URL
	t.Cleanup(func() {
		h.must(h.Server.Close())
		served.Close()
		h.must(h.host.Close())
	})
	return h
}

func openEngine(t testing.TB, desk *game.Desk, store durable.Store) *durable.Host {
	t.Helper()
	reg, err := orchestrator.NewRegistry(desk.Orchestrations()...)
	if err != nil {
		t.Fatal(err)
	}
	ents, err := entities.NewRegistry(desk.Entities()...)
	if err != nil {
		t.Fatal(err)
	}
	host, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	desk.Open(orchestrator.NewClient(host), entities.NewClient(host))
	return host
}

// figuresOf is what main tells of the engine, in short.
func figuresOf(s *durable.Stats) func() []Figure {
	return func() []Figure {
		return []Figure{
			{Name: "everturn_engine_turns_total", Help: "Turns taken.", Value: float64(s.Turns.Load())},
			{Name: "everturn_engine_watchers", Help: "Watchers now.", Gauge: true, Value: float64(s.Watchers.Load())},
		}
	}
}

// Healthy and Epoch make the house an Engine that can be made sick.
func (h *house) Healthy() error {
	if err := h.sick.Load(); err != nil {
		return *err
	}
	return h.host.Healthy()
}

func (h *house) Epoch() uint64 { return h.host.Epoch() }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// pass lets the rate limits' time go on.
func (h *house) pass(d time.Duration) { h.clock.Add(int64(d)) }

// call is a request; zero values are left out.
type call struct {
	method, path string
	body         string // sent as application/json, unless header says otherwise
	token        string
	host         string
	header       http.Header
}

// reply is an answer, read to its end.
type reply struct {
	*http.Response
	body []byte
}

// plain is a client that neither follows nor unpacks.
var plain = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (h *house) do(c call) reply {
	h.t.Helper()
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	r, err := http.NewRequest(c.method, h.url+c.path, body)
	h.must(err)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	maps.Copy(r.Header, c.header)
	if c.host != "" {
		r.Host = c.host
	}
	answer, err := plain.Do(r)
	h.must(err)
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	h.must(err)
	all := reply{answer, got}
	if err := mustReadDocument(h.t).check(all); err != nil {
		h.t.Errorf("not as the OpenAPI document has it: %v", err)
	}
	return all
}

// ok wants a status, and reads the answer into a value.
func (h *house) ok(c call, status int, into any) reply {
	h.t.Helper()
	r := h.do(c)
	if r.StatusCode != status {
		h.t.Fatalf("%s %s: %d %s, not %d", c.method, c.path, r.StatusCode, r.body, status)
	}
	if into != nil {
		h.must(json.Unmarshal(r.body, into))
	}
	return r
}

// refused wants a problem of a code, and gives its detail.
func (h *house) refused(c call, status int, code wire.Code) (reply, string) {
	h.t.Helper()
	r := h.do(c)
	p := problemIn(h.t, r)
	if r.StatusCode != status || p.Code != code {
		h.t.Errorf("%s %s %s: %d %s, not %d %s", c.method, c.path, c.body, r.StatusCode, r.body, status, code)
	}
	return r, p.Detail
}

type told struct {
	Type, Title string
	Status      int
	Code        wire.Code
	Detail      string
}

// problemIn checks the form of a problem.
func problemIn(t testing.TB, r reply) (p told) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%s %s: no problem: %v: %.200s", r.Request.Method, r.Request.URL, err, r.body)
	}
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("a problem of type %q", got)
	}
	if p.Status != r.StatusCode || p.Title != http.StatusText(r.StatusCode) || p.Type != "about:blank" || p.Detail == "" || !p.Code.Known() {
		t.Errorf("a problem with status %d that says %s", r.StatusCode, r.body)
	}
	if p.Code.RetryAfter() != (r.Header.Get("Retry-After") != "") {
		t.Errorf("code %s with Retry-After %q", p.Code, r.Header.Get("Retry-After"))
	}
	return p
}

type guest struct{ id, name, token string }

// enter makes a player.
func (h *house) enter(name string) guest {
	h.t.Helper()
	var in entered
	body := `{"name":` + string(game.AppendString(nil, name)) + `}`
	h.ok(call{method: "POST", path: "/api/players", body: body}, http.StatusCreated, &in)
	return guest{in.Player.ID, in.Player.Name, in.Token}
}

type madeMatch struct {
	ID, Code, URL string
	Seat          int
}

func (h *house) create(who guest, body string) (made madeMatch) {
	h.t.Helper()
	h.ok(call{method: "POST", path: "/api/matches", body: body, token: who.token}, http.StatusCreated, &made)
	return made
}

// play has two players move in turns.
func (h *house) play(match string, a, b guest, moves ...string) {
	h.t.Helper()
	for i, move := range moves {
		who := a
		if i%2 == 1 {
			who = b
		}
		done := make(chan error, 1)
		h.desk.Command(match, who.id, "m"+string(rune('a'+i)), game.Command{Kind: game.CommandMove, Move: move}, func(_ game.Ack, err error) { done <- err })
		h.must(<-done)
	}
}
