package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

// producers is how many there are at a time.
const producers = 200

// 200 producers, each waiting for its one-row batch of 300 bytes.
func BenchmarkCommit(b *testing.B) {
	for _, partitions := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("partitions=%d", partitions), func(b *testing.B) {
			s := mustOpen(b, benchtest.Dir(b), Options{Partitions: partitions})
			type owner struct {
				sync.Mutex
				number uint64
			}
			owners := make([]owner, partitions)
			benchtest.Crowd(b, producers, func(producer, n int) error {
				p := producer % partitions
				key := make([]byte, 18)
				binary.BigEndian.PutUint16(key, uint16(p))
				binary.BigEndian.PutUint64(key[2:], uint64(producer))
				binary.BigEndian.PutUint64(key[10:], uint64(n))
				batch := &durable.Batch{Partition: uint16(p), Rows: []durable.Row{{Key: key, Value: make([]byte, 300)}}, Size: 318}
				told := make(chan error, 1)
				o := &owners[p]
				o.Lock()
				o.number++
				batch.Number = o.number
				s.Commit(batch, func(err error) { told <- err })
				o.Unlock()
				return <-told
			})
			commits := s.acked.Load()
			b.ReportMetric(float64(b.N)/float64(commits), "batches/commit")
			mustClose(b, s)
			s = mustOpen(b, s.dir, Options{}) // everything is there
			report, err := s.Verify(nil)
			if err != nil || report.Rows != b.N {
				b.Errorf("%d rows of %d, %v", report.Rows, b.N, err)
			}
			mustClose(b, s)
		})
	}
}

// One batch of one row after the other.
func BenchmarkCommitAlone(b *testing.B) {
	s := mustOpen(b, benchtest.Dir(b), Options{})
	defer mustClose(b, s)
	all := make([]time.Duration, b.N)
	value := string(make([]byte, 300))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range all {
		start := time.Now()
		mustCommit(b, s, put(1, uint64(i+1), fmt.Sprintf("%016d", i), value))
		all[i] = time.Since(start)
	}
	b.StopTimer()
	benchtest.Report(b, all)
}

// A row of 300 bytes among 100,000, from tables.
func BenchmarkGet(b *testing.B) {
	s := mustOpen(b, benchtest.Dir(b), Options{})
	const rows, chunk = 100_000, 1000
	name := func(i int) string { return fmt.Sprintf("%016d", i) }
	for from := 0; from < rows; from += chunk {
		batch := &durable.Batch{Partition: 1, Number: uint64(from/chunk + 1)}
		for i := range chunk {
			batch.Rows = append(batch.Rows, durable.Row{Key: rowKey(1, name(from+i)), Value: make([]byte, 300)})
		}
		mustCommit(b, s, batch)
	}
	mustClose(b, s)
	s = mustOpen(b, s.dir, Options{})
	defer mustClose(b, s)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % rows
		key := rowKey(1, name(i))
		if err := s.View(func(r durable.Reader) error { _, err := r.Get(key); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenEmpty(b *testing.B) {
	dir := benchtest.Dir(b)
	mustClose(b, mustOpen(b, dir, Options{}))
	for b.Loop() {
		s := mustOpen(b, dir, Options{})
		b.StopTimer()
		mustClose(b, s)
		b.StartTimer()
	}
}

// Of a full log, as after a kill: 60 MB in rows of 300 bytes.
func BenchmarkOpenAfterKill(b *testing.B) {
	s := mustOpen(b, benchtest.Dir(b), Options{Durability: Relaxed})
	for n := uint64(1); n <= 150; n++ {
		batch := &durable.Batch{Partition: 1, Number: n}
		for i := range 1000 {
			batch.Rows = append(batch.Rows, durable.Row{Key: rowKey(1, fmt.Sprintf("%08d.%08d", n, i)), Value: make([]byte, 300)})
		}
		mustCommit(b, s, batch)
	}
	dir := copyOpen(b, s)
	mustClose(b, s)
	for b.Loop() {
		b.StopTimer()
		again := filepath.Join(benchtest.Dir(b), "copy")
		if err := os.Mkdir(again, 0o700); err != nil {
			b.Fatal(err)
		}
		copyDir(b, dir, again)
		b.StartTimer()
		s := mustOpen(b, again, Options{})
		b.StopTimer()
		mustClose(b, s)
		b.StartTimer()
	}
}

// What a bare group committer on Badger does with the same producers and
// Badger options: the limit for BenchmarkCommit.
func BenchmarkLimitCommitter(b *testing.B) {
	opts, err := Options{}.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	db, err := badger.OpenManaged(opts.badger(benchtest.Dir(b)).WithSyncWrites(true))
	if err != nil {
		b.Fatal(err)
	}
	type row struct {
		entry *badger.Entry
		done  chan error
	}
	rows := make(chan row, 1<<14)
	var wg sync.WaitGroup
	wg.Go(func() {
		version := uint64(0)
		var group []row
		for r := range rows {
			group = append(group[:0], r)
			for more := true; more; {
				select {
				case r := <-rows:
					group = append(group, r)
				default:
					more = false
				}
			}
			version++
			txn, err := db.NewTransactionAt(math.MaxUint64, true), error(nil)
			for _, r := range group {
				err = errors.Join(err, txn.SetEntry(r.entry))
			}
			err = errors.Join(err, txn.CommitAt(version, nil))
			for _, r := range group {
				r.done <- err
			}
		}
	})
	benchtest.Crowd(b, producers, func(producer, n int) error {
		key := make([]byte, 18)
		binary.BigEndian.PutUint64(key[2:], uint64(producer))
		binary.BigEndian.PutUint64(key[10:], uint64(n))
		done := make(chan error, 1)
		rows <- row{badger.NewEntry(key, make([]byte, 300)), done}
		return <-done
	})
	close(rows)
	wg.Wait()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// One synced Badger transaction of one row after the other.
func BenchmarkLimitBadgerTxn(b *testing.B) {
	opts, err := Options{}.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	db, err := badger.Open(opts.badger(benchtest.Dir(b)).WithSyncWrites(true))
	if err != nil {
		b.Fatal(err)
	}
	all := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range all {
		start := time.Now()
		err := db.Update(func(txn *badger.Txn) error { return txn.Set(rowKey(1, fmt.Sprint(i)), make([]byte, 300)) })
		if err != nil {
			b.Fatal(err)
		}
		all[i] = time.Since(start)
	}
	b.StopTimer()
	benchtest.Report(b, all)
	if rate := float64(b.N) / b.Elapsed().Seconds(); rate > 20_000 {
		b.Errorf("%.0f synced transactions a second: there was no fsync, the run is void", rate)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
