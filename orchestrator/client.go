package orchestrator

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Client is how the world outside talks to orchestrations. It may be used
// concurrently. Errors are *Failure values (or the context's): not_found for an
// instance that is not there, gone for one that has ended, conflict, busy,
// unavailable, and so on.
type Client struct {
	hub    hub
	tracer durable.Tracer // nil: its calls are not traced
}

// hub is what a client needs of a [durable.Host].
type hub interface {
	Post(m durable.Message, done func(durable.Answer))
	Ask(ctx context.Context, m durable.Message) (durable.Answer, error)
	Read(id durable.ID) (durable.Snapshot, error)
	Log(id durable.ID) (durable.Snapshot, [][]byte, error)
	Events(id durable.ID, after uint64, limit int) ([]durable.Event, error)
	Watch(id durable.ID, after uint64) (*durable.Watcher, error)
	List(name string, after durable.Cursor, limit int) ([]durable.Item, error)
	ListRange(s durable.Range, limit int) ([]durable.Item, error)
	ListIDs(prefix, after durable.ID, limit int) ([]durable.Item, error)
	Listings(prefix string) ([]string, error)
	Now(id durable.ID) durable.Time
	Standing(id durable.ID) time.Duration
}

// NewClient makes a client of a host whose behaviors include orchestrations.
func NewClient(h *durable.Host) *Client { return &Client{hub: h, tracer: h.Tracer()} }

// Begin starts an instance and gives its id, once it is stored.
func (o *Orchestration[I, O]) Begin(ctx context.Context, client *Client, in I, opts ...StartOption) (string, error) {
	body, fail := encode("the input of orchestration "+o.def.name, in, maxPayload)
	if fail != nil {
		return "", fail
	}
	return client.Start(ctx, o.def.name, body, opts...)
}

// Result waits until an instance has ended and gives its output, or how it
// failed: a terminated one gives code terminated.
func (o *Orchestration[I, O]) Result(ctx context.Context, client *Client, id string) (O, error) {
	var zero O
	s, err := client.Wait(ctx, id)
	switch {
	case err != nil:
		return zero, err
	case s.Failure != nil:
		return zero, s.Failure
	case s.State == Terminated:
		return zero, Fail(CodeTerminated, "terminated: "+string(s.Output))
	}
	return decode[O]("the output of orchestration "+o.def.name, s.Output)
}

// Start starts an instance by the definition's name, and gives its id once it
// is stored. Without [WithID] the id is random, or made from caller and request
// where [WithRequestID] gives them.
func (c *Client) Start(ctx context.Context, name string, input Raw, opts ...StartOption) (string, error) {
	s := &start{}
	for _, o := range opts {
		o(s)
	}
	if s.id == "" || s.fresh {
		s.id = newInstanceID(s.caller, s.request)
	}
	m, err := s.toMessage(name, input)
	if err != nil {
		return "", err
	}
	if err := c.ask(ctx, m); err != nil {
		return "", err
	}
	return s.id, nil
}

// toMessage is the start as a client sends it.
func (s *start) toMessage(name string, input Raw) (durable.Message, error) {
	if s.fail != nil {
		return durable.Message{}, s.fail
	}
	if err := durable.CheckName("instance id", s.id); err != nil {
		return durable.Message{}, Fail(CodeBadRequest, err.Error())
	}
	body, fail := checkSize("the input of orchestration "+name, input, maxPayload)
	if fail != nil {
		return durable.Message{}, fail
	}
	m := s.message(name, s.id, body)
	m.Return.Caller, m.Return.Request = s.caller, s.request
	return m, nil
}

// newInstanceID is the same for the same request, else random.
func newInstanceID(caller, request string) string {
	var b [16]byte
	if request != "" {
		sum := sha256.Sum256([]byte(caller + "\x00" + request))
		copy(b[:], sum[:])
	} else {
		rand.Read(b[:]) //nolint:forbidigo // this is a client, not a turn
	}
	return hex.EncodeToString(b[:])
}

func (c *Client) ask(ctx context.Context, m durable.Message) error {
	answer, err := c.traced(ctx, m)
	if err != nil {
		return err
	}
	if err := answer.Err(); err != nil {
		return err
	}
	return checkReceipt(&m, answer.Body)
}

// Raise raises an external event: once this returns it is stored.
func (c *Client) Raise(ctx context.Context, id, name string, body Raw, opts ...RequestOption) error {
	if _, fail := checkSize("event "+name, body, maxPayload); fail != nil {
		return fail
	}
	m := newMessage(id, OpEvent, name, body)
	for _, o := range opts {
		o(&m)
	}
	return c.ask(ctx, m)
}

// Terminate ends an instance at once, and its sub-orchestrations with it.
func (c *Client) Terminate(ctx context.Context, id, reason string) error {
	return c.ask(ctx, newMessage(id, OpTerminate, "", []byte(reason)))
}

// TerminateOnly is Terminate that leaves the sub-orchestrations running.
func (c *Client) TerminateOnly(ctx context.Context, id, reason string) error {
	m := newMessage(id, OpTerminate, "", []byte(reason))
	m.Meta = []byte{1}
	return c.ask(ctx, m)
}

// Suspend stops an instance: what comes for it is kept until [Client.Resume].
// Suspending one that is suspended or has ended is no error and does nothing.
func (c *Client) Suspend(ctx context.Context, id, reason string) error {
	return c.ask(ctx, newMessage(id, OpSuspend, "", []byte(reason)))
}

// Resume lets a suspended instance go on. One that is not suspended is left as
// it is.
func (c *Client) Resume(ctx context.Context, id, reason string) error {
	return c.ask(ctx, newMessage(id, OpResume, "", []byte(reason)))
}
