package game

import (
	"slices"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// matchmakerName is stored with each matchmaker; it never changes.
const matchmakerName = "matchmaker"

const (
	// maxQueued is how many tickets a pool holds: it is carried on whole, within
	// the size of one payload.
	maxQueued = 1_500
	// eventsPerGeneration is how much history a generation gathers before the
	// next begins with an empty one.
	eventsPerGeneration = 500
	// poolKept is how long a pool without tickets is kept open: there are as many
	// pools as there are clocks to ask for. The next ticket opens it again.
	poolKept = time.Hour
)

// matchmakerInput is all that a matchmaker knows, as one generation leaves it to
// the next.
type matchmakerInput struct {
	pool
	Tickets []queued `json:"tickets,omitempty"` // in the order in which they came
	Used    int64    `json:"used,omitempty"`    // uptime of the last event
}

// queued is an open ticket of a pool.
type queued struct {
	Ticket string  `json:"t"`
	Player string  `json:"p"`
	Name   string  `json:"n"` // of the player, as shown
	Rating float64 `json:"r,omitempty"`
	Since  int64   `json:"s"` // uptime at which it came; it keeps its place by that
	// Waits: it is to be paired. Else it is not there yet, or at a match that is
	// not under way yet.
	Waits bool `json:"w,omitempty"`
}

// entries are how a ticket is asked for: who has an open one in the pool gets
// that.
var entries = orchestrator.DefineRequest[entry, entered]("enter")

type entry struct {
	Ticket string  `json:"ticket"` // the id that a new one is to have
	Player string  `json:"player"`
	Name   string  `json:"name"`
	Rating float64 `json:"rating,omitempty"`
	Ended  string  `json:"ended,omitempty"` // a ticket of the player's that is known to be over
}

type entered struct {
	Ticket string `json:"ticket"`
}

// reports are what tickets tell their matchmaker: one kind of event for all, so
// that what a ticket says is heard in order.
const reports = "report"

type report struct {
	Ticket string     `json:"ticket"`
	What   reportKind `json:"what"`
}

type reportKind string

const (
	ticketHere   reportKind = "here"   // it waits, for the first time or again
	ticketLeaves reportKind = "leaves" // it wants to go, and waits for word
	ticketGone   reportKind = "gone"   // it is over
)

// defineMatchmaker is the orchestration of a pool: an eternal one.
func defineMatchmaker(games Catalog, match *orchestrator.Orchestration[Spec, Summary], tickets *orchestrator.Orchestration[ticketAsk, orchestrator.None]) *orchestrator.Orchestration[matchmakerInput, orchestrator.None] {
	return orchestrator.Define(matchmakerName, func(c *orchestrator.Context, in matchmakerInput) (orchestrator.None, error) {
		m := &matchmaker{c: c, games: games, match: match, tickets: tickets, in: in, wake: alarm{c: c}}
		return orchestrator.None{}, m.run()
	}, orchestrator.Retain(0))
}

// matchmaker is the one writer of a pool. Whatever happens to a ticket there is
// one of its turns, and each turn is stored whole or not at all: that two tickets
// leave the queue and that their match is begun is one step, which no crash can
// cut in two and no cancelling come between.
type matchmaker struct {
	c       *orchestrator.Context
	games   Catalog
	match   *orchestrator.Orchestration[Spec, Summary]
	tickets *orchestrator.Orchestration[ticketAsk, orchestrator.None]
	in      matchmakerInput
	wake    alarm
	shown   int // tickets that wait, as the status says; counted from 1, 0 is nothing yet

	entry  *orchestrator.Future[*orchestrator.Call[entry, entered]]
	report *orchestrator.Future[orchestrator.Raised[report]]
}

// run is one generation. It never waits for anything but the race, and makes all
// the matches that can be made before it does.
func (m *matchmaker) run() error {
	m.entry, m.report = entries.Go(m.c), orchestrator.EventGo[report](m.c, reports)
	m.in.Used = max(m.in.Used, m.wake.now())
	for range eventsPerGeneration {
		waiting := m.makeMatches()
		m.show(len(waiting))
		m.wake.set(m.nextMoment(waiting))
		if open, err := m.step(); !open || err != nil {
			return err
		}
	}
	return orchestrator.ContinueAsNew(m.c, m.in)
}

// step is the race of the next event and the next moment at which something can
// change without one. It is false when the pool is closed.
func (m *matchmaker) step() (open bool, err error) {
	switch orchestrator.Any(m.wake.race(m.entry, m.report)...) {
	case 0:
		call, err := m.entry.Get()
		m.entry = entries.Go(m.c)
		if err != nil {
			return false, err
		}
		m.enter(call)
	case 1:
		said, err := m.report.Get()
		m.report = orchestrator.EventGo[report](m.c, reports)
		if err != nil {
			return false, err
		}
		m.hear(said.Value)
	case 2:
		return len(m.in.Tickets) > 0, nil
	default:
		_, err := m.entry.Get() // says why nobody waits any more
		return false, err
	}
	m.in.Used = m.wake.now()
	return true, nil
}

// nextMoment is when two windows will be wide enough for each other, or when the
// pool has been empty long enough; 0 if neither will be without an event.
func (m *matchmaker) nextMoment(waiting []*queued) int64 {
	if len(m.in.Tickets) == 0 {
		return m.in.Used + poolKept.Milliseconds()
	}
	at, _ := nextMeeting(waiting)
	return at
}

// enter gives a player a ticket: the open one, or a new one at the end of the
// queue. The ticket says itself when it is there, and is paired only then.
func (m *matchmaker) enter(call *orchestrator.Call[entry, entered]) {
	in := call.In
	if in.Ended != "" {
		m.drop(in.Ended)
	}
	if i := slices.IndexFunc(m.in.Tickets, func(q queued) bool { return q.Player == in.Player }); i >= 0 {
		call.Answer(entered{m.in.Tickets[i].Ticket})
		return
	}
	if len(m.in.Tickets) >= maxQueued {
		call.Refuse(orchestrator.Fail(orchestrator.CodeBusy, "the queue is full"))
		return
	}
	_, err := m.tickets.Start(m.c, ticketAsk{m.in.pool, in.Player}, orchestrator.WithID(in.Ticket), orchestrator.Reuse(orchestrator.RefuseAlways))
	if err != nil {
		call.Refuse(err)
		return
	}
	m.in.Tickets = append(m.in.Tickets, queued{Ticket: in.Ticket, Player: in.Player, Name: in.Name, Rating: in.Rating, Since: m.wake.now()})
	call.Answer(entered{in.Ticket})
}

// hear takes in what a ticket says. One that is at a match cannot leave: it will
// hear from the match. One that is not known here may.
func (m *matchmaker) hear(said report) {
	i := m.find(said.Ticket)
	switch {
	case said.What == ticketGone:
		m.drop(said.Ticket)
	case i < 0:
		m.tell(said.Ticket, tiding{What: tidingLeft})
	case said.What == ticketHere:
		m.in.Tickets[i].Waits = true
	case said.What == ticketLeaves && m.in.Tickets[i].Waits:
		m.drop(said.Ticket)
		m.tell(said.Ticket, tiding{What: tidingLeft})
	}
}

// makeMatches makes all the matches that can be made now, and gives those who are
// left over, the oldest first.
func (m *matchmaker) makeMatches() []*queued {
	var waiting []*queued
	for i := range m.in.Tickets {
		if m.in.Tickets[i].Waits {
			waiting = append(waiting, &m.in.Tickets[i])
		}
	}
	for _, p := range pair(waiting, m.wake.now()) {
		m.makeMatch(waiting[p[0]], waiting[p[1]])
	}
	return slices.DeleteFunc(waiting, func(q *queued) bool { return !q.Waits })
}

// makeMatch begins the match of two tickets. They stay in the pool until they say
// that they are over, so that they have their place if the match is called off.
func (m *matchmaker) makeMatch(older, younger *queued) {
	seated := []*queued{older, younger}
	if m.c.Rand().IntN(2) == 1 { // seats are drawn by lot
		slices.Reverse(seated)
	}
	spec := m.spec()
	for _, q := range seated {
		spec.Seats = append(spec.Seats, Seat{Player: q.Player, Name: q.Name})
		spec.Tickets = append(spec.Tickets, q.Ticket)
		q.Waits = false
	}
	id := derivedID(older.Ticket, younger.Ticket) // two tickets meet once: of a match that is called off, one is over
	_, err := m.match.Start(m.c, spec, orchestrator.WithID(id), orchestrator.Reuse(orchestrator.RefuseAlways))
	must(err)
}

// spec is a match of the pool, but for who plays.
func (m *matchmaker) spec() Spec {
	seed, err := orchestrator.SideEffect(m.c, func() (Seed, error) { return newSeed(), nil }) // a secret: c.Rand is none
	must(err)
	rules, err := m.games.Get(m.in.Game)
	must(err)
	setup, err := NewSetup(rules.Info(), 2, 0, nil, seed)
	must(err)
	return Spec{
		Game: m.in.Game, Options: setup.Options, Clock: m.in.Clock, Rated: m.in.Rated,
		Created: m.c.Now().UnixMilli(), Seed: seed, Ready: true,
	}
}

func (m *matchmaker) find(ticket string) int {
	return slices.IndexFunc(m.in.Tickets, func(q queued) bool { return q.Ticket == ticket })
}

func (m *matchmaker) drop(ticket string) {
	m.in.Tickets = slices.DeleteFunc(m.in.Tickets, func(q queued) bool { return q.Ticket == ticket })
}

func (m *matchmaker) tell(ticket string, what tiding) {
	must(orchestrator.Raise(m.c, ticket, tidings, what))
}

// QueueStatus is the custom status of a matchmaker.
type QueueStatus struct {
	Game    string     `json:"game"`
	Rated   bool       `json:"rated"`
	Clock   *ClockSpec `json:"clock"`
	Waiting int        `json:"waiting"` // tickets
}

// show says how many wait, where that has changed.
func (m *matchmaker) show(waiting int) {
	if m.shown == waiting+1 {
		return
	}
	m.shown = waiting + 1
	m.c.SetStatus(QueueStatus{Game: m.in.Game, Rated: m.in.Rated, Clock: m.in.Clock, Waiting: waiting})
}
