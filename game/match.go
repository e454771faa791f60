package game

import (
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// patience is how long a match waits for people. Beside a clock that runs, these
// are the only timers that a match ever has, and never two at once: a match
// without a clock in which nobody moves has none, and costs nothing but its rows.
type patience struct {
	open    time.Duration // for the seats of an open match to be taken
	rematch time.Duration // for a rematch, when the game is over
}

var usualPatience = patience{open: 24 * time.Hour, rematch: codeKept}

// matchName is stored with each match; it never changes.
const matchName = "match"

// defineMatch is the orchestration of a match by the games of a catalog.
func defineMatch(games Catalog, think *orchestrator.Activity[Thought, string], waits *patience) *orchestrator.Orchestration[Spec, Summary] {
	return orchestrator.Define(matchName, func(c *orchestrator.Context, spec Spec) (Summary, error) {
		rules, err := games.Get(spec.Game)
		if err != nil {
			return Summary{}, err
		}
		return newMatch(c, NewTable(rules, spec), think, waits).run()
	})
}

// match is one game of a match, from its seats to the rematch. What it knows is
// its table, which it changes only by publishing events: see publish.
type match struct {
	c     *orchestrator.Context
	t     *Table
	think *orchestrator.Activity[Thought, string]
	waits *patience

	next     *orchestrator.Future[*orchestrator.Call[Command, Ack]] // the next command
	flag     *orchestrator.Future[orchestrator.None]                // somebody's time is over
	flagAt   int64                                                  // when, in milliseconds of uptime
	thinking map[int]*orchestrator.Future[string]                   // bots at work, by seat
}

func newMatch(c *orchestrator.Context, t *Table, think *orchestrator.Activity[Thought, string], waits *patience) *match {
	return &match{c: c, t: t, think: think, waits: waits, thinking: map[int]*orchestrator.Future[string]{}}
}

// run is the life of a match.
func (m *match) run() (Summary, error) {
	if !m.fillSeats() {
		return m.callOff()
	}
	m.start()
	for m.t.State == StatePlaying {
		m.turn()
	}
	m.settle()
	if !m.rematch() {
		return m.leave()
	}
	return m.playAgain()
}

// fillSeats waits until all seats are taken, which they are in a rematch. It is
// false if that took too long.
func (m *match) fillSeats() bool {
	if m.t.Games > 0 {
		return true
	}
	m.open()
	if m.t.Full() {
		return true
	}
	deadline := m.c.Timer(m.waits.open)
	for !m.t.Full() {
		if m.command(deadline) {
			return false
		}
	}
	deadline.Cancel()
	return true
}

// open announces the match: who made it has sat down, and its code leads here.
func (m *match) open() {
	must(codeKeep.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()}))
	for seat, s := range m.t.Seats {
		if s.Player != "" {
			m.publish(Event{Kind: EventJoined, Seat: seat, Player: s.Player, Name: s.Name})
		}
	}
	m.show()
}

// start begins the next game. Creating and joining count as being ready.
func (m *match) start() {
	n := m.t.Games + 1
	seed := m.t.Spec.Seed.Game(n)
	e := Event{Kind: EventStarted, N: n, First: m.t.First, Seed: &seed}
	pos, err := m.t.firstPosition(&e)
	must(err)
	e.Clock = m.beginClock(pos, m.uptime())
	m.publishStep(e, Step{Next: pos})
	m.show()
}

// turn is the race of the next command, the clock, and the bots' thoughts.
func (m *match) turn() {
	m.windClock()
	m.wakeBots()
	race := append(m.thoughts(), m.await())
	if m.flag != nil {
		race = append(race, m.flag)
	}
	switch race[orchestrator.Any(race...)] {
	case m.next:
		m.handle()
	case m.flag:
		m.flagFell()
	default:
		m.botMoves()
	}
}

// settle ends the game for all: nobody thinks on, and no clock runs.
func (m *match) settle() {
	for seat := range m.t.Seats {
		m.dismiss(seat)
	}
	m.windClock()
	m.show()
}

// rematch waits until everybody wants another game. It is false if that took
// too long. Bots always want.
func (m *match) rematch() bool {
	deadline := m.c.Timer(m.waits.rematch)
	for !m.t.AllAsked() {
		if m.command(deadline) {
			return false
		}
	}
	deadline.Cancel()
	return true
}

// playAgain goes on with the next game, in which the first move goes to the next
// seat. Seats, id and the numbers of events stay; the deadlines of this game do
// not come along, and requests that nobody has answered do.
func (m *match) playAgain() (Summary, error) {
	next := m.t.Spec
	next.Games = m.t.N
	next.First = (m.t.First + 1) % len(m.t.Seats)
	return m.t.Summary(), orchestrator.ContinueAsNew(m.c, next)
}

// callOff ends a match that nobody came to. Its code leads here for another day,
// so that who comes too late finds out why.
func (m *match) callOff() (Summary, error) {
	m.publish(Event{Kind: EventEnded, Result: &Result{Kind: Void, Reason: ReasonNotReady, Winners: []int{}}})
	m.show()
	must(codeFree.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()}, entities.After(codeKept)))
	return m.t.Summary(), nil
}

// leave ends the match for good.
func (m *match) leave() (Summary, error) {
	must(codeFree.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()}))
	return m.t.Summary(), nil
}

// publish tells the world what has happened, and takes it in: the match is the
// fold of what it has published, like everybody else's table. It gives the
// event's number.
func (m *match) publish(e Event) uint64 { return m.publishStep(e, Step{}) }

// publishStep is publish for an event that leads to a position.
func (m *match) publishStep(e Event, step Step) uint64 {
	m.t.Seq = m.c.Publish(e.Encode()) - 1
	must(m.t.advance(&e, step))
	return m.t.Seq
}

// show makes the match's state visible from outside.
func (m *match) show() {
	s := m.t.Summary()
	m.c.SetStatus(s)
	if !m.t.Private {
		m.c.SetIndex(listings(&s)...)
	}
}

// must fails this match, and no other, for what can only be a bug.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
