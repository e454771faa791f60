package entities

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// start starts an orchestration from outside.
func start[In, Out any](h *hub, o *orchestrator.Orchestration[In, Out], id string, in In) {
	h.t.Helper()
	m, err := o.StartMessage(in, orchestrator.WithID(id))
	if err != nil {
		h.t.Fatal(err)
	}
	h.post(m)
}

// status is an orchestration's.
func (h *hub) status(id string) orchestrator.Status {
	h.t.Helper()
	in := h.instances[orchestrator.InstanceID(id)]
	if in == nil {
		h.t.Fatalf("there is no orchestration %s", id)
	}
	s, err := orchestrator.StatusOf(durable.Snapshot{ID: in.ID, Exists: true, Generation: in.Generation, Head: in.Head})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// wantOutput checks that an orchestration completed with this output.
func (h *hub) wantOutput(id, want string) {
	h.t.Helper()
	if s := h.status(id); s.State != orchestrator.Completed || string(s.Output) != want {
		h.t.Fatalf("orchestration %s is %s with %s (%v), want %s", id, s.State, s.Output, s.Failure, want)
	}
}

func (h *hub) terminate(id string) {
	h.post(durable.Message{To: orchestrator.InstanceID(id), Op: orchestrator.OpTerminate, Body: []byte(`"enough"`)})
}

// increment is a read-modify-write under a lock.
var increment = orchestrator.Define("increment", func(c *orchestrator.Context, key string) (int, error) {
	unlock, err := Lock(c, accounts.ID(key))
	if err != nil {
		return 0, err
	}
	defer unlock()
	n, err := get.Call(c, key, struct{}{})
	if err != nil {
		return 0, err
	}
	_, err = set.Call(c, key, n+1)
	return n + 1, err
})

// hold takes locks and waits for the event "go" with them.
var hold = orchestrator.Define("hold", func(c *orchestrator.Context, how string) (string, error) {
	unlock, err := Lock(c, accounts.ID("b"), accounts.ID("a"), accounts.ID("b"))
	if err != nil {
		return "", err
	}
	Permit(c, orchestrator.ActionEvent)
	word, err := orchestrator.Event[string](c, "go")
	if err != nil {
		return "", err
	}
	switch word {
	case "unlock":
		unlock()
		unlock()
	case "panic":
		panic("in the section")
	case "error":
		return "", errors.New("in the section")
	case "again":
		return "", orchestrator.ContinueAsNew(c, how)
	}
	return word, nil
})

func (h *hub) raise(id, event, body string) {
	h.post(durable.Message{To: orchestrator.InstanceID(id), Op: orchestrator.OpEvent, Name: event, Body: []byte(body)})
}

func TestBehaviour_105_LockedIncrements(t *testing.T) {
	h := newHub(t, accounts).orchestrate(increment)
	const n = 50
	for i := range n {
		start(h, increment, fmt.Sprint("inc", i), "ann")
	}
	h.run()
	for i := range n {
		if s := h.status(fmt.Sprint("inc", i)); s.State != orchestrator.Completed {
			t.Fatalf("%d: %s %v", i, s.State, s.Failure)
		}
	}
	if got := h.state(accounts.ID("ann")); got != fmt.Sprintf(`{"balance":%d}`, n) {
		t.Fatalf("state %s after %d increments", got, n)
	}
	if h.info(accounts.ID("ann")).Lock != nil {
		t.Fatal("still locked")
	}
}

func TestBehaviour_107_LockRules(t *testing.T) {
	child := orchestrator.Define("child", func(*orchestrator.Context, struct{}) (string, error) { return "done", nil })
	rules := orchestrator.Define("rules", func(c *orchestrator.Context, rule string) (string, error) {
		unlock, err := Lock(c, accounts.ID("a"), accounts.ID("b"))
		if err != nil {
			return "", err
		}
		defer unlock()
		switch rule {
		case "nested":
			_, err = Lock(c, accounts.ID("c"))
		case "not locked":
			_, err = credit.Call(c, "c", 1)
		case "not locked, later":
			f := credit.Go(c, "c", 1)
			orchestrator.Any(f)
			_, err = f.Get()
		case "locked":
			_, err = credit.Call(c, "a", 1)
		case "child":
			_, err = child.Call(c, struct{}{})
		case "child with leave":
			Permit(c, orchestrator.ActionChild)
			_, err = child.Call(c, struct{}{})
		case "event":
			_, err = orchestrator.Event[int](c, "never")
		case "signal":
			err = credit.Signal(c, "c", 1)
		case "timer":
			err = c.Sleep(time.Second)
		case "after":
			unlock()
			_, err = credit.Call(c, "c", 1)
		case "ids":
			if got := fmt.Sprint(Locked(c)); got != "[@account@a @account@b]" {
				err = errors.New(got)
			}
		}
		return "", err
	})
	free := orchestrator.Define("free", func(c *orchestrator.Context, what string) (string, error) {
		var err error
		switch what {
		case "none":
			_, err = Lock(c)
		case "no entity":
			_, err = Lock(c, orchestrator.InstanceID("x"))
		case "bad key":
			_, err = Lock(c, accounts.ID("\x00"))
		case "too many":
			var ids []durable.ID
			for i := range MaxLockEntities + 1 {
				ids = append(ids, accounts.ID(fmt.Sprint(i)))
			}
			_, err = Lock(c, ids...)
		case "nobody's":
			_, err = Lock(c, accounts.ID("a"), durable.ID{Kind: Kind, Name: "zzz", Key: "x"})
		}
		return "", err
	})
	for _, c := range []struct {
		rule string
		want *durable.Failure
	}{
		{"nested", ErrNested},
		{"not locked", ErrNotLocked},
		{"not locked, later", ErrNotLocked},
		{"locked", nil},
		{"child", ErrInSection},
		{"child with leave", nil},
		{"event", ErrInSection},
		{"signal", nil},
		{"timer", nil},
		{"after", nil},
		{"ids", nil},
		{"none", ErrNothingToLock},
		{"no entity", ErrNotEntity},
		{"bad key", durable.Fail(durable.CodeBadRequest, "")},
		{"too many", ErrTooManyLocks},
		{"nobody's", durable.Fail(durable.CodeNotFound, "")},
	} {
		t.Run(c.rule, func(t *testing.T) {
			h := newHub(t, accounts).orchestrate(rules, free, child)
			start(h, rules, "r", c.rule)
			start(h, free, "f", c.rule)
			h.run()
			h.advance(2000)
			h.run()
			s, f := h.status("r"), h.status("f")
			if s.Failure == nil {
				s = f
			}
			if s.Failure == nil != (c.want == nil) || c.want != nil && !errors.Is(s.Failure, c.want) {
				t.Fatalf("%s: %v, want %v", s.State, s.Failure, c.want)
			}
			h.wantHolders("---", "a", "b", "c")
			if f.State == orchestrator.Running {
				t.Fatal("it still runs")
			}
		})
	}
}

func TestBehaviour_108_LockReleasedAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		how string
		end func(h *hub)
	}{
		{"unlock", func(h *hub) { h.raise("o", "go", `"unlock"`) }},
		{"return", func(h *hub) { h.raise("o", "go", `"return"`) }},
		{"panic", func(h *hub) { h.raise("o", "go", `"panic"`) }},
		{"error", func(h *hub) { h.raise("o", "go", `"error"`) }},
		{"terminate", func(h *hub) { h.terminate("o") }},
		{"terminate and event in one batch", func(h *hub) {
			h.raise("o", "go", `"unlock"`)
			h.terminate("o")
		}},
	} {
		for _, cold := range []bool{false, true} {
			t.Run(fmt.Sprint(c.how, cold), func(t *testing.T) {
				h := newHub(t, accounts).orchestrate(hold, increment)
				h.cold = func() bool { return cold }
				start(h, hold, "o", "")
				h.run()
				h.wantHolders("oo", "a", "b")
				start(h, increment, "next", "a")
				h.run()
				c.end(h)
				h.run()
				if !h.status("o").State.Final() {
					t.Fatal("it has not ended")
				}
				h.wantOutput("next", "1")
				h.wantHolders("--", "a", "b")
			})
		}
	}
	t.Run("continued as new", func(t *testing.T) {
		h := newHub(t, accounts).orchestrate(hold, increment)
		start(h, hold, "o", "")
		h.run()
		start(h, increment, "next", "a")
		h.run()
		h.raise("o", "go", `"again"`)
		h.run()
		h.wantOutput("next", "1")
		h.wantHolders("oo", "a", "b")
		if g := h.info(accounts.ID("a")).Lock.Generation; g != 2 {
			t.Fatalf("held by generation %d", g)
		}
		h.terminate("o")
		h.run()
		h.wantHolders("--", "a", "b")
	})
	t.Run("terminated while the request was queued", func(t *testing.T) {
		for _, order := range [][]string{{"o1", "o2", "o3"}, {"o2", "o3", "o1"}, {"o3", "o2", "o1"}} {
			h := newHub(t, accounts).orchestrate(hold)
			for _, id := range []string{"o1", "o2", "o3"} {
				start(h, hold, id, "")
				h.run()
			}
			for _, id := range order {
				h.terminate(id)
				h.run()
			}
			h.wantHolders("--", "a", "b")
			if len(h.instances) != 3 {
				t.Fatalf("%v: %d instances are left", order, len(h.instances))
			}
		}
	})
}

