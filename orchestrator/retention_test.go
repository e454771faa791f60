package orchestrator

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// there says whether an instance is stored, and checks that one that is not has
// left nothing.
func (h *testHub) there(id string) bool {
	h.t.Helper()
	if err := h.broken[InstanceID(id)]; err != nil {
		h.t.Fatalf("%s is quarantined: %v", id, err)
	}
	in := h.instances[InstanceID(id)]
	if in == nil || in.Exists {
		return in != nil
	}
	if in.Log != nil || in.Head != nil || in.index != nil || in.published != nil || h.timersOf(id) != 0 {
		h.t.Fatalf("%s left something: %+v, %d timers", id, in, h.timersOf(id))
	}
	return false
}

func (h *testHub) timersOf(id string) (n int) {
	for _, x := range h.timers {
		if x.id == InstanceID(id) {
			n++
		}
	}
	return n
}

// wantKept has time pass until an instance's end is so long ago, and checks that
// it is erased then and not before.
func (h *testHub) wantKept(id string, d time.Duration) {
	h.t.Helper()
	if s := h.status(id); !s.Expires.Equal(timeOf(h.now.Wall).Add(d)) || h.timersOf(id) != 1 {
		h.t.Fatalf("%s expires at %v, not %v; %d timers", id, s.Expires, timeOf(h.now.Wall).Add(d), h.timersOf(id))
	}
	h.advance(d - time.Millisecond)
	if !h.there(id) {
		h.t.Fatalf("%s was erased early", id)
	}
	h.advance(time.Millisecond)
	if h.there(id) {
		h.t.Fatalf("%s is there still", id)
	}
}

func (h *testHub) wantKeptForEver(id string) {
	h.t.Helper()
	if s := h.status(id); !s.Expires.IsZero() || h.timersOf(id) != 0 {
		h.t.Fatalf("%s expires at %v, %d timers", id, s.Expires, h.timersOf(id))
	}
}

func retained(name string, opts ...DefinitionOption) *Orchestration[State, None] {
	o := various(name)
	for _, opt := range opts {
		opt(o.def)
	}
	return o
}

