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

func TestBehaviour_025_TypeMismatch(t *testing.T) {
	num := DefineActivity("num", func(_ context.Context, n int) (string, error) { return "text", nil })
	asText := &Activity[string, int]{def: num.def}
	takesInt := Define("takesint", func(_ *Context, n int) (int, error) { return n, nil })
	o := Define("mismatch", func(c *Context, what string) (int, error) {
		if what == "argument" {
			return asText.Call(c, "not a number")
		}
		f := &Activity[int, int]{def: num.def}
		return f.Call(c, 1)
	})
	h, c := newHub(t, o, num, takesInt)
	for _, id := range []string{"argument", "result"} {
		begin(t, c, o, id, id)
		wantCode(t, h.wantState(id, Failed).Failure, CodeBadRequest)
	}
	if _, err := c.Start(t.Context(), "takesint", Raw(`"x"`), WithID("input")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, h.wantState("input", Failed).Failure, CodeBadRequest)
}

func TestBehaviour_026_OrchestrationConcurrency(t *testing.T) {
	echo := echoActivity(&effects{})
	o := Define("many", func(c *Context, s string) (string, error) {
		if err := c.Sleep(time.Second); err != nil {
			return "", err
		}
		return echo.Call(c, s)
	})
	h, c := newHub(t, o, echo)
	for i := range 200 {
		begin(t, c, o, fmt.Sprint(i), fmt.Sprint(i))
	}
	h.run()
	for i := range 200 {
		if got := output(h, o, fmt.Sprint(i)); got != fmt.Sprint(i)+"!" {
			t.Fatal(got)
		}
	}
}

func TestBehaviour_028_DeterministicActionOrder(t *testing.T) {
	calls := 0
	o, square := fanOut(10, &calls)
	var first []string
	for seed := range 5 {
		h, c := newHub(t, o, square)
		for range seed {
			h.rng.Uint64()
		}
		begin(t, c, o, "a", 10)
		var got []string
		for _, r := range h.rows("a", "TaskScheduled") {
			got = append(got, fmt.Sprintf("%s#%d(%s)", r.Name, r.Task, r.Input))
		}
		if first == nil {
			first = got
		}
		same2(t, got, first)
	}
}

func TestBehaviour_029_MaxActions(t *testing.T) {
	calls := 0
	o, square := fanOut(0, &calls)
	h, c := newHubWith(t, Options{Limits: Limits{Actions: 100}}, o, square)
	begin(t, c, o, "most", 99) // and the end
	output(h, o, "most")
	calls = 0
	begin(t, c, o, "over", 101)
	f := h.wantState("over", Failed).Failure
	if f.Code != CodeTooLarge || !strings.Contains(f.Message, "100 actions") || calls != 0 {
		t.Fatal(f, calls)
	}
	if rows := h.rows("over"); rows[1].Type != "ExecutionStarted" || rows[len(rows)-1].Type != "ExecutionCompleted" {
		t.Fatalf("%+v", rows)
	}
}

func TestBehaviour_030_MaxHistory(t *testing.T) {
	o := Define("endless", func(c *Context, _ None) (None, error) {
		for {
			if _, err := Event[None](c, "more"); err != nil {
				return None{}, err
			}
		}
	})
	h, c := newHubWith(t, Options{Limits: Limits{History: 50}}, o)
	begin(t, c, o, "a", None{})
	var err error
	for range 100 {
		if err = c.Raise(t.Context(), "a", "more", nil); err != nil {
			break
		}
	}
	wantCode(t, err, CodeGone)
	f := h.wantState("a", Failed).Failure
	if f.Code != CodeTooLarge || !strings.Contains(f.Message, "50 records") {
		t.Fatal(f)
	}
}

