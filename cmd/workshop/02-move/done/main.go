// Command done is the finished program of step 2: tic-tac-toe as a loop that waits for moves.
package main

import (
	"errors"
	"strings"
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
)

// patience is how long a game may last.
const patience = time.Hour

// Board is what is shown of a game from outside.
type Board struct {
	Board string // row by row: X is you, O the house
	Says  string
}

// cut: loop
// play waits for a move, answers it, and waits for the next one.
func play(c *orchestrator.Context, _ orchestrator.None) (Board, error) {
	began := c.Now()
	table := newTable()
	for !table.over() {
		c.SetStatus(table.board())
		cell, err := orchestrator.Event[string](c, "move")
		if err != nil {
			return table.board(), err
		}
		if c.Now().Sub(began) > patience {
			return table.board(), errors.New("too late: the house has gone to bed")
		}
		if table.play(you, cell) {
			table.play(house, table.firstFree())
		}
	}
	return table.board(), nil
}

// end

var loop = orchestrator.Define("tictactoe-loop", play)

func main() {
	stage.Run(stage.Program{Step: "02-move", Orchestrations: []orchestrator.Definition{loop}})
}

// The seats.
const (
	you   = 0
	house = 1
)

// table is a game of tic-tac-toe. It is not on disk: it is what the moves so far make of it.
type table struct {
	position game.Position
	says     string
}

func newTable() *table {
	position, err := tictactoe.Rules{}.New(game.Setup{Seats: 2})
	if err != nil {
		panic(err)
	}
	return &table{position, "your move: 1 to 9"}
}

func (t *table) over() bool { return t.position.Result() != nil }

// play makes a move, or says why not. The second of two is not asked for once the first has ended the game.
func (t *table) play(seat int, cell string) (moved bool) {
	if t.over() {
		return false
	}
	step, err := t.position.Play(seat, cell)
	if err != nil {
		t.says = err.Error()
		return false
	}
	t.position, t.says = step.Next, "your move: 1 to 9"
	if result := t.position.Result(); result != nil {
		t.says = string(result.Kind) + ": " + string(result.Reason)
	}
	return true
}

// firstFree is how the house plays: not well.
func (t *table) firstFree() string {
	for _, cell := range t.position.Moves(house) {
		return cell
	}
	return ""
}

func (t *table) board() Board {
	cells := strings.NewReplacer("0", "X", "1", "O").Replace(string(t.position.Save())[:9])
	return Board{cells[:3] + " " + cells[3:6] + " " + cells[6:], t.says}
}
