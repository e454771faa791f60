package game

import (
	"errors"
	"fmt"
	"slices"
)

// Table is a match as its events have made it: the seats, the position, the
// clock, the moves of the current game. The match itself, the gateway's rooms,
// the record and the archive all have the same table, because all of them fold
// the same events. It is not safe for concurrent use.
type Table struct {
	Spec
	State    State
	N        int    // the current or last game, 0 before the first
	From     uint64 // the event that started it
	Seq      uint64 // of the last event
	Position Position
	Result   *Result
	Time     *Clock
	Moves    []Played
	Readied  []bool // who has said to be there, by seat
	Rematch  []bool // who asked for one, by seat
	Away     []bool // who has gone while the game is played, by seat
	// What the seats have offered each other in this game, by seat.
	Draws, Takebacks []Offer
	Undid            int // takebacks in this game

	rules  Rules
	seed   *Seed  // of the current or last game
	begun  *Clock // as it was at its start
	phases []phaseAt
}

// Played is a move or a lapse of the current game.
type Played struct {
	Seq    uint64
	Seat   int
	Move   string
	Hidden bool
	Lapsed bool
	Undone bool   // taken back later
	At     int64  // wall milliseconds; 0 where the reader does not know it
	Clock  *Clock // after it, where the match has one
}

// phaseAt says that a phase began with an event.
type phaseAt struct {
	seq   uint64
	phase int
}

// NewTable is a match before its first event.
func NewTable(rules Rules, spec Spec) *Table {
	spec.Seats = slices.Clone(spec.Seats)
	t := &Table{Spec: spec, State: StateOpen, Readied: make([]bool, len(spec.Seats)), rules: rules}
	if spec.Games > 0 {
		t.N, t.State = spec.Games, StateFinished
	}
	t.gather()
	return t
}

// TableOf is the table of a match to which the events from summary.From on (all,
// if it has not started) are still to be applied.
func TableOf(rules Rules, s Summary) *Table {
	t := NewTable(rules, s.spec())
	t.N = max(s.N-1, 0)
	if s.From > 0 {
		t.Seq = s.From - 1
	}
	return t
}

// Apply takes in the next event. An error means that the events are not those
// of a match by these rules.
func (t *Table) Apply(e *Event) error {
	step, err := t.step(e)
	if err != nil {
		return fmt.Errorf("game: event %d: %w", t.Seq+1, err)
	}
	return t.advance(e, step)
}

// step asks the rules where an event leads.
func (t *Table) step(e *Event) (step Step, err error) {
	switch e.Kind {
	case EventStarted:
		step.Next, err = t.firstPosition(e)
	case EventMoved, EventLapsed:
		if t.Position == nil {
			return step, errors.New("a move before the start")
		}
		step, err = Apply(t.Position, Action{Seat: e.Seat, Move: e.Move, Lapsed: e.Kind == EventLapsed})
		if err != nil {
			err = fmt.Errorf("by seat %d: %w", e.Seat, err)
		}
	case EventTakenBack:
		step.Next, err = t.positionAfter(e.To)
	}
	return step, err
}

// firstPosition is that of the game which an event starts.
func (t *Table) firstPosition(e *Event) (Position, error) {
	if e.Seed == nil {
		return nil, errors.New("a game starts without a seed")
	}
	return t.rules.New(Setup{Seats: len(t.Seats), First: e.First, Options: t.Options, Seed: *e.Seed})
}

// advance is Apply where the step is known.
func (t *Table) advance(e *Event, step Step) error {
	t.Seq++
	if e.Clock != nil {
		t.Time = e.Clock
	}
	switch e.Kind {
	case EventJoined:
		if e.Seat < 0 || e.Seat >= len(t.Seats) {
			return fmt.Errorf("game: event %d takes seat %d of %d", t.Seq, e.Seat, len(t.Seats))
		}
		t.Seats[e.Seat] = Seat{Player: e.Player, Name: e.Name}
		t.gather()
	case EventReady:
		note(&t.Readied, e.Seat, true)
	case EventStarted:
		t.begin(e, step.Next)
	case EventMoved, EventLapsed:
		t.Moves = append(t.Moves, Played{Seq: t.Seq, Seat: e.Seat, Move: e.Move, Hidden: e.Hidden, Lapsed: e.Kind == EventLapsed, Clock: e.Clock})
		t.Position = step.Next
		t.lapseOffers(e.Seat)
		t.mark()
	case EventTakenBack:
		t.takeBack(e.To, step.Next)
	case EventOffered:
		if e.What == OfferRematch {
			note(&t.Rematch, e.Seat, true)
		}
		t.offer(e.Seat, e.What, Offer{Open: true, Seq: t.Seq})
	case EventAnswered:
		t.answered(e.What)
	case EventGone, EventBack:
		note(&t.Away, e.Seat, e.Kind == EventGone)
	case EventEnded:
		t.Result, t.State = e.Result, StateFinished
		if e.Result != nil && e.Result.Kind == Void {
			t.State = StateVoid
		}
		t.mark()
	}
	return nil
}

