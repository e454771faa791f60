package orchestratortest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

const day = 24 * time.Hour

var (
	charge = orchestrator.DefineActivity("charge", func(context.Context, int) (string, error) {
		return "", errors.New("there is no bank in a test")
	})
	remind = orchestrator.DefineActivity("remind", func(context.Context, string) (orchestrator.None, error) {
		return orchestrator.None{}, nil
	})

	// order reminds once a week until it is approved, and charges then.
	order = orchestrator.Define("order", func(c *orchestrator.Context, cents int) (string, error) {
		for {
			approved, week := orchestrator.EventGo[bool](c, "approved"), c.Timer(7*day)
			if orchestrator.Any(approved, week) == 0 {
				week.Cancel()
				break
			}
			approved.Cancel()
			if _, err := remind.Call(c, c.InstanceID()); err != nil {
				return "", err
			}
		}
		return charge.Call(c, cents)
	})
)

// failing is a test that may fail: what it says is kept.
type failing struct {
	testing.TB
	said   []string
	failed bool
	ends   []func()
}

func (f *failing) Helper()                      {}
func (f *failing) Failed() bool                 { return f.failed }
func (f *failing) Cleanup(end func())           { f.ends = append(f.ends, end) }
func (f *failing) Error(args ...any)            { f.said, f.failed = append(f.said, fmt.Sprint(args...)), true }
func (f *failing) Fatal(args ...any)            { f.Error(args...); panic(f) }
func (f *failing) Errorf(s string, args ...any) { f.Error(fmt.Sprintf(s, args...)) }
func (f *failing) Fatalf(s string, args ...any) { f.Fatal(fmt.Sprintf(s, args...)) }

// fails plays a test with a hub and gives what it said as it failed, nothing if
// it did not.
func fails(t *testing.T, o orchestratortest.Options, play func(h *orchestratortest.Hub)) (said string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &failing{TB: t}
		func() {
			defer func() {
				if r := recover(); r != nil && r != any(f) {
					panic(r)
				}
			}()
			play(orchestratortest.New(f, o))
		}()
		for i := len(f.ends) - 1; i >= 0; i-- {
			f.ends[i]()
		}
		said = strings.Join(f.said, "\n")
	})
	return said
}

func options(defs ...orchestrator.Definition) orchestratortest.Options {
	return orchestratortest.Options{Definitions: defs}
}

func wants(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
}

func TestBehaviour_125_MockClock(t *testing.T) {
	sleeper := orchestrator.Define("sleeper", func(c *orchestrator.Context, d time.Duration) (time.Duration, error) {
		began := c.Now()
		err := c.Sleep(d)
		return c.Now().Sub(began), err
	})
	player := orchestrator.Define("player", func(c *orchestrator.Context, d time.Duration) (time.Duration, error) {
		began := c.Uptime()
		_, err := c.UptimeTimer(d).Get()
		return c.Uptime() - began, err
	})
	real := time.Now()
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash=%v", crash), func(t *testing.T) {
			orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{sleeper, player}, Crash: crash}, func(t *testing.T, h *orchestratortest.Hub) {
				for _, def := range []*orchestrator.Orchestration[time.Duration, time.Duration]{sleeper, player} {
					began := h.Now()
					if d, err := orchestratortest.Run(h, def, 30*day); err != nil || d != 30*day || h.Now().Sub(began) != 30*day {
						t.Errorf("%s slept for %v, %v; the clock skipped %v", def.Name(), d, err, h.Now().Sub(began))
					}
				}
			})
		})
	}
	if took := time.Since(real); took > 30*time.Second {
		t.Errorf("four months took %v", took)
	}
}

func TestBehaviour_125_CallbacksAtTimes(t *testing.T) {
	orchestratortest.Test(t, options(order, remind), func(t *testing.T, h *orchestratortest.Hub) {
		var at []time.Duration
		began := h.Now()
		orchestratortest.Mock(h, charge, func(_ context.Context, cents int) (string, error) {
			at = append(at, h.Now().Sub(began))
			return fmt.Sprintf("paid %d", cents), nil
		}).With(100)
		h.After(17*day, func() { at = append(at, h.Now().Sub(began)) })
		h.After(3*day, func() { at = append(at, h.Now().Sub(began)) })
		h.After(17*day, func() { orchestratortest.Raise(h, "order-1", "approved", true) }) // after the other of that time
		out, err := orchestratortest.Run(h, order, 100)
		if err != nil || out != "paid 100" {
			t.Fatal(out, err)
		}
		if got := fmt.Sprint(at); got != fmt.Sprint([]time.Duration{3 * day, 17 * day, 17 * day}) {
			t.Error(got)
		}
		reminders := orchestratortest.Calls(h, remind)
		if len(reminders) != 2 || reminders[1].In != "order-1" || reminders[1].Instance != "order-1" || !reminders[1].At.Equal(began.Add(14*day)) {
			t.Errorf("%+v", reminders)
		}
	})
}

