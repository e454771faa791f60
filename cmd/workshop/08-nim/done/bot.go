// How the house plays Nim: by what it sees, as everybody does.
package main

import (
	"encoding/json"
	"errors"

	"github.com/everturn/everturn/game"
)

// cut: bot
// Bot implements game.Rules: the strongest leaves heaps whose binary digits are even in number, where that can be.
func (r Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	var seen struct {
		Heaps [3]int
		Moves []string
	}
	if err := json.Unmarshal(view, &seen); err != nil || len(seen.Moves) == 0 || !strength.Valid() {
		return "", errors.New("nim: this view leaves nothing to move")
	}
	random := seed.Rand()
	for _, move := range seen.Moves {
		after := seen.Heaps
		after[move[0]-'a'] -= int(move[1] - '0')
		if after[0]^after[1]^after[2] == 0 && random.IntN(3) < int(strength) {
			return move, nil
		}
	}
	return seen.Moves[random.IntN(len(seen.Moves))], nil
}

// end
