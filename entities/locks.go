package entities

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// The lock protocol, all of it.
//
// An orchestration that wants several entities sends one request to the first
// of them, in the order of (name, key). Each entity in turn, when it is free,
// takes the lock for that owner and sends the request on to the next; the last
// one answers the orchestration. All requests climb the same order, so they
// cannot wait in a circle. While an entity is locked, only its owner's messages
// run; all others wait in order.
//
// Releasing is of two kinds:
//
//   - Direct, once the orchestration was told that it has them all: a release
//     to each. It follows the owner's own messages on the same path, so those
//     are done first.
//   - Travelling, while the request may still be under way (the owner ended, or
//     its patience did): the release goes the request's own way, behind it. An
//     entity that holds the lock gives it up and sends the release on. One
//     where the request still waits throws the request away, and the release
//     ends there, because the request never went further. The two cannot miss
//     each other: from owner to first entity and from each entity to the next,
//     messages keep their order.
//
// The owner leaves the release that fits its stage with the kernel (AtEnd), so
// it goes out with the very commit that ends the owner, however it ends: a lock
// whose holder is gone cannot exist.
//
// Every acquisition has a key of its own, so a release never opens a lock that
// was taken later, not even by the same orchestration.

// MaxLockEntities is the most that one [Lock] takes.
const MaxLockEntities = 100

// lockKey names one acquisition: who, and which of its own.
type lockKey struct {
	owner  durable.Return // an orchestration's identity: To, Incarnation, Generation
	number uint64
}

// holder is a lock that is held.
type holder struct {
	key   lockKey
	since int64 // wall milliseconds
}

// chain is the body of requests and releases: which acquisition, and the
// entities on its way, in order. A direct release has none.
type chain struct {
	key lockKey
	ids []durable.ID
}

func (k lockKey) append(b []byte) []byte {
	b = durable.AppendReturn(b, k.owner)
	return durable.AppendUint(b, k.number)
}

func readLockKey(d *durable.Decoder) lockKey {
	return lockKey{owner: d.Return(), number: d.Uint()}
}

func (ch chain) encode() []byte {
	b := ch.key.append(nil)
	b = durable.AppendUint(b, uint64(len(ch.ids)))
	for _, id := range ch.ids {
		b = durable.AppendID(b, id)
	}
	return b
}

func decodeChain(b []byte) (chain, error) {
	d := durable.NewDecoder(b)
	ch := chain{key: readLockKey(d)}
	for n := d.Count(); n > 0 && d.Err() == nil; n-- {
		ch.ids = append(ch.ids, d.ID())
	}
	return ch, d.Done()
}

// request asks for the locks.
func (ch chain) request() durable.Message {
	return durable.Message{To: ch.ids[0], Op: orchestrator.OpLock, Body: ch.encode()}
}

// travelling releases behind a request that may be under way.
func (ch chain) travelling() durable.Message {
	return durable.Message{To: ch.ids[0], Op: orchestrator.OpRelease, Body: ch.encode()}
}

// direct releases what was acquired.
func (ch chain) direct() []durable.Message {
	body := chain{key: ch.key}.encode()
	ms := make([]durable.Message, len(ch.ids))
	for i, id := range ch.ids {
		ms[i] = durable.Message{To: id, Op: orchestrator.OpRelease, Body: body}
	}
	return ms
}

// after is the entity behind this one, if there is one.
func (ch chain) after(id durable.ID) (durable.ID, bool) {
	i := slices.Index(ch.ids, id)
	if i < 0 || i+1 == len(ch.ids) {
		return durable.ID{}, false
	}
	return ch.ids[i+1], true
}

// Lock waits until the orchestration has all these entities to itself, and
// begins a critical section: until unlock, only messages of this orchestration
// reach them. Entities given twice count once, and those that do not exist can
// be locked too. It cannot deadlock.
//
// Inside the section, the orchestration may call the locked entities, signal
// any, run activities and timers. It may not lock again ([ErrNested]), call
// other entities ([ErrNotLocked]), or, without leave ([Permit]), start
// sub-orchestrations and wait for events ([ErrInSection]).
//
// Unlock ends the section; to call it again is nothing. However the
// orchestration ends, also by a panic, terminated, or continued as new, and
// whether it has the locks or still waits for them, the commit that ends it
// releases them.
//
// The error is one of those above (or [ErrNothingToLock], [ErrTooManyLocks],
// [ErrNotEntity]), or why an entity could not be locked: busy,
// unavailable, not_found. Nothing is locked then.
func Lock(c *orchestrator.Context, ids ...durable.ID) (unlock func(), err error) {
	return LockWithin(c, 0, ids...)
}

