package durable

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
)

// turn gives an instance its messages and takes its outcome into the batch.
func (p *partition) turn(l *live) {
	parcels := l.queue
	l.queue = nil
	for i := range parcels {
		p.batch.owed -= parcels[i].owed()
	}
	behavior := p.behaviors[l.id.Kind]
	if behavior == nil {
		p.quarantine(l.id, fmt.Errorf("nothing is registered for instances of kind %q", l.id.Kind), parcels)
		return
	}
	messages, stale := p.meant(l, parcels)
	if len(messages) == 0 {
		p.tookAll(parcels)
		p.drop(stale)
		return
	}
	if err := p.warm(l); err != nil {
		p.unreadable(l.id, err, parcels)
		return
	}
	in := p.instance(l)
	p.batch.turns++
	p.stats.Turns.Add(1)
	out, err := safeTurn(behavior, p.batch.now, &in, messages)
	if err == nil {
		err = p.check(l, &out)
	}
	if err != nil {
		if r, ok := out.Hot.(Releaser); ok {
			r.Release()
		}
		p.quarantine(l.id, err, parcels)
		return
	}
	p.tookAll(parcels)
	p.drop(stale)
	p.apply(l, &in, messages, &out)
	p.salvaged(l.id)
	p.cache.weigh(l)
	p.reuse(parcels, messages)
}

// reuse keeps a turn's lists for others, unless they are large: an exception.
func (p *partition) reuse(parcels []parcel, messages []Message) {
	clear(parcels)
	clear(messages)
	if cap(parcels) <= spareParcels && len(p.queues) < spareQueues {
		p.queues = append(p.queues, parcels[:0])
	}
	if cap(messages) <= spareParcels {
		p.messages = messages[:0]
	}
}

func (p *partition) tookAll(parcels []parcel) {
	for i := range parcels {
		p.took(&parcels[i])
	}
}

// meant is the messages for the instance as it is, and those for another
// incarnation or generation of it.
func (p *partition) meant(l *live, parcels []parcel) (list, stale []Message) {
	list, p.messages = slices.Grow(p.messages, len(parcels)), nil
	for i := range parcels {
		m := &parcels[i].m
		if m.Incarnation != 0 && m.Incarnation != l.incarnation || m.Generation != 0 && m.Generation != l.generation {
			stale = append(stale, *m)
			continue
		}
		list = append(list, *m)
	}
	return list, stale
}

// drop drops messages for an instance that is no more. Who waits is told.
func (p *partition) drop(stale []Message) {
	for i := range stale {
		m := &stale[i]
		p.stats.Dropped.Add(1)
		if !m.Return.IsZero() {
			p.reply(m.To, Reply{To: m.Return, Fail: Fail(CodeGone, fmt.Sprintf("incarnation %d, generation %d of %s has ended", m.Incarnation, m.Generation, m.To)), Forget: true})
		}
	}
}

// warm sees to it that a behavior which left nothing hot finds its history: what
// is on disk, and what turns of this batch have added.
func (p *partition) warm(l *live) error {
	if !l.exists() || l.hot != nil || l.logged {
		return nil
	}
	if err := p.store.View(func(rd Reader) error { return l.reloadLog(rd, uint16(p.n)) }); err != nil {
		return err
	}
	l.log, l.logged = append(l.log, l.recent...), true
	return nil
}

func (p *partition) instance(l *live) Instance {
	in := Instance{
		ID: l.id, Incarnation: l.incarnation, Exists: l.exists(), Generation: l.generation, Turns: l.turns,
		Events: l.record.events, Created: l.created, Head: l.head, Hot: l.hot,
	}
	if l.hot == nil {
		in.Log = l.log
	}
	if !in.Exists {
		in.Incarnation, in.Generation, in.Created = p.meta.incarnation+1, 1, p.batch.now.Wall
	}
	return in
}

// safeTurn turns a panic of the behavior (not of an author: those are results)
// into an error.
func safeTurn(b Behavior, now Time, in *Instance, messages []Message) (out Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in a turn: %v\n%s", r, debug.Stack())
		}
	}()
	return b.Turn(now, in, messages)
}

