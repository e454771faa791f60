package game

import (
	"github.com/everturn/everturn/orchestrator"
)

// command waits for one command and deals with it, or for the deadline, which
// it says.
func (m *match) command(deadline *orchestrator.Future[orchestrator.None]) (late bool) {
	if orchestrator.Any(m.await(), deadline) == 1 {
		return true
	}
	m.handle()
	return false
}

// await is the future of the next command, the same until it has come.
func (m *match) await() *orchestrator.Future[*orchestrator.Call[Command, Ack]] {
	if m.next == nil {
		m.next = Commands.Go(m.c)
	}
	return m.next
}

// handle deals with the command that has come: what it does is published, then
// it is answered; both leave with the same commit. One that was done before
// under the same id does not come here: the engine repeats its answer.
func (m *match) handle() {
	call, err := m.next.Get()
	m.next = nil
	m.handled++
	if err != nil {
		return // the match is being taken down
	}
	m.flagFellBefore(call.Stamp.Uptime)
	ack, refused := m.decide(call)
	if refused != nil {
		call.Refuse(refused.failure())
		return
	}
	call.Answer(ack)
}

// decide applies a command, or refuses it and changes nothing. The order of the
// checks is the protocol's (PROTOCOL.md, Commands).
func (m *match) decide(call *orchestrator.Call[Command, Ack]) (Ack, *Refusal) {
	c, at := call.In, call.Stamp.Uptime
	if c.Kind == commandPresence {
		m.presence(c.Seat, c.Here)
		return Ack{Seq: m.t.Seq, Seat: c.Seat}, nil
	}
	if refused := c.check(); refused != nil {
		return Ack{}, refused
	}
	seat := m.t.SeatOf(call.Caller)
	switch {
	case c.Kind == CommandJoin:
		return m.join(seat, call.Caller, c.Name)
	case seat == Watcher:
		return Ack{}, &Refusal{CodeNotAPlayer, "You have no seat in this match"}
	case c.Kind == CommandChat:
		return Ack{Seq: m.publish(Event{Kind: EventChat, Seat: seat, Text: c.Text}), Seat: seat}, nil
	case c.Kind == CommandMove:
		if refused := m.mayMove(c.Seq); refused != nil {
			return Ack{}, refused
		}
		seq, refused := m.move(seat, c.Move, at)
		return Ack{Seq: seq, Seat: seat}, refused
	}
	before := m.t.Seq
	refused := m.act(seat, &c, at)
	return Ack{Seq: min(before+1, m.t.Seq), Seat: seat}, refused // what follows from the act comes behind it
}

// join takes the next open seat; who sits already keeps the seat.
func (m *match) join(seat int, player, name string) (Ack, *Refusal) {
	switch {
	case seat != Watcher:
		return Ack{Seq: m.t.Seq, Seat: seat}, nil
	case player == "":
		return Ack{}, &Refusal{CodeBadRequest, "Only a player can take a seat"}
	case m.t.Full():
		return Ack{}, &Refusal{CodeFull, "All seats of this match are taken"}
	}
	seat = m.t.OpenSeat()
	seq := m.publish(Event{Kind: EventJoined, Seat: seat, Player: player, Name: name})
	m.show()
	return Ack{Seq: seq, Seat: seat}, nil
}

// mayMove says whether a game is under way, and still as it was after event seq,
// where the mover cares.
func (m *match) mayMove(seq *uint64) *Refusal {
	switch {
	case m.t.Over():
		return &Refusal{CodeGameOver, "The game is over"}
	case seq != nil && m.t.Stale(*seq):
		return &Refusal{CodeStale, "The game has gone on since; look at the board again"}
	case m.t.State == StateOpen:
		return &Refusal{CodeNotYourTurn, "The game has not started: a seat is still open"}
	case m.t.State == StateReady:
		return &Refusal{CodeNotYourTurn, "The game has not started: not everybody has said to be ready"}
	}
	return nil
}

// act does what is not a move. What a player has said already is no event again:
// two tabs that ask for a rematch are one player who asks.
func (m *match) act(seat int, c *Command, at int64) *Refusal {
	switch c.Act {
	case ActReady: // creating and joining count as being ready
		if m.t.State == StateReady && !m.t.Readied[seat] {
			m.publish(Event{Kind: EventReady, Seat: seat})
		}
		return nil
	case ActRematch:
		return m.askRematch(seat)
	}
	if refused := m.mayMove(nil); refused != nil {
		return refused
	}
	switch c.Act {
	case ActResign:
		m.end(m.resigned(seat), at)
	case ActClaim:
		return m.claim(seat, c.Absent, at)
	case ActDrawOffer:
		return m.offer(seat, OfferDraw, at)
	case ActDrawAccept, ActDrawDecline:
		return m.answer(seat, OfferDraw, c.Act == ActDrawAccept, at)
	case ActTakebackAsk:
		return m.offer(seat, OfferTakeback, at)
	case ActTakebackAccept, ActTakebackDecline:
		return m.answer(seat, OfferTakeback, c.Act == ActTakebackAccept, at)
	}
	return nil
}

func (m *match) askRematch(seat int) *Refusal {
	if !m.t.Over() {
		return &Refusal{CodeTooEarly, "A rematch is for when the game is over"}
	}
	if !m.t.Rematch[seat] {
		m.publish(Event{Kind: EventOffered, Seat: seat, What: OfferRematch})
	}
	return nil
}

func (m *match) claim(seat int, absent []Absence, at int64) *Refusal {
	result, refused := m.t.claim(seat, absent)
	if refused == nil {
		m.end(result, at)
	}
	return refused
}

// presence tells that a player has gone or is back, while a game is played and
// where that is news.
func (m *match) presence(seat int, here bool) {
	if m.t.State != StatePlaying || seat < 0 || seat >= len(m.t.Seats) || m.t.Seats[seat].Bot != 0 || m.t.Away[seat] != here {
		return
	}
	e := Event{Kind: EventGone, Seat: seat}
	if here {
		e.Kind = EventBack
	}
	m.publish(e)
}
