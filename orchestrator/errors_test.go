package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// cardError is an author's error type with properties.
type cardError struct{ card string }

func (e *cardError) Error() string                   { return "card " + e.card + " declined" }
func (e *cardError) FailureProps() map[string]string { return map[string]string{"card": e.card} }

func TestBehaviour_034_UnhandledActivityError(t *testing.T) {
	charge := DefineActivity("charge", func(context.Context, None) (None, error) { return None{}, &cardError{"42"} })
	o := Define("pay", func(c *Context, _ None) (None, error) { return charge.Call(c, None{}) })
	h, c := newHub(t, o, charge)
	begin(t, c, o, "a", None{})
	f := h.wantState("a", Failed).Failure
	if f.Message != "card 42 declined" || f.Type != "orchestrator.cardError" || f.Props["card"] != "42" {
		t.Fatalf("%+v", f)
	}
}

func TestBehaviour_035_HandledErrorByType(t *testing.T) {
	charge := DefineActivity("charge", func(context.Context, None) (None, error) { return None{}, &cardError{"42"} })
	o := Define("pay", func(c *Context, _ None) (string, error) {
		_, err := charge.Call(c, None{})
		if err2 := c.Sleep(time.Second); err2 != nil {
			return "", err2
		}
		var f *Failure
		if errors.As(err, &f) && f.Type == "orchestrator.cardError" {
			return "caught " + f.Props["card"], nil
		}
		return "", err
	})
	h, c := newHub(t, o, charge)
	begin(t, c, o, "a", None{})
	h.dropAll()
	h.run()
	if got := output(h, o, "a"); got != "caught 42" {
		t.Fatal(got)
	}
}

func TestBehaviour_036_InnerErrorsThroughChildren(t *testing.T) {
	charge := DefineActivity("charge", func(context.Context, None) (None, error) {
		return None{}, fmt.Errorf("charging: %w", &cardError{"42"})
	})
	child := Define("child", func(c *Context, _ None) (None, error) {
		_, err := charge.Call(c, None{})
		return None{}, fmt.Errorf("child: %w", err)
	})
	o := Define("parent", func(c *Context, _ None) (None, error) {
		_, err := child.Call(c, None{})
		return None{}, fmt.Errorf("parent: %w", err)
	})
	h, c := newHub(t, o, child, charge)
	begin(t, c, o, "a", None{})
	f := h.wantState("a", Failed).Failure
	var chain []string
	for l := f; l != nil; l = l.Cause {
		chain = append(chain, l.Message+"|"+l.Type+"|"+l.Props["card"])
	}
	same2(t, chain, []string{
		"parent: child: charging: card 42 declined||", "child: charging: card 42 declined||", "charging: card 42 declined||",
		"card 42 declined|orchestrator.cardError|42",
	})
}

func TestBehaviour_037_ActivityPanic(t *testing.T) {
	boom := DefineActivity("boom", func(_ context.Context, how string) (string, error) {
		switch how {
		case "panic":
			panic("kaboom")
		case "goexit":
			runtime.Goexit()
		}
		return how, nil
	})
	o := Define("calls", func(c *Context, how string) (string, error) { return boom.Call(c, how) })
	h, c := newHub(t, o, boom)
	for _, how := range []string{"panic", "goexit"} {
		begin(t, c, o, how, how)
		f := h.wantState(how, Failed).Failure
		if f.Code != CodeInternal || !strings.Contains(f.Stack, "errors_test.go") && how != "goexit" {
			t.Fatalf("%+v", f)
		}
	}
	begin(t, c, o, "well", "well") // the worker lives
	output(h, o, "well")
}

func TestBehaviour_038_OrchestratorPanic(t *testing.T) {
	o := Define("boom", func(c *Context, how string) (None, error) {
		if err := c.Sleep(time.Second); err != nil {
			return None{}, err
		}
		switch how {
		case "panic":
			panic(fmt.Errorf("kaboom: %w", &cardError{"1"}))
		case "index":
			_ = []int{}[len(how)]
		case "goexit":
			runtime.Goexit()
		}
		return None{}, nil
	})
	h, c := newHub(t, o)
	for _, how := range []string{"panic", "index", "goexit", "well"} {
		begin(t, c, o, how, how)
	}
	h.run()
	for _, how := range []string{"panic", "index", "goexit"} {
		f := h.wantState(how, Failed).Failure
		if f.Code != CodeInternal || f.Type != "panic" || !strings.Contains(f.Stack, "errors_test.go") && how != "goexit" {
			t.Fatalf("%s: %+v", how, f)
		}
	}
	h.wantState("well", Completed)
}

