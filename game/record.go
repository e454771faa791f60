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
	Options Options      `json:"options"`
	First   int          `json:"first"`
	Seed    *Seed        `json:"seed,omitempty"` // once the game is over
	Moves   []RecordMove `json:"moves"`
	Result  *Result      `json:"result"`
}

// RecordMove is one move of a record. Move is empty where it is not known yet,
// and for a lapse.
type RecordMove struct {
	Seq    uint64 `json:"seq"`
	Seat   int    `json:"seat"`
	Move   string `json:"move,omitempty"`
	Lapsed bool   `json:"lapsed,omitempty"`
	At     int64  `json:"at"` // wall milliseconds
}

// recordPage is how many events are read at a time.
const recordPage = 512

// tableAt folds a match's events up to a number (0: all).
func (d *Desk) tableAt(id string, until uint64) (*Table, error) {
	s, _, err := d.Match(id)
	if err != nil {
		return nil, err
	}
	return d.fold(id, s, until, func(*Table, *Numbered) bool { return true })
}

// fold applies a match's events from the first on, until a number (0: all), or
// until the function, which is called after each, says stop.
func (d *Desk) fold(id string, s Summary, until uint64, after func(*Table, *Numbered) bool) (*Table, error) {
	rules, err := d.Games.Get(s.Game)
	if err != nil {
		return nil, err
	}
	spec := s.spec()
	t := NewTable(rules, spec)
	for {
		page, err := d.Events(id, t.Seq, recordPage)
		if err != nil {
			return nil, err
		}
		for i := range page {
			e := &page[i]
			if until > 0 && e.Seq > until {
				return t, nil
			}
			if err := t.Apply(&e.Event); err != nil {
				return nil, fmt.Errorf("match %s: %w", id, err)
			}
			if n := len(t.Moves); n > 0 && t.Moves[n-1].Seq == e.Seq {
				t.Moves[n-1].At = e.Time
			}
			if !after(t, e) {
				return t, nil
			}
		}
		if len(page) < recordPage {
			return t, nil
		}
	}
}

// Record gives game n of a match (0: the latest) as a player may know it; an
// empty player is a watcher. CodeNotFound if there is no such match or game.
func (d *Desk) Record(id, player string, n int) (Record, error) {
	s, _, err := d.Match(id)
	if err != nil {
		return Record{}, err
	}
	if n == 0 {
		n = s.N
	}
	if n < 1 || n > s.N {
		return Record{}, refuse(CodeNotFound, fmt.Sprintf("This match has no game %d", n))
	}
	var (
		r    Record
		seed *Seed
	)
	t, err := d.fold(id, s, 0, func(t *Table, e *Numbered) bool {
		if e.Kind == EventStarted {
			if t.N > n {
				return false
			}
			seed = e.Seed
		}
		if t.N == n {
			r = recordOf(t, t.SeatOf(player), seed)
		}
		return t.N < n || t.Result == nil // the game is over: what follows is the rematch
	})
	if err != nil {
		return Record{}, err
	}
	r.Games = max(s.N, t.N)
	return r, nil
}

func recordOf(t *Table, viewer int, seed *Seed) Record {
	r := Record{Game: t.Game, N: t.N, Options: t.Options, First: t.First, Result: t.Result, Moves: make([]RecordMove, 0, len(t.Moves))}
	if t.Result != nil {
		r.Seed = seed
	}
	for _, seat := range t.Seats {
		r.Players = append(r.Players, seat.Name)
	}
	for _, m := range t.Moves {
		known := !m.Hidden || m.Seat == viewer || t.Result != nil
		move := RecordMove{Seq: m.Seq, Seat: m.Seat, Lapsed: m.Lapsed, At: m.At}
		if known {
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
	t, err := d.tableAt(id, seq)
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
		view = AppendView(nil, t.Position, Look{Seat: viewer, Reveal: true, Result: t.Result})
	}
	return ViewAt{Seq: t.Seq, View: view, Hash: Hash(view)}, nil
}
