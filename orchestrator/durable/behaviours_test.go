package durable

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// diary keeps the names of its messages in its head, and answers with it.
// Some names do more.
func diary(now Time, in *Instance, messages []Message) (o Outcome, err error) {
	head := string(in.Head)
	for _, m := range messages {
		name := m.Name
		switch m.Op {
		case OpTimer:
			name = fmt.Sprint("timer", m.Task)
		case OpResult:
			name = fmt.Sprint("result", m.Task)
		}
		switch name {
		case "read":
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: []byte(head)})
			continue
		case "end":
			return Outcome{Erase: true, Reply: []Reply{{To: m.Return, Body: []byte("ended")}}}, nil
		case "replace":
			head, o.Replace = "", true
		case "work":
			o.Work = append(o.Work, Work{Task: 2, Name: "w"})
		case "all":
			o.Timers = append(o.Timers, Timer{Due: Due{Wall, 2000}, Task: 1})
			o.Work = append(o.Work, Work{Task: 2, Name: "w"})
			for _, p := range []int{0, 1} {
				o.Send = append(o.Send, Message{To: inPartition(p), Op: OpUser, Name: "sent"})
			}
		case "to x":
			o.Send = append(o.Send, Message{To: ID{Kind: kindTest, Key: "x"}, Op: OpUser, Name: "from inside"})
		}
		head += name + ";"
		o.Head = []byte(head)
		if !m.Return.IsZero() {
			o.Reply = append(o.Reply, Reply{To: m.Return, Body: []byte(head)})
		}
	}
	return o, nil
}

// inPartition is an instance that partition p of two owns.
func inPartition(p int) ID {
	for i := 0; ; i++ {
		if id := (ID{Kind: kindTest, Key: fmt.Sprint("y", i)}); id.Partition(2) == p {
			return id
		}
	}
}

// read is what the diary of an instance says.
func (s *single) read(key string) string {
	s.t.Helper()
	var answers []string
	s.commit(SimApplied, s.client(key, "read", &answers))
	if len(answers) != 1 {
		s.t.Fatalf("%s gave %d answers", key, len(answers))
	}
	return answers[0]
}

// result is the result of the one piece of work that is handed out.
func (s *single) result() parcel {
	s.t.Helper()
	if len(s.work) != 1 || len(s.partition.work.running) != 1 {
		s.t.Fatalf("%d handed out, %d running", len(s.work), len(s.partition.work.running))
	}
	c := parcel{kind: fromWork, m: Message{
		To: s.work[0].ID, Op: OpResult, Incarnation: s.work[0].Incarnation, Generation: s.work[0].Generation, Task: s.work[0].Task, Stamp: s.now,
	}}
	for n := range s.partition.work.running {
		c.n = n
	}
	return c
}

// There are no leases: a partition owns its instances and their work. Work is
// handed out once by a process, again by the next if it was not done, and what
// was done needs no lock to be refused a second time. (What a lease is for, that
// a stuck one loses its work, is the heartbeat's: package orchestrator has 115.)
func TestBehaviour_114_WorkIsHandedOutOnce(t *testing.T) {
	s := newSingle(t, 2, diary)
	s.commit(SimApplied, s.client("x", "work", nil), s.client("y", "work", nil))
	s.rest()
	if len(s.work) != 2 {
		t.Fatalf("%d tasks were handed out, not 2", len(s.work))
	}
	for range 5 { // more to do is no reason to hand it out again, nor is a refused commit
		s.commit(SimApplied, s.client("x", "idle", nil))
		s.commit(SimRefused, s.client("x", "idle", nil))
	}
	if len(s.work) != 2 {
		t.Fatalf("%d tasks were handed out", len(s.work))
	}
	first := s.work[0]
	s.restart()
	s.rest()
	if len(s.work) != 4 || s.work[2].key() != first.key() {
		t.Fatalf("after a crash %d tasks were handed out", len(s.work))
	}
	numbers := slices.Sorted(maps.Keys(s.partition.work.running))
	result := func(i int, body string) parcel {
		w := s.work[2+i]
		return parcel{kind: fromWork, n: numbers[i], m: Message{
			To: w.ID, Op: OpResult, Incarnation: w.Incarnation, Generation: w.Generation, Task: w.Task, Body: []byte(body),
		}}
	}
	s.commit(SimApplied, result(0, "once"), result(0, "twice in a batch"))
	s.commit(SimApplied, result(0, "twice"))
	s.rest()
	if got := s.read(s.work[2].ID.Key); strings.Count(got, "result2") != 1 {
		t.Fatal(got)
	}
	s.restart()
	s.rest()
	if len(s.work) != 5 || s.work[4].key() != s.work[3].key() {
		t.Fatalf("what was done is handed out again: %v", s.work[4:])
	}
}

