package orchestrator

import (
	"context"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// DefaultTimeout is how long an activity may take that says nothing else.
const DefaultTimeout = 5 * time.Minute

// Activity is work outside of turns, with effects: it may read clocks, use the
// network, and take its time. It is done at least once for each call.
type Activity[I, O any] struct{ def *activityDef }

type activityDef struct {
	name    string
	run     func(ctx context.Context, in []byte) ([]byte, error)
	retry   *Retry
	timeout time.Duration

	heartbeat time.Duration // 0: it need not beat
}

// ActivityOption is an option of [DefineActivity], or of one call.
type ActivityOption func(*activityDef)

// WithRetry has failed attempts repeated.
func WithRetry(r Retry) ActivityOption { return func(d *activityDef) { d.retry = &r } }

// WithTimeout is the deadline of one attempt, after which it has failed with
// code timeout; its context ends then, and its result is dropped.
func WithTimeout(d time.Duration) ActivityOption {
	return func(def *activityDef) { def.timeout = d }
}

// DefineActivity defines an activity. The name is stored in histories: it stays
// when the function is renamed. It is case-insensitive. The function is called
// from many goroutines at once; a panic in it is a failure. The context ends
// at the deadline and when the server closes; [InfoOf] tells more about the call.
func DefineActivity[I, O any](name string, fn func(ctx context.Context, in I) (O, error), opts ...ActivityOption) *Activity[I, O] {
	d := &activityDef{name: name, timeout: DefaultTimeout}
	for _, o := range opts {
		o(d)
	}
	d.run = func(ctx context.Context, body []byte) ([]byte, error) {
		in, err := decode[I]("the input of activity "+name, body)
		if err != nil {
			return nil, Permanent(err)
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		b, fail := encode("the result of activity "+name, out, maxPayload)
		if fail != nil {
			return nil, Permanent(fail)
		}
		return b, nil
	}
	return &Activity[I, O]{def: d}
}

func (a *Activity[I, O]) define(r *Registry) error { return r.addActivity(a.def) }

// Name is the activity's name.
func (a *Activity[I, O]) Name() string { return a.def.name }

// Call does the activity and waits for its result.
func (a *Activity[I, O]) Call(c *Context, in I, opts ...ActivityOption) (O, error) {
	return a.Go(c, in, opts...).Get()
}

// Go schedules the activity and gives a future of its result. Options given
// here hold for this call.
func (a *Activity[I, O]) Go(c *Context, in I, opts ...ActivityOption) *Future[O] {
	f := &Future[O]{c: c, decode: decodeAs[O]("the result of activity " + a.def.name)}
	if c.off() {
		f.t = c.unwound()
		return f
	}
	x, def := c.x, a.def
	if len(opts) > 0 {
		d := *def
		for _, o := range opts {
			o(&d)
		}
		def = &d
	}
	body, fail := encode("the input of activity "+def.name, in, x.b.limits.Payload)
	if fail == nil {
		fail = c.canceled()
	}
	if fail != nil {
		f.t = x.completed(fail)
		return f
	}
	var first uint64 // the first attempt's task: what the idempotency key is made of
	f.t = x.try(def.retry, func(n int) *task {
		t := x.schedule(def, body, n, first)
		if n == 1 {
			first = t.id
		}
		return t
	})
	return f
}

// schedule makes one attempt of an activity.
func (x *execution) schedule(def *activityDef, body []byte, attempt int, first uint64) *task {
	t := x.newTask(tActivity, def.name)
	done := x.act(&record{kind: kTaskScheduled, task: t.id, name: def.name, body: body})
	if !done && x.out != nil || x.trace != nil {
		w := durable.Work{Task: t.id, Name: def.name, Input: body, Timeout: int64(def.timeout / time.Millisecond)}
		w.Meta = def.meta(t.id, attempt, first)
		if x.span != nil {
			w.Meta = durable.WithTrace(w.Meta, x.span.own)
		}
		x.do(w)
	}
	return t
}

// meta is what work carries beside its input: nothing, for a first attempt that
// need not beat.
func (d *activityDef) meta(task uint64, attempt int, first uint64) []byte {
	beat := uint64(max(d.heartbeat, 0) / time.Millisecond)
	switch {
	case attempt == 1 && beat == 0:
		return nil
	case attempt == 1:
		first = task
	}
	b := durable.AppendUint(durable.AppendUint(nil, uint64(attempt)), first)
	if beat > 0 {
		b = durable.AppendUint(b, beat)
	}
	return b
}

// do has work done, if the execution is live; for a rewind it is noted.
func (x *execution) do(w durable.Work) {
	if x.out == nil {
		x.trace.work[w.Task] = w
		return
	}
	x.out.Work = append(x.out.Work, w)
	x.spend(w.Size())
}
