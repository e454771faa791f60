package inspect

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// all gives the ids of all pages of a list.
func (h *house) all(query string) (ids []string) {
	h.t.Helper()
	cursor := ""
	for n := 0; ; n++ {
		var p page
		h.want(200, "GET", "list?"+query+"&cursor="+cursor, "", &p)
		for _, x := range p.Items {
			ids = append(ids, x.ID)
		}
		if p.Cursor == "" {
			return ids
		}
		if cursor = p.Cursor; n > 1000 {
			h.t.Fatal("the list never ends")
		}
	}
}

// Some thousands of instances, a page at a time: each once, in order, and no page
// costs more for how many there are.
func TestListPages(t *testing.T) {
	h := openHouse(t)
	count := 3000
	if testing.Short() {
		count = 600
	}
	room := make(chan error, count)
	limit := make(chan struct{}, 100)
	for n := range count {
		limit <- struct{}{}
		go func() {
			defer func() { <-limit }()
			id, tags := fmt.Sprintf("i%05d", n), map[string]string{"third": fmt.Sprint(n % 3)}
			name, input := "waits", orchestrator.Raw("null")
			if n%10 == 0 {
				name, input = "fails", orchestrator.Raw(fmt.Sprintf(`"Reason %d"`, n))
			}
			_, err := h.client.Start(t.Context(), name, input, orchestrator.WithID(id), orchestrator.WithTags(tags))
			room <- err
		}()
	}
	for range count {
		must(t, <-room)
	}
	h.until("all have run", func() bool { return len(h.all("state=Pending&limit=200")) == 0 })
	ids := h.all("limit=200")
	if slices.Sort(ids); len(ids) != count || len(slices.Compact(ids)) != count {
		t.Errorf("%d instances are listed", len(ids))
	}
	for query, want := range map[string]int{
		"failed=true": count / 10, "state=Failed&state=Completed": count / 10, "state=running": count - count/10, "name=FAILS": count / 10,
		"tag=third%3D1": count / 3, "tag=third=1&failed=1": count / 30, "error=reason+50": 2, "error=REASON+5&prefix=i0005": 1, "error=nothing": 0,
		"prefix=i0001": 10, "prefix=i0001&name=fails": 1, "from=0&to=1000": 0,
		"from=" + fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli()): count,
	} {
		if n := len(h.all(query + "&limit=150")); n != want {
			t.Errorf("%s: %d, not %d", query, n, want)
		}
	}
	if byID := h.all("sort=id&limit=199"); !slices.IsSorted(byID) || len(byID) != count {
		t.Errorf("%d by id", len(byID))
	}
	var p page
	h.want(200, "GET", "list?limit=3&prefix=i00050", "", &p)
	x := p.Items[0]
	if x.Kind != "orchestration" || x.Name != "fails" || x.State != "Failed" || x.Failure == nil || x.Failure.Message != "Reason 50" || x.Tags["third"] != "2" || x.Created == 0 || x.Updated < x.Created {
		t.Errorf("%+v", x)
	}
}

func TestListRefuses(t *testing.T) {
	h := openHouse(t)
	for _, bad := range []string{
		"state=Happy", "limit=0", "limit=201", "limit=x", "cursor=x", "cursor=!", "kind=thing", "sort=name", "tag=x", "tag==v", "from=noon", "failed=maybe", "nothing=1", "name=a&name=b",
		"kind=entity&state=Running", "kind=entity&tag=a=b", "kind=entity&error=x", "kind=entity&failed=1", "kind=entity&name=a/b", "locked=true", "quarantined=1&cursor=!",
	} {
		h.want(400, "GET", "list?"+bad, "")
	}
	var p page
	h.start("waits", "a", "")
	h.start("waits", "b", "")
	h.want(200, "GET", "list?limit=1", "", &p)
	h.want(400, "GET", "list?failed=1&cursor="+p.Cursor, "") // of another query
}

