package durable

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrSlow means that a watcher fell too far behind and was cut, or could not be
// brought up to date after a commit that failed: it can watch again.
var ErrSlow = errors.New("durable: watcher too slow")

// A watcher holds at most this much that its reader has not taken.
const (
	watchEvents = 4096
	watchBytes  = 4 << 20
	backlogPage = 256
)

// Watcher gives the updates of one instance to one goroutine, without a gap.
// The partition adds to it after each commit and never waits for it.
type Watcher struct {
	host *Host
	id   ID

	mu      sync.Mutex
	update  Update // what waits
	pending bool
	bytes   int
	err     error
	wake    chan struct{}

	// The events before the watch began, which are read from the store by the
	// goroutine that calls Next.
	after, until uint64
	begun        uint64 // incarnation of these events

	seen seen // belongs to the partition's goroutine
}

// Watch follows an instance: first what is, with the events after a number,
// then every commit that changes it, without a gap. It need not exist yet. An
// after beyond the last event is taken as the last.
func (h *Host) Watch(id ID, after uint64) (*Watcher, error) {
	w := &Watcher{host: h, id: id, after: after, wake: make(chan struct{}, 1)}
	begun := make(chan Answer, 1)
	c := parcel{m: Message{To: id}, kind: toWatch, watcher: w, done: func(a Answer) { begun <- a }}
	if ok, _ := h.of(id).mail.put(c); !ok {
		return nil, ErrClosed
	}
	if a := <-begun; a.Fail != nil {
		w.Close()
		return nil, a.Fail
	}
	return w, nil
}

// beginWatch enters a watcher. The batch has turned nobody yet, so that what is
// in memory is what is on disk.
func (p *partition) beginWatch(c parcel) {
	w := c.watcher
	l, err := p.live(w.id)
	if err != nil {
		p.tell(c, Answer{Fail: AsFailure(err)})
		return
	}
	w.mu.Lock()
	w.until = l.record.events
	w.after, w.begun = min(w.after, w.until), l.incarnation
	w.update, w.pending = l.update(), true
	w.poke()
	w.mu.Unlock()
	p.watchers[w.id] = append(p.watchers[w.id], w)
	p.stats.Watchers.Add(1)
	w.seen = l.seen()
	p.tell(c, Answer{})
}

// seen is how far a watcher has been told what an instance did.
type seen struct{ incarnation, turns, events uint64 }

func (l *live) seen() seen { return seen{l.incarnation, l.turns, l.record.events} }

// endWatch forgets a watcher that was closed.
func (p *partition) endWatch(w *Watcher) {
	list := p.watchers[w.id]
	i := slices.Index(list, w)
	if i < 0 {
		return
	}
	p.stats.Watchers.Add(-1)
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(p.watchers, w.id)
		return
	}
	p.watchers[w.id] = list
}

// rewatch tells the watchers what a commit did whose outcome was unsure: it may
// be there, though nobody published it. Where that cannot be read now, because
// another commit has failed meanwhile, they have to watch again.
func (p *partition) rewatch() {
	for id, list := range p.watchers {
		l, err := p.live(id)
		for _, w := range list {
			if err == nil {
				err = p.catchUp(l, w)
			}
			if err != nil {
				w.cut(ErrSlow)
			}
		}
	}
}

func (p *partition) catchUp(l *live, w *Watcher) error {
	if w.seen == l.seen() {
		return nil
	}
	after := w.seen.events
	if w.seen.incarnation != l.incarnation {
		after = 0
	}
	u := l.update()
	err := p.store.View(func(rd Reader) (err error) {
		u.Events, _, err = eventsAfter(rd, uint16(p.n), l.id, after, watchEvents+1)
		return err
	})
	if err == nil {
		w.add(&u)
		w.seen = l.seen()
	}
	return err
}

func (l *live) update() Update {
	return Update{Exists: l.exists(), Incarnation: l.incarnation, Generation: l.generation, Head: l.head, Last: l.record.events}
}

