package badgerstore

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

func withChecksum(body string) string {
	return body + fmt.Sprintf("checksum %08x\n", crc32.Checksum([]byte(body), castagnoli))
}

// copyOpen copies the directory of an open store: what the death of the
// process would leave. Holes stay holes.
func copyOpen(t testing.TB, s *Store) string {
	t.Helper()
	dir := t.TempDir()
	copyDir(t, s.dir, dir)
	return dir
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		copySparse(t, filepath.Join(from, file.Name()), filepath.Join(to, file.Name()))
	}
}

func copySparse(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	buf, zero, size := make([]byte, 1<<16), make([]byte, 1<<16), int64(0)
	for {
		n, err := in.ReadAt(buf, size)
		if n > 0 && string(buf[:n]) != string(zero[:n]) {
			if _, err := out.WriteAt(buf[:n], size); err != nil {
				t.Fatal(err)
			}
		}
		size += int64(n)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Truncate(size), out.Close()); err != nil {
		t.Fatal(err)
	}
}

// filled is a database with tables (one clean close) and a log.
func filled(t *testing.T) (dir string, rows map[string]string) {
	s := mustOpen(t, t.TempDir(), testOptions())
	fill := func(from, to int) {
		for n := from; n <= to; n++ {
			b := &durable.Batch{Partition: 1, Number: uint64(n)}
			for i := range 20 {
				b.Rows = append(b.Rows, durable.Row{Key: rowKey(1, fmt.Sprintf("%04d.%02d", n, i)), Value: []byte(strings.Repeat("v", n%50))})
			}
			mustCommit(t, s, b)
		}
	}
	fill(1, 100)
	mustClose(t, s)
	s = mustOpen(t, s.dir, testOptions())
	fill(101, 200)
	mustClose(t, s)
	s = mustOpen(t, s.dir, testOptions())
	fill(201, 300)
	dir, rows = copyOpen(t, s), contents(t, s)
	mustClose(t, s)
	return dir, rows
}

// Every file is flipped and cut at many places. Each time the database is
// refused with the name of the file, or everything is there.
func TestDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("a long one")
	}
	const seed = 7
	rnd := rand.New(rand.NewPCG(seed, 1))
	dir, rows := filled(t)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]int{}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		name, size := file.Name(), info.Size()
		content := size // of the logs, only the start holds something
		if filepath.Ext(name) == ".mem" {
			log, err := scanLog(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			content = min(size, log.end+100)
		}
		for range 12 {
			at := rnd.Int64N(max(1, content))
			if damaged(t, dir, rows, name, fmt.Sprintf("byte %d of %d flipped (seed %d)", at, size, seed), func(f *os.File) error {
				b := []byte{0}
				if _, err := f.ReadAt(b, at); err != nil {
					return nil // an empty file has nothing to flip
				}
				b[0] ^= byte(1 << rnd.IntN(8))
				_, err := f.WriteAt(b, at)
				return err
			}) {
				refused[filepath.Ext(name)]++
			}
		}
		for _, end := range []int64{0, 1, 10, content / 3, content / 2, content - 1} {
			if damaged(t, dir, rows, name, fmt.Sprintf("cut from %d to %d", size, end), func(f *os.File) error { return f.Truncate(max(0, end)) }) {
				refused[filepath.Ext(name)]++
			}
		}
	}
	t.Logf("refused: %v", refused)
	for _, ext := range []string{".sst", ".mem", ".format", ""} {
		if refused[ext] == 0 {
			t.Errorf("no damage to a %q file was noticed", ext)
		}
	}
}

// damaged changes one file of a copy and says whether it was refused.
func damaged(t *testing.T, dir string, rows map[string]string, name, how string, change func(*os.File) error) bool {
	t.Helper()
	to, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(to)
	copyDir(t, dir, to)
	f, err := os.OpenFile(filepath.Join(to, name), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(to, testOptions())
	if err != nil {
		if !strings.Contains(err.Error(), to) {
			t.Errorf("%s, %s: refused without a name: %v", name, how, err)
		}
		return true
	}
	defer mustClose(t, s)
	if got := contents(t, s); !maps.Equal(got, rows) {
		t.Errorf("%s, %s: opened with %d rows of %d", name, how, len(got), len(rows))
	}
	if _, err := s.Verify(nil); err != nil {
		t.Errorf("%s, %s: opened, but Verify says %v", name, how, err)
	}
	return false
}

func TestMissingFiles(t *testing.T) {
	dir, rows := filled(t)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		switch filepath.Ext(file.Name()) {
		case ".vlog", "":
			if file.Name() != "MANIFEST" {
				continue // hold nothing
			}
		}
		copied := t.TempDir()
		copyDir(t, dir, copied)
		if err := os.Remove(filepath.Join(copied, file.Name())); err != nil {
			t.Fatal(err)
		}
		s, err := Open(copied, testOptions())
		if err == nil {
			same := maps.Equal(contents(t, s), rows)
			mustClose(t, s)
			if !same {
				t.Errorf("without %s it opens, and rows are missing", file.Name())
			}
		} else if !strings.Contains(err.Error(), copied) {
			t.Errorf("without %s: %v", file.Name(), err)
		}
	}
}

