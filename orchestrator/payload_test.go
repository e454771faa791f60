package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/everturn/everturn/orchestrator/durable"
)

// large is a text of n bytes, as JSON counts them; half of it does not compress.
func large(n int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat("x", n/2))
	for i := uint64(1); b.Len() < n-2; i = i*6364136223846793005 + 1442695040888963407 {
		b.WriteByte('a' + byte(i>>59)%26)
	}
	return b.String()
}

// Everything that is stored may be large, comes back as it was, hot and cold,
// and is refused by name where it is too large, once. (Nothing here compresses:
// the store packs its blocks, and what is a transaction's in the log stays as it
// is, since an fsync costs more than the bytes.)
func TestBehaviour_123_Payloads(t *testing.T) {
	echo := DefineQuery[string, string]("echo")
	ask := DefineRequest[string, string]("ask")
	var calls atomic.Int64
	id := DefineActivity("id", func(_ context.Context, s string) (string, error) { calls.Add(1); return s, nil })
	child := Define("child", func(_ *Context, s string) (string, error) { return s, nil })
	o := Define("large", func(c *Context, s string) (string, error) {
		echo.Handle(c, func(q string) (string, error) { return q, nil })
		c.SetStatus(s[:60<<10])
		c.Publish([]byte(s))
		drawn, err := SideEffect(c, func() (string, error) { return s, nil })
		if err != nil || drawn != s {
			return "", fmt.Errorf("side effect: %w", err)
		}
		done, err := id.Call(c, s)
		if err != nil || done != s {
			return "", fmt.Errorf("activity: %w", err)
		}
		sub, err := child.Call(c, s)
		if err != nil || sub != s {
			return "", fmt.Errorf("child: %w", err)
		}
		ev, err := Event[string](c, "ev")
		if err != nil || ev != s {
			return "", fmt.Errorf("event: %w", err)
		}
		r, err := ask.Wait(c)
		if err != nil || r.In != s {
			return "", fmt.Errorf("request: %w", err)
		}
		r.Answer(r.In)
		_, err = Event[string](c, "end")
		return s, err
	})
	const most = 300 << 10 // more than a row of the store
	s := large(most)
	for name, cache := range map[string]int{"cold": 1, "hot": 64 << 20} {
		t.Run(name, func(t *testing.T) {
			calls.Store(0)
			c := newHost(t, cache, Options{Strict: cache > 1, Limits: Limits{Payload: most}}, o, child, id)
			ctx := within(t)
			for _, in := range []string{"done", "terminated", "cancelled"} {
				if _, err := o.Begin(ctx, c, s, WithID(in)); err != nil {
					t.Fatal(err)
				}
				raise(t, c, in, "ev", s)
				if got, err := ask.Do(ctx, c, in, s); err != nil || got != s {
					t.Fatal(len(got), err)
				}
				if got, err := echo.Ask(ctx, c, in, s); err != nil || got != s {
					t.Fatal(len(got), err)
				}
				if err := errors.Join(c.Suspend(ctx, in, s), c.Resume(ctx, in, s)); err != nil {
					t.Fatal(err)
				}
				status, err := c.Status(in)
				if err != nil || string(status.Custom) != `"`+s[:60<<10]+`"` {
					t.Fatal(len(status.Custom), err)
				}
				events, err := c.Events(in, 0, 9)
				if err != nil || len(events) != 1 || string(events[0].Body) != s {
					t.Fatal(len(events), err)
				}
				// One byte more is refused at the door, and changes nothing.
				wantCode(t, c.Raise(ctx, in, "ev", Raw(`"`+s+`x"`)), CodeTooLarge)
				wantCode(t, c.Terminate(ctx, in, s+"xx"), CodeTooLarge)
				wantCode(t, c.Suspend(ctx, in, s+"xxx"), CodeTooLarge)
				wantCode(t, c.Cancel(ctx, in, strings.Repeat("\x01", most/2)), CodeTooLarge) // six bytes each, as JSON
				_, err = ask.Do(ctx, c, in, s+"x")
				wantCode(t, err, CodeTooLarge)
				_, err = echo.Ask(ctx, c, in, s+"x")
				wantCode(t, err, CodeTooLarge)
			}
			raise(t, c, "done", "end", "")
			if out, err := o.Result(ctx, c, "done"); err != nil || out != s {
				t.Fatal(len(out), err)
			}
			for in, end := range map[string]func(context.Context, string, string) error{"terminated": c.Terminate, "cancelled": c.Cancel} {
				if err := end(ctx, in, s); err != nil {
					t.Fatal(err)
				}
				status, err := c.Wait(ctx, in)
				if err != nil || status.State != Terminated || string(status.Output) != `"`+s+`"` {
					t.Fatal(in, status.State, len(status.Output), err)
				}
			}
			if calls.Load() != 3 {
				t.Fatal(calls.Load())
			}
		})
	}
}

