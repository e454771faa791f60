package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

func TestBehaviour_061_ContinueAsNewCountsUp(t *testing.T) {
	o := Define("count", func(c *Context, n int) (int, error) {
		if n < 10 {
			return 0, ContinueAsNew(c, n+1)
		}
		return n, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	if output(h, o, "a") != 10 || h.status("a").Generation < 10 {
		t.Fatalf("%+v", h.status("a"))
	}
	if n := len(h.rows("a", "ExecutionStarted")); n != 1 || len(h.rows("a")) > 8 {
		t.Fatalf("history is not fresh: %+v", h.rows("a"))
	}
}

func TestBehaviour_062_TimerAndActivityEachRound(t *testing.T) {
	calls := 0
	tick := DefineActivity("tick", func(_ context.Context, n int) (int, error) { calls++; return n + 1, nil })
	o := Define("rounds", func(c *Context, n int) (int, error) {
		if n == 20 {
			return n, nil
		}
		if err := c.Sleep(time.Second); err != nil {
			return 0, err
		}
		m, err := tick.Call(c, n)
		if err != nil {
			return 0, err
		}
		return 0, ContinueAsNew(c, m)
	})
	h, c := newHub(t, o, tick)
	for i := range 20 {
		begin(t, c, o, fmt.Sprint(i), 0)
	}
	h.run()
	for i := range 20 {
		if output(h, o, fmt.Sprint(i)) != 20 {
			t.Fatal("stuck")
		}
	}
	if calls != 400 {
		t.Fatal(calls)
	}
}

// summer adds up n items, and begins a new generation after every few.
func summer() *Orchestration[[]int, []int] {
	return Define("summer", func(c *Context, got []int) ([]int, error) {
		for i := 0; i < 3; i++ {
			if len(got) == 20 {
				return got, nil
			}
			v, err := Event[int](c, "item")
			if err != nil {
				return nil, err
			}
			got = append(got, v)
			if len(got)%5 == 0 {
				if err := c.Sleep(time.Second); err != nil {
					return nil, err
				}
			}
		}
		return nil, ContinueAsNew(c, got)
	})
}

func TestBehaviour_063_UnprocessedEventsCarried(t *testing.T) {
	o := summer()
	h, c := newHub(t, o)
	begin(t, c, o, "a", nil)
	for i := range 20 {
		raise(t, c, "a", "item", i)
	}
	h.run()
	same2(t, output(h, o, "a"), ints(20))
}

func TestBehaviour_064_LateEventsDuringTheSwitch(t *testing.T) {
	o := summer()
	for seed := range 10 {
		h, c := newHub(t, o)
		for range seed {
			h.rng.Uint64()
		}
		begin(t, c, o, "a", nil)
		for i := range 20 {
			h.Post(newMessage("a", OpEvent, "item", []byte(fmt.Sprint(i))), func(a durable.Answer) {
				if a.Fail != nil {
					t.Error(a.Fail)
				}
			})
			if h.rng.IntN(3) == 0 {
				h.step()
			}
		}
		h.run()
		same2(t, output(h, o, "a"), ints(20))
	}
}

func TestBehaviour_065_WithoutCarry(t *testing.T) {
	o := Define("discard", func(c *Context, round int) (int, error) {
		if round == 0 {
			_, _ = Event[None](c, "next")
			return 0, ContinueAsNew(c, 1, DiscardEvents())
		}
		return Any(EventGo[int](c, "item"), c.Timer(time.Second)), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	raise(t, c, "a", "item", 1)
	raise(t, c, "a", "next", None{})
	h.run()
	if output(h, o, "a") != 1 {
		t.Fatal("carried")
	}
}

func TestBehaviour_066_ChildContinuingAsNew(t *testing.T) {
	child := Define("child", func(c *Context, n int) (int, error) {
		if n < 3 {
			return -1, ContinueAsNew(c, n+1)
		}
		return n, nil
	})
	o := Define("parent", func(c *Context, _ None) (int, error) { return child.Call(c, 0) })
	h, c := newHub(t, o, child)
	begin(t, c, o, "a", None{})
	if output(h, o, "a") != 3 || len(h.rows("a", "SubOrchestrationInstanceCompleted")) != 1 {
		t.Fatal("not the last generation's result, once")
	}
}

func TestBehaviour_067_NewVersionOnContinue(t *testing.T) {
	v := func(version string) *Orchestration[string, string] {
		return Define("versions", func(c *Context, did string) (string, error) {
			_, _ = Event[None](c, "next")
			did += c.Version()
			if len(did) == 2 {
				return did, nil
			}
			if version == "1" {
				return "", ContinueAsNew(c, did, ContinueVersion("2"))
			}
			return "", ContinueAsNew(c, did)
		}, Version(version))
	}
	one, two := v("1"), v("2")
	h, c := newHub(t, one, two)
	begin(t, c, one, "pinned", "", AsVersion("1"))
	begin(t, c, one, "latest", "")
	for _, id := range []string{"pinned", "latest"} {
		raise(t, c, id, "next", None{})
		raise(t, c, id, "next", None{})
	}
	if a, b := output(h, one, "pinned"), output(h, one, "latest"); a != "12" || b != "22" {
		t.Fatal(a, b)
	}
}

func TestBehaviour_069_StartedAtReset(t *testing.T) {
	o := Define("started", func(c *Context, n int) (int, error) {
		if n == 1 {
			return n, nil
		}
		c.SetStatus("kept")
		if err := c.Sleep(time.Hour); err != nil {
			return 0, err
		}
		return 0, ContinueAsNew(c, 1)
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	h.run()
	s := h.wantState("a", Completed)
	if s.Started.Sub(s.Created) != time.Hour || string(s.Custom) != `"kept"` {
		t.Fatalf("%+v", s)
	}
}

func TestBehaviour_070_ContinueThenTimer(t *testing.T) {
	o := Define("repro", func(c *Context, n int) (int, error) {
		old := c.Timer(time.Minute) // of this generation: it must not fire in the next
		if n == 3 {
			old.Cancel()
			return n, c.Sleep(time.Second)
		}
		return 0, ContinueAsNew(c, n+1)
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	if len(h.timers) != 1 {
		t.Fatalf("timers %v", h.timers)
	}
	h.run()
	if output(h, o, "a") != 3 || len(h.rows("a", "TimerFired")) != 1 {
		t.Fatal("not the new generation's timer")
	}
}

func TestDecision_06_OpenRequestsGoOn(t *testing.T) {
	o := Define("rematch", func(c *Context, game int) (int, error) {
		r, err := move.Wait(c)
		if err != nil {
			return 0, err
		}
		if game == 0 { // taken, not answered: the next generation gets it again
			return 0, ContinueAsNew(c, 1)
		}
		r.Answer(fmt.Sprint("game ", game))
		n := c.Publish([]byte("x"))
		return int(n), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 0)
	got, err := move.Do(t.Context(), c, "a", 5, RequestID("ann", "1"))
	if err != nil || got != "game 1" {
		t.Fatal(got, err)
	}
	if output(h, o, "a") != 1 {
		t.Fatal("number of the published event")
	}
}

func TestPublishedNumbersAcrossGenerations(t *testing.T) {
	o := Define("pub", func(c *Context, want uint64) (uint64, error) {
		c.SetIndex(Index{Name: "open", Time: 1})
		for range 3 {
			if n := c.Publish([]byte("e")); n != want {
				return 0, fmt.Errorf("event %d is number %d", want, n)
			}
			want++
			_, _ = Event[None](c, "next")
		}
		if want > 6 {
			return want, nil
		}
		return 0, ContinueAsNew(c, want)
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 1)
	for range 6 {
		raise(t, c, "a", "next", None{})
	}
	if output(h, o, "a") != 7 || h.status("a").Events != 6 {
		t.Fatal(h.status("a"))
	}
	items, err := c.Listing("open", Cursor{}, 10)
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
}

func TestLateResultFindsNoNamesake(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	o := Define("late", func(c *Context, n int) (string, error) {
		if n == 0 {
			_, _ = Event[None](c, "next")
			echo.Go(c, "old") // in the very turn that ends the generation
			return "", ContinueAsNew(c, 1)
		}
		return echo.Call(c, "new")
	})
	h, c := newHub(t, o, echo)
	begin(t, c, o, "a", 0)
	raise(t, c, "a", "next", None{})
	if got := output(h, o, "a"); got != "new!" || len(e.list) != 2 {
		t.Fatal(got, e.list)
	}
}

func TestNonDeterminismTellsTasksApart(t *testing.T) {
	define := func(second bool) *Orchestration[None, None] {
		return Define("clocks", func(c *Context, _ None) (None, error) {
			white, black := c.Timer(time.Hour), c.Timer(2*time.Hour)
			_, _ = Event[None](c, "stop")
			if second {
				black.Cancel()
			} else {
				white.Cancel()
			}
			return Event[None](c, "end")
		})
	}
	o := define(false)
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	raise(t, c, "a", "stop", None{})
	h.redefine(define(true))
	wantCode(t, c.Raise(t.Context(), "a", "end", nil), CodeUnavailable)
	want := `non-determinism in orchestration "a": history says cancelling timer #1, code asked for cancelling timer #2`
	if err := h.broken[InstanceID("a")]; err == nil || err.Error() != want {
		t.Fatal(err)
	}
}

// An event that a future was given, and that nobody has read, is unprocessed:
// the next generation gets it, in its place.
func TestDecision_06_UnreadFuturesCarried(t *testing.T) {
	for _, batched := range []bool{false, true} {
		o := Define("unread", func(c *Context, round int) ([]int, error) {
			if round == 0 {
				read, unread, canceled := EventGo[int](c, "item"), EventGo[int](c, "item"), EventGo[int](c, "item")
				if _, err := Event[None](c, "next"); err != nil {
					return nil, err
				}
				if v, err := read.Get(); err != nil || v.Value != 0 {
					return nil, fmt.Errorf("read %v, %w", v, err)
				}
				if Any(unread, canceled) != 0 || !canceled.Done() {
					return nil, fmt.Errorf("no event for the others")
				}
				canceled.Cancel()
				return nil, ContinueAsNew(c, 1)
			}
			var got []int
			for range 4 {
				v, err := Event[int](c, "item")
				if err != nil {
					return nil, err
				}
				got = append(got, v)
			}
			return got, nil
		})
		h, c := newHub(t, o)
		begin(t, c, o, "a", 0)
		var batch []durable.Message
		for i := range 4 {
			batch = append(batch, newMessage("a", OpEvent, "item", []byte(fmt.Sprint(i))))
		}
		batch = append(batch, newMessage("a", OpEvent, "next", nil), newMessage("a", OpEvent, "item", []byte("4")))
		if batched {
			h.turn(h.instances[InstanceID("a")], batch)
		} else {
			for _, m := range batch {
				h.turn(h.instances[InstanceID("a")], []durable.Message{m})
			}
		}
		h.settle()
		same2(t, output(h, o, "a"), []int{1, 2, 3, 4})
	}
}

// Lives and generations that begin in one turn share their numbers, but not
// their ids.
func TestNewIDsOfOneTurn(t *testing.T) {
	var ids []string
	o := Define("ids", func(c *Context, round int) (string, error) {
		id := c.NewID()
		if !c.IsReplaying() && !slices.Contains(ids, id) { // strict mode asks twice
			ids = append(ids, id)
		}
		if round == 0 {
			return "", ContinueAsNew(c, 1)
		}
		return id, nil
	})
	h, _ := newHub(t, o)
	id := InstanceID("a")
	h.instances[id] = &testInstance{Instance: durable.Instance{ID: id}}
	var s start
	begin, run := s.message("ids", "a", []byte("0")), newMessage("a", OpRun, "", nil)
	h.turn(h.instances[id], []durable.Message{begin, run, begin, run, newMessage("a", OpPurge, "", nil), begin, run})
	h.settle()
	if len(ids) != 6 {
		t.Errorf("three lives of two generations made the ids %v", ids)
	}
}
