package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/proto"
)

// packing is how blocks are packed, in all tables.
const packing = options.Snappy

// maxBlock is far above any block: Badger ends one after 4 KiB, or one row.
const maxBlock = 16 << 20

func tablePath(dir string, id uint64) string { return table.NewFilename(id, dir) }

// checkTable verifies every checksum in a table of Badger's and gives the
// highest version in it. It reads the file instead of mapping it, so that a
// check of everything does not make everything resident.
//
// A table is its blocks, the index, the index's length, the index's checksum,
// and that one's length; a block ends in its checksum and its length.
func checkTable(path string) (version uint64, err error) {
	defer func() {
		if r := recover(); r != nil { // the index is read without bounds checks
			err = errors.New(fmt.Sprint(r))
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("badgerstore: %s: %w: %w; restore a backup", path, ErrDamaged, err)
		} else if err != nil {
			err = fmt.Errorf("badgerstore: %w: a table is missing: %w; restore a backup", ErrDamaged, err)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	r := tail{f, info.Size()}
	data, err := r.index()
	if err != nil {
		return 0, err
	}
	index := fb.GetRootAsTableIndex(data, 0)
	check := blockChecker{r: f}
	for i := range index.OffsetsLength() {
		var at fb.BlockOffset
		if !index.Offsets(&at, i) || int64(at.Offset())+int64(at.Len()) > r.end {
			return 0, fmt.Errorf("block %d lies outside of the table", i)
		}
		if err := check.block(int64(at.Offset()), int(at.Len())); err != nil {
			return 0, fmt.Errorf("block %d at offset %d: %w", i, at.Offset(), err)
		}
	}
	return index.MaxVersion(), nil
}

// tail reads a file from its end.
type tail struct {
	r   io.ReaderAt
	end int64
}

func (t *tail) cut(n int64) ([]byte, error) {
	if n < 0 || n > t.end {
		return nil, fmt.Errorf("%d bytes where %d are left", n, t.end)
	}
	t.end -= n
	b := make([]byte, n)
	_, err := t.r.ReadAt(b, t.end)
	return b, err
}

// cutSized reads bytes that are followed by their length.
func (t *tail) cutSized() ([]byte, error) {
	n, err := t.cut(4)
	if err != nil {
		return nil, err
	}
	return t.cut(int64(binary.BigEndian.Uint32(n)))
}

func (t *tail) index() ([]byte, error) {
	sum, err := t.cutSized()
	if err != nil {
		return nil, fmt.Errorf("index checksum: %w", err)
	}
	data, err := t.cutSized()
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return data, verify(data, sum)
}

// blockChecker verifies blocks, one after the other in the same memory.
type blockChecker struct {
	r             io.ReaderAt
	buf, unpacked []byte
}

func (c *blockChecker) block(offset int64, size int) error {
	c.buf = slices.Grow(c.buf[:0], size)[:size]
	if _, err := c.r.ReadAt(c.buf, offset); err != nil {
		return err
	}
	n, err := snappy.DecodedLen(c.buf)
	if err != nil {
		return fmt.Errorf("it cannot be unpacked: %w", err)
	}
	if n > maxBlock {
		return fmt.Errorf("it unpacks to %d bytes", n)
	}
	c.unpacked = slices.Grow(c.unpacked[:0], n)[:n]
	b, err := snappy.Decode(c.unpacked, c.buf)
	if err != nil {
		return fmt.Errorf("it cannot be unpacked: %w", err)
	}
	if len(b) < 4 {
		return fmt.Errorf("%d bytes", len(b))
	}
	data, sum := b[:len(b)-4], int(binary.BigEndian.Uint32(b[len(b)-4:]))
	if sum > len(data) {
		return fmt.Errorf("a checksum of %d bytes", sum)
	}
	return verify(data[:len(data)-sum], data[len(data)-sum:])
}

func verify(data, sum []byte) error {
	var c pb.Checksum
	if err := proto.Unmarshal(sum, &c); err != nil {
		return fmt.Errorf("checksum: %w", err)
	}
	if c.Algo != pb.Checksum_CRC32C || c.Sum != y.CalculateChecksum(data, c.Algo) {
		return errors.New("its checksum does not match")
	}
	return nil
}
