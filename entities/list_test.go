package entities_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

func listAll(t interface {
	Helper()
	Fatalf(string, ...any)
}, w *world, r *entities.Registry, q entities.Query,
) (all []entities.Listed) {
	t.Helper()
	for {
		page, err := w.entities.List(r, q)
		if err != nil || q.Limit > 0 && len(page.Items) > q.Limit {
			t.Fatalf("%+v: %d items, %v", q, len(page.Items), err)
		}
		all = append(all, page.Items...)
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return all
		}
	}
}

// Listings by the last operation give what a filter over all entities gives, for
// pages of any size; used, deleted and locked ones, over some minutes.
func TestBehaviour_111_ListAgainstAFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, memory())
		defer w.host.Close()
		r := mustRegistry(t)
		type known struct {
			id      durable.ID
			updated time.Time
			exists  bool
			locked  bool
		}
		var all []known
		do := func(key string, op string, input string) {
			t.Helper()
			if _, err := w.entities.Call(timed(t), purses.ID(key), op, []byte(input)); err != nil {
				t.Fatal(err)
			}
		}
		key := func(i int) string { return fmt.Sprintf("%c/%d", 'a'+i%3, i) }
		for i := range 60 {
			do(key(i), "pay", "1")
			time.Sleep(7 * time.Second)
		}
		for i := 0; i < 60; i += 4 { // used again
			do(key(i), "pay", "1")
			do(key(i), "count", "null") // changes nothing, so it is no matter
			time.Sleep(11 * time.Second)
		}
		for i := 1; i < 60; i += 20 { // deleted
			do(key(i), "delete", "null")
		}
		// Deleted, and locked by somebody: it lives on.
		if _, err := give.Begin(timed(t), w.orch, handover{From: "c/32", To: "never", Stay: true}, orchestrator.WithID("holder")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for i := range 60 {
			snap, err := w.host.Read(purses.ID(key(i)))
			if err != nil || snap.Exists == (i%20 == 1) {
				t.Fatalf("%s exists: %t, %v", key(i), snap.Exists, err)
			}
			if snap.Exists {
				all = append(all, known{snap.ID, time.UnixMilli(snap.Updated), true, key(i) == "c/32"})
			}
		}
		snap, _ := w.host.Read(purses.ID("never"))
		all = append(all, known{snap.ID, time.UnixMilli(snap.Updated), false, true})
		// A bubble has no deadline to ask for.
		rapid.Check(struct{ testing.TB }{t}, func(t *rapid.T) {
			moment := func(label string) time.Time {
				if rapid.Bool().Draw(t, label+" given") {
					return time.Time{}
				}
				return all[rapid.IntRange(0, len(all)-1).Draw(t, label)].updated.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "beside")) * time.Millisecond)
			}
			q := entities.Query{
				Name: rapid.SampledFrom([]string{"", "PURSE", "other"}).Draw(t, "name"), KeyPrefix: rapid.SampledFrom([]string{"", "", "a/", "b/1", "n", "z"}).Draw(t, "prefix"),
				LastOpFrom: moment("from"), LastOpTo: moment("to"), WithState: rapid.Bool().Draw(t, "state"),
				ByKey: rapid.Bool().Draw(t, "by key"), Locked: rapid.Bool().Draw(t, "locked"),
				IncludeDeleted: rapid.Bool().Draw(t, "deleted"), Limit: rapid.SampledFrom([]int{0, 1, 7, 60, 1000}).Draw(t, "limit"),
			}
			var want []known
			for _, k := range all {
				if q.Name != "other" && strings.HasPrefix(k.id.Key, q.KeyPrefix) && (k.exists || q.IncludeDeleted) && (k.locked || !q.Locked) &&
					(q.LastOpFrom.IsZero() || !k.updated.Before(q.LastOpFrom)) && (q.LastOpTo.IsZero() || k.updated.Before(q.LastOpTo)) {
					want = append(want, k)
				}
			}
			slices.SortFunc(want, func(a, b known) int {
				if q.Name != "" && q.KeyPrefix != "" || q.ByKey {
					return cmp.Compare(a.id.Key, b.id.Key)
				}
				return cmp.Or(b.updated.Truncate(time.Minute).Compare(a.updated.Truncate(time.Minute)), cmp.Compare(a.id.Key, b.id.Key))
			})
			got := listAll(t, w, r, q)
			if !slices.EqualFunc(got, want, func(a entities.Listed, b known) bool {
				return a.ID == b.id && a.LastOp.Equal(b.updated) && a.Info.Exists == b.exists && (a.Info.State != nil) == (q.WithState && b.exists)
			}) {
				t.Fatalf("%+v:\ngot  %+v\nwant %+v", q, got, want)
			}
		})
	})
}

func TestBehaviour_111_BadQueries(t *testing.T) {
	w := open(t, memory())
	r := mustRegistry(t)
	for i := range 3 {
		w.pay(fmt.Sprint(i), 1, 1)
	}
	page, err := w.entities.List(r, entities.Query{Name: "purse", Limit: 1})
	if err != nil || page.Cursor == "" || page.Items[0].Info.State != nil {
		t.Fatal(page, err)
	}
	for _, q := range []entities.Query{
		{Cursor: page.Cursor},
		{Name: "purse", Cursor: "x" + page.Cursor},
		{Name: "purse", KeyPrefix: "a", Cursor: page.Cursor},
		{Name: "purse", IncludeDeleted: true, Cursor: page.Cursor},
		{Name: "purse", ByKey: true, Cursor: page.Cursor},
		{Name: "purse", Locked: true, Cursor: page.Cursor},
		{Limit: -1},
		{Limit: 1001},
		{Name: "a/b"},
	} {
		if _, err := w.entities.List(r, q); !errors.Is(err, durable.Fail(durable.CodeBadRequest, "")) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if rest := listAll(t, w, r, entities.Query{Name: "Purse", Limit: 2, Cursor: page.Cursor, WithState: true}); len(rest) != 2 || string(rest[0].Info.State) != `{"Coins":1}` {
		t.Fatal(rest)
	}
}

// What is asked under a request id is stored, even where it changes nothing: it
// is an operation that the listing knows of.
func TestBehaviour_111_ListKnowsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, memory())
		defer w.host.Close()
		w.pay("ann", 1, 1)
		time.Sleep(10 * time.Minute)
		before := w.entities.Now()
		if _, err := count.DoAs(timed(t), w.entities, entities.Request{Caller: "c", ID: "1"}, "ann", struct{}{}); err != nil {
			t.Fatal(err)
		}
		if all := listAll(t, w, mustRegistry(t), entities.Query{LastOpFrom: before}); len(all) != 1 || all[0].LastOp.Before(before) {
			t.Fatal(all)
		}
	})
}