func TestListEntities(t *testing.T) {
	h := openHouse(t)
	for _, key := range []string{"a/1", "a/2", "b@c", ""} {
		_, err := h.entities.Call(t.Context(), purse.ID(key), "add", []byte("1"))
		must(t, err)
	}
	h.start("holds", "holder", `"a/1"`)
	h.start("holds", "ghost", `"never"`)
	h.until("both are held", func() bool { return len(h.all("kind=entity&locked=true")) == 2 })
	for query, want := range map[string][]string{
		"":                     {"@purse@", "@purse@a/1", "@purse@a/2", "@purse@b@c", "@purse@never"},
		"name=Purse&prefix=a/": {"@purse@a/1", "@purse@a/2"}, "prefix=a/": {"@purse@a/1", "@purse@a/2"}, "prefix=@purse@b@": {"@purse@b@c"},
		"locked=true": {"@purse@a/1", "@purse@never"}, "sort=id": {"@purse@", "@purse@a/1", "@purse@a/2", "@purse@b@c", "@purse@never"}, "to=1000": nil,
	} {
		got := h.all("kind=entity&limit=1&" + query)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
	var p page
	h.want(200, "GET", "list?kind=entity&locked=true", "", &p)
	for _, x := range p.Items {
		if x.Kind != "entity" || x.Name != "purse" || x.Key == nil || "@purse@"+*x.Key != x.ID || !x.Locked || x.Updated == 0 || (x.State == "Deleted") != (*x.Key == "never") {
			t.Errorf("%+v", x)
		}
	}
}

// What the engine cannot run is seen with the reason, and tried again.
func TestQuarantine(t *testing.T) {
	h := openHouse(t)
	for _, id := range []string{"q1", "q2", "q3"} {
		h.start("waits", id, "1")
		h.state(id, "Running")
	}
	h.start("talks", "fine", "0")
	h.want(409, "POST", "instances/q1/retry", "")
	h.restart([]orchestrator.Definition{fails}) // nobody knows them any more
	for _, id := range []string{"q1", "q2", "q3"} {
		h.do("POST", "instances/"+id+"/suspend", "") // an instance is set aside when it is to run
	}
	if ids := h.all("quarantined=true&limit=2"); !slices.Equal(ids, []string{"q1", "q2", "q3"}) {
		t.Fatalf("set aside: %v", ids)
	}
	for query, want := range map[string]int{
		"prefix=q2": 1, "name=waits": 3, "name=fails": 0, "state=Running": 3, "failed=1": 0, "kind=entity": 0, "from=0&to=1000": 0, "tag=a=b": 0, "error=x": 0,
	} {
		if n := len(h.all("quarantined=1&" + query)); n != want {
			t.Errorf("%s: %d, not %d", query, n, want)
		}
	}
	var p page
	h.want(200, "GET", "list?prefix=q1", "", &p)
	var s status
	h.want(200, "GET", "instances/q1", "", &s)
	var e engine
	h.want(200, "GET", "engine", "", &e)
	for what, why := range map[string]string{"list": p.Items[0].Quarantine, "instance": s.Quarantine, "engine": e.Aside[0].Why} {
		if !strings.Contains(why, "not registered") {
			t.Errorf("%s says %q", what, why)
		}
	}
	if s.State != "Running" || string(s.Input) != "1" || e.Quarantined != 3 || len(e.Aside) != 3 {
		t.Errorf("%+v %+v", s, e.Aside)
	}
	h.want(200, "GET", "instances/q1/history", "")
	live := h.follow("list/live?quarantined=true", "")
	if live.next("page", &p); len(p.Items) != 3 {
		t.Errorf("live: %+v", p)
	}
	h.want(200, "POST", "instances/q1/terminate", "")
	if live.next("page", &p); len(p.Items) != 2 {
		t.Errorf("without the one that was terminated: %+v", p)
	}
	h.want(200, "POST", "instances/q2/retry", "") // it takes turns again, as soon as there is something to do
	if live.next("page", &p); len(p.Items) != 1 || p.Items[0].ID != "q3" {
		t.Errorf("without the one that is tried again: %+v", p)
	}
	h.want(404, "GET", "instances/nobody", "")
	h.want(409, "POST", "entities/purse/a/retry", "")
}

// Locks are seen, with who waits for them.
func TestLocks(t *testing.T) {
	h := openHouse(t)
	for _, id := range []string{"first", "second"} {
		h.start("holds", id, `"a/b"`)
		h.until(id+" is there", func() bool {
			p, err := h.entities.Locks(entities.LockQuery{All: true})
			return err == nil && len(p.Items) == 1 && p.Items[0].Waiting == len(id)-5
		})
	}
	h.start("holds", "alone", `"other"`)
	must(t, h.entities.Signal(t.Context(), purse.ID("a/b"), "add", []byte("1")))
	var e entity
	h.until("three want it", func() bool {
		h.want(200, "GET", "entities/purse/a%2Fb", "", &e)
		return e.Waiting == 2
	})
	if e.Lock.Owner != "first" || e.Lock.Since < 1e12 || e.Exists || len(e.Queue) != 2 || e.Queue[0] != (queued{"second", "lock", ""}) || e.Queue[1] != (queued{"", "signal", "add"}) {
		t.Errorf("%+v %+v", e, e.Lock)
	}
	var l struct {
		Locks  []held
		Cursor string
	}
	h.want(200, "GET", "locks", "", &l)
	if len(l.Locks) != 1 || l.Locks[0].Key != "a/b" || l.Locks[0].Owner != "first" || l.Locks[0].Waiting != 2 || l.Locks[0].Since != e.Lock.Since {
		t.Errorf("waited for: %+v", l)
	}
	h.until("all are held", func() bool {
		h.want(200, "GET", "locks?all=true", "", &l)
		return len(l.Locks) == 2
	})
	h.want(200, "GET", "locks?all=true&limit=1", "", &l)
	if len(l.Locks) != 1 || l.Cursor == "" {
		t.Errorf("a page: %+v", l)
	}
	h.want(200, "GET", "locks?all=true&limit=1&cursor="+l.Cursor, "", &l)
	for _, bad := range []string{"prefix=a", "cursor=x", "limit=0", "all=2", "other=1"} {
		h.want(400, "GET", "locks?"+bad, "")
	}
	h.want(200, "POST", "instances/first/raise", `{"event":"go","body":"x"}`)
	h.until("the next has it", func() bool {
		h.want(200, "GET", "entities/purse/a%2Fb", "", &e)
		return e.Lock != nil && e.Lock.Owner == "second" && e.Waiting == 1
	})
}

// Who has to do with an instance, as the histories tell.
func TestFamily(t *testing.T) {
	h := openHouse(t)
	h.start("parent", "top", "")
	h.until("the leaf waits", func() bool { _, err := h.client.Status("leaf"); return err == nil })
	want := map[string]int{
		"top child middle": 1, "middle child leaf": 1, "top detached apart": 1, "top event apart": 1, "top call @purse@shared": 2,
		"top signal @purse@told": 1, "top lock @purse@locked": 1,
	}
	for _, id := range []string{"top", "leaf", "middle"} {
		var f family
		h.until("all states are known", func() bool {
			f = family{}
			h.want(200, "GET", "instances/"+id+"/family", "", &f)
			return len(f.Nodes) == 7 && !slices.ContainsFunc(f.Nodes, func(n *node) bool { return n.State == "" && n.ID != "@purse@locked" })
		})
		got := map[string]int{}
		for _, e := range f.Edges {
			got[e.From+" "+e.What+" "+e.To] = e.Count
			if e.First < 1e12 || e.Last < e.First {
				t.Errorf("%+v", e)
			}
		}
		if !maps.Equal(got, want) || f.Cut {
			t.Errorf("of %s: %v", id, got)
		}
	}
	var f family
	h.want(200, "GET", "instances/apart/family", "", &f)
	if len(f.Nodes) != 1 || len(f.Edges) != 0 { // it has no parent
		t.Errorf("of one that is apart: %+v", f)
	}
	h.want(404, "GET", "instances/nobody/family", "")
	many := orchestrator.Raw(fmt.Sprint(maxFamily + 10))
	_, err := h.client.Start(t.Context(), "crowd", many, orchestrator.WithID("crowd"))
	must(t, err)
	h.state("crowd", "Completed")
	f = family{}
	h.want(200, "GET", "instances/crowd/family", "", &f)
	if len(f.Nodes) != maxFamily || !f.Cut {
		t.Errorf("of many: %d, cut %t", len(f.Nodes), f.Cut)
	}
}

func TestPublished(t *testing.T) {
	h := openHouse(t)
	h.start("talks", "t", "5")
	h.state("t", "Completed")
	var got struct {
		Events []published
		Last   uint64
	}
	h.want(200, "GET", "instances/t/published?after=1&limit=2", "", &got)
	if len(got.Events) != 2 || got.Last != 5 || got.Events[0].N != 2 || string(got.Events[0].Body) != `"line b"` || got.Events[0].Time < 1e12 {
		t.Errorf("%+v", got)
	}
	h.want(200, "GET", "instances/t/published?after=9", "", &got)
	if len(got.Events) != 0 || got.Events == nil {
		t.Errorf("%+v", got)
	}
	h.want(404, "GET", "instances/nobody/published", "")
	h.want(400, "GET", "instances/t/published?limit=0", "")
}

func TestHistoryPages(t *testing.T) {
	h := openHouse(t)
	large := `"` + strings.Repeat("x", largeBody) + `"`
	h.start("waits", "w", large)
	h.state("w", "Running")
	h.want(200, "POST", "instances/w/raise", `{"event":"other","body":`+large+`}`)
	var whole, part struct {
		Total int
		Rows  []row
	}
	h.want(200, "GET", "instances/w/history", "", &whole)
	last := whole.Total - 1
	if r := whole.Rows[last]; r.Type != "EventRaised" || r.Input != nil || r.Omitted != len(large) || r.Name != "other" || r.Time < 1e12 {
		t.Errorf("%+v", r)
	}
	h.want(200, "GET", fmt.Sprintf("instances/w/history?after=%d&limit=1", last), "", &part)
	if r := part.Rows[0]; len(part.Rows) != 1 || r.N != whole.Total || string(r.Input) != large || r.Omitted != 0 {
		t.Errorf("by itself: %+v", part)
	}
	h.want(200, "GET", "instances/w/history?after=1&limit=2", "", &part)
	if len(part.Rows) != 2 || part.Rows[0].N != 2 || part.Total != whole.Total {
		t.Errorf("a page: %+v", part)
	}
	h.want(404, "GET", "instances/nobody/history", "")
	h.want(400, "GET", "instances/w/history?limit=5001", "")
}

func TestDefinitions(t *testing.T) {
	h := openHouse(t)
	var d struct {
		Orchestrations []struct {
			Name     string
			Versions []string
		}
		Entities []struct {
			Name       string
			Operations []string
		}
	}
	h.want(200, "GET", "definitions", "", &d)
	if len(d.Orchestrations) != 9 || d.Orchestrations[0].Name != "crowd" || !slices.Equal(d.Orchestrations[0].Versions, []string{""}) ||
		len(d.Entities) != 1 || !slices.Equal(d.Entities[0].Operations, []string{"add", "delete"}) {
		t.Errorf("%+v", d)
	}
}

// What leads nowhere says so.
func TestRoutes(t *testing.T) {
	h := openHouse(t)
	for _, path := range []string{"nothing", "instances", "instances/a/explode", "entities/purse", "entities/purse/a/explode", "plug"} {
		h.want(404, "GET", path, "")
		h.want(404, "POST", path, "")
	}
	if r := h.want(405, "POST", "list", ""); r.Header.Get("Allow") != "GET" {
		t.Errorf("allowed: %v", r.Header)
	}
	h.want(405, "DELETE", "instances/a", "")
	h.want(200, "HEAD", "list", "")
	for _, r := range Routes() {
		method, path, _ := strings.Cut(r, " ")
		path = strings.TrimPrefix(strings.NewReplacer("{id}", "a", "{name}", "purse", "{key}", "$").Replace(path), Root+"/")
		if method == "GET" && !strings.HasSuffix(path, "live") {
			h.want(400, "GET", path+"?nothing="+url.QueryEscape("x y"), "")
		}
		if method == "POST" {
			h.want(400, "POST", path, `{"nothing":1}`)
			h.want(400, "POST", path+"?nothing=1", `{}`)
			if r := h.do("POST", path, "reason=x", "Content-Type", "application/x-www-form-urlencoded"); r.StatusCode != 415 {
				t.Errorf("%s as a form: %d", path, r.StatusCode)
			}
		}
	}
}
