package orchestrator

// EventGo gives a future of the next external event of a name that nobody else
// waits for: waiters of one name are served first in, first out, and events
// that nobody waits for are kept, in order. Names are case-insensitive.
func EventGo[T any](c *Context, name string) *Future[Raised[T]] {
	f := &Future[Raised[T]]{c: c}
	f.decode = func(t *task) (Raised[T], error) {
		v, err := decode[T]("event "+name, t.body)
		return Raised[T]{Value: v, Stamp: stampOf(t.event.stamp)}, err
	}
	f.t = c.waitFor(name, nil)
	return f
}

// Raised is an external event with the moment at which it was let in.
type Raised[T any] struct {
	Value T
	Stamp Stamp
}

// Event waits for the next external event of a name: see [EventGo].
func Event[T any](c *Context, name string) (T, error) {
	r, err := EventGo[T](c, name).Get()
	return r.Value, err
}

// Raise sends an event to another orchestration. Nobody hears whether there is
// one: an event to an instance that is missing or has ended is dropped.
func Raise[T any](c *Context, instance, name string, v T) error {
	if c.off() {
		return c.refusal()
	}
	x := c.x
	body, fail := encode("event "+name, v, x.b.limits.Payload)
	if fail != nil {
		return fail
	}
	m := newMessage(instance, OpEvent, name, body)
	if !x.act(&record{kind: kEventSent, name: name, to: m.To, op: m.Op, body: body}) {
		x.send(m)
	}
	return nil
}

// waitFor makes a waiter for events of a name.
func (c *Context) waitFor(name string, take func(*raised) *Failure) *task {
	if c.off() {
		return c.unwound()
	}
	x := c.x
	fail := x.guarded(ActionEvent)
	if fail == nil {
		fail = c.canceled()
	}
	if fail != nil {
		return x.completed(fail)
	}
	t := &task{kind: tEvent, name: name, take: take}
	x.await(t)
	return t
}