// A callback may come between two timers, and one at the time of a timer comes
// after it.
func TestCallbacksComeAfterTimersOfTheirTime(t *testing.T) {
	orchestratortest.Test(t, options(order, remind), func(t *testing.T, h *orchestratortest.Hub) {
		var reminders []int
		for _, after := range []time.Duration{7*day - time.Millisecond, 7 * day, 14 * day} {
			h.After(after, func() { reminders = append(reminders, len(orchestratortest.Calls(h, remind))) })
		}
		orchestratortest.Start(h, order, 1)
		h.Advance(14 * day)
		if fmt.Sprint(reminders) != "[0 1 2]" {
			t.Error(reminders)
		}
	})
}

func TestBehaviour_125_BlockedWorkflow(t *testing.T) {
	child := orchestrator.Define("child", func(c *orchestrator.Context, _ int) (int, error) { return orchestrator.Event[int](c, "go") })
	parent := orchestrator.Define("parent", func(c *orchestrator.Context, n int) (int, error) {
		return child.Call(c, n, orchestrator.WithID("the-child"))
	})
	for _, crash := range []bool{false, true} {
		said := fails(t, orchestratortest.Options{Definitions: []orchestrator.Definition{parent, child}, Crash: crash}, func(h *orchestratortest.Hub) {
			_, err := orchestratortest.Run(h, parent, 1)
			t.Error("it goes on:", err)
		})
		wants(t, said, `orchestration "parent-1" is blocked`, "parent-1 (parent) waits for sub-orchestration child#1", "the-child (child) waits for event go",
			"SubOrchestrationInstanceCreated") // and the history
	}
	orchestratortest.Test(t, options(parent, child), func(t *testing.T, h *orchestratortest.Hub) {
		id := orchestratortest.Start(h, parent, 1)
		var blocked *orchestratortest.BlockedError
		began := h.Now()
		if err := h.Await(id); !errors.As(err, &blocked) || len(blocked.Waiting) != 2 || !h.Now().Equal(began) {
			t.Fatalf("%v after %v", err, h.Now().Sub(began))
		}
		orchestratortest.Raise(h, "the-child", "go", 7)
		if out, err := orchestratortest.Result(h, parent, id); out != 7 || err != nil {
			t.Fatal(out, err)
		}
	})
}

