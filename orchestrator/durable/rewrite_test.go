package durable

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rewriter keeps its history in memory or not, and rewrites it when asked.
func rewriter(hot bool) turnFunc {
	return func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		for _, m := range messages {
			entry := m.Name
			switch {
			case m.Op == OpTimer:
				entry = fmt.Sprint("timer", m.Task)
			case m.Op == OpResult:
				entry = fmt.Sprint("result", m.Task)
			case m.Name == "rewrite":
				o.Rewrite = true
			case m.Name == "read":
				var all []string
				for _, e := range in.Log {
					all = append(all, string(e))
				}
				o.Reply = append(o.Reply, Reply{To: m.Return, Body: []byte(strings.Join(all, " "))})
				continue
			case m.Name == "wait":
				o.Work = append(o.Work, Work{Task: 1, Name: "w"})
				o.Timers = append(o.Timers, Timer{Due: Due{Wall, 5000}, Task: 2})
			}
			if !in.Exists {
				o.Head = []byte{1}
			}
			o.Append = append(o.Append, []byte(entry))
			o.Publish = append(o.Publish, []byte(entry))
			o.Reply = append(o.Reply, Reply{To: m.Return})
		}
		if hot && o.Reply == nil {
			o.Hot = new(int)
		}
		return o, nil
	}
}

// A history that was rewritten is the new one, also after a load; what is under
// way still arrives, and what was published stays.
func TestRewriteKeepsTheGeneration(t *testing.T) {
	for _, hot := range []bool{false, true} {
		s := newSingle(t, 1, rewriter(hot))
		id := ID{Kind: kindTest, Key: "x"}
		for _, name := range []string{"a", "wait", "b", "rewrite", "c"} {
			s.commit(SimApplied, s.client("x", name, nil))
		}
		read := func(want string) {
			t.Helper()
			for range 2 {
				var got []string
				s.commit(SimApplied, s.client("x", "read", &got))
				if !slices.Equal(got, []string{want}) {
					t.Errorf("the history is %q, want %q", got, want)
				}
				s.mustLoad()
			}
		}
		read("rewrite c")
		s.commit(SimApplied, s.result())
		s.now.Wall = 6000
		s.rest()
		read("rewrite c result1 timer2")

		snapshot, log, err := readBack(s, id)
		if err != nil || len(log) != 4 || snapshot.Generation != 1 || snapshot.Incarnation != 1 || snapshot.Events != 7 {
			t.Errorf("%+v, %d entries, %v", snapshot, len(log), err)
		}
		// Refused while the store takes nothing: all is as it was.
		s.commit(SimRefused, s.client("x", "rewrite", nil))
		read("rewrite c result1 timer2")
		s.commit(SimApplied, s.client("x", "rewrite", nil), s.client("x", "d", nil))
		read("rewrite d")
	}
}

func readBack(s *single, id ID) (snapshot Snapshot, log [][]byte, err error) {
	err = s.store.View(func(rd Reader) (err error) {
		snapshot, log, err = readInstance(rd, s.n, id, true)
		return err
	})
	return snapshot, log, err
}

// Rows of a history that was rewritten are forgotten, once they hold nothing
// else that is needed.
func TestRewriteForgetsRows(t *testing.T) {
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		if !in.Exists {
			o.Head = []byte{1}
		}
		for _, m := range messages {
			o.Rewrite = o.Rewrite || m.Name == "rewrite" && in.Exists
			o.Append = append(o.Append, []byte(m.Name))
		}
		return o, nil
	})
	for range 10 {
		s.commit(SimApplied, s.client("x", "a", nil))
	}
	before := len(s.leftovers())
	s.commit(SimApplied, s.client("x", "rewrite", nil))
	s.rest()
	if after := len(s.leftovers()); after != before-9 {
		t.Errorf("%d rows before, %d after", before, after)
	}
}

func TestRewriteIsChecked(t *testing.T) {
	for _, o := range []Outcome{
		{Rewrite: true, Head: []byte{1}},
		{Rewrite: true, Next: true},
		{Rewrite: true, Replace: true, Head: []byte{1}},
		{Rewrite: true, Erase: true},
	} {
		s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (Outcome, error) {
			if messages[0].Name == "begin" {
				return Outcome{Head: []byte{1}}, nil
			}
			return o, nil
		})
		if o.Next || o.Replace || o.Erase {
			s.commit(SimApplied, s.client("x", "begin", nil))
		}
		s.commit(SimApplied, s.client("x", "", nil))
		if n := s.stats.Quarantined.Load(); n != 1 {
			t.Errorf("%+v: %d quarantined", o, n)
		}
	}
}
