package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// What happened to the instance after the failure happens again: events, timers,
// results that came late.
func TestRewindKeepsWhatHappened(t *testing.T) {
	s := newShaky("bad")
	a := s.activity()
	slow := DefineActivity("slow", func(context.Context, None) (string, error) { s.note("slow"); return "slow", nil })
	o := Define("busy", func(c *Context, _ None) (string, error) {
		late, timer, bad := slow.Go(c, None{}), c.Timer(time.Minute), a.Go(c, "bad")
		early, err := Event[string](c, "item")
		if err != nil {
			return "", err
		}
		c.Publish([]byte("early"))
		if _, err := bad.Get(); err != nil {
			_, _ = Event[string](c, "item") // read in vain
			c.Publish([]byte("in vain"))
			return "", err
		}
		second, err := Event[string](c, "item")
		if err != nil {
			return "", err
		}
		if _, err := timer.Get(); err != nil {
			return "", err
		}
		third, err := late.Get()
		return early + second + third, err
	})
	h, c := newHub(t, o, a, slow)
	h.holdWork = true
	begin(t, c, o, "x", None{})
	raise(t, c, "x", "item", "1")
	bad := slices.IndexFunc(h.work, func(w durable.Work) bool { return w.Name == "shaky" })
	w := h.work[bad]
	h.work = slices.Delete(h.work, bad, bad+1)
	h.finishWork(w, h.worker(t.Context(), w))
	h.settle()
	if err := c.Suspend(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	raise(t, c, "x", "item", "2")
	if err := c.Resume(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	h.wantState("x", Failed)
	if len(h.timers) != 0 {
		t.Fatal(h.timers)
	}
	h.holdWork = false
	h.settle() // the slow one's result comes now
	s.mend()
	if err := c.Rewind(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	h.wantState("x", Running)
	if len(h.timers) != 1 {
		t.Fatal(h.timers)
	}
	h.run()
	if got := output(h, o, "x"); got != "12slow" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"bad", "slow", "bad"})
	if n := h.status("x").Events; n != 2 { // published before; not taken back, and not again
		t.Fatal(n)
	}
	h.replays("x")
}

// Requests come again without their clients, who were answered.
func TestRewindAnswersNobodyTwice(t *testing.T) {
	s := newShaky("bad")
	a := s.activity()
	var callers []string
	see := DefineActivity("see", func(_ context.Context, caller string) (None, error) {
		callers = append(callers, caller)
		return None{}, nil
	})
	o := Define("moves", func(c *Context, n int) (int, error) {
		bad := a.Go(c, "bad")
		sum := 0
		for range n {
			r, err := move.Wait(c)
			if err != nil {
				return 0, err
			}
			if sum += r.In; sum == 1 {
				_, err = bad.Get()
			}
			if _, err2 := see.Call(c, r.Caller); err2 != nil {
				return 0, err2
			}
			if err != nil {
				return 0, err
			}
			r.Answer("ok")
		}
		return sum, nil
	})
	h, c := newHub(t, o, a, see)
	h.holdWork = true
	begin(t, c, o, "x", 3)
	answers := map[string]int{}
	post := func(who string, n int) {
		move.Post(c, "x", n, func(got string, err error) { answers[who+" "+got+string(codeOf(err))]++ }, RequestID(who, who))
		h.settle()
	}
	post("ann", 1)
	post("bob", 10)
	h.holdWork = false
	h.settle()
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	h.wantState("x", Running)
	post("cid", 100)
	if got := output(h, o, "x"); got != 111 {
		t.Fatal(got)
	}
	if len(answers) != 3 || answers["ann ended"] != 1 || answers["bob ended"] != 1 || answers["cid ok<nil>"] != 1 {
		t.Fatal(answers)
	}
	same2(t, callers, []string{"ann", "bob", "cid"}) // ann's was seen before the rewind, and that is not done again
	h.replays("x")
}

// An instance that failed can be rewound in the batch in which it fails; what
// comes after the rewind meets a running instance.
func TestRewindInTheSameBatch(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	o := Define("o", func(c *Context, _ None) (string, error) {
		if _, err := a.Call(c, "a"); err != nil {
			return "", err
		}
		return Event[string](c, "go")
	})
	h, c := newHub(t, o, a)
	h.holdWork = true
	begin(t, c, o, "x", None{})
	w := h.work[0]
	h.work = nil
	result := h.worker(t.Context(), w)
	s.mend()
	x := h.instances[InstanceID("x")]
	h.turn(x, []durable.Message{
		{To: w.ID, Op: durable.OpResult, Task: w.Task, Incarnation: w.Incarnation, Generation: w.Generation, Fail: result.Fail},
		newMessage("x", OpRewind, "", nil),
	})
	h.wantState("x", Failed)
	h.holdWork = false
	h.settle()
	h.wantState("x", Running)
	// Failed again, by being rewound and terminated, purged, replaced at once.
	s.down["a"] = true
	for _, ops := range [][]durable.Message{
		{newMessage("y", OpRewind, "", nil), newMessage("y", OpTerminate, "", nil)},
		{newMessage("y", OpRewind, "", nil), newMessage("y", OpTerminate, "", nil), newMessage("y", OpPurge, "", nil)},
		{newMessage("y", OpRewind, "", nil), newMessage("y", OpTerminate, "", nil), (&startTest{o.def}).message("y")},
	} {
		s.keys = map[string]string{}
		begin(t, c, o, "y", None{})
		h.wantState("y", Failed)
		h.turn(h.instances[InstanceID("y")], ops)
		h.run()
		if err := h.broken[InstanceID("y")]; err != nil {
			t.Fatal(err)
		}
		if in := h.instances[InstanceID("y")]; in.Exists && !h.status("y").State.Final() {
			t.Fatal(h.status("y"))
		}
	}
}

// A rewound instance may continue as new in the very turn, and is itself in a
// later generation.
func TestRewindAndGenerations(t *testing.T) {
	s := newShaky("2", "3")
	a := s.activity()
	o := Define("o", func(c *Context, n int) (int, error) {
		f := a.Go(c, fmt.Sprint(n))
		if _, err := Event[None](c, "next"); err != nil {
			return 0, err
		}
		if n == 3 { // fails only if both are there
			if _, err := f.Get(); err != nil {
				return 0, err
			}
			return n, nil
		}
		if f.Done() {
			if _, err := f.Get(); err != nil {
				return 0, err
			}
		}
		return 0, ContinueAsNew(c, n+1)
	})
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", 1)
	raise(t, c, "x", "next", None{})
	raise(t, c, "x", "next", None{})
	h.wantState("x", Failed) // of 2, which was there with the event
	if err := c.Rewind(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	// The event came again before the result: it went on to generation 3.
	h.settle()
	if s := h.wantState("x", Running); s.Generation != 3 {
		t.Fatal(s)
	}
	raise(t, c, "x", "next", None{})
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != 3 {
		t.Fatal(got)
	}
	h.replays("x")
}

// On the kernel, with a crash after each step.
func TestRewindSurvivesCrashes(t *testing.T) {
	var down atomic.Bool
	var runs [3]atomic.Int64
	step := DefineActivity("step", func(_ context.Context, i int) (int, error) {
		runs[i].Add(1)
		if i == 1 && down.Load() {
			return 0, errors.New("down")
		}
		return i, nil
	})
	kid := Define("kid", func(c *Context, _ None) (int, error) { return step.Call(c, 1) })
	o := Define("o", func(c *Context, _ None) (int, error) {
		first, err := step.Call(c, 0)
		if err != nil {
			return 0, err
		}
		second, err := kid.Call(c, None{}, WithID("kid"))
		if err != nil {
			return 0, err
		}
		if _, err := Event[None](c, "go"); err != nil {
			return 0, err
		}
		third, err := step.Call(c, 2)
		return first + second + third, err
	})
	down.Store(true)
	store := memstore.New(memstore.Options{})
	defs := []Definition{o, kid, step}
	h, c := openHost(t, store, defs...)
	ctx := within(t)
	crash := func() {
		store.Crash()
		_ = h.Close()
		store = store.Reopen()
		h, c = openHost(t, store, defs...)
	}
	if _, err := o.Begin(ctx, c, None{}, WithID("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Result(ctx, c, "x"); err == nil {
		t.Fatal("it did not fail")
	}
	crash()
	if err := c.Rewind(ctx, "x", "still down"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Result(ctx, c, "x"); err == nil {
		t.Fatal("it did not fail")
	}
	crash()
	down.Store(false)
	if err := c.Rewind(ctx, "x", "mended"); err != nil {
		t.Fatal(err)
	}
	crash()
	if err := c.Raise(ctx, "x", "go", nil); err != nil {
		t.Fatal(err)
	}
	crash()
	if got, err := o.Result(ctx, c, "x"); err != nil || got != 3 {
		t.Fatal(got, err)
	}
	if a, b, c := runs[0].Load(), runs[1].Load(), runs[2].Load(); a != 1 || b < 3 || b > 5 || c < 1 || c > 2 { // work is done at least once
		t.Fatal(a, b, c)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRewindOfALongHistory(t *testing.T) {
	s := newShaky("bad")
	a := s.activity()
	o := Define("long", func(c *Context, n int) (None, error) {
		for range n {
			if _, err := Event[string](c, "item"); err != nil {
				return None{}, err
			}
		}
		_, err := a.Call(c, "bad")
		return None{}, err
	})
	for _, tc := range []struct {
		items int
		code  Code
	}{{10, "<nil>"}, {40, CodeTooLarge}} {
		h, c := newHubWith(t, Options{Limits: Limits{TurnBytes: 64 << 10}}, o, a)
		begin(t, c, o, "x", tc.items)
		for range tc.items {
			raise(t, c, "x", "item", strings.Repeat("x", 3<<10))
		}
		h.wantState("x", Failed)
		wantCode(t, c.Rewind(t.Context(), "x", ""), tc.code)
	}
}

// What failed behind the cut, and was begun again by a rewind, is not begun once
// more by the next while it is under way.
func TestRewindDoesNotDouble(t *testing.T) {
	s := newShaky("book", "undo")
	a := s.activity()
	o := Define("o", func(c *Context, _ None) (None, error) {
		if _, err := a.Call(c, "book"); err != nil {
			undo := a.Go(c, "undo")
			_, _ = Event[None](c, "leave")
			if undo.Done() {
				_, _ = undo.Get()
			}
			return None{}, err
		}
		_, err := a.Call(c, "undo")
		return None{}, err
	})
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", None{})
	raise(t, c, "x", "leave", None{})
	h.wantState("x", Failed)
	h.holdWork = true
	if err := c.Rewind(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	w := h.work[0]
	h.work = nil
	h.finishWork(w, h.worker(t.Context(), w)) // it fails again, and undo is begun again
	h.settle()
	h.wantState("x", Failed)
	s.mend()
	if err := c.Rewind(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	h.holdWork = false
	h.run()
	h.wantState("x", Completed)
	same2(t, s.list, []string{"book", "undo", "book", "undo", "book"})
}

// A rewind may go back behind an earlier one. What was done before, between and
// after them is not done again.
func TestRewindBehindARewind(t *testing.T) {
	s := newShaky("a", "b", "c")
	a := s.activity()
	sink := collector()
	o := Define("o", func(c *Context, _ None) (string, error) {
		if _, err := a.Call(c, "a"); err != nil {
			if _, err := a.Call(c, "instead"); err != nil {
				return "", err
			}
		}
		if _, err := a.Call(c, "b"); err != nil {
			if err := Raise(c, "sink", "undone", 1); err != nil {
				return "", err
			}
			return "", err
		}
		if _, err := a.Call(c, "c"); err != nil {
			return "", errors.New("c does not work")
		}
		return "done", Raise(c, "sink", "undone", 1)
	})
	h, c := newHub(t, o, a, sink)
	begin(t, c, sink, "sink", 9)
	begin(t, c, o, "x", None{})
	delete(s.down, "b")
	rewindAll(t, h, c, "x") // to b
	h.wantState("x", Failed)
	same2(t, s.list, []string{"a", "instead", "b", "b", "c"})
	rewindAll(t, h, c, "x") // to a, which still fails
	h.wantState("x", Failed)
	same2(t, s.list, []string{"a", "instead", "b", "b", "c", "a", "c"})
	h.replays("x")
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != "done" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"a", "instead", "b", "b", "c", "a", "c", "a", "c"})
	if n := len(h.rows("sink", "EventRaised")); n != 1 { // the one of the first failure is taken for it
		t.Fatalf("%d events", n)
	}
	h.replays("x")
}

// A child that was adopted after what it failed of answers the parent that
// adopted it.
func TestRewindOfAnAdoptedChild(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	kid := Define("kid", func(c *Context, _ None) (string, error) {
		f := a.Go(c, "a")
		if _, err := Event[None](c, "go"); err != nil {
			return "", err
		}
		return f.Get()
	})
	o := Define("parent", func(c *Context, _ None) (string, error) { return kid.Call(c, None{}, WithID("kid")) })
	h, c := newHub(t, o, kid, a)
	begin(t, c, o, "p", None{})
	raise(t, c, "kid", "go", None{})
	h.wantState("p", Failed)
	s.keys = map[string]string{} // another incarnation has others
	if _, err := c.Restart(t.Context(), "kid"); err != nil {
		t.Fatal(err)
	}
	rewindAll(t, h, c, "p")
	raise(t, c, "kid", "go", None{})
	h.wantState("p", Failed)
	s.mend()
	rewindAll(t, h, c, "kid")
	h.wantState("kid", Completed)
	if rows := h.rows("p", "SubOrchestrationInstanceCompleted"); len(rows) != 1 {
		t.Fatal("the parent was not told", h.rows("p"))
	}
	rewindAll(t, h, c, "p")
	if got := output(h, o, "p"); got != "a!" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"a", "a", "a"})
}