func TestDecision_17_Retention(t *testing.T) {
	for _, tc := range []struct {
		name string
		def  []DefinitionOption
		opts []StartOption
		want time.Duration
	}{
		{"nothing said", nil, nil, Forever},
		{"definition", []DefinitionOption{Retain(time.Hour)}, nil, time.Hour},
		{"for ever", []DefinitionOption{Retain(Forever)}, nil, Forever},
		{"start", nil, []StartOption{RetainFor(time.Minute)}, time.Minute},
		{"start before definition", []DefinitionOption{Retain(time.Hour)}, []StartOption{RetainFor(time.Minute)}, time.Minute},
		{"start for ever", []DefinitionOption{Retain(time.Hour)}, []StartOption{RetainFor(Forever)}, Forever},
		{"less than a millisecond", nil, []StartOption{RetainFor(time.Microsecond)}, time.Millisecond},
		{"centuries", nil, []StartOption{RetainFor(1<<63 - 1)}, 1<<63 - 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for i, end := range []func(t *testing.T, h *testHub, c *Client, o *Orchestration[State, None]){
				func(t *testing.T, _ *testHub, c *Client, o *Orchestration[State, None]) {
					begin(t, c, o, "a", Completed, tc.opts...)
				},
				func(t *testing.T, _ *testHub, c *Client, o *Orchestration[State, None]) {
					begin(t, c, o, "a", Failed, tc.opts...)
				},
				func(t *testing.T, h *testHub, c *Client, o *Orchestration[State, None]) {
					begin(t, c, o, "a", Running, tc.opts...)
					h.advance(time.Hour)
					raise(t, c, "a", "go", None{})
				},
				func(t *testing.T, _ *testHub, c *Client, o *Orchestration[State, None]) {
					begin(t, c, o, "a", Running, tc.opts...)
					must(t, c.Suspend(t.Context(), "a", ""))
					must(t, c.Terminate(t.Context(), "a", ""))
				},
			} {
				o := retained("o", tc.def...)
				h, c := newHub(t, o)
				end(t, h, c, o)
				if tc.want < 0 {
					h.wantKeptForEver("a")
				} else if tc.want < 1000*time.Hour {
					h.wantKept("a", tc.want)
				} else if s := h.status("a"); s.Expires.Year() < 2300 {
					t.Fatal(i, s.Expires)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// 0 is at once, which is not never: the parent has the outcome all the same.
func TestDecision_17_RetentionOfNothing(t *testing.T) {
	child := Define("child", func(*Context, None) (int, error) { return 7, nil }, Retain(0))
	o := Define("parent", func(c *Context, _ None) (int, error) { return child.Call(c, None{}, WithID("kid")) })
	h, c := newHub(t, o, child)
	begin(t, c, o, "a", None{})
	if n := output(h, o, "a"); n != 7 {
		t.Fatal(n)
	}
	h.advance(0)
	if h.there("kid") {
		t.Fatal("kept")
	}
	h.wantKeptForEver("a")
}

// Sub-orchestrations have their parent's retention, from their own end, unless
// they have one of their own; those of earlier generations too, and those that
// outlive their parent.
func TestBehaviour_090_ExpiryOfChildren(t *testing.T) {
	leaf := waiter()
	middle := Define("middle", func(c *Context, _ None) (string, error) { return leaf.Call(c, None{}, WithID(c.InstanceID()+".leaf")) })
	kept := Define("kept", func(*Context, None) (None, error) { return None{}, nil }, Retain(Forever))
	short := Define("short", func(*Context, None) (None, error) { return None{}, nil }, Retain(time.Minute))
	o := Define("root", func(c *Context, n int) (None, error) {
		id := fmt.Sprintf("gen%d", n)
		_, err := middle.Call(c, None{}, WithID(id))
		if err == nil && n == 1 {
			return None{}, ContinueAsNew(c, 2)
		}
		_, err2 := kept.Call(c, None{}, WithID("kept"))
		_, err3 := short.Call(c, None{}, WithID("short"))
		middle.Go(c, None{}, WithID("late"), RetainFor(2*time.Hour))
		middle.Go(c, None{}, WithID("later"))
		return None{}, errors.Join(err, err2, err3)
	}, Retain(time.Hour))
	h, c := newHub(t, o, leaf, middle, kept, short)
	begin(t, c, o, "r", 1)
	raise(t, c, "gen1.leaf", "go", "x")
	raise(t, c, "gen2.leaf", "go", "x")
	h.wantState("r", Completed)
	h.wantKeptForEver("kept")
	h.advance(time.Minute)
	if h.there("short") {
		t.Fatal("short")
	}
	h.advance(time.Hour - time.Minute)
	for _, id := range []string{"r", "gen1", "gen1.leaf", "gen2", "gen2.leaf"} {
		if h.there(id) {
			t.Errorf("%s is there", id)
		}
	}
	raise(t, c, "late.leaf", "go", "x")
	h.wantState("late", Completed)
	h.wantKept("late", 2*time.Hour)
	if h.there("late.leaf") {
		t.Error("the grandchild did not follow")
	}
	raise(t, c, "later.leaf", "go", "x")
	h.wantState("later", Completed)
	h.wantKept("later", time.Hour)
	h.wantKeptForEver("kept")
}

func TestBehaviour_090_DelayUpdated(t *testing.T) {
	o := retained("o", Retain(time.Hour))
	h, c := newHub(t, o)
	ctx := t.Context()
	wantCode(t, c.Retain(ctx, "nobody", time.Hour), CodeNotFound)
	begin(t, c, o, "a", Running)
	must(t, c.Retain(ctx, "a", 2*time.Hour)) // running
	h.dropAll()
	raise(t, c, "a", "go", None{})
	h.advance(time.Hour)
	must(t, c.Retain(ctx, "a", 3*time.Hour)) // ended: later
	h.advance(time.Hour)
	must(t, c.Retain(ctx, "a", Forever)) // and never
	h.wantKeptForEver("a")
	h.advance(1000 * time.Hour)
	must(t, c.Retain(ctx, "a", time.Minute)) // and soon
	must(t, c.Retain(ctx, "a", time.Minute)) // again, to the same time
	h.wantKept("a", time.Minute)

	// While it is pending or suspended, and over generations.
	loop := Define("loop", func(c *Context, n int) (None, error) {
		_, err := Event[None](c, "go")
		if n == 0 && err == nil {
			err = ContinueAsNew(c, 1)
		}
		return None{}, err
	})
	h, c = newHub(t, loop)
	begin(t, c, loop, "a", 0)
	must(t, c.Suspend(ctx, "a", ""))
	must(t, c.Retain(ctx, "a", time.Minute))
	must(t, c.Resume(ctx, "a", ""))
	raise(t, c, "a", "go", None{})
	h.dropAll()
	raise(t, c, "a", "go", None{})
	h.wantKept("a", time.Minute)
	// A malformed one.
	begin(t, c, loop, "a", 0)
	wantCode(t, c.ask(ctx, newMessage("a", OpRetain, "", nil)), CodeBadRequest)
}

// What is asked of an instance is done by its tree, but where somebody said
// otherwise; by children that are started afterwards too.
func TestBehaviour_090_DelayOfTheTree(t *testing.T) {
	leaf := waiter()
	mine := Define("mine", func(c *Context, _ None) (string, error) { return leaf.Call(c, None{}, WithID("mine.leaf")) }, Retain(time.Hour))
	o := Define("root", func(c *Context, _ None) (None, error) {
		first := leaf.Go(c, None{})
		second := mine.Go(c, None{}, WithID("mine"))
		_, err := leaf.Call(c, None{}, WithID("named"))
		third := leaf.Go(c, None{}, WithID("after"))
		_, err1 := first.Get()
		_, err2 := second.Get()
		_, err3 := third.Get()
		return None{}, errors.Join(err, err1, err2, err3)
	})
	store := memstore.New(memstore.Options{Partitions: 3})
	synctest.Test(t, func(t *testing.T) {
		reg, err := NewRegistry(o, mine, leaf)
		must(t, err)
		h, err := durable.Open(store, durable.Options{Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, Options{Strict: true})}, UptimeDelay: -1})
		must(t, err)
		defer h.Close()
		c := NewClient(h)
		ctx := t.Context()
		_, err = c.Start(ctx, "root", nil, WithID("r"))
		must(t, err)
		synctest.Wait()
		must(t, c.Raise(ctx, "named", "go", Raw(`"x"`)))
		synctest.Wait()
		must(t, c.Retain(ctx, "r", time.Minute))
		for _, x := range searchAll(t, c, Query{Name: "waiter", States: []State{Running}}) {
			must(t, c.Raise(ctx, x.ID, "go", Raw(`"x"`)))
		}
		synctest.Wait()
		if s, err := c.Status("r"); err != nil || s.State != Completed || s.Expires.Sub(s.Updated) != time.Minute {
			t.Fatal(s, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if left := searchAll(t, c, Query{IDPrefix: "mine"}); len(left) != 2 || len(searchAll(t, c, Query{})) != 2 {
			t.Fatal(searchAll(t, c, Query{}))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if left := searchAll(t, c, Query{}); len(left) != 0 {
			t.Fatal(left)
		}
	})
}

// The timer of an earlier life or an earlier end does nothing, and does not stay
// either.
func TestBehaviour_090_StaleExpiry(t *testing.T) {
	o := retained("o", Retain(time.Hour))
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "a", Completed)
	h.advance(time.Minute)
	begin(t, c, o, "a", Running) // in its place
	if n := h.timersOf("a"); n != 0 {
		t.Fatal(n, "timers")
	}
	stale := durable.Message{To: InstanceID("a"), Op: durable.OpTimer, Task: expiryTask}
	h.queue = append(h.queue, stale)
	h.advance(2 * time.Hour)
	h.wantState("a", Running)
	raise(t, c, "a", "go", None{})
	h.queue = append(h.queue, stale) // early
	h.settle()
	h.wantKept("a", time.Hour)
	h.queue = append(h.queue, stale)
	h.settle()
	begin(t, c, o, "b", Completed)
	must(t, c.Purge(ctx, "b"))
	if h.there("b") {
		t.Fatal("purged, and there")
	}
	// Ended, given another time, purged and started again within one batch.
	begin(t, c, o, "c", Running)
	h.turn(h.instances[InstanceID("c")], []durable.Message{
		newMessage("c", OpTerminate, "", nil), retainMessage("c", retentionOf(time.Second).own()), retainMessage("c", retentionOf(time.Minute).own()),
	})
	h.settle()
	h.wantKept("c", time.Minute)
	begin(t, c, o, "c", Running)
	h.turn(h.instances[InstanceID("c")], []durable.Message{
		newMessage("c", OpTerminate, "", nil), retainMessage("c", retentionOf(time.Second).own()), newMessage("c", OpPurge, "", nil), (&startTest{o.def}).message("c"),
	})
	if n := h.timersOf("c"); n != 0 {
		t.Fatal(n, "timers")
	}
}

// More than a partition keeps timers of in memory expire at the same time, after
// the server was down when they were due.
func TestBehaviour_090_ExpiryAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New(memstore.Options{Partitions: 1})
		const n = 10_000
		open := func() (*durable.Host, *Client) {
			reg, err := NewRegistry(retained("o", Retain(time.Hour)))
			must(t, err)
			h, err := durable.Open(store, durable.Options{Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, Options{})}, UptimeDelay: -1})
			must(t, err)
			return h, NewClient(h)
		}
		h, _ := open()
		done := make(chan durable.Answer, 1000)
		for i := range n {
			m := (&start{}).message("o", fmt.Sprint("i", i), []byte(`"Completed"`))
			h.Post(m, func(a durable.Answer) { done <- a })
			if i%1000 == 999 {
				for range 1000 {
					must(t, (<-done).Err())
				}
			}
		}
		if rows := storedRows(t, store); rows["t"] != n || rows["i"] != n {
			t.Fatal(rows)
		}
		time.Sleep(30 * time.Minute)
		must(t, h.Close())
		time.Sleep(time.Hour)
		store = store.Reopen()
		h, c := open()
		defer h.Close()
		time.Sleep(time.Minute)
		synctest.Wait()
		if page, err := c.Search(Query{}); err != nil || len(page.Items) != 0 {
			t.Fatal(len(page.Items), err)
		}
		if rows := storedRows(t, store); rows["t"]+rows["i"]+rows["x"] != 0 {
			t.Fatal(rows)
		}
	})
}

