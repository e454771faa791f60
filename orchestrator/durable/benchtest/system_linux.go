package benchtest

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// tmpfs is the type of a file system in memory, where an fsync costs nothing
// and so says nothing.
const tmpfs = 0x01021994

// Parent is the directory on a disk in which benchmarks make theirs: what
// EVERTURN_BENCH_DIR names, else the one of the package under test.
func Parent(b testing.TB) string {
	b.Helper()
	parent := os.Getenv("EVERTURN_BENCH_DIR")
	if parent == "" {
		parent = "."
	}
	var st unix.Statfs_t
	if err := unix.Statfs(parent, &st); err != nil {
		b.Fatal(err)
	}
	if st.Type == tmpfs {
		b.Fatalf("%s is on tmpfs: name a directory on a disk in EVERTURN_BENCH_DIR", parent)
	}
	return parent
}

// Dir makes a directory in [Parent] that is removed when the benchmark ends.
func Dir(b testing.TB) string {
	b.Helper()
	dir, err := os.MkdirTemp(Parent(b), ".bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	return dir
}

// Resident is how many bytes of this process lie in memory, mapped files
// included.
func Resident() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, err
	}
	return resident * int64(os.Getpagesize()), nil
}
