package orchestrator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

var move = DefineRequest[int, string]("move")

func TestRequestAnswers(t *testing.T) {
	o := Define("match", func(c *Context, n int) (int, error) {
		sum := 0
		for range n {
			r, err := move.Wait(c)
			if err != nil {
				return 0, err
			}
			if r.In < 0 {
				r.Refuse(Fail("illegal", "no such field"))
				continue
			}
			sum += r.In
			c.Publish([]byte(fmt.Sprint(sum)))
			r.Answer(fmt.Sprintf("%s at %d", r.Caller, r.Stamp.Uptime))
			r.Answer("again") // nothing
		}
		return sum, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "m", 4)
	ctx := t.Context()
	got, err := move.Do(ctx, c, "m", 5, RequestID("ann", "1"))
	if want := fmt.Sprintf("ann at %d", h.now.Uptime); err != nil || got != want {
		t.Fatal(got, err)
	}
	if again, err := move.Do(ctx, c, "m", 5, RequestID("ann", "1")); err != nil || again != got {
		t.Fatal(again, err)
	}
	_, err = move.Do(ctx, c, "m", -1, RequestID("ann", "2"))
	wantCode(t, err, "illegal")
	// Malformed: refused on the way, the orchestration does not see it.
	_, err = DefineRequest[string, string]("MOVE").Do(ctx, c, "m", "x")
	wantCode(t, err, CodeBadRequest)
	if _, err = move.Do(ctx, c, "m", 1, RequestID("ann", "2")); err != nil { // refused before: judged afresh
		t.Fatal(err)
	}
	events, _ := c.Events("m", 0, 10)
	if len(events) != 2 || string(events[1].Body) != "6" || events[1].Number != 2 {
		t.Fatalf("%+v", events)
	}
	var late, never error
	move.Post(c, "m", 3, func(_ string, err error) { late = err })
	move.Post(c, "m", 4, func(_ string, err error) { never = err })
	h.settle()
	if late != nil {
		t.Fatal(late)
	}
	if code := codeOf(never); code != CodeEnded && code != CodeGone { // in the same turn, or after it
		t.Fatal(never)
	}
	if got := output(h, o, "m"); got != 9 {
		t.Fatal(got)
	}
	_, err = move.Do(ctx, c, "m", 1)
	wantCode(t, err, CodeGone)
	_, err = move.Do(ctx, c, "x", 1)
	wantCode(t, err, CodeNotFound)
}

func TestDecision_03_RaceInOneBatch(t *testing.T) {
	// Both are there when the code looks: the history decides, and the loser is
	// given back.
	o := Define("race", func(c *Context, _ None) (string, error) {
		event, timer := EventGo[int](c, "item"), c.Timer(time.Second)
		if _, err := Event[None](c, "look"); err != nil {
			return "", err
		}
		won := Any(event, timer)
		event.Cancel()
		timer.Cancel()
		v, err := Event[int](c, "item")
		return fmt.Sprint(won, v), err
	})
	h, c := newHub(t, o)
	begin(t, c, o, "timer", None{})
	h.advance(time.Second)
	raise(t, c, "timer", "item", 1)
	raise(t, c, "timer", "look", None{})
	begin(t, c, o, "event", None{})
	raise(t, c, "event", "item", 2)
	h.advance(time.Second)
	raise(t, c, "event", "look", None{})
	if a, b := output(h, o, "timer"), output(h, o, "event"); a != "1 1" || b != "0 2" {
		t.Fatal(a, b)
	}
}

func TestEventNames(t *testing.T) {
	o := waiter()
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	for _, name := range []string{"", strings.Repeat("x", 257)} {
		wantCode(t, c.Raise(t.Context(), "a", name, nil), CodeBadRequest)
	}
	if n := len(h.rows("a", "EventRaised")); n != 0 {
		t.Fatalf("%d events", n)
	}
}

func TestEventFloodIsBusy(t *testing.T) {
	o := Define("deaf", func(c *Context, _ None) (None, error) { return Event[None](c, "never") })
	h, c := newHubWith(t, Options{Limits: Limits{Events: 10}}, o)
	begin(t, c, o, "a", None{})
	for range 10 {
		raise(t, c, "a", "x", 1)
	}
	wantCode(t, c.Raise(t.Context(), "a", "x", nil), CodeBusy)
	wantCode(t, c.Raise(t.Context(), "a", "x", make(Raw, 600<<10)), CodeTooLarge)
	h.wantState("a", Running)
}

func TestHooksForEntities(t *testing.T) {
	entity := durable.ID{Kind: 'e', Name: "counter", Key: "k"}
	o := Define("calls", func(c *Context, how string) (string, error) {
		c.AtEnd("lock", durable.Message{To: entity, Op: OpRelease, Name: "lock"})
		c.SendTo(durable.Message{To: entity, Op: OpSignal, Name: "add", Due: durable.Due{At: 1}})
		c.SetGuard(func(action string) error { return fmt.Errorf("not now: %s", action) })
		if _, err := Event[None](c, "x"); err == nil || err.Error() != "not now: wait for an event" {
			return "", fmt.Errorf("guard: %w", err)
		}
		c.SetGuard(nil)
		b, err := c.CallTo(durable.Message{To: entity, Op: OpCall, Name: "get", Meta: []byte("m")}).Get()
		if how == "removed" {
			c.AtEnd("lock")
		}
		return string(b), err
	})
	h, c := newHub(t, o)
	for _, how := range []string{"kept", "removed"} {
		released := 0
		begin(t, c, o, how, how)
		var call durable.Message
		for _, m := range h.elsewhere {
			if m.Op == OpCall {
				call = m
			}
		}
		self := h.instances[InstanceID(how)]
		if call.Return.To != self.ID || call.Return.Incarnation != self.Incarnation || call.Return.Generation != 1 || call.Return.Task == 0 {
			t.Fatalf("%+v", call)
		}
		h.elsewhere = nil
		h.reply(entity, durable.Reply{To: call.Return, Body: []byte("7")})
		h.settle()
		for _, m := range h.elsewhere {
			if m.Op == OpRelease {
				released++
			}
		}
		if output(h, o, how) != "7" || released != map[string]int{"kept": 1, "removed": 0}[how] {
			t.Fatal(how, released)
		}
	}
}