// What the code itself makes too large fails it, or the thing, with the name of
// the limit, and is not tried again.
func TestBehaviour_123_TooLargeFailsOnce(t *testing.T) {
	s := large(maxPayload)
	var calls atomic.Int64
	grow := DefineActivity("grow", func(_ context.Context, how string) (string, error) {
		calls.Add(1)
		if how == "error" {
			return "", fmt.Errorf("%s: %w", s+s, &cardError{s})
		}
		return s + "x", nil
	}, WithRetry(Retry{Attempts: 2, First: time.Millisecond}))
	o := Define("grows", func(c *Context, how string) (string, error) {
		switch how {
		case "status":
			c.SetStatus(s)
		case "publish":
			c.Publish([]byte(s + "xxx"))
		case "output":
			return s + "x", nil
		case "side effect":
			_, err := SideEffect(c, func() (string, error) { return s + "x", nil })
			return "", err
		case "input":
			return grow.Call(c, s+"x")
		case "event":
			return "", Raise(c, "other", "x", s+"x")
		case "next":
			return "", ContinueAsNew(c, s+"x")
		case "panic":
			panic(s + s + s)
		case "turn":
			for range 20 {
				grow.Go(c, s)
			}
		case "result", "error":
			_, err := grow.Call(c, how)
			for range 9 {
				err = fmt.Errorf("%s: %w", s, err)
			}
			return "", err
		}
		return "", nil
	})
	c := newHost(t, 1<<20, Options{Strict: true}, o, grow)
	ctx := within(t)
	for how, want := range map[string]struct {
		code  Code
		calls int64
	}{
		"status": {CodeTooLarge, 0}, "publish": {CodeTooLarge, 0}, "output": {CodeTooLarge, 0}, "side effect": {CodeTooLarge, 0},
		"input": {CodeTooLarge, 0}, "event": {CodeTooLarge, 0}, "next": {CodeTooLarge, 0}, "panic": {CodeInternal, 0}, "turn": {CodeTooLarge, 0},
		"result": {CodeTooLarge, 1}, "error": {CodeFailed, 2},
	} {
		calls.Store(0)
		if _, err := o.Begin(ctx, c, how, WithID(how)); err != nil {
			t.Fatal(err)
		}
		status, err := c.Wait(ctx, how)
		if err != nil || status.State != Failed || status.Failure.Code != want.code || calls.Load() != want.calls || status.Quarantine != "" {
			t.Errorf("%s: %v %v %.200v, %d calls", how, err, status.State, status.Failure, calls.Load())
		}
		if n := failureBytes(status.Failure); n > maxFailure || !utf8.ValidString(status.Failure.Message) {
			t.Errorf("%s: a failure of %d bytes", how, n)
		}
	}
}

func TestFailuresAreCut(t *testing.T) {
	small := &Failure{Code: CodeFailed, Message: strings.Repeat("x", 60_000), Props: map[string]string{"a": "b"}}
	if bounded(small) != small || bounded(nil) != nil {
		t.Error("what fits was touched")
	}
	huge := &Failure{Code: Code(strings.Repeat("c", 9_000)), Type: strings.Repeat("t", 9_000), Message: strings.Repeat("ä", 99_999), Stack: strings.Repeat("s", 99_999)}
	huge.Props = map[string]string{"a": strings.Repeat("p", 20_000)}
	for range 9 {
		huge = &Failure{Code: CodeInternal, Type: "outer", Message: "outer", Props: map[string]string{"a": "b"}, Cause: huge}
	}
	for range 9 {
		huge = &Failure{Message: strings.Repeat("ä", 9_999), Cause: huge}
	}
	got := bounded(huge)
	if n := failureBytes(got); n > maxFailure || n < maxFailure/2 {
		t.Errorf("%d bytes", n)
	}
	for f := got; f != nil; f = f.Cause {
		if !utf8.ValidString(f.Message) || len(f.Message) > maxMessage || f.Type == "outer" && f.Props["a"] != "b" {
			t.Errorf("%.100q %v", f.Message, f.Props)
		}
	}
	if !strings.HasSuffix(got.Message, "(cut)") {
		t.Errorf("%q", got.Message[len(got.Message)-20:])
	}
}

// A task is scheduled before anything can be known of its end: a result that
// comes for one which is not there yet is dropped, not kept for it.
func TestBehaviour_059_ResultBeforeItsSchedule(t *testing.T) {
	var e effects
	echo := echoActivity(&e)
	child := Define("child", func(c *Context, s string) (string, error) { return s + "?", nil })
	o := Define("early", func(c *Context, _ None) ([]string, error) {
		if _, err := Event[None](c, "go"); err != nil {
			return nil, err
		}
		a, err := echo.Call(c, "a")
		if err != nil {
			return nil, err
		}
		b, err := child.Call(c, "b")
		if err != nil {
			return nil, err
		}
		ev, err := Event[string](c, "ev") // an event is kept for one who waits later
		return []string{a, b, ev}, err
	})
	h, c := newHub(t, o, child, echo)
	begin(t, c, o, "a", None{})
	in := h.instances[InstanceID("a")]
	forged := func(task uint64) durable.Message {
		return durable.Message{
			To: in.ID, Op: durable.OpResult, Task: task, Incarnation: in.Incarnation, Generation: in.Generation, Body: []byte(`"forged"`),
		}
	}
	event := newMessage("a", OpEvent, "ev", []byte(`"kept"`))
	h.turn(in, []durable.Message{forged(1), forged(2), event})
	rows := len(h.rows("a", "TaskCompleted", "SubOrchestrationInstanceCompleted"))
	h.dropAll()
	raise(t, c, "a", "go", None{})
	same2(t, output(h, o, "a"), []string{"a!", "b?", "kept"})
	same2(t, e.list, []string{"a"})
	if rows != 0 {
		t.Fatal("a result of nothing was recorded")
	}
	// Nor is one lost that comes at once: parents and children of one partition turn
	// in one batch.
	host := newHostWith(t, func(*durable.Options) {}, Options{Strict: true}, o, child, echo)
	ctx := within(t)
	for i := range 50 {
		id := fmt.Sprint(i)
		if _, err := o.Begin(ctx, host, None{}, WithID(id), WithEvent("go", None{})); err != nil {
			t.Fatal(err)
		}
		raise(t, host, id, "ev", "kept")
		if out, err := o.Result(ctx, host, id); err != nil || strings.Join(out, " ") != "a! b? kept" {
			t.Fatal(out, err)
		}
	}
}
