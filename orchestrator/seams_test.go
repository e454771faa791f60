package orchestrator

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// Where features meet.

func failedWith(text string) durable.Answer { return durable.Answer{Fail: Fail(CodeFailed, text)} }

// An activity that the code cancelled because another failed has failed of just
// that: a rewind takes the cancelling back, so it does both again.
func TestRewindDoesCancelledActivitiesAgain(t *testing.T) {
	s := newShaky("bad")
	a := s.activity()
	o := Define("o", func(c *Context, _ None) (string, error) {
		slow := a.Go(c, "slow")
		old := a.Go(c, "old")
		old.Cancel() // before anything has failed: that stands
		bad, err := a.Call(c, "bad")
		if err != nil {
			slow.Cancel()
			_, _ = Event[None](c, "tidied")
			return "", err
		}
		got, err := slow.Get()
		return bad + got, err
	})
	h, c := newHub(t, o, a)
	h.holdWork = true
	begin(t, c, o, "x", None{})
	work := h.work
	h.work = nil
	for _, name := range []string{"bad", "slow", "old"} {
		for _, w := range work {
			if string(w.Input) == `"`+name+`"` {
				h.finishWork(w, failedWith(name+" is down"))
				h.settle()
			}
		}
		h.wantState("x", Running)
	}
	raise(t, c, "x", "tidied", None{})
	h.wantState("x", Failed)
	s.mend()
	h.holdWork = false
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != "bad!slow!" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"slow", "bad"}) // not old
	h.replays("x")
}

// A parent that is rewound hears of a child that was cancelled what it would
// have heard at first.
func TestRewoundParentHearsOfACancelledChild(t *testing.T) {
	kid := waiter()
	o := Define("o", func(c *Context, _ None) (None, error) {
		_, err := kid.Call(c, None{}, WithID("kid"))
		return None{}, err
	})
	h, c := newHub(t, o, kid)
	begin(t, c, o, "x", None{})
	must(t, c.Cancel(t.Context(), "kid", "enough"))
	h.settle()
	first := h.wantState("x", Failed).Failure
	if !errors.Is(first, ErrCanceled) {
		t.Fatal(first)
	}
	rewindAll(t, h, c, "x")
	if again := h.wantState("x", Failed).Failure; again.Code != first.Code || !errors.Is(again, ErrCanceled) {
		t.Fatalf("%v, at first %v", again, first)
	}
}

// A termination without the code has the activities know that nobody waits.
func TestTerminateQuarantinedDropsWork(t *testing.T) {
	var e effects
	a := echoActivity(&e)
	o := Define("o", func(c *Context, _ None) (None, error) {
		done := a.Go(c, "done")
		left := a.Go(c, "left")
		_, _ = done.Get()
		_, err := left.Get()
		return None{}, err
	})
	h, c := newHub(t, o, a)
	h.holdWork = true
	begin(t, c, o, "x", None{})
	w := h.work[0]
	h.finishWork(w, failedWith("no"))
	h.settle()
	h.redefine(a, Define("o", func(c *Context, _ None) (None, error) { return None{}, c.Sleep(time.Hour) }))
	must(t, c.Terminate(t.Context(), "x", "enough"))
	h.wantState("x", Terminated)
	same2(t, h.dropped, []uint64{h.work[1].Task})
}

// Force purges what cannot run, with all that is below it.
func TestPurgeQuarantinedByForce(t *testing.T) {
	kid := waiter()
	o := Define("o", func(c *Context, id string) (None, error) {
		_, err := kid.Call(c, None{}, WithID(id))
		return None{}, err
	})
	changed := Define("o", func(c *Context, _ string) (None, error) { return None{}, c.Sleep(time.Hour) })
	store := memstore.New(memstore.Options{})
	h, c := openHost(t, store, o, kid)
	ctx := within(t)
	for _, id := range []string{"one", "tree", "where", "trees"} {
		_, err := o.Begin(ctx, c, id+"'s", WithID(id), WithTags(map[string]string{"how": id}))
		must(t, err)
		if !c.appears(ctx, id+"'s") {
			t.Fatal("no child")
		}
	}
	must(t, h.Close())
	_, c = openHost(t, store.Reopen(), changed, kid)
	for id, purge := range map[string]func() (int, error){
		"one":  func() (int, error) { return 1, c.Purge(ctx, "one", Force()) },
		"tree": func() (int, error) { return c.PurgeTree(ctx, "tree", Force()) },
		"where": func() (int, error) {
			r, err := c.PurgeWhere(ctx, Query{Name: "o", Tags: map[string]string{"how": "where"}}, 0, Force())
			return r.Count, err
		},
		"trees": func() (int, error) {
			r, err := c.PurgeWhere(ctx, Query{Name: "o", Tags: map[string]string{"how": "trees"}}, 0, Force(), Trees())
			return r.Count, err
		},
	} {
		wantCode(t, c.Raise(ctx, id, "item", nil), CodeUnavailable)
		want := 1
		if strings.HasPrefix(id, "tree") {
			want = 2
		}
		if n, err := purge(); err != nil || n != want {
			t.Errorf("%s: %d purged, not %d: %v", id, n, want, err)
		}
		_, err := c.Status(id)
		wantCode(t, err, CodeNotFound)
		if _, err := c.Status(id + "'s"); (codeOf(err) == CodeNotFound) != (want == 2) {
			t.Errorf("%s: its child: %v", id, err)
		}
	}
}

