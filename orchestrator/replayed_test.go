package orchestrator

import (
	"context"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// replays collects what OnReplay is told.
type replayed struct {
	instance   string
	generation uint32
	rows       int
}

// An instance that was not in memory is told of once, with the rows that its
// history had then; one that was is not, and neither are the turns that Strict
// computes to compare.
func TestReplaysAreTold(t *testing.T) {
	o := Define("two", func(c *Context, again bool) (string, error) {
		if _, err := Event[None](c, "first"); err != nil {
			return "", err
		}
		if again {
			return "", ContinueAsNew(c, false)
		}
		return Event[string](c, "second")
	})
	for _, strict := range []bool{false, true} {
		told := make(chan replayed, 100)
		store := memstore.New(memstore.Options{Partitions: 1})
		open := func() (*durable.Host, *Client) {
			reg, err := NewRegistry(o)
			if err != nil {
				t.Fatal(err)
			}
			b := NewBehavior(reg, Options{Strict: strict, Logger: zerolog.Nop(), OnReplay: func(id string, generation uint32, rows int) {
				told <- replayed{id, generation, rows}
			}})
			h, err := durable.Open(store, durable.Options{Behaviors: map[durable.Kind]durable.Behavior{Kind: b}, Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1})
			if err != nil {
				t.Fatal(err)
			}
			return h, NewClient(h)
		}
		h, c := open()
		rows := func() int {
			p, err := c.HistoryPage("a", 0, 100)
			if err != nil || len(p.Rows) != p.Total {
				t.Fatal(p, err)
			}
			return p.Total
		}
		begin(t, c, o, "a", true)
		raise(t, c, "a", "first", None{})
		until(t, c, "a", 2)
		if len(told) != 0 {
			t.Fatalf("strict %v: what is in memory is replayed: %v", strict, <-told)
		}
		had := rows()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		store = store.Reopen()
		h, c = open()
		raise(t, c, "a", "first", None{})
		raise(t, c, "a", "second", "done")
		s, err := c.Wait(t.Context(), "a")
		if err != nil || s.State != Completed {
			t.Fatal(s, err)
		}
		if got := <-told; got != (replayed{"a", 2, had}) || len(told) != 0 {
			t.Errorf("strict %v: told of %v, and %d more; it had %d rows", strict, got, len(told), had)
		}
		if rows() <= had {
			t.Error("the history has not grown")
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// until waits until an instance runs in a generation.
func until(t *testing.T, c *Client, id string, generation uint32) {
	t.Helper()
	w, err := c.Watch(id, noEvents)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for {
		if _, err := w.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Status(id); err == nil && s.Generation == generation && s.State == Running {
			return
		}
	}
}
