package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// workOf is an activity's work as its orchestration would schedule it.
func workOf(def *activityDef, task uint64, attempt int, first uint64) durable.Work {
	return durable.Work{
		ID: InstanceID("a"), Incarnation: 1, Generation: 1, Task: task, Name: def.name, Input: nil,
		Timeout: def.timeout.Milliseconds(), Meta: def.meta(task, attempt, first),
	}
}

func workerOf(t *testing.T, defs ...Definition) durable.Worker {
	t.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	return reg.Worker()
}

// A heartbeat is this design's lease: who beats is left alone, who falls silent
// loses the work, and what he gives later is dropped.
func TestBehaviour_115_HeartbeatKeepsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		long := DefineActivity("long", func(ctx context.Context, _ None) (string, error) {
			n := 10
			if InfoOf(ctx).Attempt == 2 {
				n = 3 // and then nothing more
			}
			for i := range n {
				time.Sleep(40 * time.Second)
				if err := Heartbeat(ctx, i); err != nil {
					return "", err
				}
			}
			if InfoOf(ctx).Attempt == 2 {
				<-ctx.Done()
				ended = context.Cause(ctx)
				if err := Heartbeat(ctx, "too late"); !errors.Is(err, ErrSilent) {
					t.Errorf("a late heartbeat gave %v", err)
				}
			}
			return "done", nil
		}, WithHeartbeat(time.Minute), WithTimeout(time.Hour))
		work := workerOf(t, long)
		begin := time.Now()
		if a := work(t.Context(), workOf(long.def, 1, 1, 0)); a.Fail != nil || string(a.Body) != `"done"` || time.Since(begin) != 400*time.Second {
			t.Fatal(a.Fail, string(a.Body), time.Since(begin))
		}
		begin = time.Now()
		a := work(t.Context(), workOf(long.def, 2, 2, 1))
		if a.Fail == nil || a.Fail.Code != CodeTimeout || a.Fail.Type != "heartbeat" || !strings.Contains(a.Fail.Message, "1m0s") {
			t.Fatalf("%+v", a.Fail)
		}
		if after := time.Since(begin); after != 3*40*time.Second+time.Minute {
			t.Fatal(after)
		}
		synctest.Wait()
		if !errors.Is(ended, ErrSilent) {
			t.Fatal("the context ended with", ended)
		}
	})
}

func TestDeadlineBeatsHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := DefineActivity("busy", func(ctx context.Context, _ None) (None, error) {
			for {
				time.Sleep(time.Second)
				if err := Heartbeat(ctx, None{}); err != nil {
					return None{}, err
				}
			}
		}, WithHeartbeat(2*time.Second), WithTimeout(time.Minute))
		a := workerOf(t, busy)(t.Context(), workOf(busy.def, 1, 1, 0))
		if a.Fail == nil || a.Fail.Code != CodeTimeout || a.Fail.Type != "" {
			t.Fatalf("%+v", a.Fail)
		}
		time.Sleep(2 * time.Second) // it hears of it with its next beat
	})
}

// The next attempt goes on where the last one stopped, whether that failed of
// itself or fell silent.
func TestLastHeartbeatGoesToTheNextAttempt(t *testing.T) {
	var from []string
	pages := 0
	crawl := DefineActivity("crawl", func(ctx context.Context, n int) (int, error) {
		first, ok := LastHeartbeat[int](ctx)
		from = append(from, fmt.Sprint(first, ok))
		if text, is := LastHeartbeat[string](ctx); is {
			return 0, Permanent(fmt.Errorf("a number reads as %q", text))
		}
		for i := first + 1; i <= n; i++ {
			pages++
			if err := Heartbeat(ctx, i); err != nil {
				return 0, err
			}
			if i%4 == 0 && i < n {
				return 0, errors.New("connection lost")
			}
		}
		return pages, nil
	}, WithRetry(Retry{Attempts: 9, First: time.Second}))
	o := Define("crawler", func(c *Context, n int) (int, error) { return crawl.Call(c, n) })
	h, c := newHub(t, o, crawl)
	for id, want := range map[string][]string{"a": {"0 false", "4 true", "8 true"}, "b": {"0 false", "4 true", "8 true"}} {
		from, pages = nil, 0
		begin(t, c, o, id, 10)
		h.run()
		if got := output(h, o, id); got != 10 {
			t.Fatalf("%d pages", got)
		}
		same2(t, from, want)
	}
	// Another worker, as after a crash, has forgotten them.
	from = nil
	h.worker = workerOf(t, crawl)
	w := workOf(crawl.def, 7, 2, 1)
	w.Input = []byte("1")
	if a := h.worker(t.Context(), w); a.Fail != nil {
		t.Fatal(a.Fail)
	}
	same2(t, from, []string{"0 false"})
}

