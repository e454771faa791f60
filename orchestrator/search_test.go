package orchestrator

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/everturn/everturn/orchestrator/durable"
)

// various ends, or rests, in the state that its input names.
func various(name string) *Orchestration[State, None] {
	return Define(name, func(c *Context, want State) (None, error) {
		switch want {
		case Completed:
			return None{}, nil
		case Failed:
			return None{}, Fail("bad", "on purpose")
		}
		return Event[None](c, "go")
	})
}

// startVarious starts an instance and brings it into a state.
func startVarious(t *testing.T, c *Client, name, id string, state State, tags map[string]string) {
	t.Helper()
	ctx := within(t)
	_, err := c.Start(ctx, name, Raw(`"`+state.String()+`"`), WithID(id), WithTags(tags))
	switch state {
	case Suspended:
		err = cmp.Or(err, c.Suspend(ctx, id, ""))
	case Terminated:
		err = cmp.Or(err, c.Terminate(ctx, id, ""))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// searchAll gives all pages of a query.
func searchAll(t require, c *Client, q Query) (all []Summary) {
	t.Helper()
	for {
		page, err := c.Search(q)
		if err != nil {
			t.Fatalf("search %+v: %v", q, err)
		}
		if len(page.Items) > max(q.Limit, 1) && q.Limit > 0 {
			t.Fatalf("page of %d, limit %d", len(page.Items), q.Limit)
		}
		all = append(all, page.Items...)
		if page.Cursor == "" {
			return all
		}
		if page.Cursor == q.Cursor || url.QueryEscape(page.Cursor) != page.Cursor {
			t.Fatalf("cursor %q after %q", page.Cursor, q.Cursor)
		}
		q.Cursor = page.Cursor
	}
}

// require is what *testing.T and *rapid.T have in common.
type require interface {
	Helper()
	Fatalf(format string, args ...any)
}

// naive says by an instance's status alone whether a query wants it.
func naive(s Status, q Query) bool {
	for k, v := range q.Tags {
		if s.Tags[k] != v {
			return false
		}
	}
	if f := s.Failure; q.Error != "" && (f == nil || !strings.Contains(strings.ToLower(f.Message+" "+string(f.Code)), strings.ToLower(q.Error))) {
		return false
	}
	return (len(q.States) == 0 || slices.Contains(q.States, s.State)) && (q.Name == "" || strings.EqualFold(q.Name, s.Name)) &&
		strings.HasPrefix(s.ID, q.IDPrefix) && (q.CreatedFrom.IsZero() || !s.Created.Before(q.CreatedFrom)) &&
		(q.CreatedTo.IsZero() || s.Created.Before(q.CreatedTo))
}

// Every search gives what a filter over all statuses gives, in order, whatever
// the size of its pages.
func TestBehaviour_086_SearchAgainstAFilter(t *testing.T) {
	c := newHost(t, 0, Options{Strict: true}, various("alpha"), various("Beta"), various("be/ta"))
	states := []State{Running, Suspended, Completed, Failed, Terminated}
	var all []Status
	for i := range 90 {
		id := fmt.Sprintf("%s-%d", []string{"order", "ord", "x", "order:child"}[i%4], i)
		tags := map[string]string{}
		if i%3 == 0 {
			tags["color"] = []string{"red", "green"}[i%2]
			tags["long"] = strings.Repeat("l", 200) + fmt.Sprint(i%5)
		}
		if i%5 == 0 {
			tags["zero\x00"] = "\x00"
		}
		startVarious(t, c, []string{"alpha", "Beta", "be/ta"}[i*i%3], id, states[i%5], tags)
		s, err := c.Status(id)
		if err != nil || s.State != states[i%5] {
			t.Fatal(s, err)
		}
		all = append(all, s)
	}
	moment := func(t *rapid.T, label string) time.Time {
		if rapid.Bool().Draw(t, label+" given") {
			return time.Time{}
		}
		return all[rapid.IntRange(0, len(all)-1).Draw(t, label)].Created.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "beside")) * 500 * time.Microsecond)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			States:   rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(t, "states"),
			Name:     rapid.SampledFrom([]string{"", "", "ALPHA", "beta", "be/ta", "be", "nothing"}).Draw(t, "name"),
			IDPrefix: rapid.SampledFrom([]string{"", "", "ord", "order", "order:", "x-1", "y"}).Draw(t, "prefix"),
			Error:    rapid.SampledFrom([]string{"", "", "", "PURPOSE", "bad", "good"}).Draw(t, "error"), ByID: rapid.Bool().Draw(t, "by id"),
			CreatedFrom: moment(t, "from"), CreatedTo: moment(t, "to"),
			Limit: rapid.SampledFrom([]int{0, 1, 2, 7, 30, 90}).Draw(t, "limit"),
			Tags: rapid.SampledFrom([]map[string]string{
				nil, nil,
				{"color": "red"},
				{"color": "blue"},
				{"long": strings.Repeat("l", 200) + "3"},
				{"zero\x00": "\x00"},
				{"color": "green", "zero\x00": "\x00"},
			}).Draw(t, "tags"),
		}
		var want []Status
		for _, s := range all {
			if naive(s, q) {
				want = append(want, s)
			}
		}
		slices.SortFunc(want, func(a, b Status) int {
			if (q.IDPrefix != "" || q.ByID) && len(q.Tags) == 0 {
				return cmp.Compare(a.ID, b.ID)
			}
			return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
		})
		got := searchAll(t, c, q)
		if !slices.EqualFunc(got, want, func(a Summary, b Status) bool {
			return a.ID == b.ID && a.Name == b.Name && a.State == b.State && a.Created.Equal(b.Created) && a.Updated.Equal(b.Updated) && (a.Failure == nil) == (b.Failure == nil) && maps.Equal(a.Tags, b.Tags)
		}) {
			t.Fatalf("%+v:\ngot  %+v\nwant %+v", q, got, want)
		}
	})
	for _, state := range states { // the listing by state alone, over all names
		items, err := c.List(state, Cursor{}, 100)
		if err != nil || len(items) != 18 {
			t.Fatal(state, len(items), err)
		}
	}
}

