package game

import (
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// ticketName is stored with each ticket; it never changes.
const ticketName = "ticket"

// How long a ticket lives, in uptime.
const (
	// A ticket that nobody has asked for in ticketUnseen is of a player who has
	// gone: this is the disconnect monitor. Nobody waits for an opponent longer
	// than ticketOldest.
	ticketUnseen = time.Minute
	ticketOldest = 10 * time.Minute
	// ticketUnheard is how long a ticket waits for word of its matchmaker or its
	// match, which comes at once or, after the ready check, within half a minute.
	// Where it does not, somebody has ended them by hand.
	ticketUnheard = 2 * time.Minute

	ticketKept = 24 * time.Hour // after its end, by the calendar
)

// tidings are what a ticket is told, by its matchmaker or its match: one kind of
// event for all, so that what one of them says is heard in order.
const tidings = "tidings"

type tiding struct {
	What  tidingKind `json:"what"`
	Match string     `json:"match,omitempty"`
	Ready bool       `json:"ready,omitempty"` // calledOff: the player of this ticket was there
}

type tidingKind string

const (
	tidingLeft      tidingKind = "left"      // the matchmaker: you are out of the queue
	tidingSeated    tidingKind = "seated"    // the match: it is there, and you have a seat
	tidingBegun     tidingKind = "begun"     // the match: it is under way
	tidingCalledOff tidingKind = "calledOff" // the match: not everybody was ready
)

// cancels are what a ticket's owner asks of it: an end to the waiting. The answer
// is how the ticket stands when that is settled: cancelled or, where the
// matchmaker had found an opponent before it heard of this, matched.
var cancels = orchestrator.DefineRequest[orchestrator.None, ticketStatus]("cancel")

// seenEvent tells a ticket that its owner has asked for it.
const seenEvent = "seen"

// defineTicket is the orchestration of one ticket.
func defineTicket() *orchestrator.Orchestration[ticketAsk, orchestrator.None] {
	return orchestrator.Define(ticketName, func(c *orchestrator.Context, ask ticketAsk) (orchestrator.None, error) {
		return orchestrator.None{}, newTicket(c, ask).run()
	}, orchestrator.Retain(ticketKept))
}

// ticketAsk is the input of a ticket.
type ticketAsk struct {
	pool
	Player string `json:"player"`
}

// ticket is the window on one place in the queue, and its monitor. Whether it
// meets anybody is the matchmaker's decision alone: a ticket that wants to leave
// says so and waits for word, so that no opponent is found for one that has left,
// and none has left for whom an opponent was found.
type ticket struct {
	c        *orchestrator.Context
	s        ticketStatus
	leaving  TicketState // what it will be if the matchmaker lets it go; empty while it stays
	heard    int64       // when it last asked for word or had some
	over     bool        // the state is the last
	deadline alarm

	word   *orchestrator.Future[orchestrator.Raised[tiding]]
	seen   *orchestrator.Future[orchestrator.Raised[orchestrator.None]]
	cancel *orchestrator.Future[*orchestrator.Call[orchestrator.None, ticketStatus]]
	asking []*orchestrator.Call[orchestrator.None, ticketStatus] // cancels without an answer yet
}

func newTicket(c *orchestrator.Context, ask ticketAsk) *ticket {
	t := &ticket{c: c, deadline: alarm{c: c}}
	now := t.deadline.now()
	t.s = ticketStatus{pool: ask.pool, Player: ask.Player, State: TicketWaiting, Since: now, Seen: now}
	t.word, t.seen, t.cancel = orchestrator.EventGo[tiding](c, tidings), orchestrator.EventGo[orchestrator.None](c, seenEvent), cancels.Go(c)
	return t
}

// run is the life of a ticket.
func (t *ticket) run() error {
	t.show()
	t.tell(ticketHere)
	for !t.over {
		t.deadline.set(t.patience())
		if err := t.step(); err != nil {
			return err
		}
	}
	t.tell(ticketGone)
	return nil
}

// step is the race of word from the others, the owner, and time. The error means
// that the ticket is being taken down.
func (t *ticket) step() error {
	race := t.deadline.race(t.word, t.seen, t.cancel)
	switch orchestrator.Any(race...) {
	case 0:
		said, err := t.word.Get()
		t.word = orchestrator.EventGo[tiding](t.c, tidings)
		if err != nil {
			return err
		}
		t.hear(said.Value)
	case 1:
		_, err := t.seen.Get()
		t.seen = orchestrator.EventGo[orchestrator.None](t.c, seenEvent)
		if err != nil {
			return err
		}
		t.s.Seen = t.deadline.now()
		t.show()
	case 2:
		call, err := t.cancel.Get()
		t.cancel = cancels.Go(t.c)
		if err != nil {
			return err
		}
		t.asking = append(t.asking, call)
		t.leave(TicketCancelled)
	case 3:
		t.timeIsUp()
	default:
		_, err := t.word.Get() // says why nobody waits any more
		return err
	}
	return nil
}

// patience is the moment at which the ticket has waited enough for whatever it
// waits for.
func (t *ticket) patience() int64 {
	if t.s.State == TicketWaiting && t.leaving == "" {
		return min(t.s.Seen+ticketUnseen.Milliseconds(), t.s.Since+ticketOldest.Milliseconds())
	}
	return t.heard + ticketUnheard.Milliseconds()
}

// timeIsUp is when that moment has come.
func (t *ticket) timeIsUp() {
	switch {
	case t.s.State == TicketMatched:
		t.become(TicketMatched)
	case t.leaving != "":
		t.become(t.leaving)
	default:
		t.leave(TicketExpired)
	}
}

// leave asks the matchmaker to let the ticket go. One that is matched stays that.
func (t *ticket) leave(as TicketState) {
	switch {
	case t.s.State == TicketMatched:
		t.answer()
	case t.leaving == "":
		t.leaving, t.heard = as, t.deadline.now()
		t.tell(ticketLeaves)
	}
}

// hear takes in what the others say. What a match says that is no longer this
// ticket's is late, and nothing.
func (t *ticket) hear(said tiding) {
	t.heard = t.deadline.now()
	switch {
	case said.What == tidingLeft && t.s.State == TicketWaiting:
		if t.leaving == "" {
			t.leaving = TicketExpired // the matchmaker does not know it
		}
		t.become(t.leaving)
	case said.What == tidingSeated && t.s.State == TicketWaiting:
		t.s.State, t.s.Match, t.s.Until, t.leaving = TicketMatched, said.Match, t.heard, ""
		t.show()
		t.answer()
	case said.Match != t.s.Match || t.s.State != TicketMatched:
	case said.What == tidingBegun:
		t.become(TicketMatched)
	case said.What == tidingCalledOff && !said.Ready:
		t.s.Match = ""
		t.become(TicketExpired)
	case said.What == tidingCalledOff:
		t.s.State, t.s.Match, t.s.Until, t.s.Seen = TicketWaiting, "", 0, t.heard
		t.show()
		t.tell(ticketHere)
	}
}

// become ends the ticket.
func (t *ticket) become(state TicketState) {
	if t.s.State == TicketWaiting {
		t.s.Until = t.deadline.now()
	}
	t.s.State, t.over = state, true
	t.show()
	t.answer()
}

// answer answers all who asked for an end.
func (t *ticket) answer() {
	for _, call := range t.asking {
		call.Answer(t.s)
	}
	t.asking = nil
}

func (t *ticket) show() { t.c.SetStatus(t.s) }

// tell tells the matchmaker.
func (t *ticket) tell(what reportKind) {
	must(orchestrator.Raise(t.c, t.s.pool.id(), reports, report{Ticket: t.c.InstanceID(), What: what}))
}