func TestBehaviour_031_NonDeterminism(t *testing.T) {
	charge := DefineActivity("charge", func(context.Context, None) (None, error) { return None{}, nil })
	refund := DefineActivity("refund", func(context.Context, None) (None, error) { return None{}, nil })
	define := func(fn func(c *Context)) *Orchestration[None, None] {
		return Define("order", func(c *Context, _ None) (None, error) { fn(c); return None{}, nil })
	}
	old := define(func(c *Context) {
		_, _ = Event[None](c, "paid")
		_, _ = charge.Call(c, None{})
		_, _ = Event[None](c, "sent")
	})
	for _, tc := range []struct {
		name, history, code string
		fn                  func(c *Context)
	}{
		{"timer for activity", "activity charge#1", "asked for timer #1", func(c *Context) {
			_, _ = Event[None](c, "paid")
			_ = c.Sleep(time.Second)
		}},
		{"other activity", "activity charge#1", "asked for activity refund#1", func(c *Context) {
			_, _ = Event[None](c, "paid")
			_, _ = refund.Call(c, None{})
		}},
		{"waits instead", "activity charge#1", "asked for event sent", func(c *Context) {
			_, _ = Event[None](c, "paid")
			_, _ = Event[None](c, "sent")
		}},
		{"more than history", "the end of the turn", "asked for activity charge#1", func(c *Context) {
			_, _ = charge.Call(c, None{})
		}},
		{"ends early", "activity charge#1", "came to the end as Completed", func(c *Context) { _, _ = Event[None](c, "paid") }},
		{"continues", "activity charge#1", "continued as new", func(c *Context) {
			_, _ = Event[None](c, "paid")
			_ = ContinueAsNew(c, None{})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, c := newHub(t, old, charge)
			begin(t, c, old, "a", None{})
			raise(t, c, "a", "paid", None{})
			h.redefine(define(tc.fn), charge, refund)
			if err := c.Raise(t.Context(), "a", "sent", nil); codeOf(err) != CodeUnavailable {
				t.Fatal(err)
			}
			var nd *NonDeterminismError
			if !errors.As(h.broken[InstanceID("a")], &nd) || nd.History != tc.history || nd.Code != tc.code {
				t.Fatalf("%v", h.broken[InstanceID("a")])
			}
			// Mended, it goes on.
			delete(h.broken, InstanceID("a"))
			h.redefine(old, charge)
			raise(t, c, "a", "sent", None{})
			h.wantState("a", Completed)
		})
	}
}

