package orchestrator

import (
	"strings"
	"testing"
	"time"
)

// A turn that runs into a limit gives back the status and the listings that
// there were when it began.
func TestLimitGivesBackStatusAndListings(t *testing.T) {
	tooMuch := func(c *Context) {
		c.SetStatus("lost")
		c.SetIndex(Index{Name: "lost"})
		c.Publish([]byte("lost"))
		for range 100 {
			c.Timer(time.Hour)
		}
	}
	o := Define("gives", func(c *Context, n int) (None, error) {
		switch n {
		case 0:
			tooMuch(c)
		case 1:
			c.SetStatus("kept")
			c.SetIndex(Index{Name: "kept"})
			return None{}, ContinueAsNew(c, 0)
		}
		c.SetStatus("first")
		if _, err := Event[None](c, "go"); err != nil {
			return None{}, err
		}
		c.SetStatus("kept")
		c.SetIndex(Index{Name: "kept"})
		if _, err := Event[None](c, "go"); err != nil {
			return None{}, err
		}
		tooMuch(c)
		return None{}, nil
	})
	h, c := newHubWith(t, Options{Limits: Limits{Actions: 50}}, o)
	begin(t, c, o, "at once", 0)
	begin(t, c, o, "next", 1)
	begin(t, c, o, "later", 2)
	raise(t, c, "later", "go", None{})
	raise(t, c, "later", "go", None{})
	for id, want := range map[string]string{"at once": "", "next": "kept", "later": "kept"} {
		s := h.wantState(id, Failed)
		custom, listed := "", []string(nil)
		if want != "" {
			custom, listed = `"`+want+`"`, []string{want}
		}
		if s.Failure.Code != CodeTooLarge || string(s.Custom) != custom || s.Events != 0 {
			t.Errorf("%s: %v, status %s, %d events", id, s.Failure, s.Custom, s.Events)
		}
		var names []string
		for _, x := range h.instances[InstanceID(id)].index {
			if !strings.HasPrefix(x.Name, "o/") {
				names = append(names, x.Name)
			}
		}
		same2(t, names, listed)
	}
}