// A history that cannot be read to the end tells of its sub-orchestrations as
// far as it can.
func TestChildrenOfABrokenHistory(t *testing.T) {
	kid := waiter()
	o := Define("o", func(c *Context, _ None) (string, error) { return kid.Call(c, None{}, WithID("kid")) })
	h, c := newHub(t, o, kid)
	begin(t, c, o, "x", None{})
	x := h.instances[InstanceID("x")]
	x.Log = append(x.Log, []byte{historyVersion, 99})
	list, err := c.children(t.Context(), "x", treeAsItIs)
	must(t, err)
	same2(t, list, []string{"kid"})
}

// A restart has the retention of what it repeats, as that is now.
func TestRestartKeepsTheRetention(t *testing.T) {
	o := Define("o", func(c *Context, _ None) (None, error) { return None{}, nil }, Retain(time.Hour))
	h, c := newHub(t, o)
	for _, k := range []struct {
		id   string
		opts []StartOption
		want time.Duration
	}{
		{"defined", nil, time.Hour},
		{"own", []StartOption{RetainFor(time.Minute)}, time.Minute},
		{"for ever", []StartOption{RetainFor(Forever)}, Forever},
	} {
		begin(t, c, o, k.id, None{}, k.opts...)
		for _, opts := range [][]StartOption{nil, {WithNewID()}} {
			id, err := c.Restart(t.Context(), k.id, opts...)
			must(t, err)
			h.settle()
			s := h.wantState(id, Completed)
			if want := s.Updated.Add(k.want); k.want == Forever && !s.Expires.IsZero() || k.want >= 0 && !s.Expires.Equal(want) {
				t.Errorf("%s: expires at %v, not %v", k.id, s.Expires, want)
			}
		}
	}
	id, err := c.Restart(t.Context(), "own", RetainFor(time.Second))
	must(t, err)
	h.settle()
	if s := h.wantState(id, Completed); !s.Expires.Equal(s.Updated.Add(time.Second)) {
		t.Error("the option does not count", s.Expires)
	}
}

// Once holds through a rewind and a termination without the code.
func TestOnceHolds(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	o := Define("o", func(c *Context, _ None) (string, error) { return a.Call(c, "a") })
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", None{}, Once(), RetainFor(time.Hour))
	h.wantState("x", Failed)
	s.mend()
	h.holdWork = true
	must(t, c.Rewind(t.Context(), "x", "mended"))
	h.wantState("x", Running)
	h.redefine(a, Define("o", func(c *Context, _ None) (string, error) { return "", c.Sleep(time.Hour) }))
	must(t, c.Terminate(t.Context(), "x", "enough"))
	if got := h.wantState("x", Terminated); got.Expires.IsZero() {
		t.Error("it lost its retention")
	}
	_, err := o.Begin(t.Context(), c, None{}, WithID("x"))
	wantCode(t, err, CodeConflict)
}

// WithNewID is for restarts: in an orchestration it draws no id of chance, which
// a replay would not draw again.
func TestNewIDOfASubOrchestration(t *testing.T) {
	kid := waiter()
	o := Define("o", func(c *Context, _ None) (string, error) {
		if _, err := kid.Start(c, None{}, WithNewID()); err != nil {
			return "", err
		}
		return kid.Call(c, None{}, WithID("taken"), WithNewID())
	})
	h, c := newHub(t, o, kid)
	begin(t, c, o, "x", None{})
	h.wantState("x", Running)
	h.replays("x")
	if h.there("taken") {
		t.Error("the id that was given up counts")
	}
}

// A retention of all the time there is is long, not short, and can be shown.
func TestLongestRetention(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, math.MaxInt64: math.MaxInt64/1_000_000 + 1,
	} {
		if ms, ok := retentionOf(d).after(); !ok || ms != want {
			t.Errorf("%d: %d ms, not %d", d, ms, want)
		}
	}
}

// The name of an event that comes with a start is checked as any other's.
func TestEventNameOfAStart(t *testing.T) {
	o := waiter()
	_, c := newHub(t, o)
	for _, name := range []string{"", strings.Repeat("x", maxEventName+1)} {
		_, err := o.Begin(t.Context(), c, None{}, WithEvent(name, 1))
		wantCode(t, err, CodeBadRequest)
	}
	begin(t, c, o, "x", None{}, WithEvent(strings.Repeat("x", maxEventName), 1))
}
