package durable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"github.com/rs/zerolog"
)

// SimStore is what the simulation asks of its store; sim_store_test.go hands
// memstore in.
type SimStore interface {
	Store
	Pending() []*Batch
	Resolve(i int, o SimOutcome)
	Crash()
	Reopen() SimStore
}

// SimOutcome is what becomes of a batch.
type SimOutcome int

// The outcomes: applied and told, applied and not told, lost and not told, refused.
const (
	SimApplied SimOutcome = iota
	SimUntold
	SimLost
	SimRefused
)

// NewSimStore is set by sim_store_test.go.
var NewSimStore func(partitions int) SimStore

// simFigures are what a simulation did.
type simFigures struct {
	steps, commits, turns, crashes, unsure, refused   int
	messages, duplicates, gaps, posts, retries, acked int
	timers, work, events, evicted, quarantined        int
}

func (f *simFigures) add(g *simFigures) {
	f.steps += g.steps
	f.commits += g.commits
	f.turns += g.turns
	f.crashes += g.crashes
	f.unsure += g.unsure
	f.refused += g.refused
	f.messages += g.messages
	f.duplicates += g.duplicates
	f.gaps += g.gaps
	f.posts += g.posts
	f.retries += g.retries
	f.acked += g.acked
	f.timers += g.timers
	f.work += g.work
	f.events += g.events
	f.evicted += g.evicted
	f.quarantined += g.quarantined
}

// world is one simulation: a whole server on one thread, with a seed. Whatever
// it decides comes from rng, so that a seed replays exactly.
type world struct {
	rng   *rand.Rand
	store SimStore
	host  *Host // for reads; its goroutines do not run
	parts []*simPartition
	stats *Stats

	wall    int64 // milliseconds; may jump back
	highest int64 // wall has been
	net     *simFabric
	pool    *simPool
	clients *simClients
	watches []*simWatch
	poison  map[ID]bool // instances that cannot be run
	hot     map[*simHot]bool

	figures simFigures
	trace   []string // the last events
	err     error    // the first violation
	quiet   bool     // the end: no new faults
	purging bool     // the very end: banks may be erased
}

// simPartition is a partition with its clock and the batch that it waits for.
type simPartition struct {
	*partition
	uptime   int64
	standing int64 // milliseconds that uptime still stands
	inflight bool
	told     chan error // outcome of the batch
}

func newWorld(seed uint64, partitions int) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 1)), store: NewSimStore(partitions),
		wall: 1_000_000, highest: 1_000_000, poison: map[ID]bool{},
	}
	w.clients = &simClients{world: w, calls: map[string]*simCall{}}
	w.boot()
	return w
}

// violate notes the first broken promise; the simulation stops there.
func (w *world) violate(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
		w.note("VIOLATION %v", w.err)
	}
}

func (w *world) note(format string, args ...any) {
	if len(w.trace) >= 400 {
		w.trace = append(w.trace[:0], w.trace[200:]...)
	}
	w.trace = append(w.trace, fmt.Sprintf("%7d %s", w.figures.steps, fmt.Sprintf(format, args...)))
}

func (w *world) chance(oneIn int) bool { return w.rng.IntN(oneIn) == 0 }

// boot starts the server on what the store has.
func (w *world) boot() {
	w.net, w.pool, w.hot = newSimFabric(w), &simPool{world: w}, map[*simHot]bool{}
	w.stats = &Stats{}
	o := &Options{
		Behaviors:  map[Kind]Behavior{kindBank: actor{w}, kindMortal: actor{w}},
		CacheBytes: len(w.parts) * w.rng.IntN(200_000), Logger: zerolog.Nop(),
	}
	n := w.store.Partitions()
	w.host = &Host{store: w.store, stats: w.stats, log: zerolog.Nop(), stop: make(chan struct{})}
	w.parts = nil
	for i := range n {
		p := &simPartition{partition: newPartition(i, w.store, o, w.net, w.pool, w.stats)}
		w.parts = append(w.parts, p)
		w.host.partitions = append(w.host.partitions, p.partition)
	}
	for _, p := range w.parts {
		w.load(p)
	}
}

func (w *world) load(p *simPartition) {
	if err := p.load(); err != nil {
		w.violate("load: %w", err)
		return
	}
	p.inflight = false
	p.uptime, p.standing = p.meta.time.Uptime, int64(w.rng.IntN(50))
}

// crash ends the process at any moment: what the store did not apply is gone.
func (w *world) crash() {
	w.figures.crashes++
	for len(w.store.Pending()) > 0 && w.chance(2) { // some are on disk, and nobody knows
		w.store.Resolve(0, SimUntold)
	}
	w.store.Crash()
	w.store = w.store.Reopen()
	w.figures.evicted += int(w.stats.Evicted.Load())
	w.sumStats()
	w.clients.crashed()
	w.watches = nil
	w.boot()
	w.note("crash; reopened")
}

func (w *world) sumStats() {
	w.figures.turns += int(w.stats.Turns.Load())
	w.figures.duplicates += int(w.stats.Duplicates.Load())
	w.figures.quarantined += int(w.stats.Quarantined.Load())
	if g := w.stats.Gaps.Load(); g > 0 {
		w.violate("%d gaps in streams between partitions", g)
	}
	if c := w.stats.Corrupt.Load(); c > 0 {
		w.violate("%d corrupt rows", c)
	}
}

