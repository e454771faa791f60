package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// activeLog is the log that Badger appends to, opened once more to sync it.
//
// With synced writes of its own, Badger syncs two files for each transaction:
// the log, and the value log, in which nothing ever changes, but whose sync
// flushes the disk all the same: half of the time of a commit. So Badger writes
// without a sync, and the committer syncs the log before anybody is told. That
// Badger writes through a memory map makes no difference here: fdatasync writes
// what was changed through it, too.
//
// Which log that is: the committer alone writes; a transaction is whole in one
// log; and Badger begins the next log before it writes a transaction, never
// later. So it is the newest one when the transaction has returned.
//
// It belongs to the committer's goroutine.
type activeLog struct {
	dir    string
	number uint64
	file   *os.File
}

const logExtension = ".mem"

func logPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%05d", number)+logExtension)
}

// logNumber is the number of a log by its name; Badger refuses other names.
func logNumber(name string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSuffix(name, logExtension), 10, 64)
	return n
}

// openActiveLog opens the newest log of a directory that Badger has opened.
func openActiveLog(dir string) (*activeLog, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+logExtension))
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %w", err)
	}
	l := &activeLog{dir: dir}
	for _, name := range names {
		l.number = max(l.number, logNumber(filepath.Base(name)))
	}
	if l.file, err = os.Open(logPath(dir, l.number)); err != nil {
		return nil, fmt.Errorf("badgerstore: the log cannot be opened: %w", err)
	}
	if err := l.syncEntry(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// sync makes the transaction that has just returned durable.
func (l *activeLog) sync() error {
	if err := l.follow(); err != nil {
		return err
	}
	if err := fdatasync(l.file); err != nil {
		return fmt.Errorf("%s: %w", l.file.Name(), err)
	}
	return nil
}

// follow goes on to the log that Badger has begun, if it has. What the one
// before holds was synced with its last transaction.
func (l *activeLog) follow() error {
	for next := logPath(l.dir, l.number+1); exists(next); next = logPath(l.dir, l.number+1) {
		file, err := os.Open(next)
		if err != nil {
			return err
		}
		l.close()
		l.file, l.number = file, l.number+1
		if err := l.syncEntry(); err != nil {
			return err
		}
	}
	return nil
}

// syncEntry makes the log's name durable; Badger does not wait for that.
func (l *activeLog) syncEntry() error {
	if err := syncDirectory(l.dir); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	return nil
}

// close lets go of the file; nothing was written through it.
func (l *activeLog) close() { _ = l.file.Close() }
