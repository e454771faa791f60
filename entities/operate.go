package entities

import (
	"bytes"
	"fmt"
	"runtime/debug"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// headSlack is the room in a head for everything but the state and what waits:
// above all a lock, whose owner's names take up to 2 KiB each.
const headSlack = 8 << 10

// MaxStateBytes is the largest encoded state, while nothing waits for a lock;
// what waits is stored beside the state and counts against the same limit, that
// of a head. An operation that leaves more fails with too_large.
const MaxStateBytes = durable.MaxHead - headSlack

// MaxOutputBytes bounds what one operation answers and sends, all together. One
// that makes more fails with too_large.
const MaxOutputBytes = 1 << 20

// replyBytes is what an answer takes beside its body.
const replyBytes = 32

// maxStack bounds the stack of a panic that is stored with its failure.
const maxStack = 8 << 10

// operate runs one operation and keeps or drops what it did. The error means
// that the stored state cannot be read.
//
// The state is encoded after each operation that succeeds: this proves that it
// can be stored and fits, and gives the point to come back to. Coming back is
// to forget the decoded state and, at the next operation, decode that point
// again: right for any state, with maps and pointers too, and paid for only by
// those who fail.
func (t *turn) operate(m *durable.Message) error {
	if t.def == nil {
		t.answer(m, nil, t.registry.unknown(t.ctx.id))
		return nil
	}
	if err := t.decode(); err != nil {
		return err
	}
	mark := len(t.ctx.send)
	t.ctx.begin(m, t.exists)
	enc, body, fail := t.attempt(m)
	output := len(body)
	for i := range t.ctx.send[mark:] {
		output += messageSize(&t.ctx.send[mark+i])
	}
	if fail == nil && output > MaxOutputBytes {
		fail = durable.Fail(durable.CodeTooLarge,
			fmt.Sprintf("operation %s of %s answers and sends %d bytes; the limit is %d", m.Name, t.ctx.id, output, MaxOutputBytes))
	}
	if t.ctx.drawn > 0 {
		t.ctx.serial++
	}
	switch {
	case fail != nil:
		clear(t.ctx.send[mark:])
		t.ctx.send = t.ctx.send[:mark]
		t.value, body = nil, nil
	case t.ctx.deleted:
		t.delete()
	default:
		if err := t.keep(enc); err != nil {
			return err
		}
	}
	for i := range t.ctx.send[mark:] {
		t.bytes += messageSize(&t.ctx.send[mark+i])
	}
	t.traceOperation(m, fail)
	t.answer(m, body, fail)
	return nil
}

// decode has the state in memory if the entity exists.
func (t *turn) decode() error {
	if t.value != nil || !t.exists {
		return nil
	}
	v, err := t.def.codec.load(t.format, t.state)
	if err != nil {
		return fmt.Errorf("state of %s: %w", t.ctx.id, err)
	}
	t.value = v
	return nil
}

// attempt calls the author's code, all of it that an operation runs: the making
// of a fresh state, the operation, the encoding of what it left.
func (t *turn) attempt(m *durable.Message) (enc, body []byte, fail *durable.Failure) {
	defer func() {
		if p := recover(); p != nil {
			stack := debug.Stack()
			fail = durable.Fail(durable.CodeInternal, fmt.Sprintf("operation %s of %s panicked: %v", m.Name, t.ctx.id, p))
			fail.Stack = string(stack[:min(len(stack), maxStack)])
		}
	}()
	op, fail := t.def.operation(m.Name)
	if fail != nil {
		return nil, nil, fail
	}
	if t.value == nil {
		t.value = t.def.fresh(t.ctx.id.Key)
	}
	body, err := op.run(&t.ctx, t.value, m.Body)
	if err != nil {
		return nil, nil, orchestrator.ToFailure(err)
	}
	if t.ctx.deleted {
		return nil, body, nil
	}
	enc, err = t.def.codec.save(t.value)
	if err != nil {
		return nil, nil, durable.Fail(durable.CodeInternal,
			fmt.Sprintf("operation %s left a state of %s that cannot be encoded: %v", m.Name, t.ctx.id, err))
	}
	if room := MaxStateBytes - t.waitingBytes; len(enc) > room {
		return nil, nil, durable.Fail(durable.CodeTooLarge,
			fmt.Sprintf("operation %s left a state of %s of %d bytes; the limit is %d, less %d that wait for its lock",
				m.Name, t.ctx.id, len(enc), MaxStateBytes, t.waitingBytes))
	}
	return enc, body, nil
}

// keep takes over the state that an operation left.
func (t *turn) keep(enc []byte) error {
	if t.exists && bytes.Equal(enc, t.state) {
		return nil
	}
	t.exists, t.state, t.format = true, enc, t.def.codec.format
	t.version++
	t.changed = true
	if t.strict {
		return t.survives()
	}
	return nil
}

// survives checks that the state reads back as it was stored.
func (t *turn) survives() error {
	v, err := t.def.codec.load(t.format, t.state)
	if err != nil {
		return fmt.Errorf("state of %s cannot be read back: %w", t.ctx.id, err)
	}
	again, err := t.def.codec.save(v)
	if err != nil {
		return fmt.Errorf("state of %s cannot be stored again: %w", t.ctx.id, err)
	}
	if !bytes.Equal(again, t.state) {
		return fmt.Errorf("state of %s does not survive being stored: %q becomes %q", t.ctx.id, t.state, again)
	}
	return nil
}

// delete makes the entity cease to exist.
func (t *turn) delete() {
	if t.exists {
		t.version++
		t.changed = true
	}
	t.exists, t.state, t.value, t.format = false, nil, nil, formatJSON
}
