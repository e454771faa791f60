package durable

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// recorder notes the names of what each instance gets. "burst n" sends n
// messages to "x"; one that is broken cannot be run.
type recorder struct {
	got    map[string][]string
	broken map[string]bool
	pad    int
}

func newRecorder() *recorder { return &recorder{got: map[string][]string{}, broken: map[string]bool{}} }

func (r *recorder) turn(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
	if r.broken[in.ID.Key] {
		return o, errors.New("broken")
	}
	o.Head = []byte{byte(in.Turns)}
	for _, m := range messages {
		name := m.Name
		switch m.Op {
		case OpTimer:
			name = fmt.Sprint("timer", m.Task)
		case OpResult:
			name = fmt.Sprint("result", m.Task)
		}
		r.got[in.ID.Key] = append(r.got[in.ID.Key], name)
		n, from := 0, 0
		if k, _ := fmt.Sscanf(m.Name, "burst %d %d", &n, &from); k > 0 {
			for i := range n {
				o.Send = append(o.Send, Message{To: ID{Kind: kindTest, Key: "x"}, Op: OpUser, Name: fmt.Sprint(from + i), Body: make([]byte, r.pad)})
			}
		}
		if m.Name == "arm" {
			o.Timers = append(o.Timers, Timer{Due: Due{Wall, 2000}, Task: 7})
		}
		if !m.Return.IsZero() {
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: []byte("ok")})
		}
	}
	return o, nil
}

func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

// What a batch has no room for is in front of what it did not even look at, and
// what a sender sends later does not pass it, with and without a crash between.
func TestOrderOfSpilledMessages(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprint("crash=", crash), func(t *testing.T) {
			defer smallLimits()()
			r := newRecorder()
			s := newSingle(t, 1, r.turn)
			// One turn sends more than two batches take; the sender has its next
			// message in the same inbox.
			s.commit(SimApplied, s.client("s", "burst 30 0", nil))
			if len(s.kept) == 0 {
				batchTurns = 1
			}
			s.commit(SimApplied, s.client("s", "burst 5 30", nil))
			for range 40 {
				if crash {
					s.mustLoad()
				}
				s.commit(SimApplied)
			}
			s.rest()
			if got := r.got["x"]; !slices.Equal(got, numbers(35)) {
				t.Errorf("x got %v", got)
			}
		})
	}
}

// A sender whose earlier messages wait in the inbox sends again to the same
// instance: the new ones queue behind.
func TestOrderBehindInbox(t *testing.T) {
	defer smallLimits()()
	r := newRecorder()
	s := newSingle(t, 1, r.turn)
	r.broken["x"] = true
	s.commit(SimApplied, s.client("s", "burst 20 0", nil))
	s.rest()
	r.broken["x"] = false
	s.mustLoad() // x is tried again: twenty rows in the inbox, seven a batch
	// The sender has its turn while most of these wait: its message is in front.
	first := s.client("s", "burst 3 20", nil)
	first.kind, first.m.Return = fromInbox, Return{}
	first.n, first.last = 1<<40, 1<<40 // a row of its own
	s.kept = append([]parcel{first}, s.kept...)
	s.rest()
	if got := r.got["x"]; !slices.Equal(got, numbers(23)) {
		t.Errorf("x got %v", got)
	}
}

func TestQuarantineKeepsOrderAndRetry(t *testing.T) {
	r := newRecorder()
	s := newSingle(t, 1, r.turn)
	r.broken["x"] = true
	s.commit(SimApplied, s.client("s", "burst 5 0", nil))
	s.commit(SimApplied, s.client("s", "burst 5 5", nil))
	r.broken["x"] = false
	var told []string
	retry := parcel{kind: toRetry, m: Message{To: ID{Kind: kindTest, Key: "x"}}, done: func(a Answer) { told = append(told, fmt.Sprint(a.Err())) }}
	// In one batch with the retry, and before it, more comes for x.
	s.commit(SimApplied, s.client("s", "burst 2 10", nil), retry, retry)
	if got := r.got["x"]; !slices.Equal(got, numbers(12)) {
		t.Errorf("x got %v", got)
	}
	if len(told) != 2 || told[0] != "<nil>" || told[1] == "<nil>" {
		t.Errorf("the retries were told %v", told)
	}
}

// Timers and results of work are kept for an instance in quarantine, however
// often it is tried in vain.
func TestQuarantineKeepsTimers(t *testing.T) {
	r := newRecorder()
	s := newSingle(t, 1, r.turn)
	s.commit(SimApplied, s.client("x", "arm", nil))
	r.broken["x"] = true
	s.now.Wall = 3000
	s.commit(SimApplied)
	var refused []string
	for range 3 {
		s.mustLoad()
		s.commit(SimApplied, s.client("x", "in vain", &refused))
	}
	if !slices.Equal(refused, []string{"unavailable", "unavailable", "unavailable"}) {
		t.Errorf("clients were told %v", refused)
	}
	r.broken["x"] = false
	s.mustLoad()
	if q := s.stats.Quarantine(); len(q) != 0 {
		t.Errorf("after a load %v is still said to be in quarantine", q)
	}
	s.rest()
	if got := r.got["x"]; !slices.Equal(got, []string{"arm", "timer7"}) {
		t.Errorf("x got %v", got)
	}
}

// A message for an incarnation that is no more is dropped, and who waits is told.
func TestStaleMessageIsAnswered(t *testing.T) {
	s := newSingle(t, 1, newRecorder().turn)
	var answers []string
	c := s.client("x", "a", &answers)
	c.m.Incarnation = 99
	s.commit(SimApplied, c)
	if !slices.Equal(answers, []string{"gone"}) || s.stats.Dropped.Load() != 1 {
		t.Errorf("told %v, dropped %d", answers, s.stats.Dropped.Load())
	}
}

// A delayed request that was accepted is done though its client repeats it in
// the very batch in which it is due, and that repetition is refused.
func TestDelayedRequestOutlivesItsRepetition(t *testing.T) {
	r := newRecorder()
	s := newSingle(t, 1, r.turn)
	var answers []string
	later := s.request("x", "later", &answers)
	later.m.Due = Due{Wall, 2000}
	s.commit(SimApplied, later)
	r.broken["x"] = true
	s.now.Wall = 3000
	again := s.request("x", "later", &answers)
	again.m.Stamp.Wall = 1500 // let in before the timer was due
	s.commit(SimApplied, again)
	r.broken["x"] = false
	s.mustLoad()
	s.rest()
	if got := r.got["x"]; !slices.Equal(got, []string{"later"}) {
		t.Errorf("x got %v", got)
	}
}

// An instance that came and went within a turn may have asked somebody: nobody
// gets its number, so that nobody gets its answer.
func TestNumberOfALifeThatCameAndWent(t *testing.T) {
	var lives []uint64
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		if in.ID.Key == "other" {
			return o, nil
		}
		lives = append(lives, in.Incarnation)
		if messages[0].Name == "stay" {
			o.Head = []byte{1}
		} else {
			o.Send = []Message{{To: ID{Kind: kindTest, Key: "other"}, Op: OpUser}}
		}
		o.Reply = []Reply{{To: messages[0].Return}}
		return o, nil
	})
	for _, name := range []string{"go", "go", "stay"} {
		s.commit(SimApplied, s.client("x", name, nil))
		s.mustLoad()
	}
	if len(lives) != 3 || lives[0] == lives[1] || lives[1] == lives[2] {
		t.Errorf("the lives have the numbers %v", lives)
	}
}
