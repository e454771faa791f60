package durable

import (
	"fmt"
	"slices"
	"testing"
)

// later answers "wait" when somebody says "now", and all else at once.
func later(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
	open := slices.Clone(in.Head)
	for _, m := range messages {
		switch m.Name {
		case "wait":
			open = AppendReturn(open, m.Return)
		case "now":
			for d := NewDecoder(open); d.More(); {
				o.Reply = append(o.Reply, Reply{To: d.Return(), Body: []byte("done")})
			}
			open = nil
			fallthrough
		default:
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: fmt.Appendf(nil, "turn %d", in.Turns)})
		}
	}
	o.Head = append([]byte{}, open...)
	return o, nil
}

// What clients are told when a commit fails.
func TestAnswersAfterFailedCommit(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome SimOutcome
		named   bool // the client named its request
		waited  bool // it was accepted by an earlier batch
		want    []string
	}{
		{"refused, new", SimRefused, true, false, []string{"unavailable"}},
		{"refused, accepted before", SimRefused, true, true, []string{"done"}},
		{"refused, accepted before, no name", SimRefused, false, true, []string{"done"}},
		{"lost, new", SimLost, true, false, []string{"turn 1"}},
		{"untold, new", SimUntold, true, false, []string{"turn 1"}},
		{"lost, new, no name", SimLost, false, false, []string{"unsure"}},
		{"lost, accepted before", SimLost, true, true, []string{"done"}},
		{"untold, accepted before", SimUntold, true, true, []string{"done"}},
		{"untold, accepted before, no name", SimUntold, false, true, []string{"unsure"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSingle(t, 1, later)
			var answers, others []string
			name := "new"
			if test.waited {
				name = "wait"
			}
			c := s.client("x", name, &answers)
			if test.named {
				c = s.request("x", name, &answers)
			}
			s.commit(SimApplied, s.client("x", "first", nil))
			if test.waited {
				s.commit(SimApplied, c)
				s.commit(test.outcome, s.client("x", "now", &others))
			} else {
				s.commit(test.outcome, c)
			}
			s.commit(SimApplied)
			if test.outcome != SimUntold || !test.waited {
				s.commit(SimApplied, s.client("x", "now", nil))
			}
			if !slices.Equal(answers, test.want) {
				t.Errorf("told %v, want %v", answers, test.want)
			}
			if len(s.waiting)+len(s.retries) > 0 {
				t.Errorf("%d waiting and %d retries are left", len(s.waiting), len(s.retries))
			}
		})
	}
}

// A retry of a request that waits gets the answer when it comes, also when the
// commit of the retry or of the answer is refused.
func TestRetriesAfterRefusedCommit(t *testing.T) {
	s := newSingle(t, 1, later)
	var answers []string
	s.commit(SimApplied, s.request("x", "wait", &answers))
	s.commit(SimRefused, s.request("x", "wait", &answers), s.client("x", "other", nil))
	if !slices.Equal(answers, []string{"unavailable"}) || len(s.retries) != 0 {
		t.Fatalf("told %v; %d retries are left", answers, len(s.retries))
	}
	s.commit(SimApplied, s.request("x", "wait", &answers))
	s.commit(SimRefused, s.client("x", "now", nil))
	s.commit(SimApplied, s.client("x", "now", nil))
	if !slices.Equal(answers, []string{"unavailable", "done", "done"}) || len(s.retries)+len(s.waiting) != 0 {
		t.Errorf("told %v; %d retries and %d waiting are left", answers, len(s.retries), len(s.waiting))
	}
}

// Batches stay below what a store takes, whatever turns make.
func TestBatchBounds(t *testing.T) {
	for name, o := range map[string]func(in *Instance) Outcome{
		"heads": func(*Instance) Outcome { return Outcome{Head: make([]byte, MaxHead)} },
		"sends elsewhere": func(in *Instance) Outcome {
			o := Outcome{Head: []byte{1}}
			for i := 0; len(o.Send) < 3; i++ {
				if to := (ID{Kind: kindTest, Key: fmt.Sprint(in.ID.Key, "to", i)}); to.Partition(2) == 1 {
					o.Send = append(o.Send, Message{To: to, Op: OpUser, Name: "stop", Body: make([]byte, 1<<20)})
				}
			}
			return o
		},
		"work": func(*Instance) Outcome {
			return Outcome{Head: []byte{1}, Work: []Work{{Task: 1, Input: make([]byte, 3<<20)}}}
		},
		"history": func(*Instance) Outcome { return Outcome{Head: []byte{1}, Append: [][]byte{make([]byte, 3<<20)}} },
		"timers": func(*Instance) Outcome {
			o := Outcome{Head: []byte{1}}
			for i := range MaxTurnTimers {
				o.Timers = append(o.Timers, Timer{Due: Due{Wall, 1 << 40}, Task: uint64(i)})
			}
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			turns := map[string]int{}
			s := newSingle(t, 2, func(_ Time, in *Instance, messages []Message) (Outcome, error) {
				turns[in.ID.Key]++
				if messages[0].Name == "stop" {
					return Outcome{}, nil
				}
				return o(in), nil
			})
			var in []parcel
			for i := range 20 {
				in = append(in, s.client(fmt.Sprint(i), "go", nil))
			}
			s.commit(SimApplied, in...) // checks its size
			for range 30 {
				s.commit(SimApplied)
			}
			for i := range 20 {
				if turns[fmt.Sprint(i)] != 1 {
					t.Errorf("instance %d took %d turns", i, turns[fmt.Sprint(i)])
				}
			}
		})
	}
}

// Long messages that wait until they are due are stored in rows that a store
// takes, and leave nothing behind.
func TestLongDelayedMessage(t *testing.T) {
	body := make([]byte, MaxHead-1000)
	body[len(body)-1] = 42
	var got []byte
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (Outcome, error) {
		got = messages[0].Body
		return Outcome{}, nil
	})
	c := s.client("x", "later", nil)
	c.m.Body, c.m.Due = body, Due{Wall, 5000}
	s.commit(SimApplied, c)
	s.mustLoad()
	s.commit(SimApplied)
	if got != nil {
		t.Fatal("it came early")
	}
	s.now.Wall = 5000
	s.commit(SimApplied)
	if len(got) != len(body) || got[len(got)-1] != 42 {
		t.Errorf("got %d bytes", len(got))
	}
	if rows := s.leftovers(); len(rows) > 0 {
		t.Errorf("left behind: %v", rows)
	}
}
