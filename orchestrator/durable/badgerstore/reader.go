package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"sync"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
)

// viewTable counts the open views by the commit that they read, so that
// compactions keep what they may still read.
type viewTable struct {
	mu   sync.Mutex
	open map[uint64]int
}

// oldest is the oldest commit that is being read, or limit.
func (v *viewTable) oldest(limit uint64) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	for number := range v.open {
		limit = min(limit, number)
	}
	return limit
}

func (s *Store) enterView() uint64 {
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	if s.views.open == nil {
		s.views.open = make(map[uint64]int)
	}
	number := s.acked.Load() // under the lock: oldest must not pass between
	s.views.open[number]++
	return number
}

func (s *Store) leaveView(number uint64) {
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	if s.views.open[number]--; s.views.open[number] == 0 {
		delete(s.views.open, number)
	}
}

// View calls fn with the rows as of the last acknowledged commit. It does not
// wait for commits. Views must not be nested: Close and Recover wait between.
func (s *Store) View(fn func(durable.Reader) error) error {
	s.life.RLock()
	defer s.life.RUnlock()
	s.mu.Lock()
	err := s.failed
	if s.closing {
		err = durable.ErrClosed
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	number := s.enterView()
	defer s.leaveView(number)
	txn := s.db.NewTransactionAt(number, false)
	defer txn.Discard()
	return fn(&reader{txn: txn})
}

// reader reads one version of the database. It is used by one goroutine.
type reader struct {
	txn   *badger.Txn
	arena []byte // what Scan gave lies here, since Badger reuses its own
}

func (r *reader) Get(key []byte) ([]byte, error) {
	item, err := r.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, durable.ErrNoRow
	}
	var value []byte
	if err == nil {
		// The item is ours, and so is its value.
		err = item.Value(func(v []byte) error { value = v; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("badgerstore: reading %q: %w", key, err)
	}
	if value == nil {
		value = []byte{}
	}
	return value, nil
}

func (r *reader) Scan(start, end []byte, reverse bool, fn func(key, value []byte) bool) error {
	if end == nil || bytes.Compare(end, []byte(ownPrefix)) > 0 {
		end = []byte(ownPrefix)
	}
	if bytes.Compare(start, end) >= 0 {
		return nil
	}
	it := r.txn.NewIterator(badger.IteratorOptions{Reverse: reverse, Prefix: commonPrefix(start, end)})
	defer it.Close()
	if reverse {
		it.Seek(end)
		if it.Valid() && bytes.Equal(it.Item().Key(), end) {
			it.Next()
		}
	} else {
		it.Seek(start)
	}
	for ; it.Valid(); it.Next() {
		item := it.Item()
		if k := item.Key(); bytes.Compare(k, start) < 0 || bytes.Compare(k, end) >= 0 {
			return nil
		}
		key := r.keep(item.Key())
		var value []byte
		if err := item.Value(func(v []byte) error { value = r.keep(v); return nil }); err != nil {
			return fmt.Errorf("badgerstore: reading %q: %w", key, err)
		}
		if !fn(key, value) {
			return nil
		}
	}
	return nil
}

// commonPrefix lets Badger leave out tables: all keys of a range have it.
func commonPrefix(a, b []byte) []byte {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// keep copies bytes for the rest of the view.
func (r *reader) keep(p []byte) []byte {
	if cap(r.arena)-len(r.arena) < len(p) {
		r.arena = make([]byte, 0, max(len(p), min(math.MaxUint16, max(512, 2*cap(r.arena)))))
	}
	from := len(r.arena)
	r.arena = append(r.arena, p...)
	return r.arena[from:len(r.arena):len(r.arena)]
}
