// Command start is where step 2 begins: tic-tac-toe without the loop that waits for moves.
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
// FILL IN: the loop. Until the table is over: show it (c.SetStatus), wait for the event "move", play it, and let the house
// answer. A game that has lasted longer than patience is over, too.
func play(c *orchestrator.Context, _ orchestrator.None) (Board, error) {
	t := newTable()
	for range 0 { // as often as there are moves
		t.play(you, "1")
		t.play(house, t.firstFree())
	}
	return t.board(), errors.New("nobody has written this loop yet")
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
