// Package connect4 is the game of four in a row: seven columns of six cells,
// pieces fall to the bottom, and four in a line (across, up or slanting) win.
//
// A move is the column, "1" to "7" from the left. The view has
//
//	"board"  six texts, the top row first, of seven characters each: "0" or "1"
//	         for a seat's piece, "." for empty
//	"last"   the piece that fell last as [row, column], indexes into board, or null
//	"line"   the pieces of the winning line (of all of them, if one piece
//	         completes several) as a list of [row, column], or null
//
// A player whose time runs out has lost.
package connect4

import (
	"time"

	"github.com/everturn/everturn/game"
)

// Rules are the rules of four in a row.
type Rules struct{}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{ID: "connect4", Name: "Connect Four", MinSeats: 2, MaxSeats: 2, Clock: true, Takeback: true}
}

// New implements game.Rules.
func (Rules) New(setup game.Setup) (game.Position, error) {
	return position{first: setup.First, flagged: nobody, last: none}, nil
}

// In place of a seat, and of a column.
const (
	nobody = -1
	none   = -1
)

type position struct {
	pieces  [2]board // by seat
	first   int
	flagged int // the seat whose time ran out, or nobody
	last    int // the column of the last move, or none
}

func (p position) taken() board { return p.pieces[0] | p.pieces[1] }

func (p position) turn() int { return (p.first + p.taken().count()) % 2 }

// Actors implements game.Position.
func (p position) Actors() []int {
	if p.Result() != nil {
		return nil
	}
	return game.Only(p.turn())
}

// Phase implements game.Position.
func (p position) Phase() int {
	phase := p.taken().count()
	if p.flagged != nobody {
		phase++
	}
	return phase
}

// names has the moves by column.
var names = [columns]string{"1", "2", "3", "4", "5", "6", "7"}

// Moves implements game.Position.
func (p position) Moves(seat int) []string {
	if game.CheckTurn(p.Actors(), seat) != nil {
		return nil
	}
	moves := make([]string, 0, columns)
	for column, name := range names {
		if p.taken().drop(column) != 0 {
			moves = append(moves, name)
		}
	}
	return moves
}

// Play implements game.Position.
func (p position) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if len(move) != 1 || move[0] < '1' || move[0] > '7' {
		return game.Step{}, game.Illegal("A move is a column from 1 to 7")
	}
	column := int(move[0] - '1')
	piece := p.taken().drop(column)
	if piece == 0 {
		return game.Step{}, game.Illegal("Column " + move + " is full")
	}
	p.pieces[seat] |= piece
	p.last = column
	return game.Step{Next: p, Move: move}, nil
}

// Lapse implements game.Position.
func (p position) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	p.flagged = seat
	return game.Step{Next: p}, nil
}

// Deadline implements game.Position: there is none.
func (position) Deadline() time.Duration { return 0 }

// Result implements game.Position.
func (p position) Result() *game.Result {
	switch {
	case p.flagged != nobody:
		return game.WonBy(1-p.flagged, game.ReasonFlag)
	case p.pieces[0].hasFour():
		return game.WonBy(0, game.ReasonFour)
	case p.pieces[1].hasFour():
		return game.WonBy(1, game.ReasonFour)
	case p.taken() == full:
		return game.Drawn(game.ReasonFull)
	default:
		return nil
	}
}

// View implements game.Position.
func (p position) View(v *game.View) {
	v.Value("board", p.appendRows)
	if p.last == none {
		v.Null("last")
	} else {
		v.Ints("last", []int{rows - p.taken().height(p.last), p.last})
	}
	if line := p.pieces[0].fours() | p.pieces[1].fours(); line == 0 {
		v.Null("line")
	} else {
		v.Value("line", line.appendCells)
	}
}
