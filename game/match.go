package game

import (
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// patience is how long a match waits for people, and how many commands it deals
// with before it puts its history behind it. Beside a clock that runs, these
// are the only timers that a match ever has, and never two at once: a match
// without a clock in which nobody moves has none, and costs nothing but its rows.
type patience struct {
	open    time.Duration // for the seats of an open match to be taken
	ready   time.Duration // for everybody whom the queue has seated to say that they are there
	rematch time.Duration // for a rematch, when the game is over
	history int           // commands; no game of ours comes near, only who plays with the buttons
	midway  int           // bytes: a game that is longer stays in its generation
}

var usualPatience = patience{open: 24 * time.Hour, ready: 30 * time.Second, rematch: codeKept, history: 1000, midway: 256 << 10}

// MatchName is the name of the orchestration that is a match. It is stored with each, and never changes.
const MatchName = "match"

// defineMatch is the orchestration of a match by the games of a catalog.
func defineMatch(games Catalog, think *orchestrator.Activity[Thought, string], waits *patience) *orchestrator.Orchestration[Spec, Summary] {
	return orchestrator.Define(MatchName, func(c *orchestrator.Context, spec Spec) (Summary, error) {
		rules, err := games.Get(spec.Game)
		if err != nil {
			return Summary{}, err
		}
		m := newMatch(c, NewTable(rules, spec), think, waits)
		if spec.Midway != nil {
			if err := m.resume(spec.Midway); err != nil {
				return Summary{}, err
			}
		}
		return m.run()
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

	until   time.Time // the end of the present wait for people; zero if there is none
	handled int       // commands, in this generation
	stayed  int       // times that it was too large to be put behind
}

// An ending ends a generation of a match. A stage of its life gives one where
// the match does not come to the next stage.
type ending func() (Summary, error)

func newMatch(c *orchestrator.Context, t *Table, think *orchestrator.Activity[Thought, string], waits *patience) *match {
	return &match{c: c, t: t, think: think, waits: waits, thinking: map[int]*orchestrator.Future[string]{}}
}

// run is the life of a match.
func (m *match) run() (Summary, error) {
	for _, stage := range []func() ending{m.fillSeats, m.readyCheck, m.play, m.rematch} {
		if end := stage(); end != nil {
			return end()
		}
	}
	return m.playAgain()
}

// fillSeats waits until all seats are taken, which they are in a rematch.
func (m *match) fillSeats() ending {
	if m.t.Seq == 0 && m.t.Games == 0 {
		m.open()
	}
	return m.wait(m.t.Full, m.waits.open, m.callOff)
}

// readyCheck waits until everybody whom the queue has seated says to be there.
func (m *match) readyCheck() ending {
	return m.wait(m.t.AllReady, m.waits.ready, m.callOffUnready)
}

// play plays the next game, or goes on with the one that is under way.
func (m *match) play() ending {
	switch {
	case m.t.Position == nil:
		m.start()
	case m.t.Over(): // and settled; only the rematch was waited for
		return nil
	}
	for m.t.State == StatePlaying {
		if m.long() {
			return m.goOn
		}
		m.turn()
	}
	m.settle()
	return nil
}

// rematch waits until everybody wants another game. Bots always want.
func (m *match) rematch() ending {
	return m.wait(m.t.AllAsked, m.waits.rematch, m.leave)
}

// wait deals with commands until people have done what is waited for. If they
// have not in time, it gives the ending for that.
func (m *match) wait(done func() bool, patience time.Duration, late ending) ending {
	if done() {
		return nil
	}
	if m.until.IsZero() {
		m.until = m.c.Now().Add(patience)
	}
	deadline := m.c.TimerAt(m.until)
	for !done() {
		if m.long() {
			return m.goOn
		}
		if m.command(deadline) {
			return late
		}
	}
	deadline.Cancel()
	m.until = time.Time{}
	return nil
}

// open announces the match: who made it has sat down, and its code leads here.
func (m *match) open() {
	m.takeCode()
	must(codeKeep.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()}))
	for seat, s := range m.t.Seats {
		if s.Player != "" {
			m.publish(Event{Kind: EventJoined, Seat: seat, Player: s.Player, Name: s.Name})
		}
	}
	m.show()
	m.seated()
}

// start begins the next game. Creating and joining count as being ready.
func (m *match) start() {
	n := m.t.Games + 1
	seed := m.t.Spec.Seed.Game(n)
	e := Event{Kind: EventStarted, N: n, First: m.t.First, Seed: &seed, PhaseBase: m.t.PhaseBase}
	pos, err := m.t.firstPosition(&e)
	must(err)
	e.Clock = m.beginClock(pos, m.uptime())
	m.publishStep(e, Step{Next: pos})
	m.show()
	m.begun()
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

// settle ends the game for all: nobody thinks on, no clock runs, and the ratings
// follow.
func (m *match) settle() {
	for seat := range m.t.Seats {
		m.dismiss(seat)
	}
	m.windClock()
	m.show()
	if m.t.Rated {
		m.settleRatings()
	}
}

// playAgain goes on with the next game, in which the first move goes to the next
// seat. Seats, id and the numbers of events stay; the deadlines of this game do
// not come along, and requests that nobody has answered do.
func (m *match) playAgain() (Summary, error) {
	next := m.t.Spec
	next.Games = m.t.N
	next.Score = m.t.Score.With(m.t.Result, len(m.t.Seats))
	next.First = (m.t.First + 1) % len(m.t.Seats)
	next.PhaseBase = m.t.phase() + 1
	next.Tickets = nil
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

// callOffUnready is callOff where the queue is to know who was there.
func (m *match) callOffUnready() (Summary, error) {
	m.notReady(m.t.Readied)
	return m.callOff()
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
