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
// Rules are the rules of Nim.
type Rules struct{}

type position struct {
	heaps   [3]int
	seat    int // whose turn it is
	flagged int // the seat whose time ran out, or -1
}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{ID: "nim", Name: "Nim", MinSeats: 2, MaxSeats: 2, Clock: true, Takeback: true}
}

// New implements game.Rules.
func (Rules) New(s game.Setup) (game.Position, error) {
	return position{heaps: [3]int{3, 4, 5}, seat: s.First, flagged: -1}, nil
}

func (p position) left() int { return p.heaps[0] + p.heaps[1] + p.heaps[2] }

// end

// cut: moves
func (p position) Moves(seat int) (moves []string) {
	for heap, stones := range p.heaps {
		for n := 1; n <= stones && game.CheckTurn(p.Actors(), seat) == nil; n++ {
			moves = append(moves, fmt.Sprintf("%c%d", 'a'+heap, n))
		}
	}
	return moves
}

func (p position) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if !slices.Contains(p.Moves(seat), move) {
		return game.Step{}, game.Illegal("Take one stone or more of one heap: a1, b3")
	}
	p.heaps[move[0]-'a'] -= int(move[1] - '0') // of a copy: the position before stays as it was
	p.seat = 1 - seat
	return game.Step{Next: p, Move: move}, nil
}

func (p position) Lapse(seat int) (game.Step, error) {
	err := game.CheckTurn(p.Actors(), seat)
	p.flagged = seat
	return game.Step{Next: p}, err
}

// end

// cut: end
func (p position) Result() *game.Result {
	switch {
	case p.flagged >= 0:
		return game.WonBy(1-p.flagged, game.ReasonFlag)
	case p.left() == 0:
		return game.WonBy(1-p.seat, "last") // who has just moved
	}
	return nil
}

func (p position) Actors() []int {
	if p.Result() != nil {
		return nil
	}
	return game.Only(p.seat)
}

func (p position) Phase() int {
	if p.flagged >= 0 {
		return 13
	}
	return 12 - p.left()
}

func (position) Deadline() time.Duration { return 0 }
func (p position) View(v *game.View)     { v.Ints("heaps", p.heaps[:]) }

// end

// cut: save
func (p position) Save() []byte {
	return fmt.Appendf(nil, "%d %d %d %d %d", p.heaps[0], p.heaps[1], p.heaps[2], p.seat, p.flagged)
}

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	p := position{}
	_, err := fmt.Sscanf(string(data), "%d %d %d %d %d", &p.heaps[0], &p.heaps[1], &p.heaps[2], &p.seat, &p.flagged)
	for heap, stones := range p.heaps {
		if stones < 0 || stones > 3+heap || p.seat < 0 || p.seat > 1 || p.flagged >= 0 && p.flagged != p.seat {
			err = errors.New("not a position of Nim")
		}
	}
	if err != nil || string(p.Save()) != string(data) {
		return nil, fmt.Errorf("nim: %q cannot be loaded: %w", data, err)
	}
	return p, nil
}

// end
