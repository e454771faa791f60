package game

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// How long a match waits for people.
const (
	openFor    = 24 * time.Hour // an open match, for its seats to be taken
	rematchFor = 24 * time.Hour // a finished one, for a rematch; its code is freed then
)

// matchName is stored with each match; it never changes.
const matchName = "match"

// defineMatch is the orchestration of a match by the games of a catalog.
func defineMatch(games Catalog, think *orchestrator.Activity[Thought, string]) *orchestrator.Orchestration[Spec, Summary] {
	return orchestrator.Define(matchName, func(c *orchestrator.Context, spec Spec) (Summary, error) {
		rules, err := games.Get(spec.Game)
		if err != nil {
			return Summary{}, err
		}
		m := &match{c: c, t: NewTable(rules, spec), think: think, thinking: map[int]*orchestrator.Future[string]{}}
		return m.run()
	})
}

// match is one game of a match, from its seats to the rematch.
type match struct {
	c     *orchestrator.Context
	t     *Table
	think *orchestrator.Activity[Thought, string]

	next     *orchestrator.Future[*orchestrator.Call[Command, Ack]] // the next command
	flag     *orchestrator.Future[orchestrator.None]                // somebody's time is over
	flagAt   int64
	thinking map[int]*orchestrator.Future[string] // bots at work, by seat
}

// run is the life of a match.
func (m *match) run() (Summary, error) {
	if m.t.Games == 0 && !m.fillSeats() {
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
	return m.t.Summary(), orchestrator.ContinueAsNew(m.c, m.nextGame())
}

// fillSeats waits until all seats are taken. It is false if that took too long.
func (m *match) fillSeats() bool {
	if err := codeKeep.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()}); err != nil {
		m.c.Log().Error().Err(err).Msg("the match cannot keep its code")
	}
	for seat, s := range m.t.Seats {
		if s.Player != "" {
			m.publish(Event{Kind: EventJoined, Seat: seat, Player: s.Player, Name: s.Name})
		}
	}
	if !m.t.Full() {
		m.show()
	}
	for deadline := m.c.Timer(openFor); !m.t.Full(); {
		if m.command(deadline) {
			return false
		}
		if m.t.Full() {
			deadline.Cancel()
		}
	}
	return true
}

// start begins the next game. Creating and joining count as being ready.
func (m *match) start() {
	n := m.t.Games + 1
	seed := m.t.Spec.Seed.Game(n)
	e := Event{Kind: EventStarted, N: n, First: m.t.First, Seed: &seed}
	if m.t.Clock != nil {
		// The first position is the rules' alone, so the table may say who
		// begins before the event is there.
		e.Clock = m.t.Clock.Begin(len(m.t.Seats), m.openers(&e), m.uptime())
	}
	m.publish(e)
	m.show()
}

// openers are the seats that owe a move at the start of a game.
func (m *match) openers(e *Event) []int {
	pos, err := m.t.rules.New(Setup{Seats: len(m.t.Seats), First: e.First, Options: m.t.Options, Seed: *e.Seed})
	if err != nil {
		return nil // publish says so
	}
	return pos.Actors()
}

// turn is the race of the next command, the bots' thoughts and the clock.
func (m *match) turn() {
	m.wind()
	m.wakeBots()
	race := []orchestrator.Awaitable{m.await()}
	if m.flag != nil {
		race = append(race, m.flag)
	}
	for seat := range m.t.Seats { // by seat, not by map: replay needs one order
		if f := m.thinking[seat]; f != nil {
			race = append(race, f)
		}
	}
	switch won := race[orchestrator.Any(race...)]; won {
	case race[0]:
		m.handle()
	case orchestrator.Awaitable(m.flag):
		m.lapse()
	default:
		m.botMoves()
	}
}

// settle ends the game for all: nobody thinks on, and no clock runs.
func (m *match) settle() {
	for seat := range m.t.Seats {
		if f := m.thinking[seat]; f != nil {
			f.Cancel()
			delete(m.thinking, seat)
		}
	}
	m.wind()
	m.show()
}

