package orchestrator

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Context is what an orchestration does everything through: it is what makes
// the code a function of its history. It may be used by the orchestration's
// own function only (and what it calls), not by goroutines.
//
// While a coroutine is taken down (eviction, termination), the author's defers
// run. Every method is inert then: it does nothing, and waiting gives
// [ErrUnwinding].
type Context struct {
	x      *execution
	random *rand.Rand
	ids    *rand.PCG
	logger *zerolog.Logger
	values map[any]any // of packages that extend the model
}

// maxInert is how often an orchestration that is being taken down may wait in
// vain before it is taken down by force (again).
const maxInert = 1000

// off says that the Context must not do anything.
func (c *Context) off() bool {
	x := c.x
	if x.running && !x.dead && x.barred == nil {
		return false
	}
	if x.dead && x.inside {
		if x.inert++; x.inert > maxInert {
			panic(unwind{})
		}
	}
	return true
}

// refusal says why the Context does nothing.
func (c *Context) refusal() error {
	if c.x.barred != nil {
		return c.x.barred
	}
	return ErrUnwinding
}

// park waits until wake was set for a task that the caller marked. It does not
// return if the coroutine is taken down meanwhile.
func (x *execution) park() {
	if !x.co.yield(struct{}{}) {
		panic(unwind{})
	}
}

// waitable says why the code cannot wait now, nil if it can.
func (c *Context) waitable() error {
	if c.off() || !c.x.inside {
		return c.refusal()
	}
	if fail := c.canceled(); fail != nil {
		return fail
	}
	return nil
}

// await waits for a task; the error says why there is nothing to wait for.
func (c *Context) await(t *task) error {
	for !t.done {
		if err := c.waitable(); err != nil {
			return err
		}
		t.awaited = true
		c.x.park()
	}
	t.awaited = false
	return nil
}

// InstanceID is the instance's id.
func (c *Context) InstanceID() string { return c.x.id.Key }

// ParentID is the id of the orchestration that waits for this one, empty at
// the root.
func (c *Context) ParentID() string { return c.x.start.parent }

// Name is the definition's name.
func (c *Context) Name() string { return c.x.head.name }

// Version is the definition's version, to which the instance is pinned.
func (c *Context) Version() string { return c.x.head.version }

// Generation is 1, and one more after each continue-as-new.
func (c *Context) Generation() uint32 { return c.x.generation }

// Tags are what the instance was started with, its parent's included. The map
// is a copy.
func (c *Context) Tags() map[string]string { return maps.Clone(c.x.head.tags) }

// Now is the wall time of the turn, in UTC and whole milliseconds. It stands
// still while the code runs and is the same on replay.
func (c *Context) Now() time.Time { return timeOf(c.x.now.Wall) }

// Uptime is the turn's time on the clock that stands still while the server is
// down. Only differences of it mean anything.
func (c *Context) Uptime() time.Duration { return time.Duration(c.x.now.Uptime) * time.Millisecond }

// IsReplaying says whether the code is only being brought to where it was.
func (c *Context) IsReplaying() bool { return c.x.cursor != nil }

// seed is 128 bits out of the identity of this generation and a purpose.
func (c *Context) seed(purpose string) (uint64, uint64) {
	h := fnv.New128a()
	h.Write([]byte(purpose + "\x00" + c.x.id.Key + "\x00"))
	var n [20]byte
	binary.BigEndian.PutUint64(n[:8], c.x.incarnation)
	binary.BigEndian.PutUint32(n[8:], c.x.generation)
	binary.BigEndian.PutUint64(n[12:], c.x.start.firstTask)
	h.Write(n[:])
	sum := h.Sum(nil)
	return binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])
}

// Rand is a random source that gives the same numbers on replay. Its seed is
// the instance's identity: it is fair, but not secret. Secrets come from
// activities.
func (c *Context) Rand() *rand.Rand {
	if c.x.barred != nil {
		return rand.New(rand.NewPCG(c.seed("barred"))) // the other must not go on
	}
	if c.random == nil {
		c.random = rand.New(rand.NewPCG(c.seed("rand")))
	}
	return c.random
}

