package durable

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// quarantine holds an instance that the engine cannot run. It takes no turns;
// its timers and locks stay; what comes from inside is kept in the inbox;
// callers from outside get "unavailable". It is tried again at each start and
// on request, and never takes its partition with it. Only messages that its
// behavior can do without running it ([Salvager]) reach it.
type quarantine struct {
	reason string
	kept   []parcel
	bytes  int
}

// Bounds of what is kept for an instance in quarantine. What is over is dropped
// and counted, and an answer that was asked for says so.
const (
	keptMessages = 1000
	keptBytes    = 4 << 20
)

// quarantine sets an instance aside, with the messages that it could not take.
func (p *partition) quarantine(id ID, err error, parcels []parcel) {
	p.log.Error().Err(err).Stringer("instance", id).Msg("instance is quarantined: it takes no turns until it is mended and tried again")
	q := p.quarantined[id]
	if q == nil {
		p.stats.Quarantined.Add(1)
		q = &quarantine{}
		p.quarantined[id] = q
	}
	q.reason = err.Error()
	p.stats.reasons.Store(id, q.reason)
	if l := p.cache.lives[id]; l != nil {
		p.cache.remove(l)
	}
	for _, c := range parcels {
		p.keep(q, c)
	}
}

// unreadable deals with an instance that could not be read. Rows that cannot be
// decoded are its own misfortune, and set it aside. A store that cannot be read
// (another partition's commit was cut short a moment ago) is nobody's: the batch
// is not committed, and a recovery follows.
func (p *partition) unreadable(id ID, err error, parcels []parcel) {
	if errors.Is(err, ErrCorrupt) {
		p.quarantine(id, err, parcels)
		return
	}
	p.batch.unread = err
}

// keep keeps a message for an instance in quarantine. Clients who wait are
// refused instead.
func (p *partition) keep(q *quarantine, c parcel) {
	unavailable := Fail(CodeUnavailable, fmt.Sprintf("%s is set aside: %s", c.m.To, firstLine(q.reason)))
	if c.m.From.IsZero() && c.m.Return.Token != 0 {
		p.reply(c.m.To, Reply{To: c.m.Return, Fail: unavailable, Forget: true})
		p.took(&c)
		return
	}
	size := c.m.size()
	if len(q.kept) >= keptMessages || q.bytes+size > keptBytes {
		p.stats.Dropped.Add(1)
		if !c.m.Return.IsZero() {
			p.reply(c.m.To, Reply{To: c.m.Return, Fail: unavailable})
		}
		p.took(&c)
		return
	}
	if c.kind != fromInbox {
		c = p.keepRow(c.m)
	}
	q.kept = append(q.kept, c)
	q.bytes += size
}

// retry lets an instance take turns again: what was kept for it comes first.
func (p *partition) retry(c parcel) {
	q := p.quarantined[c.m.To]
	if q == nil {
		p.tell(c, Answer{Fail: Fail(CodeNotFound, fmt.Sprintf("%s is not in quarantine", c.m.To))})
		return
	}
	delete(p.quarantined, c.m.To)
	p.stats.reasons.Delete(c.m.To)
	for _, k := range q.kept {
		p.enqueue(k)
	}
	p.tell(c, Answer{})
}

// salvages says whether an instance in quarantine may have a turn for a message.
func (p *partition) salvages(m *Message) bool {
	s, ok := p.behaviors[m.To.Kind].(Salvager)
	return ok && s.Salvages(m)
}

// salvaged ends a quarantine after a turn that went well. What was kept comes
// with the next batch: some of it may have been stored in this one.
func (p *partition) salvaged(id ID) {
	q := p.quarantined[id]
	if q == nil {
		return
	}
	delete(p.quarantined, id)
	p.stats.reasons.Delete(id)
	p.kept = append(p.kept, q.kept...)
	slices.SortFunc(p.kept, func(a, b parcel) int { return cmp.Compare(a.n, b.n) })
}

// tell answers what is not a message, after the batch.
func (p *partition) tell(c parcel, a Answer) {
	p.batch.answers = append(p.batch.answers, answered{waiter: waiter{done: c.done}, a: a})
}

func firstLine(s string) string {
	for i := range s {
		if s[i] == '\n' {
			return s[:i]
		}
	}
	return s
}
