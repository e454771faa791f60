// The game of Nim: three heaps of stones. Who takes the last stone wins. A move is a heap and how many are taken: "b3".
package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/everturn/everturn/game"
)

// cut: position
// FILL IN 1: what a position is, and the first one. This one has no stones.

// Rules are the rules of Nim.
type Rules struct{}

type position struct{}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{ID: "nim", Name: "Nim", MinSeats: 2, MaxSeats: 2}
}

// New implements game.Rules.
func (Rules) New(game.Setup) (game.Position, error) { return position{}, nil }

// end

// cut: moves
// FILL IN 2: the legal moves, making one, and what it means that somebody's time ran out.
func (p position) Moves(seat int) (moves []string) { return slices.Clip(moves) }

func (position) Play(int, string) (game.Step, error) {
	return game.Step{}, errors.New("nobody has written this move yet")
}

func (position) Lapse(int) (game.Step, error) {
	return game.Step{}, errors.New("nobody has written this yet")
}

// end

// cut: end
// FILL IN 3: who won, whose turn it is, and what is to be seen.
func (position) Result() *game.Result    { return nil }
func (position) Actors() []int           { return nil }
func (position) Phase() int              { return 0 }
func (position) Deadline() time.Duration { return 0 }
func (position) View(*game.View)         {}

// end

// cut: save
// FILL IN 4: a position as text, and back.
func (position) Save() []byte { return nil }

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	return nil, fmt.Errorf("%q cannot be loaded: nobody has written this yet", data)
}

// end
