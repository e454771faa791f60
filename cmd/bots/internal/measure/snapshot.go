package measure

import (
	"maps"
	"slices"
	"time"
)

// Snapshot is everything that was counted until a moment. It does not change.
type Snapshot struct {
	Start time.Time
	At    time.Duration // since Start
	Span  time.Duration // since the snapshot before, or Start
	Total Counts        // since Start
	Since Counts        // since the snapshot before, or Start

	Bots     int64 // connected now
	MostBots int64 // connected at once

	Nacks    map[string]int64 // by code
	Closes   map[int]int64    // by code
	Failures map[string]int64 // by what failed
	Box      Box
}

// Counts are what is counted in a stretch of time. Moves are those that were
// acknowledged.
type Counts struct {
	Ack, Screen, Watcher, Connect, Back Latency
	Started, Finished, Aborted          int64
	Moves                               int64
	Nacks, Closes, Failures, Faults     int64
	BytesIn, BytesOut                   int64
}

// Errors are commands that were refused, and failures. Sockets that ended are
// none: some scenarios cut them on purpose.
func (c *Counts) Errors() int64 { return c.Nacks + c.Failures }

// Box is the correctness box: how often each promise was broken, by Fault, and
// the first examples of each.
type Box struct {
	Counts   [faults]int64
	Examples [faults][]string
}

// Sum is how many promises were broken; a server that is right has none.
func (b *Box) Sum() (n int64) {
	for _, count := range b.Counts {
		n += count
	}
	return n
}

// Snapshot gathers everything that was counted since the start, and since the
// last Snapshot. What happens meanwhile is in this one or in the next.
func (r *Recorder) Snapshot() Snapshot {
	r.gathering.Lock()
	defer r.gathering.Unlock()
	since := r.gather()
	r.total.add(since)

	s := r.seldom()
	s.Span = s.At - r.before.At
	s.Total.fill(r.total.clone())
	s.Since = Counts{
		Started:  s.Total.Started - r.before.Total.Started,
		Finished: s.Total.Finished - r.before.Total.Finished,
		Aborted:  s.Total.Aborted - r.before.Total.Aborted,
		Nacks:    s.Total.Nacks - r.before.Total.Nacks,
		Closes:   s.Total.Closes - r.before.Total.Closes,
		Failures: s.Total.Failures - r.before.Total.Failures,
		Faults:   s.Total.Faults - r.before.Total.Faults,
	}
	s.Since.fill(since)
	r.before = s
	return s
}

// gather takes what the shards have counted. A shard is held only for as long
// as it takes to give it another tally.
func (r *Recorder) gather() *tally {
	sum := newTally()
	for i := range r.shards {
		next := newTally()
		s := &r.shards[i]
		s.Lock()
		full := s.tally
		s.tally = next
		s.Unlock()
		sum.add(full)
	}
	return sum
}

// seldom gives the snapshot without what the shards count.
func (r *Recorder) seldom() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{
		Start: r.start, At: time.Since(r.start), Bots: r.bots, MostBots: r.most,
		Nacks: maps.Clone(r.nacks), Closes: maps.Clone(r.closes), Failures: maps.Clone(r.failures),
		Box: Box{Counts: r.faults},
	}
	for kind, list := range r.examples {
		s.Box.Examples[kind] = slices.Clone(list)
	}
	s.Total = Counts{
		Started: r.matches[Started], Finished: r.matches[Finished], Aborted: r.matches[Aborted],
		Nacks: sum(r.nacks), Closes: sum(r.closes), Failures: sum(r.failures), Faults: s.Box.Sum(),
	}
	return s
}

// fill adds what shards count; the tally is given away.
func (c *Counts) fill(t *tally) {
	c.Ack, c.Screen, c.Watcher = Latency{t.took[ack]}, Latency{t.took[screen]}, Latency{t.took[watcher]}
	c.Connect, c.Back = Latency{t.took[connect]}, Latency{t.took[back]}
	c.Moves = c.Ack.Count()
	c.BytesIn, c.BytesOut = t.in, t.out
}

func sum[K comparable](counts map[K]int64) (n int64) {
	for _, count := range counts {
		n += count
	}
	return n
}