// step lets a partition compute its next batch.
func (w *world) step(p *simPartition) {
	if p.inflight {
		return
	}
	if err := p.between(); err != nil {
		w.violate("between: %w", err)
		return
	}
	b := p.step(Time{Wall: w.wall, Uptime: p.uptime}, p.mail.take(nil))
	if b == nil {
		w.release(p)
		return
	}
	w.checkBatch(p, b)
	w.figures.commits++
	p.inflight, p.told = true, make(chan error, 1)
	told := p.told
	w.store.Commit(b, func(err error) { told <- err })
	w.look(p)
}

// look acts on the outcome of a partition's batch, if it is known.
func (w *world) look(p *simPartition) {
	if !p.inflight {
		return
	}
	select {
	case err := <-p.told:
		p.inflight = false
		switch {
		case err == nil:
			w.release(p)
		case errors.Is(err, ErrRefused):
			if w.quiet {
				w.violate("commit refused: %w", err)
			}
			w.figures.refused++
			p.fail(Fail(CodeUnavailable, err.Error()))
			w.load(p)
		default:
			p.fail(Fail(CodeUnsure, err.Error()))
		}
	default:
	}
}

func (w *world) release(p *simPartition) {
	if err := p.release(); err != nil {
		w.violate("release: %w", err)
	}
}

// resolve gives one pending batch its outcome.
func (w *world) resolve() {
	pending := w.store.Pending()
	if len(pending) == 0 {
		return
	}
	i := w.rng.IntN(len(pending))
	p := w.parts[pending[i].Partition]
	switch n := w.rng.IntN(200); {
	case w.quiet || n >= 4:
		w.store.Resolve(i, SimApplied)
		w.look(p)
	case n >= 1:
		w.note("refused: batch %d of %d", pending[i].Number, p.n)
		w.store.Resolve(i, SimRefused)
		w.look(p)
	default:
		w.unsure()
	}
}

// unsure fails a group of commits: any subset of what is pending is on disk,
// and nobody is told which. All partitions stop and read again.
func (w *world) unsure() {
	w.figures.unsure++
	for n := 1 + w.rng.IntN(len(w.store.Pending())); n > 0; n-- {
		pending := w.store.Pending()
		o := SimUntold
		if w.chance(2) {
			o = SimLost
		}
		i := w.rng.IntN(len(pending))
		w.note("unsure: batch %d of %d, lost %t", pending[i].Number, pending[i].Partition, o == SimLost)
		w.store.Resolve(i, o)
	}
	if err := w.store.Recover(); err != nil {
		w.violate("recover: %w", err)
	}
	for _, p := range w.parts {
		w.look(p)
	}
	for _, p := range w.parts {
		w.load(p)
	}
}

// advance lets time pass; the calendar may be set back.
func (w *world) advance(ms int64) {
	w.wall += ms
	if !w.quiet && w.chance(50) {
		w.wall -= int64(w.rng.IntN(5000))
	}
	w.highest = max(w.highest, w.wall)
	for _, p := range w.parts {
		stood := min(p.standing, ms)
		p.standing -= stood
		p.uptime += ms - stood
	}
}

// checkBatch looks at what every store may rely on.
func (w *world) checkBatch(p *simPartition, b *Batch) {
	seen := make(map[string]bool, len(b.Rows))
	size := 0
	for _, r := range b.Rows {
		if seen[string(r.Key)] {
			w.violate("batch %d of partition %d has key %q twice", b.Number, p.n, r.Key)
		}
		seen[string(r.Key)] = true
		size += len(r.Key) + len(r.Value)
		if len(r.Value) > MaxRow {
			w.violate("row %q has %d bytes", r.Key, len(r.Value))
		}
	}
	if size != b.Size || size > MaxBatch || len(b.Rows) > MaxBatchRows {
		w.violate("batch of %d bytes (says %d) and %d rows", size, b.Size, len(b.Rows))
	}
}

// committed reads a partition's own row from the store.
func (w *world) committed(n int) (m meta) {
	w.view(func(rd Reader) (err error) {
		m, err = readMeta(rd, n, len(w.parts))
		return err
	})
	return m
}

// stored reads an instance from the store.
func (w *world) stored(id ID) (l *live) {
	w.view(func(rd Reader) (err error) {
		l, err = load(rd, uint16(id.Partition(len(w.parts))), id)
		return err
	})
	return l
}

func (w *world) view(fn func(Reader) error) {
	if err := w.store.View(fn); err != nil {
		w.violate("view: %w\n%s", err, debug.Stack())
	}
}

// leftovers are the rows of the store but for the partitions' own.
func (w *world) leftovers() (rows []string) {
	w.view(func(rd Reader) error {
		for n := range w.parts {
			start, end := prefixRange(binary.BigEndian.AppendUint16(nil, uint16(n)))
			err := rd.Scan(start, end, false, func(k, v []byte) bool {
				if k[2] != tagMeta {
					rows = append(rows, fmt.Sprintf("%d %c %x (%d bytes)", n, k[2], k[3:], len(v)))
				}
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return rows
}
