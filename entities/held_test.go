package entities_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

func (w *world) locks(q entities.LockQuery) (keys []string) {
	w.t.Helper()
	for {
		page, err := w.entities.Locks(q)
		if err != nil || q.Limit > 0 && len(page.Items) > q.Limit {
			w.t.Fatal(page, err)
		}
		for _, x := range page.Items {
			keys = append(keys, fmt.Sprintf("%s by %s, %d wait", x.ID.Key, x.Lock.Owner.Key, x.Waiting))
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return keys
		}
	}
}

func TestDecision_09_LocksAreVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, memory())
		defer w.host.Close()
		began := w.entities.Now()
		hold := func(id, from, to string) {
			t.Helper()
			if _, err := give.Begin(timed(t), w.orch, handover{From: from, To: to, Stay: true}, orchestrator.WithID(id)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		want := func(q entities.LockQuery, want ...string) {
			t.Helper()
			if got := w.locks(q); !slices.Equal(got, want) {
				t.Fatalf("%+v: %q, want %q", q, got, want)
			}
		}
		for i := range 5 {
			w.pay(fmt.Sprint("free", i), 1, 1)
		}
		want(entities.LockQuery{})
		hold("first", "a", "b")
		time.Sleep(time.Second)
		hold("second", "c", "d")
		want(entities.LockQuery{}) // nobody waits
		want(entities.LockQuery{All: true, Limit: 3}, "a by first, 0 wait", "b by first, 0 wait", "c by second, 0 wait", "d by second, 0 wait")
		hold("third", "b", "d")
		want(entities.LockQuery{}, "b by first, 1 wait")
		if err := pay.Signal(w.entities, "c", 1); err != nil {
			t.Fatal(err)
		}
		want(entities.LockQuery{Limit: 1}, "b by first, 1 wait", "c by second, 1 wait")
		want(entities.LockQuery{Name: "PURSE", KeyPrefix: "c"}, "c by second, 1 wait")
		want(entities.LockQuery{Name: "other"})
		want(entities.LockQuery{Name: "purse", KeyPrefix: "d", All: true}, "d by second, 0 wait")
		page, err := w.entities.Locks(entities.LockQuery{})
		if err != nil || page.Items[0].Lock.Since != began.UnixMilli() || page.Items[1].Lock.Since != began.Add(time.Second).UnixMilli() {
			t.Fatal(page, err)
		}
		if err := w.orch.Raise(timed(t), "first", "on", orchestrator.Raw("1")); err != nil { // hands b on to the third
			t.Fatal(err)
		}
		synctest.Wait()
		want(entities.LockQuery{All: true}, "b by third, 0 wait", "c by second, 1 wait", "d by second, 1 wait")
		want(entities.LockQuery{}, "c by second, 1 wait", "d by second, 1 wait")
		for _, id := range []string{"second", "third"} {
			if err := w.orch.Terminate(timed(t), id, ""); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		want(entities.LockQuery{All: true})
		want(entities.LockQuery{})
		for _, q := range []entities.LockQuery{{KeyPrefix: "a"}, {Name: "a/b"}, {Cursor: "?"}, {Limit: 1001}} {
			if _, err := w.entities.Locks(q); !errors.Is(err, durable.Fail(durable.CodeBadRequest, "")) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}

// orphan locks an entity in the name of somebody, as a program gone wrong might.
func (w *world) orphan(key string, owner durable.Return) {
	w.t.Helper()
	b := durable.AppendUint(durable.AppendReturn(nil, owner), 1)
	b = durable.AppendID(durable.AppendUint(b, 1), purses.ID(key))
	w.entities.SendTo(durable.Message{To: purses.ID(key), Op: orchestrator.OpLock, Body: b})
	synctest.Wait()
}

func TestBehaviour_112_CleanEntityStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, memory())
		defer w.host.Close()
		ctx := t.Context()
		clean := func(q entities.CleanQuery) (sum entities.CleanPage, pages int) {
			t.Helper()
			for pages = 1; ; pages++ {
				page, err := w.entities.Clean(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				sum.Looked, sum.Released, sum.Erased = sum.Looked+page.Looked, sum.Released+page.Released, sum.Erased+page.Erased
				if q.Cursor = page.Cursor; q.Cursor == "" {
					return sum, pages
				}
			}
		}
		want := func(q entities.CleanQuery, want entities.CleanPage, wantPages int) {
			t.Helper()
			if got, pages := clean(q); got != want || pages != wantPages {
				t.Fatalf("%+v: %+v on %d pages, want %+v on %d", q, got, pages, want, wantPages)
			}
		}
		want(entities.CleanQuery{}, entities.CleanPage{}, 1)
		for i := range 10 {
			w.pay(fmt.Sprint(i), 1, 1)
		}
		// A holder that lives, and one that ended; the lives before and after it.
		if _, err := give.Begin(ctx, w.orch, handover{From: "0", To: "new", Stay: true}, orchestrator.WithID("alive")); err != nil {
			t.Fatal(err)
		}
		if _, err := give.Begin(ctx, w.orch, handover{From: "8", To: "9"}, orchestrator.WithID("ended")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		life := func(id string) durable.Return {
			s, err := w.host.Read(orchestrator.InstanceID(id))
			if err != nil || !s.Exists {
				t.Fatal(s, err)
			}
			return durable.Return{To: s.ID, Incarnation: s.Incarnation, Generation: s.Generation}
		}
		alive, ended := life("alive"), life("ended")
		earlier := alive
		earlier.Incarnation--
		older := alive
		older.Generation++
		nobody := durable.Return{To: orchestrator.InstanceID("nobody"), Incarnation: 1, Generation: 1}
		want(entities.CleanQuery{Grace: -1}, entities.CleanPage{Looked: 11}, 1)
		for i, owner := range []durable.Return{ended, earlier, older, nobody} {
			w.orphan(fmt.Sprint(i+1), owner)
			w.orphan(fmt.Sprint("gone", i), owner)
		}
		w.orphan("gone0", nobody) // waits, to be the next to hold it
		if err := pay.Signal(w.entities, "3", 10); err != nil {
			t.Fatal(err)
		}
		if n := len(w.locks(entities.LockQuery{All: true})); n != 10 {
			t.Fatal(n)
		}
		want(entities.CleanQuery{}, entities.CleanPage{Looked: 15}, 1) // they may be on their way yet
		time.Sleep(time.Minute)
		want(entities.CleanQuery{Name: "other"}, entities.CleanPage{}, 1)
		want(entities.CleanQuery{Name: "PURSE", Limit: 3}, entities.CleanPage{Looked: 15, Released: 9, Erased: 4}, 3)
		want(entities.CleanQuery{Limit: 1}, entities.CleanPage{Looked: 11}, 1)
		if got := w.locks(entities.LockQuery{All: true}); !slices.Equal(got, []string{"0 by alive, 0 wait", "new by alive, 0 wait"}) {
			t.Fatal(got)
		}
		w.pay("3", 0, 11) // what waited was done
		for i := range 4 {
			if s, err := w.host.Read(purses.ID(fmt.Sprint("gone", i))); s.Exists || err != nil {
				t.Fatal(s, err)
			}
		}
	})
}
