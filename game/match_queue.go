package game

import "github.com/everturn/everturn/orchestrator"

// A match that the queue has made tells the tickets of its players how it goes
// until it is under way. It is the match that says so and not the matchmaker: who
// is told of a match finds it there.

// takeCode gives the match a code, if the door has not: codes are claimed by
// asking, and the matchmaker never waits.
func (m *match) takeCode() {
	for m.t.Code == "" {
		code, err := orchestrator.SideEffect(m.c, func() (string, error) { return randomCode(), nil })
		must(err)
		switch _, err := codeClaim.Call(m.c, code, codeUse{Match: m.c.InstanceID()}); {
		case err == nil:
			m.t.Code = code
		case !isCode(err, orchestrator.CodeConflict):
			must(err)
		}
	}
}

// seated tells the tickets that their match is there.
func (m *match) seated() {
	m.tellTickets(func(int) tiding { return tiding{What: tidingSeated} })
}

// begun tells the tickets that it is under way.
func (m *match) begun() {
	m.tellTickets(func(int) tiding { return tiding{What: tidingBegun} })
}

// notReady tells the queue that the match is called off, and who was there: they
// go back to the front of it.
func (m *match) notReady(ready []bool) {
	m.tellTickets(func(seat int) tiding { return tiding{What: tidingCalledOff, Ready: ready[seat]} })
}

func (m *match) tellTickets(say func(seat int) tiding) {
	if m.t.Games > 0 {
		return // this is a rematch
	}
	for seat, ticket := range m.t.Tickets {
		said := say(seat)
		said.Match = m.c.InstanceID()
		must(orchestrator.Raise(m.c, ticket, tidings, said))
	}
}