func TestDecision_09_Deadline(t *testing.T) {
	hasty := orchestrator.Define("hasty", func(c *orchestrator.Context, _ struct{}) (string, error) {
		_, err := LockWithin(c, time.Second, accounts.ID("a"), accounts.ID("b"))
		if !errors.Is(err, durable.Fail(durable.CodeTimeout, "")) {
			return "", fmt.Errorf("want a timeout: %w", err)
		}
		unlock, err := LockWithin(c, time.Minute, accounts.ID("b"))
		if err != nil {
			return "", err
		}
		unlock()
		return "had it", nil
	})
	one := orchestrator.Define("one", func(c *orchestrator.Context, key string) (string, error) {
		unlock, err := LockWithin(c, time.Second, accounts.ID(key))
		if err != nil {
			return "", err
		}
		defer unlock()
		return "locked", c.Sleep(10 * time.Second)
	})
	h := newHub(t, accounts).orchestrate(hasty, one)
	start(h, one, "o", "b")
	h.run()
	start(h, hasty, "h", struct{}{})
	h.run()
	h.wantHolders("ho", "a", "b")
	h.advance(1000)
	h.run()
	h.wantHolders("-o", "a", "b")
	h.advance(9000)
	h.run()
	h.wantOutput("h", `"had it"`)
	h.wantOutput("o", `"locked"`)
	h.wantHolders("--", "a", "b")
	if len(h.timers) != 0 {
		t.Fatalf("%d timers are left", len(h.timers))
	}
}

