package badgerstore

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// TestBehaviour_118_StopRestoreCompactCrash writes several times what memory may
// hold, over and over the same rows, and looks for every row after each thing
// that can happen to a database: a stop, a compaction, a crash behind one, a
// backup that is restored. What the database says of its size is true at once.
func TestBehaviour_118_StopRestoreCompactCrash(t *testing.T) {
	s := mustOpen(t, t.TempDir(), testOptions())
	want := map[string]string{}
	var number uint64
	write := func(batches int) {
		t.Helper()
		for range batches {
			number++
			b := &durable.Batch{Partition: 1, Number: number}
			for i := range 16 {
				key := rowKey(1, fmt.Sprintf("%02d.%02d", number%50, i))
				if number%7 == 0 && i%2 == 0 {
					b.Rows = append(b.Rows, durable.Row{Key: key})
					delete(want, string(key))
					continue
				}
				value := bytes.Repeat(fmt.Append(nil, number, ".", i, " "), 1500)
				b.Rows = append(b.Rows, durable.Row{Key: key, Value: value})
				want[string(key)] = string(value)
			}
			mustCommit(t, s, b)
		}
	}
	look := func(after string) {
		t.Helper()
		if got := contents(t, s); !maps.Equal(got, want) {
			t.Fatalf("after %s there are %d rows, %d were written, or some are others", after, len(got), len(want))
		}
		checkSizes(t, s, number, after)
	}
	batches := 1300 // some 200 MB
	if testing.Short() {
		batches = 120
	}
	empty := heap()
	write(batches)
	look("writing")
	for range 6 { // each leaves a table
		mustClose(t, s)
		s = mustOpen(t, s.dir, testOptions())
		look("a stop")
		if grown := heap() - empty; grown > 130<<20 { // a memtable, caches, and what this test remembers
			t.Errorf("after a stop the heap is %d MB larger than that of an empty database", grown>>20)
		}
		write(10)
	}
	if err := s.db.Flatten(2); err != nil {
		t.Fatal(err)
	}
	look("a compaction")
	if sizes, err := s.Sizes(); err != nil || sizes.Tables == sizes.LevelZero {
		t.Errorf("nothing was compacted: %+v, %v", sizes, err)
	}
	write(20)
	crashed := copyOpen(t, s) // as kill -9 leaves it
	var backup bytes.Buffer
	if err := s.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = mustOpen(t, crashed, testOptions())
	look("a crash behind a compaction")
	mustClose(t, s)

	restored := filepath.Join(t.TempDir(), "restored")
	if err := Restore(&backup, restored, testOptions()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, restored, testOptions())
	if got := contents(t, s); !maps.Equal(got, want) {
		t.Fatalf("the backup has %d rows, %d were written, or some are others", len(got), len(want))
	}
	mustClose(t, s)
}

// checkSizes compares what the database says of itself with its directory, at a
// moment when no memtable is being flushed and no compaction ends.
func checkSizes(t *testing.T, s *Store, number uint64, after string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		sizes, err := s.Sizes()
		tables, bytes := tablesIn(s.dir)
		if err == nil && sizes.Commit > 0 && sizes.Tables == tables && sizes.TableBytes == bytes {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("after %s, batch %d: it says %+v, there are %d tables of %d bytes (%v)", after, number, sizes, tables, bytes, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func tablesIn(dir string) (tables int, bytes int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*.sst")) // the pattern is good
	for _, file := range files {
		if info, err := os.Stat(file); err == nil { // else a compaction was faster
			tables, bytes = tables+1, bytes+info.Size()
		}
	}
	return tables, bytes
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