// rematch waits until everybody wants another game. It is false if that took
// too long. Bots always want.
func (m *match) rematch() bool {
	deadline := m.c.Timer(rematchFor)
	for !m.allAsked() {
		if m.command(deadline) {
			return false
		}
	}
	deadline.Cancel()
	return true
}

func (m *match) allAsked() bool {
	for seat, s := range m.t.Seats {
		if s.Bot == 0 && !m.t.Rematch[seat] {
			return false
		}
	}
	return true
}

// nextGame is what the match goes on with: the first move goes to the next seat.
func (m *match) nextGame() Spec {
	next := m.t.Spec
	next.Games = m.t.N
	next.First = (m.t.First + 1) % len(m.t.Seats)
	return next
}

// callOff ends a match that nobody came to.
func (m *match) callOff() (Summary, error) {
	m.publish(Event{Kind: EventEnded, Result: &Result{Kind: Void, Reason: ReasonNotReady, Winners: []int{}}})
	m.show()
	return m.leave()
}

// leave ends the match for good.
func (m *match) leave() (Summary, error) {
	return m.t.Summary(), codeFree.Signal(m.c, m.t.Code, codeUse{Match: m.c.InstanceID()})
}

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
// it is answered; both leave with the same commit.
func (m *match) handle() {
	call, err := m.next.Get()
	m.next = nil
	if err != nil {
		return // the match is being taken down
	}
	ack, refused := m.decide(call)
	if refused != nil {
		call.Refuse(refused.failure())
		return
	}
	call.Answer(ack)
}

// decide applies a command, or refuses it and changes nothing.
func (m *match) decide(call *orchestrator.Call[Command, Ack]) (Ack, *Refusal) {
	seat := m.t.SeatOf(call.Caller)
	if call.In.Kind == CommandJoin {
		return m.join(seat, call.Caller, call.In.Name)
	}
	if seat == Watcher {
		return Ack{}, &Refusal{CodeNotAPlayer, "You have no seat in this match"}
	}
	var refused *Refusal
	switch call.In.Kind {
	case CommandMove:
		refused = m.mayMove(call.In.Seq)
		if refused == nil {
			seq, err := m.move(seat, call.In.Move, call.Stamp.Uptime)
			return Ack{Seq: seq, Seat: seat}, err
		}
	case CommandAct:
		refused = m.act(seat, call.In.Act)
	default:
		refused = &Refusal{CodeBadRequest, fmt.Sprintf("A match knows no command %.40q", call.In.Kind)}
	}
	return Ack{Seq: m.t.Seq, Seat: seat}, refused
}

// join takes the next open seat; who sits already keeps the seat.
func (m *match) join(seat int, player, name string) (Ack, *Refusal) {
	switch {
	case seat != Watcher:
		return Ack{Seq: m.t.Seq, Seat: seat}, nil
	case m.t.State == StateVoid:
		return Ack{}, &Refusal{CodeGameOver, "This match was called off"}
	case m.t.Full():
		return Ack{}, &Refusal{CodeFull, "All seats of this match are taken"}
	}
	for seat = range m.t.Seats {
		if m.t.Seats[seat].Open() {
			break
		}
	}
	seq := m.publish(Event{Kind: EventJoined, Seat: seat, Player: player, Name: name})
	if !m.t.Full() {
		m.show()
	}
	return Ack{Seq: seq, Seat: seat}, nil
}

func (m *match) mayMove(seq *uint64) *Refusal {
	switch {
	case m.t.State == StateFinished || m.t.State == StateVoid:
		return &Refusal{CodeGameOver, "The game is over"}
	case m.t.State == StateOpen:
		return &Refusal{CodeNotYourTurn, "The game has not started: a seat is still open"}
	case seq != nil && m.t.Stale(*seq):
		return &Refusal{CodeStale, "The game has gone on since; look at the board again"}
	}
	return nil
}