// LockWithin is [Lock] that gives up after a while: with an error of code
// timeout, and nothing locked. 0 waits for ever.
func LockWithin(c *orchestrator.Context, patience time.Duration, ids ...durable.ID) (unlock func(), err error) {
	s := beginSection(c)
	ids, err = s.check(ids)
	if err != nil {
		return nil, err
	}
	s.count++
	ch := chain{key: lockKey{owner: c.Self(), number: s.count}, ids: ids}
	end := "lock/" + strconv.FormatUint(s.count, 10)

	c.AtEnd(end, ch.travelling())
	if err := acquire(c, ch, patience); err != nil {
		c.AtEnd(end)
		c.SendTo(ch.travelling())
		return nil, err
	}
	c.AtEnd(end, ch.direct()...)
	c.SetGuard(s.guard)
	s.held, s.permits = ids, nil
	done := false
	return func() {
		if done {
			return
		}
		done = true
		s.held = nil
		c.SetGuard(nil)
		c.AtEnd(end)
		for _, m := range ch.direct() {
			c.SendTo(m)
		}
	}, nil
}

// acquire sends the request and waits for the answer.
func acquire(c *orchestrator.Context, ch chain, patience time.Duration) error {
	granted := c.CallTo(ch.request())
	if patience > 0 {
		timer := c.Timer(patience)
		if orchestrator.Any(granted, timer) == 1 {
			granted.Cancel()
			return durable.Fail(durable.CodeTimeout, fmt.Sprintf("could not lock %v within %v", ch.ids, patience))
		}
		timer.Cancel()
	}
	_, err := granted.Get()
	return err
}

// admits says whether a message may run while the lock is held: it is the
// owner's, and not of an earlier life of it.
func (l *holder) admits(m *durable.Message) bool {
	if m.From != l.key.owner.To {
		return false
	}
	inc := senderIncarnation(m)
	return inc == 0 || inc == l.key.owner.Incarnation
}

// lockRequested takes the lock of an entity that is free, and sends the request
// on.
func (t *turn) lockRequested(m *durable.Message) {
	ch, err := decodeChain(m.Body)
	if err != nil || !slices.Contains(ch.ids, t.ctx.id) {
		t.refuse(m, durable.Fail(durable.CodeBadRequest, fmt.Sprintf("malformed lock request for %s", t.ctx.id)))
		return
	}
	if t.def == nil {
		t.refuse(m, t.registry.unknown(t.ctx.id))
		return
	}
	t.lock = &holder{key: ch.key, since: t.ctx.now.Wall}
	t.changed = true
	if next, ok := ch.after(t.ctx.id); ok {
		t.send(durable.Message{To: next, Op: orchestrator.OpLock, Body: m.Body, Return: m.Return})
	} else {
		t.answer(m, nil, nil)
	}
}

// released gives up the lock or forgets the request, whichever is here. If
// neither is, the release came twice or the request was refused here.
func (t *turn) released(m *durable.Message) error {
	ch, err := decodeChain(m.Body)
	if err != nil {
		return fmt.Errorf("lock release for %s: %w", t.ctx.id, err)
	}
	if t.lock == nil || t.lock.key != ch.key {
		t.forget(ch.key)
		return nil
	}
	t.lock = nil
	t.changed = true
	if next, ok := ch.after(t.ctx.id); ok {
		t.send(durable.Message{To: next, Op: orchestrator.OpRelease, Body: m.Body})
	}
	return t.admit()
}

// forget throws away the request of an acquisition that waits here.
func (t *turn) forget(key lockKey) {
	for i := range t.waiting {
		if m := &t.waiting[i]; m.Op == orchestrator.OpLock {
			if ch, err := decodeChain(m.Body); err == nil && ch.key == key {
				t.drop(i)
				return
			}
		}
	}
}
