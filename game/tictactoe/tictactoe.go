// Package tictactoe is the game of noughts and crosses: three in a line wins.
//
// A move is the cell, "1" to "9", row by row from the top left. The view has
//
//	"board"  nine characters, row by row: "0" or "1" for a seat's mark, "." for empty
//	"line"   the indexes into board of the winning line (of both, if one mark
//	         completes two), or null
//
// A player whose time runs out has lost.
package tictactoe

import (
	"math/bits"
	"time"

	"github.com/everturn/everturn/game"
)

// Rules are the rules of tic-tac-toe.
type Rules struct{}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{ID: "tictactoe", Name: "Tic-tac-toe", MinSeats: 2, MaxSeats: 2, Clock: true, Takeback: true}
}

// New implements game.Rules.
func (Rules) New(setup game.Setup) (game.Position, error) {
	return position{first: setup.First, flagged: nobody}, nil
}

// nobody is in place of a seat.
const nobody = -1

// cells is a set of cells: bit i is board index i.
type cells uint16

const full cells = 1<<9 - 1

var lines = [...]cells{0o007, 0o070, 0o700, 0o111, 0o222, 0o444, 0o421, 0o124}

// completed are the cells of all lines within the marks.
func (marks cells) completed() (won cells) {
	for _, line := range lines {
		if marks&line == line {
			won |= line
		}
	}
	return won
}

type position struct {
	marks   [2]cells // by seat
	first   int
	flagged int // the seat whose time ran out, or nobody
}

func (p position) taken() cells { return p.marks[0] | p.marks[1] }

func (p position) turn() int { return (p.first + bits.OnesCount16(uint16(p.taken()))) % 2 }

// Actors implements game.Position.
func (p position) Actors() []int {
	if p.Result() != nil {
		return nil
	}
	return game.Only(p.turn())
}

// Phase implements game.Position.
func (p position) Phase() int {
	phase := bits.OnesCount16(uint16(p.taken()))
	if p.flagged != nobody {
		phase++
	}
	return phase
}

// names has the moves by board index.
var names = [9]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}

// Moves implements game.Position.
func (p position) Moves(seat int) []string {
	if game.CheckTurn(p.Actors(), seat) != nil {
		return nil
	}
	moves := make([]string, 0, len(names))
	for i, name := range names {
		if p.taken()&(1<<i) == 0 {
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
	if len(move) != 1 || move[0] < '1' || move[0] > '9' {
		return game.Step{}, game.Illegal("A move is a cell from 1 to 9")
	}
	cell := cells(1) << (move[0] - '1')
	if p.taken()&cell != 0 {
		return game.Step{}, game.Illegal("Cell " + move + " is taken")
	}
	p.marks[seat] |= cell
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
	case p.marks[0].completed() != 0:
		return game.WonBy(0, game.ReasonLine)
	case p.marks[1].completed() != 0:
		return game.WonBy(1, game.ReasonLine)
	case p.taken() == full:
		return game.Drawn(game.ReasonFull)
	default:
		return nil
	}
}

// View implements game.Position.
func (p position) View(v *game.View) {
	v.String("board", p.board())
	won := p.marks[0].completed() | p.marks[1].completed()
	if won == 0 {
		v.Null("line")
		return
	}
	var line []int
	for i := range names {
		if won&(1<<i) != 0 {
			line = append(line, i)
		}
	}
	v.Ints("line", line)
}
