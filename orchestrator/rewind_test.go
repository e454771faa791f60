package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// shaky is an activity that fails for the names that are down, and counts its
// runs; keys are its idempotency keys.
type shaky struct {
	effects
	down map[string]bool
	keys map[string]string
}

func newShaky(down ...string) *shaky {
	s := &shaky{down: map[string]bool{}, keys: map[string]string{}}
	for _, name := range down {
		s.down[name] = true
	}
	return s
}

func (s *shaky) activity(opts ...ActivityOption) *Activity[string, string] {
	return DefineActivity("shaky", func(ctx context.Context, name string) (string, error) {
		s.note(name)
		key := InfoOf(ctx).Key
		if old, ok := s.keys[name]; ok && old != key {
			return "", Permanent(fmt.Errorf("%s has key %s, had %s", name, key, old))
		}
		s.keys[name] = key
		if s.down[name] {
			return "", errors.New(name + " is down")
		}
		return name + "!", nil
	}, opts...)
}

// mend has all names work again.
func (s *shaky) mend() { s.down = map[string]bool{} }

func rewindAll(t *testing.T, h *testHub, c *Client, id string) {
	t.Helper()
	if err := c.Rewind(t.Context(), id, "mended"); err != nil {
		t.Fatal(err)
	}
	h.run()
}

// replays has today's code agree with the instance's history.
func (h *testHub) replays(id string) {
	h.t.Helper()
	in := h.instances[InstanceID(id)].Instance
	in.Hot = nil
	if err := Replay(h.behavior, &in); err != nil {
		h.t.Fatal(err)
	}
}

func TestBehaviour_078_RewindActivity(t *testing.T) {
	s := newShaky("b")
	a := s.activity()
	o := Define("chain", func(c *Context, _ None) (string, error) {
		var all string
		for _, name := range []string{"a", "b", "c"} {
			r, err := a.Call(c, name)
			if err != nil {
				return "", fmt.Errorf("step %s: %w", name, err)
			}
			all += r
		}
		return all, nil
	})
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", None{})
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != "a!b!c!" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"a", "b", "b", "c"})
	h.replays("x")
	if rows := h.rows("x", "ExecutionRewound"); len(rows) != 1 || string(rows[0].Reason) != `"mended"` {
		t.Fatal(rows)
	}
	if items, err := c.List(Failed, Cursor{}, 9); err != nil || len(items) != 0 {
		t.Fatal(items, err)
	}
}

func TestBehaviour_078_RewindFanOut(t *testing.T) {
	for _, early := range []bool{false, true} { // the code returns at the first error, or waits for all
		s := newShaky("1", "3", "4")
		a := s.activity()
		o := Define("fan", func(c *Context, _ None) ([]string, error) {
			fs := make([]*Future[string], 6)
			for i := range fs {
				fs[i] = a.Go(c, fmt.Sprint(i))
			}
			if !early {
				return All(fs...)
			}
			var out []string
			for _, f := range fs {
				v, err := f.Get()
				if err != nil {
					return nil, err
				}
				out = append(out, v)
			}
			return out, nil
		})
		h, c := newHub(t, o, a)
		begin(t, c, o, "x", None{})
		h.wantState("x", Failed)
		s.mend()
		rewindAll(t, h, c, "x")
		same2(t, output(h, o, "x"), []string{"0!", "1!", "2!", "3!", "4!", "5!"})
		slices.Sort(s.list)
		same2(t, s.list, []string{"0", "1", "1", "2", "3", "3", "4", "4", "5"})
		h.replays("x")
	}
}

func TestBehaviour_078_RewindRetries(t *testing.T) {
	s := newShaky("b")
	a := s.activity(WithRetry(Retry{Attempts: 3, First: time.Second}))
	o := Define("retries", func(c *Context, _ None) (string, error) {
		other := a.Go(c, "a")
		b, err := a.Call(c, "b")
		if err != nil {
			return "", err
		}
		first, err := other.Get()
		return first + b, err
	})
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", None{})
	h.run()
	h.wantState("x", Failed)
	rewindAll(t, h, c, "x") // still down: three attempts more
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != "a!b!" {
		t.Fatal(got)
	}
	slices.Sort(s.list)
	same2(t, s.list, []string{"a", "b", "b", "b", "b", "b", "b", "b"})
	h.replays("x")
}

