package orchestrator

import (
	"context"
	"testing"
	"time"
)

// goldenTrip is an orchestration with a side effect, a patch and a shield. Its
// histories are of now, of before the patch, and of one that draws no seat.
func goldenTrip(patched, draws bool) []Definition {
	book := DefineActivity("book", func(_ context.Context, seat string) (string, error) { return seat, nil })
	trip := Define("trip", func(c *Context, _ None) (seat string, err error) {
		defer Shielded(c, func() {
			if err != nil {
				_, _ = book.Call(c, "none")
			}
		})
		if draws {
			if seat, err = SideEffect(c, func() (string, error) { return "12a", nil }); err != nil {
				return "", err
			}
		}
		if patched && c.Patched("insured") {
			seat += " insured"
		}
		if _, err = book.Call(c, seat); err != nil {
			return "", err
		}
		return seat, c.Sleep(time.Minute)
	})
	return []Definition{trip, book}
}

var goldenTrips = []goldenCase{
	{"trip/cancelled", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "trip", "")
		if err := c.Cancel(t.Context(), "golden", "strike"); err != nil {
			t.Fatal(err)
		}
	}},
	{"trip/before-patch", func() []Definition { return goldenTrip(false, true) }, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "trip", "")
		h.run()
	}},
	{"trip/bad-undrawn", func() []Definition { return goldenTrip(true, false) }, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "trip", "")
		h.run()
	}},
}
