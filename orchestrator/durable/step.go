package durable

import (
	"cmp"
	"slices"
)

// step takes parcels, gives every instance that has messages its turn, and
// makes the batch that holds all of it. Messages to instances of this same
// partition are delivered within the batch: it is one commit, so nobody can see
// one half of it. Nil means that there is nothing to commit; release is due
// either way.
func (p *partition) step(now Time, in []parcel) *Batch {
	b := p.begin(p.meta.advance(now))
	list := p.drain(in)
	for _, c := range list { // before any message is kept: no row is put and deleted in one batch
		if c.kind == toRetry {
			p.retry(c)
		}
	}
	for _, c := range list {
		p.admit(c)
	}
	for b.next < len(b.order) && !b.full() {
		b.next++
		p.turn(b.order[b.next-1])
	}
	p.spill()
	p.collect()
	return p.finish()
}

// drain picks what this batch takes: the inbox, then parcels in the order of
// their arrival, and timers that are due, merged by time. What is too much stays
// for the next. Nothing passes the inbox, so that messages stay in order.
func (p *partition) drain(in []parcel) []parcel {
	n, size := 0, 0
	fit := func(list []parcel) (k int) {
		for k < len(list) && n < drainMessages && size < drainBytes {
			size += list[k].m.size()
			n, k = n+1, k+1
		}
		return k
	}
	var list []parcel
	if k := fit(p.kept); k > 0 {
		list, p.kept = append(list, p.kept[:k]...), p.kept[k:]
	}
	if len(p.backlog) == 0 && len(list) == 0 {
		k := fit(in)
		list, p.backlog = in[:k:k], slices.Clone(in[k:])
	} else {
		p.backlog = append(p.backlog, in...)
		k := fit(p.backlog)
		list, p.backlog = append(list, p.backlog[:k]...), slices.Clone(p.backlog[k:])
	}
	return p.merge(list, p.timers.due(p.batch.now, drainMessages, drainBytes))
}

// merge puts due timers between parcels: before those that were let in after
// the timer was due, on the timer's clock.
func (p *partition) merge(list []parcel, due []timerEntry) []parcel {
	if len(due) == 0 {
		return list
	}
	fired := make([]parcel, 0, len(due)+len(list))
	for i := range due {
		c, err := p.fired(&due[i])
		if err != nil {
			p.log.Error().Err(err).Msg("timer row cannot be read; it stays where it is")
			p.stats.Corrupt.Add(1)
			p.timers.clocks[due[i].due.Clock].tree.Delete(due[i])
			continue
		}
		c.m.Stamp = p.stampAt(due[i].due)
		fired = append(fired, c)
	}
	slices.SortStableFunc(fired, func(a, b parcel) int { return cmp.Compare(a.m.Stamp.Wall, b.m.Stamp.Wall) })
	if len(list) == 0 {
		return fired
	}
	merged := make([]parcel, 0, len(fired)+len(list))
	for _, c := range list {
		for len(fired) > 0 && fired[0].due.due.At <= c.m.Stamp.At(fired[0].due.due.Clock) {
			merged, fired = append(merged, fired[0]), fired[1:]
		}
		merged = append(merged, c)
	}
	return append(merged, fired...)
}

// stampAt is the moment at which a timer was due, on both clocks: as long ago
// on the other as on its own.
func (p *partition) stampAt(d Due) Time {
	now := p.batch.now
	ago := now.At(d.Clock) - d.At
	return Time{Wall: now.Wall - ago, Uptime: max(now.Uptime-ago, 0)}
}

// admit takes a parcel into the batch: it notes that we have it, and queues its
// message for the receiver's turn.
func (p *partition) admit(c parcel) {
	switch c.kind {
	case fromClient:
		p.await(&c)
		p.batch.taken = append(p.batch.taken, c)
	case fromStream:
		if !p.receive(&c) {
			return
		}
		p.batch.taken = append(p.batch.taken, c)
	case fromWork:
		if !p.work.finish(unpackWork(c.n)) {
			p.stats.Dropped.Add(1)
			return
		}
		p.batch.taken = append(p.batch.taken, c)
		p.batch.dirty = true
	case fromTimer:
		p.timers.remove(c.due)
		p.batch.dirty = true
		if c.n != 0 {
			p.batch.deleteNumbered(tagDelayed, c.n, c.last)
		}
	case toRetry:
		return // done before
	case toWatch:
		p.beginWatch(c)
		return
	case toUnwatch:
		p.endWatch(c.watcher)
		return
	case toAsk:
		p.ask(c)
		return
	}
	if p.park(&c) {
		return
	}
	p.enqueue(c)
}

// receive checks a message's number in its stream: what we have seen is
// dropped, and nothing may be missing.
func (p *partition) receive(c *parcel) bool {
	have := p.meta.in[c.from]
	if c.n <= have {
		p.stats.Duplicates.Add(1)
		p.acknowledge(c.from) // the sender may not know
		return false
	}
	if c.n != have+1 {
		p.stats.Gaps.Add(1)
		p.log.Error().Int("from", c.from).Uint64("have", have).Uint64("got", c.n).Msg("gap in a stream between partitions; the message is dropped and will be sent again")
		return false
	}
	p.meta.in[c.from] = c.n
	c.m.Stamp = p.stampAt(Due{Clock: Wall, At: min(c.m.Stamp.Wall, p.batch.now.Wall)}) // its uptime was the sender's
	p.batch.dirty = true
	p.acknowledge(c.from)
	return true
}

func (p *partition) acknowledge(from int) {
	if !slices.Contains(p.batch.from, from) {
		p.batch.from = append(p.batch.from, from)
	}
}

