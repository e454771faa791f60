package entities

import (
	"context"
	"encoding/json"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Client is how the world outside talks to entities. It may be used
// concurrently. Errors are *durable.Failure values, or the context's.
type Client struct {
	host   host
	tracer durable.Tracer // nil: its calls are not traced
}

// host is what a client needs of a [durable.Host].
type host interface {
	Post(m durable.Message, done func(durable.Answer))
	Ask(ctx context.Context, m durable.Message) (durable.Answer, error)
	Read(id durable.ID) (durable.Snapshot, error)
	Now(id durable.ID) durable.Time
	ListRange(s durable.Range, limit int) ([]durable.Item, error)
	ListIDs(prefix, after durable.ID, limit int) ([]durable.Item, error)
	Listings(prefix string) ([]string, error)
}

// NewClient makes a client of a host whose behaviors include entities.
func NewClient(h *durable.Host) *Client { return &Client{host: h, tracer: h.Tracer()} }

// Now is the host's wall time.
func (c *Client) Now() time.Time { return time.UnixMilli(c.host.Now(durable.ID{}).Wall).UTC() }

// SendTo hands a message in and does not wait. See [Op.Signal], which does.
func (c *Client) SendTo(m durable.Message) { c.host.Post(m, func(durable.Answer) {}) }

// Call asks an entity for an operation by name, with the input and the answer
// as JSON (nil for none): for those who know entities by name only. For the
// errors see [Op.Do].
func (c *Client) Call(ctx context.Context, id durable.ID, operation string, input json.RawMessage) (json.RawMessage, error) {
	a, err := c.traced(ctx, callMessage(id, operation, input))
	return a.Body, err
}

// Signal is [Client.Call] one way: it returns once the signal is stored.
func (c *Client) Signal(ctx context.Context, id durable.ID, operation string, input json.RawMessage, options ...SignalOption) error {
	m := signalMessage(id, operation, input)
	m.Due = due(c.Now(), options)
	_, err := c.traced(ctx, m)
	return err
}

// Info gives what is stored of an entity, and when its last turn was. One that
// does not exist is no error.
func (c *Client) Info(r *Registry, id durable.ID) (info Info, updated time.Time, err error) {
	snap, err := c.host.Read(id)
	if err != nil {
		return Info{}, time.Time{}, err
	}
	info, err = r.Describe(id, snap.Head)
	return info, time.UnixMilli(snap.Updated).UTC(), err
}

// Request makes a call exactly once, however often it is tried: the answer is
// kept with the entity (the last 256 of a caller, while the entity exists), and
// a retry gets it again and does nothing.
type Request struct {
	Caller string // who asks
	ID     string // which of the caller's requests
}

// Do asks the entity with this key for the operation, from outside, and gives
// its answer after the commit. The error is ctx's, the operation's own
// (a *durable.Failure), bad_request for a bad key, not_found where no such
// entity or operation is registered, busy where too much waits. After the
// context's error, or unsure, it is not known whether the operation ran: see
// [Op.DoAs]. It may be called concurrently.
func (o *Op[S, In, Out]) Do(ctx context.Context, client *Client, key string, in In) (Out, error) {
	return o.DoAs(ctx, client, Request{}, key, in)
}

// DoAs is [Op.Do] under a request id: it may be repeated, after a timeout or a
// crash too, and is done once.
func (o *Op[S, In, Out]) DoAs(ctx context.Context, client *Client, r Request, key string, in In) (out Out, err error) {
	m, err := o.message(key, in)
	if err != nil {
		return out, err
	}
	m.Return = durable.Return{Caller: r.Caller, Request: r.ID}
	a, err := client.traced(ctx, m)
	if err != nil {
		return out, err
	}
	return o.result(a.Body)
}

// Post is [Op.Do] that does not wait: done is called once with the answer, from
// a goroutine of the kernel, and must not block.
func (o *Op[S, In, Out]) Post(client *Client, key string, in In, done func(Out, error)) {
	o.PostAs(client, Request{}, key, in, done)
}

// PostAs is [Op.Post] under a request id, as [Op.DoAs] is. If the call cannot
// be sent, done is called by PostAs itself.
func (o *Op[S, In, Out]) PostAs(client *Client, r Request, key string, in In, done func(Out, error)) {
	var none Out
	m, err := o.message(key, in)
	if err != nil {
		done(none, err)
		return
	}
	m.Return = durable.Return{Caller: r.Caller, Request: r.ID}
	client.host.Post(m, func(a durable.Answer) {
		if a.Fail != nil {
			done(none, a.Fail)
			return
		}
		done(o.result(a.Body))
	})
}
