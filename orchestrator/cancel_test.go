package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// traveller books a seat, waits, and gives it back if it was asked to end.
func traveller(e *effects) []Definition {
	book := DefineActivity("book", func(_ context.Context, seat string) (string, error) { e.note("book " + seat); return seat, nil })
	release := DefineActivity("release", func(_ context.Context, seat string) (None, error) { e.note("release " + seat); return None{}, nil })
	trip := Define("trip", func(c *Context, how string) (seat string, err error) {
		defer Shielded(c, func() {
			if err != nil && seat != "" {
				if err2 := c.Sleep(time.Second); err2 != nil {
					err = err2
				}
				if _, err2 := release.Call(c, seat); err2 != nil {
					err = err2
				}
			}
		})
		if seat, err = book.Call(c, "12a"); err != nil {
			return seat, err
		}
		_, err = Event[None](c, "arrived")
		switch {
		case err == nil:
		case how == "declines":
			return "stays in " + seat, nil
		case how == "fails":
			return seat, errors.New("lost")
		case how == "wraps":
			return seat, fmt.Errorf("on the way: %w", err)
		}
		return seat, err
	})
	return []Definition{trip, book, release}
}

func TestCancelIsHeardAndCleanedUpAfter(t *testing.T) {
	for _, tc := range []struct {
		how      string
		state    State
		released bool
		code     Code
	}{
		{"plain", Terminated, true, CodeCanceled},
		{"wraps", Terminated, true, CodeCanceled},
		{"fails", Failed, true, CodeFailed},
		{"declines", Completed, false, ""},
	} {
		var e effects
		defs := traveller(&e)
		h, c := newHub(t, defs...)
		trip := defs[0].(*Orchestration[string, string])
		begin(t, c, trip, "a", tc.how)
		for range 3 { // asked more than once, it is asked once
			if err := c.Cancel(t.Context(), "a", "strike"); err != nil {
				t.Fatal(err)
			}
			h.dropAll()
			if tc.state == Completed {
				break
			}
			h.wantState("a", Running) // it cleans up
		}
		h.run()
		s := h.wantState("a", tc.state)
		want := []string{"book 12a"}
		if tc.released {
			want = append(want, "release 12a")
		}
		same2(t, e.list, want)
		if rows := h.rows("a", "CancelRequested"); len(rows) != 1 || string(rows[0].Reason) != `"strike"` {
			t.Fatalf("%+v", rows)
		}
		switch {
		case tc.code == "":
			if s.Failure != nil || string(s.Output) != `"stays in 12a"` {
				t.Fatalf("%+v", s)
			}
		case s.Failure == nil || s.Failure.Code != tc.code:
			t.Fatalf("%s: %v", tc.how, s.Failure)
		case tc.state == Terminated && (string(s.Output) != `"strike"` || s.Failure.Message != "canceled: strike" || !errors.Is(s.Failure, ErrCanceled)):
			t.Fatalf("%s: %s %+v", tc.how, s.Output, s.Failure)
		}
		wantCode(t, c.Cancel(t.Context(), "a", "again"), CodeGone)
	}
	_, c := newHub(t)
	wantCode(t, c.Cancel(t.Context(), "nobody", ""), CodeNotFound)
}

