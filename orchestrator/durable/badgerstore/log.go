package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"strconv"

	"github.com/dgraph-io/ristretto/v2/z"
)

// logScan is what the log of one memtable holds.
type logScan struct {
	path        string
	first, last uint64 // numbers of its commits; 0 if it has none
	end         int64  // where the last whole commit ends
}

// Of Badger's log: a header of a key id and an initialisation vector, then
// entries: meta, user meta, lengths of key and value, expiry, key, value, CRC.
const (
	logHeader  = 20
	metaInTxn  = 1 << 6 // an entry of a transaction
	metaEndTxn = 1 << 7 // the entry that ends it; its value is the version
	versionLen = 8      // at the end of each key
)

// scanLog follows a log as far as Badger would: to the first entry that is not
// whole, does not belong, or has a bad checksum.
func scanLog(path string) (logScan, error) {
	log := logScan{path: path, end: logHeader}
	file, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return log, err
	}
	data := file.Data
	if len(data) < logHeader || binary.BigEndian.Uint64(data) != 0 {
		return log, errors.Join(fmt.Errorf("%w: a bad log header (%d bytes)", ErrDamaged, len(data)), file.Close(-1))
	}
	open := uint64(0) // version of the transaction that has begun
	for at := int64(logHeader); ; {
		e, size := readEntry(data[at:])
		if size == 0 {
			break
		}
		at += size
		if e.meta&metaInTxn != 0 {
			if open != 0 && open != e.version {
				break
			}
			open = e.version
			continue
		}
		number, err := strconv.ParseUint(string(e.value), 10, 64)
		if e.meta&metaEndTxn == 0 || err != nil || number != open {
			break
		}
		if log.last != 0 && number != log.last+1 {
			return log, errors.Join(fmt.Errorf("%w: commit %d follows commit %d", ErrDamaged, number, log.last), file.Close(-1))
		}
		if log.first == 0 {
			log.first = number
		}
		log.last, log.end, open = number, at, 0
	}
	return log, file.Close(-1)
}

type logEntry struct {
	meta    byte
	version uint64
	value   []byte
}

// readEntry reads the entry at the start of b and gives its size, 0 if there
// is none.
func readEntry(b []byte) (logEntry, int64) {
	at := 2
	var fields [3]uint64 // length of key, of value, expiry
	for i := range fields {
		if at >= len(b) {
			return logEntry{}, 0
		}
		v, n := binary.Uvarint(b[at:min(len(b), at+binary.MaxVarintLen64)])
		if n <= 0 || v > math.MaxUint32 {
			return logEntry{}, 0
		}
		fields[i] = v
		at += n
	}
	keyLen, valueLen := int64(fields[0]), int64(fields[1])
	body := int64(at) + keyLen + valueLen
	if keyLen < versionLen || keyLen > 1<<16 || body+crc32.Size > int64(len(b)) {
		return logEntry{}, 0
	}
	if binary.BigEndian.Uint32(b[body:]) != crc32.Checksum(b[:body], castagnoli) {
		return logEntry{}, 0
	}
	keyEnd := int64(at) + keyLen
	return logEntry{
		meta:    b[0],
		version: math.MaxUint64 - binary.BigEndian.Uint64(b[keyEnd-versionLen:keyEnd]),
		value:   b[keyEnd:body],
	}, body + crc32.Size
}
