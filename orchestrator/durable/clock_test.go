package durable

import (
	"testing"
	"testing/synctest"
	"time"
)

// A clock that stands can be told to stand longer; one that runs, or is about to,
// goes on.
func TestClockIsPostponed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &partitionClock{}
		at := func(wait time.Duration, want int64) {
			t.Helper()
			time.Sleep(wait)
			if got := c.now().Uptime; got != want {
				t.Errorf("uptime is %d, not %d", got, want)
			}
		}
		c.stand(500)
		c.run(3 * time.Second)
		at(2*time.Second, 500)
		c.postpone(3 * time.Second) // 3 s from here, not 1
		if c.standing() != 3000 {
			t.Errorf("it stands for %d ms", c.standing())
		}
		at(2*time.Second, 500)
		at(1100*time.Millisecond, 600)
		c.postpone(3 * time.Second)
		at(time.Second, 1600)
		c.stand(2000)
		c.run(aboutToRun)
		c.postpone(3 * time.Second)
		at(time.Second+aboutToRun, 3000)
	})
}
