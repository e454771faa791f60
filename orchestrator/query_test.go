package orchestrator

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

var progress = DefineQuery[string, []int]("Progress")

// queried sums events and answers queries on the way.
func queried(asked *int) *Orchestration[int, int] {
	return Define("queried", func(c *Context, n int) (int, error) {
		var list []int
		id := c.NewID()
		progress.Handle(c, func(how string) ([]int, error) {
			*asked++
			switch how {
			case "error":
				return nil, &cardError{"5"}
			case "panic":
				panic("in the handler")
			case "goexit":
				runtime.Goexit()
			case "large":
				return make([]int, maxPayload), nil
			case "context":
				c.SetStatus("never")
				c.Publish([]byte("never"))
				c.SetIndex(Index{Name: "never"})
				c.AtEnd("never", durable.Message{})
				c.Log().Info().Msg("never")
				if c.Rand(); c.NewID() == id {
					return nil, errors.New("ids")
				}
				c.Timer(time.Second)
				if err := c.Sleep(time.Second); codeOf(err) != CodeBadRequest {
					return nil, fmt.Errorf("sleep: %w", err)
				}
				if err := Raise(c, "other", "x", 1); codeOf(err) != CodeBadRequest {
					return nil, fmt.Errorf("raise: %w", err)
				}
				if _, err := SideEffect(c, func() (int, error) { return 1, nil }); codeOf(err) != CodeBadRequest {
					return nil, fmt.Errorf("side effect: %w", err)
				}
				if i := Any(c.Timer(time.Second)); i >= 0 && !c.Now().Equal(c.Now()) {
					return nil, errors.New("any")
				}
			}
			return append([]int{len(list)}, list...), nil
		})
		sum := 0
		for range n {
			v, err := Event[int](c, "item")
			if err != nil {
				return 0, err
			}
			list, sum = append(list, v), sum+v
		}
		if next := c.NewID(); n > 1 {
			return sum, Raise(c, "ids", next, c.Rand().Uint64()) // strict compares them
		}
		return sum, nil
	})
}

func TestQueryReadsARunningInstance(t *testing.T) {
	asked := 0
	o := queried(&asked)
	h, c := newHub(t, o)
	begin(t, c, o, "a", 3)
	ask := func(how string) ([]int, error) { return progress.Ask(t.Context(), c, "a", how) }
	for i := range 3 {
		rows := len(h.rows("a"))
		for _, cold := range []bool{false, true} {
			if cold {
				h.dropAll()
			}
			got, err := ask("")
			if err != nil || len(got) != i+1 || got[0] != i {
				t.Fatal(got, err)
			}
		}
		for how, want := range map[string]Code{"panic": CodeInternal, "goexit": CodeInternal, "large": CodeTooLarge, "error": CodeFailed} {
			if _, err := ask(how); codeOf(err) != want {
				t.Fatalf("%s: %v", how, err)
			}
		}
		var f *Failure
		if _, err := ask("error"); !errors.As(err, &f) || f.Props["card"] != "5" {
			t.Fatal(f)
		}
		if _, err := ask("panic"); !errors.As(err, &f) || !strings.Contains(f.Stack, "query_test.go") {
			t.Fatalf("%+v", f)
		}
		if _, err := ask("context"); err != nil || len(h.rows("a")) != rows || h.status("a").Custom != nil || len(h.timers)+len(h.logs.lines) > 0 {
			t.Fatal("a query left a trace")
		}
		if i == 1 { // a suspended one answers too
			if err := c.Suspend(t.Context(), "a", ""); err != nil {
				t.Fatal(err)
			}
			if got, err := ask(""); err != nil || got[0] != 1 {
				t.Fatal(got, err)
			}
			if err := c.Resume(t.Context(), "a", ""); err != nil {
				t.Fatal(err)
			}
		}
		for asks := 0; asks == 0 || h.instances[InstanceID("a")].Hot == nil; asks++ { // what it changed would be in memory
			if got, err := ask("context"); err != nil || len(got) != i+1 {
				t.Fatal(got, err)
			}
		}
		raise(t, c, "a", "item", i+1)
	}
	if output(h, o, "a") != 6 || asked == 0 {
		t.Fatal(asked)
	}
	_, err := ask("")
	wantCode(t, err, CodeGone)
	_, err = progress.Ask(t.Context(), c, "nobody", "")
	wantCode(t, err, CodeNotFound)
	if in := h.instances[InstanceID("nobody")]; in.Exists {
		t.Fatal("the question made an instance")
	}
}

func TestQueryRefused(t *testing.T) {
	asked := 0
	o := queried(&asked)
	h, c := newHub(t, o)
	begin(t, c, o, "a", 1)
	_, err := DefineQuery[int, int]("other").Ask(t.Context(), c, "a", 1)
	wantCode(t, err, CodeBadRequest)
	if !strings.Contains(err.Error(), `only ["progress"]`) {
		t.Fatal(err)
	}
	_, err = DefineQuery[int, []int]("PROGRESS").Ask(t.Context(), c, "a", 1) // not a string
	wantCode(t, err, CodeBadRequest)
	_, err = progress.Ask(t.Context(), c, "a", strings.Repeat("x", maxPayload))
	wantCode(t, err, CodeTooLarge)
	if asked != 0 {
		t.Fatal(asked)
	}
	// One whose next generation has not begun.
	next := Define("next", func(c *Context, n int) (None, error) {
		if _, err := Event[None](c, "go"); err != nil {
			return None{}, err
		}
		return None{}, ContinueAsNew(c, n+1)
	})
	h.redefine(o, next)
	begin(t, c, next, "n", 1)
	h.Post(newMessage("n", OpEvent, "go", nil), func(durable.Answer) {})
	var answers []error
	h.Post(newMessage("n", OpQuery, "progress", nil), func(a durable.Answer) { answers = append(answers, a.Err()) })
	for i := range h.queue {
		h.queue[i].Stamp = h.now
	}
	batch := h.queue
	h.queue = nil
	h.turn(h.instances[InstanceID("n")], batch)
	if len(answers) != 1 {
		t.Fatal(answers)
	}
	wantCode(t, answers[0], CodeUnavailable)
	h.settle()
	h.wantState("n", Running)
}

// A query commits nothing, hot or cold, and sees what was raised before it.
func TestQueryCommitsNothing(t *testing.T) {
	asked := 0
	o := queried(&asked)
	reg, err := NewRegistry(o)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New(memstore.Options{})
	for _, cache := range []int{0, 1} { // 1 byte keeps nothing hot
		h, err := durable.Open(store, durable.Options{
			Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, Options{Strict: true})}, UptimeDelay: -1, CacheBytes: cache,
		})
		if err != nil {
			t.Fatal(err)
		}
		c, ctx := NewClient(h), within(t)
		id := fmt.Sprint("a", cache)
		if _, err := o.Begin(ctx, c, 2, WithID(id)); err != nil {
			t.Fatal(err)
		}
		raise(t, c, id, "item", 7)
		before := h.Stats().Rows.Load()
		for range 10 {
			if got, err := progress.Ask(ctx, c, id, ""); err != nil || len(got) != 2 || got[1] != 7 {
				t.Fatal(got, err)
			}
		}
		if after := h.Stats().Rows.Load(); after != before {
			t.Fatalf("%d rows were written", after-before)
		}
		raise(t, c, id, "item", 8)
		if out, err := o.Result(ctx, c, id); err != nil || out != 15 {
			t.Fatal(out, err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		store = store.Reopen()
	}
}
