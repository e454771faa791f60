package durable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// actors reads the states of all instances in the store.
func (w *world) actors() (states map[ID]actorState) {
	states = map[ID]actorState{}
	w.view(func(rd Reader) error {
		for n := range w.parts {
			prefix := rowKey(uint16(n), tagRecord, 0)
			start, end := prefixRange(prefix)
			var ids []ID
			if err := rd.Scan(start, end, false, func(k, _ []byte) bool {
				id, err := parseIDKey(k[len(prefix):])
				if err != nil {
					w.violate("record key: %w", err)
				}
				ids = append(ids, id)
				return true
			}); err != nil {
				return err
			}
			for _, id := range ids {
				r, err := readRecord(rd, uint16(n), id)
				if err != nil {
					return err
				}
				if states[id], err = parseActor(r.head); err != nil {
					return fmt.Errorf("head of %s: %w", id, err)
				}
			}
		}
		return nil
	})
	return states
}

// checkLists pages through the listings and compares them with the states.
func (w *world) checkLists() {
	states := w.actors()
	for _, name := range []string{"all", "mod1", "mod2"} {
		var want, got []Item
		for id, s := range states {
			if s.balance < 0 {
				w.violate("%s has %d", id, s.balance)
			}
			for _, x := range s.index(id) {
				if x.Name == name {
					want = append(want, Item{ID: id, Time: x.Time, Data: x.Data})
				}
			}
		}
		slices.SortFunc(want, func(a, b Item) int {
			return cmp.Or(cmp.Compare(b.Time, a.Time), compareIDs(a.ID, b.ID))
		})
		var after Cursor
		for {
			page, err := w.host.List(name, after, 1+w.rng.IntN(4))
			if err != nil {
				w.violate("list: %w", err)
				return
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			last := page[len(page)-1]
			after = Cursor{Time: last.Time, ID: last.ID}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			w.violate("listing %s is %v, the states say %v", name, got, want)
		}
	}
}

// drain ends the faults, lets everything come to its end, and says whether it did.
func (w *world) drain() {
	w.quiet, w.wall = true, max(w.wall, w.highest)
	clear(w.poison)
	for _, p := range w.parts {
		for id := range p.quarantined {
			p.mail.put(parcel{m: Message{To: id}, kind: toRetry, done: func(Answer) {}})
		}
	}
	for round, idle := 0, 0; idle < 5; round++ {
		if w.err != nil {
			return
		}
		if round > 20_000 {
			w.violate("it does not come to rest")
			return
		}
		if w.settle() {
			idle++
			w.advance(1000)
		} else {
			idle = 0
			w.advance(7)
		}
	}
}

// settle does everything that can be done now; true means that it was nothing.
func (w *world) settle() bool {
	commits, turns := w.figures.commits, w.stats.Turns.Load()
	for _, call := range slices.Clone(w.clients.open) {
		if call.named && call.waiting == 0 {
			w.clients.post(call)
		}
	}
	for len(w.pool.jobs) > 0 {
		w.pool.work()
	}
	for _, k := range w.net.order {
		w.net.movePair(k)
	}
	for _, p := range w.parts {
		w.step(p)
	}
	for len(w.store.Pending()) > 0 {
		w.resolve()
	}
	return w.figures.commits == commits && w.stats.Turns.Load() == turns && w.net.empty() && len(w.clients.open) == 0
}

// checkEnd compares what is left with what clients were told.
func (w *world) checkEnd() {
	w.checkLists()
	if list := w.clients.unanswered(); len(list) > 0 {
		w.violate("never answered: %s", strings.Join(list, ", "))
	}
	states := w.actors()
	money, capital := int64(0), int64(0)
	counts := map[string]int{}
	for id, s := range states {
		money += s.balance
		if len(s.tasks) > 0 || len(s.waits) > 0 {
			w.violate("%s has %d tasks and %d waits left: %v", id, len(s.tasks), len(s.waits), s.tasks)
		}
		if id.Kind == kindBank {
			capital += simCapital
			w.countEvents(id, s.events, counts)
		}
	}
	if money != capital {
		w.violate("there is %d money, there must be %d", money, capital)
	}
	for _, call := range w.clients.list {
		n := counts[call.label]
		if call.id.Kind != kindBank || call.request.verb == verbPeek {
			continue
		}
		if call.due != (Due{}) && call.request.verb == verbPay {
			n = max(n, 1) // it may have been refused when it was due
		}
		if n > 1 && (call.named || call.posts == 1) || n == 0 && call.accepted {
			w.violate("%s (verb %d, named %t, due %v) was done %d times in %d posts, accepted %t", call.label, call.request.verb, call.named, call.due, n, call.posts, call.accepted)
		}
	}
	w.finishWatches()
}

// countEvents pages through the events of an instance.
func (w *world) countEvents(id ID, want uint64, counts map[string]int) {
	var last uint64
	for {
		page, err := w.host.Events(id, last, 1+w.rng.IntN(50))
		if err != nil {
			w.violate("events: %w", err)
			return
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Number != last+1 {
				w.violate("event %d of %s follows %d", e.Number, id, last)
			}
			last = e.Number
			counts[string(e.Body)]++
		}
	}
	if last != want {
		w.violate("%s has %d events, its head says %d", id, last, want)
	}
}

// purge erases every instance; nothing may be left in the store.
func (w *world) purge() {
	w.purging = true
	for range 3 { // the second time lets what the first left behind go with a batch
		for id := range w.actors() {
			w.clients.token++
			w.parts[id.Partition(len(w.parts))].mail.put(parcel{kind: fromClient, done: func(Answer) {}, m: Message{
				To: id, Op: opClient, Body: simRequest{verb: verbErase}.append(), Return: Return{Token: w.clients.token},
			}})
		}
		w.drain()
	}
	if rows := w.leftovers(); len(rows) > 0 {
		w.violate("%d rows are left when all is purged: %s", len(rows), strings.Join(rows[:min(len(rows), 20)], "; "))
	}
	for _, p := range w.parts {
		if len(p.waiting)+len(p.retries)+len(p.running)+len(p.quarantined)+len(p.inbox)+len(p.backlog)+len(p.garbage) > 0 {
			w.violate("partition %d keeps in memory: %d waiting, %d retries, %d running, %d quarantined, %d inbox, %d backlog, %d garbage",
				p.n, len(p.waiting), len(p.retries), len(p.running), len(p.quarantined), len(p.inbox), len(p.backlog), len(p.garbage))
		}
		p.cache.clear()
		if p.cache.bytes != 0 {
			w.violate("an empty cache weighs %d bytes", p.cache.bytes)
		}
	}
	if len(w.hot) > 0 {
		w.violate("%d hot values were never released", len(w.hot))
	}
}
