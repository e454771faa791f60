package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
)

// closeTimeout is how long Badger may take to close: it tries a failing flush
// again without end.
const closeTimeout = 30 * time.Second

// Store is a [durable.Store] on Badger. Besides what the interface says, its
// other methods may be called concurrently, too.
type Store struct {
	opts   Options
	dir    string
	format format
	lock   *os.File
	mark   *mark

	// life is held for reading by whoever uses db, and for writing by Recover
	// and Close, which so wait for views.
	life   sync.RWMutex
	db     *badger.DB // nil when it could not be reopened, and after Close
	active *activeLog // nil where nobody or Badger syncs

	acked atomic.Uint64 // number of the last acknowledged commit
	views viewTable

	mu       sync.Mutex // guards what follows; taken after life
	wake     *sync.Cond // of the committer
	queue    []request
	numbers  []uint64 // last number let in, by partition; 0 is unknown
	failed   error    // why every call fails
	refusing error    // why commits are refused; nil if they are let in
	closing  bool

	pause   atomic.Int64 // nanoseconds between transactions, see watch
	stop    chan struct{}
	workers sync.WaitGroup

	// commitFault stands in for a failing disk: it decides whether the
	// transaction of a number is committed, and what the committer is told.
	// Nil outside of tests.
	commitFault func(number uint64, commit func() error) error
}

var _ durable.Store = (*Store)(nil)

// Open opens the database in a directory, and makes both if they are missing.
// Its errors name the file and say what to do; see [ErrLocked], [ErrFormat],
// [ErrDamaged], [ErrBehindMark].
func Open(dir string, opts Options) (_ *Store, err error) {
	if opts, err = opts.withDefaults(); err != nil {
		return nil, err
	}
	if dir, err = makeDirectory(dir); err != nil {
		return nil, err
	}
	s := &Store{opts: opts, dir: dir}
	s.wake = sync.NewCond(&s.mu)
	if s.lock, err = lockDirectory(dir); err != nil {
		return nil, fmt.Errorf("badgerstore: %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			_ = s.release() // the first error counts
		}
	}()
	if s.format, err = readFormat(dir, opts.Partitions); err != nil {
		return nil, err
	}
	if s.mark, err = openMark(dir, opts.AcceptLoss); err != nil {
		return nil, err
	}
	before := s.mark.last
	if err = s.openBadger(); err != nil {
		return nil, err
	}
	if lost := s.acked.Load() < before.Number; lost || before.Relaxed && !before.Clean {
		s.format.Epoch = newEpoch()
		err = s.format.write(dir)
	}
	if err == nil {
		err = s.beginRun()
	}
	if err != nil {
		_ = s.closeBadger() // nothing was written yet
		return nil, err
	}
	s.start()
	return s, nil
}

func makeDirectory(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("badgerstore: %w", err)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(abs, 0o700); err != nil {
			return "", fmt.Errorf("badgerstore: the data directory cannot be made: %w", err)
		}
	case err != nil:
		return "", fmt.Errorf("badgerstore: %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("badgerstore: %s is a file, not a directory; name another path for the data", abs)
	}
	return abs, nil
}

// openBadger inspects the files and opens Badger on them.
func (s *Store) openBadger() error {
	opts, known := s.opts.badger(s.dir), s.mark.last
	in, err := inspect(s.dir, known.Number, opts)
	if err != nil {
		return err
	}
	// Without fsync, a power loss may take the end; the death of the process
	// may not. What is left has to be without a hole, as always.
	powerLoss := known.Relaxed && !known.Clean && known.Boot != bootID()
	if in.lost != nil && !s.opts.AcceptLoss && !powerLoss {
		return in.lost
	}
	if err := in.prepare(); err != nil {
		return err
	}
	db, err := openManaged(opts)
	if err != nil {
		return fmt.Errorf("badgerstore: %s: Badger cannot open it: %w", s.dir, err)
	}
	if found := db.MaxVersion(); found != in.last {
		return errors.Join(
			fmt.Errorf("badgerstore: %s: %w: Badger found commit %d, the files end with %d", s.dir, ErrDamaged, found, in.last),
			closeInTime(db))
	}
	if s.opts.Durability == Sync && syncsMaps {
		if s.active, err = openActiveLog(s.dir, s.opts.Logger); err != nil {
			return errors.Join(err, closeInTime(db))
		}
	}
	s.db = db
	s.acked.Store(in.last)
	db.SetDiscardTs(in.last)
	return nil
}

