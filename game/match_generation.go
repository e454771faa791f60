package game

import (
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// long says that the history of this generation is to be put behind: players
// may talk, offer, and ask for what is refused, for as long as they like, and
// whoever wakes the match would have all of it to replay. (A match that was past
// this before there was the rule goes on as it was.) So is a game of so many
// moves that they would not fit into what a generation hands to the next: it is
// asked again after as many commands more, when some may have been taken back.
func (m *match) long() bool {
	if m.handled < m.waits.history*(m.stayed+1) || !m.c.Patched("midway") {
		return false
	}
	if m.t.midway().size() > m.waits.midway {
		m.stayed++
		return false
	}
	return true
}

// goOn goes on with the same game in a new generation. Requests that nobody has
// answered come along, as do the clock and what is left of a deadline; bots
// think again, and of the same.
func (m *match) goOn() (Summary, error) {
	for seat := range m.t.Seats {
		m.dismiss(seat)
	}
	next := m.t.Spec
	next.Midway = m.t.midway()
	if !m.until.IsZero() {
		next.Midway.Until = m.until.UnixMilli()
	}
	return m.t.Summary(), orchestrator.ContinueAsNew(m.c, next)
}

// resume is the other end of goOn.
func (m *match) resume(w *midway) error {
	if w.Until > 0 {
		m.until = time.UnixMilli(w.Until)
	}
	return m.t.resume(w)
}
