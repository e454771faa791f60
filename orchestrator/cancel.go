package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// typeCanceled is the type of the failure that a cancelled instance's waits give.
const typeCanceled = "cancel_requested"

// ErrCanceled is what waiting gives an orchestration that was asked to end: match
// it with errors.Is. (A future that was cancelled by its own Cancel has code
// canceled too, but is not this.)
var ErrCanceled error = &Failure{Code: CodeCanceled, Type: typeCanceled}

// maxRefused is how often an orchestration may wait in vain after it was asked
// to end, before it is failed as one that goes round in circles: more than the
// widest fan-out may have futures, and done in less than a second.
const maxRefused = 1_000_000

// Cancel asks an instance to end of itself, and returns once the request is
// stored. From then on whatever waits in its code gives [ErrCanceled], at once
// and for good, but inside [Shielded]; an error of that kind that its function
// returns ends it as Terminated, with the reason as its output and a failure of
// code canceled. A function that returns something else has its way: it is
// Completed or Failed. So cancelling can be heard, cleaned up after, and
// declined. Sub-orchestrations are asked as well; those that were started
// detached are not.
//
// Only the first request counts. To ask a suspended instance is to have it hear
// when it is resumed; the request is not lost by continue-as-new. The error is
// of code not_found where there is no such instance, gone where it has ended.
func (c *Client) Cancel(ctx context.Context, id, reason string) error {
	return c.ask(ctx, newMessage(id, OpCancel, "", []byte(reason)))
}

// Cancel asks another orchestration to end, as [Client.Cancel] does. Nobody
// hears whether there is one.
func Cancel(c *Context, instance, reason string) {
	c.SendTo(durable.Message{To: InstanceID(instance), Op: OpCancel, Body: []byte(reason)})
}

// Canceled gives a future of the reason for which the orchestration was asked to
// end, to be raced with what it waits for. Every call gives the same one, and to
// cancel that is nothing.
func (c *Context) Canceled() *Future[string] {
	f := &Future[string]{c: c, decode: func(t *task) (string, error) { return reasonText(t.body), nil }}
	if c.off() {
		f.t = c.unwound()
		return f
	}
	x := c.x
	if x.asked == nil {
		x.asked = &task{kind: tComputed}
		if x.canceled != nil {
			x.complete(x.asked, x.reason, nil)
		}
	}
	f.t = x.asked
	return f
}

// Shielded runs fn out of reach of a cancellation: waiting works in it, and what
// it begins is begun. It is for what must be finished or taken back all the same:
//
//	defer orchestrator.Shielded(c, func() {
//		if booked {
//			release.Call(c, seat)
//		}
//	})
//
// Futures of before the request are still good in it; sub-orchestrations that
// were asked to end can be waited for. While the coroutine is taken down, and
// defers run for that, fn is not called.
func Shielded(c *Context, fn func()) {
	if c.off() {
		return
	}
	c.x.shields++
	defer func() { c.x.shields-- }()
	fn()
}

// canceled is why the code may not begin or wait for anything, nil if it may.
func (c *Context) canceled() *Failure {
	x := c.x
	if x.canceled == nil || x.shields > 0 {
		return nil
	}
	if x.refused++; x.refused > maxRefused {
		x.abort(&Failure{
			Code: CodeCanceled, Message: fmt.Sprintf("it was asked to end and went on waiting, %d times", maxRefused), Cause: x.canceled,
		})
	}
	return x.canceled
}

// cancelRequested has the code hear that it is to end.
func (x *execution) cancelRequested(reason []byte) {
	if x.canceled != nil {
		return
	}
	x.reason = reason
	x.canceled = bounded(&Failure{Code: CodeCanceled, Type: typeCanceled, Message: "canceled: " + reasonText(reason)})
	x.wake = true
	if x.asked != nil {
		x.complete(x.asked, reason, nil)
	}
	for _, task := range slices.Sorted(maps.Keys(x.children)) {
		x.send(durable.Message{To: x.children[task], Op: OpCancel, Body: reason})
	}
}

// reasonText is a reason as people wrote it.
func reasonText(reason []byte) string {
	var text string
	if json.Unmarshal(reason, &text) != nil {
		return string(reason)
	}
	return text
}
