package durable

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Options of a [Host]. Zero values are good defaults.
type Options struct {
	Behaviors map[Kind]Behavior
	// Worker does the behaviors' work; Workers is how much of it at once
	// (default 256).
	Worker  Worker
	Workers int
	// CacheBytes bounds the instances kept in memory (default 64 MiB).
	CacheBytes int
	// HibernateAfter is for how long an instance may stay in memory unused, give
	// or take a second (default 20 s; negative: as long as there is room).
	HibernateAfter time.Duration
	// UptimeDelay is how long after Open, or after [Host.Ready], uptime begins to
	// run, so that players can come back before their clocks go on. The default is
	// 3 s; negative means at once.
	UptimeDelay time.Duration
	// UptimeStore is how often uptime is stored, though nothing else is, while
	// one of its timers is armed: a crash gives back no more (default 250 ms).
	// Tests with a clock that skips ahead make it long.
	UptimeStore time.Duration
	// OnFatal is told, once, that the store cannot be read any more after a
	// failed commit. The host answers everything with "unavailable" from then
	// on; the process should end.
	OnFatal func(error)
	// Tracer records spans of the instances that somebody traces. Without one
	// (the default) nothing is traced, and nothing is spent on it.
	Tracer Tracer
	Logger zerolog.Logger
}

// Host runs the partitions of one store, a goroutine each. All methods may be
// called concurrently.
type Host struct {
	store      Store
	partitions []*partition
	workers    *workers
	stats      *Stats // what is not of one partition
	log        zerolog.Logger
	options    Options

	// answers are channels without an answer to come: those of calls that were
	// given up are not put back. They are the host's, since a channel must not
	// leave the testing/synctest bubble that it was made in.
	answers sync.Pool

	token    atomic.Uint64
	mu       sync.Mutex // guards alive, and the beginning of a recovery
	alive    int        // partitions whose goroutine runs
	recovery atomic.Pointer[recovery]
	fatal    atomic.Pointer[Failure]
	stop     chan struct{}
	closing  sync.Once
	closed   error
	running  sync.WaitGroup
}

