package durable

import (
	"fmt"
	"slices"
	"testing"
)

// Every event is found from every number before it, in a log with holes.
func TestEventsFromAnyNumber(t *testing.T) {
	defer smallLimits()()
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		o.Head, o.Append = []byte{1}, [][]byte{{1}}
		o.Next = in.Turns%5 == 4 // history before it goes, with the rows that have no events
		for i := range in.Turns % 4 {
			o.Publish = append(o.Publish, fmt.Appendf(nil, "%d", in.Events+i+1))
		}
		return o, nil
	})
	for range 60 {
		s.commit(SimApplied, s.client("x", "go", nil))
	}
	s.rest()
	h := &Host{store: s.store, partitions: []*partition{s.partition}, stats: s.stats}
	id := ID{Kind: kindTest, Key: "x"}
	snap, err := h.Read(id)
	if err != nil || snap.Events != 90 || snap.Turns != 60 {
		t.Fatalf("%+v, %v", snap, err)
	}
	for after := uint64(0); after <= snap.Events+1; after++ {
		list, err := h.Events(id, after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(7, int(max(snap.Events, after)-after)); len(list) != want {
			t.Fatalf("after %d: %d events, want %d", after, len(list), want)
		}
		for i, e := range list {
			if e.Number != after+uint64(i)+1 || string(e.Body) != fmt.Sprint(e.Number) {
				t.Fatalf("after %d: event %d is %d %q", after, i, e.Number, e.Body)
			}
		}
	}
}

// Pages of a listing are complete and disjoint, for any page size, over several
// partitions, with equal and negative times.
func TestListPages(t *testing.T) {
	const n = 100
	store := NewTestStore(4)
	h := openHost(t, store, turnFunc(func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		var k int64
		if _, err := fmt.Sscan(in.ID.Key, &k); err != nil {
			return o, err
		}
		o.Head, o.Reindex = []byte{1}, true
		o.Index = []Index{{Name: "list", Time: k/3 - 10, Data: []byte(in.ID.Key)}, {Name: "list2", Time: 1}}
		o.Reply = []Reply{{To: messages[0].Return}}
		return o, nil
	}))
	for i := range n {
		ask(t, h, ID{Kind: kindTest, Key: fmt.Sprint(i)}, "go")
	}
	for _, limit := range []int{1, 7, n, n + 1} {
		var times []int64
		seen := map[string]bool{}
		for after := (Cursor{}); ; {
			page, err := h.List("list", after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, x := range page {
				if seen[x.ID.Key] || string(x.Data) != x.ID.Key {
					t.Fatalf("limit %d: %v, seen before: %t", limit, x, seen[x.ID.Key])
				}
				seen[x.ID.Key], after = true, Cursor{x.Time, x.ID}
				times = append(times, -x.Time)
			}
		}
		if len(seen) != n || !slices.IsSorted(times) {
			t.Errorf("limit %d: %d rows, newest first: %t", limit, len(seen), slices.IsSorted(times))
		}
	}
}
