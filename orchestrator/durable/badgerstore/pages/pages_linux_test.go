package pages

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// resident is how many KiB of a file's maps are in our memory.
func resident(t *testing.T, file string) (kib int) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("the kernel says nothing of what is mapped:", err)
	}
	ours := false
	for line := range strings.Lines(string(smaps)) {
		var start, end uintptr
		if _, err := fmt.Sscanf(line, "%x-%x ", &start, &end); err == nil {
			ours = strings.HasSuffix(line, " "+file+"\n")
		}
		var n int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &n); err == nil && ours {
			kib += n
		}
	}
	return kib
}

// What is taken out is what was meant, and is there again when it is read.
func TestOut(t *testing.T) {
	const size = 4 << 20
	maps := map[string][]byte{}
	for _, dir := range []string{t.TempDir(), t.TempDir()} {
		path := filepath.Join(dir, "with a space")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(bytes.Repeat([]byte("0123456789abcdef"), size/16)); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil { // what is yet to be written stays
			t.Fatal(err)
		}
		m, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Munmap(m) //nolint:errcheck // of a test
		if bytes.Count(m, []byte("f")) != size/16 || resident(t, path) != size>>10 {
			t.Fatalf("%d KiB of %s are in memory to begin with", resident(t, path), path)
		}
		maps[path] = m
	}
	for path := range maps {
		if n, err := Out(filepath.Dir(path)); err != nil || n != size {
			t.Fatalf("%d bytes, %v", n, err)
		}
		break
	}
	var left []int
	for path, m := range maps {
		left = append(left, resident(t, path))
		if bytes.Count(m, []byte("f")) != size/16 {
			t.Errorf("%s has changed", path)
		}
	}
	if least, most := min(left[0], left[1]), max(left[0], left[1]); least > size>>10/10 || most != size>>10 {
		t.Errorf("%d KiB are left of the files of one directory, %d of the other", least, most)
	}
}

// The program goes on, with less of it in memory.
func TestProgramOut(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Sync(); err != nil { // it was just made: what is yet to be written stays
		t.Fatal(err)
	}
	before := resident(t, program)
	if n, err := ProgramOut(); err != nil || n == 0 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if after := resident(t, program); after >= before {
		t.Errorf("%d KiB of the program were in memory, and %d are", before, after)
	}
}