// publish tells an instance's watchers what the batch did to it.
func (p *partition) publish(l *live) {
	list := p.watchers[l.id]
	if len(list) == 0 {
		return
	}
	u := l.update()
	u.Events = l.published
	rest := list[:0]
	for _, w := range list {
		if w.seen = l.seen(); w.add(&u) {
			rest = append(rest, w)
		} else {
			p.stats.Watchers.Add(-1)
		}
	}
	clear(list[len(rest):])
	if len(rest) == 0 {
		delete(p.watchers, l.id)
	} else {
		p.watchers[l.id] = rest
	}
}

// add queues an update; false means that the watcher is closed.
func (w *Watcher) add(u *Update) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false
	}
	if w.update.Incarnation != u.Incarnation { // what waits of another one is erased
		w.update.Events, w.bytes, w.after = nil, 0, w.until
	}
	events := w.update.Events
	for _, e := range u.Events {
		w.bytes += 32 + len(e.Body)
	}
	if len(events)+len(u.Events) > watchEvents || w.bytes > watchBytes {
		w.stop(ErrSlow)
		return false
	}
	w.update = *u
	if len(events) > 0 {
		w.update.Events = append(events[:len(events):len(events)], u.Events...)
	}
	w.pending = true
	w.poke()
	return true
}

func (w *Watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Next waits for the next update. [ErrSlow] means that too much was waiting:
// the watcher is closed, watch again. After Close it is [ErrClosed].
func (w *Watcher) Next(ctx context.Context) (Update, error) {
	for {
		if u, ok, err := w.take(); ok || err != nil {
			return u, err
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return Update{}, ctx.Err()
		}
	}
}

// Existed says whether the instance existed when the watch began.
func (w *Watcher) Existed() bool { return w.begun != 0 }

func (w *Watcher) take() (Update, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return Update{}, false, w.err
	}
	if w.pending && w.after < w.until {
		return w.past()
	}
	if !w.pending {
		return Update{}, false, nil
	}
	u := w.update
	w.update, w.pending, w.bytes = Update{}, false, 0
	return u, true, nil
}

// past gives a page of the events before the watch began; what is live waits
// behind them.
func (w *Watcher) past() (Update, bool, error) {
	limit := min(w.until-w.after, backlogPage)
	w.mu.Unlock()
	list, incarnation, err := w.host.events(w.id, w.after, int(limit))
	w.mu.Lock()
	switch {
	case w.err != nil:
		return Update{}, false, w.err
	case err != nil:
		return Update{}, false, err
	case w.after == w.until: // replaced while we read: the update that says so waits
		return Update{}, false, nil
	case len(list) == 0 || incarnation != w.begun: // purged or replaced meanwhile: watch again
		w.stop(ErrSlow)
		return Update{}, false, w.err
	}
	w.after = list[len(list)-1].Number
	u := Update{Exists: true, Incarnation: w.update.Incarnation, Generation: w.update.Generation, Head: w.update.Head, Events: list, Last: w.until}
	if w.after == w.until && len(w.update.Events) == 0 {
		u.Last, u.Exists = w.update.Last, w.update.Exists
		w.update, w.pending, w.bytes = Update{}, false, 0
	}
	return u, true, nil
}

// stop ends the watch for a reason. It is called with the lock held.
func (w *Watcher) stop(reason error) {
	w.err = reason
	w.update, w.pending = Update{}, false
	w.poke()
}

// cut ends the watch for a reason, unless it has ended.
func (w *Watcher) cut(reason error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.stop(reason)
	}
}

// Close ends the watch. It is idempotent and may be called from anywhere.
func (w *Watcher) Close() {
	w.cut(ErrClosed)
	w.host.of(w.id).mail.put(parcel{m: Message{To: w.id}, kind: toUnwatch, watcher: w})
}
