package orchestrator

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// patchedOrder is an orchestration at one of the steps of a rollout: 0 is before
// it. It bills twice, with a wait before each.
func patchedOrder(step int, e *effects) []Definition {
	fax := DefineActivity("fax", func(context.Context, None) (None, error) { e.note("fax"); return None{}, nil })
	mail := DefineActivity("mail", func(context.Context, None) (None, error) { e.note("mail"); return None{}, nil })
	order := Define("order", func(c *Context, rounds int) (int, error) {
		for range 2 {
			if _, err := Event[None](c, "sent"); err != nil {
				return 0, err
			}
			bill := mail
			switch step {
			case 0:
				bill = fax
			case 1:
				if !c.Patched("bill-by-mail") {
					bill = fax
				}
			case 2:
				c.DeprecatePatch("bill-by-mail")
			}
			if _, err := bill.Call(c, None{}); err != nil {
				return 0, err
			}
		}
		if rounds > 1 {
			return 0, ContinueAsNew(c, rounds-1)
		}
		return rounds, nil
	})
	return []Definition{order, fax, mail}
}

func TestBehaviour_068_PatchChoices(t *testing.T) {
	var e effects
	h, c := newHub(t, patchedOrder(0, &e)...)
	send := func(id string, want ...string) {
		t.Helper()
		e.list = nil
		h.dropAll()
		raise(t, c, id, "sent", None{})
		same2(t, e.list, want)
	}
	start := func(id, rounds string) {
		t.Helper()
		if _, err := c.Start(t.Context(), "order", Raw(rounds), WithID(id)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"past", "before", "long", "stuck"} {
		start(id, map[bool]string{true: "2", false: "1"}[id == "long"])
	}
	for _, id := range []string{"past", "long", "stuck"} {
		send(id, "fax")
	}

	h.redefine(patchedOrder(1, &e)...)
	start("new", "1")
	start("newer", "1")
	send("past", "fax")    // it was past the question in its first round: false is remembered
	send("before", "mail") // it was not
	send("new", "mail")
	send("long", "fax")
	h.wantState("past", Completed)
	send("long", "mail") // the next generation asks afresh
	marks := h.rows("new", "PatchApplied")
	if len(marks) != 1 || marks[0].Name != "bill-by-mail" || len(h.rows("past", "PatchApplied")) != 0 {
		t.Fatalf("%+v", marks)
	}

	h.redefine(patchedOrder(2, &e)...)
	send("new", "mail")
	start("newest", "1")
	send("newest", "mail")
	h.dropAll()
	err := c.Raise(t.Context(), "stuck", "sent", nil) // overlooked
	wantCode(t, err, CodeUnavailable)
	var nd *NonDeterminismError
	if broken := h.broken[InstanceID("stuck")]; !errors.As(broken, &nd) || !strings.Contains(nd.Error(), `"bill-by-mail"`) {
		t.Fatal(broken)
	}

	h.redefine(patchedOrder(1, &e)...) // back again: it was not too late
	clear(h.broken)
	send("stuck", "fax")
	send("newest", "mail")

	h.redefine(patchedOrder(3, &e)...)
	send("newer", "mail")
	send("newer", "mail")
	send("before", "mail")
	send("long", "mail") // has a mark that nobody asks for
	for _, id := range []string{"past", "before", "long", "new", "newer", "newest", "stuck"} {
		h.wantState(id, Completed)
	}
}

// Several patches in one place, one of them without a question since, and one
// that is new there.
func TestPatchesSideBySide(t *testing.T) {
	define := func(ids ...string) *Orchestration[None, string] {
		return Define("sides", func(c *Context, _ None) (string, error) {
			var got []string
			for _, id := range ids {
				if c.Patched(id) {
					got = append(got, id)
				}
			}
			err := c.Sleep(time.Second)
			for _, id := range ids {
				if c.Patched(id) {
					got = append(got, id)
				}
			}
			return strings.Join(got, " "), err
		})
	}
	o := define("a", "b", "c")
	h, c := newHub(t, o)
	begin(t, c, o, "1", None{})
	h.redefine(define("d", "c", "b"))
	h.run()
	if got := output(h, o, "1"); got != "c b c b" {
		t.Fatal(got)
	}
	bad := Define("bad", func(c *Context, id string) (bool, error) { return c.Patched(id), nil })
	h, c = newHub(t, bad)
	for _, id := range []string{"", strings.Repeat("x", 257)} {
		begin(t, c, bad, "x"+id[:min(len(id), 1)], id)
		wantCode(t, h.wantState("x"+id[:min(len(id), 1)], Failed).Failure, CodeBadRequest)
	}
}
