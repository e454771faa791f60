package orchestrator

import (
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

func waiter() *Orchestration[None, string] {
	return Define("waiter", func(c *Context, _ None) (string, error) { return Event[string](c, "go") })
}

func TestBehaviour_071_Terminate(t *testing.T) {
	o := waiter()
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "running", None{})
	begin(t, c, o, "suspended", None{})
	if err := c.Suspend(ctx, "suspended", "hold"); err != nil {
		t.Fatal(err)
	}
	// Pending: replaced, its begin on the way.
	begin(t, c, o, "pending", None{})
	raise(t, c, "pending", "go", "x")
	start := o.def
	m := (&startTest{start}).message("pending")
	h.Post(m, func(durable.Answer) {})
	for len(h.queue) > 0 && h.status("pending").State != Pending {
		h.step()
	}
	h.wantState("pending", Pending)
	for _, id := range []string{"running", "suspended", "pending"} {
		h.queue = append([]durable.Message{newMessage(id, OpTerminate, "", []byte("enough"))}, h.queue...)
		h.settle()
		if s := h.wantState(id, Terminated); string(s.Output) != `"enough"` {
			t.Fatalf("%s", s.Output)
		}
	}
	wantCode(t, c.Terminate(ctx, "running", "again"), CodeGone)
	wantCode(t, c.Terminate(ctx, "nobody", ""), CodeNotFound)
}

type startTest struct{ def *orchestrationDef }

func (s *startTest) message(id string) durable.Message {
	return (&start{}).message(s.def.name, id, nil)
}

func TestBehaviour_072_TerminateRecursive(t *testing.T) {
	leaf := waiter()
	done := Define("done", func(*Context, None) (None, error) { return None{}, nil })
	o := Define("tree", func(c *Context, _ None) (None, error) {
		if _, err := done.Call(c, None{}, WithID(c.InstanceID()+"-done")); err != nil {
			return None{}, err
		}
		_, err := leaf.Call(c, None{}, WithID(c.InstanceID()+"-leaf"))
		return None{}, err
	})
	h, c := newHub(t, o, leaf, done)
	begin(t, c, o, "a", None{})
	begin(t, c, o, "b", None{})
	if err := c.Terminate(t.Context(), "a", "all"); err != nil {
		t.Fatal(err)
	}
	if err := c.TerminateOnly(t.Context(), "b", "one"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]State{
		"a": Terminated, "a-leaf": Terminated, "a-done": Completed, "b": Terminated, "b-leaf": Running, "b-done": Completed,
	} {
		h.wantState(id, want)
	}
}

func TestBehaviour_073_TerminatePrecedence(t *testing.T) {
	loop := Define("loop", func(c *Context, n int) (None, error) {
		_, _ = Event[None](c, "next")
		return None{}, ContinueAsNew(c, n+1)
	})
	o := waiter()
	for _, tc := range []struct {
		name  string
		ops   []durable.Op
		state State
	}{
		{"completion, then terminate", []durable.Op{OpEvent, OpTerminate}, Completed},
		{"terminate, then event", []durable.Op{OpTerminate, OpEvent}, Terminated},
	} {
		h, c := newHub(t, o)
		begin(t, c, o, "a", None{})
		var batch []durable.Message
		for _, op := range tc.ops {
			batch = append(batch, newMessage("a", op, "go", []byte(`"x"`)))
		}
		h.turn(h.instances[InstanceID("a")], batch)
		if s := h.wantState("a", tc.state); s.State != tc.state {
			t.Fatal(tc.name)
		}
	}
	h, c := newHub(t, loop)
	begin(t, c, loop, "a", 0)
	h.turn(h.instances[InstanceID("a")], []durable.Message{newMessage("a", OpEvent, "next", nil), newMessage("a", OpTerminate, "", nil)})
	h.settle()
	h.wantState("a", Terminated)
}

func TestBehaviour_074_SuspendResume(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "a", 5)
	raise(t, c, "a", "item", 0)
	if err := c.Suspend(ctx, "a", "why"); err != nil {
		t.Fatal(err)
	}
	if s := h.wantState("a", Suspended); s.Reason != "why" {
		t.Fatal(s.Reason)
	}
	for i := 1; i < 5; i++ {
		raise(t, c, "a", "item", i)
		h.dropAll()
	}
	h.wantState("a", Suspended)
	if err := c.Resume(ctx, "a", ""); err != nil {
		t.Fatal(err)
	}
	same2(t, output(h, o, "a"), ints(5))
}