// Nothing that waits is begun any more, what was done before is still given,
// and what does not wait goes on.
func TestCancelRefusesAllThatWaits(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	child := Define("child", func(c *Context, s string) (string, error) { return s, nil })
	o := Define("refused", func(c *Context, _ None) ([]string, error) {
		early, late, ticks := echo.Go(c, "early"), c.Timer(time.Hour), EventGo[int](c, "tick")
		if i := Any(late, ticks); i != -1 { // asked to end, while neither is done
			return nil, fmt.Errorf("any gave %d", i)
		}
		var got []string
		note := func(err error) {
			if !errors.Is(err, ErrCanceled) {
				err = fmt.Errorf("not canceled: %w", err)
			}
			got = append(got, err.Error())
		}
		_, err := early.Get()
		got = append(got, fmt.Sprint(err))
		_, err = late.Get()
		note(err)
		_, err = echo.Call(c, "never")
		note(err)
		_, err = child.Call(c, "never")
		note(err)
		_, err = Event[int](c, "tick")
		note(err)
		_, err = Request[int, int](c, "ask")
		note(err)
		_, err = c.CallTo(durable.Message{To: durable.ID{Kind: 'e', Name: "x", Key: "y"}, Op: OpCall}).Get()
		note(err)
		_, err = Each(c, []string{"never", "ever"}, 1, func(s string) *Future[string] { return echo.Go(c, s) })
		note(err)
		note(c.Sleep(time.Second))
		c.SetStatus("ending")
		id, err := child.Start(c, "detached", WithID("detached"))
		if err != nil {
			return nil, err
		}
		reason, err := c.Canceled().Get()
		return append(got, id, reason), err
	})
	h, c := newHub(t, o, echo, child)
	begin(t, c, o, "a", None{})
	if err := c.Cancel(t.Context(), "a", `"enough"`); err != nil {
		t.Fatal(err)
	}
	want := []string{"<nil>"}
	for range 8 {
		want = append(want, "canceled: enough")
	}
	same2(t, output(h, o, "a"), append(want, "detached", "enough"))
	if len(h.rows("a", "TaskScheduled", "TimerCreated", "SubOrchestrationInstanceCreated", "CallScheduled")) != 2 {
		t.Fatalf("%+v", h.rows("a"))
	}
	same2(t, e.list, []string{"early"})
	if string(h.status("a").Custom) != `"ending"` || h.status("detached").State != Completed || len(h.timers) != 0 {
		t.Fatal("what does not wait did not happen", h.timers)
	}
}