// check refuses an outcome that the kernel cannot store.
func (p *partition) check(l *live, o *Outcome) error {
	if f := o.Check(); f != nil {
		return f
	}
	stores := o.Head != nil || len(o.Append) > 0 || len(o.Publish) > 0 || len(o.Timers) > 0 || len(o.Work) > 0
	switch {
	case o.Erase && stores:
		return errors.New("a turn erases its instance and stores something of it")
	case !l.exists() && stores && o.Head == nil:
		return errors.New("a turn stores something of an instance without creating it")
	case o.Replace && o.Head == nil:
		return errors.New("a turn replaces its instance without a head for the new one")
	case o.Replace && o.Next:
		return errors.New("a turn begins a new incarnation and a new generation at once")
	case o.Rewrite && (o.Next || o.Replace || o.Erase || !l.exists()):
		return errors.New("a turn rewrites a history that it ends, or that there is none of")
	}
	return nil
}

// apply takes an outcome into the batch: rows, and what is let out later.
func (p *partition) apply(l *live, in *Instance, messages []Message, o *Outcome) {
	for _, t := range o.Cancel {
		p.timers.remove(ownTimer(in.Incarnation, in.Generation, clampTimer(t)))
		p.batch.dirty = true
	}
	p.batch.unwanted(in, o.Drop)
	if r, ok := l.hot.(Releaser); ok && r != o.Hot {
		l.cool()
	}
	created := p.beginLife(l, o)
	if l.exists() {
		row := turnRow{history: o.Append, events: o.Publish, requests: p.requests(l, messages, o)}
		if created || o.Head != nil || o.Next || o.Rewrite || o.Reindex || len(row.history) > 0 || len(row.events) > 0 || len(row.requests) > 0 {
			p.storeTurn(l, o, &row)
		}
		l.hot = o.Hot
		p.keepHistory(l, o)
	} else if !in.Exists && len(o.Send) > 0 {
		p.meta.incarnation++ // one that came and went in this turn may be answered: nobody gets its number
		p.batch.dirty = true
	}
	p.emit(l, o)
}

// forgetHistory begins a history that is empty, and known to be.
func (l *live) forgetHistory() { l.log, l.recent, l.logged = nil, nil, true }

func clampTimer(t Timer) Timer {
	t.Due.At = min(max(t.Due.At, 0), maxDue)
	return t
}

// maxDue is the latest moment that a timer can be due, so that sums of times do
// not overflow: some 140,000 years.
const maxDue = 1 << 52

// beginLife ends and begins incarnations and generations.
func (p *partition) beginLife(l *live, o *Outcome) (created bool) {
	if l.exists() && (o.Erase || o.Replace) {
		p.write(l)
		p.discard(garbage{incarnation: l.incarnation, to: l.turns + 1, all: true})
		l.record, l.window, l.bare = record{}, nil, nil
		l.reindex, l.wanted, l.published = false, nil, nil // what it published in this batch is erased with it
		l.forgetHistory()
	}
	if !l.exists() && o.Head != nil {
		p.meta.incarnation++
		l.record = record{incarnation: p.meta.incarnation, generation: 1, created: p.batch.now.Wall, genFrom: 1, logFrom: 1}
		l.forgetHistory()
		p.write(l)
		l.firstTurn = 1 // its turns begin in this batch
		return true
	}
	if (o.Next || o.Rewrite) && l.exists() {
		if o.Next {
			l.generation++
		}
		l.genFrom = l.turns + 1
		l.forgetHistory()
		p.write(l)
	}
	return false
}

// write has the record written with this batch.
func (p *partition) write(l *live) {
	if l.stored == nil {
		l.stored = &storedRecord{exists: l.exists(), incarnation: l.incarnation, index: l.index, headRows: l.headRows}
		p.batch.written = append(p.batch.written, l)
	}
	p.touch(l)
}

// touch notes that the instance has changed in this batch.
func (p *partition) touch(l *live) {
	if !l.touched {
		l.touched = true
		l.firstTurn = l.turns + 1
		p.batch.turned = append(p.batch.turned, l)
	}
}

