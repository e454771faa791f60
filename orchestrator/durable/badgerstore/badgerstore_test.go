package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/storetest"
)

// testOptions leave the disk of the machine alone.
func testOptions() Options { return Options{MinFree: -1} }

func mustOpen(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	for _, d := range []Durability{Sync, Relaxed} {
		t.Run(d.String(), func(t *testing.T) {
			storetest.Run(t, func(t testing.TB, dir string) durable.Store {
				opts := testOptions()
				opts.Durability = d
				return mustOpen(t, dir, opts)
			})
		})
	}
}

func rowKey(p uint16, name string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, p), name...)
}

// put is a batch of one row.
func put(p uint16, n uint64, name, value string) *durable.Batch {
	r := durable.Row{Key: rowKey(p, name), Value: []byte(value)}
	return &durable.Batch{Partition: p, Number: n, Rows: []durable.Row{r}, Size: len(r.Key) + len(r.Value)}
}

func commit(s *Store, b *durable.Batch) error {
	told := make(chan error, 1)
	s.Commit(b, func(err error) { told <- err })
	return <-told
}

func mustCommit(t testing.TB, s *Store, b *durable.Batch) {
	t.Helper()
	if err := commit(s, b); err != nil {
		t.Fatal(err)
	}
}

// contents are all rows.
func contents(t testing.TB, s *Store) map[string]string {
	t.Helper()
	rows := map[string]string{}
	err := s.View(func(r durable.Reader) error {
		return r.Scan(nil, nil, false, func(k, v []byte) bool { rows[string(k)] = string(v); return true })
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func openFails(t *testing.T, dir string, want error, says ...string) {
	t.Helper()
	s, err := Open(dir, testOptions())
	if err == nil {
		mustClose(t, s)
		t.Fatalf("%s opens", dir)
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	for _, text := range append(says, dir) {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error %q does not say %q", err, text)
		}
	}
}

func TestPartitionsAreStored(t *testing.T) {
	dir := t.TempDir()
	opts := testOptions()
	opts.Partitions = 7
	s := mustOpen(t, dir, opts)
	epoch := s.Epoch()
	mustClose(t, s)
	opts.Partitions = 9
	s = mustOpen(t, dir, opts)
	defer mustClose(t, s)
	if s.Partitions() != 7 || s.Epoch() != epoch || epoch == 0 {
		t.Errorf("%d partitions, epoch %x then %x", s.Partitions(), epoch, s.Epoch())
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, testOptions())
	openFails(t, dir, ErrLocked, "another server is using it")
	mustClose(t, s)
	mustClose(t, mustOpen(t, dir, testOptions()))
}

func TestForeignDirectories(t *testing.T) {
	t.Run("a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "data")
		writeFile(t, path, "x")
		openFails(t, path, nil, "is a file")
	})
	t.Run("below a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "data")
		writeFile(t, path, "x")
		openFails(t, filepath.Join(path, "sub"), nil)
	})
	t.Run("not empty", func(t *testing.T) {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "letter.txt"), "x")
		openFails(t, dir, ErrFormat, "letter.txt", "empty directory")
	})
	t.Run("another Badger database", func(t *testing.T) {
		dir := t.TempDir()
		db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		openFails(t, dir, ErrFormat, "Everturn did not make")
	})
	t.Run("a newer format", func(t *testing.T) {
		dir := t.TempDir()
		mustClose(t, mustOpen(t, dir, testOptions()))
		f := format{Partitions: 4, Epoch: 1}
		newer := strings.Replace(strings.Split(f.text(), "checksum")[0], "everturn-database 1", "everturn-database 2", 1)
		writeFile(t, filepath.Join(dir, formatFile), withChecksum(newer))
		openFails(t, dir, ErrFormat, "format 2", "use the release that wrote it")
	})
	t.Run("a damaged format", func(t *testing.T) {
		dir := t.TempDir()
		mustClose(t, mustOpen(t, dir, testOptions()))
		writeFile(t, filepath.Join(dir, formatFile), "everturn-database 1\npartitions 99\n")
		openFails(t, dir, ErrDamaged, formatFile)
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everywhere")
		}
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		openFails(t, dir, os.ErrPermission)
	})
}

func TestMissingDirectoriesAreMade(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "a", "b"), testOptions())
	mustCommit(t, s, put(1, 1, "row", "there"))
	mustClose(t, s)
}

