package memstore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"sync"

	"github.com/tidwall/btree"

	"github.com/everturn/everturn/orchestrator/durable"
)

// ErrUnsure is what done and all later calls get after a commit whose outcome
// is [Untold] or [Lost], until [Store.Recover].
var ErrUnsure = errors.New("memstore: a commit was cut short")

// DefaultPartitions is the number of partitions where the options name none.
const DefaultPartitions = 32

// Options of a store. The zero value is good.
type Options struct {
	Partitions int    // default [DefaultPartitions]
	Epoch      uint64 // default 1
	// Manual makes Commit only queue; the test decides what becomes of each
	// batch.
	Manual bool
}

// Store is a [durable.Store] in memory. Its methods may be called concurrently
// as the interface says; those that steer it (Apply, Resolve, Crash…) too.
type Store struct {
	opts Options

	// views is held for reading by each view, so that Close and Recover wait.
	// Lock order: views before mu.
	views sync.RWMutex

	mu       sync.Mutex
	rows     *tree
	snapshot *tree // of rows, shared by the views since the last change
	pending  []waiting
	numbers  []uint64 // last number let in, by partition; 0 is unknown
	failed   error    // why every call fails until Recover
	closed   bool
	refusing error // why commits are refused, nil if they are let in
	script   map[int]Outcome
	commits  int // let in so far, by this handle
}

type tree = btree.BTreeG[durable.Row]

type waiting struct {
	batch *durable.Batch
	done  func(error)
}

var _ durable.Store = (*Store)(nil)

// New makes an empty store.
func New(opts Options) *Store {
	opts.Partitions = cmp.Or(opts.Partitions, DefaultPartitions)
	opts.Epoch = cmp.Or(opts.Epoch, 1)
	less := func(a, b durable.Row) bool { return bytes.Compare(a.Key, b.Key) < 0 }
	return open(opts, btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: 16}))
}

func open(opts Options, rows *tree) *Store {
	return &Store{opts: opts, rows: rows, numbers: make([]uint64, opts.Partitions)}
}

// Partitions is the number given in the options.
func (s *Store) Partitions() int { return s.opts.Partitions }

// Epoch is the number given in the options.
func (s *Store) Epoch() uint64 { return s.opts.Epoch }

// View calls fn with the rows as of now.
func (s *Store) View(fn func(durable.Reader) error) error {
	s.views.RLock()
	defer s.views.RUnlock()
	s.mu.Lock()
	if err := s.down(); err != nil {
		s.mu.Unlock()
		return err
	}
	if s.snapshot == nil {
		s.snapshot = s.rows.Copy()
	}
	r := reader{s.snapshot}
	s.mu.Unlock()
	return fn(r)
}

// Commit applies the batch and calls done before it returns, or queues it in
// manual mode. A batch that is not well formed, too large, or does not follow
// the partition's last one is refused at once in both.
func (s *Store) Commit(b *durable.Batch, done func(error)) {
	s.mu.Lock()
	if err := s.admit(b); err != nil {
		s.mu.Unlock()
		done(err)
		return
	}
	s.numbers[b.Partition] = b.Number
	s.commits++
	s.pending = append(s.pending, waiting{b, done})
	outcome, scripted := s.script[s.commits]
	delete(s.script, s.commits)
	if s.opts.Manual && !scripted {
		s.mu.Unlock()
		return
	}
	told := s.resolve(len(s.pending)-1, outcome)
	s.mu.Unlock()
	told.call()
}

func (s *Store) admit(b *durable.Batch) error {
	if err := s.down(); err != nil {
		return err
	}
	if s.refusing != nil {
		return s.refusing
	}
	if err := b.Check(s.opts.Partitions); err != nil {
		return fmt.Errorf("%w: %w", durable.ErrRefused, err)
	}
	if last := s.numbers[b.Partition]; last != 0 && b.Number != last+1 {
		return fmt.Errorf("%w: batch %d of partition %d cannot follow batch %d", durable.ErrRefused, b.Number, b.Partition, last)
	}
	return nil
}

// Recover ends the time after an unsure commit. Batches that are still pending
// are lost.
func (s *Store) Recover() error {
	s.views.Lock()
	defer s.views.Unlock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return durable.ErrClosed
	}
	told := s.drop(firstError(s.failed, ErrUnsure))
	s.failed = nil
	clear(s.numbers)
	s.mu.Unlock()
	told.call()
	return nil
}

// Healthy is what was given to SetHealthy, or why every call fails.
func (s *Store) Healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return firstError(s.down(), s.refusing)
}

// Close applies what is pending and ends the handle; the rows stay for
// [Store.Reopen].
func (s *Store) Close() error {
	s.views.Lock()
	defer s.views.Unlock()
	s.mu.Lock()
	var told calls
	if s.failed != nil {
		told = s.drop(s.failed)
	}
	for len(s.pending) > 0 {
		told = append(told, s.resolve(0, Applied)...)
	}
	s.closed = true
	s.mu.Unlock()
	told.call()
	return nil
}

func (s *Store) down() error {
	if s.closed {
		return durable.ErrClosed
	}
	return s.failed
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
