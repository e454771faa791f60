package durable

import (
	"errors"
	"math"
	"time"
)

// run is the loop of one partition: it waits, and step does everything. While a
// batch is being committed, what arrives gathers in the mailbox and is the next
// batch: group commit by structure.
func (h *Host) run(p *partition) {
	defer h.leave()
	defer p.cache.clear()
	var (
		taken     []parcel
		committed = make(chan error, 1)
		done      = func(err error) { committed <- err }
		timer     = time.NewTimer(time.Hour)
	)
	defer timer.Stop()
	for stopping := false; ; {
		if r := h.recovery.Load(); r != nil {
			r.park()
			continue
		}
		if f := h.fatal.Load(); f != nil {
			p.giveUp(f)
			return
		}
		if err := p.between(); err != nil {
			h.recover(err)
			continue
		}
		if taken = taken[:0]; len(p.backlog) < drainMessages { // else the door closes when the mailbox is full
			taken = p.mail.take(taken)
		}
		batch := p.step(p.clock.now(), taken)
		clear(taken)
		if err := p.batch.unread; err != nil {
			p.fail(Fail(CodeUnavailable, "the database could not be read: "+err.Error()))
			h.recover(err)
			continue
		}
		if batch != nil {
			began := readClock()
			h.store.Commit(batch, done)
			if err := <-committed; err != nil {
				h.failed(p, err)
				if errors.Is(err, ErrRefused) && h.isStopping() {
					p.giveUp(Fail(CodeUnavailable, "the server is stopping"))
					return
				}
				continue
			}
			p.committed(batch, readClock().Sub(began))
		}
		if err := p.release(); err != nil {
			h.recover(err)
			continue
		}
		p.measure()
		if stopping {
			p.giveUp(Fail(CodeUnavailable, "the server is stopping"))
			return
		}
		if batch != nil || len(p.backlog) > 0 {
			select {
			case <-h.stop:
				stopping = true
				p.backlog = append(p.backlog, p.mail.close()...)
			default:
			}
			continue
		}
		timer.Reset(p.sleep(p.clock.now()))
		select {
		case <-p.mail.wake:
		case <-timer.C:
		case <-h.stop:
			stopping = true
			p.backlog = append(p.backlog, p.mail.close()...)
		}
	}
}

// isStopping says whether Close was called.
func (h *Host) isStopping() bool {
	select {
	case <-h.stop:
		return true
	default:
		return false
	}
}

// sleep is how long there is nothing to do but wait for messages.
func (p *partition) sleep(now Time) time.Duration {
	p.hungry.Store(p.outbox.waiting)
	if p.outbox.waiting && p.outbox.roomy() { // acknowledged before it was known that we are hungry
		return 0
	}
	wait := int64(math.MaxInt64)
	if at, ok := p.timers.next(Wall); ok {
		wait = min(wait, at-now.Wall)
	}
	if at, ok := p.timers.next(Uptime); ok {
		wait = min(wait, at-now.Uptime+p.clock.standing(), p.storeMS)
	}
	if len(p.garbage) > 0 {
		wait = min(wait, 10)
	}
	if len(p.outbox.rows) > 0 {
		wait = min(wait, 1000)
	}
	if at, ok := p.cache.nextIdle(); ok {
		wait = min(wait, max(at-now.Uptime+p.clock.standing(), 1000)) // several at once
	}
	return time.Duration(min(max(wait, 0), time.Hour.Milliseconds())) * time.Millisecond
}

// giveUp answers the clients whose answer will not come in this run of the
// process, and ends the watches.
func (p *partition) giveUp(f *Failure) {
	for token, w := range p.waiting {
		delete(p.waiting, token)
		w.done(Answer{Fail: f})
	}
	for _, c := range append(p.backlog, p.mail.close()...) {
		if c.done != nil {
			c.done(Answer{Fail: f})
		}
	}
	p.backlog = nil
	for _, list := range p.watchers {
		for _, w := range list {
			w.Close()
		}
	}
}

// failed handles a batch that was not committed, or may not have been.
func (h *Host) failed(p *partition, err error) {
	if !errors.Is(err, ErrRefused) {
		p.fail(Fail(CodeUnsure, "the outcome is not known: a commit was cut short"))
		h.recover(err)
		return
	}
	p.stats.Refused.Add(1)
	h.log.Warn().Err(err).Int("partition", p.n).Msg("the store refuses commits; it is tried again")
	p.fail(Fail(CodeUnavailable, err.Error()))
	if err := p.load(); err != nil {
		h.recover(err)
		return
	}
	p.clock.run(0)
	select {
	case <-time.After(refusedPause):
	case <-h.stop:
	}
}

// refusedPause is how long a partition waits before it tries the store again
// for messages from inside; clients are refused at once all the while.
const refusedPause = 100 * time.Millisecond
