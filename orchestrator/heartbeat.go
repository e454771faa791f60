package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Heartbeats are how a long activity says that it is alive and how far it is.
// They are in memory: a beat costs a lock, not a commit. So a crash forgets them,
// as it forgets everything else that an attempt had not finished: the activity is
// done again from its input. One whose progress must outlive the process tells it
// to an entity, as often as it thinks a commit worth it.

// typeHeartbeat is the type of the failure of an attempt that fell silent.
const typeHeartbeat = "heartbeat"

var (
	// ErrSilent is why an activity's context ends that did not beat for as long as
	// [WithHeartbeat] allows: see [context.Cause].
	ErrSilent = errors.New("no heartbeat")
	// ErrUnwanted is what [Heartbeat] gives an activity whose future was cancelled,
	// or whose orchestration was terminated: see [Unwanted].
	ErrUnwanted = errors.New("nobody waits for the result any more")

	errNoActivity = errors.New("this is not the context of an activity")
)

// WithHeartbeat has an attempt fail that does not call [Heartbeat] for d, with
// code timeout and type heartbeat; its context ends then, and its result is
// dropped. It finds out about a stuck attempt long before the deadline. Less
// than a millisecond is none.
func WithHeartbeat(d time.Duration) ActivityOption {
	return func(def *activityDef) { def.heartbeat = d }
}

// maxDetails is the largest detail of a heartbeat, in bytes.
const maxDetails = 16 << 10

// Heartbeat says that the activity whose context this is goes on, and how far it
// is. If the attempt fails, [LastHeartbeat] gives the details to the next one.
// The error is the context's, for one that has ended: the activity should
// return then. Details that JSON cannot encode, or of more than 16 KiB, are an
// error too, and no heartbeat. It may be called concurrently.
func Heartbeat[T any](ctx context.Context, details T) error {
	a, ok := ctx.Value(infoKey{}).(*attempt)
	if !ok {
		return errNoActivity
	}
	if Unwanted(ctx) {
		return ErrUnwanted
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	body, fail := encode("the detail of a heartbeat", details, maxDetails)
	if fail != nil {
		return fail
	}
	a.beat(body)
	return nil
}

// LastHeartbeat gives the details of the last heartbeat that an earlier attempt
// of this activity made, false if there is none, or none that is a T. They are
// kept in this process only, and for the last 1,000 activities that failed: use
// them to go on where it stopped, not to be right.
func LastHeartbeat[T any](ctx context.Context) (details T, ok bool) {
	a, is := ctx.Value(infoKey{}).(*attempt)
	if !is || !a.resumes {
		return details, false
	}
	details, err := decode[T]("the detail of a heartbeat", a.before)
	return details, err == nil
}

// attempt is one attempt of an activity, as its context knows it.
type attempt struct {
	info      ActivityInfo
	heartbeat time.Duration // 0: it need not beat
	before    []byte        // details of an earlier attempt's last beat,
	resumes   bool          // if there was one

	mu       sync.Mutex
	cancel   func()      // ends the context
	unwanted bool        // nobody waits for the result
	timer    *time.Timer // fires when it has been silent for too long
	beats    bool
	last     []byte
}

// Unwanted says whether an activity's context has ended because nobody waits for
// its result any more: its future was cancelled, or its orchestration
// terminated. It will not be done again, so it may want to clean up. (One whose
// context ends with the server will be.)
func Unwanted(ctx context.Context) bool {
	a, ok := ctx.Value(infoKey{}).(*attempt)
	return ok && a.dropped()
}

func (a *attempt) dropped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unwanted
}

// Drop is called by the kernel when nobody waits for the result any more.
func (a *attempt) Drop() {
	a.mu.Lock()
	a.unwanted = true
	a.mu.Unlock()
	a.cancel()
}

func (a *attempt) beat(details []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beats, a.last = true, details
	if a.timer != nil && a.timer.Stop() { // else it has been too late
		a.timer.Reset(a.heartbeat)
	}
}

// listen has silence end the attempt. Stop ends the listening.
func (a *attempt) listen(ctx context.Context) (heard context.Context, stop func()) {
	if a.heartbeat <= 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timer = time.AfterFunc(a.heartbeat, func() { cancel(ErrSilent) }) //nolint:forbidigo // not turn code
	return ctx, func() {
		a.timer.Stop()
		cancel(nil)
	}
}

func (a *attempt) silent() *Failure {
	return &Failure{Code: CodeTimeout, Type: typeHeartbeat, Message: fmt.Sprintf("activity %q gave no heartbeat for %v", a.info.Name, a.heartbeat)}
}

// maxBeats is of how many activities that failed the last heartbeat is kept.
const maxBeats = 1_000

// pulses keeps what failed attempts said last, for the next ones.
type pulses struct {
	mu    sync.Mutex
	last  map[string][]byte // by idempotency key
	order []string          // of the keys, oldest first; some are gone from last
}

// recall gives an attempt what an earlier one said.
func (p *pulses) recall(a *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.before, a.resumes = p.last[a.info.Key]
}

// note keeps what an attempt said if it failed, and forgets the activity if not.
func (p *pulses) note(a *attempt, failed bool) {
	a.mu.Lock()
	beats, last := a.beats, a.last
	a.mu.Unlock()
	if !beats && !a.resumes {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := a.info.Key
	_, known := p.last[key]
	switch {
	case !failed:
		delete(p.last, key)
	case !beats:
	case known:
		p.last[key] = last
	default:
		if p.last == nil {
			p.last = map[string][]byte{}
		}
		if len(p.order) >= maxBeats {
			delete(p.last, p.order[0])
			p.order = p.order[1:]
		}
		p.last[key] = last
		p.order = append(p.order, key)
	}
}