// An error that the code dealt with is not what it failed of, also if a rewind
// undoes what came after another one.
func TestBehaviour_078_RewindHandled(t *testing.T) {
	for _, wrap := range []bool{true, false} {
		s := newShaky("a", "b")
		a := s.activity()
		o := Define("handled", func(c *Context, _ None) (string, error) {
			first, err := a.Call(c, "a")
			if err != nil {
				if first, err = a.Call(c, "instead of a"); err != nil {
					return "", err
				}
			}
			second, err := a.Call(c, "b")
			if err != nil {
				if wrap {
					return "", fmt.Errorf("b: %w", err)
				}
				return "", errors.New("b did not work")
			}
			return first + second, nil
		})
		h, c := newHub(t, o, a)
		begin(t, c, o, "x", None{})
		h.wantState("x", Failed)
		s.mend()
		rewindAll(t, h, c, "x")
		if wrap { // only b
			if got := output(h, o, "x"); got != "instead of a!b!" {
				t.Fatal(got)
			}
			same2(t, s.list, []string{"a", "instead of a", "b", "b"})
		} else { // nobody knows which: both; what was done instead is not needed any more
			if got := output(h, o, "x"); got != "a!b!" {
				t.Fatal(got)
			}
			same2(t, s.list, []string{"a", "instead of a", "b", "a", "b"})
		}
		h.replays("x")
	}
}

// What the code did after the failure was done: it is not done again where the
// code comes to it again.
func TestBehaviour_078_RewindCompensation(t *testing.T) {
	s := newShaky("book")
	a := s.activity()
	var started []string
	log := DefineActivity("log", func(_ context.Context, what string) (None, error) {
		started = append(started, what)
		return None{}, nil
	})
	note := Define("note", func(c *Context, what string) (None, error) { return log.Call(c, what) })
	o := Define("trip", func(c *Context, _ None) (string, error) {
		_, err := a.Call(c, "book")
		if err != nil {
			if _, undo := a.Call(c, "undo"); undo != nil {
				return "", undo
			}
			if _, undo := note.Call(c, "child", WithID("note")); undo != nil {
				return "", undo
			}
			if _, undo := note.Start(c, "detached"); undo != nil {
				return "", undo
			}
			if undo := Raise(c, "sink", "undone", 1); undo != nil {
				return "", undo
			}
			return "", err
		}
		return a.Call(c, "travel")
	})
	sink := collector()
	h, c := newHub(t, o, a, note, log, sink)
	begin(t, c, sink, "sink", 9)
	begin(t, c, o, "x", None{})
	h.wantState("x", Failed)
	for range 2 { // still down
		rewindAll(t, h, c, "x")
		h.wantState("x", Failed)
		h.replays("x")
	}
	same2(t, s.list, []string{"book", "undo", "book", "book"})
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != "travel!" {
		t.Fatal(got)
	}
	same2(t, s.list, []string{"book", "undo", "book", "book", "book", "travel"})
	if rows := h.rows("x", "TaskScheduled"); rows[len(rows)-1].Task != 4 { // 2 and 3 are of what was undone
		t.Fatal(rows)
	}
	slices.Sort(started)
	same2(t, started, []string{"child", "detached"})
	if n := len(h.rows("sink", "EventRaised")); n != 1 {
		t.Fatalf("%d events", n)
	}
	h.replays("x")
}

func TestBehaviour_078_RewindChildren(t *testing.T) {
	for _, depth := range []int{1, 2, 3} {
		s := newShaky("leaf")
		a := s.activity()
		var o *Orchestration[int, string]
		o = Define("nested", func(c *Context, n int) (string, error) {
			if _, err := a.Call(c, fmt.Sprint("before", n)); err != nil {
				return "", err
			}
			var out string
			var err error
			if n == 0 {
				out, err = a.Call(c, "leaf")
			} else {
				out, err = o.Call(c, n-1, WithID(fmt.Sprint("n", n-1)))
			}
			if err != nil {
				return "", err
			}
			_, err = a.Call(c, fmt.Sprint("after", n))
			return out + fmt.Sprint(n), err
		})
		h, c := newHub(t, o, a)
		root := fmt.Sprint("n", depth)
		begin(t, c, o, root, depth)
		h.wantState(root, Failed)
		s.mend()
		rewindAll(t, h, c, root)
		want := "leaf!"
		for n := range depth + 1 {
			want += fmt.Sprint(n)
			h.wantState(fmt.Sprint("n", n), Completed)
			h.replays(fmt.Sprint("n", n))
		}
		if got := output(h, o, root); got != want {
			t.Fatal(got)
		}
		if len(s.list) != 2*(depth+1)+2 {
			t.Fatal(s.list)
		}
	}
}

