package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Retention: an instance that has ended erases itself after a while. The very
// turn that ends it arms a timer, whose due time is in the head; when it fires,
// the instance goes with everything that is stored of it. Sub-orchestrations
// have the same policy and a timer of their own, so that none is left over,
// however the tree came about and whatever became of its root.

// Forever is the retention of what is never erased by itself. It is the default.
const Forever time.Duration = -1

// Retain has instances of a definition erase themselves so long after their end,
// of whichever kind it is; 0 is at once. [Forever] keeps them, also where their
// parents are not kept. A sub-orchestration whose definition does not say has
// its parent's retention.
func Retain(d time.Duration) DefinitionOption {
	return func(def *orchestrationDef) { def.retain = retentionOf(d) }
}

// RetainFor is [Retain] for one instance: it goes before what the definition
// says.
func RetainFor(d time.Duration) StartOption {
	return func(s *start) { s.retain = retentionOf(d).own() }
}

// retention is 0 where nobody has said anything; else bit 0 says that the
// instance's own start or definition did, and not its parent; the rest is 1 for
// ever, or 2 and the milliseconds.
type retention uint64

func retentionOf(d time.Duration) retention {
	if d < 0 {
		return 1 << 1
	}
	ms := d / time.Millisecond
	if d%time.Millisecond > 0 { // never early
		ms++
	}
	return retention(2+ms) << 1
}

func (r retention) own() retention       { return r | 1 }
func (r retention) inherited() retention { return r &^ 1 }

// after is the milliseconds that an instance is kept, if not for ever.
func (r retention) after() (ms int64, ok bool) { return int64(r>>1) - 2, r>>1 >= 2 }

// retention is what holds for an instance that is started.
func (def *orchestrationDef) retention(meta *startMeta) retention {
	switch {
	case meta.retain&1 != 0:
		return meta.retain
	case def.retain != 0:
		return def.retain.own()
	}
	return meta.retain
}

// expiryTask is the timer of an instance that has ended. Tasks do not come this
// far.
const expiryTask = 1<<40 - 1

func (h *head) expiry() durable.Timer {
	return durable.Timer{Due: durable.Due{Clock: durable.Wall, At: h.expires}, Task: expiryTask}
}

// expireLater has an instance that has ended erase itself, if it is to.
func (t *turn) expireLater(h *head) {
	h.expires = 0
	if ms, ok := h.retain.after(); ok {
		h.expires = t.now.Wall + ms
		t.out.Timers = append(t.out.Timers, h.expiry())
	}
}

// keepOn has an instance that has ended not erase itself, because it goes in
// another way or at another time.
func (t *turn) keepOn() {
	if t.rest == nil || t.rest.expires == 0 {
		return
	}
	timer := t.rest.expiry()
	if i := slices.Index(t.out.Timers, timer); i >= 0 { // of this very turn
		t.out.Timers = slices.Delete(t.out.Timers, i, i+1)
	} else {
		t.out.Cancel = append(t.out.Cancel, timer)
	}
}

// expire erases an instance whose time has come. A timer of an earlier end, or
// of a time that was changed since, does nothing.
func (t *turn) expire() {
	if t.rest != nil && t.rest.expires != 0 && t.rest.expires <= t.now.Wall {
		t.rest, t.erase = nil, true
	}
}

// retain changes an instance's retention: from its end, or from now on if it has
// ended. What its parent asks for it does only if it has no retention of its
// own.
func (t *turn) retain(m *durable.Message) {
	d := durable.NewDecoder(m.Body)
	r := retention(d.Uint())
	if d.Done() != nil || r>>1 == 0 {
		t.fail(m, Fail(CodeBadRequest, "malformed retention"))
		return
	}
	h := t.rest
	if t.x != nil {
		h = &t.x.head
	}
	switch {
	case h == nil:
		t.fail(m, Fail(CodeNotFound, fmt.Sprintf("there is no orchestration %q", t.in.ID.Key)))
		return
	case r&1 == 0 && h.retain&1 != 0:
	case t.x != nil:
		h.retain, t.x.dirtyHead = r, true
	default:
		t.keepOn()
		changed := *h // what is in memory stays as it is, should this turn not be stored
		changed.retain = r
		t.expireLater(&changed)
		t.rest, t.out.Head = &changed, changed.encode()
	}
	t.answer(m, nil)
}

// Retain changes how long an instance is kept after its end: one that has not
// ended, from then on; one that has, from now on. [Forever] keeps it. Its
// sub-orchestrations follow, those that there are now and those to come, unless
// their own definition or start says otherwise. It may be repeated.
func (c *Client) Retain(ctx context.Context, id string, d time.Duration) error {
	r := retentionOf(d)
	if err := c.ask(ctx, retainMessage(id, r.own())); err != nil {
		return err
	}
	seen := map[string]bool{id: true}
	for level := []string{id}; len(level) > 0; {
		var next []string
		var ms []durable.Message
		for _, id := range level {
			children, err := c.children(ctx, id, treeAsItIs)
			if err != nil {
				return err
			}
			for _, child := range children {
				h, err := c.headOf(child)
				if err != nil {
					return err
				}
				if h != nil && h.retain&1 == 0 && !seen[child] { // one that has its own goes its own way, and its tree with it
					seen[child] = true
					next, ms = append(next, child), append(ms, retainMessage(child, r.inherited()))
				}
			}
		}
		if _, err := c.askAll(ctx, ms, CodeNotFound); err != nil {
			return err
		}
		level = next
	}
	return nil
}

func retainMessage(id string, r retention) durable.Message {
	return newMessage(id, OpRetain, "", durable.AppendUint(nil, uint64(r)))
}

// The numbers of what a head and a start carry behind their first fields.
const (
	headRetain  byte = 16
	headExpires byte = 17
	startRetain byte = 16
)

func (h *head) encodeRetention(b []byte) []byte {
	if h.retain != 0 {
		b = durable.AppendUint(append(b, headRetain), uint64(h.retain))
	}
	if h.expires != 0 {
		b = durable.AppendInt(append(b, headExpires), h.expires)
	}
	return b
}

// decodeRetention reads a field if it is one of these.
func (h *head) decodeRetention(what byte, d *durable.Decoder) bool {
	switch what {
	case headRetain:
		h.retain = retention(d.Uint())
	case headExpires:
		h.expires = d.Int()
	default:
		return false
	}
	return true
}

func (s *startMeta) encodeRetention(b []byte) []byte {
	if s.retain != 0 {
		b = durable.AppendUint(append(b, startRetain), uint64(s.retain))
	}
	return b
}

func (s *startMeta) decodeRetention(what byte, d *durable.Decoder) bool {
	if what != startRetain {
		return false
	}
	s.retain = retention(d.Uint())
	return true
}

// unknownField is the error of a head or start with a field that a later version
// wrote.
func unknownField(of string, what byte) error {
	return fmt.Errorf("%w: %s with a field of number %d", durable.ErrCorrupt, of, what)
}
