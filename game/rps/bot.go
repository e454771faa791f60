package rps

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/everturn/everturn/game"
)

// Bot implements game.Rules. The weakest chooses by lot; the medium one expects
// what the other seat has chosen most often; the strongest looks for patterns
// in the rounds, and expects what followed them before.
func (Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	rounds, err := fromView(view, seat)
	if err != nil {
		return "", err
	}
	random := seed.Rand()
	var expected [3]int // by index into letters: how much speaks for the other's choice
	switch strength {
	case game.Weakest:
	case game.Medium:
		expected = frequencies(rounds)
	case game.Strongest:
		expected = patterns(rounds)
	default:
		return "", fmt.Errorf("rps: bot: no strength %d", strength)
	}
	choice := mostLikely(expected, random)
	if strength != game.Weakest {
		choice = (choice + 1) % len(names) // what beats it
	}
	return names[choice], nil
}

// mostLikely is one of those for which most speaks.
func mostLikely(expected [3]int, random *rand.Rand) int {
	var likely []int
	for i, n := range expected {
		if n == slices.Max(expected[:]) {
			likely = append(likely, i)
		}
	}
	return likely[random.IntN(len(likely))]
}

// exchange is a round as the bot sees it: its own choice and the other's.
type exchange struct{ own, other byte }

// frequencies count the other's choices.
func frequencies(rounds []exchange) (counts [3]int) {
	for _, r := range rounds {
		if i := strings.IndexByte(letters, r.other); i >= 0 {
			counts[i]++
		}
	}
	return counts
}

// longest pattern that is looked for, in rounds.
const longest = 4

// patterns weigh what the other chose each time after rounds like the last
// ones. People and simple programs react: to what they chose themselves, to
// what was chosen against them, and to both; so the rounds are read in all
// three ways. A longer pattern says more than all shorter ones together, and
// of equally long ones each adds its part.
func patterns(rounds []exchange) (weights [3]int) {
	readings := []func(r exchange) exchange{
		func(r exchange) exchange { return r },
		func(r exchange) exchange { return exchange{other: r.other} },
		func(r exchange) exchange { return exchange{own: r.own} },
	}
	for _, read := range readings {
		for i := 1; i < len(rounds); i++ {
			chosen := strings.IndexByte(letters, rounds[i].other)
			if length := alike(rounds, i, read); length > 0 && chosen >= 0 {
				weights[chosen] += 1 << (4 * length)
			}
		}
	}
	return weights
}

// alike is how many rounds before the i-th are as those before the next one.
func alike(rounds []exchange, i int, read func(exchange) exchange) int {
	length := 0
	for length < longest && length < i && read(rounds[i-1-length]) == read(rounds[len(rounds)-1-length]) {
		length++
	}
	return length
}

// fromView reads the rounds played, and checks that seat is to choose.
func fromView(view []byte, seat int) ([]exchange, error) {
	var v struct {
		Actors []int    `json:"actors"`
		Rounds []string `json:"rounds"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return nil, fmt.Errorf("rps: bot: view: %w", err)
	}
	if seat < 0 || seat > 1 || !slices.Contains(v.Actors, seat) {
		return nil, errors.New("rps: bot: it is not its turn")
	}
	rounds := make([]exchange, 0, len(v.Rounds))
	for _, r := range v.Rounds {
		if len(r) != 2 {
			return nil, fmt.Errorf("rps: bot: impossible round %.20q", r)
		}
		rounds = append(rounds, exchange{r[seat], r[1-seat]})
	}
	return rounds, nil
}
