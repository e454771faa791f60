package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	badger "github.com/dgraph-io/badger/v4"
)

// inspection is what a directory holds, found without changing it.
type inspection struct {
	dir    string
	last   uint64    // number of the last commit that is there without a hole before it
	logs   []logScan // with commits, in their order
	remove []string  // files that Badger left without content
	lost   error     // what is missing at the end; nil if nothing is
}

// inspect reads the files of a database before Badger does. Damage that cannot
// be passed over is an error; commits that are missing at the end are left to
// the caller in lost.
//
// Why this notices whatever is missing: the tables that the manifest names
// hold all commits up to the highest version in them, because memtables are
// flushed in order and every commit writes the marker row, whose newest
// version no compaction drops. Logs go on from there without a hole, the
// oldest first. Where a manifest lost its end, either tables are named that
// compactions have deleted, or the logs of unnamed ones are gone.
func inspect(dir string, number uint64, opts badger.Options) (*inspection, error) {
	in := &inspection{dir: dir}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %w", err)
	}
	var logs []string
	manifest, content := false, number > 0
	for _, file := range files {
		switch name := file.Name(); filepath.Ext(name) {
		case "":
			manifest = manifest || name == badger.ManifestFilename
			// Without a value log and encryption these say nothing, but Badger
			// stumbles over bad ones.
			if name == "DISCARD" || name == badger.KeyRegistryFileName {
				in.remove = append(in.remove, name)
			}
		case ".sst":
			content = true
		case ".vlog": // nothing ever enters the value log
			in.remove = append(in.remove, name)
		case logExtension:
			info, err := file.Info()
			if err != nil {
				return nil, fmt.Errorf("badgerstore: %w", err)
			}
			if info.Size() == 0 { // emptied on its way out, after its flush
				in.remove = append(in.remove, name)
				continue
			}
			logs = append(logs, name)
		}
	}
	if !manifest {
		if content {
			return nil, fmt.Errorf("badgerstore: %s: %w: the manifest is missing; restore a backup", filepath.Join(dir, badger.ManifestFilename), ErrDamaged)
		}
		return in, nil
	}
	if in.last, err = inspectTables(dir, opts); err != nil {
		return nil, err
	}
	if err := in.readLogs(logs); err != nil {
		return nil, err
	}
	if in.lost == nil && in.last < number {
		in.lost = in.missing(filepath.Join(dir, "*.mem"), in.last+1, number)
		if n := len(in.logs); n > 0 {
			in.lost = in.missing(in.logs[n-1].path, in.last+1, number)
		}
	}
	return in, nil
}

func (in *inspection) missing(path string, from, to uint64) error {
	return fmt.Errorf("badgerstore: %s: %w: it ends before commit %d, and %d were made; restore a backup, or accept the loss", path, ErrBehindMark, from, to)
}

// readLogs reads the memtables' logs. One that does not go on where the
// earlier ones ended means that one of those was cut.
func (in *inspection) readLogs(names []string) error {
	slices.SortFunc(names, func(a, b string) int { return int(logNumber(a)) - int(logNumber(b)) })
	before := filepath.Join(in.dir, "*.sst")
	for i, name := range names {
		path := filepath.Join(in.dir, name)
		log, err := scanLog(path)
		if err != nil {
			return fmt.Errorf("badgerstore: %s: %w", path, err)
		}
		if log.first > in.last+1 {
			in.lost = in.missing(before, in.last+1, log.first-1)
			in.remove = append(in.remove, names[i:]...) // if the loss is accepted, what is behind it goes, too
			return nil
		}
		in.logs = append(in.logs, log)
		in.last = max(in.last, log.last)
		before = path
	}
	return nil
}

// prepare does what Badger would do next, where Badger stumbles: it stops at
// a log or value log that was emptied but not yet removed, and may ask for
// gigabytes while it reads what follows the end of a log.
func (in *inspection) prepare() error {
	for _, log := range in.logs {
		if err := os.Truncate(log.path, log.end); err != nil {
			return fmt.Errorf("badgerstore: %w", err)
		}
	}
	for _, name := range in.remove {
		if err := os.Remove(filepath.Join(in.dir, name)); err != nil {
			return fmt.Errorf("badgerstore: %w", err)
		}
	}
	return nil
}

// inspectTables checks the manifest and every block of the tables it names,
// and gives the highest version in them.
func inspectTables(dir string, opts badger.Options) (uint64, error) {
	ids, err := manifestTables(dir, opts)
	if err != nil {
		return 0, err
	}
	var (
		mu    sync.Mutex
		errs  []error
		last  uint64
		queue = make(chan uint64)
		wg    sync.WaitGroup
	)
	for range 2 {
		wg.Go(func() {
			for id := range queue {
				version, err := checkTable(tablePath(dir, id))
				mu.Lock()
				last = max(last, version)
				if err != nil {
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	wg.Wait()
	return last, errors.Join(errs...)
}

// manifestTables reads the manifest with Badger's own code, which reports
// changes with a bad checksum, but takes a short one for the end.
func manifestTables(dir string, opts badger.Options) (ids []uint64, err error) {
	path := filepath.Join(dir, badger.ManifestFilename)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("badgerstore: %s: %w: %v", path, ErrDamaged, r)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	m, _, err := badger.ReplayManifestFile(f, 0, opts)
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %s: %w: %w; restore a backup", path, ErrDamaged, err)
	}
	for id, table := range m.Tables {
		if table.Compression != packing {
			return nil, fmt.Errorf("badgerstore: %s: %w: table %d is packed in another way (%d)", path, ErrFormat, id, table.Compression)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