func TestHeartbeatsAreBounded(t *testing.T) {
	var p pulses
	at := func(i int) *attempt {
		return &attempt{info: ActivityInfo{Key: fmt.Sprint(i), Attempt: 2}}
	}
	for i := range 3 * maxBeats {
		a := at(i)
		a.beat([]byte(fmt.Sprint(i)))
		p.note(a, true)
	}
	if len(p.last) != maxBeats || len(p.order) != maxBeats {
		t.Fatal(len(p.last), len(p.order))
	}
	a := at(3*maxBeats - 1)
	if p.recall(a); !a.resumes || string(a.before) != fmt.Sprint(3*maxBeats-1) {
		t.Fatalf("%+v", a)
	}
	p.note(a, true) // it failed again and said nothing: what was said before stands
	if p.recall(a); !a.resumes {
		t.Fatal("forgotten")
	}
	p.note(a, false)
	if p.recall(a); a.resumes {
		t.Fatal("kept after its success")
	}
}

func TestHeartbeatRefuses(t *testing.T) {
	if err := Heartbeat(t.Context(), 1); !errors.Is(err, errNoActivity) {
		t.Error(err)
	}
	if _, ok := LastHeartbeat[int](t.Context()); ok {
		t.Error("a heartbeat out of nowhere")
	}
	large := DefineActivity("large", func(ctx context.Context, _ None) (None, error) {
		if err := Heartbeat(ctx, func() {}); codeOf(err) != CodeBadRequest {
			return None{}, fmt.Errorf("encoding: %w", err)
		}
		return None{}, Heartbeat(ctx, strings.Repeat("x", maxDetails))
	})
	wantCode(t, workerOf(t, large)(t.Context(), workOf(large.def, 1, 1, 0)).Err(), CodeTooLarge)
}

// newDropHost is a host that does one activity at a time.
func newDropHost(t *testing.T, defs ...Definition) *Client {
	t.Helper()
	return newHostWith(t, func(o *durable.Options) { o.Workers = 1 }, Options{Strict: true}, defs...)
}

// What nobody waits for any more ends soon, and what has not begun is not done.
func TestUnwantedActivitiesEnd(t *testing.T) {
	begun, ended := make(chan string, 10), make(chan string, 10)
	hang := DefineActivity("hang", func(ctx context.Context, s string) (None, error) {
		begun <- s
		<-ctx.Done()
		ended <- s + ": " + Heartbeat(ctx, 1).Error()
		if !Unwanted(ctx) {
			t.Error(s, "ended while it was wanted")
		}
		return None{}, ctx.Err()
	})
	o := Define("hangs", func(c *Context, how string) (string, error) {
		first, second := hang.Go(c, how+" 1"), hang.Go(c, how+" 2")
		if _, err := Event[None](c, "cancel"); err != nil {
			return "", err
		}
		second.Cancel()
		first.Cancel()
		_, err := first.Get()
		return string(codeOf(err)), nil
	})
	last := DefineActivity("last", func(_ context.Context, s string) (string, error) { return s, nil })
	then := Define("then", func(c *Context, s string) (string, error) { return last.Call(c, s) })
	c := newDropHost(t, o, then, hang, last)
	ctx := within(t)
	for _, how := range []string{"cancel", "terminate"} {
		begin(t, c, o, how, how)
		if Unwanted(ctx) {
			t.Fatal("no activity")
		}
		if got := <-begun; got != how+" 1" {
			t.Fatal("begun", got)
		}
		if how == "cancel" {
			raise(t, c, how, "cancel", None{})
			if out, err := o.Result(ctx, c, how); err != nil || out != "canceled" {
				t.Fatal(out, err)
			}
		} else if err := c.Terminate(ctx, how, "enough"); err != nil {
			t.Fatal(err)
		}
		if got, want := <-ended, how+" 1: "+ErrUnwanted.Error(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		// The only worker is free, and what it would have done next was never begun.
		id, err := then.Begin(ctx, c, "went on")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := then.Result(ctx, c, id); err != nil || out != "went on" {
			t.Fatal(out, err)
		}
		select {
		case got := <-begun:
			t.Fatal(got, "was begun for nobody")
		default:
		}
	}
}

// An orchestration that ends of itself leaves what it began going.
func TestActivitiesBegunInPassingAreDone(t *testing.T) {
	done := make(chan int, 20)
	note := DefineActivity("note", func(ctx context.Context, n int) (None, error) {
		if ctx.Err() != nil {
			return None{}, ctx.Err()
		}
		done <- n
		return None{}, nil
	})
	o := Define("passing", func(c *Context, n int) (None, error) {
		note.Go(c, n)
		switch {
		case n == 1:
			return None{}, errors.New("failed")
		case n == 2:
			return None{}, ContinueAsNew(c, 3)
		}
		return None{}, nil
	})
	c := newDropHost(t, o, note)
	for i := range 3 {
		begin(t, c, o, fmt.Sprint(i), i)
	}
	got := []int{<-done, <-done, <-done, <-done}
	slices.Sort(got)
	same2(t, got, []int{0, 1, 2, 3})
}
