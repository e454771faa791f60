package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/everturn/everturn/orchestrator/durable"
)

// mapping is what the kernel says of a mapped file of ours.
func mapping(t *testing.T, path string) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("the kernel says nothing of what is mapped:", err)
	}
	_, ours, ok := strings.Cut(string(maps), " "+path+"\n")
	if !ok {
		t.Fatalf("%s is not mapped", path)
	}
	return ours
}

// dirty is how many KiB of a mapped file of ours the kernel has yet to write.
func dirty(t *testing.T, path string) (kib int) {
	t.Helper()
	for line := range strings.Lines(mapping(t, path)) {
		var n int
		for _, format := range []string{"Shared_Dirty: %d kB", "Private_Dirty: %d kB"} {
			if _, err := fmt.Sscanf(line, format, &n); err == nil {
				kib += n
			}
		}
		if strings.HasPrefix(line, "VmFlags:") { // the last of a mapping
			break
		}
	}
	return kib
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
	value := make([]byte, durable.MaxRow)
	for n := uint64(1); s.active.number < first+2; n++ {
		if n > 100 {
			t.Fatal("Badger never began another log")
		}
		b := &durable.Batch{Partition: 1, Number: n}
		for i := range 100 {
			b.Rows = append(b.Rows, durable.Row{Key: rowKey(1, fmt.Sprintf("%04d.%02d", n, i)), Value: value})
		}
		mustCommit(t, s, b)
		path := logPath(s.dir, s.active.number)
		if _, flags, _ := strings.Cut(mapping(t, path), "VmFlags:"); !slices.Contains(strings.Fields(strings.SplitN(flags, "\n", 2)[0]), "rr") {
			t.Fatalf("after commit %d the kernel reads ahead in %s, and writes it in large pieces", n, path)
		}
		if n := dirty(t, path); n > 0 {
			t.Fatalf("after commit %d, %d KiB of %s are not on disk", s.acked.Load(), n, path)
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
