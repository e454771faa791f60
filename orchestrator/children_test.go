package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBehaviour_019_SubOrchestration(t *testing.T) {
	tries := 0
	work := DefineActivity("work", func(_ context.Context, ok bool) (int, error) {
		tries++
		if !ok && tries < 3 {
			return 0, errors.New("not yet")
		}
		return 7, nil
	})
	child := Define("child", func(c *Context, ok bool) (int, error) { return work.Call(c, ok) })
	o := Define("parent", func(c *Context, mode string) (int, error) {
		switch mode {
		case "retried":
			return child.Call(c, false, RetryChild(Retry{Attempts: 5, First: time.Second}))
		default:
			return child.Call(c, mode == "ok")
		}
	})
	h, c := newHub(t, o, child, work)
	begin(t, c, o, "ok", "ok")
	if output(h, o, "ok") != 7 {
		t.Fatal("result")
	}
	tries = 0
	begin(t, c, o, "bad", "bad")
	if f := h.wantState("bad", Failed).Failure; f.Message != "not yet" {
		t.Fatal(f)
	}
	tries = 0
	begin(t, c, o, "retried", "retried")
	h.run()
	if output(h, o, "retried") != 7 || tries != 3 {
		t.Fatal("attempts", tries)
	}
}

func TestBehaviour_020_ChildRetryIDs(t *testing.T) {
	var ids []string
	tries := map[string]int{} // by parent
	work := DefineActivity("work", func(ctx context.Context, _ None) (int, error) {
		id := InfoOf(ctx).Instance
		ids = append(ids, id)
		parent, _, _ := strings.Cut(id, ":")
		if tries[parent]++; tries[parent] != 3 {
			return 0, errors.New("again")
		}
		return 1, nil
	})
	child := Define("child", func(c *Context, _ None) (int, error) { return work.Call(c, None{}) }, Retrying(Retry{Attempts: 3, First: time.Second}))
	o := Define("parent", func(c *Context, id string) (int, error) {
		if id == "" {
			return child.Call(c, None{})
		}
		return child.Call(c, None{}, WithID(id))
	})
	h, c := newHub(t, o, child, work)
	begin(t, c, o, "auto", "")
	begin(t, c, o, "fixed", "the-child")
	h.run()
	output(h, o, "auto")
	output(h, o, "fixed")
	slices.Sort(ids)
	if len(ids) != 6 || len(slices.Compact(ids)) != 4 {
		t.Fatalf("instances %v", ids)
	}
}

func TestBehaviour_021_ChildIDOfParent(t *testing.T) {
	var o *Orchestration[None, None]
	o = Define("self", func(c *Context, _ None) (None, error) { return o.Call(c, None{}, WithID(c.InstanceID())) })
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	f := h.wantState("a", Failed).Failure
	if f.Code != CodeConflict || !strings.Contains(f.Message, `"a" cannot start another under its own id`) {
		t.Fatal(f)
	}
}

func TestBehaviour_022_ParentID(t *testing.T) {
	child := Define("child", func(c *Context, _ None) (string, error) { return c.ParentID(), nil })
	o := Define("parent", func(c *Context, _ None) (string, error) {
		p, err := child.Call(c, None{}, WithID("kid"))
		return c.ParentID() + "/" + p, err
	})
	h, c := newHub(t, o, child)
	begin(t, c, o, "a", None{})
	if got := output(h, o, "a"); got != "/a" || h.status("kid").Parent != "a" || h.status("a").Parent != "" {
		t.Fatal(got)
	}
}

func TestBehaviour_023_DetachedChild(t *testing.T) {
	runs := 0
	count := DefineActivity("count", func(context.Context, None) (None, error) { runs++; return None{}, nil })
	child := Define("child", func(c *Context, _ None) (None, error) { return count.Call(c, None{}) })
	o := Define("parent", func(c *Context, _ None) (string, error) {
		id, err := child.Start(c, None{})
		if err != nil {
			return "", err
		}
		return id, c.Sleep(time.Second)
	})
	h, c := newHub(t, o, child, count)
	begin(t, c, o, "a", None{})
	h.run()
	id := output(h, o, "a")
	if h.status(id).State != Completed || runs != 1 || h.status(id).Parent != "" {
		t.Fatal(h.status(id), runs)
	}
	if len(h.rows("a", "SubOrchestrationInstanceCompleted")) != 0 {
		t.Fatal("the parent was told")
	}
}

func TestBehaviour_024_Unregistered(t *testing.T) {
	ghost := DefineActivity("ghost", func(context.Context, None) (None, error) { return None{}, nil }, WithRetry(Retry{Attempts: 5, First: time.Second}))
	missing := Define("missing", func(*Context, None) (None, error) { return None{}, nil })
	o := Define("calls", func(c *Context, child bool) (None, error) {
		if child {
			return missing.Call(c, None{}, RetryChild(Retry{Attempts: 5, First: time.Second}))
		}
		return ghost.Call(c, None{})
	})
	h, c := newHub(t, o)
	_, err := missing.Begin(t.Context(), c, None{}, WithID("m"))
	wantCode(t, err, CodeBadRequest)
	if !IsNotRegistered(err) || !strings.Contains(err.Error(), `"missing" is not registered`) {
		t.Fatal(err)
	}
	if _, err := c.Status("m"); codeOf(err) != CodeNotFound {
		t.Fatal("the refused start left something", err)
	}
	for _, child := range []bool{false, true} {
		id := fmt.Sprint(child)
		begin(t, c, o, id, child)
		h.run()
		f := h.wantState(id, Failed).Failure
		if !IsNotRegistered(f) || len(h.rows(id, "TaskScheduled", "SubOrchestrationInstanceCreated")) != 1 {
			t.Fatalf("%v %+v", f, h.rows(id))
		}
	}
	if _, err := c.Start(t.Context(), "calls", nil, AsVersion("9")); !IsNotRegistered(err) {
		t.Fatal(err)
	}
}
