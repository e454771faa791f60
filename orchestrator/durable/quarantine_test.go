package durable

import (
	"errors"
	"slices"
	"testing"
)

// salvageable cannot run, but can be told to end, unless it is stubborn.
type salvageable struct{ stubborn bool }

func (s *salvageable) Salvages(m *Message) bool { return m.Name == "end" }

func (s *salvageable) Turn(now Time, in *Instance, messages []Message) (Outcome, error) {
	if in.Exists && string(in.Head) == "broken" {
		if i := slices.IndexFunc(messages, func(m Message) bool { return m.Name == "end" }); i < 0 || s.stubborn {
			return Outcome{}, errors.New("cannot run")
		}
		in.Head = nil
	}
	return diary(now, in, messages)
}

// A message that a behavior can do without running the instance ends the
// quarantine if it does; what was kept comes after it, in order and once. If it
// does not, all is as it was.
func TestQuarantineLetsThrough(t *testing.T) {
	b := &salvageable{stubborn: true}
	s := newSingle(t, 1, nil)
	s.behaviors[kindTest] = turnFunc(diary)
	s.commit(SimApplied, s.client("x", "a", nil), s.client("y", "b", nil))
	s.behaviors[kindTest] = b
	breakIt := turnFunc(func(Time, *Instance, []Message) (Outcome, error) { return Outcome{Head: []byte("broken")}, nil })
	s.behaviors[kindTest] = breakIt
	s.commit(SimApplied, s.client("x", "", nil))
	s.behaviors[kindTest] = b

	kept := s.client("y", "to x", nil)
	s.commit(SimApplied, kept)
	s.rest()
	if s.quarantined[ID{Kind: kindTest, Key: "x"}] == nil {
		t.Fatal("it is not set aside")
	}
	var answers []string
	s.commit(SimApplied, s.client("x", "end", &answers))
	s.rest()
	if q := s.quarantined[ID{Kind: kindTest, Key: "x"}]; q == nil || len(q.kept) != 1 || s.stats.Quarantined.Load() != 1 {
		t.Fatalf("%+v, %d", q, s.stats.Quarantined.Load())
	}
	b.stubborn = false
	// One more is kept in the very batch that ends it.
	s.commit(SimApplied, s.client("y", "to x", nil), s.client("x", "end", &answers))
	s.rest()
	if len(s.quarantined) != 0 || !slices.Equal(answers, []string{"unavailable", "ended"}) {
		t.Fatal(s.quarantined, answers)
	}
	if got := s.read("x"); got != "from inside;from inside;" {
		t.Errorf("x has %q", got)
	}
	s.rest()
	if len(s.inbox) != 0 {
		t.Errorf("left in the inbox: %v", s.inbox)
	}
}
