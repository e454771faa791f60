package game

import (
	"slices"
	"time"
)

// windClock sets the timer to the next flag: armed anew only when that has
// changed. There is no timer while no clock runs.
func (m *match) windClock() {
	var at int64
	running := false
	if m.t.Time != nil && m.t.State == StatePlaying {
		at, running = m.t.Time.Flag()
	}
	if m.flag != nil && (!running || at != m.flagAt) {
		m.flag.Cancel()
		m.flag = nil
	}
	if running && m.flag == nil {
		m.flag, m.flagAt = m.c.UptimeTimer(time.Duration(max(at-m.uptime(), 1))*time.Millisecond), at
	}
}

func (m *match) uptime() int64 { return m.c.Uptime().Milliseconds() }

// flagFell is when the timer has fired.
func (m *match) flagFell() {
	m.flag = nil
	m.lapse(m.flagAt)
}

// flagFellBefore has the flags fall that fell before a command was let in, though
// the timer that says so may come after it. One that came first wins, also if
// it is dealt with later. Where a lapse only begins the next phase, that may
// have run out as well.
func (m *match) flagFellBefore(at int64) {
	for m.t.Time != nil && m.t.State == StatePlaying {
		due, running := m.t.Time.Flag()
		if !running || due > at {
			return
		}
		seq := m.t.Seq
		if m.lapse(due); m.t.Seq == seq {
			return
		}
	}
}

// lapse deals with the seats whose time is over at a moment.
func (m *match) lapse(at int64) {
	for _, seat := range m.t.Time.Fallen(at) {
		if !slices.Contains(m.t.Actors(), seat) {
			continue // the game has gone on, or is over
		}
		m.dismiss(seat) // what its bot thinks of is gone
		step, err := m.judge(func() (Step, error) { return m.t.Position.Lapse(seat) })
		if err != nil {
			m.c.Log().Error().Err(err).Int("seat", seat).Msg("the rules cannot take a lapse; the game is void")
			m.end(&Result{Kind: Void, Reason: ReasonFlag, Winners: []int{}}, at)
			return
		}
		e := Event{Kind: EventLapsed, Seat: seat, Clock: m.clockAfter(seat, step.Next, at)}
		if step.Next.Result() != nil {
			e.Clock = m.t.Time.Stopped(at)
		}
		m.took(e, step, at)
	}
	if until := m.t.Time.Until; m.t.State == StatePlaying && until != 0 && until <= at {
		m.overtime(at)
	}
}
