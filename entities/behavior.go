package entities

import (
	"bytes"
	"fmt"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// Options of a behavior. Zero values are good defaults.
type Options struct {
	// Strict makes every turn a consistency test: it starts from the stored
	// head instead of the state in memory, and refuses (quarantines) a state
	// that changed outside of an operation, or that does not survive being
	// stored and read again. Tests switch it on.
	Strict bool
}

// NewBehavior gives the behavior of [Kind] for these entities.
func NewBehavior(r *Registry, o Options) durable.Behavior {
	return &behavior{registry: r, strict: o.Strict}
}

type behavior struct {
	registry *Registry
	strict   bool
}

// hot is an entity between turns.
type hot struct {
	head
	value  any     // the decoded state, a *S; nil if it is to be decoded or made
	listed listing // what its index rows say; zero if that is not known
}

// Size is about what the entity holds in memory: its state twice, decoded
// larger than encoded, and what waits.
func (h *hot) Size() int { return 512 + 4*len(h.state) + 2*h.waitingBytes }

// Turn runs the messages in order. See [durable.Behavior].
func (b *behavior) Turn(now durable.Time, in *durable.Instance, messages []durable.Message) (durable.Outcome, error) {
	h, err := b.wake(in)
	if err != nil {
		return durable.Outcome{}, err
	}
	t := &turn{hot: h, def: b.registry.byName[in.ID.Name], registry: b.registry, strict: b.strict}
	if t.def == nil && h.exists {
		// Its state is worth keeping until a program knows it again.
		return durable.Outcome{}, fmt.Errorf("%s has a state, but %w", in.ID, t.registry.unknown(in.ID))
	}
	t.ctx = Context{id: in.ID, now: now, incarnation: in.Incarnation, serial: h.serial}
	if err := t.admit(); err != nil {
		return durable.Outcome{}, err
	}
	for i := range messages {
		if err := t.handle(&messages[i]); err != nil {
			return durable.Outcome{}, err
		}
	}
	return t.finish(in), nil
}

// wake gives the entity as the last turn left it.
func (b *behavior) wake(in *durable.Instance) (*hot, error) {
	kept, _ := in.Hot.(*hot)
	if kept != nil && !b.strict {
		return kept, nil
	}
	h, err := decodeHead(in.Head)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.ID, err)
	}
	if d := b.registry.byName[in.ID.Name]; d != nil && kept != nil && kept.value != nil {
		enc, err := d.codec.save(kept.value)
		if err != nil {
			return nil, fmt.Errorf("%s: its state changed outside of an operation and cannot be stored: %w", in.ID, err)
		}
		if !bytes.Equal(enc, h.state) {
			return nil, fmt.Errorf("%s: its state changed outside of an operation: stored %q, in memory %q", in.ID, h.state, enc)
		}
	}
	fresh := &hot{head: h}
	if kept != nil {
		fresh.listed = kept.listed
	}
	return fresh, nil
}

// turn is one turn of one entity under way.
type turn struct {
	*hot
	def      *definition // nil if nobody defined it
	registry *Registry
	strict   bool
	ctx      Context
	out      durable.Outcome
	changed  bool // the head is to be written
	asked    bool // by a request that the kernel keeps the answer of
	bytes    int  // of what it sends and answers
}

// handle does one message, now or, if it must wait, later. The error means that
// the entity cannot be run.
func (t *turn) handle(m *durable.Message) error {
	switch m.Op {
	case orchestrator.OpCall, orchestrator.OpSignal, orchestrator.OpLock:
		t.asked = t.asked || m.Return.Request != ""
		if t.mustWait(m) {
			t.wait(m)
			return nil
		}
		return t.run(m)
	case orchestrator.OpRelease:
		return t.released(m)
	case orchestrator.OpFree:
		return t.freed(m)
	case durable.OpTimer: // what waited was done when the turn began
		return nil
	}
	t.refuse(m, durable.Fail(durable.CodeBadRequest, fmt.Sprintf("entities take no messages of op %d", m.Op)))
	return nil
}

// run does a message that need not wait.
func (t *turn) run(m *durable.Message) error {
	if m.Op == orchestrator.OpLock {
		t.lockRequested(m)
		return nil
	}
	return t.operate(m)
}

// answer tells whoever asked. Signals are answered (to a client outside, who
// waits for the commit) but not told what became of them.
func (t *turn) answer(m *durable.Message, body []byte, fail *durable.Failure) {
	if m.Op == orchestrator.OpSignal {
		body, fail = nil, nil
	}
	if !m.Return.IsZero() {
		t.out.Reply = append(t.out.Reply, durable.Reply{To: m.Return, Body: body, Fail: fail})
		t.bytes += replyBytes + len(body)
	}
}

// refuse tells whoever asked that nothing was done and that a retry with the
// same request id is judged afresh.
func (t *turn) refuse(m *durable.Message, fail *durable.Failure) {
	if !m.Return.IsZero() {
		t.out.Reply = append(t.out.Reply, durable.Reply{To: m.Return, Fail: fail, Forget: true})
		t.bytes += replyBytes
	}
}

// finish makes the outcome. An entity that does not exist lives on only while
// it is locked.
func (t *turn) finish(in *durable.Instance) durable.Outcome {
	t.out.Send = t.ctx.send
	if !t.exists && t.lock == nil && len(t.waiting) == 0 {
		t.out.Erase = in.Exists
		return t.out
	}
	if t.serial != t.ctx.serial {
		t.serial, t.changed = t.ctx.serial, true
	}
	t.out.Hot = t.hot
	if t.full() && len(t.waiting) > 0 {
		t.out.Timers = []durable.Timer{{Due: durable.Due{Clock: durable.Wall, At: t.ctx.now.Wall}}}
	}
	if t.changed || t.asked {
		t.relist()
	}
	if !t.changed {
		return t.out
	}
	t.out.Head = t.head.append(make([]byte, 0, 64+len(t.state)+t.waitingBytes))
	t.state = t.out.Head[len(t.out.Head)-len(t.state):]
	return t.out
}
