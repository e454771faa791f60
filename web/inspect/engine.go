package inspect

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/metrics"
	"time"

	"github.com/everturn/everturn/web/api"
)

// Engine is what the inspector needs of the kernel, which it does not see.
type Engine struct {
	Boot, Version, Durability string
	Started                   time.Time
	Workshop                  bool // the plug can be pulled
	// Pulse is another number whenever something was committed or set aside. It
	// is asked for some times a second by each stream.
	Pulse func() uint64
	// Figures are what has been done since the start, and how it stands.
	Figures func() Figures
	// Store is how large the database is. It is asked for every few seconds.
	Store func() (Store, error)
	// Aside are the instances in quarantine.
	Aside func() []Aside
	// Retry lets one of them take turns again; of orchestrations the name is empty.
	Retry func(ctx context.Context, name, key string) error
}

// Aside is an instance in quarantine: an entity's name and key, or the id of an
// orchestration as its key.
type Aside struct {
	Name, Key, Why string
}

// Figures are those of all partitions. Histograms have what was at most 2^n at
// place n.
type Figures struct {
	Partitions   []Partition
	CommitMicros []uint64
	Recoveries   uint64
	Working      int64
	Watchers     int64
}

// Partition is one of the engine's loops.
type Partition struct {
	Turns       uint64 `json:"turns"`
	Commits     uint64 `json:"commits"`
	Rows        uint64 `json:"rows"`
	Bytes       uint64 `json:"bytes"`
	CacheHits   uint64 `json:"cacheHits"`
	CacheMisses uint64 `json:"cacheMisses"`
	Evicted     uint64 `json:"evicted"`
	Busy        uint64 `json:"busy"`
	Mailbox     int64  `json:"mailbox"`
	Backlog     int64  `json:"backlog"`
	Inbox       int64  `json:"inbox"`
	Outbox      int64  `json:"outbox"`
	WorkWaiting int64  `json:"workWaiting"`
	WorkRunning int64  `json:"workRunning"`
	Timers      int64  `json:"timers"`
	NextTimer   int64  `json:"nextTimer,omitempty"` // 0: none
	CacheBytes  int64  `json:"cacheBytes"`
	CacheBudget int64  `json:"cacheBudget"`
	Instances   int64  `json:"instances"`
	Quarantined int64  `json:"quarantined"`
}

// Store is the size of the database.
type Store struct {
	Commit     uint64 `json:"commit"`
	Tables     int    `json:"tables"`
	TableBytes int64  `json:"tableBytes"`
	LogBytes   int64  `json:"logBytes"`
	FreeBytes  int64  `json:"freeBytes"`
}

// total adds up the partitions.
func (f *Figures) total() (t Partition) {
	for i := range f.Partitions {
		p := &f.Partitions[i]
		t.Turns += p.Turns
		t.Commits += p.Commits
		t.Rows += p.Rows
		t.Bytes += p.Bytes
		t.CacheHits += p.CacheHits
		t.CacheMisses += p.CacheMisses
		t.Evicted += p.Evicted
		t.Busy += p.Busy
		t.Mailbox += p.Mailbox
		t.Backlog += p.Backlog
		t.Inbox += p.Inbox
		t.Outbox += p.Outbox
		t.WorkWaiting += p.WorkWaiting
		t.WorkRunning += p.WorkRunning
		t.Timers += p.Timers
		t.CacheBytes += p.CacheBytes
		t.CacheBudget += p.CacheBudget
		t.Instances += p.Instances
		t.Quarantined += p.Quarantined
		if p.NextTimer != 0 && (t.NextTimer == 0 || p.NextTimer < t.NextTimer) {
			t.NextTimer = p.NextTimer
		}
	}
	return t
}

// engine is the answer: the sum of the partitions, and what is beside them.
type engine struct {
	Boot       string `json:"boot"`
	Version    string `json:"version"`
	Durability string `json:"durability"`
	Workshop   bool   `json:"workshop"`
	Started    int64  `json:"started"`
	Now        int64  `json:"now"`
	Uptime     int64  `json:"uptime"`
	Partition
	TurnsPerCommit float64     `json:"turnsPerCommit"`
	CommitMs       percentiles `json:"commitMs"`
	Rate           *rate       `json:"rate,omitempty"`
	Partitions     []Partition `json:"partitions"`
	Recoveries     uint64      `json:"recoveries"`
	Working        int64       `json:"working"`
	Watchers       int64       `json:"watchers"`
	Streams        int64       `json:"streams"`
	Memory         uint64      `json:"memory"`
	Goroutines     uint64      `json:"goroutines"`
	Store          *Store      `json:"store"`
	Aside          []aside     `json:"aside"` // the first few
}