func TestBehaviour_109_ContinueAsNewBetweenCalls(t *testing.T) {
	rounds := orchestrator.Define("rounds", func(c *orchestrator.Context, left int) (int, error) {
		credit.Go(c, "ann", 1) // whose answer comes to a generation that is gone
		n, err := credit.Call(c, "ann", 1)
		if err != nil || left == 0 {
			return n, err
		}
		return 0, orchestrator.ContinueAsNew(c, left-1)
	})
	h := newHub(t, accounts).orchestrate(rounds)
	start(h, rounds, "r", 4)
	h.run()
	h.wantOutput("r", "10")
}

func TestBehaviour_100_EntityStartsOrchestration(t *testing.T) {
	starters := Define("starter", func(string) int { return 0 })
	On(starters, "go", func(c *Context, s *int, fail bool) (string, error) {
		*s++
		id, err := Start(c, increment, "ann")
		if err == nil && fail {
			err = errPoor
		}
		return id, err
	})
	On(starters, "bad", func(c *Context, s *int, _ struct{}) (string, error) {
		return Start(c, increment, "ann", orchestrator.WithID("a/b"))
	})
	h := newHub(t, accounts, starters).orchestrate(increment)
	h.post(mustSignal(t, starters.ID("s"), "go", false))
	h.post(mustSignal(t, starters.ID("s"), "go", true)) // dropped with its operation
	a := h.ask(mustCall(t, starters.ID("s"), "go", false))
	if got := h.state(accounts.ID("ann")); got != `{"balance":2}` {
		t.Fatalf("state %s: two orchestrations were to be started", got)
	}
	h.wantOutput(strings.Trim(string(a.Body), `"`), "2")
	if a := h.ask(mustCall(t, starters.ID("s"), "bad", nil)); a.Fail == nil {
		t.Fatal("a bad instance id was taken")
	}
}

