package durable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/rs/zerolog"
)

// families are the letters of all keys: see keys.go.
var families = []byte{tagMeta, tagRecord, tagHead, tagLog, tagOutbox, tagInbox, tagTimer, tagDelayed, tagWork, tagDone, tagIndex, tagGarbage}

// FuzzStoredRows puts any bytes in the place of a row, of whatever family, in a
// store that a simulation left in the middle of everything, and runs the kernel
// on it: it says that the row is corrupt, or sets the instance aside, or goes
// on. It does not panic, and does not commit what no store takes.
func FuzzStoredRows(f *testing.F) {
	worlds := fuzzWorlds(f)
	for n, rows := range worlds {
		for i, family := range families {
			for k, row := range ofFamily(rows, family) {
				if k < 3 {
					f.Add(byte(n), byte(i), uint16(k), row.Value)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, world, family byte, row uint16, value []byte) {
		rows := slices.Clone(worlds[int(world)%len(worlds)])
		list := ofFamily(rows, families[int(family)%len(families)])
		if len(list) == 0 || len(value) > MaxRow {
			return
		}
		key := list[int(row)%len(list)].Key
		rows[slices.IndexFunc(rows, func(r Row) bool { return bytes.Equal(r.Key, key) })].Value = value
		runOn(t, rows)
	})
}

func ofFamily(rows []Row, family byte) (list []Row) {
	for _, r := range rows {
		if r.Key[2] == family {
			list = append(list, r)
		}
	}
	return list
}

// fuzzPartitions is how many partitions the stores have.
const fuzzPartitions = 2

// fuzzWorlds gives the rows of some simulations, which together have all
// families.
func fuzzWorlds(f *testing.F) (worlds [][]Row) {
	f.Helper()
	missing := map[byte]bool{}
	for _, family := range families {
		missing[family] = true
	}
	for seed := uint64(1); len(missing) > 0; seed += 2 { // odd ones have small bounds
		if seed > 500 {
			f.Fatalf("no simulation left rows of %v", slices.Sorted(maps.Keys(missing)))
		}
		rows := fuzzWorld(f, seed)
		useful := false
		for _, r := range rows {
			useful = useful || missing[r.Key[2]]
			delete(missing, r.Key[2])
		}
		if useful {
			worlds = append(worlds, rows)
		}
	}
	return worlds
}

func fuzzWorld(f *testing.F, seed uint64) (rows []Row) {
	f.Helper()
	defer smallLimits()()
	w := newWorld(seed, fuzzPartitions)
	for w.figures.steps < 900 && w.err == nil {
		w.figures.steps++
		w.event()
	}
	if w.err != nil {
		f.Fatal(w.err)
	}
	w.view(func(rd Reader) error {
		end := binary.BigEndian.AppendUint16(nil, fuzzPartitions)
		return rd.Scan([]byte{0}, end, false, func(k, v []byte) bool {
			rows = append(rows, Row{Key: bytes.Clone(k), Value: bytes.Clone(v)})
			return true
		})
	})
	return rows
}

// stillFabric and stillPool let nothing move.
type stillFabric struct{}

func (stillFabric) deliver(int, int, []numbered) {}
func (stillFabric) acked(int, int, uint64)       {}
func (stillFabric) submit(int, uint64, Work)     {}
func (stillFabric) drop([]workKey)               {}

// runOn loads the partitions from rows, and lets them do what waits there.
func runOn(t *testing.T, rows []Row) {
	store := NewSimStore(fuzzPartitions)
	for n := range fuzzPartitions {
		batch := &Batch{Partition: uint16(n), Number: 1}
		for _, r := range rows {
			if int(binary.BigEndian.Uint16(r.Key)) == n {
				batch.Rows = append(batch.Rows, r)
				batch.Size += len(r.Key) + len(r.Value)
			}
		}
		store.Commit(batch, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		})
		store.Resolve(0, SimApplied)
	}
	store.Crash() // so that it does not know the numbers of the batches
	store = store.Reopen()
	answer := turnFunc(func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		for i := range messages {
			o.Reply = append(o.Reply, Reply{To: messages[i].Return})
		}
		o.Head, o.Append = []byte{1}, [][]byte{{2}}
		return o, nil
	})
	options := &Options{Behaviors: map[Kind]Behavior{kindBank: answer, kindMortal: answer}, CacheBytes: 1 << 20, Logger: zerolog.Nop()}
	for n := range fuzzPartitions {
		p := newPartition(n, store, options, stillFabric{}, stillFabric{}, &Stats{})
		if err := p.load(); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("a row that cannot be read is not called corrupt: %v", err)
			}
			continue
		}
		stepOn(t, store, p)
	}
}

// stepOn makes some batches, far in the future, so that timers are due.
func stepOn(t *testing.T, store SimStore, p *partition) {
	for range 4 {
		if err := p.between(); err != nil {
			return
		}
		b := p.step(Time{Wall: p.meta.time.Wall + 1<<30, Uptime: p.meta.time.Uptime + 1<<30}, nil)
		if p.batch.unread != nil {
			return
		}
		if b != nil {
			var refused error
			store.Commit(b, func(err error) { refused = err })
			if len(store.Pending()) > 0 {
				store.Resolve(0, SimApplied)
			}
			if refused != nil {
				t.Fatalf("the store refuses the batch: %v", refused)
			}
		}
		if err := p.release(); err != nil {
			return
		}
	}
}
