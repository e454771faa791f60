package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Report is what Verify looked at.
type Report struct {
	Tables int
	Rows   int
	Bytes  int64 // of keys and values
}

// Verify reads everything: each block of each table from the files, then each
// row, which check may judge; it may be nil, and its slices are valid until it
// returns. All errors are joined. A store can be verified while it is in use.
func (s *Store) Verify(check func(key, value []byte) error) (Report, error) {
	var report Report
	err := s.View(func(r durable.Reader) error {
		var errs []error
		for _, table := range s.db.Tables() {
			_, err := checkTable(tablePath(s.dir, table.ID))
			if errors.Is(err, fs.ErrNotExist) && !s.hasTable(table.ID) {
				continue // a compaction was faster; its outcome is checked next time
			}
			report.Tables++
			errs = append(errs, err)
		}
		errs = append(errs, r.(*reader).each(func(key, value []byte) error {
			report.Rows++
			report.Bytes += int64(len(key) + len(value))
			if check == nil {
				return nil
			}
			if err := check(key, value); err != nil {
				errs = append(errs, fmt.Errorf("row %q: %w", key, err))
			}
			return nil
		}))
		return errors.Join(errs...)
	})
	return report, err
}

func (s *Store) hasTable(id uint64) bool {
	return slices.ContainsFunc(s.db.Tables(), func(t badger.TableInfo) bool { return t.ID == id })
}

// Sizes are for the inspector and the metrics.
type Sizes struct {
	Commit     uint64 // number of the last commit
	Tables     int
	TableBytes int64
	LevelZero  int   // tables that wait for compaction
	LogBytes   int64 // apparent size of the logs; they are sparse
	ValueBytes int64 // apparent size of the value log, which stays at its header
	FreeBytes  int64 // of the disk
	// Levels are the tables by level; PauseNanos is how long each commit waits
	// just now so that compactions can follow.
	Levels     []Level
	PauseNanos int64
}

// Level is one level of the tables.
type Level struct {
	Tables int
	Bytes  int64
	// Score is how much the level wants to be compacted: from 1 on it is.
	Score float64
}

// Sizes looks at the database and its directory. It costs some file system
// calls: ask for it every few seconds, not for every commit.
func (s *Store) Sizes() (Sizes, error) {
	sizes := Sizes{}
	err := s.View(func(durable.Reader) error {
		sizes.Commit = s.acked.Load()
		sizes.PauseNanos = s.pause.Load()
		for i, level := range s.db.Levels() {
			sizes.Levels = append(sizes.Levels, Level{level.NumTables, level.Size, level.Score})
			sizes.Tables += level.NumTables
			sizes.TableBytes += level.Size
			if i == 0 {
				sizes.LevelZero = level.NumTables
			}
		}
		files, err := os.ReadDir(s.dir)
		if err != nil {
			return fmt.Errorf("badgerstore: %w", err)
		}
		for _, file := range files {
			info, err := file.Info()
			if err != nil {
				continue // one that is gone by now counts as nothing
			}
			switch filepath.Ext(file.Name()) {
			case logExtension:
				sizes.LogBytes += info.Size()
			case ".vlog":
				sizes.ValueBytes += info.Size()
			}
		}
		sizes.FreeBytes, err = freeSpace(s.dir)
		return err
	})
	return sizes, err
}
