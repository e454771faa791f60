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
	var file unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &file); err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var start, end, offset uintptr
		var mode, device string
		var inode uint64
		_, err := fmt.Sscanf(lines.Text(), "%x-%x %s %x %s %d", &start, &end, &mode, &offset, &device, &inode)
		// The device is not compared: there are file systems that show another one here.
		if err != nil || inode != file.Ino || !strings.HasSuffix(lines.Text(), "/"+filepath.Base(f.Name())) {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, start, end-start, unix.MADV_RANDOM); errno != 0 {
			return errno
		}
	}
	return lines.Err()
}
