package entities

import (
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// MaxWaitingBytes bounds what waits for a lock at one entity. Calls and lock
// requests beyond it are refused as busy. Signals, whose senders cannot be told,
// may use twice as much and are then lost and counted (Info.Dropped).
const MaxWaitingBytes = 256 << 10

// full says that the turn makes as much as one turn may, but for one more
// operation. What is left of its messages waits for the next turn, which a timer
// brings at once.
func (t *turn) full() bool { return t.bytes > durable.MaxTurn-MaxOutputBytes-headSlack }

// mustWait says whether a message that came just now has to wait: for another's
// lock, for the next turn, or behind others that do.
func (t *turn) mustWait(m *durable.Message) bool {
	if t.full() {
		return true
	}
	if t.lock != nil {
		return m.Op == orchestrator.OpLock || !t.lock.admits(m)
	}
	return len(t.waiting) > 0
}

// wait keeps a message for later.
func (t *turn) wait(m *durable.Message) {
	limit := MaxWaitingBytes
	if m.Op == orchestrator.OpSignal {
		limit *= 2
	}
	size := messageSize(m)
	if t.waitingBytes+size > limit || len(t.state)+t.waitingBytes+size > MaxStateBytes {
		if m.Op == orchestrator.OpSignal && m.Return.IsZero() {
			t.dropped++
			t.changed = true
			return
		}
		t.refuse(m, durable.Fail(durable.CodeBusy,
			fmt.Sprintf("%d bytes of messages wait at %s already; the limit is %d", t.waitingBytes, t.ctx.id, limit)))
		return
	}
	kept := *m
	if m.Op == orchestrator.OpSignal { // it is safe now, and that is all its sender waits for
		t.answer(m, nil, nil)
		kept.Return = durable.Return{Caller: m.Return.Caller}
	}
	t.waiting = append(t.waiting, kept)
	t.waitingBytes += size
	t.changed = true
}

// admit runs what need not wait any longer, in order: while the entity is free,
// everything; once one of them has taken the lock, what its owner had sent
// before, since the owner may be waiting for the answers.
func (t *turn) admit() error {
	for i := 0; i < len(t.waiting) && !t.full(); {
		m := t.waiting[i]
		if t.lock != nil && (m.Op == orchestrator.OpLock || !t.lock.admits(&m)) {
			i++
			continue
		}
		t.drop(i)
		if err := t.run(&m); err != nil {
			return err
		}
	}
	return nil
}

// drop takes a message out of those that wait.
func (t *turn) drop(i int) {
	t.waitingBytes -= messageSize(&t.waiting[i])
	t.changed = true
	if i == 0 {
		t.waiting[0] = durable.Message{}
		t.waiting = t.waiting[1:]
		return
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
}

// send sends a message of the engine's own.
func (t *turn) send(m durable.Message) {
	t.ctx.SendTo(m)
	t.bytes += messageSize(&m)
}

// messageSize is at least what a message takes in a head.
func messageSize(m *durable.Message) int {
	r := &m.Return
	return 128 + len(m.To.Name) + len(m.To.Key) + len(m.From.Name) + len(m.From.Key) + len(m.Name) + len(m.Body) + len(m.Meta) +
		len(r.To.Name) + len(r.To.Key) + len(r.Caller) + len(r.Request)
}
