package badgerstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
)

// A backup is the magic, then sections, each its length, its CRC-32C (four
// bytes each, big endian) and its bytes. The first section is the header, the
// others are rows (length of key, key, length of value, value; lengths as
// uvarint). An empty section ends the rows; the last one counts them. CRCs
// chain: each goes on from the one before, so that a section can be neither
// left out nor moved.
const (
	backupMagic   = "everturn-backup-1\n"
	backupSection = 1 << 20
	// The longest section: one row may exceed the size at which one ends.
	backupLongest = backupSection + durable.MaxRow + durable.MaxKey + 64
)

// ErrBackup means that a file is not a backup, or a damaged one.
var ErrBackup = errors.New("not a whole Everturn backup")

// Backup writes all rows as of now, while commits go on.
func (s *Store) Backup(w io.Writer) error {
	return s.View(func(r durable.Reader) error {
		out := &sectionWriter{w: bufio.NewWriterSize(w, 1<<18)}
		_, err := out.w.WriteString(backupMagic)
		out.section(err, fmt.Appendf(nil, "partitions %d\n", s.format.Partitions))
		rows := uint64(0)
		// A scan keeps what it gave until the end of the view, so the
		// iterator is used directly.
		err = r.(*reader).each(func(key, value []byte) error {
			rows++
			out.row(key, value)
			return out.err
		})
		out.flush(err)
		out.section(nil, nil)
		out.section(nil, binary.BigEndian.AppendUint64(nil, rows))
		if err := out.err; err != nil {
			return fmt.Errorf("badgerstore: backup: %w", err)
		}
		if err := out.w.Flush(); err != nil {
			return fmt.Errorf("badgerstore: backup: %w", err)
		}
		return nil
	})
}

// each calls fn for all rows of all partitions. The slices are valid until fn
// returns.
func (r *reader) each(fn func(key, value []byte) error) error {
	it := r.txn.NewIterator(badger.IteratorOptions{})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		key := it.Item().Key()
		if bytes.HasPrefix(key, []byte(ownPrefix)) {
			continue
		}
		if err := it.Item().Value(func(v []byte) error { return fn(key, v) }); err != nil {
			return err
		}
	}
	return nil
}

// sectionWriter keeps the first error and does nothing after it.
type sectionWriter struct {
	w    *bufio.Writer
	rows []byte
	sum  uint32
	err  error
}

func (s *sectionWriter) section(err error, body []byte) {
	if s.err = firstError(s.err, err); s.err != nil {
		return
	}
	s.sum = crc32.Update(s.sum, castagnoli, body)
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	_, e1 := s.w.Write(binary.BigEndian.AppendUint32(head, s.sum))
	_, e2 := s.w.Write(body)
	s.err = firstError(e1, e2)
}

func (s *sectionWriter) row(key, value []byte) {
	s.rows = append(binary.AppendUvarint(s.rows, uint64(len(key))), key...)
	s.rows = append(binary.AppendUvarint(s.rows, uint64(len(value))), value...)
	if len(s.rows) >= backupSection {
		s.flush(nil)
	}
}

func (s *sectionWriter) flush(err error) {
	if len(s.rows) > 0 || err != nil {
		s.section(err, s.rows)
	}
	s.rows = s.rows[:0]
}

// Restore makes a database from a backup in a directory that is missing or
// empty, with a new epoch. It is built beside it and renamed at the end, so
// that a restore that fails leaves nothing. Of opts, Partitions is ignored.
func Restore(r io.Reader, dir string, opts Options) (err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	if files, err := os.ReadDir(abs); err == nil && len(files) > 0 {
		return fmt.Errorf("badgerstore: restore: %s is not empty (%s); name a new directory, or move the old one away", abs, files[0].Name())
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(abs), 0o700); err != nil {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(abs), filepath.Base(abs)+".restoring-")
	if err != nil {
		return fmt.Errorf("badgerstore: restore: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("badgerstore: restore: %w", err), os.RemoveAll(temp))
		}
	}()
	if err := restoreInto(temp, &sectionReader{r: bufio.NewReaderSize(r, 1<<18)}, opts); err != nil {
		return err
	}
	if err := os.Remove(abs); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty one is in the way
		return err
	}
	if err := os.Rename(temp, abs); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(abs))
}

func restoreInto(dir string, in *sectionReader, opts Options) (err error) {
	if opts.Partitions, err = in.header(); err != nil {
		return err
	}
	opts.Durability = Relaxed // Close makes it durable as a whole
	s, err := Open(dir, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	load := loader{store: s}
	for {
		section, err := in.next()
		if err != nil {
			return err
		}
		if len(section) == 0 {
			break
		}
		if err := load.section(section); err != nil {
			return err
		}
	}
	count, err := in.next()
	if err != nil {
		return err
	}
	if len(count) != 8 || binary.BigEndian.Uint64(count) != load.rows {
		return fmt.Errorf("%w: it does not hold as many rows as it says", ErrBackup)
	}
	return load.commit()
}

// loader commits rows through the store, in batches of its partitions.
type loader struct {
	store *Store
	rows  uint64
	batch durable.Batch
}

func (l *loader) section(b []byte) error {
	for len(b) > 0 {
		var key, value []byte
		for _, field := range []*[]byte{&key, &value} {
			n, size := binary.Uvarint(b)
			if size <= 0 || n > uint64(len(b)-size) {
				return fmt.Errorf("%w: row %d is cut short", ErrBackup, l.rows+1)
			}
			*field = b[size : size+int(n) : size+int(n)]
			b = b[size+int(n):]
		}
		if len(key) < 2 {
			return fmt.Errorf("%w: row %d has no partition", ErrBackup, l.rows+1)
		}
		p := binary.BigEndian.Uint16(key)
		full := l.batch.Size+len(key)+len(value) > durable.MaxBatch || len(l.batch.Rows) == durable.MaxBatchRows
		if full || p != l.batch.Partition {
			if err := l.commit(); err != nil {
				return err
			}
			l.batch = durable.Batch{Partition: p}
		}
		l.batch.Rows = append(l.batch.Rows, durable.Row{Key: key, Value: value})
		l.batch.Size += len(key) + len(value)
		l.rows++
	}
	return nil
}

func (l *loader) commit() error {
	if len(l.batch.Rows) == 0 {
		return nil
	}
	told := make(chan error, 1)
	b := l.batch
	l.store.mu.Lock()
	b.Number = l.store.numbers[b.Partition] + 1
	l.store.mu.Unlock()
	l.store.Commit(&b, func(err error) { told <- err })
	l.batch.Rows, l.batch.Size = nil, 0
	return <-told
}

type sectionReader struct {
	r   *bufio.Reader
	sum uint32
}

func (s *sectionReader) header() (partitions int, err error) {
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(s.r, magic); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if string(magic) != backupMagic {
		return 0, fmt.Errorf("%w: it starts with %q", ErrBackup, magic)
	}
	head, err := s.next()
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscanf(string(head), "partitions %d\n", &partitions); err != nil {
		return 0, fmt.Errorf("%w: header %q", ErrBackup, head)
	}
	return partitions, nil
}

// next reads a section into memory of its own.
func (s *sectionReader) next() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > backupLongest {
		return nil, fmt.Errorf("%w: a section of %d bytes", ErrBackup, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(s.r, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	s.sum = crc32.Update(s.sum, castagnoli, body)
	if s.sum != binary.BigEndian.Uint32(head[4:]) {
		return nil, fmt.Errorf("%w: a checksum does not match", ErrBackup)
	}
	return body, nil
}
