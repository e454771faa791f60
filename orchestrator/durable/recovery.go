package durable

import "sync"

// recovery is what happens after a commit whose outcome is unknown: nothing is
// read on from the same handle. All partitions stop, the store is opened again
// from its files, and every partition reads what it has.
type recovery struct {
	parked sync.WaitGroup
	done   chan struct{}
}

// park is called by a partition's goroutine, and returns after the recovery.
func (r *recovery) park() {
	r.parked.Done()
	<-r.done
}

// recover begins a recovery, unless one is under way. It is called from a
// partition's goroutine, which then parks.
func (h *Host) recover(cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.recovery.Load() != nil || h.fatal.Load() != nil {
		return
	}
	r := &recovery{done: make(chan struct{})}
	r.parked.Add(h.alive)
	h.recovery.Store(r)
	h.stats.Recoveries.Add(1)
	h.log.Error().Err(cause).Msg("a commit failed: the database is opened again from its files")
	for _, p := range h.partitions {
		p.mail.poke()
	}
	go h.recoverAll(r, cause)
}

// leave ends a partition's goroutine. A recovery that counts on it waits no
// longer.
func (h *Host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alive--
	if r := h.recovery.Load(); r != nil {
		r.parked.Done()
	}
	h.running.Done()
}

func (h *Host) recoverAll(r *recovery, cause error) {
	r.parked.Wait()
	err := h.store.Recover()
	for _, p := range h.partitions {
		if err == nil {
			err = p.load()
		}
	}
	if err != nil {
		h.log.Error().Err(err).Msg("the database cannot be recovered")
		h.fatal.CompareAndSwap(nil, Fail(CodeUnavailable, "the database failed and could not be opened again: "+err.Error()))
		if h.options.OnFatal != nil {
			h.options.OnFatal(err)
		}
	}
	for _, p := range h.partitions {
		p.clock.run(0)
	}
	h.recovery.Store(nil)
	close(r.done)
}