func TestBehaviour_039_RetryActivity(t *testing.T) {
	var at []int64
	var keys []string
	var h *testHub
	flaky := DefineActivity("flaky", func(ctx context.Context, _ None) (None, error) {
		at = append(at, h.now.Wall)
		info := InfoOf(ctx)
		keys = append(keys, info.Key)
		if info.Attempt != len(at) {
			return None{}, Permanent(fmt.Errorf("attempt %d is said to be %d", len(at), info.Attempt))
		}
		return None{}, errors.New("down")
	}, WithRetry(Retry{Attempts: 5, First: time.Second, Backoff: 3, Max: 5 * time.Second}))
	o := Define("retries", func(c *Context, total time.Duration) (None, error) {
		if total > 0 {
			return flaky.Call(c, None{}, WithRetry(Retry{First: time.Second, Total: total}))
		}
		return flaky.Call(c, None{})
	})
	h, c := newHub(t, o, flaky)
	begin(t, c, o, "a", 0)
	h.run()
	if f := h.wantState("a", Failed).Failure; f.Message != "down" {
		t.Fatal(f)
	}
	var waits []int64
	for i := 1; i < len(at); i++ {
		waits = append(waits, at[i]-at[i-1])
	}
	same2(t, waits, []int64{1000, 3000, 5000, 5000})
	for _, k := range keys {
		if k != keys[0] || k == "" {
			t.Fatalf("idempotency keys %v", keys)
		}
	}
	at, keys = nil, nil
	begin(t, c, o, "b", 3500*time.Millisecond)
	h.run()
	if h.wantState("b", Failed); len(at) != 4 {
		t.Fatalf("%d attempts", len(at))
	}
}

func TestBehaviour_040_ComputeNextDelay(t *testing.T) {
	t0 := time.UnixMilli(0)
	const s = time.Second
	for i, tc := range []struct {
		r    Retry
		n    int
		age  time.Duration
		want time.Duration
		more bool
	}{
		{Retry{Attempts: 3, First: s}, 1, 0, s, true},
		{Retry{Attempts: 3, First: s}, 2, 0, s, true},
		{Retry{Attempts: 3, First: s}, 3, 0, 0, false},
		{Retry{Attempts: 1, First: s}, 1, 0, 0, false},
		{Retry{Attempts: 9, First: s, Backoff: 2}, 1, 0, s, true},
		{Retry{Attempts: 9, First: s, Backoff: 2}, 2, 0, 2 * s, true},
		{Retry{Attempts: 9, First: s, Backoff: 2}, 5, 0, 16 * s, true},
		{Retry{Attempts: 9, First: s, Backoff: 1.5}, 3, 0, 2250 * time.Millisecond, true},
		{Retry{Attempts: 9, First: s, Backoff: 2, Max: 10 * s}, 4, 0, 8 * s, true},
		{Retry{Attempts: 9, First: s, Backoff: 2, Max: 10 * s}, 5, 0, 10 * s, true},
		{Retry{Attempts: 9999, First: s, Backoff: 10}, 5000, 0, maxWait, true},
		{Retry{First: s, Total: 10 * s}, 77, 9 * s, s, true},
		{Retry{First: s, Total: 10 * s}, 77, 9*s + 1, 0, false},
		{Retry{Attempts: 5}, 1, 0, 0, true},
	} {
		got, more := tc.r.Delay(tc.n, t0, t0.Add(tc.age))
		if got != tc.want || more != tc.more {
			t.Errorf("%d: %v %v, want %v %v", i, got, more, tc.want, tc.more)
		}
	}
}

func TestBehaviour_041_CustomHandler(t *testing.T) {
	tries := 0
	flaky := DefineActivity("flaky", func(_ context.Context, last int) (int, error) {
		if tries++; tries >= last {
			return 0, &cardError{"9"}
		}
		return 0, errors.New("net")
	})
	o := Define("picky", func(c *Context, last int) (int, error) {
		return flaky.Call(c, last, WithRetry(Retry{Attempts: 10, First: time.Second, If: func(err error) bool {
			if last == 99 {
				panic("in the predicate")
			}
			return ToFailure(err).Type != "orchestrator.cardError"
		}}))
	})
	h, c := newHub(t, o, flaky)
	begin(t, c, o, "a", 4)
	h.run()
	if f := h.wantState("a", Failed).Failure; f.Type != "orchestrator.cardError" || tries != 4 {
		t.Fatal(f, tries)
	}
	tries = 0
	begin(t, c, o, "b", 99)
	h.run()
	if f := h.wantState("b", Failed).Failure; f.Message != "in the predicate" || tries != 1 {
		t.Fatal(f, tries)
	}
}

