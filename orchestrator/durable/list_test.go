package durable

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// listed has the instance that it is sent to listed as the message's name says:
// "listing time" a line.
func listed(_ Time, _ *Instance, messages []Message) (o Outcome, err error) {
	m := messages[len(messages)-1]
	o.Head, o.Reindex = []byte{1}, true
	for line := range strings.Lines(m.Name) {
		var x Index
		if _, err := fmt.Sscan(line, &x.Name, &x.Time); err != nil {
			return o, err
		}
		o.Index = append(o.Index, x)
	}
	for i := range messages {
		o.Reply = append(o.Reply, Reply{To: messages[i].Return})
	}
	return o, nil
}

// Spans, IDs and names of listings are what a walk over everything gives, page
// by page, for any page size.
func TestListRangesAgainstAWalk(t *testing.T) {
	h := openHost(t, NewTestStore(3), turnFunc(listed))
	const listings = 4
	var (
		all []Item // Data is the listing
		ids []ID
	)
	for i := range 120 {
		id := ID{Kind: kindTest, Key: fmt.Sprintf("%c%d", 'a'+i%3, i)}
		if i%4 == 0 {
			id.Name = "named"
		}
		ids = append(ids, id)
		var body strings.Builder
		for k := range listings {
			if i*7%(k+2) == 0 {
				name, time := fmt.Sprintf("list/%d", k), int64(i*i%29-9)
				fmt.Fprintf(&body, "%s %d\n", name, time)
				all = append(all, Item{ID: id, Time: time, Data: []byte(name)})
			}
		}
		if a := ask(t, h, id, body.String()); a.Fail != nil {
			t.Fatal(a.Fail)
		}
	}
	names, err := h.Listings("list/")
	if want := []string{"list/0", "list/1", "list/2", "list/3"}; err != nil || !slices.Equal(names, want) {
		t.Fatal(names, err)
	}
	if names, err := h.Listings("list/2"); err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if names, err := h.Listings("nothing"); err != nil || len(names) != 0 {
		t.Fatal(names, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Range{From: rapid.Int64Range(-10, 20).Draw(t, "from"), To: rapid.Int64Range(-10, 20).Draw(t, "to")}
		s.Listings = rapid.SliceOfDistinct(rapid.SampledFrom(names), func(s string) string { return s }).Draw(t, "listings")
		var want, got []Item
		for _, x := range all {
			if slices.Contains(s.Listings, string(x.Data)) && (s.From == 0 || x.Time >= s.From) && (s.To == 0 || x.Time < s.To) {
				want = append(want, Item{ID: x.ID, Time: x.Time})
			}
		}
		slices.SortFunc(want, compareItems)
		equal := func(a, b Item) bool { return compareItems(a, b) == 0 }
		want = slices.CompactFunc(want, equal)
		for limit := rapid.IntRange(1, 50).Draw(t, "limit"); ; {
			page, err := h.ListRange(s, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			s.After = Cursor{got[len(got)-1].Time, got[len(got)-1].ID}
		}
		if !slices.EqualFunc(got, want, equal) {
			t.Fatalf("%+v: got %v, want %v", s, got, want)
		}
	})
	slices.SortFunc(ids, compareIDs)
	for _, prefix := range []ID{{}, {Key: "a"}, {Key: "b1"}, {Key: "z"}, {Name: "named"}, {Name: "named", Key: "c"}, {Name: "other"}} {
		prefix.Kind = kindTest
		var want, got []ID
		for _, id := range ids {
			if (prefix.Name == "" && prefix.Key == "" || id.Name == prefix.Name) && strings.HasPrefix(id.Key, prefix.Key) {
				want = append(want, id)
			}
		}
		for after := (ID{}); ; {
			page, err := h.ListIDs(prefix, after, 7)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, x := range page {
				got, after = append(got, x.ID), x.ID
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("prefix %+v: got %v, want %v", prefix, got, want)
		}
	}
}
