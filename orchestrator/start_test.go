package orchestrator

import (
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// reusable does what its input says: run on, or end in one of three ways. Its
// activity counts how often it ran.
func reusable(e *effects) []Definition {
	echo := echoActivity(e)
	return []Definition{echo, Define("reusable", func(c *Context, how string) (string, error) {
		if _, err := echo.Call(c, how); err != nil {
			return "", err
		}
		switch how {
		case "Failed":
			return "", Fail("bad", "on purpose")
		case "Running", "Terminated":
			return Event[string](c, "go")
		}
		return c.NewID(), nil
	})}
}

func reusableOf(defs []Definition) *Orchestration[string, string] {
	return defs[1].(*Orchestration[string, string])
}

// inState begins an instance and has it come to a state.
func inState(t *testing.T, h *testHub, c *Client, o *Orchestration[string, string], state State) {
	t.Helper()
	begin(t, c, o, "a", state.String())
	if state == Terminated {
		if err := c.Terminate(t.Context(), "a", ""); err != nil {
			t.Fatal(err)
		}
	}
	h.wantState("a", state)
}

var fourStates = []State{Running, Completed, Failed, Terminated}

func TestBehaviour_079_RecreateByPolicy(t *testing.T) {
	for _, state := range fourStates {
		var e effects
		defs := reusable(&e)
		o := reusableOf(defs)
		h, c := newHub(t, defs...)
		inState(t, h, c, o, state)
		_, err := o.Begin(t.Context(), c, "again", WithID("a"))
		if state.Final() {
			if err != nil || len(e.list) != 2 || h.status("a").State != Completed {
				t.Errorf("%s: %v, %v", state, err, e.list)
			}
			continue
		}
		wantCode(t, err, CodeConflict)
		if h.wantState("a", Running); len(e.list) != 1 {
			t.Errorf("%s: %v", state, e.list)
		}
	}
}

func TestBehaviour_080_Dedupe(t *testing.T) {
	for _, state := range fourStates {
		for _, policy := range []Reusing{ReplaceFinished, TerminateAndReplace, UseExisting, UseRunning} {
			var e effects
			defs := reusable(&e)
			o := reusableOf(defs)
			h, c := newHub(t, defs...)
			inState(t, h, c, o, state)
			before, rows := h.status("a"), len(h.rows("a"))
			_, err := o.Begin(t.Context(), c, "again", WithID("a"), Reuse(policy), ReuseUnless(state))
			wantCode(t, err, CodeConflict)
			after := h.status("a")
			if after.State != before.State || string(after.Output) != string(before.Output) || len(h.rows("a")) != rows {
				t.Errorf("%s: the old one was touched: %+v, then %+v", state, before, after)
			}
			// The other states are no hindrance.
			var others []State
			for _, s := range []State{Pending, Running, Suspended, Completed, Failed, Terminated} {
				if s != state {
					others = append(others, s)
				}
			}
			_, err = o.Begin(t.Context(), c, "Completed", WithID("a"), Reuse(TerminateAndReplace), ReuseUnless(others...))
			if err != nil || h.instances[InstanceID("a")].Incarnation != 2 {
				t.Errorf("%s: %v", state, err)
			}
		}
	}
	_, c := newHub(t, waiter())
	_, err := c.Start(t.Context(), "waiter", nil, ReuseUnless(State(9)))
	wantCode(t, err, CodeBadRequest)
	_, err = c.Start(t.Context(), "waiter", nil, Reuse(Reusing(9)))
	wantCode(t, err, CodeBadRequest)
}

func TestBehaviour_081_ReusePolicies(t *testing.T) {
	for _, tc := range []struct {
		policy Reusing
		ok     [4]bool // in the order of fourStates
		lives  [4]uint64
	}{
		{ReplaceFinished, [4]bool{false, true, true, true}, [4]uint64{1, 2, 2, 2}},
		{RefuseAlways, [4]bool{}, [4]uint64{1, 1, 1, 1}},
		{TerminateAndReplace, [4]bool{true, true, true, true}, [4]uint64{2, 2, 2, 2}},
		{UseExisting, [4]bool{true, true, true, true}, [4]uint64{1, 1, 1, 1}},
		{UseRunning, [4]bool{true, true, true, true}, [4]uint64{1, 2, 2, 2}},
	} {
		for i, state := range fourStates {
			var e effects
			defs := reusable(&e)
			o := reusableOf(defs)
			h, c := newHub(t, defs...)
			inState(t, h, c, o, state)
			id, err := o.Begin(t.Context(), c, "Completed", WithID("a"), Reuse(tc.policy))
			if tc.ok[i] {
				if err != nil || id != "a" {
					t.Errorf("policy %d, %s: %q, %v", tc.policy, state, id, err)
				}
			} else if codeOf(err) != CodeConflict {
				t.Errorf("policy %d, %s: %v", tc.policy, state, err)
			}
			if got := h.instances[InstanceID("a")].Incarnation; got != tc.lives[i] || len(e.list) != int(got) {
				t.Errorf("policy %d, %s: incarnation %d, runs %v", tc.policy, state, got, e.list)
			}
			begin(t, c, o, "b", "Completed", Reuse(tc.policy)) // an id that is free
		}
	}
}

// What a termination lets go is let go where one instance is replaced by another.
func TestReuseTerminates(t *testing.T) {
	leaf := waiter()
	o := Define("busy", func(c *Context, wait bool) (string, error) {
		if !wait {
			return "second", nil
		}
		c.AtEnd("lock", durable.Message{To: durable.ID{Kind: 'e', Name: "stock", Key: "k"}, Op: OpRelease})
		leaf.Go(c, None{}, WithID("leaf"))
		return "", c.Sleep(time.Hour)
	})
	parent := Define("parent", func(c *Context, _ None) (string, error) { return o.Call(c, true, WithID("a")) })
	h, c := newHub(t, o, leaf, parent)
	begin(t, c, parent, "p", None{})
	var refused error
	move.Post(c, "a", 1, func(_ string, err error) { refused = err })
	h.settle()
	begin(t, c, o, "a", false, Reuse(TerminateAndReplace))
	if output(h, o, "a") != "second" || len(h.timers) != 0 {
		t.Fatal(h.status("a"), h.timers)
	}
	h.wantState("leaf", Terminated)
	wantCode(t, refused, CodeEnded)
	if f := h.wantState("p", Failed).Failure; f.Code != CodeTerminated {
		t.Fatal(f)
	}
	if len(h.elsewhere) != 1 || h.elsewhere[0].Op != OpRelease {
		t.Fatal(h.elsewhere)
	}
}

func TestDecision_05_StartOrSignal(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	ctx := t.Context()
	for i := range 3 { // the first starts, the others raise
		begin(t, c, o, "a", 3, WithEvent("item", i), Reuse(UseRunning))
	}
	same2(t, output(h, o, "a"), ints(3))
	_, err := o.Begin(ctx, c, 3, WithID("a"), WithEvent("item", 9), Reuse(UseExisting))
	wantCode(t, err, CodeGone)
	begin(t, c, o, "a", 1, WithEvent("item", 0), Reuse(UseRunning)) // in its place
	same2(t, output(h, o, "a"), ints(1))

	starter := Define("starter", func(c *Context, n int) (None, error) {
		if _, err := o.Start(c, 2, WithID("b"), WithEvent("item", n), Reuse(UseRunning)); err != nil {
			return None{}, err
		}
		_, err := o.Call(c, 0, WithID("b"), Reuse(UseExisting))
		return None{}, err
	})
	h, c = newHub(t, o, starter)
	for i := range 2 {
		begin(t, c, starter, "s", i)
		if f := h.wantState("s", Failed).Failure; f.Code != CodeBadRequest {
			t.Fatal(f)
		}
	}
	same2(t, output(h, o, "b"), ints(2))
}

func TestDecision_11_DetachedStartPolicies(t *testing.T) {
	var e effects
	defs := reusable(&e)
	o := reusableOf(defs)
	starter := Define("starter", func(c *Context, p Reusing) (string, error) {
		return o.Start(c, "Running", WithID("a"), Reuse(p))
	})
	h, c := newHub(t, append(defs, starter)...)
	for i, tc := range []struct {
		policy Reusing
		runs   int
	}{{RefuseAlways, 1}, {ReplaceFinished, 1}, {TerminateAndReplace, 2}, {UseExisting, 2}, {RefuseAlways, 2}} {
		begin(t, c, starter, "s", tc.policy)
		if output(h, starter, "s") != "a" || len(e.list) != tc.runs {
			t.Fatalf("start %d: %v", i, e.list)
		}
		h.wantState("a", Running)
	}
}

func TestBehaviour_083_ScheduledStart(t *testing.T) {
	for _, tc := range []struct {
		name string
		opt  func(h *testHub) StartOption
	}{
		{"instant", func(h *testHub) StartOption { return StartAt(timeOf(h.now.Wall).Add(time.Minute)) }},
		{"delay", func(*testHub) StartOption { return StartAfter(time.Minute) }},
	} {
		for _, from := range []string{"client", "client, replacing", "detached", "child"} {
			o := collector()
			h, c := newHub(t, o)
			opt := tc.opt(h)
			starter := Define("starter", func(c *Context, child bool) (None, error) {
				if child {
					_, err := o.Call(c, 2, WithID("a"), opt)
					return None{}, err
				}
				_, err := o.Start(c, 2, WithID("a"), opt)
				return None{}, err
			})
			h.redefine(o, starter)
			switch from {
			case "client, replacing":
				begin(t, c, o, "a", 0)
				fallthrough
			case "client":
				begin(t, c, o, "a", 2, opt)
			default:
				begin(t, c, starter, "s", from == "child")
			}
			raise(t, c, "a", "item", 0)
			h.dropAll()
			if s := h.wantState("a", Pending); !s.Scheduled.Equal(timeOf(h.now.Wall).Add(time.Minute)) {
				t.Fatalf("%s %s: scheduled for %s", tc.name, from, s.Scheduled)
			}
			h.advance(time.Minute - time.Millisecond)
			h.wantState("a", Pending)
			h.advance(time.Millisecond)
			h.wantState("a", Running)
			raise(t, c, "a", "item", 1)
			same2(t, output(h, o, "a"), ints(2))
			if from == "child" {
				h.wantState("s", Completed)
			}
		}
	}
	o := collector()
	h, c := newHub(t, o)
	begin(t, c, o, "past", 0, StartAt(timeOf(h.now.Wall).Add(-time.Hour)))
	h.wantState("past", Completed)
}

func TestScheduledStartIsManaged(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	ctx := t.Context()
	// Terminated: its timer goes with it.
	begin(t, c, o, "a", 1, StartAfter(time.Hour))
	if err := c.Terminate(ctx, "a", "no"); err != nil || len(h.timers) != 0 {
		t.Fatal(err, h.timers)
	}
	h.wantState("a", Terminated)
	// Suspended when it is due: it begins when it is resumed, once.
	begin(t, c, o, "a", 1, StartAfter(time.Minute))
	if err := c.Suspend(ctx, "a", ""); err != nil {
		t.Fatal(err)
	}
	h.queue = append(h.queue, durable.Message{To: InstanceID("a"), Op: OpRun}) // of an earlier life
	h.advance(time.Hour)
	h.wantState("a", Suspended)
	if err := c.Resume(ctx, "a", ""); err != nil {
		t.Fatal(err)
	}
	h.wantState("a", Running)
	// Replaced by one that is due sooner, whose beginning is its own.
	begin(t, c, o, "a", 1, StartAfter(time.Hour), Reuse(TerminateAndReplace))
	begin(t, c, o, "a", 1, StartAfter(time.Minute), Reuse(TerminateAndReplace))
	if len(h.timers) != 1 {
		t.Fatal(h.timers)
	}
	h.queue = append(h.queue, durable.Message{To: InstanceID("a"), Op: OpRun}) // of an earlier life
	h.settle()
	h.wantState("a", Pending)
	h.advance(time.Minute)
	h.wantState("a", Running)
	raise(t, c, "a", "item", 0)
	h.run()
	same2(t, output(h, o, "a"), ints(1))
}

// openHost is a host on a store that outlives it.
func openHost(t *testing.T, store durable.Store, defs ...Definition) (*durable.Host, *Client) {
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
	return h, NewClient(h)
}

func TestScheduledStartSurvivesARestart(t *testing.T) {
	o := Define("when", func(c *Context, _ None) (int64, error) { return c.Now().UnixMilli(), nil })
	store := memstore.New(memstore.Options{})
	h, c := openHost(t, store, o)
	ctx := within(t)
	at := time.Now().Add(300 * time.Millisecond)
	for _, start := range []func() (string, error){
		func() (string, error) { return o.Begin(ctx, c, None{}, WithID("a"), StartAt(at)) },
		func() (string, error) { return o.Begin(ctx, c, None{}, WithID("never"), StartAfter(time.Hour)) },
		func() (string, error) {
			return o.Begin(ctx, c, None{}, WithID("never"), StartAfter(2*time.Hour), Reuse(TerminateAndReplace))
		},
	} {
		if _, err := start(); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = openHost(t, store.Reopen(), o)
	began, err := o.Result(ctx, c, "a")
	if err != nil || began < at.UnixMilli() {
		t.Fatalf("it began %d ms early, %v", at.UnixMilli()-began, err)
	}
	s, err := c.Status("never")
	if err != nil || s.State != Pending || s.Scheduled.IsZero() {
		t.Fatalf("%+v %v", s, err)
	}
	if err := c.Terminate(ctx, "never", ""); err != nil {
		t.Fatal(err)
	}
}

func TestBehaviour_077_Restart(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("again", func(c *Context, in string) (string, error) {
		if in == "wait" {
			return Event[string](c, "go")
		}
		return echo.Call(c, in)
	})
	h, c := newHub(t, o, echo)
	ctx := t.Context()
	begin(t, c, o, "a", "x", WithTags(map[string]string{"for": "test"}))

	id, err := c.Restart(ctx, "a")
	if err != nil || id != "a" || output(h, o, "a") != "x!" || h.instances[InstanceID("a")].Incarnation != 2 {
		t.Fatal(id, err)
	}
	id, err = c.Restart(ctx, "a", WithNewID())
	if err != nil || id == "a" || output(h, o, id) != "x!" || h.status(id).Tags["for"] != "test" {
		t.Fatal(id, err)
	}
	same2(t, e.list, []string{"x", "x", "x"})
	_, err = c.Restart(ctx, "nobody")
	wantCode(t, err, CodeNotFound)

	begin(t, c, o, "running", "wait")
	_, err = c.Restart(ctx, "running")
	wantCode(t, err, CodeConflict)
	h.wantState("running", Running)
	if id, err = c.Restart(ctx, "running", WithNewID()); err != nil {
		t.Fatal(err)
	}
	h.wantState(id, Running)

	begin(t, c, o, "once", "x", Once())
	_, err = c.Restart(ctx, "once")
	wantCode(t, err, CodeConflict)
}

func TestRestartVersions(t *testing.T) {
	old := Define("v", func(*Context, None) (string, error) { return "old", nil }, Version("1"))
	latest := Define("v", func(*Context, None) (string, error) { return "new", nil }, Version("2"))
	h, c := newHub(t, old)
	begin(t, c, old, "any", None{})
	begin(t, c, old, "chosen", None{}, AsVersion("1"))
	h.redefine(old, latest)
	for id, want := range map[string]string{"any": "new", "chosen": "old"} {
		if _, err := c.Restart(t.Context(), id); err != nil || output(h, old, id) != want {
			t.Fatal(id, err, output(h, old, id))
		}
	}
}

// staleHost shows a client an instance as it was before.
type staleHost struct {
	*durable.Host
	snapshot durable.Snapshot
	log      [][]byte
}

func (h *staleHost) Log(durable.ID) (durable.Snapshot, [][]byte, error) {
	return h.snapshot, h.log, nil
}

// A restart is of the instance that it saw, and of none that came after it.
func TestRestartIsSafeFromRaces(t *testing.T) {
	var e effects
	defs := reusable(&e)
	o := reusableOf(defs)
	store := memstore.New(memstore.Options{})
	host, c := openHost(t, store, defs...)
	ctx := within(t)
	if _, err := o.Begin(ctx, c, "Completed", WithID("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Result(ctx, c, "a"); err != nil {
		t.Fatal(err)
	}
	snapshot, log, err := host.Log(InstanceID("a"))
	if err != nil {
		t.Fatal(err)
	}
	stale := &Client{hub: &staleHost{host, snapshot, log}}
	for _, between := range []func() error{
		func() error { _, err := c.Restart(ctx, "a"); return err },
		func() error { return c.Purge(ctx, "a") },
	} {
		if err := between(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Status("a"); err == nil { // restarted
			if _, err := o.Result(ctx, c, "a"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := stale.Restart(ctx, "a")
		wantCode(t, err, CodeConflict)
		if len(e.list) != 2 {
			t.Fatal(e.list)
		}
	}
	var answers []durable.Answer
	h, c := newHub(t, defs...)
	begin(t, c, o, "a", "Completed")
	runs := len(e.list)
	m := (&startTest{o.def}).message("a")
	m.Incarnation, m.Return.Token = 1, 1
	h.waiting[1] = func(a durable.Answer) { answers = append(answers, a) }
	h.turn(h.instances[InstanceID("a")], []durable.Message{newMessage("a", OpPurge, "", nil), m})
	if len(answers) != 1 || codeOf(answers[0].Err()) != CodeGone || len(e.list) != runs {
		t.Fatal(answers, e.list)
	}
}
