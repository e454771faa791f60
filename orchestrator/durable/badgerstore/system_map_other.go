//go:build !linux

package badgerstore

import "os"

// syncsMaps: not promised here, so that Badger syncs its maps itself.
const syncsMaps = false

func fdatasync(f *os.File) error { return f.Sync() }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
