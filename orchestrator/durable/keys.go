package durable

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Keys start with their partition and one letter for what the row is. Numbers
// are big endian, so that rows lie in the order in which they are read.
//
//	m                                    the partition itself: counters, clocks
//	i  kind name 0 key                   an instance: its record and head
//	j  incarnation n                     more of a head that is too long for one row
//	l  incarnation turn n                the log: one row a turn (more where it is long)
//	o  number                            outbox: messages to other partitions
//	q  number                            inbox: messages kept for later
//	t  clock due owner n                 timers (owner 0: messages that wait until due)
//	d  number                            messages that wait until due and are long
//	w  number                            work: up to 256 tasks
//	v  number                            which tasks of a work row are done
//	x  name 0 ^time kind name 0 key      index rows of listings
//	g  number                            garbage: log rows still to be deleted
const (
	tagMeta    = 'm'
	tagRecord  = 'i'
	tagHead    = 'j'
	tagLog     = 'l'
	tagOutbox  = 'o'
	tagInbox   = 'q'
	tagTimer   = 't'
	tagWork    = 'w'
	tagDone    = 'v'
	tagIndex   = 'x'
	tagGarbage = 'g'
	tagDelayed = 'd'
)

// rowKey starts a key of a partition, with room for n more bytes.
func rowKey(partition uint16, tag byte, n int) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 3+n), partition), tag)
}

// prefixRange is the range of all keys that start with prefix.
func prefixRange(prefix []byte) (start, end []byte) {
	end = append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return prefix, end[:i+1]
		}
	}
	return prefix, nil
}

func metaKey(p uint16) []byte { return rowKey(p, tagMeta, 0) }

func appendIDKey(k []byte, id ID) []byte {
	k = append(k, byte(id.Kind))
	k = append(k, id.Name...)
	k = append(k, 0)
	return append(k, id.Key...)
}

func parseIDKey(k []byte) (ID, error) {
	for i := 1; i < len(k); i++ {
		if k[i] == 0 {
			return ID{Kind: Kind(k[0]), Name: string(k[1:i]), Key: string(k[i+1:])}, nil
		}
	}
	return ID{}, fmt.Errorf("%w: key %x names no instance", ErrCorrupt, k)
}

func recordKey(p uint16, id ID) []byte {
	return appendIDKey(rowKey(p, tagRecord, 2+len(id.Name)+len(id.Key)), id)
}

// recordPrefix is what the record keys of a kind start with, or of one name of
// it and keys that begin alike.
func recordPrefix(p uint16, id ID) []byte {
	if id.Name == "" && id.Key == "" {
		return append(rowKey(p, tagRecord, 1), byte(id.Kind))
	}
	return recordKey(p, id)
}

// numberKey is the key of the families that are numbered: outbox, inbox,
// delayed, work, done, garbage.
func numberKey(p uint16, tag byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(rowKey(p, tag, 8), n)
}

// keyNumber reads the number of a numberKey.
func keyNumber(k []byte) uint64 { return binary.BigEndian.Uint64(k[len(k)-8:]) }

func headKey(p uint16, incarnation uint64, n int) []byte {
	k := binary.BigEndian.AppendUint64(rowKey(p, tagHead, 10), incarnation)
	return binary.BigEndian.AppendUint16(k, uint16(n))
}

func logKey(p uint16, incarnation, turn uint64, n int) []byte {
	k := binary.BigEndian.AppendUint64(rowKey(p, tagLog, 18), incarnation)
	k = binary.BigEndian.AppendUint64(k, turn)
	return binary.BigEndian.AppendUint16(k, uint16(n))
}

// logKeyTurn reads turn and piece of a logKey.
func logKeyTurn(k []byte) (turn uint64, n int) {
	k = k[len(k)-10:]
	return binary.BigEndian.Uint64(k), int(binary.BigEndian.Uint16(k[8:]))
}

// timerKey orders timers of one clock by due time. Owner is the incarnation
// whose timer it is, and n its task; or owner is 0 for a message that waits,
// and n a number of the partition.
func timerKey(p uint16, due Due, owner, n uint64) []byte {
	k := append(rowKey(p, tagTimer, 25), byte(due.Clock))
	k = binary.BigEndian.AppendUint64(k, uint64(due.At))
	k = binary.BigEndian.AppendUint64(k, owner)
	return binary.BigEndian.AppendUint64(k, n)
}

// timerKeyLen is the length of every timerKey.
const timerKeyLen = 2 + 1 + 1 + 3*8

// timerKeyParts reads what a timerKey says.
func timerKeyParts(k []byte) (due Due, owner, n uint64) {
	k = k[3:]
	due = Due{Clock: Clock(k[0]), At: int64(binary.BigEndian.Uint64(k[1:]))}
	return due, binary.BigEndian.Uint64(k[9:]), binary.BigEndian.Uint64(k[17:])
}

// indexPrefix is what all rows of one listing start with.
func indexPrefix(p uint16, name string) []byte {
	k := rowKey(p, tagIndex, len(name)+1)
	return append(append(k, name...), 0)
}

// reversed is a time such that later ones sort first; it is its own inverse.
func reversed(time int64) uint64 { return uint64(time) ^ 1<<63 ^ math.MaxUint64 }

// indexKey is a row of a listing; time is reversed so that the newest is first.
func indexKey(p uint16, name string, time int64, id ID) []byte {
	k := rowKey(p, tagIndex, len(name)+1+8+2+len(id.Name)+len(id.Key))
	k = append(append(k, name...), 0)
	k = binary.BigEndian.AppendUint64(k, reversed(time))
	return appendIDKey(k, id)
}
