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

// The lowest turn that is still needed is that of the oldest answer of each
// caller and of what waits; an answer is not forgotten by a later refusal.
func TestWindowLowest(t *testing.T) {
	var w window
	entry := func(caller, request string, s requestState) *requestEntry {
		return &requestEntry{key: requestKey{caller, request}, state: s}
	}
	if n := w.lowest(7); n != 7 {
		t.Errorf("an empty window needs turn %d", n)
	}
	w.put(3, entry("a", "1", requestPending))
	w.put(4, entry("b", "1", requestAnswered))
	if n := w.lowest(9); n != 3 {
		t.Errorf("while turn 3 waits: %d", n)
	}
	w.put(5, entry("a", "1", requestAnswered))
	w.put(6, entry("b", "1", requestForgotten))
	if _, known := w.find(requestKey{"b", "1"}); w.lowest(9) != 4 || !known {
		t.Errorf("when all is answered: %d, and it is known %t", w.lowest(9), known)
	}
	for i := range keptAnswers {
		w.put(10+uint64(i), entry("b", fmt.Sprint("more ", i), requestAnswered))
	}
	if n := w.lowest(9); n != 5 {
		t.Errorf("when b's first answer is let go: %d", n)
	}
}

// A match that is played for long keeps 256 answers of either player: that is
// most of its memory, and is counted.
func TestWindowIsSmallAndCounted(t *testing.T) {
	var w window
	for i := range uint64(1000) {
		for _, caller := range []string{"p-AAAAAAAAAAAAAAAA", "p-BBBBBBBBBBBBBBBB"} {
			k := requestKey{caller, fmt.Sprintf("%022d", i)}
			w.put(i, &requestEntry{key: k, state: requestPending})
			w.put(i, &requestEntry{key: k, state: requestAnswered, answer: Answer{Body: fmt.Appendf(nil, `{"seq":%d}`, i)}})
		}
	}
	sum := 0
	for name, a := range w.callers {
		sum += 96 + len(name)
		for i := range a.kept {
			sum += a.kept[i].size()
		}
	}
	if w.bytes != sum || sum > 50<<10 {
		t.Errorf("%d bytes are counted, and there are %d", w.bytes, sum)
	}
	if e, known := w.find(requestKey{"p-AAAAAAAAAAAAAAAA", fmt.Sprintf("%022d", 1000-keptAnswers)}); !known || string(e.answer.Body) != `{"seq":744}` {
		t.Errorf("the oldest that is kept: %q, known %t", e.answer.Body, known)
	}
	if _, known := w.find(requestKey{"p-AAAAAAAAAAAAAAAA", fmt.Sprintf("%022d", 999-keptAnswers)}); known {
		t.Error("one more is kept than is to be")
	}
}