// What a turn drops is told to the pool after the commit, not before, and stays
// work until it has its result.
func TestDroppedWorkIsToldAfterTheCommit(t *testing.T) {
	for _, outcome := range []SimOutcome{SimApplied, SimRefused, SimLost} {
		s := newSingle(t, 2, func(_ Time, in *Instance, messages []Message) (o Outcome, _ error) {
			o.Head = []byte("x")
			for _, m := range messages {
				switch m.Name {
				case "work":
					o.Work = append(o.Work, Work{Task: 7, Name: "w"})
				case "drop":
					o.Drop = append(o.Drop, 7)
				}
			}
			return o, nil
		})
		s.commit(SimApplied, s.client("x", "work", nil))
		s.commit(outcome, s.client("x", "drop", nil))
		want := []workKey{s.work[0].key()}
		if outcome != SimApplied {
			want = nil
		}
		if !slices.Equal(s.dropped, want) {
			t.Errorf("%v: told of %v, want %v", outcome, s.dropped, want)
		}
		if n := len(s.partition.work.running); n != 1 {
			t.Errorf("%v: %d tasks are under way", outcome, n)
		}
	}
}

var crashes = map[string]SimOutcome{"applied": SimApplied, "untold": SimUntold, "lost": SimLost, "refused": SimRefused}

// A batch with state, messages, a timer and work is there as a whole, once, or
// not at all.
func TestBehaviour_116_CrashAtCheckpoint(t *testing.T) {
	for name, outcome := range crashes {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " named=", named), func(t *testing.T) {
				s := newSingle(t, 2, diary)
				ask := s.client
				if named {
					ask = s.request
				}
				s.commit(outcome, ask("x", "all", nil))
				s.rest()
				if stored := outcome == SimApplied || outcome == SimUntold || outcome == SimLost && named; !stored {
					if rows := s.leftovers(); len(rows)+len(s.work)+len(s.delivered) > 0 || s.read("x") != "" {
						t.Errorf("there is a part of it: %v, %d works, %d messages", rows, len(s.work), len(s.delivered))
					}
					return
				}
				s.now.Wall = 2000
				s.commit(SimApplied)
				s.commit(SimApplied, s.result())
				s.mustLoad()
				s.rest()
				if x, y := s.read("x"), s.read(inPartition(0).Key); x != "all;timer1;result2;" || y != "sent;" {
					t.Errorf("x has %q, y has %q", x, y)
				}
				for _, m := range s.delivered { // again after a recovery, under its old number
					if m.n != 1 || m.m.To != inPartition(1) {
						t.Errorf("message %d to %s", m.n, m.m.To)
					}
				}
				if len(s.delivered) == 0 || len(s.work) != 1 {
					t.Errorf("%d messages left, %d works were handed out", len(s.delivered), len(s.work))
				}
			})
		}
	}
}

// Whatever commit of an instance's life fails, from its creation to its end,
// each request is done once.
func TestBehaviour_117_CrashAtCreation(t *testing.T) {
	for name, outcome := range crashes {
		for k, victim := range []string{"make", "more", "end"} {
			t.Run(name+" at "+victim, func(t *testing.T) {
				s := newSingle(t, 1, diary)
				for i, want := range []struct{ name, answer string }{{"make", "make;"}, {"more", "make;more;"}, {"end", "ended"}} {
					var answers []string
					o := SimApplied
					if i == k {
						o = outcome
					}
					s.commit(o, s.request("x", want.name, &answers))
					s.rest()
					if o == SimRefused {
						if !slices.Equal(answers, []string{"unavailable"}) {
							t.Fatalf("a refused %s was told %v", want.name, answers)
						}
						answers = nil
						s.commit(SimApplied, s.request("x", want.name, &answers))
					}
					if !slices.Equal(answers, []string{want.answer}) {
						t.Fatalf("%s was told %v", want.name, answers)
					}
				}
				s.rest()
				if rows := s.leftovers(); len(rows) > 0 {
					t.Errorf("left behind: %v", rows)
				}
			})
		}
	}
}

