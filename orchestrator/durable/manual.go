package durable

import (
	"errors"
	"fmt"
	"slices"
)

// Manual is a host that does nothing by itself: it has no goroutines. Whoever
// holds it lets each partition step, each message between partitions arrive,
// each piece of work be done, in any order, sooner or later or twice.
// Simulations are made with it, on the code that runs everywhere.
//
// The methods of Manual are for one goroutine. Those of its Host may be called
// from others, which then wait for what the holder lets happen; inside of a
// testing/synctest bubble the holder can wait for them in turn, and says what
// time it is. Close is not for a Manual: see [Manual.Abandon].
type Manual struct {
	*Host
	parts []manualPart
	lanes []*manualLane // in the order of their first message
	jobs  []job
}

// manualPart is the batch that a partition waits for.
type manualPart struct {
	inflight bool
	told     chan error
}

// Lane names the messages that are under way from one partition to another.
type Lane struct{ From, To int }

// manualLane carries messages encoded, so that nothing leaks through pointers.
type manualLane struct {
	Lane
	list [][]byte
	n    []uint64
	ack  uint64 // to be told to the sender; 0 is none
}

// ErrUnsure means that the outcome of a commit is not known: nothing may happen
// before [Manual.Recover].
var ErrUnsure = errors.New("durable: the outcome of a commit is not known")

// OpenManual opens a host that the caller moves. Worker, Workers and OnFatal of
// the options are not used. Run tells the processes of one simulation apart.
func OpenManual(store Store, o Options, run uint32) (*Manual, error) {
	m := &Manual{parts: make([]manualPart, store.Partitions())}
	m.Host = &Host{store: store, stats: &Stats{}, log: o.Logger, options: o, stop: make(chan struct{})}
	m.token.Store(uint64(run) << 32)
	for n := range store.Partitions() {
		m.partitions = append(m.partitions, newPartition(n, store, &m.options, m, m, &Stats{}))
	}
	return m, m.load()
}

// load has every partition read what it has in flight.
func (m *Manual) load() error {
	for _, p := range m.partitions {
		if err := p.load(); err != nil {
			return err
		}
	}
	for n, p := range m.partitions {
		m.parts[n].inflight = false
		p.clock.run(max(m.options.UptimeDelay, 0))
	}
	return nil
}

// Step has a partition compute its next batch and hand it to the store. While
// one is with the store it does nothing. The error is [ErrUnsure], or the
// store's when it cannot be read.
func (m *Manual) Step(n int) error {
	p := m.partitions[n]
	if m.parts[n].inflight {
		return nil
	}
	if err := p.between(); err != nil {
		return err
	}
	b := p.step(p.clock.now(), p.mail.take(nil))
	if err := p.batch.unread; err != nil {
		p.fail(Fail(CodeUnavailable, "the database could not be read: "+err.Error()))
		return err
	}
	if b == nil {
		return p.release()
	}
	told := make(chan error, 1)
	m.parts[n] = manualPart{inflight: true, told: told}
	m.store.Commit(b, func(err error) { told <- err })
	return m.Settle(n)
}

// Settle acts on what the store said of a partition's batch, if it has said
// anything: what the batch emitted is let out, or the batch is forgotten. The
// errors are as of [Manual.Step].
func (m *Manual) Settle(n int) error {
	part, p := &m.parts[n], m.partitions[n]
	if !part.inflight {
		return nil
	}
	select {
	case err := <-part.told:
		part.inflight = false
		switch {
		case err == nil:
			p.stats.Commits.Add(1)
			return p.release()
		case errors.Is(err, ErrRefused):
			p.stats.Refused.Add(1)
			p.fail(Fail(CodeUnavailable, err.Error()))
			if err := p.load(); err != nil {
				return err
			}
			p.clock.run(0)
			return nil
		default:
			p.fail(Fail(CodeUnsure, err.Error()))
			return fmt.Errorf("%w: %w", ErrUnsure, err)
		}
	default:
		return nil
	}
}

// Recover opens the store again after a commit whose outcome is not known, and
// has every partition read what it has.
func (m *Manual) Recover() error {
	m.stats.Recoveries.Add(1)
	if err := m.store.Recover(); err != nil {
		return err
	}
	for n := range m.parts {
		if err := m.Settle(n); err != nil && !errors.Is(err, ErrUnsure) {
			return err
		}
	}
	return m.load()
}

// Idle says whether nothing is under way: no batch, no message, no work. What
// waits at a partition's door is not seen.
func (m *Manual) Idle() bool {
	return len(m.jobs) == 0 && len(m.Lanes()) == 0 && !slices.ContainsFunc(m.parts, func(p manualPart) bool { return p.inflight })
}

// Evict drops from a partition's memory all instances but the given number of
// bytes, those that turned last. It is for between two batches.
func (m *Manual) Evict(n, bytes int) {
	if c := m.partitions[n].cache; !m.parts[n].inflight {
		budget := c.budget
		c.budget = bytes
		m.partitions[n].stats.Evicted.Add(uint64(c.evict()))
		c.budget = budget
	}
}

// Abandon ends the host as the end of its process would: batches that the store
// has not told of are forgotten, and what is in memory is let go. Whoever waits
// is told that the host is unavailable, so that no goroutine waits for ever: to
// a client it is a lost connection. The store stays as it is.
func (m *Manual) Abandon() {
	f := Fail(CodeUnavailable, "the process has ended")
	for _, p := range m.partitions {
		if p.batch != nil {
			p.fail(f)
		}
		p.giveUp(f)
		p.cache.clear()
	}
}