type aside struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// percentiles are milliseconds.
type percentiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// rate is what was done between two looks, by the second.
type rate struct {
	Seconds        float64     `json:"seconds"`
	Turns          float64     `json:"turns"`
	Commits        float64     `json:"commits"`
	Rows           float64     `json:"rows"`
	Bytes          float64     `json:"bytes"`
	TurnsPerCommit float64     `json:"turnsPerCommit"`
	CommitMs       percentiles `json:"commitMs"` // 0 where nothing was committed
}

// asideShown is how many instances in quarantine the engine's view names.
const asideShown = 50

// sample is one look at the figures.
type sample struct {
	at    time.Time
	of    Figures
	total Partition
}

func (i *Inspector) sample() *sample {
	s := &sample{at: time.Now(), of: i.Engine.Figures()}
	s.total = s.of.total()
	return s
}

// view makes the answer of a sample, with the rates since the one before.
func (i *Inspector) view(s, before *sample, store *Store) *engine {
	e := &engine{
		Boot: i.Engine.Boot, Version: i.Engine.Version, Durability: i.Engine.Durability, Workshop: i.Engine.Workshop,
		Started: i.Engine.Started.UnixMilli(), Now: s.at.UnixMilli(), Uptime: s.at.Sub(i.Engine.Started).Milliseconds(),
		Partition: s.total, TurnsPerCommit: ratio(s.total.Turns, s.total.Commits), CommitMs: spread(s.of.CommitMicros, nil),
		Partitions: s.of.Partitions, Recoveries: s.of.Recoveries, Working: s.of.Working, Watchers: s.of.Watchers,
		Streams: i.streams.Load(), Store: store, Aside: []aside{},
	}
	e.Memory, e.Goroutines = process()
	if s.total.Quarantined > 0 {
		for _, x := range i.aside() {
			if len(e.Aside) < asideShown {
				e.Aside = append(e.Aside, aside{x.id, x.why})
			}
		}
	}
	if before != nil {
		e.Rate = s.since(before)
	}
	return e
}

func (s *sample) since(before *sample) *rate {
	seconds := s.at.Sub(before.at).Seconds()
	per := func(now, then uint64) float64 { return float64(now-then) / max(seconds, 1e-3) }
	return &rate{
		Seconds: seconds,
		Turns:   per(s.total.Turns, before.total.Turns), Commits: per(s.total.Commits, before.total.Commits),
		Rows: per(s.total.Rows, before.total.Rows), Bytes: per(s.total.Bytes, before.total.Bytes),
		TurnsPerCommit: ratio(s.total.Turns-before.total.Turns, s.total.Commits-before.total.Commits),
		CommitMs:       spread(s.of.CommitMicros, before.of.CommitMicros),
	}
}

func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// spread reads the percentiles out of a histogram of microseconds, of what came
// since another look at it.
func spread(now, then []uint64) percentiles {
	count := make([]uint64, len(now))
	for n := range now {
		if count[n] = now[n]; n < len(then) {
			count[n] -= then[n]
		}
	}
	return percentiles{percentile(count, 0.5) / 1e3, percentile(count, 0.99) / 1e3}
}

// percentile takes what lies within a bucket (more than 2^(n-1), at most 2^n) for
// evenly spread.
func percentile(at []uint64, part float64) float64 {
	var all uint64
	for _, n := range at {
		all += n
	}
	rank, below := part*float64(all), 0.0
	for n, count := range at {
		if count > 0 && below+float64(count) >= rank {
			low, high := float64(uint64(1)<<n)/2, float64(uint64(1)<<n)
			if n == 0 {
				low = 0
			}
			return low + (high-low)*(rank-below)/float64(count)
		}
		below += float64(count)
	}
	return 0
}

// process is the memory that the process has of the system, and its goroutines.
// Nothing is stopped to find out.
func process() (memory, goroutines uint64) {
	list := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(list)
	return list[0].Value.Uint64() - list[1].Value.Uint64(), list[2].Value.Uint64()
}

// sizes are those of the database, nil while it cannot be looked at.
func (i *Inspector) sizes() *Store {
	store, err := i.Engine.Store()
	if err != nil {
		return nil // readyz says what is wrong
	}
	return &store
}

func (i *Inspector) showEngine(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	return r.JSON(http.StatusOK, i.view(i.sample(), nil, i.sizes()))
}

// How often the engine is looked at, and how often its database.
const (
	engineEvery = time.Second
	storeEvery  = 5 // of those
)

// engineLive sends the engine's view once a second, with what was done in that
// second.
func (i *Inspector) engineLive(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	return i.stream(r, func(ctx context.Context, s *api.Stream) error {
		tick := time.NewTicker(engineEvery)
		defer tick.Stop()
		var before *sample
		var store *Store
		for n := 0; ; n++ {
			if n%storeEvery == 0 {
				store = i.sizes()
			}
			now := i.sample()
			body, err := json.Marshal(i.view(now, before, store))
			if err == nil {
				err = s.Send("engine", "", body)
			}
			if err != nil {
				return err
			}
			before = now
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}
