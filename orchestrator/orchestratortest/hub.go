package orchestratortest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// Options of a [Hub]. Zero values are good defaults.
type Options struct {
	// Definitions are the orchestrations and activities that there are. An
	// activity that is mocked need not be among them.
	Definitions []orchestrator.Definition
	// Behaviors are of other kinds of instances, such as entities.
	Behaviors map[durable.Kind]durable.Behavior
	// Crash has the engine lose all that it has in memory after each commit: every
	// turn goes on from what is stored.
	Crash  bool
	Limits orchestrator.Limits
	// Patience is how much time may be skipped while the test waits for
	// something (default 366 days).
	Patience time.Duration
	Logger   zerolog.Logger
}

// Hub is a task hub for one test.
type Hub struct {
	t        testing.TB
	options  Options
	registry *orchestrator.Registry
	behavior *orchestrator.Behavior
	worker   durable.Worker
	store    *memstore.Store
	host     *durable.Host
	lossy    atomic.Pointer[durable.Host] // loses its memory after each commit
	started  time.Time
	names    map[string]int // instances that were given an id, by definition

	callbacks []callback
	callback  int           // numbers them
	running   atomic.Int64  // activities
	worked    chan struct{} // one of them is done

	mu    sync.Mutex
	mocks map[string]*mock // by name, in lower case; those in force
	all   []*mock
	calls map[string][]call
}

// Test runs f with a hub, in a bubble whose clock skips ahead (see
// testing/synctest, whose rules hold: no t.Run, t.Parallel or t.Deadline in f).
func Test(t *testing.T, o Options, f func(t *testing.T, h *Hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, New(t, o)) })
}

// New makes a hub within a bubble that the test has made itself, by
// synctest.Test. When the test ends, the hub checks what was expected of mocks
// and that no instance is in quarantine.
func New(t testing.TB, o Options) *Hub {
	t.Helper()
	if !inBubble() {
		t.Fatal("orchestratortest: a hub needs a bubble: call Test, or New within synctest.Test")
	}
	if o.Patience <= 0 {
		o.Patience = 366 * 24 * time.Hour
	}
	registry, err := orchestrator.NewRegistry(o.Definitions...)
	if err != nil {
		t.Fatal(err)
	}
	h := &Hub{
		t: t, options: o, registry: registry, worker: registry.Worker(), started: time.Now(), names: map[string]int{},
		store: memstore.New(memstore.Options{Partitions: 1}), worked: make(chan struct{}, 1),
		mocks: map[string]*mock{}, calls: map[string][]call{},
	}
	h.behavior = orchestrator.NewBehavior(registry, orchestrator.Options{Strict: true, Limits: o.Limits, Logger: o.Logger})
	h.open()
	t.Cleanup(h.end)
	return h
}

// inBubble says whether this goroutine is in a bubble.
func inBubble() (in bool) {
	defer func() { in = recover() == nil }()
	synctest.Wait()
	return
}

// open starts the engine on the store. It has one partition, so that tests
// repeat; and it stores the uptime with other commits only, for with a clock
// that skips ahead a timer of a month would be millions of them.
func (h *Hub) open() {
	h.t.Helper()
	behaviors := map[durable.Kind]durable.Behavior{orchestrator.Kind: h.behavior, clock.Kind: tick{}}
	for kind, b := range h.options.Behaviors {
		behaviors[kind] = b
	}
	host, err := durable.Open(&store{h.store, &h.lossy}, durable.Options{
		Behaviors: behaviors, Worker: h.work, UptimeDelay: -1, UptimeStore: 1 << 62, HibernateAfter: -1, Logger: h.options.Logger,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.host = host
	if h.options.Crash {
		h.lossy.Store(host)
	}
}

// clock is an instance of the hub's own. Whatever it commits stores the uptime.
var clock = durable.ID{Kind: 0xff, Name: "clock"}

type tick struct{}

func (tick) Turn(_ durable.Time, _ *durable.Instance, messages []durable.Message) (o durable.Outcome, err error) {
	o.Head = []byte{1}
	for _, m := range messages {
		o.Reply = append(o.Reply, durable.Reply{To: m.Return})
	}
	return o, nil
}

// store is a store whose host loses its memory after each commit, if there is
// one to do so. It is asked to on the partition's own goroutine, so that this
// batch is released and no other begins before.
type store struct {
	*memstore.Store
	lossy *atomic.Pointer[durable.Host]
}

func (s *store) Commit(b *durable.Batch, done func(error)) {
	s.Store.Commit(b, done)
	if host := s.lossy.Load(); host != nil {
		host.Reload()
	}
}

// end is the end of the test.
func (h *Hub) end() {
	h.t.Helper()
	if err := h.quarantined(); err != nil && !h.t.Failed() {
		h.t.Error(err)
	}
	h.checkMocks()
	h.lossy.Store(nil)
	if err := h.host.Close(); err != nil {
		h.t.Error(err)
	}
}

// Restart ends the engine as a crash would and starts it again after a while,
// during which the wall clock goes on and uptime stands still. Activities that
// were running are done again; calls that wait for an answer fail as
// unavailable; clients made before are of no use any more.
func (h *Hub) Restart(down time.Duration) {
	h.t.Helper()
	if _, err := h.host.Ask(h.Context(), durable.Message{To: clock, Op: durable.OpUser}); err != nil {
		h.t.Fatal(err)
	}
	synctest.Wait()
	h.lossy.Store(nil)
	h.store.Crash()
	_ = h.host.Close() // it closes the store, which has crashed
	time.Sleep(down)
	h.store = h.store.Reopen()
	h.open()
}

// Client is a client of the hub.
func (h *Hub) Client() *orchestrator.Client { return orchestrator.NewClient(h.host) }

// Host is the engine, for clients of other kinds of instances.
func (h *Hub) Host() *durable.Host { return h.host }

// Now is the time on the clock that skips ahead.
func (h *Hub) Now() time.Time { return time.Now().UTC() }

// Context ends with the test, or when a caller has waited on it for longer than
// the hub's patience.
func (h *Hub) Context() context.Context {
	ctx, cancel := context.WithTimeout(h.t.Context(), h.options.Patience)
	h.t.Cleanup(cancel)
	return ctx
}

// nextID names an instance that the test has given no id: order-1, order-2…
func (h *Hub) nextID(name string) string {
	name = strings.ToLower(name)
	h.names[name]++
	return fmt.Sprintf("%s-%d", name, h.names[name])
}