// Who waits for an instance that is erased while it waits is told.
func TestBehaviour_090_WaitForWhatExpires(t *testing.T) {
	c := newHost(t, 0, Options{Strict: true}, retained("o", Retain(0)))
	ctx := within(t)
	for i := range 20 {
		id := fmt.Sprint("i", i)
		if _, err := c.Start(ctx, "o", Raw(`"Running"`), WithID(id)); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		began := make(chan struct{}, 10)
		go func() {
			_, err := (&Client{hub: &watchedHub{c.hub, began}}).Wait(ctx, id)
			got <- err
		}()
		<-began
		must(t, c.Raise(ctx, id, "go", nil))
		if err := <-got; err != nil && codeOf(err) != CodeNotFound {
			t.Fatal(err)
		}
	}
}

// watchedHub says when a watch has begun.
type watchedHub struct {
	hub
	began chan struct{}
}

func (h *watchedHub) Watch(id durable.ID, after uint64) (*durable.Watcher, error) {
	w, err := h.hub.Watch(id, after)
	h.began <- struct{}{}
	return w, err
}

// On the true kernel, an instance that is purged or replaced, or whose retention
// changes, leaves no timer behind.
func TestBehaviour_090_NoTimerIsLeft(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 1})
	c := hostOn(t, store, retained("o", Retain(time.Hour)), poke)
	ctx := within(t)
	timers := func(want int) {
		t.Helper()
		if n := storedRows(t, store)["t"]; n != want {
			t.Fatalf("%d timers, not %d", n, want)
		}
	}
	startVarious(t, c, "o", "a", Completed, nil)
	startVarious(t, c, "o", "b", Terminated, nil)
	timers(2)
	must(t, c.Retain(ctx, "b", 2*time.Hour))
	timers(2)
	must(t, c.Retain(ctx, "b", Forever))
	timers(1)
	must(t, c.Retain(ctx, "b", time.Hour))
	must(t, c.Purge(ctx, "b"))
	timers(1)
	startVarious(t, c, "o", "a", Running, nil) // in its place
	timers(0)
	must(t, c.Purge(ctx, "a", Force()))
	wantGone(t, c, store)
}

// The fields of a retention are there only where there is one; what a later
// version put behind them is not taken for something else.
func TestRetentionFields(t *testing.T) {
	plain := &head{state: Completed, name: "o"}
	kept := &head{state: Completed, name: "o", retain: retentionOf(time.Hour).own(), expires: 5}
	b, bare := kept.encode(), plain.encode()
	if string(b[:len(bare)]) != string(bare) {
		t.Fatal("the first fields differ")
	}
	if h, err := decodeHead(b); err != nil || h.retain != kept.retain || h.expires != 5 {
		t.Fatal(h, err)
	}
	if h, err := decodeHead(bare); err != nil || h.retain != 0 || h.expires != 0 {
		t.Fatal(h, err)
	}
	if _, err := decodeHead(append(bare, 255)); !errors.Is(err, durable.ErrCorrupt) {
		t.Fatal(err)
	}
	m := startMeta{retain: retentionOf(0)}
	if got, err := decodeStartMeta(m.encode()); err != nil || got.retain != m.retain {
		t.Fatal(got, err)
	}
	if _, err := decodeStartMeta(append(m.encode(), 255)); !errors.Is(err, durable.ErrCorrupt) {
		t.Fatal(err)
	}
}
