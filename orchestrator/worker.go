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
	info, _ := ctx.Value(infoKey{}).(ActivityInfo)
	return info
}

// Worker does the activities of a registry: a panic is a failure with its
// stack, and so is a deadline (code timeout), also when the function does not
// heed its context.
func (r *Registry) Worker() durable.Worker {
	return func(ctx context.Context, w durable.Work) durable.Answer {
		def := r.activity(w.Name)
		if def == nil {
			return durable.Answer{Fail: notRegistered("activity", w.Name)}
		}
		info, err := infoOf(w)
		if err != nil {
			return durable.Answer{Fail: ToFailure(err)}
		}
		timeout := time.Duration(w.Timeout) * time.Millisecond
		if timeout <= 0 {
			timeout = DefaultTimeout
		}
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, infoKey{}, info), timeout)
		defer cancel()
		return def.do(ctx, w.Input, timeout)
	}
}

// do runs the function beside the worker, so that one that is stuck does not
// keep the worker: it is left behind, and what it gives later is dropped.
func (d *activityDef) do(ctx context.Context, in []byte, timeout time.Duration) durable.Answer {
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
		if answer.Fail != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return d.late(timeout)
		}
		return answer
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return d.late(timeout)
		}
		return durable.Answer{Fail: Fail(CodeUnavailable, "the server is closing")}
	}
}

func (d *activityDef) late(timeout time.Duration) durable.Answer {
	return durable.Answer{Fail: Fail(CodeTimeout, fmt.Sprintf("activity %q took longer than %v", d.name, timeout))}
}

func infoOf(w durable.Work) (ActivityInfo, error) {
	attempt, first := uint64(1), w.Task
	if len(w.Meta) > 0 {
		d := durable.NewDecoder(w.Meta)
		attempt, first = d.Uint(), d.Uint()
		if err := d.Done(); err != nil {
			return ActivityInfo{}, err
		}
	}
	return ActivityInfo{
		Key: fmt.Sprintf("%s/%d/%d", w.ID.Key, w.Incarnation, first), Attempt: int(attempt), Name: w.Name, Instance: w.ID.Key,
	}, nil
}
