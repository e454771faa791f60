package durable

import (
	"math"
	"slices"
	"testing"
)

// Far more timers than memory keeps all fire once, in order, across restarts.
func TestTimersBeyondTheHorizon(t *testing.T) {
	defer smallLimits()()
	const n = 500
	var fired []int64
	s := newSingle(t, 1, func(now Time, _ *Instance, messages []Message) (o Outcome, err error) {
		o.Head = []byte{1}
		for _, m := range messages {
			if m.Op == OpTimer {
				due := int64(m.Task)
				if due > now.Wall {
					t.Errorf("timer of %d fired at %d", due, now.Wall)
				}
				fired = append(fired, due)
				continue
			}
			for i := range n { // neither in order nor all different
				due := int64(2000 + i*37%n/2)
				o.Timers = append(o.Timers, Timer{Due: Due{Wall, due}, Task: uint64(due)})
			}
		}
		return o, nil
	})
	s.commit(SimApplied, s.client("x", "arm", nil))
	for s.now.Wall = 1990; s.now.Wall < 2300; s.now.Wall += 10 {
		if s.now.Wall%50 == 0 {
			s.mustLoad()
		}
		if size := s.timers.clocks[Wall].tree.Len(); size > maxTimers {
			t.Fatalf("%d timers in memory", size)
		}
		s.rest()
	}
	if len(fired) != n/2 || !slices.IsSorted(fired) { // equal ones are one timer
		t.Errorf("%d timers fired, %d are due; sorted: %t", len(fired), n/2, slices.IsSorted(fired))
	}
	for _, r := range s.leftovers() {
		if r[2] == tagTimer {
			t.Errorf("left behind: %s", r)
		}
	}
}

// A timer that is armed twice and then cancelled leaves the store, also when
// the second and the third happen in one batch.
func TestTimerArmedTwiceThenCancelled(t *testing.T) {
	for _, far := range []int64{5000, math.MaxInt64} {
		s := newSingle(t, 1, func(_ Time, _ *Instance, messages []Message) (o Outcome, err error) {
			o.Head = []byte{1}
			timer := []Timer{{Due: Due{Wall, far}, Task: 1}}
			for _, m := range messages {
				switch m.Name {
				case "arm":
					o.Timers = timer
				case "arm, then cancel":
					o.Timers = timer
					o.Send = []Message{{To: ID{Kind: kindTest, Key: "x"}, Op: OpUser, Name: "cancel"}}
				case "cancel":
					o.Cancel = timer
				}
			}
			return o, nil
		})
		s.commit(SimApplied, s.client("x", "arm", nil))
		s.commit(SimApplied, s.client("x", "arm, then cancel", nil))
		for _, r := range s.leftovers() {
			if r[2] == tagTimer {
				t.Errorf("left behind: %s", r)
			}
		}
	}
}

// Timers and messages are taken in the order of their times.
func TestMergeOrder(t *testing.T) {
	r := newRecorder()
	s := newSingle(t, 1, r.turn)
	s.commit(SimApplied, s.client("x", "arm", nil)) // timer 7 at 2000
	before, after := s.client("x", "before", nil), s.client("x", "after", nil)
	before.m.Stamp.Wall, after.m.Stamp.Wall = 1999, 2001
	s.now.Wall = 3000
	s.commit(SimApplied, before, after)
	if want := []string{"arm", "before", "timer7", "after"}; !slices.Equal(r.got["x"], want) {
		t.Errorf("got %v, want %v", r.got["x"], want)
	}
}

// A message from another partition is stamped with the uptime of its receiver.
func TestStreamStampIsTheReceiversUptime(t *testing.T) {
	var got Time
	s := newSingle(t, 2, func(_ Time, _ *Instance, messages []Message) (o Outcome, err error) {
		got = messages[0].Stamp
		return o, nil
	})
	m := Message{To: ID{Kind: kindTest, Key: "x"}, From: ID{Kind: kindTest, Key: "y"}, Op: OpUser, Stamp: Time{Wall: 900, Uptime: 1 << 40}}
	s.now = Time{Wall: 1000, Uptime: 500}
	s.commit(SimApplied, parcel{m: m, kind: fromStream, from: 1, n: 1})
	if want := (Time{Wall: 900, Uptime: 400}); got != want {
		t.Errorf("stamp %v, want %v", got, want)
	}
}