func TestBehaviour_086_BadQueries(t *testing.T) {
	c := newHost(t, 0, Options{Strict: true}, various("alpha"))
	for i := range 3 {
		startVarious(t, c, "alpha", fmt.Sprint("a", i), Running, nil)
	}
	page, err := c.Search(Query{Name: "alpha", Limit: 1})
	if err != nil || page.Cursor == "" {
		t.Fatal(page, err)
	}
	good := []byte(page.Cursor)
	for i := range good { // no byte of it may change
		bad := slices.Clone(good)
		bad[i] ^= 1
		if _, err := c.Search(Query{Name: "alpha", Cursor: string(bad)}); codeOf(err) != CodeBadRequest {
			t.Fatalf("cursor %s: %v", bad, err)
		}
	}
	for _, q := range []Query{
		{Cursor: "x"},
		{Cursor: "!"},
		{Cursor: page.Cursor},
		{Name: "alpha", IDPrefix: "a", Cursor: page.Cursor},
		{Name: "alpha", ByID: true, Cursor: page.Cursor},
		{Name: "alpha", Error: "a", Cursor: page.Cursor},
		{Name: "alpha", States: []State{Running}, Cursor: page.Cursor},
		{Limit: durable.MaxPage + 1},
		{Limit: -1},
		{States: []State{0}},
		{States: []State{7}},
	} {
		_, err := c.Search(q)
		wantCode(t, err, CodeBadRequest)
	}
	if all := searchAll(t, c, Query{Name: "ALPHA", Cursor: page.Cursor, Limit: 2}); len(all) != 2 { // another limit, another case
		t.Fatal(all)
	}
	if all := searchAll(t, c, Query{CreatedTo: time.UnixMilli(-5)}); len(all) != 0 {
		t.Fatal(all)
	}
}

