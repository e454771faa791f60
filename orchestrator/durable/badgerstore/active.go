package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore/pages"
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
	logger zerolog.Logger
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
func openActiveLog(dir string, logger zerolog.Logger) (*activeLog, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+logExtension))
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %w", err)
	}
	l := &activeLog{dir: dir, logger: logger}
	for _, name := range names {
		l.number = max(l.number, logNumber(filepath.Base(name)))
	}
	if l.file, err = os.Open(logPath(dir, l.number)); err != nil {
		return nil, fmt.Errorf("badgerstore: the log cannot be opened: %w", err)
	}
	if err := l.begun(); err != nil {
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
		if err := l.begun(); err != nil {
			return err
		}
	}
	return nil
}

// begun prepares a log that Badger writes to from now on: its name is made durable, for which Badger does not wait. Badger
// has mapped it, and unmaps it long after the next log was begun, so that the map is looked up while it is there.
func (l *activeLog) begun() error {
	if err := pages.WriteSingly(l.file); err != nil {
		l.logger.Debug().Err(err).Str("log", l.file.Name()).Msg("the kernel was not told how the log is written: syncs may write more than they need to")
	}
	if err := syncDirectory(l.dir); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	return nil
}

// close lets go of the file; nothing was written through it.
func (l *activeLog) close() { _ = l.file.Close() }