// note sets what is known of a seat. The list is a new one: tables are copied,
// and copies read while this one goes on.
func note(list *[]bool, seat int, is bool) {
	if seat >= 0 && seat < len(*list) {
		*list = slices.Clone(*list)
		(*list)[seat] = is
	}
}

// gather has a match of the queue ask everybody whether they are there, once
// all seats are taken.
func (t *Table) gather() {
	if t.Ready && t.State == StateOpen && t.Full() {
		t.State = StateReady
	}
}

// begin clears the table for a game that starts.
func (t *Table) begin(e *Event, first Position) {
	if t.Result != nil {
		t.Score = t.Score.With(t.Result, len(t.Seats))
	}
	t.N, t.From, t.First, t.seed = e.N, t.Seq, e.First, e.Seed
	t.State, t.Position, t.Result, t.Time, t.begun = StatePlaying, first, nil, e.Clock, e.Clock
	t.PhaseBase, t.phases = e.PhaseBase, nil
	t.Moves, t.Undid = nil, 0
	for _, list := range []*[]bool{&t.Readied, &t.Rematch, &t.Away} {
		*list = make([]bool, len(t.Seats))
	}
	t.clearOffers()
	t.mark()
}

// mark notes where a phase began.
func (t *Table) mark() {
	if t.Position == nil {
		return
	}
	phase := t.phase()
	if n := len(t.phases); n == 0 || t.phases[n-1].phase != phase {
		t.phases = append(t.phases, phaseAt{t.Seq, phase})
	}
}

func (t *Table) phase() int {
	phase := t.Position.Phase() + t.PhaseBase
	if t.Result != nil && t.Position.Result() == nil {
		phase++ // as the view counts it
	}
	return phase
}

// Stale says whether other decisions are open now than after event seq. After
// an event that is yet to come, which only another history can have shown,
// nobody knows which.
func (t *Table) Stale(seq uint64) bool {
	n := len(t.phases)
	return n > 0 && seq < t.phases[n-1].seq || seq > t.Seq
}

// Over says whether the game, or the match before its first, is over. A rematch
// may follow.
func (t *Table) Over() bool { return t.State == StateFinished || t.State == StateVoid }

// AllReady says whether nobody is to be asked any more whether they are there.
// Bots always are.
func (t *Table) AllReady() bool {
	if t.State != StateReady {
		return true
	}
	for seat, s := range t.Seats {
		if s.Bot == 0 && !t.Readied[seat] {
			return false
		}
	}
	return true
}

// AllAsked says whether everybody wants a rematch. Bots always do.
func (t *Table) AllAsked() bool {
	for seat, s := range t.Seats {
		if s.Bot == 0 && !t.Rematch[seat] {
			return false
		}
	}
	return true
}

// Actors are the seats that owe a move now.
func (t *Table) Actors() []int {
	if t.State != StatePlaying {
		return nil
	}
	return t.Position.Actors()
}

// AppendView appends the view of a seat, or of the Watcher: canonical JSON.
// Before the first game there is nothing to see but that it was called off.
func (t *Table) AppendView(dst []byte, seat int) []byte {
	switch {
	case t.Position != nil:
		return AppendView(dst, t.Position, Look{Seat: seat, PhaseBase: t.PhaseBase, Result: t.Result})
	case t.Result != nil:
		dst = append(dst, `{"actors":[],"moves":null,"phase":1,"result":`...)
		return append(t.Result.append(dst), '}')
	}
	return append(dst, `{"actors":[],"moves":null,"phase":0,"result":null}`...)
}

// Summary is the custom status that the table leads to.
func (t *Table) Summary() Summary {
	return Summary{
		Game: t.Game, Code: t.Code, Options: t.Options, Seats: slices.Clone(t.Seats), Clock: t.Clock,
		Rated: t.Rated, Private: t.Private, Created: t.Created, Asked: t.Asked, Ready: t.Ready, Score: t.Score,
		State: t.State, Result: t.Result, N: t.N, From: t.From,
	}
}