// What is under way goes on, and a shield can wait for it.
func TestShieldWaitsForWhatWasBegun(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("waits", func(c *Context, _ None) (string, error) {
		f := echo.Go(c, "slow")
		_, err := f.Get()
		if !errors.Is(err, ErrCanceled) {
			return "", fmt.Errorf("not canceled: %w", err)
		}
		var s string
		Shielded(c, func() {
			Shielded(c, func() {}) // nested
			s, err = f.Get()
		})
		if err2 := c.Sleep(time.Second); !errors.Is(err2, ErrCanceled) {
			return "", fmt.Errorf("not canceled any more: %w", err2)
		}
		return s, err
	})
	h, c := newHub(t, o, echo)
	h.holdWork = true
	begin(t, c, o, "a", None{})
	if err := c.Cancel(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	h.wantState("a", Running)
	h.holdWork = false
	h.run()
	if got := output(h, o, "a"); got != "slow!" {
		t.Fatal(got)
	}
	same2(t, e.list, []string{"slow"})
}

func TestCancelReachesChildren(t *testing.T) {
	var e effects
	defs := traveller(&e)
	trip := defs[0].(*Orchestration[string, string])
	o := Define("group", func(c *Context, waits bool) (string, error) {
		if _, err := trip.Start(c, "alone", WithID("detached")); err != nil {
			return "", err
		}
		f := trip.Go(c, "plain", WithID("child"), RetryChild(Retry{Attempts: 9, First: time.Second}))
		_, err := f.Get()
		if waits {
			Shielded(c, func() { _, err = f.Get() })
			return string(ToFailure(err).Type), nil
		}
		return "", err
	})
	for _, waits := range []bool{false, true} {
		e.list = nil
		h, c := newHub(t, append(defs, o)...)
		begin(t, c, o, "a", waits)
		if err := c.Cancel(t.Context(), "a", "strike"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if waits {
			if got := output(h, o, "a"); got != "cancel_requested" {
				t.Fatal(got)
			}
		} else {
			h.wantState("a", Terminated)
		}
		if s := h.wantState("child", Terminated); string(s.Output) != `"strike"` {
			t.Fatalf("%s", s.Output)
		}
		h.wantState("detached", Running)
		same2(t, e.list, []string{"book 12a", "book 12a", "release 12a"}) // once, and not tried again
	}
}

// Asked to end before its code began, while suspended, and at the end of a
// generation: it hears of it all the same.
func TestCancelIsNotLost(t *testing.T) {
	o := Define("generations", func(c *Context, n int) (int, error) {
		if n == 0 { // does not look
			Shielded(c, func() { _, _ = Event[None](c, "next") })
			return 0, ContinueAsNew(c, 1)
		}
		return n, c.Sleep(time.Hour)
	})
	h, c := newHub(t, o)
	ctx := t.Context()
	begin(t, c, o, "looks away", 0)
	begin(t, c, o, "suspended", 1)
	if err := errors.Join(
		c.Cancel(ctx, "looks away", "x"), c.Suspend(ctx, "suspended", ""), c.Cancel(ctx, "suspended", "x"), c.Cancel(ctx, "suspended", "y"),
	); err != nil {
		t.Fatal(err)
	}
	h.dropAll()
	h.wantState("suspended", Suspended)
	if err := c.Resume(ctx, "suspended", ""); err != nil {
		t.Fatal(err)
	}
	raise(t, c, "looks away", "next", None{})
	begin(t, c, o, "replaced", 1)
	if err := c.Terminate(ctx, "replaced", ""); err != nil {
		t.Fatal(err)
	}
	m, err := o.StartMessage(1, WithID("replaced"))
	if err != nil {
		t.Fatal(err)
	}
	in := h.instances[InstanceID("replaced")]
	h.turn(in, []durable.Message{m, newMessage("replaced", OpCancel, "", []byte("x"))})
	h.wantState("replaced", Pending)
	h.settle()
	for _, id := range []string{"looks away", "suspended", "replaced"} {
		if s := h.wantState(id, Terminated); string(s.Output) != `"x"` {
			t.Fatalf("%s: %s", id, s.Output)
		}
	}
	if len(h.timers) != 0 {
		t.Fatal(h.timers)
	}
}

// A race with the request, and what came before it in the same batch.
func TestCancelIsAFuture(t *testing.T) {
	o := Define("races", func(c *Context, _ None) (string, error) {
		var got string
		for {
			asked, item := c.Canceled(), EventGo[string](c, "item")
			if Any(asked, item) == 0 {
				asked.Cancel() // is nothing
				reason, err := c.Canceled().Get()
				return got + reason, err
			}
			asked.Cancel()
			r, err := item.Get()
			if err != nil {
				return "", err
			}
			got += r.Value
		}
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "item", "a")
	in := h.instances[InstanceID("a")]
	event := newMessage("a", OpEvent, "item", []byte(`"b"`))
	h.turn(in, []durable.Message{event, newMessage("a", OpCancel, "", []byte("!")), event})
	if got := output(h, o, "a"); got != "ab!" {
		t.Fatal(got)
	}
}

// One orchestration asks another. One that does not hear is failed.
func TestCancelOfAnother(t *testing.T) {
	deaf := Define("deaf", func(c *Context, _ None) (None, error) {
		for {
			_, _ = Event[None](c, "never")
		}
	})
	o := Define("asks", func(c *Context, id string) (None, error) {
		Cancel(c, id, "enough")
		Cancel(c, "nobody", "enough")
		return None{}, nil
	})
	h, c := newHub(t, deaf, o)
	begin(t, c, deaf, "d", None{})
	begin(t, c, o, "a", "d")
	output(h, o, "a")
	h.settle()
	if f := h.wantState("d", Failed).Failure; f.Code != CodeCanceled || !errors.Is(f, ErrCanceled) {
		t.Fatalf("%+v", f)
	}
}

// While a coroutine is taken down, nothing of a shield happens.
func TestShieldIsNotEnteredWhileUnwinding(t *testing.T) {
	entered := 0
	o := Define("shields", func(c *Context, _ None) (None, error) {
		defer Shielded(c, func() { entered++ })
		_, err := Event[None](c, "go")
		return None{}, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	h.dropAll()
	if err := c.Terminate(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	if h.wantState("a", Terminated); entered != 0 {
		t.Fatal(entered)
	}
}
