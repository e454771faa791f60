package badgerstore

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// mapping is a range of this process' memory. By the time it is looked at, it
// may be another's: what is advised must be harmless to all.
type mapping struct {
	start, end uintptr
	file       string
}

func (m mapping) advise(advice uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, advice); errno != 0 {
		return fmt.Errorf("madvise %d: %w", advice, errno)
	}
	return nil
}

// mappings are those of files, by their addresses. There may be no /proc, which
// is an error.
func mappings() ([]mapping, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer maps.Close() //nolint:errcheck // it was only read
	var all []mapping
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		path := strings.IndexByte(lines.Text(), '/') // the last of the fields, and the only one with a slash
		if path < 0 {
			continue
		}
		m := mapping{file: lines.Text()[path:]}
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x ", &m.start, &m.end); err != nil {
			return nil, fmt.Errorf("/proc/self/maps says %q: %w", lines.Text(), err)
		}
		all = append(all, m)
	}
	return all, lines.Err()
}

// writeByPage has the kernel keep a file that is memory-mapped here in single pages. It would read ahead of the writer, in
// ever larger pieces (folios), though there is nothing to read; and as a piece of which a byte was changed is written as a
// whole, each sync of a few hundred bytes would come to write up to 2 MiB. Without it all works, but slower.
func writeByPage(f *os.File) error {
	path, err := realPath(f.Name())
	if err != nil {
		return err
	}
	all, err := mappings()
	if err != nil {
		return err
	}
	for _, m := range all {
		// By its path: there are file systems that show other devices and inodes here than to who asks the file.
		if m.file == path {
			err = firstError(err, m.advise(unix.MADV_RANDOM))
		}
	}
	return err
}

// pageOut has the kernel take the memory-mapped files of a directory out of this process' memory, and reports how many bytes
// of memory maps that were. What is needed again is read again.
func pageOut(dir string) (bytes int64, err error) {
	if dir, err = realPath(dir); err != nil {
		return 0, err
	}
	all, err := mappings()
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if filepath.Dir(m.file) == dir {
			err = firstError(err, m.advise(unix.MADV_PAGEOUT))
			bytes += int64(m.end - m.start) //nolint:gosec // an address space
		}
	}
	return bytes, err
}

// realPath is a path as the kernel shows it.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
