package durable

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Figures are what one partition has done since the host was opened, and how it
// stands after its last batch.
type Figures struct {
	Turns, Commits, Rows, Bytes          uint64
	CacheHits, CacheMisses, Evicted      uint64
	Repeats, Duplicates, Gaps, Dropped   uint64
	Busy, Refused, Corrupt, Quarantines  uint64
	Mailbox, Backlog, Inbox, Outbox      int64 // messages at the door; taken from it and not yet turned; rows kept; rows that receivers have not stored
	WorkWaiting, WorkRunning             int64 // rows of work on disk only; tasks handed out
	Timers, NextTimer                    int64 // in memory; wall milliseconds at which the next one is due, 0 if there is none
	CacheBytes, CacheBudget, Instances   int64
	Watchers, Quarantined, GarbageRanges int64
}

// Figures gives the figures of all partitions, by number.
func (h *Host) Figures() []Figures {
	list := make([]Figures, len(h.partitions))
	for i, p := range h.partitions {
		list[i] = p.figures()
	}
	return list
}

// Pulse is a number that is another one after each commit, and when an instance
// was set aside: while it is the same, there is nothing new to be read. To ask for
// it costs next to nothing.
func (h *Host) Pulse() (n uint64) {
	for _, p := range h.partitions {
		n += p.stats.Commits.Load() + p.stats.Quarantined.Load()
	}
	return n
}

// gauges are how a partition stands. Its goroutine sets them between batches;
// anybody reads them.
type gauges struct {
	backlog, inbox, outbox, workWaiting, workRunning atomic.Int64
	timers, nextTimer, cacheBytes, instances         atomic.Int64
	quarantined, garbage                             atomic.Int64
	turns, rows, bytes, micros                       histogram // of each commit
	_                                                [64]byte  // so that no two partitions share a cache line
}

// set stores a gauge that has changed: to look is cheaper than to store.
func set(g *atomic.Int64, v int64) {
	if g.Load() != v {
		g.Store(v)
	}
}

// measure sets the gauges.
func (p *partition) measure() {
	g := &p.gauges
	set(&g.backlog, int64(len(p.backlog)))
	set(&g.inbox, int64(len(p.inbox)))
	set(&g.outbox, int64(len(p.outbox.rows)))
	set(&g.workWaiting, int64(len(p.work.next)))
	set(&g.workRunning, int64(len(p.running)))
	set(&g.timers, int64(p.timers.clocks[Wall].tree.Len()+p.timers.clocks[Uptime].tree.Len()))
	next, _ := p.timers.next(Wall)
	set(&g.nextTimer, next)
	set(&g.cacheBytes, int64(p.cache.bytes))
	set(&g.instances, int64(len(p.cache.lives)))
	set(&g.quarantined, int64(len(p.quarantined)))
	set(&g.garbage, int64(len(p.garbage)))
}

// committed counts a batch that is stored.
func (p *partition) committed(b *Batch, took time.Duration) {
	p.stats.Commits.Add(1)
	p.stats.Rows.Add(uint64(len(b.Rows)))
	p.stats.Bytes.Add(uint64(b.Size))
	p.gauges.turns.observe(uint64(p.batch.turns))
	p.gauges.rows.observe(uint64(len(b.Rows)))
	p.gauges.bytes.observe(uint64(b.Size))
	p.gauges.micros.observe(uint64(took.Microseconds()))
}

