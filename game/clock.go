package game

import (
	"fmt"
	"slices"
)

// ClockSpec is how much time the players of a match have: a stock per game
// with an increment per move, or so much for each move. Milliseconds.
type ClockSpec struct {
	Initial   int64 `json:"initial,omitempty"`
	Increment int64 `json:"increment,omitempty"`
	PerMove   int64 `json:"perMove,omitempty"`
}

// Bounds of a clock, in milliseconds.
const (
	minClock = 1_000
	maxClock = 7 * 24 * 3_600_000
	maxInc   = 3_600_000
)

// Check refuses a clock that is out of bounds or of both kinds at once.
func (s ClockSpec) Check() error {
	switch {
	case s.PerMove != 0 && (s.Initial != 0 || s.Increment != 0):
		return refuse(CodeBadRequest, "A clock has either perMove, or initial and increment")
	case s.PerMove != 0 && (s.PerMove < minClock || s.PerMove > maxClock):
		return refuse(CodeBadRequest, fmt.Sprintf("Clock perMove must be %d to %d milliseconds", minClock, maxClock))
	case s.PerMove == 0 && (s.Initial < minClock || s.Initial > maxClock):
		return refuse(CodeBadRequest, fmt.Sprintf("Clock initial must be %d to %d milliseconds", minClock, maxClock))
	case s.Increment < 0 || s.Increment > maxInc:
		return refuse(CodeBadRequest, fmt.Sprintf("Clock increment must be 0 to %d milliseconds", maxInc))
	}
	return nil
}

// Clock is the state of a match's clock at one moment of uptime, the time that
// stands still while the server is down. Clocks are values: methods give new
// ones.
type Clock struct {
	Left    []int64 `json:"left"`            // milliseconds by seat, as of Since
	Running []int   `json:"run,omitempty"`   // the seats whose time runs
	Since   int64   `json:"since,omitempty"` // uptime in milliseconds
	Until   int64   `json:"until,omitempty"` // uptime at which the whole game is over; 0 is never
}

// Begin is the clock at the start of a game.
func (s ClockSpec) Begin(seats int, actors []int, at int64) *Clock {
	c := &Clock{Left: make([]int64, seats), Running: actors, Since: at}
	for seat := range c.Left {
		c.Left[seat] = max(s.Initial, s.PerMove)
	}
	return c
}

// At is the clock as it stands at a moment: the running seats are charged.
func (c *Clock) At(at int64) *Clock {
	next := &Clock{Left: slices.Clone(c.Left), Running: c.Running, Since: max(at, c.Since), Until: c.Until}
	for _, seat := range c.Running {
		next.Left[seat] = max(c.Left[seat]-(next.Since-c.Since), 0)
	}
	return next
}

// Moved is the clock after a seat's move: its time is charged and the increment
// given, and the time of those who owe a move now runs.
func (c *Clock) Moved(s ClockSpec, seat int, actors []int, at int64) *Clock {
	next := c.At(at)
	if s.PerMove > 0 {
		next.Left[seat] = s.PerMove
	} else {
		next.Left[seat] += s.Increment
	}
	next.Running = actors
	return next
}

// Stopped is the clock at the end of a game.
func (c *Clock) Stopped(at int64) *Clock {
	next := c.At(at)
	next.Running = nil
	return next
}

// Resumed is an earlier clock that is true again from a moment on: what was
// left then is left now.
func (c *Clock) Resumed(actors []int, at int64) *Clock {
	return &Clock{Left: slices.Clone(c.Left), Running: actors, Since: at, Until: c.Until}
}

// Flag is the uptime at which the first of the running seats has no time left, or
// the whole game is over.
func (c *Clock) Flag() (at int64, ok bool) {
	at, ok = c.Until, c.Until != 0
	for _, seat := range c.Running {
		if due := c.Since + c.Left[seat]; !ok || due < at {
			at, ok = due, true
		}
	}
	return at, ok
}

// Fallen are the running seats whose time is over at a moment.
func (c *Clock) Fallen(at int64) (seats []int) {
	for _, seat := range c.Running {
		if c.Since+c.Left[seat] <= at {
			seats = append(seats, seat)
		}
	}
	return seats
}
