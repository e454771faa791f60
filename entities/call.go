package entities

import (
	"github.com/everturn/everturn/orchestrator"
)

// Future is the answer to come of a call from an orchestration. It can be raced
// with timers and events by [orchestrator.Any].
type Future[Out any] struct {
	orchestrator.Awaitable
	get func() (Out, error)
}

// Get waits for the answer. The error is the operation's own, as a
// *durable.Failure.
func (f *Future[Out]) Get() (Out, error) { return f.get() }

// CallOption is an option of a call from an orchestration.
type CallOption func(*callOptions)

type callOptions struct{ retry *orchestrator.Retry }

// WithRetry has the operation called again after it failed. Each attempt is a
// call of its own, so one that was stored but reports an error must be fit to be
// done twice; a failed operation has changed nothing. The waits between attempts
// are durable timers of the orchestration.
func WithRetry(r orchestrator.Retry) CallOption { return func(o *callOptions) { o.retry = &r } }

// Call asks the entity with this key for the operation and waits for its
// answer. The error is the operation's own, as a *durable.Failure, or
// [ErrNotLocked] inside a critical section.
func (o *Op[S, In, Out]) Call(c *orchestrator.Context, key string, in In, options ...CallOption) (Out, error) {
	return o.Go(c, key, in, options...).Get()
}

// Go is [Op.Call] that does not wait.
func (o *Op[S, In, Out]) Go(c *orchestrator.Context, key string, in In, options ...CallOption) *Future[Out] {
	m, err := o.message(key, in)
	if err == nil {
		err = sectionOf(c).admits(m.To)
	}
	if err != nil {
		return &Future[Out]{Awaitable: c.Timer(0), get: func() (out Out, _ error) { return out, err }}
	}
	var opts callOptions
	for _, option := range options {
		option(&opts)
	}
	f := c.CallRetried(m, opts.retry)
	return &Future[Out]{Awaitable: f, get: func() (out Out, err error) {
		body, err := f.Get()
		if err != nil {
			return out, err
		}
		return o.result(body)
	}}
}

// All waits for all answers and gives them in the order of the futures. The
// error is that of the first one, in this order, that failed.
func All[Out any](fs ...*Future[Out]) ([]Out, error) {
	out := make([]Out, len(fs))
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
