package tictactoe

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/everturn/everturn/game"
)

// Bot implements game.Rules. The strongest never loses; the medium one sees
// wins and threats, and else plays at random; the weakest sees them half the time.
func (Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	p, err := fromView(view, seat)
	if err != nil {
		return "", err
	}
	if !strength.Valid() {
		return "", fmt.Errorf("tictactoe: bot: no strength %d", strength)
	}
	random := seed.Rand()
	depth := 9
	switch {
	case strength == game.Weakest && random.IntN(2) == 0:
		depth = 0
	case strength < game.Strongest:
		depth = 2
	}
	// Of equally good moves the seed chooses one.
	var best []string
	bestValue := -10
	for _, move := range p.Moves(seat) {
		value := 0
		if depth > 0 {
			value = -p.with(seat, move).value(depth - 1)
		}
		if value > bestValue {
			best, bestValue = nil, value
		}
		if value == bestValue {
			best = append(best, move)
		}
	}
	return best[random.IntN(len(best))], nil
}

// fromView rebuilds what the bot needs: the marks, and that seat is to move.
func fromView(view []byte, seat int) (position, error) {
	var v struct {
		Board  string `json:"board"`
		Actors []int  `json:"actors"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return position{}, fmt.Errorf("tictactoe: bot: view: %w", err)
	}
	if len(v.Actors) != 1 || v.Actors[0] != seat || seat < 0 || seat > 1 {
		return position{}, errors.New("tictactoe: bot: it is not its turn")
	}
	p := position{marks: parseBoard(v.Board), flagged: nobody}
	// Who began follows from the number of marks and whose turn it is.
	if p.turn() != seat {
		p.first = 1
	}
	if p.board() != v.Board || !p.possible() || p.Result() != nil {
		return position{}, fmt.Errorf("tictactoe: bot: impossible board %.20q", v.Board)
	}
	return p, nil
}

// with is the position after a move that is known to be legal.
func (p position) with(seat int, move string) position {
	p.marks[seat] |= 1 << (move[0] - '1')
	return p
}

// value is how good p is for the seat to move, looking depth moves ahead:
// 10 less the distance to a forced win, 0 for a draw or what lies beyond.
func (p position) value(depth int) int {
	seat := p.turn()
	if p.marks[1-seat].completed() != 0 {
		return -9
	}
	if p.taken() == full || depth == 0 {
		return 0
	}
	best := -10
	for i := range names {
		if p.taken()&(1<<i) == 0 {
			best = max(best, -p.with(seat, names[i]).value(depth-1))
		}
	}
	// A win or loss further away weighs less.
	switch {
	case best > 0:
		return best - 1
	case best < 0:
		return best + 1
	}
	return 0
}
