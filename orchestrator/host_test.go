package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// The same promises on the true kernel, with a store in memory.

func newHost(t *testing.T, cache int, o Options, defs ...Definition) *Client {
	t.Helper()
	return newHostWith(t, func(ko *durable.Options) { ko.CacheBytes = cache }, o, defs...)
}

// newHostWith is newHost whose kernel's options are changed.
func newHostWith(t *testing.T, change func(*durable.Options), o Options, defs ...Definition) *Client {
	t.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	ko := durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, o)}, Worker: reg.Worker(), UptimeDelay: -1,
	}
	change(&ko)
	h, err := durable.Open(memstore.New(memstore.Options{}), ko)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t)
	})
	return NewClient(h)
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestHostRunsTheWhole(t *testing.T) {
	var calls atomic.Int64
	flaky := DefineActivity("flaky", func(ctx context.Context, n int) (int, error) {
		calls.Add(1)
		if InfoOf(ctx).Attempt < 2 {
			return 0, errors.New("again")
		}
		return n + 1, nil
	}, WithRetry(Retry{Attempts: 3, First: time.Millisecond}))
	child := Define("child", func(c *Context, n int) (int, error) { return flaky.Call(c, n) })
	o := Define("whole", func(c *Context, n int) (int, error) {
		c.SetStatus(n)
		m, err := child.Call(c, n)
		if err != nil {
			return 0, err
		}
		if err := c.Sleep(time.Millisecond); err != nil {
			return 0, err
		}
		if m < 5 {
			return 0, ContinueAsNew(c, m)
		}
		r, err := move.Wait(c)
		if err != nil {
			return 0, err
		}
		c.Publish([]byte("moved"))
		r.Answer("ok")
		return r.In + m, nil
	})
	c := newHost(t, 1<<16, Options{Strict: true}, o, child, flaky)
	ctx := within(t)
	id, err := o.Begin(ctx, c, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := move.Do(ctx, c, id, 10, RequestID("ann", "1"))
	again, err2 := move.Do(ctx, c, id, 10, RequestID("ann", "1"))
	if err != nil || err2 != nil || got != "ok" || again != "ok" {
		t.Fatal(got, again, err, err2)
	}
	out, err := o.Result(ctx, c, id)
	if err != nil || out != 15 || calls.Load() != 10 {
		t.Fatal(out, err, calls.Load())
	}
	s, err := c.Status(id)
	if err != nil || s.State != Completed || s.Generation != 5 || s.Events != 1 || string(s.Custom) != "4" {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := o.Begin(ctx, c, 0, WithID(id)); err != nil { // replaced
		t.Fatal(err)
	}
	if err := c.Terminate(ctx, id, "enough"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Result(ctx, c, id); codeOf(err) != CodeTerminated {
		t.Fatal(err)
	}
	if err := c.Purge(ctx, id); err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(id)
	wantCode(t, err, CodeNotFound)
}

func TestHostFanOut50k(t *testing.T) {
	if testing.Short() {
		t.Skip("fifty thousand activities")
	}
	var calls atomic.Int64
	work := DefineActivity("work", func(_ context.Context, n int) (int, error) { calls.Add(1); return n, nil })
	o := Define("fan", func(c *Context, n int) (int, error) {
		fs := make([]*Future[int], n)
		for i := range fs {
			fs[i] = work.Go(c, i)
		}
		all, err := All(fs...)
		for i, v := range all {
			if v != i {
				return 0, fmt.Errorf("result %d is %d", i, v)
			}
		}
		return len(all), err
	})
	c := newHost(t, 4<<30, Options{}, o, work) // one instance must fit a partition's share
	ctx := within(t)
	start := time.Now()
	for _, n := range []int{1_000, 50_000} {
		calls.Store(0)
		id, err := o.Begin(ctx, c, n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.Result(ctx, c, id); err != nil || got != n || calls.Load() != int64(n) {
			t.Fatal(got, err, calls.Load())
		}
	}
	t.Logf("took %v", time.Since(start))
	id, err := o.Begin(ctx, c, 200_000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Result(ctx, c, id)
	wantCode(t, err, CodeTooLarge)
}

func TestHostListsAndWatches(t *testing.T) {
	o := Define("publisher", func(c *Context, n int) (int, error) {
		for i := range n {
			if _, err := Event[None](c, "next"); err != nil {
				return 0, err
			}
			c.Publish([]byte(fmt.Sprint(i)))
		}
		return n, nil
	})
	c := newHost(t, 1<<16, Options{Strict: true}, o)
	ctx := within(t)
	w, err := c.Watch("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, id := range []string{"a", "b", "c"} {
		if _, err := o.Begin(ctx, c, 3, WithID(id)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := c.Raise(ctx, "a", "next", nil); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	for state := State(0); !state.Final(); {
		u, err := w.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if state, err = StateIn(u); err != nil {
			t.Fatal(err)
		}
		for _, e := range u.Events {
			seen = append(seen, string(e.Body))
		}
	}
	same2(t, seen, []string{"0", "1", "2"})
	if _, err := c.Wait(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	var running []string
	var at Cursor
	for { // page by page
		items, err := c.ListByName("publisher", Running, at, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		running = append(running, items[0].ID.Key)
		at = Cursor{Time: items[0].Time, ID: items[0].ID}
	}
	if len(running) != 2 {
		t.Fatal(running)
	}
}

func TestBehaviour_084_WaitWithTimeoutAndReconnect(t *testing.T) {
	o := waiter()
	c := newHost(t, 0, Options{Strict: true}, o)
	ctx := within(t)
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := o.Result(short, c, "a"); !errors.Is(err, context.DeadlineExceeded) { // not even there
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { // waits before there is anything
		out, err := o.Result(ctx, c, "a")
		if err == nil && out != "x" {
			err = errors.New(out)
		}
		done <- err
	}()
	if _, err := o.Begin(ctx, c, None{}, WithID("a")); err != nil {
		t.Fatal(err)
	}
	if err := c.Raise(ctx, "a", "go", Raw(`"x"`)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if out, err := o.Result(ctx, c, "a"); err != nil || out != "x" { // again, after the end
		t.Fatal(out, err)
	}
}
