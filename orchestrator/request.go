package orchestrator

import (
	"context"

	"github.com/everturn/everturn/orchestrator/durable"
)

// RequestDef is a kind of request: an external event with an argument of type
// M that gets an answer of type A, after the commit of the turn that gave it.
type RequestDef[M, A any] struct{ name, what string }

// DefineRequest defines a kind of request. Names are case-insensitive and share
// one space with events.
func DefineRequest[M, A any](name string) *RequestDef[M, A] {
	return &RequestDef[M, A]{name, "request " + name}
}

// Name is the request's name.
func (d *RequestDef[M, A]) Name() string { return d.name }

// Call is a request that the orchestration has taken and should answer. One
// that has no answer when the instance ends is answered with code ended; at
// continue-as-new it goes to the next generation, as if it had not been taken.
type Call[M, A any] struct {
	In     M
	Caller string // what the client called itself
	Stamp  Stamp  // when the server let the request in
	c      *Context
	e      *raised
}

// Request waits for the next request of a name: see [RequestDef.Go].
func Request[M, A any](c *Context, name string) (*Call[M, A], error) {
	return DefineRequest[M, A](name).Wait(c)
}

// Wait waits for the next request: see [RequestDef.Go].
func (d *RequestDef[M, A]) Wait(c *Context) (*Call[M, A], error) { return d.Go(c).Get() }

// Go gives a future of the next request that nobody else waits for. A request
// whose argument is not an M is refused with bad_request on the way: the author
// never sees it.
func (d *RequestDef[M, A]) Go(c *Context) *Future[*Call[M, A]] {
	f := &Future[*Call[M, A]]{c: c, decode: taken[M, A]}
	f.t = c.waitFor(d.name, func(e *raised) *Failure {
		call := &Call[M, A]{Caller: e.ret.Caller, Stamp: stampOf(e.stamp), c: c, e: e}
		if err := decodeInto(d.what, e.body, &call.In); err != nil {
			return ToFailure(err)
		}
		e.call = call
		return nil
	})
	return f
}

// taken is the request that a waiter took.
func taken[M, A any](t *task) (*Call[M, A], error) { return t.event.call.(*Call[M, A]), nil }

// Answer answers the request, with the commit of this turn. Only the first
// answer or refusal counts. An answer that cannot be encoded is a refusal.
func (r *Call[M, A]) Answer(a A) {
	if r.c.off() {
		return
	}
	body, fail := encode("an answer", a, r.c.x.b.limits.Payload)
	r.c.x.answer(r.e, body, fail, fail != nil)
}

// Refuse answers the request with a failure and leaves no trace of it: if the
// client repeats it under the same id, it is judged afresh.
func (r *Call[M, A]) Refuse(err error) {
	if !r.c.off() {
		r.c.x.answer(r.e, nil, ToFailure(err), true)
	}
}

// Do makes a request of an instance from outside and waits for the answer. A
// caller and request id make it safe to repeat: it is done once, and each
// repetition gets the same answer.
func (d *RequestDef[M, A]) Do(ctx context.Context, client *Client, instance string, in M, opts ...RequestOption) (A, error) {
	var zero A
	m, err := d.message(instance, in, opts)
	if err != nil {
		return zero, err
	}
	answer, err := client.traced(ctx, m)
	if err != nil {
		return zero, err
	}
	return d.read(answer)
}

// Post is Do that does not wait: done is called exactly once, from a goroutine
// of the kernel, and must not block.
func (d *RequestDef[M, A]) Post(client *Client, instance string, in M, done func(A, error), opts ...RequestOption) {
	m, err := d.message(instance, in, opts)
	if err != nil {
		var zero A
		done(zero, err)
		return
	}
	client.hub.Post(m, func(answer durable.Answer) { done(d.read(answer)) })
}

// RequestOption is an option of a request by a client.
type RequestOption func(*durable.Message)

// RequestID names the client and its request: one that is repeated with the same
// names is done once and gets the same answer. Another event under a name that
// was used fails with conflict.
func RequestID(caller, request string) RequestOption {
	return func(m *durable.Message) { m.Return.Caller, m.Return.Request = caller, request }
}

func (d *RequestDef[M, A]) message(instance string, in M, opts []RequestOption) (durable.Message, error) {
	body, fail := encode(d.what, in, maxPayload)
	if fail != nil {
		return durable.Message{}, fail
	}
	m := newMessage(instance, OpRequest, d.name, body)
	for _, o := range opts {
		o(&m)
	}
	return m, nil
}

func (d *RequestDef[M, A]) read(a durable.Answer) (A, error) {
	if a.Fail != nil {
		var zero A
		return zero, a.Fail
	}
	return decode[A]("the answer to request "+d.name, a.Body)
}

func newMessage(instance string, op durable.Op, name string, body []byte) durable.Message {
	return durable.Message{To: InstanceID(instance), Op: op, Name: name, Body: body}
}
