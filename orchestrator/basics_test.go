package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// effects counts what activities did.
type effects struct{ list []string }

func (e *effects) note(what string) { e.list = append(e.list, what) }

func echoActivity(e *effects) *Activity[string, string] {
	return DefineActivity("echo", func(_ context.Context, s string) (string, error) {
		e.note(s)
		return s + "!", nil
	})
}

func TestBehaviour_001_EmptyOrchestration(t *testing.T) {
	o := Define("empty", func(_ *Context, in string) (string, error) { return in, nil })
	h, c := newHub(t, o)
	begin(t, c, o, "a", "input")
	if got := output(h, o, "a"); got != "input" {
		t.Fatal(got)
	}
	if n := len(h.rows("a", "TaskScheduled")); n != 0 {
		t.Fatalf("%d tasks", n)
	}
}

func TestBehaviour_002_SingleActivity(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("single", func(c *Context, in string) (string, error) { return echo.Call(c, in) })
	h, c := newHub(t, o, echo)
	begin(t, c, o, "a", "x")
	if got := output(h, o, "a"); got != "x!" {
		t.Fatal(got)
	}
	if len(h.rows("a", "TaskScheduled")) != 1 || len(h.rows("a", "TaskCompleted")) != 1 {
		t.Fatalf("history: %+v", h.rows("a"))
	}
	same2(t, e.list, []string{"x"})
}

func TestBehaviour_003_ActivityChain(t *testing.T) {
	calls := 0
	inc := DefineActivity("inc", func(_ context.Context, n int) (int, error) { calls++; return n + 1, nil })
	o := Define("chain", func(c *Context, n int) (int, error) {
		for range 10 {
			m, err := inc.Call(c, n)
			if err != nil || m != n+1 {
				return 0, fmt.Errorf("%d after %d: %w", m, n, err)
			}
			n = m
		}
		return n, nil
	})
	h, c := newHub(t, o, inc)
	begin(t, c, o, "a", 5)
	if got := output(h, o, "a"); got != 15 || calls != 10 {
		t.Fatal(got, calls)
	}
}

func fanOut(n int, calls *int) (*Orchestration[int, int], *Activity[int, int]) {
	square := DefineActivity("square", func(_ context.Context, n int) (int, error) { *calls++; return n * n, nil })
	return Define("fanout", func(c *Context, n int) (int, error) {
		var fs []*Future[int]
		for i := range n {
			fs = append(fs, square.Go(c, i))
		}
		all, err := All(fs...)
		sum := 0
		for i, v := range all {
			if v != i*i {
				return 0, fmt.Errorf("result %d is %d", i, v)
			}
			sum += v
		}
		return sum, err
	}), square
}

func TestBehaviour_004_ActivityFanOut(t *testing.T) {
	calls := 0
	o, square := fanOut(20, &calls)
	h, c := newHub(t, o, square)
	h.holdWork = true
	begin(t, c, o, "a", 20)
	if len(h.work) != 20 {
		t.Fatalf("%d at once", len(h.work))
	}
	h.rng.Shuffle(20, func(i, j int) { h.work[i], h.work[j] = h.work[j], h.work[i] })
	h.holdWork = false
	h.settle()
	if got := output(h, o, "a"); got != 2470 || calls != 20 {
		t.Fatal(got, calls)
	}
}

func TestBehaviour_005_LargeFanOut(t *testing.T) {
	calls := 0
	o, square := fanOut(1500, &calls)
	h, c := newHub(t, o, square)
	h.behavior.strict = false // a strict turn replays all: quadratic
	begin(t, c, o, "a", 1500)
	output(h, o, "a")
	if calls != 1500 {
		t.Fatalf("%d activities", calls)
	}
}

func TestBehaviour_006_LargeHistoryBatches(t *testing.T) {
	big := DefineActivity("big", func(_ context.Context, s string) (string, error) { return s, nil })
	o := Define("bighistory", func(c *Context, n int) (int, error) {
		var fs []*Future[string]
		for range n {
			fs = append(fs, big.Go(c, strings.Repeat("x", 10_000)))
		}
		all, err := All(fs...)
		return len(all), err
	})
	h, c := newHub(t, o, big)
	h.holdWork = true
	begin(t, c, o, "a", 100) // a turn of a megabyte: many entries
	if n := len(h.instances[InstanceID("a")].Log); n < 10 {
		t.Fatalf("%d entries", n)
	}
	h.dropAll()
	h.holdWork = false
	h.settle()
	if output(h, o, "a") != 100 || len(h.rows("a", "TaskScheduled")) != 100 {
		t.Fatal("history is not complete")
	}
}

func TestBehaviour_007_DoubleFanOut(t *testing.T) {
	calls := 0
	inner, square := fanOut(5, &calls)
	o := Define("outer", func(c *Context, n int) (int, error) {
		var fs []*Future[int]
		for range n {
			fs = append(fs, inner.Go(c, 5))
		}
		all, err := All(fs...)
		sum := 0
		for _, v := range all {
			sum += v
		}
		return sum, err
	})
	h, c := newHub(t, o, inner, square)
	begin(t, c, o, "a", 5)
	if got := output(h, o, "a"); got != 150 || calls != 25 {
		t.Fatal(got, calls)
	}
}

