package orchestratortest_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

var update = flag.Bool("update", false, "record the golden histories anew")

const orderHistory = "testdata/order.jsonl"

func registry(t testing.TB, defs ...orchestrator.Definition) *orchestrator.Registry {
	t.Helper()
	reg, err := orchestrator.NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// TestGoldenOrder has today's code replay what was recorded once, and record the
// same again.
func TestGoldenOrder(t *testing.T) {
	again := filepath.Join(t.TempDir(), "deep", "order.jsonl")
	orchestratortest.Test(t, options(order, remind), func(t *testing.T, h *orchestratortest.Hub) {
		orchestratortest.Mock(h, charge, func(context.Context, int) (string, error) { return "paid", nil })
		h.After(10*day, func() { orchestratortest.Raise(h, "golden", "approved", true) })
		if _, err := orchestratortest.Run(h, order, 100, orchestrator.WithID("golden")); err != nil {
			t.Fatal(err)
		}
		if *update {
			h.Record("golden", orderHistory)
		}
		h.Record("golden", again)
	})
	orchestratortest.Replay(t, registry(t, order, remind), orderHistory)
	old, err := os.ReadFile(orderHistory)
	now, err2 := os.ReadFile(again)
	if err != nil || err2 != nil || string(old) != string(now) {
		t.Errorf("today's code records something else (-update rewrites it): %v %v\n%s", err, err2, now)
	}
}

func TestReplayRefuses(t *testing.T) {
	changed := orchestrator.Define("order", func(c *orchestrator.Context, cents int) (string, error) {
		if err := c.Sleep(time.Hour); err != nil {
			return "", err
		}
		return charge.Call(c, cents)
	})
	content, err := os.ReadFile(orderHistory)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	replay := func(def orchestrator.Definition, file string) string {
		f := &failing{TB: t}
		func() {
			defer func() {
				if r := recover(); r != nil && r != any(f) {
					panic(r)
				}
			}()
			orchestratortest.Replay(f, registry(t, def), file)
		}()
		return strings.Join(f.said, "\n")
	}
	const differs = `non-determinism in orchestration \"golden\": history says activity remind#2, code asked for activity charge#2`
	_, entries, _ := strings.Cut(string(content), "\n")
	bad := `{"instance":"golden","incarnation":1,"generation":1,"error":"` + differs + "\"}\n" + entries
	wants(t, replay(changed, orderHistory), "does not replay", `history says activity remind#2, code asked for activity charge#2`, "TimerCreated")
	wants(t, replay(order, file("bad", bad)), "replays; it must fail: non-determinism")
	wants(t, replay(order, file("nobody", "{}\n"+entries)), "line 1 does not say whose history it is")
	wants(t, replay(order, file("torn", string(content[:len(content)-5]))), "is no entry of a history")
	wants(t, replay(order, file("short", "{\"instance\":\"x\"}\n")), "it has no entries")
	wants(t, replay(order, filepath.Join(dir, "none")), "no such file")
	if said := replay(changed, file("bad2", bad)); said != "" {
		t.Error(said)
	}
	if said := replay(order, "../../testdata/histories/approval/approved.jsonl"); said == "" {
		t.Error("a history of an orchestration that is not registered replays")
	}
}
