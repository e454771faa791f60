package badgerstore

import (
	"fmt"
	"runtime"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
)

// request is a batch that waits, with what Badger will count for it.
type request struct {
	batch *durable.Batch
	done  func(error)
	bytes int
}

// ownPrefix begins the store's own rows, behind those of all partitions.
const ownPrefix = "\xff\xff"

// markerKey is the row that every commit writes, so that the highest version
// in the database is the number of the last commit.
const markerKey = ownPrefix + "commit"

// Commit queues the batch for the committer. What cannot be let in is told at
// once, from within Commit.
func (s *Store) Commit(b *durable.Batch, done func(error)) {
	checked := b.Check(s.format.Partitions)
	size := cost(b)
	s.mu.Lock()
	if err := s.admit(b, checked); err != nil {
		s.mu.Unlock()
		done(err)
		return
	}
	s.numbers[b.Partition] = b.Number
	s.queue = append(s.queue, request{b, done, size})
	if len(s.queue) == 1 {
		s.wake.Signal()
	}
	s.mu.Unlock()
}

// admit says why a batch is not let in. A batch that does not follow the
// partition's last one was built upon one that was refused.
func (s *Store) admit(b *durable.Batch, checked error) error {
	switch {
	case s.closing:
		return durable.ErrClosed
	case s.failed != nil:
		return s.failed
	case s.refusing != nil:
		return s.refusing
	case checked != nil:
		return fmt.Errorf("%w: %w", durable.ErrRefused, checked)
	}
	if last := s.numbers[b.Partition]; last != 0 && b.Number != last+1 {
		return fmt.Errorf("%w: batch %d of partition %d cannot follow batch %d", durable.ErrRefused, b.Number, b.Partition, last)
	}
	return nil
}

// cost is what Badger counts for the rows of a batch.
func cost(b *durable.Batch) int {
	n := len(b.Rows) * entryCost
	for _, r := range b.Rows {
		n += len(r.Key) + len(r.Value)
	}
	return n
}

// commitLoop is the committer: it takes whatever waits, commits it, and tells,
// until the store halts and the queue is empty. It is the only goroutine that
// writes to Badger.
func (s *Store) commitLoop() {
	var taken []request
	for {
		// Those who were just told often have their next batch ready: letting
		// them run first makes groups a fifth larger, for an eighth less
		// processor time a batch.
		runtime.Gosched()
		s.mu.Lock()
		for len(s.queue) == 0 && s.stop != nil && !s.closing {
			s.wake.Wait()
		}
		taken, s.queue = s.queue, taken[:0]
		s.mu.Unlock()
		if len(taken) == 0 {
			return
		}
		for rest := taken; len(rest) > 0; {
			n := s.pack(rest)
			if err := s.commitGroup(rest[:n]); err != nil {
				s.fail(err)
				tell(rest, err)
				break
			}
			tell(rest[:n], nil)
			rest = rest[n:]
		}
		clear(taken)
	}
}

// pack says how many of the requests fit into one transaction: at least one.
func (s *Store) pack(requests []request) int {
	bytes, entries := s.opts.transactionBytes(), s.opts.transactionEntries()
	bytes -= 4 * entryCost // the marker row, and the entry that ends the transaction
	entries -= 2
	for i, r := range requests {
		bytes -= r.bytes
		entries -= len(r.batch.Rows)
		if bytes < 0 || entries < 0 {
			return max(i, 1)
		}
	}
	return len(requests)
}

// commitGroup commits the batches in one transaction. When it returns nil they
// are durable, in the mark, and visible to views.
func (s *Store) commitGroup(group []request) error {
	if pause := s.pause.Load(); pause > 0 {
		time.Sleep(time.Duration(pause))
	}
	number := s.acked.Load() + 1
	txn := s.db.NewTransactionAt(number-1, true)
	defer txn.Discard()
	if err := fill(txn, group); err != nil {
		return fmt.Errorf("badgerstore: commit %d: %w", number, err)
	}
	commit := func() error {
		if err := txn.CommitAt(number, nil); err != nil || s.active == nil {
			return err
		}
		return s.active.sync()
	}
	var err error
	if s.commitFault != nil {
		err = s.commitFault(number, commit)
	} else {
		err = commit()
	}
	if err != nil {
		return fmt.Errorf("badgerstore: commit %d is unsure: %w", number, err)
	}
	if err := s.mark.write(func(m *markSlot) { m.Number = number }); err != nil {
		return err
	}
	s.acked.Store(number)
	return nil
}

// fill puts the rows into the transaction, which keeps their slices until it
// ends.
func fill(txn *badger.Txn, group []request) error {
	if err := txn.Set([]byte(markerKey), []byte{1}); err != nil {
		return err
	}
	for _, r := range group {
		for _, row := range r.batch.Rows {
			var err error
			if row.Value == nil {
				err = txn.Delete(row.Key)
			} else {
				err = txn.SetEntry(&badger.Entry{Key: row.Key, Value: row.Value})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func tell(requests []request, err error) {
	for _, r := range requests {
		r.done(err)
	}
}

// fail makes every call fail from now on, and those that wait.
func (s *Store) fail(err error) {
	s.mu.Lock()
	s.failed = err
	waiting := s.queue
	s.queue = nil
	s.mu.Unlock()
	tell(waiting, err)
}