// openManaged turns Badger's panics into errors.
func openManaged(opts badger.Options) (db *badger.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: panic: %v", ErrDamaged, r)
		}
	}()
	return badger.OpenManaged(opts)
}

// beginRun marks the database as in use, for good, before the first commit.
func (s *Store) beginRun() error {
	boot := bootID()
	err := s.mark.write(func(m *markSlot) {
		*m = markSlot{Sequence: m.Sequence, Number: s.acked.Load(), Boot: boot, Relaxed: s.opts.Durability == Relaxed}
	})
	if err != nil {
		return err
	}
	if err := s.mark.file.Sync(); err != nil {
		return fmt.Errorf("badgerstore: commit mark: %w", err)
	}
	return nil
}

// start starts the goroutines. The caller holds life, or nobody else knows s.
func (s *Store) start() {
	s.mu.Lock()
	s.numbers = make([]uint64, s.format.Partitions)
	s.failed = nil
	stop := make(chan struct{})
	s.stop = stop
	s.mu.Unlock()
	s.checkSpace()
	s.workers.Go(s.commitLoop)
	s.workers.Go(func() { s.watch(stop) })
}

// Partitions is the number chosen when the database was made.
func (s *Store) Partitions() int { return s.format.Partitions }

// Epoch is the random number of the database; see [durable.Store].
func (s *Store) Epoch() uint64 { return s.format.Epoch }

// Recover closes Badger and reopens it from the files. If that fails, so does
// every later call, with the same error, until a Recover succeeds.
func (s *Store) Recover() error {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.halt(errRecovering) {
		return durable.ErrClosed
	}
	err := s.closeBadger()
	if err == nil {
		err = s.openBadger()
	}
	if err == nil {
		err = s.beginRun()
	}
	if err != nil {
		err = fmt.Errorf("badgerstore: the database could not be reopened, restart the server: %w", err)
		s.fail(err)
		return err
	}
	s.start()
	return nil
}

var errRecovering = errors.New("badgerstore: recovering")

// halt lets the committer finish what waits, if it may, and ends the
// goroutines. It says false if the store is closed.
func (s *Store) halt(reason error) bool {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return false
	}
	if errors.Is(reason, durable.ErrClosed) {
		s.closing = true
	} else {
		s.failed = firstError(s.failed, reason)
	}
	running := s.stop != nil
	if running {
		close(s.stop)
		s.stop = nil
	}
	s.wake.Broadcast()
	s.mu.Unlock()
	s.workers.Wait()
	return true
}

// Close finishes the commits that wait, closes Badger, and marks the end as
// clean. Further calls do nothing.
func (s *Store) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.halt(durable.ErrClosed) {
		return nil
	}
	clean := s.failed == nil
	err := s.closeBadger()
	if err == nil && clean {
		err = s.mark.write(func(m *markSlot) { m.Clean = true })
		err = errors.Join(err, s.mark.file.Sync())
	}
	return errors.Join(err, s.release())
}

func (s *Store) closeBadger() error {
	if s.db == nil {
		return nil
	}
	db, active := s.db, s.active
	s.db, s.active = nil, nil
	if active != nil {
		active.close()
	}
	return closeInTime(db)
}

func closeInTime(db *badger.DB) error {
	closed := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				closed <- fmt.Errorf("badgerstore: closing: panic: %v", r)
			}
		}()
		closed <- db.Close()
	}()
	timeout := time.NewTimer(closeTimeout)
	defer timeout.Stop()
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("badgerstore: closing: %w", err)
		}
		return nil
	case <-timeout.C:
		return fmt.Errorf("badgerstore: Badger did not close within %s", closeTimeout)
	}
}

func (s *Store) release() error {
	var err error
	if s.mark != nil {
		err = s.mark.file.Close()
	}
	return errors.Join(err, s.lock.Close())
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