// enqueue puts a message before its instance. What a turn sends to an instance
// of its own partition goes behind the inbox, while something waits there.
func (p *partition) enqueue(c parcel) {
	if q := p.quarantined[c.m.To]; q != nil && !p.salvages(&c.m) {
		p.keep(q, c)
		return
	}
	if c.kind == fromTurn && len(p.kept) > 0 {
		p.kept = append(p.kept, p.keepRow(c.m))
		return
	}
	l, err := p.live(c.m.To)
	if err != nil {
		p.unreadable(c.m.To, err, []parcel{c})
		return
	}
	if c.m.Return.Request != "" && !p.judge(l, &c) {
		p.took(&c)
		return
	}
	if len(l.queue) == 0 {
		p.batch.order = append(p.batch.order, l)
	}
	if n := len(p.queues); l.queue == nil && n > 0 {
		l.queue, p.queues = p.queues[n-1], p.queues[:n-1]
	}
	l.queue = append(l.queue, c)
	p.batch.owed += c.owed()
}

// owed is what a queued message takes of the batch if its instance gets no turn.
func (c *parcel) owed() int {
	if c.kind == fromInbox {
		return 0
	}
	return c.m.size()
}

// took notes that a message needs to be kept no longer.
func (p *partition) took(c *parcel) {
	if c.kind == fromInbox {
		p.batch.deleteNumbered(tagInbox, c.n, c.last)
		delete(p.inbox, c.n)
	}
}

// judge looks up a client's request: one that was answered gets its answer
// again, one that waits goes on waiting, and only a new one reaches a turn. Of
// two that are new in one batch the one that is stored goes on: the other may
// still be refused.
func (p *partition) judge(l *live, c *parcel) bool {
	key := requestKey{c.m.Return.Caller, c.m.Return.Request}
	e, known := l.window.find(key)
	i := l.queued(key)
	switch {
	case known && e.state == requestAnswered:
		p.answerToken(c.m.Return.Token, e.answer)
	case !known && i < 0:
		return true
	default:
		if !known && l.queue[i].kind == fromClient && c.kind != fromClient {
			l.queue[i], *c = *c, l.queue[i]
		}
		wait := waitKey{l.id, key}
		p.retries[wait] = append(p.retries[wait], c.m.Return.Token)
	}
	p.stats.Repeats.Add(1)
	return false
}

// queued is where the same request is before the instance in this batch, -1 if
// it is not.
func (l *live) queued(key requestKey) int {
	return slices.IndexFunc(l.queue, func(c parcel) bool {
		return c.m.Return.Request == key.request && c.m.Return.Caller == key.caller
	})
}

// spill leaves what the batch had no room for in the inbox; it is first in the
// next batch. The order of the rows is the order of the messages, so that it is
// the same after a crash.
func (p *partition) spill() {
	rest := p.batch.order[p.batch.next:]
	if len(rest) == 0 {
		return
	}
	for _, l := range rest {
		for _, c := range l.queue {
			if c.kind != fromInbox {
				c = p.keepRow(c.m)
			}
			p.kept = append(p.kept, c)
		}
		l.queue = nil
	}
	slices.SortFunc(p.kept, func(a, b parcel) int { return cmp.Compare(a.n, b.n) })
}

// keepRow writes a message into the inbox.
func (p *partition) keepRow(m Message) parcel {
	first, last := p.batch.putNumbered(tagInbox, &p.meta, AppendMessage([]byte{recordVersion}, &m))
	p.inbox[first] = true
	return parcel{m: m, kind: fromInbox, n: first, last: last}
}

func (p *partition) openInbox(rd Reader) error {
	return scanNumbered(rd, uint16(p.n), tagInbox, p.meta.low.inbox, func(first, last uint64, content []byte) (bool, error) {
		d := NewDecoder(content)
		d.Byte()
		m := d.Message()
		p.inbox[first] = true
		p.kept = append(p.kept, parcel{m: m, kind: fromInbox, n: first, last: last})
		return true, d.Done()
	})
}

// finish writes the rows that are written once a batch, and the partition's own.
func (p *partition) finish() *Batch {
	b := p.batch
	p.outbox.write(&b.builder, &p.meta)
	p.work.write(&b.builder, &p.meta)
	p.timers.write(&b.builder)
	for _, l := range b.written {
		p.writeRecord(l)
	}
	p.outbox.settle()
	idle := len(b.rows) == 0 && !b.dirty
	if idle && !p.tickDue(b.now) && (p.outbox.passed() == 0 || len(b.answers) > 0 && p.outbox.passed() < outboxSlack) {
		return nil // the rows that all receivers have passed go when nobody waits for an answer
	}
	p.outbox.clean(&b.builder, &p.meta)
	p.meta.low.inbox = p.lowInbox()
	p.meta.batch++
	p.tick = b.now.Uptime
	row := p.meta.append(make([]byte, 0, p.metaSize+8))
	p.metaSize = len(row)
	b.put(metaKey(b.partition), row)
	return &Batch{Partition: b.partition, Number: p.meta.batch, Rows: b.rows, Size: b.size, Turns: b.turns}
}

func (p *partition) lowInbox() uint64 {
	low := p.meta.number + 1
	for n := range p.inbox {
		low = min(low, n)
	}
	return low
}

// uptimeStoreMS is how often uptime is stored, though nothing else is, while
// one of its timers is armed, so that a crash gives back no more: the default of
// Options.UptimeStore.
const uptimeStoreMS = 250

// tickDue says whether the uptime is to be stored though nothing else is.
func (p *partition) tickDue(now Time) bool {
	_, armed := p.timers.next(Uptime)
	return armed && now.Uptime-p.tick >= p.storeMS
}
