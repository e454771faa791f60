package badgerstore

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"

	badger "github.com/dgraph-io/badger/v4"
)

// Errors of Open, beside those of the file system. They come wrapped, with the
// path and what to do.
var (
	// ErrLocked means that a directory is open elsewhere.
	ErrLocked = errors.New("another server is using it")
	// ErrFormat means that a directory is not an Everturn database, or one of
	// a format that this release does not know.
	ErrFormat = errors.New("not an Everturn database of this release")
	// ErrDamaged means that a file is missing or not as it was written.
	ErrDamaged = errors.New("damaged")
	// ErrBehindMark means that acknowledged commits are missing at the end.
	ErrBehindMark = errors.New("acknowledged commits are missing")
)

const (
	formatFile    = "everturn.format"
	formatVersion = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// format is what is known of a database before Badger opens it: a text file,
// replaced as a whole.
type format struct {
	Partitions int
	Epoch      uint64
}

func newEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:]) //nolint:forbidigo // never fails; not in a turn: it names a database
	return binary.BigEndian.Uint64(b[:])
}

func (f format) text() string {
	body := fmt.Sprintf("everturn-database %d\npartitions %d\nepoch %016x\n", formatVersion, f.Partitions, f.Epoch)
	return body + fmt.Sprintf("checksum %08x\n", crc32.Checksum([]byte(body), castagnoli))
}

// parseFormat reads the file. Every format keeps the first and the last line,
// so that an older release can tell a newer one from damage.
func parseFormat(text string) (format, error) {
	var f format
	var sum uint32
	body, last, ok := strings.Cut(text, "checksum ")
	if _, err := fmt.Sscanf(last, "%08x\n", &sum); !ok || err != nil || last != fmt.Sprintf("%08x\n", sum) ||
		sum != crc32.Checksum([]byte(body), castagnoli) {
		return f, fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	}
	version := 0
	if _, err := fmt.Sscanf(body, "everturn-database %d\n", &version); err != nil {
		return f, fmt.Errorf("%w: it starts with %q", ErrFormat, strings.SplitN(body, "\n", 2)[0])
	}
	if version != formatVersion {
		return f, fmt.Errorf("%w: it has format %d, this release knows %d; use the release that wrote it", ErrFormat, version, formatVersion)
	}
	if _, err := fmt.Sscanf(body, "everturn-database 1\npartitions %d\nepoch %x\n", &f.Partitions, &f.Epoch); err != nil {
		return f, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if f.Partitions < 1 || f.Partitions > MaxPartitions {
		return f, fmt.Errorf("%w: %d partitions", ErrFormat, f.Partitions)
	}
	return f, nil
}

// readFormat gives the format of a database, or writes the one of a new
// database into an empty directory.
func readFormat(dir string, partitions int) (format, error) {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if err == nil {
		f, err := parseFormat(string(text))
		if err != nil {
			return f, fmt.Errorf("badgerstore: %s: %w", path, err)
		}
		return f, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return format{}, fmt.Errorf("badgerstore: %w", err)
	}
	if err := checkEmpty(dir); err != nil {
		return format{}, err
	}
	// The mark comes first: a database without one is damaged.
	if err := createMark(dir); err != nil {
		return format{}, err
	}
	f := format{Partitions: partitions, Epoch: newEpoch()}
	return f, f.write(dir)
}

// CheckFormat says why [Open] would refuse a directory, as far as its format
// tells: foreign files, or a format that this release does not know. It changes
// nothing, and the directory may be in use.
func CheckFormat(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, formatFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return checkEmpty(dir)
	case err != nil:
		return fmt.Errorf("badgerstore: %w", err)
	}
	if _, err = parseFormat(string(text)); err != nil {
		err = fmt.Errorf("badgerstore: %s: %w", filepath.Join(dir, formatFile), err)
	}
	return err
}

func checkEmpty(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, badger.ManifestFilename)); err == nil {
		return fmt.Errorf("badgerstore: %s: %w: it holds a Badger database that Everturn did not make; name another directory", dir, ErrFormat)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	for _, file := range files {
		switch file.Name() {
		case markFile, formatFile + ".new", "lost+found": // of a start that was cut short, of a fresh file system
		default:
			return fmt.Errorf("badgerstore: %s: %w: it is not empty (%s); name a new or an empty directory", dir, ErrFormat, file.Name())
		}
	}
	return nil
}

func (f format) write(dir string) error {
	if err := replaceFile(filepath.Join(dir, formatFile), []byte(f.text())); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	return nil
}

// replaceFile writes a file so that a crash leaves the old one or the new one.
func replaceFile(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
