// Package storetest is the conformance suite of [durable.Store]: what every
// store must do so that the kernel above it can rely on the contract.
//
// The suite cannot make a disk fail, so it says nothing of unsure commits:
// memstore does that on demand, and badgerstore has its own tests.
package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Open opens the store in a directory, made by the first call for it and
// reopened by later ones.
type Open func(t testing.TB, dir string) durable.Store

// Run runs the suite against a store. Each test opens stores in directories of
// its own, closes them, and checks that no goroutine is left.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"Atomic", testAtomic},
		{"OrderPerPartition", testOrder},
		{"NumberGapIsRefused", testNumberGap},
		{"ViewSeesWhatWasDone", testViewSeesDone},
		{"SnapshotIsStable", testSnapshot},
		{"SlicesLiveAsLongAsTheView", testSlices},
		{"ViewReturnsTheError", testViewError},
		{"PutAndDelete", testPutDelete},
		{"EmptyValueIsNotADelete", testEmptyValue},
		{"Scan", testScan},
		{"ScanStops", testScanStops},
		{"ScanAgainstModel", testScanModel},
		{"ManyPartitionsAtOnce", testManyPartitions},
		{"LargestBatch", testLargestBatch},
		{"MostRows", testMostRows},
		{"OverTheLimitIsRefused", testRefused},
		{"ConcurrentCommits", testConcurrent},
		{"Reopen", testReopen},
		{"Recover", testRecover},
		{"CloseFinishesCommits", testCloseFinishes},
		{"CloseWaitsForViews", testCloseWaits},
		{"AfterClose", testAfterClose},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			test.run(t, open)
			goleak.VerifyNone(t, before)
		})
	}
}

// key is a key of a partition.
func key(p uint16, name string) []byte {
	return append([]byte{byte(p >> 8), byte(p)}, name...)
}

// batch makes a batch that puts rows, given as name, value, name, value…
func batch(p uint16, n uint64, rows ...string) *durable.Batch {
	b := &durable.Batch{Partition: p, Number: n}
	for i := 0; i < len(rows); i += 2 {
		add(b, rows[i], []byte(rows[i+1]))
	}
	return b
}

// add adds a row to a batch; a nil value deletes.
func add(b *durable.Batch, name string, value []byte) {
	r := durable.Row{Key: key(b.Partition, name), Value: value}
	b.Rows = append(b.Rows, r)
	b.Size += len(r.Key) + len(r.Value)
}

// commit commits the batches at once, waits for all, and gives what each done
// was told.
func commit(s durable.Store, batches ...*durable.Batch) []error {
	told := make([]error, len(batches))
	var wg sync.WaitGroup
	for i, b := range batches {
		wg.Add(1)
		s.Commit(b, func(err error) {
			told[i] = err
			wg.Done()
		})
	}
	wg.Wait()
	return told
}

func mustCommit(t testing.TB, s durable.Store, batches ...*durable.Batch) {
	t.Helper()
	if err := errors.Join(commit(s, batches...)...); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// get reads one value as a text; "<none>" stands for no row.
func get(t testing.TB, s durable.Store, p uint16, name string) string {
	t.Helper()
	text := "<none>"
	err := s.View(func(r durable.Reader) error {
		v, err := r.Get(key(p, name))
		if errors.Is(err, durable.ErrNoRow) {
			return nil
		}
		text = string(v)
		return err
	})
	if err != nil {
		t.Fatalf("get %d %q: %v", p, name, err)
	}
	return text
}

func want(t testing.TB, s durable.Store, p uint16, name, value string) {
	t.Helper()
	if got := get(t, s, p, name); got != value {
		t.Fatalf("row %d %q is %q, want %q", p, name, got, value)
	}
}

// closing opens a store and closes it at the end of the test.
func closing(t *testing.T, open Open, dir string, use func(durable.Store)) {
	t.Helper()
	s := open(t, dir)
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	use(s)
}

// collect scans into "name=value" texts.
func collect(r durable.Reader, start, end []byte, reverse bool) ([]string, error) {
	var rows []string
	err := r.Scan(start, end, reverse, func(k, v []byte) bool {
		rows = append(rows, fmt.Sprintf("%d.%s=%s", int(k[0])<<8|int(k[1]), k[2:], v))
		return true
	})
	return rows, err
}
