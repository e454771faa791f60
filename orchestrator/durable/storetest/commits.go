package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

// testAtomic looks at the rows of a batch while it is committed: all of them
// tell the same number.
func testAtomic(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		const rows, rounds = 20, 50
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := s.View(func(r durable.Reader) error {
					got, err := collect(r, key(1, "a"), key(1, "b"), false)
					for _, row := range got {
						if _, v, _ := strings.Cut(row, "="); v != strings.SplitAfter(got[0], "=")[1] {
							return fmt.Errorf("half of a batch is visible: %q", got)
						}
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
		for n := uint64(1); n <= rounds; n++ {
			b := batch(1, n)
			for i := range rows {
				add(b, fmt.Sprintf("a%02d", i), fmt.Appendf(nil, "%d", n))
			}
			mustCommit(t, s, b)
		}
		close(stop)
		wg.Wait()
	})
}

// testOrder queues batches that overwrite one row, without waiting in between.
func testOrder(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		const n = 200
		var mu sync.Mutex
		var told []uint64
		var wg sync.WaitGroup
		for i := uint64(1); i <= n; i++ {
			wg.Add(1)
			s.Commit(batch(7, i, "row", fmt.Sprint(i)), func(err error) {
				mu.Lock()
				told = append(told, i)
				mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				wg.Done()
			})
		}
		wg.Wait()
		for i, n := range told {
			if n != uint64(i+1) {
				t.Fatalf("done came in the order %v", told)
			}
		}
		want(t, s, 7, "row", fmt.Sprint(n))
	})
}

// testNumberGap: a batch that was built upon one that never came is refused,
// so that a refusal in a row of queued batches leaves no hole.
func testNumberGap(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		mustCommit(t, s, batch(1, 5, "row", "5")) // a reopened store knows no earlier number
		for _, n := range []uint64{5, 7, 4} {
			if err := commit(s, batch(1, n, "row", "bad"))[0]; !errors.Is(err, durable.ErrRefused) {
				t.Errorf("batch %d after 5: %v, want ErrRefused", n, err)
			}
		}
		mustCommit(t, s, batch(1, 6, "row", "6"), batch(2, 1, "row", "1"))
		want(t, s, 1, "row", "6")

		large := batch(1, 7)
		add(large, "row", make([]byte, durable.MaxRow+1))
		told := commit(s, large, batch(1, 8, "row", "8"))
		for i, err := range told {
			if !errors.Is(err, durable.ErrRefused) {
				t.Errorf("batch %d: %v, want ErrRefused", 7+i, err)
			}
		}
		mustCommit(t, s, batch(1, 7, "row", "7"))
		want(t, s, 1, "row", "7")
	})
}

// testManyPartitions commits a batch of each partition at once, then each
// alone: they may share a transaction, and must not need to.
func testManyPartitions(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		if s.Partitions() < 2 {
			t.Fatalf("%d partitions", s.Partitions())
		}
		var group []*durable.Batch
		for p := range uint16(s.Partitions()) {
			group = append(group, batch(p, 1, "group", fmt.Sprint(p)))
		}
		mustCommit(t, s, group...)
		for p := range uint16(s.Partitions()) {
			mustCommit(t, s, batch(p, 2, "alone", fmt.Sprint(p)))
		}
		for p := range uint16(s.Partitions()) {
			want(t, s, p, "group", fmt.Sprint(p))
			want(t, s, p, "alone", fmt.Sprint(p))
		}
	})
}

// largest is a batch of exactly MaxBatch bytes.
func largest(n uint64) *durable.Batch {
	b := batch(1, n)
	value := bytes.Repeat([]byte("abcdefg"), durable.MaxRow/7+1)[:durable.MaxRow]
	for i := 0; b.Size < durable.MaxBatch; i++ {
		name := fmt.Sprintf("large%06d", i)
		room := durable.MaxBatch - b.Size - len(key(1, name))
		if room < durable.MaxRow+100 { // the last two: never a key without room for it
			room /= 1 + room/durable.MaxRow
		}
		add(b, name, value[:min(room, durable.MaxRow)])
	}
	return b
}

func testLargestBatch(t *testing.T, open Open) {
	dir := t.TempDir()
	b := largest(1)
	if b.Size != durable.MaxBatch {
		t.Fatalf("the batch holds %d bytes, not MaxBatch", b.Size)
	}
	closing(t, open, dir, func(s durable.Store) {
		small := batch(2, 1, "row", "beside")
		second := largest(2)
		mustCommit(t, s, b, small, second)
		want(t, s, 2, "row", "beside")
	})
	closing(t, open, dir, func(s durable.Store) {
		for _, r := range b.Rows {
			want(t, s, 1, string(r.Key[2:]), string(r.Value))
		}
	})
}

