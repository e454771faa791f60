package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// ActivityInfo is what an activity may know about its call.
type ActivityInfo struct {
	// Key is the same each time this call is done: after a crash, and for each
	// attempt of its retry policy. Use it as an idempotency key.
	Key      string
	Attempt  int // 1, 2, … of the retry policy
	Name     string
	Instance string // the orchestration's id
}

type infoKey struct{}

// InfoOf is the info of the activity whose context this is.
func InfoOf(ctx context.Context) ActivityInfo {
	if a, ok := ctx.Value(infoKey{}).(*attempt); ok {
		return a.info
	}
	return ActivityInfo{}
}

// Worker does the activities of a registry: a panic is a failure with its
// stack, and so is a deadline (code timeout), also when the function does not
// heed its context.
func (r *Registry) Worker() durable.Worker {
	var memory pulses
	return func(ctx context.Context, w durable.Work) durable.Answer {
		def := r.activity(w.Name)
		if def == nil {
			return durable.Answer{Fail: notRegistered("activity", w.Name)}
		}
		a, err := attemptOf(w)
		if err != nil {
			return durable.Answer{Fail: ToFailure(err)}
		}
		if a.info.Attempt > 1 {
			memory.recall(a)
		}
		timeout := time.Duration(w.Timeout) * time.Millisecond
		if timeout <= 0 {
			timeout = DefaultTimeout
		}
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, infoKey{}, a), timeout)
		defer cancel()
		a.cancel = cancel
		w.OnDrop(a)
		ctx, stop := a.listen(ctx)
		defer stop()
		answer := def.do(ctx, w.Input)
		if answer.Fail != nil {
			answer.Fail = a.judge(ctx, answer.Fail, timeout)
		}
		memory.note(a, answer.Fail != nil)
		return answer
	}
}

// do runs the function beside the worker, so that one that is stuck does not
// keep the worker: it is left behind, and what it gives later is dropped.
func (d *activityDef) do(ctx context.Context, in []byte) durable.Answer {
	done := make(chan durable.Answer, 1)
	go func() { //nolint:gocritic // not turn code: an activity that is stuck must not hold its worker
		var answer durable.Answer
		returned := false
		defer func() {
			if p := recover(); p != nil {
				answer.Fail = panicked(p)
			} else if !returned {
				answer.Fail = panicked(errGoexit)
			}
			done <- answer
		}()
		body, err := d.run(ctx, in)
		answer, returned = durable.Answer{Body: body, Fail: ToFailure(err)}, true
	}()
	select {
	case answer := <-done:
		return answer
	case <-ctx.Done():
		return durable.Answer{Fail: Fail(CodeUnavailable, "the server is closing")}
	}
}

// judge says why an attempt failed: an ended context explains what came of it.
func (a *attempt) judge(ctx context.Context, fail *Failure, timeout time.Duration) *Failure {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return Fail(CodeTimeout, fmt.Sprintf("activity %q took longer than %v", a.info.Name, timeout))
	case errors.Is(cause, ErrSilent):
		return a.silent()
	case a.dropped():
		return Fail(CodeCanceled, ErrUnwanted.Error())
	}
	return fail
}

// attemptOf reads what work says about itself.
func attemptOf(w durable.Work) (*attempt, error) {
	n, first, beat := uint64(1), w.Task, uint64(0)
	if _, meta := durable.CutTrace(w.Meta); len(meta) > 0 {
		d := durable.NewDecoder(meta)
		n, first = d.Uint(), d.Uint()
		if d.More() {
			beat = d.Uint()
		}
		if err := d.Done(); err != nil {
			return nil, err
		}
	}
	return &attempt{heartbeat: time.Duration(beat) * time.Millisecond, info: ActivityInfo{
		Key: fmt.Sprintf("%s/%d/%d", w.ID.Key, w.Incarnation, first), Attempt: int(n), Name: w.Name, Instance: w.ID.Key,
	}}, nil
}
