// Package battleship is the game of shots at a hidden fleet: both seats place
// five ships on ten by ten cells, at once and unseen; then they shoot in turn,
// and who has hit every cell of the other's fleet wins.
//
// The first move of a seat is its fleet: "fleet:a1h,c2v,e5h,a9h,j1v", ships of
// 5, 4, 3, 3 and 2 cells in this order, each by its top left cell and "h" (to
// the right) or "v" (down). Ships may touch and may not overlap. "fleet:random"
// is a fleet drawn by the game's seed; the record has it expanded. Then a move
// is the cell to shoot at, "b7": column a to j, row 1 to 10. The view has
//
//	"again"   the option: a hit shoots again
//	"fleets"  each seat's ships in their order, as places like "a1h": null for a
//	          ship that the viewer may not know, which is every one of the other's
//	          that is not sunk; null for a fleet that is not placed
//	"last"    the last shot, as it was revealed, or null
//	"waters"  each seat's board, row by row from the top left, as 100 letters: "x"
//	          where it was hit, "o" where it was shot at and missed, else "."
//
// What is revealed with each shot is the cell, whether it was a hit, the seat
// that shot, and the ship that it sank (its number in the fleet, from 0, and
// its place) or null:
//
//	{"cell":"b7","hit":true,"seat":0,"sunk":{"place":"b6v","ship":4}}
//
// A player whose time runs out has lost; if both let the time for placing run
// out, the game is void.
package battleship

import (
	"strings"
	"time"

	"github.com/everturn/everturn/game"
)

// Rules are the rules of battleship.
type Rules struct{}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{
		ID: "battleship", Name: "Battleship", MinSeats: 2, MaxSeats: 2, Simultaneous: true, Hidden: true, Clock: true,
		Options: game.OptionSpecs{game.BoolOption("again", "A hit shoots again", false)},
	}
}

// New implements game.Rules.
func (Rules) New(setup game.Setup) (game.Position, error) {
	return position{again: setup.Options.Bool("again"), first: setup.First, last: none, seed: setup.Seed}, nil
}

// none is in place of a cell.
const none = -1

// position shares its fleets with other positions; they never change.
type position struct {
	again  bool
	first  int
	fleets [2]*fleet // by seat; nil before it is placed
	late   [2]bool   // the seats whose time ran out
	shots  [2]cells  // by the seat that was shot at
	last   int       // the cell shot at last, or none
	by     int       // the seat that shot last
	seed   game.Seed
}

// placed says whether a seat has done with placing, also by running out of time.
func (p position) placed(seat int) bool { return p.fleets[seat] != nil || p.late[seat] }

// shooting says whether both fleets are in place.
func (p position) shooting() bool { return p.fleets[0] != nil && p.fleets[1] != nil }

// hits are the cells of a seat's ships that were hit.
func (p position) hits(seat int) cells { return p.shots[seat].and(p.fleets[seat].all()) }

// sunk says whether all cells of a ship were hit.
func (p position) sunk(seat, ship int) bool {
	return p.fleets[seat] != nil && p.fleets[seat][ship].cells.without(p.shots[seat]).empty()
}

// turn is the seat to shoot next.
func (p position) turn() int {
	switch {
	case p.last == none:
		return p.first
	case p.again && p.hits(1-p.by).has(p.last):
		return p.by
	default:
		return 1 - p.by
	}
}

// Actors implements game.Position.
func (p position) Actors() []int {
	switch {
	case p.Result() != nil:
		return nil
	case p.shooting():
		return game.Only(p.turn())
	case p.placed(0):
		return game.Only(1)
	case p.placed(1):
		return game.Only(0)
	default:
		return []int{0, 1}
	}
}

// Phase implements game.Position.
func (p position) Phase() int {
	if !p.placed(0) || !p.placed(1) {
		return 0
	}
	phase := 1 + p.shots[0].count() + p.shots[1].count()
	if p.shooting() && (p.late[0] || p.late[1]) {
		phase++
	}
	return phase
}

// Moves implements game.Position: fleets are too many to list.
func (p position) Moves(seat int) []string {
	if game.CheckTurn(p.Actors(), seat) != nil || !p.shooting() {
		return nil
	}
	moves := make([]string, 0, total)
	for i, name := range names {
		if !p.shots[1-seat].has(i) {
			moves = append(moves, name)
		}
	}
	return moves
}

const (
	howToPlace = "Place five ships first, such as fleet:a1h,c2v,e5h,a9h,j1v, or fleet:random"
	howToShoot = "A shot is a cell from a1 to j10"
)

// Play implements game.Position.
func (p position) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if p.shooting() {
		return p.shoot(seat, move)
	}
	return p.place(seat, move)
}

func (p position) place(seat int, move string) (game.Step, error) {
	text, ok := strings.CutPrefix(move, "fleet:")
	if !ok {
		return game.Step{}, game.Illegal(howToPlace)
	}
	var f *fleet
	if text == "random" {
		f = randomFleet(p.seed.Derive("fleet", seat))
	} else {
		var err error
		if f, err = parseFleet(text); err != nil {
			return game.Step{}, err
		}
	}
	p.fleets[seat] = f
	return game.Step{Next: p, Move: "fleet:" + f.String(), Hidden: true}, nil
}

func (p position) shoot(seat int, move string) (game.Step, error) {
	i, ok := cellNamed(move)
	if !ok {
		return game.Step{}, game.Illegal(howToShoot)
	}
	if p.shots[1-seat].has(i) {
		return game.Step{}, game.Illegal("You have shot at " + move + " before")
	}
	p.shots[1-seat] = p.shots[1-seat].with(i)
	p.last, p.by = i, seat
	return game.Step{Next: p, Move: move, Revealed: &game.Reveal{Public: p.appendLast(nil)}}, nil
}

// Lapse implements game.Position. While both place, the other still may: that
// the order in which they end makes no difference.
func (p position) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	p.late[seat] = true
	return game.Step{Next: p}, nil
}

// Deadline implements game.Position: there is none.
func (position) Deadline() time.Duration { return 0 }

// Result implements game.Position.
func (p position) Result() *game.Result {
	switch {
	case !p.placed(0) || !p.placed(1):
		return nil
	case p.late[0] && p.late[1]:
		return &game.Result{Kind: game.Void, Reason: game.ReasonFlag, Winners: []int{}}
	case p.late[0]:
		return game.WonBy(1, game.ReasonFlag)
	case p.late[1]:
		return game.WonBy(0, game.ReasonFlag)
	case p.hits(0).count() == fleetCells:
		return game.WonBy(1, game.ReasonFleet)
	case p.hits(1).count() == fleetCells:
		return game.WonBy(0, game.ReasonFleet)
	default:
		return nil
	}
}
