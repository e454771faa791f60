package connect4

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/everturn/everturn/game"
)

// Bot implements game.Rules. The weakest plays half of its moves at random and
// sees wins and threats with the other half; the medium one looks four moves
// ahead; the strongest at least eight.
func (Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	p, err := fromView(view, seat)
	if err != nil {
		return "", err
	}
	if !strength.Valid() {
		return "", fmt.Errorf("connect4: bot: no strength %d", strength)
	}
	random := seed.Rand()
	own, taken := p.pieces[seat], p.taken()
	var choice []int
	switch {
	case strength == game.Strongest:
		choice = new(search).deepen(own, taken)
	case strength == game.Medium:
		choice = new(search).best(own, taken, 4)
	case random.IntN(2) == 0:
		choice = new(search).best(own, taken, 1)
	default:
		choice = p.free()
	}
	return names[choice[random.IntN(len(choice))]], nil
}

// free are the columns that are not full.
func (p position) free() (free []int) {
	for column := range columns {
		if p.taken().drop(column) != 0 {
			free = append(free, column)
		}
	}
	return free
}

// fromView rebuilds what the bot needs: the pieces, and that seat is to move.
func fromView(view []byte, seat int) (position, error) {
	var v struct {
		Board  []string `json:"board"`
		Actors []int    `json:"actors"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return position{}, fmt.Errorf("connect4: bot: view: %w", err)
	}
	if len(v.Actors) != 1 || v.Actors[0] != seat || seat < 0 || seat > 1 {
		return position{}, errors.New("connect4: bot: it is not its turn")
	}
	pieces, ok := parseRows(v.Board)
	p := position{pieces: pieces, flagged: nobody, last: none}
	ahead := pieces[1-seat].count() - pieces[seat].count()
	if !ok || ahead < 0 || ahead > 1 || p.Result() != nil {
		return position{}, errors.New("connect4: bot: impossible board")
	}
	return p, nil
}
