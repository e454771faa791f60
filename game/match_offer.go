package game

// offer puts a draw or a takeback to the other side. An offer of a draw meets one
// of the other side: they agree. A bot answers at once: it plays on, and has
// nothing against a takeback.
func (m *match) offer(seat int, what string, at int64) *Refusal {
	switch other := 1 - seat; {
	case m.t.Offered(seat, what):
		return nil
	case what == OfferDraw && m.t.Offered(other, what):
		return m.answer(seat, what, true, at)
	}
	if refused := m.t.mayOffer(seat, what); refused != nil {
		return refused
	}
	m.publish(Event{Kind: EventOffered, Seat: seat, What: what})
	if other := 1 - seat; m.t.Seats[other].Bot != 0 {
		return m.answer(other, what, what == OfferTakeback, at)
	}
	return nil
}

// answer answers what the other side has offered.
func (m *match) answer(seat int, what string, yes bool, at int64) *Refusal {
	if refused := m.t.mayAnswer(seat, what); refused != nil {
		return refused
	}
	m.publish(Event{Kind: EventAnswered, Seat: seat, What: what, Yes: yes})
	switch {
	case !yes:
	case what == OfferDraw:
		m.end(Drawn(ReasonAgreed), at)
	default:
		m.takeBack(1-seat, at)
	}
	return nil
}

// takeBack undoes what was played from a seat's last move on. Whose turn it is
// then has the time that was left then; what bots think of is gone.
func (m *match) takeBack(seat int, at int64) {
	for s := range m.t.Seats {
		m.dismiss(s)
	}
	e := Event{Kind: EventTakenBack, To: m.t.beforeLastMove(seat)}
	step, err := m.t.step(&e)
	must(err)
	if m.t.Time != nil {
		e.Clock = m.t.clockAfter(e.To).Resumed(step.Next.Actors(), max(at, m.t.Time.Since))
	}
	m.publishStep(e, step)
}
