package badgerstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/everturn/everturn/orchestrator/durable"
)

// large is batch n of partition 1, of a hundred rows that are as large as can be.
func large(n uint64) *durable.Batch {
	b := &durable.Batch{Partition: 1, Number: n}
	for i := range 100 {
		b.Rows = append(b.Rows, durable.Row{Key: rowKey(1, fmt.Sprintf("%04d.%02d", n, i)), Value: make([]byte, durable.MaxRow)})
	}
	return b
}

// After each commit nothing of the log that Badger writes to is left to be
// written, and the log that was synced holds the commit: also where Badger goes
// on to the next log.
func TestCommitIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	const tmpfs = 0x01021994
	if st.Type == tmpfs {
		t.Skip("a file system in memory has nothing to write")
	}
	s := mustOpen(t, dir, testOptions())
	defer mustClose(t, s)
	first := s.active.number
	for n := uint64(1); s.active.number < first+2; n++ {
		if n > 100 {
			t.Fatal("Badger never began another log")
		}
		mustCommit(t, s, large(n))
		path := logPath(s.dir, s.active.number)
		log := mapOf(t, path)
		if !slices.Contains(log.flags, "rr") {
			t.Fatalf("after commit %d the kernel reads ahead in %s, and writes it in large pieces", n, path)
		}
		if log.dirty > 0 {
			t.Fatalf("after commit %d, %d KiB of %s are not on disk", s.acked.Load(), log.dirty, path)
		}
		if log, err := scanLog(path); err != nil || log.last != s.acked.Load() {
			t.Fatalf("%s ends with commit %d, not %d: another log was synced (%v)", path, log.last, s.acked.Load(), err)
		}
	}
}

// A log that cannot be synced makes the commit unsure, and every later call
// fails until the store is opened again.
func TestSyncFails(t *testing.T) {
	s := mustOpen(t, t.TempDir(), testOptions())
	defer mustClose(t, s)
	mustCommit(t, s, put(1, 1, "before", "x"))
	s.active.close()
	err := commit(s, put(1, 2, "row", "x"))
	if err == nil || errors.Is(err, durable.ErrRefused) || !strings.Contains(err.Error(), "unsure") {
		t.Fatalf("the commit was told %v", err)
	}
	if err := commit(s, put(1, 3, "later", "x")); err == nil {
		t.Fatal("a later commit was let in")
	}
	if s.acked.Load() != 1 {
		t.Fatalf("commit %d counts as done", s.acked.Load())
	}
	if err := s.Recover(); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s); len(got) != 2 {
		t.Errorf("%v", got)
	}
	mustCommit(t, s, put(1, 3, "later", "x"))
}