func TestBehaviour_008_SingleTimer(t *testing.T) {
	o := Define("timer", func(c *Context, d time.Duration) (time.Time, error) { return c.Now().Add(d), c.Sleep(d) })
	h, c := newHub(t, o)
	begin(t, c, o, "a", 1500*time.Microsecond)
	h.advance(time.Millisecond)
	h.wantState("a", Running)
	h.advance(time.Millisecond)
	if due := output(h, o, "a"); timeOf(h.now.Wall).Before(due) {
		t.Fatalf("%v is before %v", timeOf(h.now.Wall), due)
	}
}

func TestBehaviour_009_ConcurrentTimers(t *testing.T) {
	o := Define("timers", func(c *Context, n int) (int, error) {
		var fs []*Future[None]
		for range n {
			fs = append(fs, c.Timer(time.Second))
		}
		all, err := All(fs...)
		return len(all), err
	})
	h, c := newHub(t, o)
	for i := range 5 {
		begin(t, c, o, fmt.Sprint(i), 20)
	}
	h.run()
	for i := range 5 {
		id := fmt.Sprint(i)
		if output(h, o, id) != 20 || len(h.rows(id, "TimerFired")) != 20 {
			t.Fatal("timers lost or doubled")
		}
	}
}

func TestBehaviour_010_LongTimer(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	o := Define("long", func(c *Context, _ None) (int64, error) {
		err := c.Sleep(century)
		return c.Now().UnixMilli(), err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	due := h.now.Wall + century.Milliseconds()
	h.run()
	if got := output(h, o, "a"); got != due {
		t.Fatalf("%d, not %d", got, due)
	}
}

func TestBehaviour_011_TimerCancellation(t *testing.T) {
	resumed := 0
	o := Define("cancel", func(c *Context, _ None) (string, error) {
		f := c.Timer(time.Hour)
		if _, err := Event[None](c, "go"); err != nil {
			return "", err
		}
		f.Cancel()
		_, err := f.Get()
		if _, err := Event[None](c, "end"); err != nil {
			return "", err
		}
		if !c.IsReplaying() {
			resumed++
		}
		return string(codeOf(err)), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "go", None{})
	if len(h.timers) != 0 {
		t.Fatalf("timers in the store: %v", h.timers)
	}
	h.advance(2 * time.Hour)
	raise(t, c, "a", "end", None{})
	if got := output(h, o, "a"); got != "canceled" || len(h.rows("a", "TimerFired")) != 0 || len(h.rows("a", "TimerCancelled")) != 1 {
		t.Fatal(got, h.rows("a"))
	}
}

func approvalLike() *Orchestration[time.Duration, string] {
	return Define("approval", func(c *Context, d time.Duration) (string, error) {
		event, timer := EventGo[string](c, "Approval"), c.Timer(d)
		if Any(event, timer) == 1 {
			event.Cancel()
			return "timeout", nil
		}
		timer.Cancel()
		e, err := event.Get()
		return e.Value, err
	})
}

func TestBehaviour_012_TimerExpiration(t *testing.T) {
	o := approvalLike()
	h, c := newHub(t, o)
	begin(t, c, o, "a", time.Minute)
	h.run()
	if got := output(h, o, "a"); got != "timeout" {
		t.Fatal(got)
	}
}

func TestBehaviour_013_CancelTimerTwice(t *testing.T) {
	o := Define("twice", func(c *Context, _ None) (string, error) {
		f := c.Timer(time.Hour)
		f.Cancel() // in the turn that made it: it never reaches the store
		f.Cancel()
		g := c.Timer(time.Second)
		_, err := g.Get()
		g.Cancel() // too late
		if _, late := g.Get(); late != nil || err != nil {
			return "", errors.Join(late, err)
		}
		_, err = f.Get()
		return string(codeOf(err)), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	if len(h.timers) != 1 {
		t.Fatalf("%d timers", len(h.timers))
	}
	h.run()
	if output(h, o, "a") != "canceled" {
		t.Fatal("not canceled")
	}

	// A cancellation and the firing in one batch: one outcome, by the history.
	race := approvalLike()
	h, c = newHub(t, race)
	begin(t, c, race, "r", time.Second)
	for range 20 {
		id := fmt.Sprint(h.rng.Uint64())
		begin(t, c, race, id, time.Second)
		h.Post(newMessage(id, OpEvent, "approval", []byte(`"yes"`)), func(durable.Answer) {})
		h.advance(time.Second)
		if got := output(h, race, id); got != "yes" {
			t.Fatalf("the event came first, but %q", got)
		}
		if len(h.timers) != 0 {
			t.Fatal("timer left")
		}
	}
}
