package game

import (
	"encoding/json"
	"fmt"
)

// Record is one game of a match, as a viewer may know it: enough to replay it,
// once it is over.
type Record struct {
	Game    string       `json:"game"`
	N       int          `json:"n"`
	Players []string     `json:"players"` // names, by seat
	Games   int          `json:"games"`   // of the match so far
	From    uint64       `json:"from"`    // the event that started the game
	To      uint64       `json:"to"`      // the last event before the next game, or so far
	Options Options      `json:"options"`
	First   int          `json:"first"`
	Seed    *Seed        `json:"seed,omitempty"`   // once the game is over
	Phases  int          `json:"phases,omitempty"` // added to the rules' phases at the end: see [Look]
	Moves   []RecordMove `json:"moves"`
	Result  *Result      `json:"result"`
	Score   *SeriesScore `json:"score"` // of the match so far
}

// RecordMove is one move of a record. Move is empty where it is not known yet,
// and for a lapse.
type RecordMove struct {
	Seq    uint64 `json:"seq"`
	Seat   int    `json:"seat"`
	Move   string `json:"move,omitempty"`
	Lapsed bool   `json:"lapsed,omitempty"`
	Undone bool   `json:"undone,omitempty"` // taken back later
	At     int64  `json:"at"`               // wall milliseconds
}

// recordPage is how many events are read at a time.
const recordPage = 512

// table is a match as of event until: its game is played through, or game n of
// those before it, whole. Of other games the events are at most read; where the
// latest is asked for, as nearly always, not even that.
func (d *Desk) table(id string, s *Summary, n int, until uint64) (*Table, error) {
	rules, err := d.Games.Get(s.Game)
	if err != nil {
		return nil, err
	}
	after, err := d.beforeGame(id, s, n, until)
	if err != nil {
		return nil, err
	}
	events, err := d.oneGame(id, n, after, until)
	if err != nil {
		return nil, err
	}
	t := NewTable(rules, s.spec())
	for i := range events {
		if i == 0 {
			t.Seq = events[0].Seq - 1
		}
		if err := t.take(&events[i]); err != nil {
			return nil, fmt.Errorf("match %s: %w", id, err)
		}
	}
	return t, nil
}

// beforeGame is an event after which game n (0: that of event until) is to be
// read, with no more than a few events of other games before it. Games of one
// match are about equally long, so a guess is soon right.
func (d *Desk) beforeGame(id string, s *Summary, n int, until uint64) (uint64, error) {
	switch {
	case s.From > 0 && until >= s.From && (n == 0 || n == s.N):
		return s.From - 1, nil
	case until <= recordPage || n == 1:
		return 0, nil
	case n == 0:
		_, from, err := d.gameAt(id, until)
		return from, err
	}
	type mark struct {
		n  int
		at uint64
	}
	low, high := mark{}, mark{s.N + 1, until}
	for tries := 0; high.at-low.at > recordPage; tries++ {
		width := high.at - low.at
		guess := low.at + width/2
		if tries%4 < 3 {
			guess = low.at + width*uint64(n-low.n)/uint64(high.n-low.n)
		}
		at := mark{at: min(max(guess, low.at+1), high.at-1)}
		found, from, err := d.gameAt(id, at.at)
		switch {
		case err != nil || found == n:
			return from, err
		case found < n:
			low = mark{found, at.at}
		default:
			high = mark{found, min(from+1, at.at)}
		}
	}
	return low.at, nil
}

// gameAt is the game that an event belongs to, and the event before its first;
// 0 and 0 for what comes before the first game, and with it.
func (d *Desk) gameAt(id string, at uint64) (n int, before uint64, err error) {
	const page = 32
	for at > 0 {
		after := at - min(at, page)
		events, err := d.Events(id, after, int(at-after))
		if err != nil {
			return 0, 0, err
		}
		for i := len(events) - 1; i >= 0; i-- {
			if e := &events[i]; e.Kind == EventStarted && e.N > 1 {
				return e.N, e.Seq - 1, nil
			}
		}
		at = after
	}
	return 0, 0, nil
}

