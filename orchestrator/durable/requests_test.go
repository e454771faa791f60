package durable

import (
	"fmt"
	"slices"
	"testing"
)

// An instance keeps the last 256 answers of each caller, also when it is read
// back from its log.
func TestWindowKeepsTheLastAnswersOfEachCaller(t *testing.T) {
	turns := 0
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		turns++
		o.Head, o.Next = []byte{1}, in.Turns%10 == 9
		for _, m := range messages {
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: fmt.Appendf(nil, "%s/%s %d", m.Return.Caller, m.Return.Request, in.Turns)})
		}
		return o, nil
	})
	first := map[string]string{}
	ask := func(caller string, n int) (answer string) {
		var answers []string
		c := s.request("x", fmt.Sprint(n), &answers)
		c.m.Return.Caller = caller
		s.commit(SimApplied, c)
		if len(answers) != 1 {
			t.Fatalf("%d answers", len(answers))
		}
		return answers[0]
	}
	const n = keptAnswers + 40
	first["other"] = ask("other", 1)
	for i := range n {
		first[fmt.Sprint(i)] = ask("caller", i)
	}
	for _, cold := range []bool{false, true} {
		if cold {
			s.mustLoad()
		}
		before := turns
		for i := n - keptAnswers; i < n; i++ {
			if got := ask("caller", i); got != first[fmt.Sprint(i)] {
				t.Errorf("cold %t: request %d was answered %q, and first %q", cold, i, got, first[fmt.Sprint(i)])
			}
		}
		if got := ask("other", 1); got != first["other"] || turns != before {
			t.Errorf("cold %t: %q, first %q; %d turns were taken", cold, got, first["other"], turns-before)
		}
	}
	if again := ask("caller", 0); again == first["0"] {
		t.Error("the 296th last answer is still kept")
	}
}

// A request that is refused with Forget is judged afresh, and one posted twice
// in one batch is done once.
func TestRequestForgottenAndDoubled(t *testing.T) {
	turns := 0
	s := newSingle(t, 1, func(_ Time, _ *Instance, messages []Message) (o Outcome, err error) {
		turns++
		o.Head = []byte{1}
		for _, m := range messages {
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: fmt.Appendf(nil, "%d", turns), Forget: turns == 2})
		}
		return o, nil
	})
	var answers []string
	s.commit(SimApplied, s.client("x", "first", nil))
	s.commit(SimApplied, s.request("x", "a", &answers))
	s.commit(SimApplied, s.request("x", "a", &answers), s.request("x", "a", &answers))
	s.commit(SimApplied, s.request("x", "a", &answers))
	if want := []string{"2", "3", "3", "3"}; !slices.Equal(answers, want) {
		t.Errorf("answers %v, want %v", answers, want)
	}
}
