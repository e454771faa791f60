package badgerstore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mapped is what the kernel says of a range of our memory.
type mapped struct {
	file            string
	resident, dirty int // KiB
	flags           []string
}

// ourMaps are all of them, at one moment.
func ourMaps(t *testing.T) (all []mapped) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("the kernel says nothing of what is mapped:", err)
	}
	for line := range strings.Lines(string(smaps)) {
		var m mapped
		var start, end uintptr
		if _, err := fmt.Sscanf(line, "%x-%x ", &start, &end); err == nil {
			if i := strings.IndexByte(line, '/'); i >= 0 {
				m.file = strings.TrimSuffix(line[i:], "\n")
			}
			all = append(all, m)
			continue
		}
		last, n := &all[len(all)-1], 0
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "Rss":
			_, err = fmt.Sscanf(value, "%d kB", &n)
			last.resident = n
		case "Shared_Dirty", "Private_Dirty":
			_, err = fmt.Sscanf(value, "%d kB", &n)
			last.dirty += n
		case "VmFlags":
			last.flags, err = strings.Fields(value), nil
		default:
			err = nil
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return all
}

// mapOf is the map of a file of ours.
func mapOf(t *testing.T, path string) mapped {
	t.Helper()
	all := ourMaps(t)
	i := slices.IndexFunc(all, func(m mapped) bool { return m.file == path })
	if i < 0 {
		t.Fatalf("%s is not mapped", path)
	}
	return all[i]
}

// resident is how many KiB of the files of a directory are in our memory.
func resident(t *testing.T, dir string) (kib int) {
	t.Helper()
	for _, m := range ourMaps(t) {
		if filepath.Dir(m.file) == dir {
			kib += m.resident
		}
	}
	return kib
}

// A store at ease has next to nothing of its files in memory, and all that was in them is there when it is asked for.
func TestEase(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, testOptions())
	b := large(1)
	random := rand.NewChaCha8([32]byte{})
	for _, row := range b.Rows { // so that it cannot be compressed
		_, _ = random.Read(row.Value)
	}
	mustCommit(t, s, b)
	mustClose(t, s) // what was in memory is a table now
	s = mustOpen(t, dir, testOptions())
	defer mustClose(t, s)
	want := contents(t, s)
	before := resident(t, s.dir)
	if before < 1024 {
		t.Fatalf("%d KiB of the files were in memory to begin with", before)
	}
	s.Ease()
	if after := resident(t, s.dir); after > before/10 {
		t.Errorf("%d of %d KiB of the files are still in memory", after, before)
	}
	if got := contents(t, s); len(got) != len(want) {
		t.Errorf("%d rows, of %d", len(got), len(want))
	}
	mustCommit(t, s, put(2, 1, "later", "x"))
}