func (m *match) act(seat int, act string) *Refusal {
	switch act {
	case ActReady:
		return nil // creating and joining count as being ready
	case ActResign:
		if refused := m.mayMove(nil); refused != nil {
			return refused
		}
		m.end(m.resigned(seat))
		return nil
	case ActRematch:
		if m.t.State != StateFinished {
			return &Refusal{CodeTooEarly, "A rematch is for when the game is over"}
		}
		if !m.t.Rematch[seat] {
			m.publish(Event{Kind: EventOffered, Seat: seat, What: ActRematch})
		}
		return nil
	}
	return &Refusal{CodeBadRequest, fmt.Sprintf("This server does not know %.40q yet", act)}
}

// resigned is the result when a seat gives up: the others win.
func (m *match) resigned(seat int) *Result {
	r := &Result{Kind: Win, Reason: ReasonResign, Winners: []int{}}
	if m.t.rules.Info().Coop {
		r.Kind = Coop
		return r
	}
	for other := range m.t.Seats {
		if other != seat {
			r.Winners = append(r.Winners, other)
		}
	}
	return r
}

// move plays a move by the rules and publishes what comes of it. A panic in the
// rules refuses the move, and the match goes on.
func (m *match) move(seat int, move string, at int64) (seq uint64, refused *Refusal) {
	step, err := m.play(seat, move)
	if err != nil {
		if errors.As(err, &refused) {
			return 0, refused
		}
		m.c.Log().Error().Err(err).Int("seat", seat).Msg("the rules failed; the move is refused")
		return 0, &Refusal{CodeInternal, "The move could not be judged; nothing has changed"}
	}
	e := Event{Kind: EventMoved, Seat: seat, Move: step.Move, Hidden: step.Hidden}
	if m.t.Time != nil {
		e.Clock = m.t.Time.Moved(*m.t.Clock, seat, step.Next.Actors(), at)
	}
	return m.took(e, step), nil
}

func (m *match) play(seat int, move string) (step Step, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return m.t.Position.Play(seat, move)
}

// took publishes a move or lapse, what it revealed, and the end of the game if
// it was that.
func (m *match) took(e Event, step Step) (seq uint64) {
	seq = m.publishStep(e, step)
	if step.Revealed != nil {
		m.publish(Event{Kind: EventRevealed, Revealed: step.Revealed})
	}
	if r := step.Next.Result(); r != nil {
		m.end(r)
	}
	return seq
}

func (m *match) end(r *Result) {
	e := Event{Kind: EventEnded, Result: r}
	if m.t.Time != nil {
		e.Clock = m.t.Time.Stopped(m.uptime())
	}
	m.publish(e)
}

// lapse deals with the seats whose time is over.
func (m *match) lapse() {
	m.flag = nil
	for _, seat := range m.t.Time.Fallen(m.flagAt) {
		if m.t.State != StatePlaying {
			return
		}
		step, err := m.t.Position.Lapse(seat)
		if err != nil {
			m.c.Log().Error().Err(err).Int("seat", seat).Msg("the rules refuse a lapse; the game is void")
			m.end(&Result{Kind: Void, Reason: ReasonFlag, Winners: []int{}})
			return
		}
		e := Event{Kind: EventLapsed, Seat: seat, Clock: m.t.Time.Moved(*m.t.Clock, seat, step.Next.Actors(), m.flagAt)}
		if step.Next.Result() != nil {
			e.Clock = m.t.Time.Stopped(m.flagAt)
		}
		m.took(e, step)
	}
}

// wind sets the timer to the next flag: armed anew only when that has changed.
func (m *match) wind() {
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

func (m *match) publish(e Event) uint64 { return m.publishStep(e, Step{}) }

// publishStep publishes an event and takes it in: the match is the fold of what
// it has published, like everybody else's table.
func (m *match) publishStep(e Event, step Step) uint64 {
	m.t.Seq = m.c.Publish(e.Encode()) - 1
	if err := m.t.advance(&e, step); err != nil {
		panic(err) // a bug of this file or of the rules' New: it fails this match alone
	}
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