// A result that comes again, or for an instance that was replaced since, is
// dropped and counted.
func TestBehaviour_119_LateResultIsDropped(t *testing.T) {
	for _, tc := range []struct {
		name, first string
		again       bool
		want        string
	}{
		{"twice", "", true, "work;result2;"},
		{"after Replace", "replace", false, "replace;"},
		{"twice after a load", "load", true, "work;result2;"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSingle(t, 1, diary)
			s.commit(SimApplied, s.client("x", "work", nil))
			s.rest()
			c := s.result()
			if tc.first == "replace" {
				s.commit(SimApplied, s.client("x", "replace", nil))
			}
			s.commit(SimApplied, c)
			if tc.first == "load" {
				s.mustLoad()
			}
			if tc.again {
				s.commit(SimApplied, c)
			}
			if got, n := s.read("x"), s.stats.Dropped.Load(); got != tc.want || n != 1 {
				t.Errorf("x has %q, want %q; %d dropped, want 1", got, tc.want, n)
			}
		})
	}
}

func TestBehaviour_120_ResultForAMissingInstance(t *testing.T) {
	s := newSingle(t, 1, diary)
	s.commit(SimApplied, s.client("x", "work", nil))
	s.rest()
	c := s.result()
	s.commit(SimApplied, s.client("x", "end", nil))
	s.commit(SimApplied, c) // its instance is gone
	c.n += 1 << 20
	s.commit(SimApplied, c) // never scheduled
	var answers []string
	asked := s.client("nobody", "", &answers)
	asked.m.Op, asked.m.Incarnation, asked.m.Task = OpResult, 99, 1
	s.commit(SimApplied, asked)
	s.rest()
	if n := s.stats.Dropped.Load(); n != 3 || !slices.Equal(answers, []string{"gone"}) {
		t.Errorf("%d dropped, want 3; told %v", n, answers)
	}
	if rows := s.leftovers(); len(rows) > 0 {
		t.Errorf("left behind: %v", rows)
	}
}