func TestBehaviour_032_ReleasedOnEvict(t *testing.T) {
	before := runtime.NumGoroutine()
	defers, seen := 0, []error{}
	o := Define("parked", func(c *Context, _ None) (None, error) {
		defer func() { // what a lock's release would do: inert while unwinding
			defers++
			_, err := Event[None](c, "never")
			_ = Raise(c, "x", "y", 1)
			c.SetStatus("unwound")
			c.Publish([]byte("x"))
			_ = c.Timer(time.Hour)
			seen = append(seen, err)
		}()
		for {
			func() {
				defer func() { _ = recover() }() // swallows the unwinding once
				_, _ = Event[None](c, "never")
			}()
			if c.off() {
				return None{}, nil
			}
		}
	})
	h, c := newHub(t, o)
	for i := range 50 {
		begin(t, c, o, fmt.Sprint(i), None{})
	}
	h.dropAll()
	for i := range 50 {
		if s := h.status(fmt.Sprint(i)); s.State != Running || s.Custom != nil || s.Events != 0 {
			t.Fatalf("%+v", s)
		}
	}
	if defers < 50 {
		t.Fatalf("%d defers ran", defers)
	}
	for _, err := range seen {
		if !errors.Is(err, ErrUnwinding) {
			t.Fatal(err)
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestBehaviour_033_Tags(t *testing.T) {
	child := Define("child", func(c *Context, _ None) (map[string]string, error) { return c.Tags(), nil })
	o := Define("parent", func(c *Context, n int) (map[string]string, error) {
		if n > 0 {
			return nil, ContinueAsNew(c, n-1)
		}
		return child.Call(c, None{}, WithTags(map[string]string{"b": "child", "c": "3"}))
	})
	h, c := newHub(t, o, child)
	begin(t, c, o, "a", 2, WithTags(map[string]string{"a": "1", "b": "2", "huge": strings.Repeat("x", 1000)}))
	got := output(h, o, "a")
	if len(got) != 3 || got["a"] != "1" || got["b"] != "child" || got["c"] != "3" {
		t.Fatal(got)
	}
	if tags := h.status("a").Tags; len(tags) != 2 || tags["b"] != "2" {
		t.Fatal(tags)
	}
}

// What a turn did is dropped when it runs into a limit: neither its changes to
// what is kept for the end count, nor may a client be told that it was done.
func TestGiveUpTakesTheTurnBack(t *testing.T) {
	entity := durable.ID{Kind: 'e', Name: "lock", Key: "x"}
	kept := func(name string) durable.Message { return durable.Message{To: entity, Op: OpRelease, Name: name} }
	o := Define("greedy", func(c *Context, _ None) (None, error) {
		c.AtEnd("one", kept("one"))
		c.AtEnd("two", kept("two"))
		c.AtEnd("three", kept("three"))
		for {
			r, err := move.Wait(c)
			if err != nil {
				return None{}, err
			}
			if r.In == 1 {
				c.Publish([]byte("moved"))
				r.Answer("moved")
				continue
			}
			c.AtEnd("one")
			c.AtEnd("two", kept("changed"))
			c.AtEnd("four", kept("four"))
			for {
				c.SendTo(durable.Message{To: entity, Op: OpSignal, Name: "much"})
			}
		}
	})
	for _, together := range []bool{false, true} {
		h, c := newHubWith(t, Options{Limits: Limits{Actions: 20}}, o)
		begin(t, c, o, "a", None{})
		var told []string
		for i := 1; i <= 2; i++ {
			move.Post(c, "a", i, func(answer string, err error) { told = append(told, answer+string(codeOf(err))) }, RequestID("ann", fmt.Sprint(i)))
			if !together {
				h.settle()
			}
		}
		batch := h.queue
		h.queue = nil
		if together {
			h.turn(h.instances[InstanceID("a")], batch)
		}
		h.settle()
		f := h.wantState("a", Failed).Failure
		wantCode(t, f, CodeTooLarge)
		var sent []string
		for _, m := range h.elsewhere {
			sent = append(sent, m.Name)
		}
		same2(t, sent, []string{"one", "two", "three"})
		moved, first := uint64(1), "moved"+string(codeOf(nil))
		if together { // the limit took the first one's turn along
			moved, first = 0, string(CodeEnded)
		}
		if h.status("a").Events != moved || len(told) != 2 || told[0] != first || told[1] != string(CodeEnded) {
			t.Fatalf("together %t: told %q, %d events published", together, told, h.status("a").Events)
		}
	}
}

func TestContextValues(t *testing.T) {
	type key struct{}
	type other struct{}
	var unwound any
	o := Define("values", func(c *Context, _ None) (int, error) {
		defer func() {
			c.SetValue(key{}, -1) // inert while unwinding
			unwound = c.Value(key{})
		}()
		for c.Value(key{}) != 3 {
			n, _ := c.Value(key{}).(int)
			c.SetValue(key{}, n+1)
			if _, err := Event[None](c, "next"); err != nil {
				return 0, err
			}
		}
		if v := c.Value(other{}); v != nil {
			return 0, fmt.Errorf("another key has %v", v)
		}
		return c.Value(key{}).(int), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	h.dropAll()
	if unwound != 1 {
		t.Fatalf("%v after a change while unwinding", unwound)
	}
	for range 3 {
		raise(t, c, "a", "next", None{})
	}
	if n := output(h, o, "a"); n != 3 {
		t.Fatal(n)
	}
}