// What may still happen is no block: an activity that sleeps, a callback, a
// timer of somebody else.
func TestBlockedIsExact(t *testing.T) {
	slow := orchestrator.DefineActivity("slow", func(ctx context.Context, d time.Duration) (time.Duration, error) {
		began := time.Now()
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		return time.Since(began), nil
	})
	one := orchestrator.Define("one", func(c *orchestrator.Context, d time.Duration) (time.Duration, error) { return slow.Call(c, d) })
	waker := orchestrator.Define("waker", func(c *orchestrator.Context, id string) (orchestrator.None, error) {
		_ = c.Sleep(time.Hour)
		return orchestrator.None{}, orchestrator.Raise(c, id, "wake", 1)
	})
	woken := orchestrator.Define("woken", func(c *orchestrator.Context, _ int) (int, error) { return orchestrator.Event[int](c, "wake") })
	orchestratortest.Test(t, options(one, slow, waker, woken), func(t *testing.T, h *orchestratortest.Hub) {
		if d, err := orchestratortest.Run(h, one, time.Minute); d != time.Minute || err != nil {
			t.Error(d, err)
		}
		began := h.Now()
		_, err := orchestratortest.Run(h, one, time.Hour)
		var f *orchestrator.Failure
		if !errors.As(err, &f) || f.Code != orchestrator.CodeTimeout || h.Now().Sub(began) != orchestrator.DefaultTimeout {
			t.Errorf("%v after %v", err, h.Now().Sub(began))
		}
		id := orchestratortest.Start(h, woken, 0)
		orchestratortest.Start(h, waker, id)
		if n, err := orchestratortest.Result(h, woken, id); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// Every turn is computed again from the history: code that then does otherwise
// fails the test at once.
func TestBehaviour_125_EachReplayAgrees(t *testing.T) {
	runs := 0
	moody := orchestrator.Define("moody", func(c *orchestrator.Context, _ int) (int, error) {
		if runs++; runs%2 == 0 {
			_ = c.Sleep(time.Second)
		}
		return orchestrator.Event[int](c, "never")
	})
	said := fails(t, options(moody), func(h *orchestratortest.Hub) { _, _ = orchestratortest.Run(h, moody, 0) })
	wants(t, said, "moody", "cannot be started", "non-determinism")
	runs = 1
	slow := orchestrator.Define("slow", func(c *orchestrator.Context, _ int) (int, error) {
		_ = c.Sleep(time.Second)
		if runs++; runs%2 == 1 {
			_ = c.Sleep(time.Second)
		}
		return orchestrator.Event[int](c, "never")
	})
	said = fails(t, options(slow), func(h *orchestratortest.Hub) { _, _ = orchestratortest.Run(h, slow, 0) })
	wants(t, said, "slow-1 is in quarantine", "non-determinism")
	// Also where nobody waits for the instance.
	runs = 0
	said = fails(t, options(moody), func(h *orchestratortest.Hub) {
		if _, err := moody.Begin(h.Context(), h.Client(), 0, orchestrator.WithID("alone")); err == nil {
			t.Error("it begins")
		}
	})
	wants(t, said, "alone is in quarantine")
}

func TestPatience(t *testing.T) {
	forever := orchestrator.Define("forever", func(c *orchestrator.Context, n int) (int, error) {
		_ = c.Sleep(day)
		return 0, orchestrator.ContinueAsNew(c, n+1)
	})
	said := fails(t, orchestratortest.Options{Definitions: []orchestrator.Definition{forever}, Patience: 10 * day}, func(h *orchestratortest.Hub) {
		_, _ = orchestratortest.Run(h, forever, 0)
	})
	wants(t, said, "it goes on after 240h0m0s on the clock that skips ahead (Options.Patience)")
}

func TestHubSaysWhatIsWrong(t *testing.T) {
	f := &failing{TB: t}
	func() {
		defer func() { _ = recover() }()
		orchestratortest.New(f, options())
	}()
	wants(t, strings.Join(f.said, ""), "a hub needs a bubble")
	wants(t, fails(t, options(order, order), func(*orchestratortest.Hub) {}), "is defined twice")
	wants(t, fails(t, options(), func(h *orchestratortest.Hub) { orchestratortest.Start(h, order, 1) }), `"order"`, "is not registered")
	wants(t, fails(t, options(order), func(h *orchestratortest.Hub) { orchestratortest.Raise(h, "nobody", "approved", true) }), `event "approved" for "nobody"`)
	wants(t, fails(t, options(order), func(h *orchestratortest.Hub) { h.Wait("nobody") }), `there is no orchestration "nobody"`)
	wants(t, fails(t, options(order), func(h *orchestratortest.Hub) {
		h.Until("pigs fly", func() bool { return false })
	}), "waiting until pigs fly: blocked: nothing runs")
}

// Other behaviors take part.
func TestOtherBehaviors(t *testing.T) {
	counted := counter{}
	teller := orchestrator.Define("teller", func(c *orchestrator.Context, n int) (int, error) {
		for range n {
			c.SendTo(durable.Message{To: durable.ID{Kind: 'c', Name: "n"}, Op: durable.OpUser})
		}
		return n, c.Sleep(time.Second)
	})
	orchestratortest.Test(t, orchestratortest.Options{
		Definitions: []orchestrator.Definition{teller}, Behaviors: map[durable.Kind]durable.Behavior{'c': counted}, Crash: true,
	}, func(t *testing.T, h *orchestratortest.Hub) {
		if _, err := orchestratortest.Run(h, teller, 3); err != nil {
			t.Fatal(err)
		}
		s, err := h.Host().Read(durable.ID{Kind: 'c', Name: "n"})
		if err != nil || len(s.Head) != 3 {
			t.Error(s, err)
		}
	})
}

// counter is a behavior whose head is as long as the messages that it got.
type counter struct{}

func (counter) Turn(_ durable.Time, in *durable.Instance, messages []durable.Message) (durable.Outcome, error) {
	return durable.Outcome{Head: append(append([]byte{}, in.Head...), make([]byte, len(messages))...)}, nil
}
