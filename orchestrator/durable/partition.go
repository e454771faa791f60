package durable

import (
	"cmp"
	"fmt"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// partition is a deterministic state machine: step takes a time and parcels and
// makes a batch; when the store has it, release lets out what the batch's turns
// emitted. Everything here belongs to one goroutine (the host's run loop, or
// the simulation) but for what says otherwise.
//
// Step changes what is in memory as it goes. If the commit fails, fail throws
// all of that away and load reads it again from the store.
type partition struct {
	n         int
	store     Store
	behaviors map[Kind]Behavior
	fabric    fabric
	pool      pool
	log       zerolog.Logger
	stats     *Stats
	tracer    Tracer // nil: nothing is traced

	clock  partitionClock  // read by any goroutine
	mail   *mailbox        // any goroutine puts
	acks   []atomic.Uint64 // set by the receivers of our streams
	hungry atomic.Bool     // the outbox waits for room: wake us when there is

	meta    meta
	cache   *cache
	timers  *timers
	outbox  *outbox
	work    *workQueue
	inbox   map[uint64]bool // first numbers of the rows that hold kept messages
	garbage []garbage
	running map[uint64]bool // work that this process is doing

	quarantined map[ID]*quarantine
	kept        []parcel             // rows of the inbox that wait for a turn, in their order
	backlog     []parcel             // taken from the mailbox, for the next batch; behind kept
	gauges      gauges               // read by any goroutine
	waiting     map[uint64]waiter    // clients, by token
	retries     map[waitKey][]uint64 // further tokens of a request that waits
	watchers    map[ID][]*Watcher

	tick    int64  // uptime as last stored
	storeMS int64  // how often it is, at least
	batch   *batch // under way

	// For their memory: the batch before, its own row's size, empty queues of
	// instances, and the messages of the last turn.
	spare    *batch
	metaSize int
	queues   [][]parcel
	messages []Message
}

// spareQueues is how many empty queues a partition keeps, and spareParcels how
// many parcels each may have room for.
const spareQueues, spareParcels = 64, 64

// waitKey names a request to an instance.
type waitKey struct {
	id ID
	requestKey
}

// batch is what one step makes: rows, and what is let out after the commit.
type batch struct {
	builder
	now      Time
	dirty    bool  // the counters of the partition have changed
	unread   error // the store failed to read: the batch must not be committed
	taken    []parcel
	order    []*live // instances with messages, in the order of their turns
	next     int     // of order
	turned   []*live
	written  []*live // whose record is to be written
	turns    int
	littered int // garbage that this batch made
	owed     int // about how many bytes more finish and spill will write
	owedRows int // and rows
	answers  []answered
	dropped  []workKey
	from     []int // partitions from which we took messages
	spans    []Span
}

// waiter is a client that waits for an answer.
type waiter struct {
	done func(Answer)
	wait waitKey // of a request that has a name; else its request is empty
}

type answered struct {
	waiter
	token uint64 // 0: not a message, but a watch or a retry that was asked for
	a     Answer
}

// begin begins a batch. It takes over the last one with its lists, but for the
// rows, which the store may still hold.
func (p *partition) begin(now Time) *batch {
	b := p.spare
	if p.spare = nil; b == nil {
		b = &batch{}
	}
	expected := len(b.rows)
	if expected == 0 {
		expected = b.expected
	}
	*b = batch{
		builder: builder{partition: uint16(p.n), expected: expected}, now: now,
		taken: b.taken[:0], order: b.order[:0], turned: b.turned[:0], written: b.written[:0], answers: b.answers[:0], from: b.from[:0],
	}
	p.batch = b
	p.cache.now = now.Uptime
	return b
}

// end clears what a released batch held, for the next one.
func (p *partition) end(b *batch) {
	clear(b.taken)
	clear(b.order)
	clear(b.turned)
	clear(b.written)
	clear(b.answers)
	if cap(b.taken) <= drainMessages { // else it was an exception
		p.spare = b
	}
}

func (b *batch) full() bool {
	return b.size+b.owed > batchBytes || len(b.rows)+b.owedRows > batchRows || b.turns > batchTurns
}

func newPartition(n int, store Store, o *Options, f fabric, w pool, s *Stats) *partition {
	return &partition{
		n: n, store: store, behaviors: o.Behaviors, fabric: f, pool: w, stats: s, tracer: o.Tracer,
		log:     o.Logger.With().Int("partition", n).Logger(),
		mail:    newMailbox(),
		storeMS: cmp.Or(max(o.UptimeStore.Milliseconds(), 0), uptimeStoreMS),
		acks:    make([]atomic.Uint64, store.Partitions()),
		cache:   newCache(o.CacheBytes/store.Partitions(), max(o.HibernateAfter, 0)),
		running: map[uint64]bool{},
		waiting: map[uint64]waiter{}, retries: map[waitKey][]uint64{},
		watchers: map[ID][]*Watcher{},
	}
}

// load reads what the partition has in flight, not its instances.
func (p *partition) load() error {
	p.cache.clear()
	p.timers = newTimers(uint16(p.n))
	p.outbox = newOutbox(p.n, p.acks)
	p.work = newWorkQueue(p.n, p.running)
	p.inbox, p.garbage = map[uint64]bool{}, nil
	for id := range p.quarantined {
		p.stats.reasons.Delete(id)
	}
	p.quarantined = map[ID]*quarantine{}
	p.batch, p.kept = nil, nil
	if err := p.store.View(p.read); err != nil {
		return fmt.Errorf("partition %d: %w", p.n, err)
	}
	p.tick = p.meta.time.Uptime
	p.clock.stand(p.meta.time.Uptime)
	p.rewatch()
	return nil
}

func (p *partition) read(rd Reader) error {
	m, err := readMeta(rd, p.n, len(p.acks))
	if err != nil {
		return err
	}
	p.meta = m
	if err := p.timers.open(rd); err != nil {
		return err
	}
	if err := p.outbox.open(rd, &m, func(to int) (uint64, error) {
		r, err := readMeta(rd, to, len(p.acks))
		return r.in[p.n], err
	}); err != nil {
		return err
	}
	if err := p.work.open(rd, &m); err != nil {
		return err
	}
	if err := p.openGarbage(rd); err != nil {
		return err
	}
	return p.openInbox(rd)
}

// readMeta reads a partition's own row; a partition that never committed has
// none.
func readMeta(rd Reader, n, partitions int) (meta, error) {
	row, err := rd.Get(metaKey(uint16(n)))
	if isNoRow(err) {
		return newMeta(partitions), nil
	}
	if err != nil {
		return newMeta(partitions), err
	}
	m, err := parseMeta(row, partitions)
	if err != nil {
		return newMeta(partitions), err
	}
	return m, nil
}

// live gives an instance, from memory or from the store.
func (p *partition) live(id ID) (*live, error) {
	if l := p.cache.get(id); l != nil {
		p.stats.CacheHits.Add(1)
		return l, nil
	}
	p.stats.CacheMisses.Add(1)
	var l *live
	err := p.store.View(func(rd Reader) (err error) {
		l, err = load(rd, uint16(p.n), id)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.cache.add(l)
	return l, nil
}
