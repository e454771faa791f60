package entities

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// Context is what an operation knows and may do beside changing its state. It
// is good until the operation returns, and belongs to its goroutine.
type Context struct {
	id   durable.ID
	now  durable.Time
	msg  *durable.Message
	send []durable.Message

	incarnation uint64
	exists      bool // before the operation
	deleted     bool
	serial      uint64          // of the entity's operations that drew ids or numbers
	drawn       uint64          // ids and generators of this operation
	trace       *operationTrace // nil where nobody traces this operation
}

// Caller is who asked for an operation.
type Caller struct {
	// ID is the orchestration or entity that asked; zero for a client.
	ID durable.ID
	// Client is what an outside client called itself (see [Op.DoAs]); empty if
	// it did not say.
	Client string
}

// begin prepares the context for one operation.
func (c *Context) begin(m *durable.Message, exists bool) {
	c.msg, c.exists, c.deleted, c.drawn = m, exists, false, 0
	c.enterTrace()
}

// ID names this entity.
func (c *Context) ID() durable.ID { return c.id }

// Key is this entity's key.
func (c *Context) Key() string { return c.id.Key }

// Exists says whether the entity existed before this operation. One that did
// not exists from its first operation on that succeeds.
func (c *Context) Exists() bool { return c.exists }

// Now is the time of this turn, in UTC, in whole milliseconds. It never goes
// back for the entities of one partition.
func (c *Context) Now() time.Time { return time.UnixMilli(c.now.Wall).UTC() }

// Uptime is how long the server has been up, over its whole life: the clock for
// games, which stands still while the server is down.
func (c *Context) Uptime() time.Duration { return time.Duration(c.now.Uptime) * time.Millisecond }

// Caller says who asked for this operation.
func (c *Context) Caller() Caller {
	return Caller{ID: c.msg.From, Client: c.msg.Return.Caller}
}

// Delete makes the entity cease to exist when this operation succeeds; what the
// operation leaves in the state is thrown away. The next operation finds a
// fresh one.
func (c *Context) Delete() { c.deleted = true }

// NewID gives a new id, unique everywhere, in the form of a UUID (version 8).
func (c *Context) NewID() string {
	h := c.draw()
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// Rand gives a random generator of its own, seeded by the entity and the
// operation.
func (c *Context) Rand() *rand.Rand {
	h := c.draw()
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[0:]), binary.BigEndian.Uint64(h[8:])))
}

// SendTo sends a message when the operation has succeeded and is stored. It is
// what [Op.Signal] and the starts of orchestrations build on.
func (c *Context) SendTo(m durable.Message) {
	c.traceSend(&m)
	c.send = append(c.send, m)
}

// draw gives bytes that no other call ever gets: entity and incarnation say
// whose, serial (which is stored) and drawn say which; the time and the asker
// keep apart the lives of an entity that is deleted before it is stored.
func (c *Context) draw() [sha256.Size]byte {
	c.drawn++
	b := durable.AppendID(make([]byte, 0, 128), c.id)
	b = durable.AppendUint(b, c.incarnation)
	b = durable.AppendUint(b, c.serial)
	b = durable.AppendUint(b, c.drawn)
	b = durable.AppendTime(b, c.now)
	b = durable.AppendTime(b, c.msg.Stamp)
	b = durable.AppendID(b, c.msg.From)
	b = durable.AppendReturn(b, c.msg.Return)
	return sha256.Sum256(b)
}

// Start starts an orchestration that nobody waits for, when the operation has
// succeeded and is stored, and gives its id: a new one, unless an option names
// it. The error says that it cannot be started; that an instance of a given id
// runs already is not known here, and is no error.
func Start[In, Out any](c *Context, o *orchestrator.Orchestration[In, Out], in In, options ...orchestrator.StartOption) (string, error) {
	m, err := o.StartMessage(in, append([]orchestrator.StartOption{orchestrator.WithID(c.NewID())}, options...)...)
	if err != nil {
		return "", err
	}
	c.SendTo(m)
	return m.To.Key, nil
}
