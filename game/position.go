package game

import (
	"encoding/json"
	"fmt"
	"time"
)

// Watcher is the seat of those who have none.
const Watcher = -1

// Position is a game at one moment, immutable: no method changes the
// receiver, so positions may be shared and used concurrently. Slices that
// methods return are read-only and may be shared between calls.
type Position interface {
	// Actors are the seats that owe a move now, ascending; none exactly when
	// Result is not nil. A seat that has chosen in a simultaneous phase has
	// left it, and cannot change its mind.
	Actors() []int

	// Phase grows whenever new decisions open, and at the end. It stays the
	// same while the seats of one simultaneous phase choose, so that nobody's
	// move becomes stale by another's choice.
	Phase() int

	// Moves are the legal moves of an actor in canonical form, or nil where
	// they are too many to list. For others than actors it returns nil.
	Moves(seat int) []string

	// Play makes a move. Errors are a *Refusal: CheckTurn's, or illegal_move
	// for whatever is not a legal move, be it any bytes at all. In a
	// simultaneous phase the order in which the seats choose makes no
	// difference to the position after it.
	Play(seat int, move string) (Step, error)

	// Lapse says that an actor's time has run out: the game takes it as a
	// move of its own (a lost game, a lost round, a hero who waits). Errors
	// are CheckTurn's. Step.Move is empty.
	Lapse(seat int) (Step, error)

	// Deadline is how long the actors of this phase may take where the match
	// has no clock, counted from the phase's beginning; then they lapse.
	// 0 is for ever.
	Deadline() time.Duration

	// View writes the game's own fields as v.Seat() may see them, in
	// ascending order of their keys. AppendView adds the common ones.
	View(v *View)

	// Result is nil until the game is over.
	Result() *Result

	// Save gives the whole position, hidden parts and seed included, as
	// UTF-8 text that Rules.Load reads. Equal positions give equal bytes.
	Save() []byte
}

// Step is what a move or a lapse leads to.
type Step struct {
	// Next is the position after it.
	Next Position

	// Move is the canonical form: what the record keeps. Playing it again
	// instead of what was asked for gives the same step ("fleet:random" has
	// become the fleet).
	Move string

	// Hidden: the move is told to its mover only; the others learn that the
	// seat moved. In a game with Info.Hidden each move of a phase that more
	// than one seat owed is hidden, the last one too.
	Hidden bool

	// Revealed is what may be known from now on and was hidden before; nil
	// if nothing. It never comes before its phase is complete. A view shows
	// hidden things only after they were revealed, so this is the one place
	// to look at when secrets get out.
	Revealed *Reveal
}

// MoveFor is the move as a seat (or the Watcher) may know it; mover is the
// seat that made it. known is false if only the fact is told.
func (s Step) MoveFor(seat, mover int) (move string, known bool) {
	if s.Hidden && seat != mover {
		return "", false
	}
	return s.Move, true
}

// Reveal is a disclosure: a JSON object in a public form and, for some seats,
// a form of their own.
type Reveal struct {
	Public json.RawMessage         `json:"public,omitempty"` // nil: not for everybody
	Secret map[int]json.RawMessage `json:"secret,omitempty"` // instead of Public, by seat
}

// For is what a seat (or the Watcher) is told; nil is nothing. It may be
// called on a nil Reveal.
func (r *Reveal) For(seat int) json.RawMessage {
	if r == nil {
		return nil
	}
	if secret, ok := r.Secret[seat]; ok {
		return secret
	}
	return r.Public
}

// Action is one entry of a game's record: a canonical move, or a lapse.
type Action struct {
	Seat   int    `json:"seat"`
	Move   string `json:"move,omitempty"`
	Lapsed bool   `json:"lapsed,omitempty"`
}

// Apply plays one action.
func Apply(pos Position, action Action) (Step, error) {
	if action.Lapsed {
		return pos.Lapse(action.Seat)
	}
	return pos.Play(action.Seat, action.Move)
}

// Replay gives the position that a setup and the actions since lead to.
// An action that is refused is an error that says which.
func Replay(rules Rules, setup Setup, actions []Action) (Position, error) {
	pos, err := rules.New(setup)
	if err != nil {
		return nil, fmt.Errorf("game: new %s: %w", rules.Info().ID, err)
	}
	for i, action := range actions {
		step, err := Apply(pos, action)
		if err != nil {
			return nil, fmt.Errorf("game: replay %s: action %d by seat %d: %w", rules.Info().ID, i+1, action.Seat, err)
		}
		pos = step.Next
	}
	return pos, nil
}

// singles are shared, so that naming the one seat to move costs nothing.
var singles = [...][]int{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}}

// Only is the list of that one seat, for Actors and Winners.
func Only(seat int) []int {
	if seat >= 0 && seat < len(singles) {
		return singles[seat]
	}
	return []int{seat}
}
