package orchestrator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// Versions stand side by side, and an instance stays with its own. Where that is
// not registered it is set aside, which its status says, and goes on when it is
// there again.
func TestDecision_16_UnknownVersionWaits(t *testing.T) {
	define := func(version string) *Orchestration[None, string] {
		return Define("versioned", func(c *Context, _ None) (string, error) {
			first, err := Event[string](c, "item")
			if err != nil {
				return "", err
			}
			second, err := Event[string](c, "item")
			return c.Version() + first + second, err
		}, Version(version))
	}
	one, two := define("1"), define("2")
	store := memstore.New(memstore.Options{})
	serve := func(play func(c *Client), defs ...Definition) {
		t.Helper()
		reg, err := NewRegistry(defs...)
		if err != nil {
			t.Fatal(err)
		}
		h, err := durable.Open(store, durable.Options{
			Behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(reg, Options{Strict: true})}, UptimeDelay: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		play(NewClient(h))
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		store = store.Reopen()
	}
	ctx := within(t)
	serve(func(c *Client) {
		begin(t, c, one, "old", None{})
		raise(t, c, "old", "item", "a")
	}, one)
	serve(func(c *Client) {
		begin(t, c, two, "new", None{})
		err := c.Raise(ctx, "old", "item", Raw(`"lost"`)) // the client is told, and nothing is kept of it
		wantCode(t, err, CodeUnavailable)
		s, err := c.Status("old")
		if err != nil || s.State != Running || !strings.Contains(s.Quarantine, `version "1"`) {
			t.Fatalf("%+v %v", s, err)
		}
		if s, err := c.Status("new"); err != nil || s.Quarantine != "" || s.Version != "2" {
			t.Fatalf("%+v %v", s, err)
		}
	}, two)
	serve(func(c *Client) {
		for i, id := range []string{"old", "new"} {
			if id == "new" {
				raise(t, c, id, "item", "a")
			}
			raise(t, c, id, "item", "b")
			out, err := one.Result(ctx, c, id)
			if want := fmt.Sprint(i+1, "ab"); err != nil || out != want {
				t.Fatal(out, want, err)
			}
			if s, err := c.Status(id); err != nil || s.Quarantine != "" {
				t.Fatalf("%+v %v", s, err)
			}
		}
	}, one, two)
}
