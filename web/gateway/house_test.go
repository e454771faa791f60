package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// house is a whole engine in memory, with a desk and a gateway that listens.
type house struct {
	*game.Desk
	t    testing.TB
	desk *meddler
	gate *Gateway
	host *durable.Host
	http *httptest.Server
}

// loud: not in strict mode, for tests with so many events that replaying all of them after each turn takes too long.
type setup struct {
	loud    bool
	options func(*Options)
}

func openHouse(t testing.TB, s setup) *house {
	t.Helper()
	h := furnish(t, s)
	h.http = httptest.NewUnstartedServer(h.gate)
	h.http.Listener = &valves{Listener: h.http.Listener, last: make(chan *valve, 1)}
	h.http.Start()
	t.Cleanup(func() {
		h.must(h.gate.Close()) // before the listener, which waits for its connections
		h.http.Close()
	})
	return h
}

// furnish is a house that does not listen, so that it can stand in a bubble of synctest.
func furnish(t testing.TB, s setup) *house {
	t.Helper()
	h := &house{t: t}
	h.open(memstore.New(memstore.Options{Partitions: 8}), !s.loud)
	h.desk = &meddler{Desk: h.Desk}
	o := Options{
		Desk: h.desk, Logger: zerolog.Nop(), Server: "test", Boot: "boot-1", Epoch: func() uint64 { return 7 },
		Authenticate: h.authenticate,
		OriginAllowed: func(r *http.Request) bool {
			origin := r.Header.Get("Origin")
			return origin == "" || origin == "http://"+r.Host
		},
		Linger: time.Millisecond,
	}
	if s.options != nil {
		s.options(&o)
	}
	h.gate = New(o)
	t.Cleanup(func() {
		h.must(h.gate.Close())
		h.must(h.host.Close())
	})
	return h
}

func (h *house) open(store *memstore.Store, strict bool) {
	h.t.Helper()
	catalog, err := game.NewCatalog(tictactoe.Rules{}, tally{}, duel{})
	h.must(err)
	h.Desk = game.NewDesk(catalog)
	reg, err := orchestrator.NewRegistry(h.Orchestrations()...)
	h.must(err)
	ents, err := entities.NewRegistry(h.Entities()...)
	h.must(err)
	h.host, err = durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: strict, Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	h.must(err)
	h.Desk.Open(orchestrator.NewClient(h.host), entities.NewClient(h.host))
}

func (h *house) authenticate(r *http.Request) (game.Player, string, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	p, err := h.Session(token)
	return p, token, err
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

type guest struct {
	game.Player
	token string
}

func (h *house) guest(name string) guest {
	h.t.Helper()
	p, token, err := h.Register(context.Background(), name)
	h.must(err)
	return guest{p, token}
}

// valves is a listener whose connections can be held up.
type valves struct {
	net.Listener
	last chan *valve // the latest connection
}

func (l *valves) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	v := &valve{Conn: nc}
	select {
	case <-l.last:
	default:
	}
	l.last <- v
	return v, nil
}

// valve is a connection that takes no more bytes while its lock is held: a client that does not read, without the
// kernel's buffers and without the write deadline.
type valve struct {
	net.Conn
	shut sync.Mutex
}

func (v *valve) Write(b []byte) (int, error) {
	v.shut.Lock()
	defer v.shut.Unlock()
	return v.Conn.Write(b)
}

func (*valve) SetWriteDeadline(time.Time) error { return nil }

// match is a new match; seats 1… are taken by the others.
func (h *house) match(id string, first guest, others ...guest) string {
	h.t.Helper()
	made, err := h.Create(context.Background(), first.Player, game.NewMatch{Game: id}, "")
	h.must(err)
	for _, p := range others {
		_, err := h.Join(context.Background(), made.ID, p.Player)
		h.must(err)
	}
	return made.ID
}

// add makes n moves in a match of tally, without a socket, and waits for all.
func (h *house) add(match string, p guest, n int) {
	h.t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for range n {
		wg.Add(1)
		h.Command(match, p.ID, "", game.Command{Kind: game.CommandMove, Move: "+"}, func(_ game.Ack, err error) {
			errs <- err
			wg.Done()
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		h.must(err)
	}
}

// eventually waits for what the gateway's goroutines bring about by themselves and nobody is told of.
func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("it never came to this: %s", what)
		}
	}
}

// meddler stands between gateway and desk and changes what a test wants changed.
type meddler struct {
	*game.Desk
	mu       sync.Mutex
	command  func(next func(), done func(game.Ack, error))
	follow   func(*game.Follower)
	failures []error // of the next calls of Follow
	noEvents bool
	reads    int
	deaf     bool     // to presence: it is heard of, and does not reach the desk
	heard    []string // of presence: "seat here"
	commands []game.Command
}

func (m *meddler) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *meddler) Command(match, player, id string, c game.Command, done func(game.Ack, error)) {
	m.mu.Lock()
	meddle := m.command
	m.commands = append(m.commands, c)
	m.mu.Unlock()
	next := func() { m.Desk.Command(match, player, id, c, done) }
	if meddle == nil {
		next()
		return
	}
	meddle(next, done)
}

func (m *meddler) Follow(ctx context.Context, id string) (*game.Follower, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.failures) > 0 {
		err := m.failures[0]
		m.failures = m.failures[1:]
		return nil, err
	}
	f, err := m.Desk.Follow(ctx, id)
	if err == nil && m.follow != nil {
		m.follow(f)
	}
	return f, err
}

func (m *meddler) Events(id string, after uint64, limit int) ([]game.Numbered, error) {
	m.mu.Lock()
	m.reads++
	broken := m.noEvents
	m.mu.Unlock()
	if broken {
		return nil, errors.New("the disk is on fire")
	}
	return m.Desk.Events(id, after, limit)
}

func (m *meddler) Presence(match string, seat int, here bool) {
	m.mu.Lock()
	m.heard = append(m.heard, fmt.Sprint(seat, here))
	deaf := m.deaf
	m.mu.Unlock()
	if !deaf {
		m.Desk.Presence(match, seat, here)
	}
}
