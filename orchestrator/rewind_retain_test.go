package orchestrator

import (
	"testing"
	"time"
)

// An instance that is rewound does not erase itself for the end that it had; it
// is kept so long after the end that it comes to.
func TestRewindPutsOffTheEnd(t *testing.T) {
	s := newShaky("a")
	a := s.activity()
	o := Define("kept", func(c *Context, _ None) (string, error) {
		got, err := a.Call(c, "a")
		if err != nil {
			return "", err
		}
		return got, c.Sleep(2 * time.Hour)
	}, Retain(time.Hour))
	h, c := newHub(t, o, a)
	must := func(do error) {
		t.Helper()
		if do != nil {
			t.Fatal(do)
		}
		h.settle() // and no time passes
	}
	_, err := o.Begin(t.Context(), c, None{}, WithID("x"))
	must(err)
	if first := h.wantState("x", Failed).Expires; first.IsZero() {
		t.Fatal("it failed and does not expire")
	}
	s.mend()
	must(c.Rewind(t.Context(), "x", "mended"))
	if got := h.wantState("x", Running).Expires; !got.IsZero() {
		t.Fatalf("it runs and is to be erased at %v", got)
	}
	if timers := h.timersOf("x"); timers != 1 {
		t.Fatalf("%d timers are armed beside its sleep", timers-1)
	}
	h.advance(2 * time.Hour)
	h.wantState("x", Completed)
	h.advance(time.Hour)
	if _, err := c.Status("x"); err == nil {
		t.Fatal("it was not erased an hour after its end")
	}
}