func (p *partition) figures() Figures {
	s, g := p.stats, &p.gauges
	return Figures{
		Turns: s.Turns.Load(), Commits: s.Commits.Load(), Rows: s.Rows.Load(), Bytes: s.Bytes.Load(),
		CacheHits: s.CacheHits.Load(), CacheMisses: s.CacheMisses.Load(), Evicted: s.Evicted.Load(),
		Repeats: s.Repeats.Load(), Duplicates: s.Duplicates.Load(), Gaps: s.Gaps.Load(), Dropped: s.Dropped.Load(),
		Busy: s.Busy.Load(), Refused: s.Refused.Load(), Corrupt: s.Corrupt.Load(), Quarantines: s.Quarantined.Load(),
		Mailbox: int64(p.mail.waiting()), Backlog: g.backlog.Load(), Inbox: g.inbox.Load(), Outbox: g.outbox.Load(),
		WorkWaiting: g.workWaiting.Load(), WorkRunning: g.workRunning.Load(), Timers: g.timers.Load(), NextTimer: g.nextTimer.Load(),
		CacheBytes: g.cacheBytes.Load(), CacheBudget: int64(p.cache.budget), Instances: g.instances.Load(),
		Watchers: s.Watchers.Load(), Quarantined: g.quarantined.Load(), GarbageRanges: g.garbage.Load(),
	}
}

// waiting is how many parcels wait at the door.
func (b *mailbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list)
}

// histogramBuckets are powers of two: bucket n counts what is at most 2^n. The
// last one holds all that is more.
const histogramBuckets = 28

// histogram counts observations of one goroutine; anybody reads it.
type histogram struct {
	buckets [histogramBuckets]atomic.Uint64
	sum     atomic.Uint64
}

func (h *histogram) observe(v uint64) {
	n := 0
	if v > 1 {
		n = bits.Len64(v - 1)
	}
	h.buckets[min(n, histogramBuckets-1)].Add(1)
	h.sum.Add(v)
}

// Histogram is how observations were spread: At[n] of them were more than
// 2^(n-1) and at most 2^n, but for the last, which has no upper bound.
type Histogram struct {
	At  []uint64
	Sum uint64
}

func (h *Histogram) add(o *histogram) {
	for i := range o.buckets {
		h.At[i] += o.buckets[i].Load()
	}
	h.Sum += o.sum.Load()
}

// CommitFigures are how the commits of all partitions were spread.
type CommitFigures struct{ Turns, Rows, Bytes, Micros Histogram }

// CommitFigures gives how large commits were, and how many microseconds each
// took from being handed to the store to being known as durable.
func (h *Host) CommitFigures() CommitFigures {
	var f CommitFigures
	for _, x := range []*Histogram{&f.Turns, &f.Rows, &f.Bytes, &f.Micros} {
		x.At = make([]uint64, histogramBuckets)
	}
	for _, p := range h.partitions {
		f.Turns.add(&p.gauges.turns)
		f.Rows.add(&p.gauges.rows)
		f.Bytes.add(&p.gauges.bytes)
		f.Micros.add(&p.gauges.micros)
	}
	return f
}

// Stats is what the host has done until now, all partitions together.
func (h *Host) Stats() *Stats {
	sum := &Stats{}
	sum.add(h.stats)
	for _, p := range h.partitions {
		sum.add(p.stats)
	}
	return sum
}

func (s *Stats) add(o *Stats) {
	for _, c := range [][2]*atomic.Uint64{
		{&s.Turns, &o.Turns},
		{&s.Commits, &o.Commits},
		{&s.Rows, &o.Rows},
		{&s.Bytes, &o.Bytes},
		{&s.CacheHits, &o.CacheHits},
		{&s.CacheMisses, &o.CacheMisses},
		{&s.Evicted, &o.Evicted},
		{&s.Repeats, &o.Repeats},
		{&s.Duplicates, &o.Duplicates},
		{&s.Gaps, &o.Gaps},
		{&s.Dropped, &o.Dropped},
		{&s.Corrupt, &o.Corrupt},
		{&s.Quarantined, &o.Quarantined},
		{&s.Busy, &o.Busy},
		{&s.Recoveries, &o.Recoveries},
		{&s.Refused, &o.Refused},
	} {
		c[0].Add(c[1].Load())
	}
	s.Watchers.Add(o.Watchers.Load())
	s.Working.Add(o.Working.Load())
	o.reasons.Range(func(id, why any) bool {
		s.reasons.Store(id, why)
		return true
	})
}
