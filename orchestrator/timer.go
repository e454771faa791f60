package orchestrator

import (
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// maxTurnTimers is how many timers one turn may arm; as many may be cancelled.
const maxTurnTimers = durable.MaxTurnTimers / 2

// Timer gives a future that is done after d by the wall clock: never early, and
// also when the server was down meanwhile. Zero and less is done at once.
func (c *Context) Timer(d time.Duration) *Future[None] {
	return c.timer(durable.Due{Clock: durable.Wall, At: after(c.x.now.Wall, d)}, d)
}

// TimerAt is Timer for a moment.
func (c *Context) TimerAt(at time.Time) *Future[None] { return c.Timer(at.Sub(c.Now())) }

// UptimeTimer is a timer by the clock that stands still while the server is
// down, for game clocks.
func (c *Context) UptimeTimer(d time.Duration) *Future[None] {
	return c.timer(durable.Due{Clock: durable.Uptime, At: after(c.x.now.Uptime, d)}, d)
}

// Sleep waits for a timer.
func (c *Context) Sleep(d time.Duration) error {
	_, err := c.Timer(d).Get()
	return err
}

func (c *Context) timer(due durable.Due, d time.Duration) *Future[None] {
	f := &Future[None]{c: c, decode: nothing}
	switch {
	case c.off():
		f.t = c.unwound()
		return f
	case d <= 0:
		f.t = c.x.completed(nil)
		return f
	}
	if fail := c.canceled(); fail != nil {
		f.t = c.x.completed(fail)
	} else {
		f.t = c.x.arm(due)
	}
	return f
}

func (x *execution) arm(due durable.Due) *task {
	t := x.newTask(tTimer, "")
	r := record{kind: kTimerCreated, task: t.id, due: due}
	x.act(&r)
	t.due = r.due
	if x.out != nil {
		if len(x.out.Timers) >= maxTurnTimers {
			x.abort(Fail(CodeTooLarge, fmt.Sprintf("more than %d timers in one turn", maxTurnTimers)))
		}
		x.out.Timers = append(x.out.Timers, durable.Timer{Due: t.due, Task: t.id})
	}
	return t
}

// after is a time in milliseconds plus a duration, rounded up so that nothing
// is early, and held where time ends.
func after(ms int64, d time.Duration) int64 {
	return ms + int64((d+time.Millisecond-1)/time.Millisecond)
}
