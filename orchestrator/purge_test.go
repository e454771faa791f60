package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// storedRows counts a store's rows by the letter of their family, but for
// the partitions' own.
func storedRows(t *testing.T, store durable.Store) map[string]int {
	t.Helper()
	rows := map[string]int{}
	err := store.View(func(rd durable.Reader) error {
		return rd.Scan([]byte{0}, []byte{255}, false, func(k, _ []byte) bool {
			if k[2] != 'm' {
				rows[string(k[2])]++
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func hostOn(t *testing.T, store durable.Store, defs ...Definition) *Client {
	t.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	h, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, Options{Strict: true})}, Worker: reg.Worker(), UptimeDelay: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return NewClient(h)
}

// wantGone waits until nothing at all is stored: what was erased goes a few rows
// with each batch, so that there must be some.
func wantGone(t *testing.T, c *Client, store durable.Store) {
	t.Helper()
	ctx := within(t)
	for {
		for i := range 2 * store.Partitions() {
			id := fmt.Sprint("poke", i)
			if _, err := c.Start(ctx, "poke", nil, WithID(id)); err != nil {
				t.Fatalf("%v: %v", err, storedRows(t, store))
			}
			if _, err := c.Wait(ctx, id); err != nil {
				t.Fatal(err)
			}
			if err := c.Purge(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		rows := storedRows(t, store)
		delete(rows, "g") // of the last poke
		if rows["l"] <= 4*store.Partitions() {
			delete(rows, "l")
		}
		if len(rows) == 0 {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("still there:", rows)
		}
	}
}

var poke = Define("poke", func(*Context, None) (None, error) { return None{}, nil })

func TestBehaviour_087_PurgeLeavesNoRows(t *testing.T) {
	big := strings.Repeat("x", 300<<10)
	echo := DefineActivity("echo", func(_ context.Context, s string) (string, error) { return s, nil })
	o := Define("big", func(c *Context, n int) (string, error) {
		c.Timer(time.Hour)
		c.SetIndex(Index{Name: "mine"})
		for range 20 * n {
			if _, err := echo.Call(c, ""); err != nil {
				return "", err
			}
		}
		for range n {
			if _, err := echo.Call(c, big); err != nil {
				return "", err
			}
			c.Publish([]byte(big))
		}
		_, err := Event[None](c, "go")
		return big, err
	})
	store := memstore.New(memstore.Options{Partitions: 2})
	c := hostOn(t, store, o, echo, poke)
	ctx := within(t)
	if _, err := o.Begin(ctx, c, 10, WithID("a"), WithTags(map[string]string{"k": "v"}), WithRequestID("me", "1")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Purge(ctx, "a"), CodeConflict)
	if err := c.Raise(ctx, "a", "go", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if rows := storedRows(t, store); rows["l"] < 250 || rows["j"] < 4 || rows["x"] != 3 {
		t.Fatalf("%v", rows)
	}
	if err := c.Purge(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Purge(ctx, "a"), CodeNotFound)
	wantGone(t, c, store)
	// By force, with a timer armed and an activity's result to come.
	if _, err := o.Begin(ctx, c, 1, WithID("b")); err != nil {
		t.Fatal(err)
	}
	if err := c.Purge(ctx, "b", Force()); err != nil {
		t.Fatal(err)
	}
	wantGone(t, c, store)
}

// family starts a tree: a root in its second generation, with children of both,
// grandchildren, and one of the children under an id of its own.
func family() []Definition {
	leaf := waiter()
	child := Define("child", func(c *Context, wait bool) (None, error) {
		if wait {
			_, err := leaf.Call(c, None{})
			return None{}, err
		}
		return None{}, nil
	})
	return []Definition{leaf, child, poke, Define("root", func(c *Context, n int) (None, error) {
		if _, err := child.Call(c, false); err != nil || n == 0 {
			return None{}, errors.Join(err, ContinueAsNew(c, 1))
		}
		named := child.Go(c, true, WithID("named"))
		_, err := child.Call(c, true)
		_, err2 := named.Get()
		return None{}, errors.Join(err, err2)
	})}
}

const familySize = 7 // root; a child of each generation; named and another, each with a leaf

func startFamily(t *testing.T, c *Client) {
	t.Helper()
	ctx := within(t)
	if _, err := c.Start(ctx, "root", Raw("0"), WithID("r")); err != nil {
		t.Fatal(err)
	}
	for len(searchAll(t, c, Query{Name: "waiter", States: []State{Running}})) < 2 {
		if ctx.Err() != nil {
			t.Fatal(ctx.Err())
		}
	}
}

func endFamily(t *testing.T, c *Client) {
	t.Helper()
	for _, leaf := range searchAll(t, c, Query{Name: "waiter"}) {
		if err := c.Raise(within(t), leaf.ID, "go", nil); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := c.Wait(within(t), "r"); err != nil || s.State != Completed {
		t.Fatal(s, err)
	}
}

func TestBehaviour_089_PurgeRecursive(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 3})
	c := hostOn(t, store, family()...)
	ctx := within(t)
	startFamily(t, c)
	if n, err := c.PurgeTree(ctx, "r"); n != 0 || codeOf(err) != CodeConflict {
		t.Fatal(n, err)
	}
	if _, err := c.PurgeTree(ctx, "nobody"); codeOf(err) != CodeNotFound {
		t.Fatal(err)
	}
	endFamily(t, c)
	begin(t, c, waiter(), "r:stranger", None{}) // whose id only looks like a child's
	if n := len(searchAll(t, c, Query{})); n != familySize+1 {
		t.Fatal(n)
	}
	if n, err := c.PurgeTree(ctx, "r"); n != familySize || err != nil {
		t.Fatal(n, err)
	}
	if left := searchAll(t, c, Query{}); len(left) != 1 || left[0].ID != "r:stranger" {
		t.Fatal(left)
	}
	if _, err := c.PurgeTree(ctx, "r"); codeOf(err) != CodeNotFound {
		t.Fatal(err)
	}
	if n, err := c.PurgeTree(ctx, "r:stranger", Force()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	wantGone(t, c, store)
}

func TestBehaviour_089_PurgeForce(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 3})
	c := hostOn(t, store, family()...)
	ctx := within(t)
	startFamily(t, c)
	if err := c.Suspend(ctx, "named", ""); err != nil {
		t.Fatal(err)
	}
	if n, err := c.PurgeTree(ctx, "r", Force()); n != familySize || err != nil {
		t.Fatal(n, err, searchAll(t, c, Query{}))
	}
	wantGone(t, c, store)
	// A root that has ended alone, whose children run on.
	startFamily(t, c)
	if err := c.TerminateOnly(ctx, "r", ""); err != nil {
		t.Fatal(err)
	}
	if n, err := c.PurgeTree(ctx, "r"); n != 0 || codeOf(err) != CodeConflict || !strings.Contains(err.Error(), "has not ended") {
		t.Fatal(n, err)
	}
	if n := len(searchAll(t, c, Query{})); n != familySize {
		t.Fatal("something was purged", n)
	}
	if n, err := c.PurgeTree(ctx, "r", Force()); n != familySize || err != nil {
		t.Fatal(n, err)
	}
	wantGone(t, c, store)
}

// cutHub loses the connection after some messages.
type cutHub struct {
	hub
	left int
}

func (h *cutHub) Post(m durable.Message, done func(durable.Answer)) {
	if h.left--; h.left < 0 {
		done(durable.Answer{Fail: Fail(CodeUnavailable, "cut")})
		return
	}
	h.hub.Post(m, done)
}

// Wherever a purge is cut short, a repetition purges the rest.
func TestBehaviour_089_PurgeIsFinishedByARepetition(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 3})
	c := hostOn(t, store, family()...)
	for cut := range familySize {
		startFamily(t, c)
		endFamily(t, c)
		n, err := (&Client{hub: &cutHub{c.hub, cut}}).PurgeTree(within(t), "r")
		if n != cut || codeOf(err) != CodeUnavailable {
			t.Fatal(n, err)
		}
		if rest, err := c.PurgeTree(within(t), "r"); rest != familySize-cut || err != nil {
			t.Fatal(cut, rest, err, searchAll(t, c, Query{}))
		}
	}
	wantGone(t, c, store)
}

// lateHub hides an instance until somebody watches for it.
type lateHub struct {
	hub
	late durable.ID
}

func (h *lateHub) Read(id durable.ID) (durable.Snapshot, error) {
	if id == h.late {
		return durable.Snapshot{ID: id}, nil
	}
	return h.hub.Read(id)
}

func (h *lateHub) Watch(id durable.ID, after uint64) (*durable.Watcher, error) {
	if id == h.late {
		h.late = durable.ID{}
	}
	return h.hub.Watch(id, after)
}

// A sub-orchestration whose start is on its way when its parent is terminated
// is waited for.
func TestBehaviour_089_PurgeWaitsForWhatIsOnItsWay(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 3})
	c := hostOn(t, store, family()...)
	startFamily(t, c)
	late := &Client{hub: &lateHub{c.hub, InstanceID("named")}}
	if n, err := late.PurgeTree(within(t), "r", Force()); n != familySize || err != nil {
		t.Fatal(n, err, searchAll(t, c, Query{}))
	}
	wantGone(t, c, store)
}

func TestBehaviour_088_PurgeWhere(t *testing.T) {
	store := memstore.New(memstore.Options{Partitions: 3})
	c := hostOn(t, store, append(family(), various("alpha"), various("beta"))...)
	ctx := within(t)
	const n = 1100
	var half time.Time
	for i := range 2 * n {
		if i == n {
			for half = timeOf(c.Now("").Wall); !timeOf(c.Now("").Wall).After(half); { // the next millisecond
				half = timeOf(c.Now("").Wall)
			}
			half = timeOf(c.Now("").Wall)
		}
		state := Raw(`"Completed"`)
		if i%n < 10 {
			state = Raw(`"Running"`)
		}
		if _, err := c.Start(ctx, []string{"alpha", "beta"}[i%2], state, WithID(fmt.Sprint("i", i))); err != nil {
			t.Fatal(err)
		}
	}
	want := func(q Query, want int, opts ...PurgeOption) {
		t.Helper()
		if r, err := c.PurgeWhere(ctx, q, 0, opts...); err != nil || r.Count != want || !r.Complete {
			t.Fatalf("%+v: %+v, %v, want %d", q, r, err, want)
		}
	}
	_, err := c.PurgeWhere(ctx, Query{States: []State{Completed, Running}}, 0)
	wantCode(t, err, CodeBadRequest)
	want(Query{Name: "nothing"}, 0)
	want(Query{CreatedTo: half, Name: "alpha"}, n/2-5)
	// The rest of that time, with a budget that is used up at once.
	total, rounds := 0, 0
	for done := false; !done; rounds++ {
		r, err := c.PurgeWhere(ctx, Query{CreatedTo: half}, time.Nanosecond)
		if err != nil || !r.Complete && r.Count != purgeAtOnce {
			t.Fatal(r, err)
		}
		total, done = total+r.Count, r.Complete
	}
	if total != n/2-5 || rounds != (total+purgeAtOnce-1)/purgeAtOnce {
		t.Fatal(total, rounds)
	}
	want(Query{}, n-10)
	if left := searchAll(t, c, Query{States: []State{Running}, Limit: 1000}); len(left) != 20 || len(searchAll(t, c, Query{})) != 20 {
		t.Fatal(len(left))
	}
	want(Query{States: []State{Running}, Name: "alpha"}, 10, Force())
	want(Query{}, 10, Force())
	wantGone(t, c, store)

	startFamily(t, c) // as trees
	if err := c.TerminateOnly(ctx, "r", ""); err != nil {
		t.Fatal(err)
	}
	want(Query{Name: "root"}, 0, Trees())
	want(Query{Name: "root"}, familySize, Trees(), Force())
	wantGone(t, c, store)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	startVarious(t, c, "alpha", "last", Completed, nil)
	if r, err := c.PurgeWhere(cancelled, Query{}, 0); !errors.Is(err, context.Canceled) {
		t.Fatal(r, err)
	}
}

// An instance that was started anew since the search is another one.
func TestBehaviour_088_PurgeWhereSparesTheReplaced(t *testing.T) {
	h, c := newHub(t, various("alpha"))
	startVarious(t, c, "alpha", "a", Completed, nil)
	page, err := c.Search(Query{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	startVarious(t, c, "alpha", "a", Completed, nil)
	settling := &Client{hub: &settlingHub{h}}
	if n, all, err := settling.purgeEach(t.Context(), t.Context(), page.Items, false); n != 0 || !all || err != nil {
		t.Fatal(n, all, err)
	}
	h.wantState("a", Completed)
	if n, _, err := settling.purgeTrees(t.Context(), t.Context(), page.Items, true); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if r, err := settling.PurgeWhere(t.Context(), Query{}, 0); r.Count != 1 || err != nil {
		t.Fatal(r, err)
	}
}

// settlingHub answers a posted message at once.
type settlingHub struct{ *testHub }

func (h *settlingHub) Post(m durable.Message, done func(durable.Answer)) {
	in := h.instances[m.To]
	if in != nil && m.Incarnation != 0 && m.Incarnation != in.Incarnation { // as the kernel does
		done(durable.Answer{Fail: Fail(CodeGone, "another incarnation")})
		return
	}
	h.testHub.Post(m, done)
	h.settle()
}
