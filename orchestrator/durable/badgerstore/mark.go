package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// mark is the commit mark: what the database holds at least. It is written
// after each commit, before anybody is told, and not synced: it guards against
// damage, and after a power loss it may be older than the database, which is
// fine.
//
// Two slots are written in turn, so that a torn write leaves the other one.
type mark struct {
	mu   sync.Mutex
	file *os.File
	last markSlot
}

// markSlot is one state of the mark.
type markSlot struct {
	Sequence uint64 // of writes; the higher one counts
	Number   uint64 // of the last commit that was acknowledged
	Boot     uint64 // of the machine, to tell the death of a process from a power loss
	Relaxed  bool
	Clean    bool // the store was closed after Number
}

const (
	markFile     = "everturn.mark"
	markSize     = 512 // a slot each, a disk sector
	markMagic    = "EVMK"
	markRelaxed  = 1
	markClean    = 2
	markPayload  = 36
	markFileSize = 2 * markSize
)

func (s markSlot) encode() []byte {
	b := append(make([]byte, 0, markPayload+4), markMagic...)
	flags := uint32(0)
	if s.Relaxed {
		flags |= markRelaxed
	}
	if s.Clean {
		flags |= markClean
	}
	b = binary.BigEndian.AppendUint32(b, flags)
	b = binary.BigEndian.AppendUint64(b, s.Sequence)
	b = binary.BigEndian.AppendUint64(b, s.Number)
	b = binary.BigEndian.AppendUint64(b, s.Boot)
	b = binary.BigEndian.AppendUint32(b, formatVersion)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeMark(b []byte) (markSlot, bool) {
	if len(b) < markPayload+4 || string(b[:4]) != markMagic ||
		binary.BigEndian.Uint32(b[markPayload:]) != crc32.Checksum(b[:markPayload], castagnoli) {
		return markSlot{}, false
	}
	flags := binary.BigEndian.Uint32(b[4:])
	return markSlot{
		Sequence: binary.BigEndian.Uint64(b[8:]),
		Number:   binary.BigEndian.Uint64(b[16:]),
		Boot:     binary.BigEndian.Uint64(b[24:]),
		Relaxed:  flags&markRelaxed != 0,
		Clean:    flags&markClean != 0,
	}, true
}

// createMark writes the mark of an empty database.
func createMark(dir string) error {
	b := make([]byte, markFileSize)
	for i := range uint64(2) {
		copy(b[i*markSize:], markSlot{Sequence: i, Clean: true}.encode())
	}
	if err := replaceFile(filepath.Join(dir, markFile), b); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	return nil
}

// openMark reads the mark. With acceptLoss, a damaged one is made anew.
func openMark(dir string, acceptLoss bool) (*mark, error) {
	path := filepath.Join(dir, markFile)
	m, err := tryMark(path)
	if err != nil && acceptLoss && errors.Is(err, ErrDamaged) {
		if err := createMark(dir); err != nil {
			return nil, err
		}
		m, err = tryMark(path)
	}
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %s: %w", path, err)
	}
	return m, nil
}

func tryMark(path string) (*mark, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: the commit mark is missing", ErrDamaged)
	} else if err != nil {
		return nil, err
	}
	b := make([]byte, markFileSize)
	n, readErr := file.ReadAt(b, 0)
	m, found := &mark{file: file}, false
	for i := range 2 {
		if s, ok := decodeMark(b[min(i*markSize, n):n]); ok && (!found || s.Sequence > m.last.Sequence) {
			m.last, found = s, true
		}
	}
	if !found {
		_ = file.Close() // only read
		return nil, fmt.Errorf("%w: the commit mark has no valid slot (%d bytes, %w)", ErrDamaged, n, errors.Join(readErr))
	}
	return m, nil
}

// write makes s the mark, without a sync.
func (m *mark) write(change func(*markSlot)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.last
	change(&s)
	s.Sequence++
	if _, err := m.file.WriteAt(s.encode(), int64(s.Sequence%2)*markSize); err != nil {
		return fmt.Errorf("badgerstore: commit mark: %w", err)
	}
	m.last = s
	return nil
}

// bootID tells the runs of a machine apart; 0 where it is unknown.
func bootID() uint64 {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return 0
	}
	hex := strings.ReplaceAll(strings.TrimSpace(string(id)), "-", "")
	var n uint64
	if _, err := fmt.Sscanf(hex[:min(16, len(hex))], "%x", &n); err != nil {
		return 0
	}
	return n
}
