package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// eachOver is an orchestration over Each, whose activity fails for the items that
// contain "bad", and counts what it does.
func eachOver(e *effects, settled bool) (*Orchestration[[]string, []string], *Activity[string, string]) {
	work := DefineActivity("work", func(_ context.Context, s string) (string, error) {
		e.note(s)
		if strings.Contains(s, "bad") {
			return "", errors.New(s)
		}
		return s + "!", nil
	})
	return Define("each", func(c *Context, items []string) ([]string, error) {
		begin := func(s string) *Future[string] { return work.Go(c, s) }
		if !settled {
			out, err := Each(c, items, 3, begin)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", out, err)
			}
			return out, nil
		}
		var out []string
		for _, s := range EachSettled(c, items, 3, begin) {
			if s.Err != nil {
				s.Value = "failed " + s.Err.Error()
			}
			out = append(out, s.Value)
		}
		return out, nil
	}), work
}

// drain does the held work in another order than it was asked for, and gives
// the most that was under way at once.
func (h *testHub) drain() (most int) {
	h.t.Helper()
	for h.settle(); len(h.work) > 0; h.settle() {
		most = max(most, len(h.work))
		i := h.rng.IntN(len(h.work))
		w := h.work[i]
		h.work = slices.Delete(h.work, i, i+1)
		h.finishWork(w, h.worker(context.Background(), w))
	}
	return most
}

func numbered(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func TestEachKeepsOrderAndLimit(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 50} {
		for _, settled := range []bool{false, true} {
			var e effects
			o, work := eachOver(&e, settled)
			h, c := newHub(t, o, work)
			h.holdWork = true
			begin(t, c, o, "a", numbered(n))
			if most := h.drain(); most != min(n, 3) {
				t.Fatalf("%d items: %d under way at once", n, most)
			}
			var want []string
			for _, s := range numbered(n) {
				want = append(want, s+"!")
			}
			same2(t, output(h, o, "a"), want)
			slices.Sort(e.list)
			if len(e.list) != n || len(slices.Compact(e.list)) != n {
				t.Fatalf("done %v", e.list)
			}
		}
	}
}

func TestEachStopsAtAFailure(t *testing.T) {
	var e effects
	o, work := eachOver(&e, false)
	h, c := newHub(t, o, work)
	h.holdWork = true
	begin(t, c, o, "a", []string{"0", "1bad", "2bad", "3", "4"})
	finish := func(i int) {
		h.t.Helper()
		w := h.work[i]
		h.work = slices.Delete(h.work, i, i+1)
		h.finishWork(w, h.worker(context.Background(), w))
		h.settle()
	}
	finish(2) // the second failure comes first
	if len(h.work) != 2 {
		t.Fatalf("%d under way after a failure", len(h.work))
	}
	finish(1)
	h.wantState("a", Running) // those under way are waited for
	finish(0)
	if f := h.wantState("a", Failed).Failure; f.Message != "[0!    ]: 1bad" {
		t.Fatalf("%q", f.Message)
	}
	same2(t, e.list, []string{"2bad", "1bad", "0"})
}

func TestEachSettledGoesOn(t *testing.T) {
	var e effects
	o, work := eachOver(&e, true)
	h, c := newHub(t, o, work)
	h.holdWork = true
	begin(t, c, o, "a", []string{"0", "1bad", "2", "3bad", "4"})
	h.drain()
	same2(t, output(h, o, "a"), []string{"0!", "failed 1bad", "2!", "failed 3bad", "4!"})
	if len(e.list) != 5 {
		t.Fatal(e.list)
	}
}

// Retries, children, timers, events and futures given twice are all fine, and a
// cancelled one counts as failed.
func TestEachOfAllKinds(t *testing.T) {
	tries := 0
	flaky := DefineActivity("flaky", func(_ context.Context, s string) (string, error) {
		if tries++; tries < 3 {
			return "", errors.New("again")
		}
		return s, nil
	}, WithRetry(Retry{Attempts: 5, First: time.Minute}))
	child := Define("child", func(c *Context, s string) (string, error) { return s, c.Sleep(time.Second) })
	o := Define("kinds", func(c *Context, items []string) ([]string, error) {
		twice := child.Go(c, "twice")
		var gone *Future[string]
		got := EachSettled(c, items, 3, func(s string) *Future[string] {
			switch s {
			case "twice":
				return twice
			case "flaky":
				return flaky.Go(c, s)
			case "gone":
				gone = flaky.Go(c, s)
				return gone
			case "cancels":
				gone.Cancel()
			}
			return child.Go(c, s)
		})
		var out []string
		for _, s := range got {
			out = append(out, s.Value+string(codeOf(s.Err)))
		}
		timers, err := Each(c, []time.Duration{3, 1, 2}, 2, func(d time.Duration) *Future[None] { return c.Timer(d * time.Second) })
		if err != nil || len(timers) != 3 {
			return nil, fmt.Errorf("timers: %w", err)
		}
		events, err := Each(c, []string{"x", "y"}, 1, func(name string) *Future[Raised[int]] { return EventGo[int](c, name) })
		if err != nil || events[0].Value != 1 || events[1].Value != 2 {
			return nil, fmt.Errorf("events %v: %w", events, err)
		}
		return out, nil
	})
	h, c := newHub(t, o, child, flaky)
	begin(t, c, o, "a", []string{"twice", "gone", "cancels", "flaky", "twice", "plain"})
	raise(t, c, "a", "y", 2)
	raise(t, c, "a", "x", 1)
	h.run()
	same2(t, output(h, o, "a"), []string{"twice<nil>", "canceled", "cancels<nil>", "flaky<nil>", "twice<nil>", "plain<nil>"})
}

func TestEachRefusesABadLimit(t *testing.T) {
	calls := 0
	o := Define("bad", func(c *Context, settled bool) (None, error) {
		f := func(int) *Future[None] { calls++; return c.Timer(time.Second) }
		if settled {
			return None{}, EachSettled(c, []int{1, 2}, -1, f)[1].Err
		}
		_, err := Each(c, []int{1}, 0, f)
		return None{}, err
	})
	h, c := newHub(t, o)
	for id, settled := range map[string]bool{"a": false, "b": true} {
		begin(t, c, o, id, settled)
		wantCode(t, h.wantState(id, Failed).Failure, CodeBadRequest)
	}
	if calls != 0 {
		t.Fatal(calls)
	}
}

// A wide window costs as much an item as a narrow one.
func TestEachOfMany(t *testing.T) {
	var calls atomic.Int64
	square := DefineActivity("square", func(_ context.Context, n int) (int, error) { calls.Add(1); return n * n, nil })
	o := Define("many", func(c *Context, n int) (int, error) {
		items := make([]int, n)
		for i := range items {
			items[i] = i
		}
		out, err := Each(c, items, n/2, func(i int) *Future[int] { return square.Go(c, i) })
		for i, v := range out {
			if v != i*i {
				return 0, fmt.Errorf("result %d is %d", i, v)
			}
		}
		return len(out), err
	})
	c := newHost(t, 1<<30, Options{}, o, square)
	ctx := within(t)
	id, err := o.Begin(ctx, c, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.Result(ctx, c, id); err != nil || got != 10_000 || calls.Load() != 10_000 {
		t.Fatal(got, err, calls.Load())
	}
}