// oneGame reads the events of game n (0: of the last) among those after a number
// and until another. Those before the first game count as its own.
func (d *Desk) oneGame(id string, n int, after, until uint64) (events []Numbered, err error) {
	for after < until {
		page, err := d.Events(id, after, int(min(recordPage, until-after)))
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return nil, fmt.Errorf("match %s: event %d is missing", id, after+1)
		}
		for _, e := range page {
			if e.Kind == EventStarted && e.N > 1 {
				if n > 0 && e.N > n {
					return events, nil
				}
				events = events[:0]
			}
			events = append(events, e)
		}
		after = page[len(page)-1].Seq
	}
	return events, nil
}

// Record gives game n of a match (0: the latest) as a player may know it; an
// empty player is a watcher. CodeNotFound if there is no such match or game.
func (d *Desk) Record(id, player string, n int) (Record, error) {
	s, last, err := d.Match(id)
	if err != nil {
		return Record{}, err
	}
	if s.N == 0 {
		return Record{}, refuse(CodeNotFound, "This match has not begun")
	}
	if n == 0 {
		n = s.N
	}
	if n < 1 || n > s.N {
		return Record{}, refuse(CodeNotFound, fmt.Sprintf("This match has no game %d; the last is %d", n, s.N))
	}
	t, err := d.table(id, &s, n, last)
	if err != nil {
		return Record{}, err
	}
	r := recordOf(t, t.SeatOf(player))
	r.Games, r.Score = s.N, s.Score.With(s.Result, len(s.Seats))
	return r, nil
}

func recordOf(t *Table, viewer int) Record {
	r := Record{Game: t.Game, N: t.N, From: t.From, To: t.Seq, Options: t.Options, First: t.First, Phases: t.PhaseBase, Result: t.Result, Moves: make([]RecordMove, 0, len(t.Moves))}
	if t.Result != nil {
		r.Seed = t.seed
	}
	for _, seat := range t.Seats {
		r.Players = append(r.Players, seat.Name)
	}
	for _, m := range t.Moves {
		move := RecordMove{Seq: m.Seq, Seat: m.Seat, Lapsed: m.Lapsed, Undone: m.Undone, At: m.At}
		if !m.Hidden || m.Seat == viewer || t.Result != nil {
			move.Move = m.Move
		}
		r.Moves = append(r.Moves, move)
	}
	return r
}

// ViewAt is what a seat sees after an event.
type ViewAt struct {
	Seq  uint64          `json:"seq"`
	View json.RawMessage `json:"view"`
	Hash string          `json:"hash"`
}

// Position is a match as a player could see it after an event (0: the last).
// Once the game of that event is over, any seat can be asked for, and all can be
// revealed; before, that is a Refusal with CodeForbidden.
func (d *Desk) Position(id, player string, seq uint64, seat *int, reveal bool) (ViewAt, error) {
	s, last, err := d.Match(id)
	if err != nil {
		return ViewAt{}, err
	}
	if seq > last {
		return ViewAt{}, refuse(CodeNotFound, fmt.Sprintf("This match has no event %d; the last is %d", seq, last))
	}
	if seq == 0 {
		seq = last // and no later one: whether its game is over, the summary tells
	}
	t, err := d.table(id, &s, 0, seq)
	if err != nil {
		return ViewAt{}, err
	}
	viewer := t.SeatOf(player)
	over := t.N < s.N || s.State == StateFinished || s.State == StateVoid
	if !over && (reveal || seat != nil && *seat != viewer) {
		return ViewAt{}, refuse(CodeForbidden, "Other seats can be seen once the game is over")
	}
	if seat != nil {
		if viewer = *seat; viewer < Watcher || viewer >= len(t.Seats) {
			return ViewAt{}, refuse(CodeBadRequest, fmt.Sprintf("There is no seat %d", viewer))
		}
	}
	view := t.AppendView(nil, viewer)
	if reveal && t.Position != nil {
		view = AppendView(nil, t.Position, Look{Seat: viewer, Reveal: true, PhaseBase: t.PhaseBase, Result: t.Result})
	}
	return ViewAt{Seq: t.Seq, View: view, Hash: Hash(view)}, nil
}