// storeTurn counts the turn and writes its rows.
func (p *partition) storeTurn(l *live, o *Outcome, row *turnRow) {
	p.touch(l)
	l.turns++
	l.updated = p.batch.now.Wall
	row.turn, row.time, row.generation, row.before = l.turns, l.updated, l.generation, l.record.events
	if len(row.history) > 0 || len(row.events) > 0 || len(row.requests) > 0 {
		row.pieces = p.writeLog(l, row)
		if len(row.events) == 0 {
			l.bare = append(l.bare, bareTurn{row.turn, row.pieces})
		}
	}
	if l.genFrom == l.turns && len(row.history) == 0 {
		l.genFrom++ // no history yet: none of these rows is needed for it
	}
	for _, e := range row.events {
		l.record.events++
		l.published = append(l.published, Event{Number: l.record.events, Time: l.updated, Body: e})
	}
	if len(row.requests) > 0 {
		if l.window == nil {
			l.window = &window{}
		}
		l.window.apply(l.turns, row.requests)
	}
	if o.Head != nil {
		p.batch.owed += len(o.Head) - l.owedHead
		l.head, l.owedHead = o.Head, len(o.Head)
		p.write(l)
	}
	if o.Reindex {
		l.wanted, l.reindex = o.Index, true
		p.write(l)
	}
}

// writeLog writes the row of a turn, in pieces where it is long.
func (p *partition) writeLog(l *live, row *turnRow) (pieces int) {
	content := appendTurnRow(make([]byte, 0, row.estimate()), row)
	for len(content) > 0 {
		n := min(len(content), MaxRow)
		p.batch.put(logKey(uint16(p.n), l.incarnation, row.turn, pieces), content[:n:n])
		content = content[n:]
		pieces++
	}
	return pieces
}

func (t *turnRow) estimate() int {
	n := 24
	for _, e := range t.history {
		n += 4 + len(e)
	}
	for _, e := range t.events {
		n += 4 + len(e)
	}
	for i := range t.requests {
		n += 16 + len(t.requests[i].key.caller) + len(t.requests[i].key.request) + len(t.requests[i].answer.Body)
	}
	return n
}

// keepHistory holds the history in memory for a behavior that leaves nothing
// hot; else it is read from the store when it is needed.
func (p *partition) keepHistory(l *live, o *Outcome) {
	l.recent = append(l.recent, o.Append...)
	if o.Hot != nil {
		l.log, l.logged = nil, false
		return
	}
	if l.logged {
		l.log = append(l.log, o.Append...)
	}
}

// requests is what the log row says of clients' requests: those that this turn
// took in and did not answer, and those that it answered.
func (p *partition) requests(l *live, messages []Message, o *Outcome) []requestEntry {
	var list []requestEntry
	for i := range messages {
		if r := &messages[i].Return; r.Request != "" {
			list = append(list, requestEntry{key: requestKey{r.Caller, r.Request}, state: requestPending})
		}
	}
	fresh := len(list)
	for i := range o.Reply {
		if r := &o.Reply[i]; r.To.Request != "" {
			list = answerEntry(list, fresh, l, r)
		}
	}
	kept := list[:0]
	for _, e := range list {
		if e.key != (requestKey{}) {
			kept = append(kept, e)
		}
	}
	return kept
}

// answerEntry turns the entry of a request that came in this turn into its
// answer, or adds one for a request of an earlier turn.
func answerEntry(list []requestEntry, fresh int, l *live, r *Reply) []requestEntry {
	e := requestEntry{key: requestKey{r.To.Caller, r.To.Request}, state: requestAnswered, answer: Answer{r.Body, r.Fail}}
	if r.Forget {
		e.state, e.answer = requestForgotten, Answer{}
	}
	for i := range list[:fresh] {
		if list[i].key == e.key {
			if r.Forget {
				e = requestEntry{}
			}
			list[i] = e
			return list
		}
	}
	if _, known := l.window.find(e.key); !known {
		return list // nobody remembers the question
	}
	return append(list, e)
}
