package orchestrator

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

func TestDecision_02_WaitersFirstInFirstOut(t *testing.T) {
	o := Define("waiters", func(c *Context, _ None) ([]int, error) {
		timed, cancelled := EventGo[int](c, "item"), EventGo[int](c, "item")
		second, third := EventGo[int](c, "item"), EventGo[int](c, "item")
		cancelled.Cancel()
		if Any(timed, c.Timer(time.Second)) != 1 {
			return nil, errors.New("the event came too early")
		}
		timed.Cancel()
		all, err := All(second, third)
		if err != nil {
			return nil, err
		}
		kept, err := Event[int](c, "item")
		return []int{all[0].Value, all[1].Value, kept}, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	h.run()
	for i := range 3 {
		raise(t, c, "a", "item", i)
	}
	same2(t, output(h, o, "a"), ints(3))
}

func TestDecision_04_NamesIgnoreCase(t *testing.T) {
	o := Define("names", func(c *Context, _ None) (int, error) {
		v, err := Event[int](c, "Item")
		if err != nil {
			return 0, err
		}
		r, err := move.Wait(c)
		if err != nil {
			return 0, err
		}
		r.Answer("moved")
		return v + r.In, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	begin(t, c, o, "A", None{}) // another: keys are case-sensitive
	raise(t, c, "a", "iTEM", 1)
	got, err := DefineRequest[int, string]("MOVE").Do(t.Context(), c, "a", 2)
	if err != nil || got != "moved" || output(h, o, "a") != 3 {
		t.Fatal(got, err)
	}
	h.wantState("A", Running)
}

func TestDecision_05_MissingAndFinished(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	ctx := t.Context()
	wantCode(t, c.Raise(ctx, "nobody", "item", Raw("1")), CodeNotFound)
	if in := h.instances[InstanceID("nobody")]; in.Exists || in.Head != nil || in.Log != nil {
		t.Fatal("something was stored of it")
	}
	// The start and its first event are one message: one step ends it.
	m, err := o.StartMessage(1, WithID("a"), WithEvent("item", 7))
	if err != nil {
		t.Fatal(err)
	}
	h.Post(m, func(durable.Answer) {})
	h.step()
	same2(t, output(h, o, "a"), []int{7})
	rows := len(h.rows("a"))
	wantCode(t, c.Raise(ctx, "a", "item", Raw("1")), CodeGone)
	if len(h.rows("a")) != rows {
		t.Fatal("the finished one took the event")
	}
	// A start that is refused leaves its event nowhere.
	begin(t, c, o, "b", 1)
	_, err = o.Begin(ctx, c, 1, WithID("b"), WithEvent("item", 8))
	wantCode(t, err, CodeConflict)
	raise(t, c, "b", "item", 9)
	same2(t, output(h, o, "b"), []int{9})
}

func TestDecision_12_SuspendedKeepsEverything(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("order", func(c *Context, _ None) ([]string, error) {
		names := []string{"work", "timer", "event"}
		fs := []Awaitable{echo.Go(c, "x"), c.Timer(time.Second), EventGo[None](c, "go")}
		var got []string
		for len(fs) > 0 {
			i := Any(fs...)
			got = append(got, names[i])
			names, fs = append(names[:i:i], names[i+1:]...), append(fs[:i:i], fs[i+1:]...)
		}
		return got, nil
	})
	h, c := newHub(t, o, echo)
	h.holdWork = true
	for _, id := range []string{"a", "b"} {
		begin(t, c, o, id, None{})
		if err := c.Suspend(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		raise(t, c, id, "go", None{})
	}
	h.advance(time.Minute)
	h.holdWork = false
	h.run()
	h.dropAll()
	h.wantState("a", Suspended)
	if err := c.Resume(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	same2(t, output(h, o, "a"), []string{"event", "timer", "work"})
	if err := c.Terminate(t.Context(), "b", "enough"); err != nil {
		t.Fatal(err)
	}
	h.wantState("b", Terminated)
	same2(t, e.list, []string{"x", "x"})
}

// The length of a history is with TestBehaviour_030_MaxHistory.
func TestDecision_13_LimitsFail(t *testing.T) {
	big := DefineActivity("big", func(_ context.Context, n int) (string, error) { return strings.Repeat("x", n), nil })
	for _, tc := range []struct {
		name   string
		limits Limits
		fn     func(c *Context) error
	}{
		{"payload", Limits{Payload: 100}, func(c *Context) error { return Raise(c, "other", "item", strings.Repeat("x", 200)) }},
		{"actions", Limits{Actions: 10}, func(c *Context) error {
			for range 11 {
				big.Go(c, 1)
			}
			return nil
		}},
	} {
		o := Define("limited", func(c *Context, _ None) (None, error) { return None{}, tc.fn(c) })
		h, c := newHubWith(t, Options{Limits: tc.limits}, o, big)
		begin(t, c, o, "a", None{})
		h.run()
		if f := h.wantState("a", Failed).Failure; f.Code != CodeTooLarge || f.Message == "" {
			t.Errorf("%s: %v", tc.name, f)
		}
		if len(h.timers)+len(h.work)+len(h.queue) > 0 {
			t.Errorf("%s: something is tried again", tc.name)
		}
	}
	// At the door.
	o := Define("any", func(_ *Context, s string) (int, error) { return len(s), nil })
	_, c := newHub(t, o)
	_, err := o.Begin(t.Context(), c, strings.Repeat("x", maxPayload), WithID("a"))
	wantCode(t, err, CodeTooLarge)
}

func TestDecision_14_Retries(t *testing.T) {
	var h *testHub
	var at []int64
	policy := WithRetry(Retry{Attempts: 3, First: time.Second, Backoff: 2})
	try := func(err error) func(context.Context, None) (None, error) {
		return func(context.Context, None) (None, error) {
			at = append(at, h.now.Wall)
			return None{}, err
		}
	}
	flaky := DefineActivity("flaky", try(errors.New("down")), policy)
	never := DefineActivity("never", try(Permanent(errors.New("never"))), policy)
	absent := DefineActivity("absent", try(nil), policy)
	o := Define("retries", func(c *Context, which int) (None, error) {
		return []*Activity[None, None]{flaky, never, absent}[which].Call(c, None{})
	})
	h, c := newHub(t, o, flaky, never)
	for which, tc := range []struct {
		id     string
		timers int // while it waits for the second attempt
		waits  []int64
	}{{"down", 1, []int64{0, 1000, 3000}}, {"permanent", 0, []int64{0}}, {"not registered", 0, nil}} {
		at = nil
		start := h.now.Wall
		begin(t, c, o, tc.id, which)
		if len(h.timers) != tc.timers {
			t.Fatalf("%s: %d timers", tc.id, len(h.timers))
		}
		h.run()
		f := h.wantState(tc.id, Failed).Failure
		if IsNotRegistered(f) != (tc.waits == nil) || IsPermanent(f) != (tc.id == "permanent") && tc.waits != nil {
			t.Errorf("%s: %v", tc.id, f)
		}
		for i := range at {
			at[i] -= start
		}
		same2(t, at, tc.waits)
	}
}

// The history's limit ends an instance at the time at which it was met, hot or
// cold, and takes its timers along.
func TestDecision_13_HistoryLimit(t *testing.T) {
	o := Define("endless", func(c *Context, _ None) (None, error) {
		for {
			c.Timer(time.Hour)
			if _, err := Event[None](c, "more"); err != nil {
				return None{}, err
			}
		}
	})
	for _, cold := range []bool{false, true} {
		h, c := newHubWith(t, Options{Limits: Limits{History: 20}}, o)
		begin(t, c, o, "a", None{})
		var err error
		for range 40 {
			h.advance(time.Second)
			if cold {
				h.dropAll()
			}
			if err = c.Raise(t.Context(), "a", "more", nil); err != nil {
				break
			}
		}
		wantCode(t, err, CodeGone)
		h.wantState("a", Failed)
		rows, err := c.History("a")
		if err != nil {
			t.Fatal(err)
		}
		if last := rows[len(rows)-1]; !last.Time.Equal(timeOf(h.now.Wall)) {
			t.Errorf("cold %t: it ended at %s, and it is %s", cold, last.Time, timeOf(h.now.Wall))
		}
		if len(h.timers) > 0 {
			t.Errorf("cold %t: %d timers are left", cold, len(h.timers))
		}
	}
}