func TestBehaviour_042_PermanentError(t *testing.T) {
	tries := 0
	bad := DefineActivity("bad", func(context.Context, None) (None, error) {
		tries++
		return None{}, fmt.Errorf("wrapped: %w", Permanent(errors.New("never")))
	}, WithRetry(Retry{Attempts: 10, First: time.Second}))
	o := Define("perm", func(c *Context, _ None) (None, error) { return bad.Call(c, None{}) })
	h, c := newHub(t, o, bad)
	begin(t, c, o, "a", None{})
	h.run()
	if f := h.wantState("a", Failed).Failure; tries != 1 || f.Message != "wrapped: never" || !IsPermanent(f) {
		t.Fatal(f, tries)
	}
}

func TestBehaviour_043_RetryCancelled(t *testing.T) {
	tries := 0
	bad := DefineActivity("bad", func(context.Context, None) (None, error) { tries++; return None{}, errors.New("no") },
		WithRetry(Retry{Attempts: 10, First: time.Hour}))
	o := Define("cancels", func(c *Context, _ None) (string, error) {
		f := bad.Go(c, None{})
		_, _ = Event[None](c, "stop")
		f.Cancel()
		_, err := f.Get()
		return string(codeOf(err)), nil
	})
	h, c := newHub(t, o, bad)
	begin(t, c, o, "wait", None{}) // the first attempt has failed, the timer is armed
	if len(h.timers) != 1 {
		t.Fatal(h.timers)
	}
	raise(t, c, "wait", "stop", None{})
	if output(h, o, "wait") != "canceled" || len(h.timers) != 0 || tries != 1 {
		t.Fatal(h.timers, tries)
	}
	h.holdWork = true
	begin(t, c, o, "run", None{})
	raise(t, c, "run", "stop", None{})
	if output(h, o, "run") != "canceled" {
		t.Fatal("not canceled")
	}
	h.holdWork = false
	h.run()
	if tries != 2 || len(h.timers) != 0 {
		t.Fatal("the late result had an effect")
	}
}

func TestBehaviour_044_BadRetryOptions(t *testing.T) {
	for _, r := range []Retry{
		{}, {Attempts: -1}, {Attempts: 2, First: -1}, {Attempts: 2, First: 2 * maxWait}, {Attempts: 2, Backoff: 0.5}, {Attempts: 2, Max: -1},
	} {
		if r.Check() == nil {
			t.Errorf("%+v is allowed", r)
		}
		a := DefineActivity("a", func(context.Context, None) (None, error) { return None{}, nil }, WithRetry(r))
		if _, err := NewRegistry(a); err == nil {
			t.Errorf("%+v is registered", r)
		}
	}
	a := DefineActivity("a", func(context.Context, None) (None, error) { return None{}, nil })
	o := Define("o", func(c *Context, _ None) (None, error) { return a.Call(c, None{}, WithRetry(Retry{})) })
	h, c := newHub(t, o, a)
	begin(t, c, o, "a", None{})
	wantCode(t, h.wantState("a", Failed).Failure, CodeBadRequest)
}

func TestActivityDeadline(t *testing.T) {
	left := make(chan None)
	stuck := DefineActivity("stuck", func(context.Context, None) (None, error) { <-left; return None{}, nil })
	defer close(left)
	reg, err := NewRegistry(stuck)
	if err != nil {
		t.Fatal(err)
	}
	a := reg.Worker()(t.Context(), durable.Work{Name: "STUCK", Timeout: 1})
	wantCode(t, a.Err(), CodeTimeout)
}

func TestRegistryRefusesDuplicates(t *testing.T) {
	o := func(name, version string) Definition {
		return Define(name, func(*Context, None) (None, error) { return None{}, nil }, Version(version))
	}
	for _, defs := range [][]Definition{{o("a", ""), o("A", "")}, {o("", "")}, {o(strings.Repeat("x", 101), "")}} {
		if _, err := NewRegistry(defs...); err == nil {
			t.Error("registered")
		}
	}
	if _, err := NewRegistry(o("a", "1"), o("a", "2")); err != nil {
		t.Error(err)
	}
}
