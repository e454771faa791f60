package memstore

import (
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Outcome is what becomes of a batch.
type Outcome int

// The outcomes. After Untold and Lost every call fails with [ErrUnsure] until
// [Store.Recover].
const (
	Applied Outcome = iota // the rows are there, and done is told so
	Untold                 // the rows are there, but done gets ErrUnsure
	Lost                   // the rows are not there, and done gets ErrUnsure
	Refused                // the rows are not there, done gets durable.ErrRefused, the store lives on
)

// calls are done callbacks that are due; they run without the lock.
type calls []func()

func (c calls) call() {
	for _, f := range c {
		f()
	}
}

// Pending are the batches that wait for their outcome, oldest first.
func (s *Store) Pending() []*durable.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	batches := make([]*durable.Batch, len(s.pending))
	for i, w := range s.pending {
		batches[i] = w.batch
	}
	return batches
}

// Apply applies and tells the n oldest pending batches, or as many as there
// are, and says how many that was.
func (s *Store) Apply(n int) int {
	for i := range n {
		s.mu.Lock()
		if len(s.pending) == 0 {
			s.mu.Unlock()
			return i
		}
		told := s.resolve(0, Applied)
		s.mu.Unlock()
		told.call()
	}
	return n
}

// Resolve gives the i-th pending batch its outcome; the ones behind it move
// up. Any subset of a group can fail, in any order, but a partition's batches
// are applied in their order: it panics if one is to be applied while an
// earlier one of its partition is pending. A refusal or loss takes the
// partition's later pending batches along, since they were built upon it.
func (s *Store) Resolve(i int, o Outcome) {
	s.mu.Lock()
	told := s.resolve(i, o)
	s.mu.Unlock()
	told.call()
}

// FailCommit gives the n-th commit that this handle lets in from now on (1 is
// the next) its outcome in advance.
func (s *Store) FailCommit(n int, o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.script == nil {
		s.script = make(map[int]Outcome)
	}
	s.script[s.commits+n] = o
}

// SetHealthy makes the store refuse commits for that reason; nil lets them in
// again.
func (s *Store) SetHealthy(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = nil
	if reason != nil {
		s.refusing = fmt.Errorf("%w: %w", durable.ErrRefused, reason)
	}
}

// Crash ends the handle as a power loss would: what was not applied is gone,
// and nobody is told. It does not wait for views. See [Store.Reopen].
func (s *Store) Crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending, s.closed = nil, true
}

// Reopen gives a new handle over the rows that were applied. The old one must
// have been closed or crashed.
func (s *Store) Reopen() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		panic("memstore: Reopen of a store that is open")
	}
	return open(s.opts, s.rows.Copy())
}

func (s *Store) resolve(i int, o Outcome) calls {
	w := s.pending[i]
	p := w.batch.Partition
	same := func(x waiting) bool { return x.batch.Partition == p }
	if (o == Applied || o == Untold) && slices.ContainsFunc(s.pending[:i], same) {
		panic(fmt.Sprintf("memstore: batch %d of partition %d cannot be applied before the pending one", w.batch.Number, p))
	}
	if o == Applied && s.failed != nil {
		panic("memstore: nothing can be told as applied after an unsure commit")
	}
	switch o {
	case Applied:
		s.take(i)
		s.apply(w.batch)
		return calls{func() { w.done(nil) }}
	case Untold:
		s.take(i)
		s.apply(w.batch)
		s.failed = ErrUnsure
		return calls{func() { w.done(ErrUnsure) }}
	case Lost:
		s.failed = ErrUnsure
		return s.reject(i, ErrUnsure)
	default:
		s.numbers[p] = w.batch.Number - 1
		return s.reject(i, fmt.Errorf("%w: the test says so", durable.ErrRefused))
	}
}

// take removes the i-th pending batch.
func (s *Store) take(i int) waiting {
	w := s.pending[i]
	s.pending = slices.Delete(s.pending, i, i+1)
	return w
}

// reject removes the i-th pending batch and the later ones of its partition.
func (s *Store) reject(i int, err error) calls {
	p := s.pending[i].batch.Partition
	var told calls
	kept := s.pending[:i:i]
	for _, w := range s.pending[i:] {
		if w.batch.Partition == p {
			told = append(told, func() { w.done(err) })
		} else {
			kept = append(kept, w)
		}
	}
	s.pending = kept
	return told
}

// drop removes all pending batches.
func (s *Store) drop(err error) calls {
	var told calls
	for _, w := range s.pending {
		told = append(told, func() { w.done(err) })
	}
	s.pending = nil
	return told
}

// apply copies the rows: callers may use their slices again after done. All
// copies of a batch share one allocation.
func (s *Store) apply(b *durable.Batch) {
	s.snapshot = nil
	size := 0
	for _, r := range b.Rows {
		size += len(r.Key) + len(r.Value)
	}
	buf := make([]byte, 0, size)
	own := func(p []byte) []byte {
		from := len(buf)
		buf = append(buf, p...)
		return buf[from:len(buf):len(buf)]
	}
	for _, r := range b.Rows {
		if r.Value == nil {
			s.rows.Delete(r)
			continue
		}
		s.rows.Set(durable.Row{Key: own(r.Key), Value: own(r.Value)})
	}
}
