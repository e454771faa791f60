package badgerstore

import (
	"errors"
	"os"

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
