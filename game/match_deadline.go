package game

// A game may say how long a phase and the whole of it may last (see
// Position.Deadline and Info.Limit). Both are kept by a clock like the one that
// players choose, so that they are charged by the same stamps, stand still while
// the server is down, and lapse by the one timer that a match has. A match of a
// game with neither, and without a clock, has none.

// beginClock is the clock at the start of a game; nil if nothing is to be timed.
func (m *match) beginClock(first Position, at int64) *Clock {
	var c *Clock
	if m.t.Clock != nil {
		c = m.t.Clock.Begin(len(m.t.Seats), first.Actors(), at)
	} else {
		c = phaseClock(first, len(m.t.Seats), at)
	}
	limit := m.t.rules.Info().Limit.Milliseconds()
	if limit == 0 {
		return c
	}
	if c == nil {
		c = &Clock{Left: make([]int64, len(m.t.Seats)), Since: at}
	}
	c.Until = at + limit
	return c
}

// clockAfter is the clock after a seat's move or lapse; nil if there is none. A
// match's own clock comes before the deadlines of the game's phases.
func (m *match) clockAfter(seat int, next Position, at int64) *Clock {
	before := m.t.Time
	if m.t.Clock != nil {
		return before.Moved(*m.t.Clock, seat, next.Actors(), at)
	}
	if before != nil && len(before.Running) > 0 && next.Phase() == m.t.Position.Phase() {
		c := before.At(at)
		c.Running = next.Actors() // the time of the others runs on
		return c
	}
	c := phaseClock(next, len(m.t.Seats), at)
	if before == nil {
		return c
	}
	if c == nil {
		c = before.Stopped(at)
	}
	c.Until = before.Until
	return c
}

// phaseClock is the clock at the beginning of a phase, if it has a deadline:
// all of it is left to each of those who owe a move.
func phaseClock(pos Position, seats int, at int64) *Clock {
	deadline := pos.Deadline().Milliseconds()
	if deadline == 0 || pos.Result() != nil {
		return nil
	}
	return ClockSpec{PerMove: deadline}.Begin(seats, pos.Actors(), at)
}

// overtime ends a game that has lasted for as long as it may.
func (m *match) overtime(at int64) {
	r := Drawn(ReasonFlag)
	if m.t.rules.Info().Coop {
		r.Kind = Coop
	}
	m.end(r, at)
}
