package durable

import (
	"fmt"
	"testing"
	"time"
)

func TestHistogramBuckets(t *testing.T) {
	var h histogram
	for _, v := range []uint64{0, 1, 2, 3, 4, 5, 1 << 20, 1<<20 + 1, 1 << 60} {
		h.observe(v)
	}
	want := map[int]uint64{0: 2, 1: 1, 2: 2, 3: 1, 20: 1, 21: 1, histogramBuckets - 1: 1}
	for i := range h.buckets {
		if n := h.buckets[i].Load(); n != want[i] {
			t.Errorf("bucket %d (at most %d) has %d, not %d", i, 1<<i, n, want[i])
		}
	}
	if n := h.sum.Load(); n != 15+1<<21+1+1<<60 {
		t.Error("sum", n)
	}
}

// A partition's figures say what it holds, at each gauge.
func TestGaugesSayWhatThereIs(t *testing.T) {
	p := &partition{stats: &Stats{}, mail: newMailbox(), cache: newCache(1000, 0), timers: newTimers(0), outbox: newOutbox(0, nil), running: map[uint64]bool{7: true}}
	p.work = newWorkQueue(0, p.running)
	p.work.next = make([]*workRow, 2)
	p.mail.put(parcel{}, parcel{}, parcel{})
	p.backlog = make([]parcel, 4)
	p.inbox = map[uint64]bool{1: true, 2: true, 3: true, 4: true, 5: true}
	p.outbox.rows = make([]outRow, 6)
	p.garbage = make([]garbage, 8)
	p.quarantined = map[ID]*quarantine{{Key: "q"}: nil}
	for i := range 9 {
		p.timers.arm(timerID{due: Due{Clock: Wall, At: int64(100 + i)}, n: uint64(i)}, nil)
	}
	p.timers.arm(timerID{due: Due{Clock: Uptime, At: 1}}, nil)
	p.cache.add(&live{id: ID{Key: "a"}})
	p.stats.Watchers.Add(11)
	p.stats.Busy.Add(12)
	p.batch = &batch{turns: 13}
	p.committed(&Batch{Rows: make([]Row, 14), Size: 15}, 16*time.Microsecond)
	p.measure()
	want := Figures{
		Mailbox: 3, Backlog: 4, Inbox: 5, Outbox: 6, WorkWaiting: 2, WorkRunning: 1, GarbageRanges: 8, Quarantined: 1, Timers: 10, NextTimer: 100,
		Instances: 1, CacheBytes: int64(p.cache.bytes), CacheBudget: 1000, Watchers: 11, Busy: 12, Commits: 1, Rows: 14, Bytes: 15,
	}
	if got := p.figures(); got != want || want.CacheBytes == 0 {
		t.Errorf("%+v, not\n%+v", got, want)
	}
	h := Host{partitions: []*partition{p, p}, stats: &Stats{}}
	if f := h.CommitFigures(); f.Turns.At[4] != 2 || f.Turns.Sum != 26 || f.Rows.Sum != 28 || f.Bytes.Sum != 30 || f.Micros.Sum != 32 || f.Micros.At[4] != 2 {
		t.Errorf("%+v", f)
	}
	pulse := h.Pulse()
	p.stats.Quarantined.Add(1)
	if after := h.Pulse(); pulse != 2 || after == pulse {
		t.Error("pulse", pulse, after)
	}
	p.stats.reasons.Store(ID{Key: "q"}, "why")
	h.stats.Recoveries.Add(17)
	if s := h.Stats(); s.Rows.Load() != 28 || s.Recoveries.Load() != 17 || s.Watchers.Load() != 22 || s.Quarantine()[ID{Key: "q"}] != "why" {
		t.Error("the sum of all partitions is wrong")
	}
}

// Figures can be read while partitions work, and add up to what was done.
func TestFiguresOfAHostAtWork(t *testing.T) {
	h := openHost(t, NewTestStore(2), publishing)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				h.Figures()
				h.CommitFigures()
				h.Stats()
			}
		}
	}()
	for i := range 50 {
		if a := ask(t, h, ID{Kind: kindTest, Key: fmt.Sprint("k", i%7)}, fmt.Sprint(i)); a.Fail != nil {
			t.Fatal(a.Fail)
		}
	}
	close(stop)
	<-stopped
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	var turns, commits, misses, observed uint64
	for _, f := range h.Figures() {
		turns, commits, misses = turns+f.Turns, commits+f.Commits, misses+f.CacheMisses
	}
	c := h.CommitFigures()
	for _, n := range c.Micros.At {
		observed += n
	}
	if turns != 50 || misses != 7 || commits < 50 || observed != commits || c.Turns.Sum != turns || h.Stats().Turns.Load() != turns {
		t.Errorf("%d turns, %d misses, %d commits, %d observed: %+v", turns, misses, commits, observed, c.Turns)
	}
}