// Open starts a host on a store. It reads what is in flight, not the
// instances. The store is closed with the host, or when Open fails.
func Open(store Store, o Options) (*Host, error) {
	if o.Workers <= 0 {
		o.Workers = 256
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.HibernateAfter == 0 {
		o.HibernateAfter = 20 * time.Second
	}
	if o.UptimeDelay == 0 {
		o.UptimeDelay = 3 * time.Second
	}
	h := &Host{store: store, stats: &Stats{}, log: o.Logger, options: o, stop: make(chan struct{})}
	// Tokens of different runs must not meet: a stored one may be answered by
	// a later run.
	h.token.Store(rand.Uint64()) //nolint:forbidigo // not in a turn: it names waiting calls of this run
	h.workers = newWorkers(h, traceWork(o.Tracer, o.Worker), o.Workers)
	for n := range store.Partitions() {
		h.partitions = append(h.partitions, newPartition(n, store, &h.options, h, h.workers, &Stats{}))
	}
	for _, p := range h.partitions {
		if err := p.load(); err != nil {
			_ = store.Close()
			return nil, err
		}
	}
	h.alive = len(h.partitions)
	h.running.Add(h.alive)
	for _, p := range h.partitions {
		p.clock.run(max(o.UptimeDelay, 0))
		go h.run(p)
	}
	return h, nil
}

// Ready says that what stands on the host can be reached now: uptime that stands
// still begins to run so long after this, not after Open. It may be called
// concurrently, and does nothing where uptime runs already.
func (h *Host) Ready() {
	for _, p := range h.partitions {
		p.clock.postpone(max(h.options.UptimeDelay, 0))
	}
}

// of is the partition that owns an instance.
func (h *Host) of(id ID) *partition { return h.partitions[id.Partition(len(h.partitions))] }

// Tracer is the one of the options, nil where nothing is traced.
func (h *Host) Tracer() Tracer { return h.options.Tracer }

// Healthy is nil while the host takes commits, else why not.
func (h *Host) Healthy() error {
	if f := h.fatal.Load(); f != nil {
		return f
	}
	if h.recovery.Load() != nil {
		return Fail(CodeUnavailable, "the database is being recovered")
	}
	return h.store.Healthy()
}

// Epoch is the store's: it changes when numbers may have gone back. It is cut to
// 53 bits, which is what numbers in a browser hold.
func (h *Host) Epoch() uint64 { return h.store.Epoch() & (1<<53 - 1) }

// Now is the time on both clocks, uptime as the partition of the instance
// counts it.
func (h *Host) Now(id ID) Time { return h.of(id).clock.now() }

// Standing is how long the uptime of the instance's partition will still stand
// still (see Options.UptimeDelay).
func (h *Host) Standing(id ID) time.Duration {
	return time.Duration(h.of(id).clock.standing()) * time.Millisecond
}

// Post hands a message in and calls done exactly once with the answer, from a
// goroutine of the kernel: done must not block. An answer is given after the
// commit that made it. Every posted message has a Return, so that the behavior
// can answer it, and must. A message whose Return names Caller and Request is
// done once, however often it is posted.
//
// Failures that the kernel gives: busy (too much waits), unavailable (closing,
// quarantined, no disk space), unsure (the outcome is unknown, and there was no
// request id to find out by), too_large, bad_request (no ID), gone (the message
// names an incarnation or generation that has ended).
func (h *Host) Post(m Message, done func(Answer)) {
	if n := m.size(); n > MaxHead {
		done(Answer{Fail: Fail(CodeTooLarge, fmt.Sprintf("the message has %d bytes, more than %d", n, MaxHead))})
		return
	}
	if err := m.To.check(); err != nil {
		done(Answer{Fail: Fail(CodeBadRequest, err.Error())})
		return
	}
	p := h.of(m.To)
	m.From, m.Stamp = ID{}, p.clock.now()
	m.Return.Token = h.token.Add(1)
	if f := h.fatal.Load(); f != nil {
		done(Answer{Fail: f})
		return
	}
	if ok, closed := p.mail.put(parcel{m: m, kind: fromClient, done: done}); !ok {
		if closed {
			done(Answer{Fail: Fail(CodeUnavailable, "the server is stopping")})
			return
		}
		p.stats.Busy.Add(1)
		done(Answer{Fail: Fail(CodeBusy, fmt.Sprintf("more than %d messages wait; try again", mailMessages))})
	}
}

// Ask is Post that waits. The error is ctx's, or the answer's failure. When ctx
// ends first the message may still be done.
func (h *Host) Ask(ctx context.Context, m Message) (Answer, error) {
	c, _ := h.answers.Get().(chan Answer)
	if c == nil {
		c = make(chan Answer, 1)
	}
	h.Post(m, func(a Answer) { c <- a })
	select {
	case a := <-c:
		h.answers.Put(c)
		return a, a.Err()
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// Retry lets a quarantined instance take turns again. It is not_found where
// the instance is not in quarantine.
func (h *Host) Retry(ctx context.Context, id ID) error {
	c := make(chan Answer, 1)
	if ok, _ := h.of(id).mail.put(parcel{m: Message{To: id}, kind: toRetry, done: func(a Answer) { c <- a }}); !ok {
		return ErrClosed
	}
	select {
	case a := <-c:
		return a.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops taking messages, lets the partitions finish what they were given,
// cancels work and closes the store. It is idempotent.
func (h *Host) Close() error {
	h.closing.Do(func() {
		close(h.stop)
		h.running.Wait()
		h.workers.close()
		h.closed = h.store.Close()
	})
	return h.closed
}

// deliver and acked are the fabric between the partitions of one process.
func (h *Host) deliver(from, to int, list []numbered) {
	parcels := make([]parcel, len(list))
	for i, m := range list {
		parcels[i] = parcel{m: m.m, kind: fromStream, from: from, n: m.n}
	}
	h.partitions[to].mail.put(parcels...)
}

func (h *Host) acked(from, to int, n uint64) {
	p := h.partitions[from]
	for {
		old := p.acks[to].Load()
		if n <= old || p.acks[to].CompareAndSwap(old, n) {
			break
		}
	}
	if p.hungry.Load() {
		p.mail.poke()
	}
}
