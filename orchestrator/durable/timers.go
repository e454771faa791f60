package durable

import (
	"fmt"

	"github.com/tidwall/btree"
)

// timers are what a partition has to deliver later: timers of its instances,
// and messages that arrived before they were due. All are rows; the earliest
// are in memory too.
type timers struct {
	partition uint16
	clocks    [2]timerQueue
	changed   map[timerID]timerChange // by this batch
}

// timerID is the order of timers: by due time, then owner and number.
type timerID struct {
	due   Due
	owner uint64 // incarnation, or 0 for a message that waits
	n     uint64 // task and generation of the owner, or a number of the partition
}

type timerEntry struct {
	timerID
	value []byte
}

type timerChange struct {
	stored bool // the row was there before this batch
	value  []byte
}

// timerQueue is the timers of one clock. Those before the horizon are all in
// memory; those from it on are on disk only.
type timerQueue struct {
	tree    *btree.BTreeG[timerEntry]
	horizon *timerID // nil: everything is in memory
}

func timerLess(a, b timerEntry) bool { return a.timerID.less(b.timerID) }

func (a timerID) less(b timerID) bool {
	if a.due.At != b.due.At {
		return a.due.At < b.due.At
	}
	if a.owner != b.owner {
		return a.owner < b.owner
	}
	return a.n < b.n
}

func newTimers(partition uint16) *timers {
	t := &timers{partition: partition, changed: map[timerID]timerChange{}}
	for c := range t.clocks {
		t.clocks[c].tree = btree.NewBTreeGOptions(timerLess, btree.Options{NoLocks: true})
	}
	return t
}

// arm adds a timer. Its value is what fire gives back.
func (t *timers) arm(id timerID, value []byte) {
	q := &t.clocks[id.due.Clock]
	beyond := q.horizon != nil && !id.less(*q.horizon)
	c, ok := t.changed[id]
	if !ok { // it may be there already: armed twice
		_, c.stored = q.tree.Get(timerEntry{timerID: id})
		c.stored = c.stored || beyond
	}
	c.value = value
	t.changed[id] = c
	if beyond {
		return
	}
	q.tree.Set(timerEntry{id, value})
	if q.tree.Len() > maxTimers {
		last, _ := q.tree.PopMax()
		q.horizon = &last.timerID
	}
}

// remove takes a timer out: it was cancelled, or what it carried is delivered.
func (t *timers) remove(id timerID) {
	if c, ok := t.changed[id]; ok && !c.stored {
		delete(t.changed, id)
	} else {
		t.changed[id] = timerChange{stored: true}
	}
	t.clocks[id.due.Clock].tree.Delete(timerEntry{timerID: id})
}

// write puts what this batch changed into it.
func (t *timers) write(b *builder) {
	for id, c := range t.changed { // distinct keys: their order does not matter
		key := timerKey(t.partition, id.due, id.owner, id.n)
		if c.value != nil {
			b.put(key, c.value)
		} else {
			b.del(key)
		}
		delete(t.changed, id)
	}
}

// next is the earliest due time of a clock.
func (t *timers) next(c Clock) (int64, bool) {
	e, ok := t.clocks[c].tree.Min()
	return e.due.At, ok
}

// due gives up to max timers of each clock that are due, and little more than
// so many bytes, in the order of their time, without removing them.
func (t *timers) due(now Time, max, bytes int) []timerEntry {
	var list []timerEntry
	for c := range t.clocks {
		n, size := 0, 0
		t.clocks[c].tree.Scan(func(e timerEntry) bool {
			if e.due.At > now.At(Clock(c)) || n == max || size > bytes {
				return false
			}
			n++
			size += e.size()
			list = append(list, e)
			return true
		})
	}
	return list
}

// low says whether more of the queue's timers should be read from the disk.
func (q *timerQueue) low() bool { return q.horizon != nil && q.tree.Len() <= maxTimers/4 }

// low says whether refill has something to do.
func (t *timers) low() bool { return t.clocks[Wall].low() || t.clocks[Uptime].low() }

// refill reads timers from the disk where memory has run low of them. It sees
// committed rows only, so it is called between batches.
func (t *timers) refill(rd Reader) error {
	for c := range t.clocks {
		q := &t.clocks[c]
		if !q.low() {
			continue
		}
		from := *q.horizon
		if err := t.load(rd, Clock(c), timerKey(t.partition, from.due, from.owner, from.n)); err != nil {
			return err
		}
	}
	return nil
}

// open reads the earliest timers of both clocks.
func (t *timers) open(rd Reader) error {
	for c := range t.clocks {
		if err := t.load(rd, Clock(c), append(rowKey(t.partition, tagTimer, 1), byte(c))); err != nil {
			return err
		}
	}
	return nil
}

func (t *timers) load(rd Reader, c Clock, from []byte) error {
	q := &t.clocks[c]
	q.horizon = nil
	var failed error
	_, end := prefixRange(append(rowKey(t.partition, tagTimer, 1), byte(c)))
	err := rd.Scan(from, end, false, func(k, v []byte) bool {
		if len(k) != timerKeyLen {
			failed = fmt.Errorf("%w: timer key of %d bytes", ErrCorrupt, len(k))
			return false
		}
		var id timerID
		id.due, id.owner, id.n = timerKeyParts(k)
		if q.tree.Len() >= maxTimers/2 {
			q.horizon = &id
			return false
		}
		q.tree.Set(timerEntry{id, append([]byte(nil), v...)})
		return true
	})
	if failed != nil {
		return failed
	}
	return err
}

// ownTimer is the identity of an instance's timer. Tasks start anew with each
// generation, so that the generation is part of it.
func ownTimer(incarnation uint64, generation uint32, t Timer) timerID {
	return timerID{due: t.Due, owner: incarnation, n: uint64(generation)<<40 | t.Task&(1<<40-1)}
}

// appendOwnTimer writes the value of an instance's timer.
func appendOwnTimer(b []byte, id ID, generation uint32, task uint64) []byte {
	b = AppendID(append(b, recordVersion), id)
	return AppendUint(AppendUint(b, uint64(generation)), task)
}
