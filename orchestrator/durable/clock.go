package durable

import (
	"math"
	"sync/atomic"
	"time"
)

// readClock is the one line of the engine that reads the clock.
var readClock = func() time.Time { return time.Now() } //nolint:forbidigo // the one place, as its comment says

// partitionClock tells a partition's time. Uptime runs on from what the
// partition had stored, and only while it is let run: it stands still from the
// start of the process until run is called, so that players can come back
// before their clocks go on. It is read by every goroutine that hands messages
// in, and set by the partition's own.
type partitionClock struct {
	stored atomic.Int64 // uptime that it runs on from
	since  atomic.Int64 // nanoseconds of the process at which it began; never, until run
}

var processStart = readClock()

func sinceStart(t time.Time) int64 { return int64(t.Sub(processStart)) }

// stand stops the clock at an uptime.
func (c *partitionClock) stand(uptime int64) {
	c.since.Store(math.MaxInt64)
	c.stored.Store(uptime)
}

// run lets the clock go on from where it stands, after a delay.
func (c *partitionClock) run(delay time.Duration) {
	c.since.Store(sinceStart(readClock()) + int64(delay))
}

// aboutToRun is so close to its beginning that a clock is left alone: somebody may
// have seen it run by the time that it would be held back.
const aboutToRun = 100 * time.Millisecond

// postpone has a clock that still stands begin so long from now. One that runs is
// left alone, since uptime never goes back.
func (c *partitionClock) postpone(delay time.Duration) {
	at := sinceStart(readClock())
	if since := c.since.Load(); since > at+int64(aboutToRun) {
		c.since.CompareAndSwap(since, at+int64(delay))
	}
}

// now is the time on both clocks.
func (c *partitionClock) now() Time {
	t := readClock()
	up := c.stored.Load()
	if ran := sinceStart(t) - c.since.Load(); ran > 0 {
		up += ran / int64(time.Millisecond)
	}
	return Time{Wall: t.UnixMilli(), Uptime: up}
}

// standing is how many milliseconds the clock will still stand.
func (c *partitionClock) standing() int64 {
	wait := c.since.Load() - sinceStart(readClock())
	return max(wait, 0) / int64(time.Millisecond)
}
