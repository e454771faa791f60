//go:build linux || darwin

package badgerstore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// locksDirectories says that lockDirectory works here; elsewhere Badger's own
// lock serves.
const locksDirectories = true

// lockDirectory takes the lock that Badger's tools respect, too. It ends with
// the file, or the process.
func lockDirectory(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // it was only opened for the lock
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return f, nil
}

// freeSpace is the disk space that is free for us, in bytes.
func freeSpace(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