// Close may be called by many at once, before anything was done too, and all
// that was answered is stored.
func TestBehaviour_121_CloseIsIdempotent(t *testing.T) {
	for _, posts := range []int{0, 100} {
		store := NewTestStore(2)
		h := openHost(t, store, publishing)
		id := ID{Kind: kindTest, Key: "x"}
		var done atomic.Int64
		var wg sync.WaitGroup
		wg.Add(posts)
		for i := range posts {
			h.Post(Message{To: id, Op: OpUser, Return: Return{Caller: "c", Request: fmt.Sprint(i)}}, func(a Answer) {
				if a.Fail == nil {
					done.Add(1)
				}
				wg.Done()
			})
		}
		for range 4 {
			wg.Go(func() {
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait() // a second answer would panic
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if a := ask(t, h, id, "late"); a.Fail == nil || a.Fail.Code != CodeUnavailable {
			t.Errorf("after Close: %q, %v", a.Body, a.Fail)
		}
		again := openHost(t, store.Reopen(), publishing)
		if a := ask(t, again, id, "next"); a.Fail != nil || string(a.Body) != fmt.Sprint(done.Load()+1) {
			t.Errorf("%d were answered, then %q, %v", done.Load(), a.Body, a.Fail)
		}
	}
}

// Lanes come in any order among each other, with repetitions and lost batches:
// each message is taken once, and in the order of its sender.
func TestDecision_01_OnceAndInOrder(t *testing.T) {
	const n = 30
	s := newSingle(t, 4, diary)
	rng := rand.New(rand.NewPCG(1, 1))
	for s.meta.in[1]+s.meta.in[2]+s.meta.in[3] < 3*n {
		var in []parcel
		for _, from := range rng.Perm(4) {
			if from == 0 {
				continue
			}
			first := s.meta.in[from] + 1 - min(s.meta.in[from], rng.Uint64N(4)) // again what we have
			for k := first; k <= min(first+rng.Uint64N(6), n); k++ {
				in = append(in, parcel{kind: fromStream, from: from, n: k, m: Message{
					To: ID{Kind: kindTest, Key: "x"}, From: ID{Kind: kindTest, Key: fmt.Sprint(from)}, Op: OpUser, Name: fmt.Sprint(from, " ", k), Stamp: s.now,
				}})
			}
		}
		s.commit(SimOutcome(rng.IntN(4)), in...)
	}
	got := map[string][]string{}
	for _, name := range strings.Split(strings.TrimSuffix(s.read("x"), ";"), ";") {
		from, k, _ := strings.Cut(name, " ")
		got[from] = append(got[from], k)
	}
	for _, from := range []string{"1", "2", "3"} {
		if want := numbers(n + 1)[1:]; !slices.Equal(got[from], want) {
			t.Errorf("from %s came %v", from, got[from])
		}
	}
	if s.stats.Duplicates.Load() == 0 || s.stats.Gaps.Load() != 0 {
		t.Errorf("%d duplicates, %d gaps", s.stats.Duplicates.Load(), s.stats.Gaps.Load())
	}
}

func TestDecision_15_TimersNeverEarly(t *testing.T) {
	const many, millennium = 50, 1000 * 365 * 24 * 3600 * 1000
	for _, clock := range []Clock{Wall, Uptime} {
		var s *single
		var fired []uint64
		s = newSingle(t, 1, func(now Time, _ *Instance, messages []Message) (o Outcome, err error) {
			o.Head = []byte{1}
			for _, m := range messages {
				if m.Op == OpTimer {
					fired = append(fired, m.Task)
					continue
				}
				o.Timers = append(o.Timers, Timer{Due: Due{clock, now.At(clock) + millennium}, Task: many})
				for i := range uint64(many) {
					o.Timers = append(o.Timers, Timer{Due: Due{clock, now.At(clock) + 1000}, Task: i})
				}
			}
			return o, nil
		})
		start := s.now
		s.commit(SimApplied, s.client("x", "arm", nil))
		for _, step := range []struct {
			after int64
			want  int
		}{{999, 0}, {1000, many}, {millennium - 1, many}, {millennium, many + 1}} {
			// The other clock is far ahead: it is not the one that counts.
			s.now = Time{Wall: start.Wall + 2*millennium, Uptime: start.Uptime + step.after}
			if clock == Wall {
				s.now = Time{Wall: start.Wall + step.after, Uptime: start.Uptime + 2*millennium}
			}
			s.mustLoad()
			s.rest()
			if len(fired) != step.want {
				t.Fatalf("clock %d: %d fired after %d ms, want %d", clock, len(fired), step.after, step.want)
			}
		}
		slices.Sort(fired)
		if len(slices.Compact(fired)) != many+1 {
			t.Errorf("clock %d: some fired twice: %v", clock, fired)
		}
	}
}

// What breaks the engine sets one instance aside, visibly; mended, it goes on
// with what was kept for it.
func TestDecision_16_QuarantineIsRepairable(t *testing.T) {
	var broken atomic.Bool
	h := openHost(t, NewTestStore(2), turnFunc(func(now Time, in *Instance, messages []Message) (Outcome, error) {
		if in.ID.Key == "x" && broken.Load() {
			panic("unknown version")
		}
		return diary(now, in, messages)
	}))
	x, other := ID{Kind: kindTest, Key: "x"}, ID{Kind: kindTest, Key: "other"}
	ask(t, h, x, "first")
	broken.Store(true)
	if a := ask(t, h, x, "refused"); a.Fail == nil || a.Fail.Code != CodeUnavailable {
		t.Errorf("told %q, %v", a.Body, a.Fail)
	}
	if why := h.Stats().Quarantine()[x]; !strings.Contains(why, "unknown version") {
		t.Errorf("the reason is %q", why)
	}
	if a := ask(t, h, other, "to x"); string(a.Body) != "to x;" {
		t.Errorf("the other was told %q, %v", a.Body, a.Fail)
	}
	broken.Store(false)
	if err := h.Retry(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	w, err := h.Watch(x, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for head := ""; head != "first;from inside;"; { // it may still be on its way
		u, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if head = string(u.Head); !strings.HasPrefix("first;from inside;", head) {
			t.Fatalf("x has %q", head)
		}
	}
	if q := h.Stats().Quarantine(); len(q) != 0 {
		t.Errorf("still set aside: %v", q)
	}
	var f *Failure
	if err := h.Retry(t.Context(), x); !errors.As(err, &f) || f.Code != CodeNotFound {
		t.Errorf("a retry of one that runs: %v", err)
	}
}
