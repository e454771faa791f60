package orchestratortest_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

func TestRestart(t *testing.T) {
	both := orchestrator.Define("both", func(c *orchestrator.Context, d time.Duration) ([]string, error) {
		var order []string
		wall, up := c.Timer(d), c.UptimeTimer(d)
		if orchestrator.Any(wall, up) == 0 {
			order = append(order, "wall")
		} else {
			order = append(order, "uptime")
		}
		_, err := orchestrator.All(wall, up)
		return append(order, c.Now().Format(time.TimeOnly)), err
	})
	orchestratortest.Test(t, options(both), func(t *testing.T, h *orchestratortest.Hub) {
		id := orchestratortest.Start(h, both, 2*time.Hour)
		h.After(time.Hour, func() { h.Restart(5 * time.Hour) })
		out, err := orchestratortest.Result(h, both, id)
		if fmt.Sprint(out) != "[wall 07:00:00]" || err != nil {
			t.Error(out, err)
		}
	})
}

// With Crash the engine remembers nothing; without it, it does.
func TestCrashLosesWhatIsInMemory(t *testing.T) {
	var runs atomic.Int64
	chain := orchestrator.Define("chain", func(c *orchestrator.Context, n int) (int, error) {
		runs.Add(1)
		for range n {
			if err := c.Sleep(time.Second); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	count := func(crash bool) int64 {
		runs.Store(0)
		orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{chain}, Crash: crash}, func(t *testing.T, h *orchestratortest.Hub) {
			if n, err := orchestratortest.Run(h, chain, 10); n != 10 || err != nil {
				t.Error(n, err)
			}
		})
		return runs.Load()
	}
	// Strict runs the function anew in each turn but for the first, and it is
	// the first that is run twice; a crash has each turn run it once more.
	if hot, cold := count(false), count(true); cold < hot+10 {
		t.Errorf("run %d times with crashes, %d times without", cold, hot)
	}
}

// What waits for an answer goes on waiting through crashes.
func TestCrashKeepsRequests(t *testing.T) {
	ask := orchestrator.DefineRequest[int, int]("ask")
	slow := orchestrator.Define("slow", func(c *orchestrator.Context, _ int) (int, error) {
		r, err := ask.Wait(c)
		if err != nil {
			return 0, err
		}
		_ = c.Sleep(time.Hour)
		r.Answer(r.In * 2)
		return r.In, nil
	})
	orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{slow}, Crash: true}, func(t *testing.T, h *orchestratortest.Hub) {
		id := orchestratortest.Start(h, slow, 0)
		if n, err := ask.Do(h.Context(), h.Client(), id, 21); n != 42 || err != nil {
			t.Error(n, err)
		}
		h.Wait(id)
	})
}