// Of many tags the first eight by name are found alone, and the others together
// with one of them. They cost rows only where there are tags.
func TestBehaviour_086_SearchByTag(t *testing.T) {
	h, c := newHub(t, various("alpha"))
	tags := map[string]string{}
	for i := range 10 {
		tags[fmt.Sprint("t", i)] = "v"
	}
	startVarious(t, c, "alpha", "many", Running, tags)
	startVarious(t, c, "alpha", "none", Running, nil)
	for i := range 10 {
		tag := fmt.Sprint("t", i)
		if n := len(searchAll(t, c, Query{Tags: map[string]string{tag: "v"}})); (n == 1) != (i < 8) {
			t.Errorf("%s finds %d", tag, n)
		}
		if n := len(searchAll(t, c, Query{Tags: map[string]string{"t0": "v", tag: "v"}})); n != 1 {
			t.Errorf("t0 and %s find %d", tag, n)
		}
	}
	if n := len(searchAll(t, c, Query{Tags: map[string]string{"t0": "w"}})); n != 0 {
		t.Error("another value is found")
	}
	if m, n := len(h.instances[InstanceID("many")].index), len(h.instances[InstanceID("none")].index); m != 9 || n != 1 {
		t.Errorf("%d and %d index rows", m, n)
	}
	raise(t, c, "many", "go", None{})
	if all := searchAll(t, c, Query{Tags: map[string]string{"t3": "v"}, States: []State{Completed}}); len(all) != 1 {
		t.Error("not found once it has ended")
	}
}

// Instances that stay as they are come once, while others end between pages.
func TestBehaviour_086_SearchUnderChange(t *testing.T) {
	c := newHost(t, 0, Options{}, various("alpha"))
	const n = 200
	for i := range n {
		startVarious(t, c, "alpha", fmt.Sprint("a", i), Running, map[string]string{"of": "mine"})
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; i < n; i += 2 {
			if err := c.Raise(within(t), fmt.Sprint("a", i), "go", nil); err != nil {
				t.Error(err)
			}
		}
	})
	for range 10 {
		for _, q := range []Query{{States: []State{Running}}, {IDPrefix: "a", States: []State{Running}}, {Tags: map[string]string{"of": "mine"}}} {
			q.Limit = 13
			seen := map[string]int{}
			for _, s := range searchAll(t, c, q) {
				seen[s.ID]++
			}
			for i := range n {
				if id := fmt.Sprint("a", i); seen[id] > 1 || i%2 == 1 && seen[id] != 1 {
					t.Fatalf("%+v: %s came %d times", q, id, seen[id])
				}
			}
		}
	}
	wg.Wait()
}

// A search for what is rare looks at a bounded number of rows a page.
func TestBehaviour_086_SearchIsBounded(t *testing.T) {
	h, c := newHub(t, various("alpha"))
	const n = durable.MaxLooked + 500
	for i := range n {
		id := fmt.Sprint("a", i)
		in := &testInstance{Instance: durable.Instance{ID: InstanceID(id), Exists: true}}
		head := &head{state: Completed, name: "alpha", created: int64(i)}
		in.Head, in.index = head.encode(), head.rows(nil)
		h.instances[in.ID] = in
	}
	rare := &head{state: Completed, name: "alpha", version: "2", tags: map[string]string{"rare": "yes"}}
	h.instances[InstanceID("a0")].Head = rare.encode() // its tag has no row, as of one started long ago
	q := Query{IDPrefix: "a", CreatedTo: time.UnixMilli(1), Limit: 1}
	page, err := c.Search(q)
	if err != nil || len(page.Items) != 1 || page.Items[0].Version != "2" {
		t.Fatal(page, err)
	}
	q = Query{IDPrefix: "a", CreatedFrom: time.UnixMilli(n)} // nobody
	for want := 2; ; want-- {
		page, err := c.Search(q)
		if err != nil || len(page.Items) != 0 {
			t.Fatal(page, err)
		}
		if (page.Cursor != "") != (want > 1) {
			t.Fatal("pages", want, page.Cursor)
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
}
