package durable

// emit adds to the batch what the turn sends out. All of it is rows now, and is
// let out by release when the rows are durable.
func (p *partition) emit(l *live, o *Outcome) {
	for i := range o.Reply {
		p.reply(l.id, o.Reply[i])
	}
	for i := range o.Send {
		o.Send[i].From = l.id
		p.send(o.Send[i])
	}
	for _, t := range o.Timers {
		id := ownTimer(l.incarnation, l.generation, clampTimer(t))
		p.arm(id, appendOwnTimer(nil, l.id, l.generation, t.Task))
	}
	if p.tracer != nil {
		p.batch.spans = append(p.batch.spans, o.Spans...)
	}
	for i, w := range o.Work {
		w.ID, w.Incarnation, w.Generation = l.id, l.incarnation, l.generation
		if i%workRowTasks == 0 {
			p.batch.owed += w.ownerSize()
		}
		p.batch.owed += w.Size()
		p.work.add(w)
	}
}

// arm adds a timer to the batch.
func (p *partition) arm(id timerID, value []byte) {
	p.timers.arm(id, value)
	p.batch.owed += timerKeyLen + len(value)
	p.batch.owedRows++
	p.batch.dirty = true
}

// send puts a message on its way: into this batch if it stays in the partition,
// else into the outbox.
func (p *partition) send(m Message) {
	m.Stamp = p.batch.now
	to := m.To.Partition(len(p.acks))
	if to == p.n {
		p.admit(parcel{m: m, kind: fromTurn})
		return
	}
	if m.Due.Clock == Uptime && m.Due.At != 0 { // every partition has an uptime of its own
		m.Due = Due{Clock: Wall, At: m.Stamp.Wall + min(m.Due.At, maxDue) - m.Stamp.Uptime}
	}
	p.batch.owed += m.size()
	p.outbox.send(&p.meta, to, m)
}

// reply answers a message: an instance by a message of its own, a client after
// the commit.
func (p *partition) reply(id ID, r Reply) {
	if !r.To.To.IsZero() {
		p.send(Message{
			To: r.To.To, From: id, Op: OpResult, Body: r.Body, Fail: r.Fail,
			Incarnation: r.To.Incarnation, Generation: r.To.Generation, Task: r.To.Task,
		})
		return
	}
	a := Answer{Body: r.Body, Fail: r.Fail}
	if r.To.Token != 0 {
		p.answerToken(r.To.Token, a)
	}
	if r.To.Request == "" {
		return
	}
	key := waitKey{id, requestKey{r.To.Caller, r.To.Request}}
	for _, token := range p.retries[key] {
		p.answerToken(token, a)
	}
	delete(p.retries, key)
}

// answerToken has a client's call answered after the commit. A token of an
// earlier run of the process names nobody.
func (p *partition) answerToken(token uint64, a Answer) {
	w, ok := p.waiting[token]
	if !ok {
		return
	}
	delete(p.waiting, token)
	p.batch.answers = append(p.batch.answers, answered{w, token, a})
}

// release lets out what the batch emitted, now that it is durable: answers
// first, then events, then messages and work. It is called as well when there
// was nothing to commit.
func (p *partition) release() error {
	b := p.batch
	p.batch = nil
	for _, a := range b.answers {
		a.done(a.a)
	}
	for _, l := range b.turned {
		p.publish(l)
		l.settle()
		if !l.exists() && p.cache.lives[l.id] == l {
			p.cache.remove(l)
		}
	}
	p.outbox.release(p.fabric)
	for _, from := range b.from {
		p.fabric.acked(from, p.n, p.meta.in[from])
	}
	b.record(p.tracer)
	dropped := b.dropped
	p.end(b)
	p.stats.Evicted.Add(uint64(p.cache.evict()))
	err := p.work.handOut(p.store.View, p.pool)
	if len(dropped) > 0 { // also of what was handed out just now
		p.pool.drop(dropped)
	}
	return err
}

// between reads from the disk what memory has run low of. It is called between
// batches.
func (p *partition) between() error {
	p.outbox.settle()
	if !p.timers.low() && !p.outbox.waiting {
		return nil
	}
	return p.store.View(func(rd Reader) error {
		if err := p.timers.refill(rd); err != nil {
			return err
		}
		return p.outbox.refill(rd, p.fabric)
	})
}
