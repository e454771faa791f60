package pages

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// mapping is a range of this process' memory in which a file lies. By the time
// it is looked at, it may be another's: what is advised must be harmless to all.
type mapping struct {
	start, end uintptr
	writable   bool
	file       string
}

func (m mapping) advise(advice uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, advice); errno != 0 {
		return fmt.Errorf("madvise %d on %s: %w", advice, m.file, errno)
	}
	return nil
}

// mappings are all of them, by their addresses. There may be no /proc, which is
// an error.
func mappings() ([]mapping, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer maps.Close() //nolint:errcheck // it was only read
	var all []mapping
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		// Addresses, permissions, offset, device, inode, path: the only field with a slash.
		path := strings.IndexByte(lines.Text(), '/')
		if path < 0 {
			continue
		}
		m := mapping{file: lines.Text()[path:]}
		var permissions string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &m.start, &m.end, &permissions); err != nil {
			return nil, fmt.Errorf("/proc/self/maps says %q: %w", lines.Text(), err)
		}
		m.writable = strings.Contains(permissions, "w")
		all = append(all, m)
	}
	return all, lines.Err()
}

// adviseAll advises on the mappings that are meant, all of them, and gives their
// bytes, and the first error.
func adviseAll(advice uintptr, meant func(mapping) bool) (bytes int64, err error) {
	all, err := mappings()
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if !meant(m) {
			continue
		}
		bytes += int64(m.end - m.start) //nolint:gosec // an address space
		if failed := m.advise(advice); err == nil {
			err = failed
		}
	}
	return bytes, err
}

// WriteSingly has the kernel keep a file that is mapped here in single pages. It would read ahead of the writer, in ever larger
// pieces (folios), though there is nothing to read; and as a piece of which a byte was changed is written as a whole, each sync
// of a few hundred bytes would come to write up to 2 MiB. Without it all works, but slower.
func WriteSingly(f *os.File) error {
	path, err := realPath(f.Name())
	if err != nil {
		return err
	}
	// By its path: there are file systems that show other devices and inodes here than to who asks the file.
	_, err = adviseAll(unix.MADV_RANDOM, func(m mapping) bool { return m.file == path })
	return err
}

// Out has the kernel take the mapped files of a directory out of memory, and gives how many bytes of addresses that were. What
// is needed again is read again.
func Out(dir string) (bytes int64, err error) {
	if dir, err = realPath(dir); err != nil {
		return 0, err
	}
	return adviseAll(unix.MADV_PAGEOUT, func(m mapping) bool { return filepath.Dir(m.file) == dir })
}

// ProgramOut does that with the program that runs: all of it that is only read.
func ProgramOut() (bytes int64, err error) {
	program, err := os.Executable()
	if err == nil {
		program, err = realPath(program)
	}
	if err != nil {
		return 0, err
	}
	return adviseAll(unix.MADV_PAGEOUT, func(m mapping) bool { return m.file == program && !m.writable })
}

// realPath is a path as the kernel shows it.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
