package orchestrator

import (
	"fmt"
	"math"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Retry says how often, when and after which errors something is tried again.
// The waiting between two attempts is a durable timer. Permanent errors and
// names that are not registered are never tried again.
type Retry struct {
	// Attempts is the most there are, the first included; 0 is no limit.
	Attempts int
	// First is the wait before the second attempt.
	First time.Duration
	// Backoff multiplies the wait for each further one; 0 means 1.
	Backoff float64
	// Max caps a wait; 0 is no cap.
	Max time.Duration
	// Total is the time since the first attempt was scheduled after which no
	// further one begins; 0 is no limit.
	Total time.Duration
	// If says whether an error is worth another attempt; nil: each is. It is
	// part of the orchestration's code, so it must be deterministic.
	If func(error) bool
}

// maxWait is the longest first wait that is not a mistake.
const maxWait = 365 * 24 * time.Hour

// Check says what is wrong with the policy, if anything.
func (r *Retry) Check() error {
	switch {
	case r.Attempts < 0:
		return fmt.Errorf("retry: %d attempts", r.Attempts)
	case r.Attempts == 0 && r.Total == 0:
		return fmt.Errorf("retry: neither Attempts nor Total limits it")
	case r.First < 0 || r.First > maxWait:
		return fmt.Errorf("retry: first wait %v is not within 0 and %v", r.First, maxWait)
	case r.Backoff != 0 && (r.Backoff < 1 || math.IsInf(r.Backoff, 0) || math.IsNaN(r.Backoff)):
		return fmt.Errorf("retry: backoff %v is less than 1", r.Backoff)
	case r.Max < 0 || r.Total < 0:
		return fmt.Errorf("retry: negative limit")
	}
	return nil
}

// Delay is the wait after the n-th attempt (1, 2, …) failed, at now, when the
// first one was scheduled at first; false means that there is no further one.
func (r *Retry) Delay(n int, first, now time.Time) (time.Duration, bool) {
	if r.Attempts > 0 && n >= r.Attempts {
		return 0, false
	}
	wait := float64(r.First)
	if r.Backoff > 1 {
		wait *= math.Pow(r.Backoff, float64(n-1))
	}
	most := maxWait
	if r.Max > 0 {
		most = r.Max
	}
	d := most
	if wait < float64(most) {
		d = time.Duration(wait)
	}
	if r.Total > 0 && now.Add(d).Sub(first) > r.Total {
		return 0, false
	}
	return d, true
}

// attempts is something that is being tried under a policy. Its outer task is
// what the author waits for; the inner one is the attempt, or the wait before
// the next. It lives outside of the coroutine: results come to it even while
// the author waits for something else.
type attempts struct {
	x      *execution
	policy *Retry
	launch func(n int) *task
	n      int
	first  int64
	outer  *task
	inner  *task
}

// try starts the first attempt and gives the task of the whole.
func (x *execution) try(policy *Retry, launch func(n int) *task) *task {
	if policy == nil {
		return launch(1)
	}
	if err := policy.Check(); err != nil {
		return x.completed(Fail(CodeBadRequest, err.Error()))
	}
	a := &attempts{x: x, policy: policy, launch: launch, first: x.now.Wall, outer: &task{kind: tComputed}}
	a.outer.drop = func() {
		a.inner.then = nil // there is no further attempt
		a.x.cancel(a.inner)
	}
	a.again(nil)
	return a.outer
}

// again makes the next attempt.
func (a *attempts) again(*task) {
	a.n++
	a.follow(a.launch(a.n), a.judge)
}

// judge looks at an attempt that is done.
func (a *attempts) judge(t *task) {
	if t.fail != nil && !IsPermanent(t.fail) && (a.policy.If == nil || a.policy.If(t.fail)) {
		if d, more := a.policy.Delay(a.n, timeOf(a.first), timeOf(a.x.now.Wall)); more {
			if d <= 0 {
				a.again(nil)
				return
			}
			a.follow(a.x.arm(durable.Due{Clock: durable.Wall, At: after(a.x.now.Wall, d)}), a.again)
			return
		}
	}
	a.x.complete(a.outer, t.body, t.fail)
}

func (a *attempts) follow(t *task, then func(*task)) {
	a.inner, t.whole = t, a.outer
	if t.done {
		then(t)
		return
	}
	t.then = then
}
