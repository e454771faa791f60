package orchestrator

import (
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// This file is for packages that extend the model (entities): authors of
// orchestrations do not need it.

// What a guard is asked about: see [Context.SetGuard].
const (
	ActionChild    = "start a sub-orchestration"
	ActionEvent    = "wait for an event"
	ActionContinue = "continue as new"
)

// CallTo sends m, whose To, Op, Name, Body and Meta the caller sets, and gives
// a future of the answer: its body, or its *durable.Failure. The call and its
// answer are part of the history and are checked on replay.
func (c *Context) CallTo(m durable.Message) *Future[[]byte] { return c.CallRetried(m, nil) }

// CallRetried is CallTo that sends m again, as a call of its own, while its
// answers are failures that the policy finds worth it; nil is no policy.
func (c *Context) CallRetried(m durable.Message, policy *Retry) *Future[[]byte] {
	f := &Future[[]byte]{c: c, decode: bodyOf}
	if c.off() {
		f.t = c.unwound()
		return f
	}
	x := c.x
	_, fail := checkSize("the argument of "+m.Name, m.Body, x.b.limits.Payload)
	if fail == nil {
		fail = c.canceled()
	}
	if fail != nil {
		f.t = x.completed(fail)
		return f
	}
	if policy == nil {
		f.t = x.call(m)
		return f
	}
	f.t = x.try(policy, func(int) *task { return x.call(m) })
	return f
}

func (x *execution) call(m durable.Message) *task {
	t := x.newTask(tCall, m.Name)
	if !x.act(&record{kind: kCallScheduled, task: t.id, name: m.Name, to: m.To, op: m.Op, due: m.Due, body: m.Body}) {
		m.Return = x.returnTo(t)
		x.send(m)
	}
	return t
}

// SendTo sends m one way; with m.Due it is delivered then.
func (c *Context) SendTo(m durable.Message) {
	if c.off() {
		return
	}
	x := c.x
	if _, fail := checkSize("the argument of "+m.Name, m.Body, x.b.limits.Payload); fail != nil {
		x.abort(fail)
	}
	if !x.act(&record{kind: kMessageSent, name: m.Name, to: m.To, op: m.Op, due: m.Due, body: m.Body}) {
		x.send(m)
	}
}

// AtEnd keeps messages under a key, to go out with the very commit that ends
// this instance or this generation of it, however it ends: completed, failed,
// terminated, continued as new. Messages given for a key replace those kept
// under it; none remove them. They go out in the order of the keys' first use.
// If the engine fails the orchestration in the middle of a turn, for a limit
// that it ran into, the turn's sends are dropped, and what was kept when the
// turn began goes out.
func (c *Context) AtEnd(key string, ms ...durable.Message) {
	if c.off() {
		return
	}
	x := c.x
	ends := slices.Clone(x.atEnd)
	i := slices.IndexFunc(ends, func(e ending) bool { return e.key == key })
	switch {
	case i < 0 && len(ms) > 0:
		ends = append(ends, ending{key, ms})
	case i >= 0 && len(ms) > 0:
		ends[i].ms = ms
	case i >= 0:
		ends = slices.Delete(ends, i, i+1)
	}
	x.atEnd = ends
}

// SetGuard has fn asked before the orchestration does one of the Action things;
// an error is what the author's call gives instead. Nil removes the guard.
func (c *Context) SetGuard(fn func(action string) error) {
	if !c.off() {
		c.x.guard = fn
	}
}

// Value is what SetValue kept under a key, nil if nothing.
func (c *Context) Value(key any) any { return c.values[key] }

// SetValue keeps something with the Context, for the package whose key it is:
// as with [context.Context], the key's type is one that the package does not
// export, so that no two meet. It lives as long as this Context, is not stored
// and not checked on replay: what is kept must follow from what the
// orchestration did. It may not be used concurrently.
func (c *Context) SetValue(key, v any) {
	if c.off() {
		return
	}
	if c.values == nil {
		c.values = map[any]any{}
	}
	c.values[key] = v
}

// Self is the identity of this generation of this instance: To, Incarnation and
// Generation are set. It is comparable, and stable over replays.
func (c *Context) Self() durable.Return {
	return durable.Return{To: c.x.id, Incarnation: c.x.incarnation, Generation: c.x.generation}
}

// guarded is the failure of a thing that the guard forbids.
func (x *execution) guarded(action string) *Failure {
	if x.guard == nil {
		return nil
	}
	return ToFailure(x.guard(action))
}

func (x *execution) newTask(k taskKind, name string) *task {
	x.last++
	t := &task{id: x.last, kind: k, name: name, turn: x.turn, at: x.now.Wall}
	x.tasks[t.id] = t
	if x.trace != nil {
		x.trace.note(t)
	}
	return t
}

// completed is a task that is done from the start, with a failure or (nil)
// without.
func (x *execution) completed(fail *Failure) *task {
	t := &task{kind: tComputed}
	x.complete(t, nil, fail)
	return t
}

// unwound is the task of a Context that is off.
func (c *Context) unwound() *task {
	return &task{kind: tComputed, done: true, fail: ToFailure(c.refusal())}
}

// complete makes a task done. It runs what follows from it, and notes whether
// the coroutine waits for it.
func (x *execution) complete(t *task, body []byte, fail *Failure) {
	if t.done {
		return
	}
	x.orders++
	t.done, t.order, t.body, t.fail = true, x.orders, body, fail
	x.wake = x.wake || t.awaited
	if t.then != nil {
		t.then(t)
	}
}

func (x *execution) returnTo(t *task) durable.Return {
	return durable.Return{To: x.id, Incarnation: x.incarnation, Generation: x.generation, Task: t.id}
}

func (x *execution) send(m durable.Message) {
	if x.out != nil {
		if x.span != nil {
			x.traceSend(&m)
		}
		x.out.Send = append(x.out.Send, m)
		x.spend(64 + len(m.To.Key) + len(x.id.Key) + len(m.Name) + len(m.Body) + len(m.Meta))
	}
}