func testMostRows(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		b := batch(1, 1)
		// As many bytes as fit beside as many rows as there may be.
		value := bytes.Repeat([]byte{'v'}, durable.MaxBatch/durable.MaxBatchRows-len(key(1, "row000000")))
		for i := range durable.MaxBatchRows {
			add(b, fmt.Sprintf("row%06d", i), value)
		}
		mustCommit(t, s, b)
		rows := 0
		err := s.View(func(r durable.Reader) error {
			return r.Scan(key(1, ""), key(2, ""), false, func(_, v []byte) bool {
				if !bytes.Equal(v, value) {
					t.Errorf("a row holds %q", v)
				}
				rows++
				return !t.Failed()
			})
		})
		if err != nil || rows != durable.MaxBatchRows {
			t.Fatalf("%d rows, %v", rows, err)
		}
	})
}

// testRefused: what is over a limit is refused whole, and the store lives on.
func testRefused(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		tooLarge := largest(1)
		add(tooLarge, "x", []byte("one byte too much"))
		tooMany := batch(1, 1)
		for i := range durable.MaxBatchRows + 1 {
			add(tooMany, fmt.Sprintf("row%06d", i), []byte{})
		}
		longRow := batch(1, 1, "good", "row")
		add(longRow, "row", make([]byte, durable.MaxRow+1))
		longKey := batch(1, 1, "good", "row")
		add(longKey, strings.Repeat("k", durable.MaxKey), []byte("x")) // behind its partition
		foreign := batch(1, 1, "good", "row")
		foreign.Rows = append(foreign.Rows, durable.Row{Key: key(2, "row"), Value: []byte{}})
		short := batch(1, 1, "good", "row")
		short.Rows = append(short.Rows, durable.Row{Key: []byte{0}, Value: []byte{}})
		for name, test := range map[string]struct {
			batch *durable.Batch
			says  string
		}{
			"bytes":             {tooLarge, "MaxBatch"},
			"rows":              {tooMany, "MaxBatchRows"},
			"row":               {longRow, "MaxRow"},
			"key":               {longKey, "MaxKey"},
			"other partition":   {foreign, "partition"},
			"no partition":      {short, "partition"},
			"unknown partition": {batch(uint16(s.Partitions()), 1, "row", ""), "partition"},
		} {
			err := commit(s, test.batch)[0]
			if !errors.Is(err, durable.ErrRefused) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v, want ErrRefused that says %q", name, err, test.says)
			}
		}
		err := s.View(func(r durable.Reader) error {
			rows, err := collect(r, nil, nil, false)
			if len(rows) != 0 {
				t.Errorf("%d rows of refused batches are there", len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Healthy(); err != nil {
			t.Errorf("not healthy after refusals: %v", err)
		}
		mustCommit(t, s, batch(1, 1, "row", "still alive"))
		want(t, s, 1, "row", "still alive")
	})
}

// testConcurrent commits from a goroutine per partition while others read.
func testConcurrent(t *testing.T, open Open) {
	dir := t.TempDir()
	const rounds = 50
	partitions := uint16(8)
	closing(t, open, dir, func(s durable.Store) {
		var wg, readers sync.WaitGroup
		var running atomic.Bool
		running.Store(true)
		for range 2 {
			readers.Go(func() {
				for running.Load() {
					for p := range partitions {
						a, b := "", ""
						err := s.View(func(r durable.Reader) error {
							rows, err := collect(r, key(p, ""), key(p+1, ""), true)
							if len(rows) > 0 {
								_, a, _ = strings.Cut(rows[0], "=")
								_, b, _ = strings.Cut(rows[len(rows)-1], "=")
							}
							return err
						})
						if err != nil || a != b {
							t.Errorf("partition %d reads %q and %q, %v", p, a, b, err)
							return
						}
					}
				}
			})
		}
		for p := range partitions {
			wg.Go(func() {
				for n := uint64(1); n <= rounds; n++ {
					b := batch(p, n, "a", fmt.Sprint(n), "b", fmt.Sprint(n))
					if err := commit(s, b)[0]; err != nil {
						t.Error(err)
						return
					}
					if got := get(t, s, p, "a"); got != fmt.Sprint(n) {
						t.Errorf("partition %d reads %s after %d was done", p, got, n)
						return
					}
				}
			})
		}
		wg.Wait()
		running.Store(false)
		readers.Wait()
	})
	closing(t, open, dir, func(s durable.Store) {
		for p := range partitions {
			want(t, s, p, "b", fmt.Sprint(rounds))
		}
	})
}
