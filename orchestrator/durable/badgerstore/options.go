package badgerstore

import (
	"cmp"
	"fmt"
	"strings"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Durability says when a commit is done.
type Durability int

const (
	// Sync is after its fsync. The default.
	Sync Durability = iota
	// Relaxed is when the kernel has it: the death of the process loses
	// nothing, a power loss may lose the last moments, never consistency.
	Relaxed
)

// String is the value of the flag --durability.
func (d Durability) String() string {
	if d == Relaxed {
		return "relaxed"
	}
	return "sync"
}

// Options of a store. The zero value of each is its default.
type Options struct {
	Durability Durability
	// Partitions is the number for a new database, default
	// [DefaultPartitions], at most [MaxPartitions]. An existing one keeps its
	// own.
	Partitions int
	// MinFree is the free disk space, in bytes, under which commits are
	// refused. The default is room for what Badger may write without asking:
	// every memtable flushed, and a full level 0 rewritten; 960 MiB with
	// memtables of 64 MiB. It has to be generous: Badger writes its log
	// through a memory map of a sparse file, where a full disk is no error
	// but a SIGBUS. A negative value turns the watch off.
	MinFree int64
	// MemTableSize in bytes, default 64 MiB, which costs no memory until it is
	// touched. A batch must fit into 15 % of it, so less is refused.
	MemTableSize int64
	// AcceptLoss opens a database that lost acknowledged commits at its end
	// ([ErrBehindMark]): it continues after the last one that is whole, with a
	// new epoch. It does not repair damaged tables.
	AcceptLoss bool
	// Logger gets what Badger has to say of its background work.
	Logger zerolog.Logger
}

// Limits of a store.
const (
	DefaultPartitions = 32
	MaxPartitions     = 4096 // the highest prefixes are the store's own
)

const (
	memTables       = 2  // that may wait for their flush, beside the active one
	levelZeroSlow   = 8  // tables in level 0 from which commits are slowed down
	levelZeroStall  = 12 // tables in level 0 at which Badger stops flushing
	defaultMemTable = 64 << 20
	blockCache      = 16 << 20 // bytes; costs nothing until blocks are read
)

// entryCost is what Badger counts for an entry beside key and value, rounded up.
const entryCost = 12

func (o Options) withDefaults() (Options, error) {
	o.Partitions = cmp.Or(o.Partitions, DefaultPartitions)
	o.MemTableSize = cmp.Or(o.MemTableSize, defaultMemTable)
	o.MinFree = cmp.Or(o.MinFree, (memTables+1+levelZeroStall)*o.MemTableSize)
	if o.Partitions < 1 || o.Partitions > MaxPartitions {
		return o, fmt.Errorf("badgerstore: %d partitions, not 1 to %d", o.Partitions, MaxPartitions)
	}
	// The bytes bound the entries: one entry counts as 96 bytes in a memtable.
	const least = durable.MaxBatch + (durable.MaxBatchRows+2)*entryCost
	if o.transactionBytes() < least || o.transactionEntries() < durable.MaxBatchRows+2 {
		return o, fmt.Errorf("badgerstore: memtables of %d bytes cannot take the largest batch, %d bytes", o.MemTableSize, durable.MaxBatch)
	}
	return o, nil
}

// transactionBytes is the most that Badger takes in one transaction.
func (o Options) transactionBytes() int { return int(15*o.MemTableSize/100) - 1 }

// transactionEntries is the most entries that Badger takes in one transaction.
func (o Options) transactionEntries() int { return int(15*o.MemTableSize/100/96) - 1 }

// badger gives Badger's options. One set serves everything from an empty
// server to the largest.
func (o Options) badger(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(o.Durability == Sync && !syncsMaps). // else see activeLog
		WithMemTableSize(o.MemTableSize).
		WithNumMemtables(memTables).
		WithNumLevelZeroTables(4).
		WithNumLevelZeroTablesStall(levelZeroStall).
		WithNumCompactors(2).
		WithNumVersionsToKeep(1).
		// Batches of different partitions touch different keys, and one
		// goroutine writes them all.
		WithDetectConflicts(false).
		// Nothing enters the value log: rows are at most 64 KiB. So it needs
		// no garbage collection either, and its file stays at its header.
		WithValueThreshold(1 << 20).
		WithValueLogFileSize(1 << 20).
		// Measured: Snappy writes a fifth to a half of the bytes, so that
		// compactions are shorter and less of the files is resident, at the
		// same rate of commits. It needs a cache for unpacked blocks.
		WithCompression(packing).
		WithBlockCacheSize(blockCache).
		WithIndexCacheSize(0).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithMetricsEnabled(false).
		// The directory is locked by us, before Badger sees it.
		WithBypassLockGuard(locksDirectories).
		WithLogger(logger{o.Logger})
}

// logger hands Badger's words to zerolog.
type logger struct{ log zerolog.Logger }

func (l logger) Errorf(format string, args ...any)   { l.say(l.log.Error(), format, args) }
func (l logger) Warningf(format string, args ...any) { l.say(l.log.Warn(), format, args) }
func (l logger) Infof(format string, args ...any)    { l.say(l.log.Debug(), format, args) }
func (l logger) Debugf(format string, args ...any)   { l.say(l.log.Trace(), format, args) }

func (l logger) say(e *zerolog.Event, format string, args []any) {
	if e.Enabled() {
		e.Str("component", "badger").Msg(strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
}
