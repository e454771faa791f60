package badgerstore

import (
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// watchEvery is how often the disk and level 0 are looked at. In that time a
// committer writes some ten megabytes, a small part of what MinFree keeps.
const watchEvery = 100 * time.Millisecond

// watch looks after the disk space, slows commits down before Badger stalls
// them, and tells Badger which versions nobody reads any more.
func (s *Store) watch(stop <-chan struct{}) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.checkSpace()
			s.pause.Store(int64(pauseFor(s.db.Levels()[0].NumTables)))
			s.db.SetDiscardTs(s.views.oldest(s.acked.Load()))
		}
	}
}

// pauseFor is how long the committer waits before a transaction. Level 0 fills
// up when compactions cannot follow; at levelZeroStall Badger would let nobody
// commit until they have.
func pauseFor(tables int) time.Duration {
	return time.Duration(max(0, tables-levelZeroSlow+1)) * 4 * time.Millisecond
}

// checkSpace refuses commits while the disk is nearly full.
func (s *Store) checkSpace() {
	if s.opts.MinFree < 0 {
		return
	}
	free, err := freeSpace(s.dir)
	switch {
	case err != nil:
		err = fmt.Errorf("%w: the free disk space is unknown: %w", durable.ErrRefused, err)
	case free < s.opts.MinFree:
		err = fmt.Errorf("%w: %d MiB of disk space are free, at least %d MiB have to be (--min-free)", durable.ErrRefused, free>>20, s.opts.MinFree>>20)
	}
	s.mu.Lock()
	s.refusing = err
	s.mu.Unlock()
}

// Healthy is nil while commits are let in, else why not.
func (s *Store) Healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return durable.ErrClosed
	}
	return firstError(s.failed, s.refusing)
}
