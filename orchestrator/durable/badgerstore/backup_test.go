package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// backupOf makes a database with some rows in many partitions and its backup.
func backupOf(t *testing.T) (*Store, []byte) {
	t.Helper()
	opts := testOptions()
	opts.Partitions = 5
	s := mustOpen(t, t.TempDir(), opts)
	for p := range uint16(5) {
		for n := uint64(1); n <= 30; n++ {
			mustCommit(t, s, put(p, n, fmt.Sprint(n), strings.Repeat("v", int(n)*1000)))
		}
	}
	mustCommit(t, s, put(0, 31, "empty", ""))
	var file bytes.Buffer
	if err := s.Backup(&file); err != nil {
		t.Fatal(err)
	}
	return s, file.Bytes()
}

func TestBackup(t *testing.T) {
	s, file := backupOf(t)
	want := contents(t, s)
	defer mustClose(t, s)
	dir := filepath.Join(t.TempDir(), "new", "place")
	if err := Restore(bytes.NewReader(file), dir, testOptions()); err != nil {
		t.Fatal(err)
	}
	restored := mustOpen(t, dir, testOptions())
	defer mustClose(t, restored)
	if !maps.Equal(contents(t, restored), want) {
		t.Error("the restored rows differ")
	}
	if restored.Partitions() != 5 || restored.Epoch() == s.Epoch() {
		t.Errorf("%d partitions, epoch %x as before", restored.Partitions(), restored.Epoch())
	}
	if _, err := restored.Verify(nil); err != nil {
		t.Error(err)
	}
}

// A backup is the state of one moment, whatever is committed meanwhile.
func TestBackupIsConsistent(t *testing.T) {
	s, _ := backupOf(t)
	defer mustClose(t, s)
	want := contents(t, s)
	var file bytes.Buffer
	first := true
	err := s.Backup(writerFunc(func(b []byte) (int, error) {
		if first {
			first = false
			mustCommit(t, s, put(4, 31, "late", "x"))
		}
		return file.Write(b)
	}))
	if err != nil || first {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "restored")
	if err := Restore(&file, dir, testOptions()); err != nil {
		t.Fatal(err)
	}
	restored := mustOpen(t, dir, testOptions())
	defer mustClose(t, restored)
	if !maps.Equal(contents(t, restored), want) {
		t.Error("the backup holds more than its moment")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestBackupThatCannotBeWritten(t *testing.T) {
	s, _ := backupOf(t)
	defer mustClose(t, s)
	full := errors.New("disk full")
	if err := s.Backup(writerFunc(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("Backup: %v", err)
	}
}

// A damaged backup is refused, and leaves nothing.
func TestDamagedBackup(t *testing.T) {
	s, file := backupOf(t)
	mustClose(t, s)
	parent := t.TempDir()
	fails := func(how string, b []byte) {
		t.Helper()
		if err := Restore(bytes.NewReader(b), filepath.Join(parent, "restored"), testOptions()); !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", how, err)
		}
		if files, err := os.ReadDir(parent); err != nil || len(files) != 0 {
			t.Errorf("%s: it left %v, %v", how, files, err)
		}
	}
	for _, n := range []int{0, 5, len(backupMagic), len(backupMagic) + 9, len(file) / 2, len(file) - 1} {
		fails(fmt.Sprintf("cut at %d", n), file[:n])
	}
	for at := 0; at < len(file); at += len(file)/20 + 1 {
		flipped := bytes.Clone(file)
		flipped[at] ^= 4
		fails(fmt.Sprintf("flipped at %d", at), flipped)
	}
	newer := bytes.Clone(file)
	newer[len(backupMagic)-2] = '2'
	fails("a newer version", newer)
}

func TestRestoreIntoUsedDirectory(t *testing.T) {
	s, file := backupOf(t)
	mustClose(t, s)
	if err := Restore(bytes.NewReader(file), s.dir, testOptions()); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("Restore: %v", err)
	}
	if err := Restore(bytes.NewReader(file), t.TempDir(), testOptions()); err != nil {
		t.Errorf("into an empty directory: %v", err)
	}
}

func TestVerify(t *testing.T) {
	s, _ := backupOf(t)
	mustClose(t, s)
	s = mustOpen(t, s.dir, testOptions())
	defer mustClose(t, s)
	report, err := s.Verify(nil)
	if err != nil || report.Rows != 151 || report.Tables == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	bad := errors.New("does not add up")
	_, err = s.Verify(func(k, v []byte) error {
		if string(k[2:]) == "empty" {
			return bad
		}
		return nil
	})
	if !errors.Is(err, bad) || !strings.Contains(err.Error(), "empty") {
		t.Errorf("Verify: %v", err)
	}

	// Damage done while the store is open.
	tables, err := filepath.Glob(filepath.Join(s.dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(err)
	}
	f, err := os.OpenFile(tables[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), 100); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(nil); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tables[0]) {
		t.Errorf("Verify of a damaged table: %v", err)
	}
}

func TestSizes(t *testing.T) {
	s, _ := backupOf(t)
	mustClose(t, s)
	s = mustOpen(t, s.dir, testOptions())
	defer mustClose(t, s)
	sizes, err := s.Sizes()
	if err != nil || sizes.Commit != 151 || sizes.Tables != 1 || sizes.TableBytes == 0 || sizes.LogBytes == 0 || sizes.FreeBytes == 0 {
		t.Errorf("%+v, %v", sizes, err)
	}
	tables, bytes := 0, int64(0)
	for _, l := range sizes.Levels {
		tables, bytes = tables+l.Tables, bytes+l.Bytes
	}
	if len(sizes.Levels) < 2 || tables != 1 || bytes != sizes.TableBytes || sizes.ValueBytes == 0 || sizes.PauseNanos != 0 {
		t.Errorf("%+v", sizes)
	}
}