func TestOptions(t *testing.T) {
	for name, opts := range map[string]Options{
		"no partitions":       {Partitions: -1},
		"too many partitions": {Partitions: MaxPartitions + 1},
		"small memtables":     {MemTableSize: 16 << 20},
	} {
		if _, err := Open(filepath.Join(t.TempDir(), "x"), opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A commit whose outcome is unsure stops the store, and Recover finds the
// batches whole or not at all.
func TestUnsureCommit(t *testing.T) {
	broken := errors.New("broken disk")
	for name, applied := range map[string]bool{"applied": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, t.TempDir(), testOptions())
			defer mustClose(t, s)
			mustCommit(t, s, put(1, 1, "before", "there"))
			s.commitFault = func(n uint64, commit func() error) error {
				if n != 2 {
					return commit()
				}
				if applied {
					if err := commit(); err != nil {
						t.Error(err)
					}
				}
				return broken
			}
			if err := commit(s, put(1, 2, "unsure", "there")); !errors.Is(err, broken) || errors.Is(err, durable.ErrRefused) {
				t.Fatalf("told %v", err)
			}
			for what, err := range map[string]error{
				"Commit":  commit(s, put(2, 1, "later", "there")),
				"View":    s.View(func(durable.Reader) error { return nil }),
				"Healthy": s.Healthy(),
			} {
				if !errors.Is(err, broken) {
					t.Errorf("%s: %v", what, err)
				}
			}
			s.commitFault = nil
			if err := s.Recover(); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{string(rowKey(1, "before")): "there"}
			if applied {
				want[string(rowKey(1, "unsure"))] = "there"
			}
			if got := contents(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("found %q, want %q", got, want)
			}
			mustCommit(t, s, put(2, 1, "later", "there"))
		})
	}
}

// After a failed commit nothing that waited behind it is acknowledged.
func TestNothingIsToldBehindAFailure(t *testing.T) {
	s := mustOpen(t, t.TempDir(), testOptions())
	defer mustClose(t, s)
	entered, leave := make(chan struct{}), make(chan struct{})
	s.commitFault = func(uint64, func() error) error {
		close(entered)
		<-leave
		return errors.New("broken disk")
	}
	told := make(chan error, 10)
	s.Commit(put(0, 1, "row", "x"), func(err error) { told <- err })
	<-entered
	for p := range uint16(9) {
		s.Commit(put(p+1, 1, "row", "x"), func(err error) { told <- err })
	}
	close(leave)
	for range 10 {
		if err := <-told; err == nil {
			t.Error("a batch behind a failed one was acknowledged")
		}
	}
	s.commitFault = nil
	if err := s.Recover(); err != nil {
		t.Fatal(err)
	}
	if rows := contents(t, s); len(rows) != 0 {
		t.Errorf("found %q", rows)
	}
}

func TestRecoverThatFails(t *testing.T) {
	s := mustOpen(t, t.TempDir(), testOptions())
	mustCommit(t, s, put(1, 1, "row", "x"))
	manifest := filepath.Join(s.dir, "MANIFEST")
	s.commitFault = func(uint64, func() error) error { return errors.New("broken disk") }
	if err := commit(s, put(1, 2, "row", "y")); err == nil {
		t.Fatal("acknowledged")
	}
	if err := os.Rename(manifest, manifest+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := s.Recover(); !errors.Is(err, ErrDamaged) {
		t.Fatalf("Recover: %v", err)
	}
	if err := s.View(func(durable.Reader) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("View: %v", err)
	}
	if err := commit(s, put(1, 2, "row", "y")); !errors.Is(err, ErrDamaged) {
		t.Errorf("Commit: %v", err)
	}
	mustClose(t, s)
}

func TestEpoch(t *testing.T) {
	for _, test := range []struct {
		durability Durability
		clean      bool
		changes    bool
	}{{Sync, true, false}, {Sync, false, false}, {Relaxed, true, false}, {Relaxed, false, true}} {
		t.Run(fmt.Sprintf("%s,clean=%v", test.durability, test.clean), func(t *testing.T) {
			opts := testOptions()
			opts.Durability = test.durability
			s := mustOpen(t, t.TempDir(), opts)
			mustCommit(t, s, put(1, 1, "row", "x"))
			dir := s.dir
			if test.clean {
				mustClose(t, s)
			} else {
				dir = copyOpen(t, s)
				mustClose(t, s)
			}
			again := mustOpen(t, dir, testOptions())
			defer mustClose(t, again)
			if changed := again.Epoch() != s.Epoch(); changed != test.changes {
				t.Errorf("the epoch changed: %v", changed)
			}
			if got := contents(t, again)[string(rowKey(1, "row"))]; got != "x" {
				t.Errorf("the row is %q", got)
			}
		})
	}
}

func TestMinFree(t *testing.T) {
	free, err := freeSpace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, t.TempDir(), Options{MinFree: free * 2})
	defer mustClose(t, s)
	if err := commit(s, put(1, 1, "row", "x")); !errors.Is(err, durable.ErrRefused) || !strings.Contains(err.Error(), "--min-free") {
		t.Errorf("told %v", err)
	}
	if err := s.Healthy(); !errors.Is(err, durable.ErrRefused) {
		t.Errorf("Healthy: %v", err)
	}
	if len(contents(t, s)) != 0 {
		t.Error("the refused batch is there")
	}
	// Room is made: the store goes on by itself at the watch's next look.
	s.mu.Lock()
	s.opts.MinFree = 1
	s.mu.Unlock()
	s.checkSpace()
	mustCommit(t, s, put(1, 1, "row", "x"))
}

func TestCommitsAreSlowedBeforeTheStall(t *testing.T) {
	if pauseFor(levelZeroSlow-1) != 0 || pauseFor(levelZeroSlow) == 0 || pauseFor(levelZeroStall-1) <= pauseFor(levelZeroSlow) {
		t.Errorf("pauses %v, %v, %v", pauseFor(levelZeroSlow-1), pauseFor(levelZeroSlow), pauseFor(levelZeroStall-1))
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
