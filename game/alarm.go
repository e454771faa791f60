package game

import (
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// alarm is the one timer of an orchestration that waits for the next of several
// moments: those are milliseconds of its uptime, which stands still while the
// server is down, so that nobody's time runs out because of a restart.
type alarm struct {
	c     *orchestrator.Context
	at    int64
	timer *orchestrator.Future[orchestrator.None]
}

// now is the moment of this turn.
func (a *alarm) now() int64 { return a.c.Uptime().Milliseconds() }

// set has the alarm go off at a moment, 0 for never. A timer is armed anew only
// where that has changed.
func (a *alarm) set(at int64) {
	if a.timer != nil && (a.timer.Done() || at != a.at) {
		a.timer.Cancel()
		a.timer = nil
	}
	if a.timer == nil && at != 0 {
		a.at, a.timer = at, a.c.UptimeTimer(time.Duration(max(at-a.now(), 1))*time.Millisecond)
	}
}

// race is the list of what is raced, with the alarm at its end if it is set.
func (a *alarm) race(others ...orchestrator.Awaitable) []orchestrator.Awaitable {
	if a.timer != nil {
		others = append(others, a.timer)
	}
	return others
}
