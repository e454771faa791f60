package orchestrator

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// collector takes n events of a name, one after the other.
func collector() *Orchestration[int, []int] {
	return Define("collector", func(c *Context, n int) ([]int, error) {
		var got []int
		for range n {
			v, err := Event[int](c, "item")
			if err != nil {
				return nil, err
			}
			got = append(got, v)
		}
		return got, nil
	})
}

func ints(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

func TestBehaviour_045_ExternalEventsInOrder(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	begin(t, c, o, "a", 30)
	for i := range 30 {
		h.Post(newMessage("a", OpEvent, "item", []byte(fmt.Sprint(i))), func(a durable.Answer) {
			if a.Fail != nil {
				t.Error(a.Fail)
			}
		})
	}
	h.settle()
	same2(t, output(h, o, "a"), ints(30))
}

func TestBehaviour_046_WaitersFirstInFirstOut(t *testing.T) {
	o := Define("waiters", func(c *Context, n int) ([]int, error) {
		var fs []*Future[Raised[int]]
		for range n {
			fs = append(fs, EventGo[int](c, "item"))
		}
		all, err := All(fs...)
		var got []int
		for _, r := range all {
			got = append(got, r.Value)
		}
		return got, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 10)
	for i := range 10 {
		raise(t, c, "a", "item", i)
	}
	same2(t, output(h, o, "a"), ints(10))
}

func TestBehaviour_047_ManyNames(t *testing.T) {
	o := Define("names", func(c *Context, n int) ([]int, error) {
		var got []int
		for i := range n {
			v, err := Event[int](c, fmt.Sprintf("Name%d", i))
			if err != nil {
				return nil, err
			}
			got = append(got, v)
		}
		return got, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 10)
	for i := 9; i >= 0; i-- {
		raise(t, c, "a", fmt.Sprintf("nAmE%d", i), i)
	}
	same2(t, output(h, o, "a"), ints(10))
}

func TestBehaviour_048_EventBeforeWait(t *testing.T) {
	o := Define("late", func(c *Context, _ None) (int, error) {
		if err := c.Sleep(time.Second); err != nil {
			return 0, err
		}
		return Event[int](c, "item")
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "item", 1)
	raise(t, c, "a", "item", 2)
	h.run()
	if output(h, o, "a") != 1 {
		t.Fatal("not the first")
	}
	// With the start, in one atomic step.
	first := collector()
	h, c = newHub(t, first)
	begin(t, c, first, "b", 1, WithEvent("item", 7))
	same2(t, output(h, first, "b"), []int{7})
}

func TestBehaviour_049_EventWithTimeout(t *testing.T) {
	o := Define("timeouts", func(c *Context, _ None) (string, error) {
		event, timer, token := EventGo[string](c, "item"), c.Timer(time.Minute), EventGo[None](c, "token")
		who := []string{"event", "timer", "token"}[Any(event, timer, token)]
		for _, f := range []Awaitable{event, timer, token} {
			f.Cancel()
		}
		return who, nil
	})
	h, c := newHub(t, o)
	for _, id := range []string{"event", "timer", "token", "external"} {
		begin(t, c, o, id, None{})
	}
	raise(t, c, "event", "item", "x")
	raise(t, c, "token", "token", None{})
	if err := c.Terminate(t.Context(), "external", "enough"); err != nil {
		t.Fatal(err)
	}
	if len(h.timers) != 1 {
		t.Fatalf("%d timers left", len(h.timers))
	}
	h.run()
	for _, id := range []string{"event", "timer", "token"} {
		if got := output(h, o, id); got != id {
			t.Fatalf("%s won in %s", got, id)
		}
	}
	h.wantState("external", Terminated)
}

func TestBehaviour_050_ZeroTimeout(t *testing.T) {
	o := Define("zero", func(c *Context, _ None) (int, error) {
		if err := c.Sleep(time.Second); err != nil {
			return 0, err
		}
		event := EventGo[int](c, "item")
		return Any(event, c.Timer(0)), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "with", None{})
	begin(t, c, o, "without", None{})
	raise(t, c, "with", "item", 1)
	h.run()
	if output(h, o, "with") != 0 || output(h, o, "without") != 1 {
		t.Fatal(output(h, o, "with"), output(h, o, "without"))
	}
}

func TestBehaviour_051_CancelledWaiterDoesNotEat(t *testing.T) {
	o := Define("two", func(c *Context, _ None) (int, error) {
		first, second := EventGo[int](c, "item"), EventGo[int](c, "item")
		first.Cancel()
		r, err := second.Get()
		return r.Value, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "item", 5)
	if output(h, o, "a") != 5 {
		t.Fatal("eaten")
	}

	// One that was given an event that nobody saw gives it back, to its place.
	back := Define("back", func(c *Context, _ None) ([]int, error) {
		first := EventGo[int](c, "item")
		if err := c.Sleep(time.Second); err != nil {
			return nil, err
		}
		if !first.Done() {
			return nil, errors.New("not given")
		}
		first.Cancel()
		a, err := Event[int](c, "item")
		b, err2 := Event[int](c, "item")
		return []int{a, b}, errors.Join(err, err2)
	})
	h, c = newHub(t, back)
	begin(t, c, back, "b", None{})
	raise(t, c, "b", "item", 1)
	raise(t, c, "b", "item", 2)
	h.run()
	same2(t, output(h, back, "b"), []int{1, 2})
}

func TestBehaviour_052_StaleTimer(t *testing.T) {
	o := Define("stale", func(c *Context, _ None) ([]int, error) {
		var got []int
		for range 3 {
			event := EventGo[int](c, "item")
			Any(event, c.Timer(time.Minute)) // nobody cancels the timer
			r, err := event.Get()
			if err != nil {
				return nil, err
			}
			got = append(got, r.Value)
		}
		return got, c.Sleep(2 * time.Minute)
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	for i := range 3 {
		raise(t, c, "a", "item", i)
		h.advance(30 * time.Second)
	}
	h.run()
	same2(t, output(h, o, "a"), ints(3))
}

func TestBehaviour_053_EventContention(t *testing.T) {
	o := Define("contention", func(c *Context, round int) (int, error) {
		event := EventGo[int](c, "item")
		if Any(event, c.Timer(time.Minute)) == 1 {
			event.Cancel()
			if err := c.Sleep(time.Second); err != nil { // the event comes now
				return 0, err
			}
			return 0, ContinueAsNew(c, round+1)
		}
		r, err := event.Get()
		return round*100 + r.Value, err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	h.advance(time.Minute)
	raise(t, c, "a", "item", 7)
	h.run()
	if got := output(h, o, "a"); got != 107 {
		t.Fatal(got)
	}
}

func TestBehaviour_054_EventAndActivityInterleaved(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("interleaved", func(c *Context, n int) ([]string, error) {
		var got []string
		for range n {
			f := echo.Go(c, "x")
			v, err := Event[string](c, "item")
			if err != nil {
				return nil, err
			}
			r, err := f.Get()
			if err != nil {
				return nil, err
			}
			got = append(got, v+r)
		}
		return got, nil
	})
	h, c := newHub(t, o, echo)
	begin(t, c, o, "a", 3)
	for i := range 3 {
		h.holdWork = i == 1
		raise(t, c, "a", "item", fmt.Sprint(i))
	}
	h.holdWork = false
	h.run()
	same2(t, output(h, o, "a"), []string{"0x!", "1x!", "2x!"})
	if len(e.list) != 3 {
		t.Fatal(e.list)
	}
}

func TestBehaviour_055_EventToChild(t *testing.T) {
	child := collector()
	o := Define("parent", func(c *Context, _ None) ([]int, error) {
		f := child.Go(c, 1, WithID("kid"))
		if err := Raise(c, "kid", "ITEM", 9); err != nil {
			return nil, err
		}
		return f.Get()
	})
	h, c := newHub(t, o, child)
	begin(t, c, o, "a", None{})
	same2(t, output(h, o, "a"), []int{9})
}

func TestBehaviour_056_Conversation(t *testing.T) {
	o := Define("pingpong", func(c *Context, other string) (int, error) {
		total := 0
		for i := range 10 {
			if i > 0 || c.InstanceID() == "ping" {
				if err := Raise(c, other, "ball", i); err != nil {
					return 0, err
				}
			}
			v, err := Event[int](c, "ball")
			if err != nil {
				return 0, err
			}
			total += v
		}
		return total, Raise(c, other, "ball", 0)
	})
	h, c := newHub(t, o)
	begin(t, c, o, "pong", "ping")
	begin(t, c, o, "ping", "pong")
	h.run()
	h.wantState("ping", Completed)
	h.wantState("pong", Completed)
}

func TestBehaviour_057_RaiseToMissing(t *testing.T) {
	h, c := newHub(t, collector())
	wantCode(t, c.Raise(t.Context(), "nobody", "x", nil), CodeNotFound)
	if in := h.instances[InstanceID("nobody")]; in.Exists || in.Head != nil || in.Log != nil {
		t.Fatal("something was stored")
	}
}

func TestBehaviour_058_RaiseToCompleted(t *testing.T) {
	o := collector()
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	rows := len(h.rows("a"))
	wantCode(t, c.Raise(t.Context(), "a", "x", nil), CodeGone)
	if len(h.rows("a")) != rows || len(h.timers) != 0 {
		t.Fatal("the store is not clean")
	}
}

func TestBehaviour_060_DuplicateTaskResults(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	child := Define("child", func(c *Context, _ None) (string, error) {
		a, err := echo.Call(c, "a")
		if err != nil {
			return "", err
		}
		b, err := echo.Call(c, "b")
		return a + b, err
	})
	o := Define("parent", func(c *Context, _ None) (string, error) { return child.Call(c, None{}, WithID("kid")) })
	h, c := newHub(t, o, child, echo)
	h.holdWork = true
	begin(t, c, o, "a", None{})
	first := h.work[0]
	for range 3 { // doubled, of a task that is not known, and of another generation
		h.finishWork(first, durable.Answer{Body: []byte(`"1"`)})
	}
	unknown, old := first, first
	unknown.Task, old.Generation = 99, 7
	h.finishWork(unknown, durable.Answer{Body: []byte(`"2"`)})
	h.finishWork(old, durable.Answer{Body: []byte(`"3"`)})
	h.work = h.work[1:]
	h.settle()
	if n := len(h.rows("kid", "TaskCompleted")); n != 1 {
		t.Fatalf("%d results", n)
	}
	h.holdWork = false
	h.settle()
	if got := output(h, o, "a"); got != "1b!" || len(h.rows("a", "SubOrchestrationInstanceCompleted")) != 1 {
		t.Fatal(got)
	}
}
