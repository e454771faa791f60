package orchestrator

import (
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// stuck is an orchestration with one of everything that an end lets go.
func stuck(leaf *Orchestration[None, string]) *Orchestration[None, string] {
	return Define("stuck", func(c *Context, _ None) (string, error) {
		lock := durable.Message{To: durable.ID{Kind: 'e', Name: "stock", Key: "k"}, Op: OpLock, Body: []byte("the way")}
		c.AtEnd("lock", durable.Message{To: lock.To, Op: OpRelease, Body: lock.Body})
		if _, err := c.CallTo(lock).Get(); err != nil {
			return "", err
		}
		first, _ := move.Wait(c)
		first.Answer("ok")
		c.Timer(time.Second).Cancel()
		c.Timer(time.Hour)
		return leaf.Call(c, None{}, WithID("leaf"))
	})
}

func TestDecision_10_TerminateQuarantined(t *testing.T) {
	for _, mode := range []string{"all", "only", "bad head", "bad history"} {
		leaf := waiter()
		o := stuck(leaf)
		parent := Define("parent", func(c *Context, _ None) (string, error) { return o.Call(c, None{}, WithID("x")) })
		h, c := newHub(t, o, leaf, parent)
		begin(t, c, parent, "p", None{})
		lock := h.elsewhere[0]
		h.reply(lock.To, durable.Reply{To: lock.Return})
		h.settle()
		answers := map[int]Code{}
		for i := range 3 {
			move.Post(c, "x", i, func(_ string, err error) { answers[i] = codeOf(err) })
			h.settle()
		}
		if len(h.timers) != 1 || len(answers) != 1 {
			t.Fatal(h.timers, answers)
		}
		// Code that does something else.
		h.redefine(leaf, parent, Define("stuck", func(c *Context, _ None) (string, error) { return Event[string](c, "other") }))
		x := h.instances[InstanceID("x")]
		switch mode {
		case "bad head":
			x.Head = []byte{99}
		case "bad history":
			x.Log = append(x.Log, []byte{historyVersion, 99})
		}
		if err := c.Raise(t.Context(), "x", "item", nil); err == nil || h.broken[x.ID] == nil {
			t.Fatal("it runs", err)
		}
		end := c.Terminate
		if mode == "only" {
			end = c.TerminateOnly
		}
		if err := end(t.Context(), "x", "enough"); err != nil {
			t.Fatal(mode, err)
		}
		s := h.wantState("x", Terminated)
		if string(s.Output) != `"enough"` || s.Name != "stuck" {
			t.Fatalf("%s: %+v", mode, s)
		}
		if len(h.timers) != 0 || answers[0] != "<nil>" || answers[1] != CodeEnded || answers[2] != CodeEnded {
			t.Errorf("%s: timers %v, answers %v", mode, h.timers, answers)
		}
		if f := h.wantState("p", Failed).Failure; f.Code != CodeTerminated {
			t.Error(mode, f)
		}
		if got := h.status("leaf").State; (got == Terminated) == (mode == "only") {
			t.Errorf("%s: the child is %s", mode, got)
		}
		released := h.elsewhere[len(h.elsewhere)-1]
		if len(h.elsewhere) != 2 || released.Op != OpRelease || released.To != lock.To || string(released.Body) != string(lock.Body) {
			t.Errorf("%s: %v", mode, h.elsewhere)
		}
		if items, err := c.List(Running, Cursor{}, 9); err != nil || (len(items) == 0) == (mode == "only") {
			t.Error(mode, items, err)
		}
		wantCode(t, c.Raise(t.Context(), "x", "item", nil), CodeGone)
		if err := c.Purge(t.Context(), "x"); err != nil {
			t.Error(mode, err)
		}
	}
}

// On the kernel: the quarantine ends with the instance.
func TestTerminateQuarantinedOnAHost(t *testing.T) {
	o := Define("o", func(c *Context, _ None) (None, error) { return None{}, c.Sleep(time.Hour) })
	store := memstore.New(memstore.Options{})
	h, c := openHost(t, store, o)
	ctx := within(t)
	if _, err := o.Begin(ctx, c, None{}, WithID("x")); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	changed := Define("o", func(c *Context, _ None) (string, error) { return Event[string](c, "go") })
	_, c = openHost(t, store.Reopen(), changed)
	wantCode(t, c.Raise(ctx, "x", "go", nil), CodeUnavailable)
	s, err := c.Status("x")
	if err != nil || s.State != Running || !strings.Contains(s.Quarantine, "non-determinism") {
		t.Fatalf("%+v %v", s, err)
	}
	if err := c.Terminate(ctx, "x", "enough"); err != nil {
		t.Fatal(err)
	}
	s, err = c.Status("x")
	if err != nil || s.State != Terminated || s.Quarantine != "" {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := c.Restart(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	if err := c.Raise(ctx, "x", "go", nil); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Wait(ctx, "x"); err != nil || s.State != Completed {
		t.Fatalf("%+v %v", s, err)
	}
}

// Clients who were answered when it failed are not answered again when it is
// terminated after a rewind, without its code.
func TestTerminateQuarantinedAfterARewind(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	kid := waiter()
	o := Define("o", func(c *Context, _ None) (None, error) {
		if _, err := move.Wait(c); err != nil {
			return None{}, err
		}
		_, err := a.Call(c, "a")
		if err != nil {
			kid.Go(c, None{}, WithID("kid"))
			return None{}, err
		}
		return Event[None](c, "go")
	})
	h, c := newHub(t, o, a, kid)
	begin(t, c, o, "x", None{})
	var got []Code
	for range 2 {
		move.Post(c, "x", 1, func(_ string, err error) { got = append(got, codeOf(err)) })
	}
	h.settle()
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	h.redefine(a, kid, Define("o", func(c *Context, _ None) (None, error) { return None{}, c.Sleep(time.Hour) }))
	if err := c.Terminate(t.Context(), "x", ""); err != nil {
		t.Fatal(err)
	}
	h.wantState("x", Terminated)
	h.wantState("kid", Terminated) // it was begun before the rewind, and nobody has taken it over
	same2(t, got, []Code{CodeEnded, CodeEnded})
}