// NewID is an id in the form of a UUID, distinct from all others and the same
// on replay.
func (c *Context) NewID() string {
	if c.ids == nil {
		c.ids = rand.NewPCG(c.seed("id"))
	}
	source := c.ids
	if c.x.barred != nil {
		source = rand.NewPCG(c.seed("barred")) // the other must not go on
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], source.Uint64())
	binary.BigEndian.PutUint64(b[8:], source.Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Log is a logger that writes each line once: not again on replay, and not
// while the coroutine is taken down. A turn that was not committed may have
// written lines that its repetition writes again.
func (c *Context) Log() *zerolog.Logger {
	if c.logger == nil {
		l := c.x.b.logger.With().Str("orchestration", c.x.head.name).Str("instance", c.x.id.Key).Logger().Hook(onceHook{c.x})
		c.logger = &l
	}
	return c.logger
}

// onceHook drops the lines of replays.
type onceHook struct{ x *execution }

// Run is called by zerolog for each line.
func (h onceHook) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if h.x.cursor != nil || h.x.dead || h.x.quiet || h.x.barred != nil {
		e.Discard()
	}
}

// SetStatus sets the custom status, anything that JSON can encode; nil clears
// it. It is visible from outside after the turn's commit, and stays after the
// end and across continue-as-new. One that cannot be encoded or is larger than
// Limits.Status fails the orchestration.
func (c *Context) SetStatus(v any) {
	if c.off() {
		return
	}
	var b []byte
	if v != nil {
		var err error
		if b, err = json.Marshal(v); err != nil {
			c.x.abort(Fail(CodeBadRequest, fmt.Sprintf("the custom status cannot be encoded: %v", err)))
		}
		if _, f := checkSize("the custom status", b, c.x.b.limits.Status); f != nil {
			c.x.abort(f)
		}
	}
	c.x.act(&record{kind: kStatusSet})
	c.x.head.custom, c.x.dirtyHead = b, true
}

// Publish adds an event to the instance's published log, which is kept whole
// and can be watched from outside, and gives its number: 1, 2, 3… without
// gaps, across continue-as-new. The body must not be changed afterwards.
func (c *Context) Publish(body []byte) uint64 {
	if c.off() {
		return 0
	}
	x := c.x
	if _, f := checkSize("a published event", body, x.b.limits.Payload); f != nil {
		x.abort(f)
	}
	x.act(&record{kind: kPublished, task: x.published + 1})
	x.published++
	if x.out != nil {
		x.out.Publish = append(x.out.Publish, body)
		x.spend(2 + len(body))
	}
	return x.published
}

// Index is a row of a listing: see [durable.Index].
type Index = durable.Index

// maxIndexRows is how many rows an author may set: the others are the engine's,
// one for the state and those of tags.
const maxIndexRows = durable.MaxIndex - 2 - indexedTags

// SetIndex sets the listings in which this instance is found, beside those by
// state that all are in. They replace the earlier ones, and stay after the end
// and across continue-as-new. Names that begin with "o/" are the engine's own.
func (c *Context) SetIndex(rows ...Index) {
	if c.off() {
		return
	}
	if len(rows) > maxIndexRows {
		c.x.abort(Fail(CodeTooLarge, fmt.Sprintf("%d index rows, more than %d", len(rows), maxIndexRows)))
	}
	for _, r := range rows {
		if len(r.Name) >= 2 && r.Name[:2] == "o/" || r.Name == "" || len(r.Name) > durable.MaxIndexName || len(r.Data) > durable.MaxIndexData {
			c.x.abort(Fail(CodeBadRequest, fmt.Sprintf("index row %q: its name must have 1 to %d bytes and not begin with o/, its data at most %d", r.Name, durable.MaxIndexName, durable.MaxIndexData)))
		}
	}
	c.x.act(&record{kind: kIndexSet})
	c.x.index, c.x.reindex = rows, true
}
