package durable

import (
	"errors"
	"fmt"
)

// Row is a key with its value. In a [Batch] a nil Value deletes the key; an
// empty one is a value.
type Row struct {
	Key   []byte
	Value []byte
}

// Batch is one commit of one partition: plain rows, so that it could also be
// shipped to another machine and applied there. Every key starts with the
// partition (two bytes, big endian). The rows of one batch have distinct keys.
type Batch struct {
	Partition uint16
	Number    uint64 // 1, 2, 3… per partition, over the partition's whole life
	Rows      []Row
	Size      int // bytes of all keys and values
	Turns     int // whose rows these are; 0 where only clocks and queues are stored
}

// Reader reads what was committed, as of one moment. Its slices are valid until
// the View that gave it returns, and must not be changed.
type Reader interface {
	// Get gives the value of a key, or [ErrNoRow].
	Get(key []byte) ([]byte, error)
	// Scan calls fn for the rows with start <= key < end in order, or from the
	// highest down if reverse is set, until fn returns false.
	Scan(start, end []byte, reverse bool, fn func(key, value []byte) bool) error
}

// Store keeps rows. Its callers, and what they rely on:
//
//   - Commit applies a batch, all or nothing, and calls done exactly once, from
//     any goroutine, when the batch is durable in the store's mode. Batches of
//     one partition are applied in the order of the calls. Several partitions'
//     batches may share one transaction and one fsync; nobody relies on it.
//     Commit itself does not wait for the disk. Done must not block.
//   - [ErrRefused] (wrapped, with the reason) means that nothing of the batch
//     was applied and the store lives on: no space left, too large. Any other
//     error makes the outcome unsure, for this batch and for the whole store:
//     every later call fails with it until [Store.Recover] has returned.
//   - View sees every batch whose done was called before it, and may see more.
//
// All methods may be called concurrently, except Recover and Close, which wait
// for views to end.
type Store interface {
	// Partitions is the number chosen when the store was made.
	Partitions() int
	// Epoch is a random number made with the store. It changes when numbers
	// that clients remember may have gone back: after a restore, or an unclean
	// start without fsync.
	Epoch() uint64
	View(fn func(Reader) error) error
	Commit(b *Batch, done func(error))
	// Recover reads everything afresh from the files after an unsure commit.
	// Batches that were not yet acknowledged are there as a whole or not.
	Recover() error
	// Healthy is nil while commits are let in, else why not (no disk space).
	Healthy() error
	Close() error
}

var (
	// ErrNoRow means that a key has no value.
	ErrNoRow = errors.New("durable: no such row")
	// ErrRefused means that a batch was not applied and the store is sound.
	ErrRefused = errors.New("durable: commit refused")
	// ErrClosed means that the host or the store was closed.
	ErrClosed = errors.New("durable: closed")
)

// MaxHead is the largest head, in bytes; a turn that gives a larger one fails.
const MaxHead = 1 << 20

func isNoRow(err error) bool { return errors.Is(err, ErrNoRow) }

// Limits of what is stored. Badger wants rows below its value threshold, and
// one transaction below 15 % of a memtable.
const (
	// MaxKey is the longest key of a row, in bytes.
	MaxKey = 8 << 10
	// MaxRow is the largest value of one row, in bytes. Longer texts are cut
	// into several rows.
	MaxRow = 64 << 10
	// MaxBatch is the most that one batch may hold, in bytes; a Store accepts
	// at least this much in one commit.
	MaxBatch = 9 << 20
	// MaxBatchRows is the most rows that a batch may hold.
	MaxBatchRows = 50_000
)

// Check says what is wrong with a batch that no store of so many partitions
// takes, nil if nothing is. That its keys are distinct is not checked.
func (b *Batch) Check(partitions int) error {
	if int(b.Partition) >= partitions {
		return fmt.Errorf("partition %d of %d", b.Partition, partitions)
	}
	if len(b.Rows) > MaxBatchRows {
		return fmt.Errorf("%d rows, more than MaxBatchRows (%d)", len(b.Rows), MaxBatchRows)
	}
	size := 0
	for _, r := range b.Rows {
		switch {
		case len(r.Key) < 2 || r.Key[0] != byte(b.Partition>>8) || r.Key[1] != byte(b.Partition):
			return fmt.Errorf("key %q does not start with partition %d", r.Key, b.Partition)
		case len(r.Key) > MaxKey:
			return fmt.Errorf("a key of %d bytes, more than MaxKey (%d)", len(r.Key), MaxKey)
		case len(r.Value) > MaxRow:
			return fmt.Errorf("a row of %d bytes, more than MaxRow (%d)", len(r.Value), MaxRow)
		}
		size += len(r.Key) + len(r.Value)
	}
	if size > MaxBatch {
		return fmt.Errorf("%d bytes, more than MaxBatch (%d)", size, MaxBatch)
	}
	return nil
}
