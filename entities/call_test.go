package entities

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// shopError is an author's error type that comes back as itself.
type shopError struct{ shop string }

func (e *shopError) Error() string                   { return "shop " + e.shop + " is closed" }
func (e *shopError) FailureProps() map[string]string { return map[string]string{"shop": e.shop} }

// shops open after a number of visits.
var (
	shops = Define("shop", func(string) int { return 0 })

	// visit succeeds when the shop has been signalled open.
	visit = On(shops, "visit", func(c *Context, s *int, _ struct{}) (int, error) {
		if *s == 0 {
			return 0, fmt.Errorf("visiting: %w", &shopError{c.Key()})
		}
		*s++
		return *s, nil
	})
	_ = On(shops, "open", func(_ *Context, s *int, _ struct{}) (struct{}, error) {
		*s = 1
		return struct{}{}, nil
	})
)

func TestCallIsRetried(t *testing.T) {
	calls := orchestrator.Define("calls", func(c *orchestrator.Context, how string) (int, error) {
		policy := orchestrator.Retry{Attempts: 5, First: time.Second, Backoff: 2}
		switch how {
		case "picky":
			policy.If = func(err error) bool { return orchestrator.ToFailure(err).Type != "" }
		case "bad":
			policy = orchestrator.Retry{}
		}
		f := visit.Go(c, "s", struct{}{}, WithRetry(policy))
		if how == "cancels" {
			if err := c.Sleep(2 * time.Second); err != nil {
				return 0, err
			}
			f.Cancel()
		}
		return f.Get()
	})
	h := newHub(t, shops).orchestrate(calls)
	attempts := func(id string) (n int) {
		t.Helper()
		rows, err := orchestrator.History(h.instances[orchestrator.InstanceID(id)].Log)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Type == "CallScheduled" {
				n++
			}
		}
		return n
	}
	wait := func() {
		for range 4 {
			h.run()
			h.advance(60_000)
		}
		h.run()
	}
	for id, want := range map[string]int{"plain": 5, "picky": 1, "bad": 0, "cancels": 2} {
		start(h, calls, id, id)
		wait()
		if s := h.status(id); s.State != orchestrator.Failed || attempts(id) != want {
			t.Errorf("%s: %s after %d attempts, want %d (%v)", id, s.State, attempts(id), want, s.Failure)
		}
	}
	start(h, calls, "well", "plain")
	h.run()
	h.post(mustSignal(t, shops.ID("s"), "open", nil))
	h.run()
	h.advance(1000)
	h.run()
	h.wantOutput("well", "2")
	if n := attempts("well"); n != 2 {
		t.Errorf("%d attempts", n)
	}
}

// The limit of a fan-out over entity calls holds, and refused calls are results.
func TestEachOfCalls(t *testing.T) {
	total := orchestrator.Define("total", func(c *orchestrator.Context, keys []string) ([]string, error) {
		sums, err := orchestrator.Each(c, keys, 2, func(key string) *Future[int] { return credit.Go(c, key, len(key)) })
		if err != nil {
			return nil, err
		}
		var out []string
		for _, s := range orchestrator.EachSettled(c, keys, 2, func(key string) *Future[int] { return visit.Go(c, key, struct{}{}) }) {
			out = append(out, fmt.Sprint(sums, s.Err))
		}
		return out, nil
	})
	h := newHub(t, accounts, shops).orchestrate(total)
	start(h, total, "a", []string{"a", "bb", "ccc"})
	h.run()
	h.wantOutput("a", `["[1 2 3] visiting: shop a is closed","[1 2 3] visiting: shop bb is closed","[1 2 3] visiting: shop ccc is closed"]`)
	for key, want := range map[string]int{"a": 1, "bb": 2, "ccc": 3} {
		wantInt(t, h.ask(mustCall(t, accounts.ID(key), "get", nil)), want)
	}
}

// An operation's error keeps its type and properties on its way to the
// orchestration, through its end, and to a caller from outside.
func TestBehaviour_036_ErrorsOfOperations(t *testing.T) {
	calls := orchestrator.Define("calls", func(c *orchestrator.Context, _ struct{}) (int, error) {
		return visit.Call(c, "s", struct{}{})
	})
	h := newHub(t, shops).orchestrate(calls)
	start(h, calls, "a", struct{}{})
	h.run()
	outside := h.ask(mustCall(t, shops.ID("s"), "visit", nil)).Fail
	for where, f := range map[string]*orchestrator.Failure{"orchestration": h.status("a").Failure, "client": outside} {
		var inner *orchestrator.Failure
		if f == nil || !errors.As(f.Unwrap(), &inner) || inner.Type != "entities.shopError" || inner.Props["shop"] != "s" {
			t.Errorf("%s: %+v", where, f)
		}
	}
}

// A critical section that is asked to end gives its locks up, whether it has
// them or waits for them, and can take back inside of it what it did.
func TestCancelInASection(t *testing.T) {
	trade := orchestrator.Define("trade", func(c *orchestrator.Context, key string) (_ int, err error) {
		unlock, err := Lock(c, accounts.ID(key), accounts.ID("z"))
		if err != nil {
			return 0, err
		}
		defer unlock()
		if _, err := credit.Call(c, key, 5); err != nil {
			return 0, err
		}
		defer orchestrator.Shielded(c, func() {
			if err != nil {
				_, err2 := credit.Call(c, key, -4)
				err = errors.Join(err, err2)
			}
		})
		return 0, c.Sleep(time.Hour)
	})
	h := newHub(t, accounts).orchestrate(trade)
	start(h, trade, "holder", "a")
	h.run()
	start(h, trade, "waiter", "b") // has b, waits for z
	h.run()
	cancel := func(id string) {
		h.post(durable.Message{To: orchestrator.InstanceID(id), Op: orchestrator.OpCancel, Body: []byte("strike")})
		h.run()
		if s := h.status(id); s.State != orchestrator.Terminated || !errors.Is(s.Failure, orchestrator.ErrCanceled) {
			t.Fatalf("%s is %s: %v", id, s.State, s.Failure)
		}
	}
	cancel("waiter")
	wantInt(t, h.ask(mustCall(t, accounts.ID("b"), "credit", 1)), 1) // free, and nothing was done
	cancel("holder")
	wantInt(t, h.ask(mustCall(t, accounts.ID("a"), "get", nil)), 1)
	wantInt(t, h.ask(mustCall(t, accounts.ID("z"), "credit", 1)), 1)
}