// What earlier designs had to clean up (entities that were only ever locked, or
// deleted, and locks of orchestrations that are gone) is never there.
func TestBehaviour_112_NothingToClean(t *testing.T) {
	touch := orchestrator.Define("touch", func(c *orchestrator.Context, i int) (string, error) {
		id := fmt.Sprint(i % 7)
		unlock, err := Lock(c, accounts.ID(id), accounts.ID("shared"))
		if err != nil {
			return "", err
		}
		if i%3 == 0 {
			unlock()
		}
		if i%2 == 0 {
			_, err = remove.Call(c, id, struct{}{})
		}
		return "", errors.Join(err, c.Sleep(time.Hour))
	})
	h := newHub(t, accounts).orchestrate(touch)
	const n = 30
	for i := range n {
		start(h, touch, fmt.Sprint(i), i)
	}
	h.run()
	for i := range n {
		h.terminate(fmt.Sprint(i))
		h.run()
	}
	if len(h.instances) != n || len(h.listed) > n {
		t.Fatalf("%d instances are left, want the %d orchestrations", len(h.instances), n)
	}
	if len(h.timers) != 0 {
		t.Fatalf("%d timers are left", len(h.timers))
	}
}

// An orchestration that runs into a limit is ended by the engine in the middle
// of a turn, and what the turn did is dropped: its releases must not be.
func TestBehaviour_108_LockReleasedWhenALimitIsHit(t *testing.T) {
	greedy := orchestrator.Define("greedy", func(c *orchestrator.Context, when string) (string, error) {
		unlock, err := Lock(c, accounts.ID("a"), accounts.ID("b"))
		if err != nil {
			return "", err
		}
		if when == "after" {
			unlock()
		}
		for range 200 {
			if err := credit.Signal(c, "c", 1); err != nil {
				return "", err
			}
		}
		unlock()
		return "", nil
	})
	for _, when := range []string{"inside", "after"} {
		t.Run(when, func(t *testing.T) {
			h := newHub(t, accounts).orchestrateWithin(orchestrator.Limits{Actions: 100}, greedy)
			start(h, greedy, "g", when)
			h.run()
			if s := h.status("g"); s.State != orchestrator.Failed || s.Failure.Code != durable.CodeTooLarge {
				t.Fatalf("%s, %v", s.State, s.Failure)
			}
			h.wantHolders("---", "a", "b", "c")
		})
	}
}

// An operation can start an orchestration for later (BEHAVIOURS 83).
func TestBehaviour_083_ScheduledStartByAnEntity(t *testing.T) {
	starters := Define("starter", func(string) int { return 0 })
	On(starters, "later", func(c *Context, _ *int, _ struct{}) (string, error) {
		return Start(c, increment, "ann", orchestrator.WithID("later"), orchestrator.StartAfter(time.Minute))
	})
	h := newHub(t, accounts, starters).orchestrate(increment)
	h.ask(mustCall(t, starters.ID("s"), "later", nil))
	s := h.status("later")
	if s.State != orchestrator.Pending || s.Scheduled.UnixMilli() != h.now.Wall+60_000 || h.state(accounts.ID("ann")) != "" {
		t.Fatalf("%+v, %s", s, h.state(accounts.ID("ann")))
	}
	h.advance(59_999)
	h.run()
	if s := h.status("later"); s.State != orchestrator.Pending {
		t.Fatalf("it began too early: %+v", s)
	}
	h.advance(1)
	h.run()
	h.wantOutput("later", "1")
}