func TestBehaviour_075_SuspendStopsAll(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("all", func(c *Context, _ None) (string, error) {
		f := echo.Go(c, "before")
		if err := c.Sleep(time.Second); err != nil {
			return "", err
		}
		if _, err := f.Get(); err != nil {
			return "", err
		}
		return echo.Call(c, "after")
	})
	h, c := newHub(t, o, echo)
	h.holdWork = true
	begin(t, c, o, "a", None{})
	if err := c.Suspend(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	h.holdWork = false
	h.run()
	h.wantState("a", Suspended)
	same2(t, e.list, []string{"before"})
	if err := c.Resume(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	h.run()
	output(h, o, "a")
	same2(t, e.list, []string{"before", "after"})
}

// What came while the instance was suspended may have the code cancel what came
// after it: that is then nobody's, and no disagreement with the history.
func TestSuspendedLoserOfARace(t *testing.T) {
	o := Define("race", func(c *Context, _ None) (string, error) {
		event, timer := EventGo[string](c, "go"), c.Timer(time.Minute)
		if Any(timer, event) == 0 {
			return "timer", nil
		}
		timer.Cancel()
		if err := c.Sleep(time.Minute); err != nil {
			return "", err
		}
		r, err := event.Get()
		return r.Value, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	if err := c.Suspend(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Raise(t.Context(), "a", "go", Raw(`"event"`)); err != nil {
		t.Fatal(err)
	}
	h.advance(2 * time.Minute)
	if err := c.Resume(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	h.run()
	if s := h.wantState("a", Completed); string(s.Output) != `"event"` {
		t.Errorf("the output is %s", s.Output)
	}
	if len(h.broken) > 0 {
		t.Errorf("set aside: %v", h.broken)
	}
}

func TestBehaviour_076_SuspendFinished(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "done", 0)
	begin(t, c, o, "running", 1)
	if err := c.Suspend(ctx, "done", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Resume(ctx, "done", ""); err != nil {
		t.Fatal(err)
	}
	rows := len(h.rows("running"))
	if err := c.Resume(ctx, "running", ""); err != nil || len(h.rows("running")) != rows {
		t.Fatal(err)
	}
	wantCode(t, c.Suspend(ctx, "nobody", ""), CodeNotFound)
	h.wantState("done", Completed)
}

// A start, an end, a purge and another start may share the turn that makes the
// instance: what was acknowledged last is what is stored.
func TestPurgeAndStartInTheFirstTurn(t *testing.T) {
	o := Define("quick", func(c *Context, wait bool) (int, error) {
		c.Publish([]byte("began"))
		if wait {
			_, err := Event[None](c, "go")
			return 2, err
		}
		c.Timer(time.Hour)
		return 1, nil
	})
	h, _ := newHub(t, o)
	id := InstanceID("a")
	h.instances[id] = &testInstance{Instance: durable.Instance{ID: id}}
	var first, second start
	h.turn(h.instances[id], []durable.Message{
		first.message("quick", "a", []byte("false")), newMessage("a", OpPurge, "", nil), second.message("quick", "a", []byte("true")),
	})
	h.settle()
	h.wantState("a", Running)
	if in := h.instances[id]; len(in.published) != 1 || len(h.timers) != 0 {
		t.Errorf("%d events, timers %v", len(in.published), h.timers)
	}
	h.queue = append(h.queue, newMessage("a", OpEvent, "go", nil))
	h.settle()
	if got := output(h, o, "a"); got != 2 {
		t.Errorf("the output is %d", got)
	}
}

func TestBehaviour_079_Recreate(t *testing.T) {
	o := Define("again", func(c *Context, how string) (string, error) {
		if how == "fail" {
			return "", Fail("bad", "on purpose")
		}
		if how == "wait" {
			return Event[string](c, "go")
		}
		c.Publish([]byte(how))
		return c.NewID(), nil
	})
	h, c := newHub(t, o)
	ctx := t.Context()
	for id, how := range map[string]string{"completed": "ok", "failed": "fail", "terminated": "wait"} {
		begin(t, c, o, id, how)
		if how == "wait" {
			raise(t, c, id, "old", 1)
			if err := c.Terminate(ctx, id, ""); err != nil {
				t.Fatal(err)
			}
		}
		first := string(h.status(id).Output)
		begin(t, c, o, id, "ok")
		second := output(h, o, id)
		if first == second || h.status(id).Events != 1 || len(h.rows(id, "ExecutionStarted")) != 1 {
			t.Fatalf("%s was not replaced: %+v", id, h.status(id))
		}
	}
	begin(t, c, o, "running", "wait")
	_, err := o.Begin(ctx, c, "ok", WithID("running"))
	wantCode(t, err, CodeConflict)
	h.wantState("running", Running)
}

func TestBehaviour_082_EnforceUnique(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0, Once())
	begin(t, c, o, "b", 0)
	_, err := o.Begin(t.Context(), c, 0, WithID("a"))
	wantCode(t, err, CodeConflict)
	_, err = o.Begin(t.Context(), c, 0, WithID("b"), Once())
	wantCode(t, err, CodeConflict)
	h.wantState("a", Completed)
}

func TestBehaviour_085_GetStatus(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("status", func(c *Context, in string) (string, error) { return echo.Call(c, in) })
	h, c := newHub(t, o, echo)
	if _, err := c.Status("nobody"); codeOf(err) != CodeNotFound {
		t.Fatal(err)
	}
	if _, err := c.History("nobody"); codeOf(err) != CodeNotFound {
		t.Fatal(err)
	}
	begin(t, c, o, "a", "in")
	s := h.wantState("a", Completed)
	if s.Name != "status" || string(s.Output) != `"in!"` || s.Created != timeOf(h.now.Wall) {
		t.Fatalf("%+v", s)
	}
	if in, err := c.Input("a"); err != nil || string(in) != `"in"` {
		t.Fatal(string(in), err)
	}
	rows := h.rows("a", "TaskScheduled", "TaskCompleted")
	if len(rows) != 2 || string(rows[0].Input) != `"in"` || string(rows[1].Result) != `"in!"` {
		t.Fatalf("%+v", rows)
	}
}

func TestBehaviour_086_ListByState(t *testing.T) {
	o := waiter()
	h, c := newHub(t, o)
	for _, id := range []string{"a", "b", "c"} {
		begin(t, c, o, id, None{})
	}
	raise(t, c, "b", "go", "x")
	for state, want := range map[State]int{Running: 2, Completed: 1, Failed: 0} {
		for _, list := range []func() ([]Item, error){
			func() ([]Item, error) { return c.List(state, Cursor{}, 10) },
			func() ([]Item, error) { return c.ListByName("WAITER", state, Cursor{}, 10) },
		} {
			items, err := list()
			if err != nil || len(items) != want {
				t.Fatal(state, items, err)
			}
		}
	}
	_ = h
}

func TestBehaviour_087_Purge(t *testing.T) {
	o := waiter()
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "a", None{})
	wantCode(t, c.Purge(ctx, "a"), CodeConflict)
	raise(t, c, "a", "go", "x")
	if err := c.Purge(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Purge(ctx, "a"), CodeNotFound)
	if in := h.instances[InstanceID("a")]; in.Exists || in.Log != nil || in.Head != nil || in.index != nil {
		t.Fatalf("%+v", in)
	}
	begin(t, c, o, "a", None{}) // the id is free again
	// Ended, purged and started again in one batch.
	h.turn(h.instances[InstanceID("a")], []durable.Message{
		newMessage("a", OpTerminate, "", nil), newMessage("a", OpPurge, "", nil), (&startTest{o.def}).message("a"),
	})
	h.settle()
	h.wantState("a", Running)
}

func TestDecision_10_RequestsOfTheEnded(t *testing.T) {
	for _, suspended := range []bool{false, true} {
		o := waiter()
		h, c := newHub(t, o)
		begin(t, c, o, "a", None{})
		if suspended {
			_ = c.Suspend(t.Context(), "a", "")
		}
		var got error
		move.Post(c, "a", 1, func(_ string, err error) { got = err })
		h.settle()
		if got != nil {
			t.Fatal(got)
		}
		if err := c.Terminate(t.Context(), "a", ""); err != nil {
			t.Fatal(err)
		}
		wantCode(t, got, CodeEnded)
	}
}

func TestDecision_11_StartIDs(t *testing.T) {
	o := collector()
	_, c := newHub(t, o)
	for _, id := range []string{"a/b", "@x", "a?", "a\nb", string(make([]byte, 300))} {
		_, err := o.Begin(t.Context(), c, 0, WithID(id))
		wantCode(t, err, CodeBadRequest)
	}
	a, err := o.Begin(t.Context(), c, 0, WithRequestID("ann", "1"))
	b, err2 := o.Begin(t.Context(), c, 0, WithRequestID("ann", "1"))
	other, err3 := o.Begin(t.Context(), c, 0, WithRequestID("bob", "1"))
	if err != nil || err2 != nil || err3 != nil || a != b || a == other {
		t.Fatal(a, b, other, err, err2, err3)
	}
}

func TestActivityOutlivesItsOrchestration(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("short", func(c *Context, _ None) (None, error) { echo.Go(c, "x"); return Event[None](c, "end") })
	h, c := newHub(t, o, echo)
	h.holdWork = true
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "end", None{})
	rows := len(h.rows("a"))
	h.holdWork = false
	h.settle()
	if len(h.rows("a")) != rows || len(e.list) != 1 {
		t.Fatal("the late result left something")
	}
}