// lose cuts the end of the last log, as a flipped byte would.
func lose(t *testing.T) string {
	t.Helper()
	dir, _ := filled(t)
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil || len(logs) == 0 {
		t.Fatal(err)
	}
	log, err := scanLog(logs[len(logs)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(log.path, log.end-10); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAcceptLoss(t *testing.T) {
	dir := lose(t)
	openFails(t, dir, ErrBehindMark, ".mem", "300")
	openFails(t, dir, ErrBehindMark) // looking changed nothing
	opts := testOptions()
	opts.AcceptLoss = true
	s := mustOpen(t, dir, opts)
	if n := len(contents(t, s)); n != 299*20 {
		t.Errorf("%d rows", n)
	}
	mustCommit(t, s, put(1, 300, "new", "x"))
	mustClose(t, s)
	again := mustOpen(t, dir, testOptions())
	defer mustClose(t, again)
	if n := len(contents(t, again)); n != 299*20+1 {
		t.Errorf("%d rows", n)
	}
}

// A power loss without fsync may take the end: the machine's boot tells it
// from damage.
func TestRelaxedAfterPowerLoss(t *testing.T) {
	for name, test := range map[string]struct {
		slot  markSlot
		opens bool
	}{
		"relaxed, machine restarted": {markSlot{Relaxed: true, Boot: bootID() + 1}, true},
		"relaxed, process died":      {markSlot{Relaxed: true, Boot: bootID()}, false},
		"sync, machine restarted":    {markSlot{Boot: bootID() + 1}, false},
		"relaxed, was closed":        {markSlot{Relaxed: true, Clean: true, Boot: bootID() + 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := lose(t)
			m, err := openMark(dir, false)
			if err != nil {
				t.Fatal(err)
			}
			err = m.write(func(s *markSlot) {
				test.slot.Sequence, test.slot.Number = s.Sequence, s.Number
				*s = test.slot
			})
			if err := errors.Join(err, m.file.Close()); err != nil {
				t.Fatal(err)
			}
			if !test.opens {
				openFails(t, dir, ErrBehindMark)
				return
			}
			before, err := readFormat(dir, 0)
			if err != nil {
				t.Fatal(err)
			}
			s := mustOpen(t, dir, testOptions())
			defer mustClose(t, s)
			if s.Epoch() == before.Epoch {
				t.Error("the epoch is still the same")
			}
		})
	}
}

// A mark that is older than the database, or half written, is fine.
func TestOldMark(t *testing.T) {
	dir, rows := filled(t)
	m, err := openMark(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.write(func(s *markSlot) { s.Number = 150 }), m.file.Close()); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, testOptions())
	defer mustClose(t, s)
	if !maps.Equal(contents(t, s), rows) {
		t.Error("rows are missing")
	}
}

// Badger does not open a directory with a log that it was about to remove
// when the process died.
func TestEmptiedLog(t *testing.T) {
	dir, rows := filled(t)
	writeFile(t, filepath.Join(dir, "00000.mem"), "")
	writeFile(t, filepath.Join(dir, "000077.vlog"), "")
	s := mustOpen(t, dir, testOptions())
	defer mustClose(t, s)
	if !maps.Equal(contents(t, s), rows) {
		t.Error("rows are missing")
	}
}

// When the last commits only delete, compactions may drop all they wrote but
// the marker row: the database must not look as if it were behind its mark.
func TestLastCommitOnlyDeletes(t *testing.T) {
	s := mustOpen(t, t.TempDir(), testOptions())
	mustCommit(t, s, put(1, 1, "row", "x"))
	mustCommit(t, s, &durable.Batch{Partition: 1, Number: 2, Rows: []durable.Row{{Key: rowKey(1, "row")}}})
	mustClose(t, s)
	s = mustOpen(t, s.dir, testOptions())
	if err := s.db.Flatten(2); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, s.dir, testOptions()))
}