// A child that was mended by itself, that runs again already, or that cannot be
// mended.
func TestRewindWhileTheChildIs(t *testing.T) {
	s := newShaky("kid")
	a := s.activity()
	bad := false
	kid := Define("kid", func(c *Context, own bool) (string, error) {
		if own {
			if bad {
				return "", errors.New("own error")
			}
			return "own", nil
		}
		if _, err := a.Call(c, "kid"); err != nil {
			return "", err
		}
		return Event[string](c, "go")
	})
	o := Define("parent", func(c *Context, own bool) (string, error) { return kid.Call(c, own, WithID("kid")) })
	start := func(own bool) (*testHub, *Client) {
		h, c := newHub(t, o, kid, a)
		s.list, s.keys, s.down = nil, map[string]string{}, map[string]bool{"kid": true}
		begin(t, c, o, "p", own)
		h.wantState("p", Failed)
		s.mend()
		return h, c
	}
	done := func(h *testHub, want string) {
		t.Helper()
		if got := output(h, o, "p"); got != want {
			t.Fatal(got)
		}
		same2(t, s.list, []string{"kid", "kid"})
		h.replays("p")
		h.replays("kid")
	}
	t.Run("completed", func(t *testing.T) {
		h, c := start(false)
		rewindAll(t, h, c, "kid")
		raise(t, c, "kid", "go", "x")
		h.wantState("kid", Completed)
		h.wantState("p", Failed)
		rewindAll(t, h, c, "p")
		done(h, "x")
	})
	t.Run("running", func(t *testing.T) {
		h, c := start(false)
		rewindAll(t, h, c, "kid")
		rewindAll(t, h, c, "p")
		h.wantState("p", Running)
		raise(t, c, "kid", "go", "y")
		done(h, "y")
	})
	t.Run("running, started again by another", func(t *testing.T) {
		h, c := start(false)
		s.keys = map[string]string{} // another incarnation has others
		if _, err := c.Restart(t.Context(), "kid"); err != nil {
			t.Fatal(err)
		}
		rewindAll(t, h, c, "p")
		h.wantState("p", Running)
		h.dropAll()
		raise(t, c, "kid", "go", "z")
		if n := len(h.rows("kid", "ExecutionAdopted")); n != 1 || output(h, o, "p") != "z" {
			t.Fatal(n, h.status("p"))
		}
	})
	t.Run("terminated, purged, of its own error", func(t *testing.T) {
		h, c := start(false)
		rewindAll(t, h, c, "kid")
		if err := c.Terminate(t.Context(), "kid", "enough"); err != nil {
			t.Fatal(err)
		}
		rewindAll(t, h, c, "p")
		if f := h.wantState("p", Failed).Failure; f.Code != CodeTerminated {
			t.Fatal(f)
		}
		if err := c.Purge(t.Context(), "kid"); err != nil {
			t.Fatal(err)
		}
		rewindAll(t, h, c, "p")
		if f := h.wantState("p", Failed).Failure; f.Code != CodeNotFound {
			t.Fatal(f)
		}
		bad = true
		h, c = start(true)
		rewindAll(t, h, c, "p")
		if f := h.wantState("p", Failed).Failure; f.Code != CodeConflict || f.Cause == nil || f.Cause.Message != "own error" {
			t.Fatal(f)
		}
	})
}

func TestRewindRefusals(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	o := Define("o", func(c *Context, mode string) (string, error) {
		switch mode {
		case "locked":
			c.AtEnd("lock", durable.Message{To: durable.ID{Kind: 'e', Name: "stock", Key: "k"}, Op: OpRelease})
		case "own":
			return "", errors.New("own error")
		case "wait":
			return Event[string](c, "go")
		case "many":
			for range 100 {
				c.Publish(nil)
			}
		}
		_, err := a.Call(c, "a")
		if mode == "locks after" {
			_, err2 := c.CallTo(durable.Message{To: durable.ID{Kind: 'e', Name: "stock", Key: "k"}, Op: OpLock, Name: "lock"}).Get()
			err = errors.Join(err, err2)
		}
		return "", err
	})
	h, c := newHubWith(t, Options{Limits: Limits{History: 50}}, o, a)
	ctx := t.Context()
	wantCode(t, c.Rewind(ctx, "nobody", ""), CodeNotFound)
	begin(t, c, o, "running", "wait")
	wantCode(t, c.Rewind(ctx, "running", ""), CodeConflict)
	raise(t, c, "running", "go", "x")
	wantCode(t, c.Rewind(ctx, "running", ""), CodeGone)
	begin(t, c, o, "terminated", "wait")
	if err := c.Terminate(ctx, "terminated", ""); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Rewind(ctx, "terminated", ""), CodeGone)
	for mode, what := range map[string]string{
		"locked": "critical section", "own": "there is nothing to do again", "many": "its last turn was given up", "locks after": "critical section",
	} {
		begin(t, c, o, mode, mode)
		if mode == "locks after" {
			m := h.elsewhere[len(h.elsewhere)-1]
			h.reply(m.To, durable.Reply{To: m.Return, Body: nil})
			h.settle()
		}
		before := h.wantState(mode, Failed)
		rows := len(h.rows(mode))
		err := c.Rewind(ctx, mode, "")
		wantCode(t, err, CodeConflict)
		if !strings.Contains(err.Error(), what) || len(h.rows(mode)) != rows || h.status(mode).State != before.State {
			t.Errorf("%s: %v", mode, err)
		}
	}
	// The code does not do any more what the history says before the cut.
	begin(t, c, o, "changed", "")
	h.redefine(a, Define("o", func(c *Context, _ string) (string, error) { return Event[string](c, "other") }))
	wantCode(t, c.Rewind(ctx, "changed", ""), CodeConflict)
	h.wantState("changed", Failed)
}
