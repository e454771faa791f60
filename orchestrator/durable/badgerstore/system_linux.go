package badgerstore

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// syncsMaps says that a sync of a file writes what was changed through a memory
// map of it.
const syncsMaps = true

// fdatasync makes the content of a file durable.
func fdatasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// exists says whether there is such a file, cheaply: it is asked at each commit.
func exists(path string) bool { return unix.Access(path, unix.F_OK) == nil }

// writeByPage has the kernel keep a file that is memory-mapped here in single pages. It would read ahead of the writer, in
// ever larger pieces (folios), though there is nothing to read; and as a piece of which a byte was changed is written as a
// whole, each sync of a few hundred bytes would come to write up to 2 MiB. Without it (there may be no /proc) all works, but
// slower.
func writeByPage(f *os.File) error {
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		// By its path: there are file systems that show other devices and inodes here than to who asks the file.
		var start, end uintptr
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &start, &end); err != nil || !strings.HasSuffix(lines.Text(), " "+path) {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, start, end-start, unix.MADV_RANDOM); errno != 0 {
			return errno
		}
	}
	return lines.Err()
}
