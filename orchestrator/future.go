package orchestrator

import "github.com/everturn/everturn/orchestrator/durable"

// Future is a result to come. It belongs to the orchestration that made it.
type Future[T any] struct {
	c      *Context
	t      *task
	decode func(*task) (T, error)
	value  T
	err    error
	got    bool
}

// Awaitable is any future, for [Any].
type Awaitable interface {
	// Done says whether the result is there.
	Done() bool
	// Cancel gives the result up: see [Future.Cancel].
	Cancel()
	context() *Context
	task() *task
}

func (f *Future[T]) context() *Context { return f.c }
func (f *Future[T]) task() *task       { return f.t }

// Done says whether the result is there, without waiting and without taking it.
func (f *Future[T]) Done() bool { return f.t.done }

// Get waits for the result. In an orchestration that was asked to end it gives
// [ErrCanceled] instead, outside of [Shielded]. Else the error is the *Failure of the activity, child,
// call or event; one whose result is of another type than T gives bad_request.
func (f *Future[T]) Get() (T, error) {
	if f.got {
		return f.value, f.err
	}
	if err := f.c.await(f.t); err != nil {
		var zero T
		return zero, err
	}
	f.got = true
	if f.t.kind == tEvent && !f.c.off() {
		f.c.x.seen(f.t)
	}
	if f.t.fail != nil {
		if x := f.c.x; x.trace != nil {
			x.trace.saw(x, f.t)
		}
		f.err = f.t.fail
		return f.value, f.err
	}
	f.value, f.err = f.decode(f.t)
	return f.value, f.err
}

// Cancel gives up: the future is done, with a failure of code canceled, unless
// it was done already. A timer leaves the store. A waiter for an event is gone,
// and an event that it was given and nobody has seen goes to the next one. An
// sub-orchestration or call that is under way goes on, and so does an activity,
// but its context ends ([Unwanted]); their results are dropped. Cancelling
// twice, or too late, is nothing.
func (f *Future[T]) Cancel() {
	if !f.c.off() {
		f.c.x.cancel(f.t)
	}
}

var errCanceled = Fail(CodeCanceled, "canceled")

func (x *execution) cancel(t *task) {
	if t.kind == tEvent && !t.read {
		x.unawait(t)
		t.read = true
		was := t.done
		t.done, t.fail = true, errCanceled
		if !was && t.then != nil {
			t.then(t)
		}
		return
	}
	if t.done || t == x.asked {
		return
	}
	if t.drop != nil {
		t.drop()
	}
	if t.kind == tTimer {
		x.act(&record{kind: kTimerCancelled, task: t.id})
		delete(x.tasks, t.id)
		x.disarm(t)
	}
	if t.kind == tActivity && x.out != nil {
		x.out.Drop = append(x.out.Drop, t.id)
	}
	x.complete(t, nil, errCanceled)
}

// All waits for all futures and gives their results in the order of the
// futures. The error is that of the first one, in this order, that failed.
func All[T any](fs ...*Future[T]) ([]T, error) {
	out := make([]T, len(fs))
	var first error
	for i, f := range fs {
		v, err := f.Get()
		out[i] = v
		if err != nil && first == nil {
			first = err
		}
	}
	return out, first
}

// Any waits until one of the futures is done and gives its index: of several,
// that of the one that was done first. The others go on; cancel those that are
// of no use any more. -1 means that there is nothing to wait for, or that the
// orchestration was asked to end ([Client.Cancel]): Get says which.
func Any(fs ...Awaitable) int {
	if len(fs) == 0 {
		return -1
	}
	c := fs[0].context()
	for {
		best := -1
		for i, f := range fs {
			if t := f.task(); t.done && (best < 0 || t.order < fs[best].task().order) {
				best = i
			}
		}
		if best >= 0 || c.waitable() != nil {
			for _, f := range fs {
				f.task().awaited = false
			}
			return best
		}
		for _, f := range fs {
			f.task().awaited = true
		}
		c.x.park()
	}
}

// decodeAs reads a result of type T.
func decodeAs[T any](what string) func(*task) (T, error) {
	return func(t *task) (T, error) { return decode[T](what, t.body) }
}

func bodyOf(t *task) ([]byte, error) { return t.body, nil }

func nothing(*task) (none, error) { return none{}, nil }

// Stamp is a moment on both clocks.
type Stamp struct {
	Wall   int64 `json:"wall"`   // milliseconds since 1970 UTC
	Uptime int64 `json:"uptime"` // milliseconds on the clock that stands still while the server is down
}

func stampOf(t durable.Time) Stamp { return Stamp(t) }
