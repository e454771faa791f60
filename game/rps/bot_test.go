package rps_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/rps"
)

// player is how somebody chooses: by the rounds so far, own letter first.
type player func(rounds []string, random *rand.Rand) string

// A few ways in which people and simple programs play.
var players = map[string]player{
	"by lot":       func(_ []string, random *rand.Rand) string { return lot(random) },
	"rock":         func([]string, *rand.Rand) string { return "r" },
	"mostly paper": func(_ []string, random *rand.Rand) string { return mostly("p", random) },
	"round about":  func(rounds []string, _ *rand.Rand) string { return "rps"[len(rounds)%3:][:1] },
	"two and one":  func(rounds []string, _ *rand.Rand) string { return "rrs"[len(rounds)%3:][:1] },
	// Stays with what has won, and changes to what beats it after a loss.
	"stay or shift": func(rounds []string, random *rand.Rand) string {
		if len(rounds) == 0 {
			return lot(random)
		}
		last := rounds[len(rounds)-1]
		if last == "rp" || last == "ps" || last == "sr" {
			return beating[last[:1]]
		}
		return last[:1]
	},
	// Plays what would have won.
	"too late": func(rounds []string, random *rand.Rand) string {
		if len(rounds) == 0 {
			return lot(random)
		}
		return beating[rounds[len(rounds)-1][1:]]
	},
}

var beating = map[string]string{"r": "p", "p": "s", "s": "r"}

func lot(random *rand.Rand) string { return "rps"[random.IntN(3):][:1] }

func mostly(letter string, random *rand.Rand) string {
	if random.IntN(3) > 0 {
		return letter
	}
	return lot(random)
}

// share is how many of the games the bot wins against a player, in hundredths.
func share(t *testing.T, strength game.Strength, opponent player) int {
	const games = 100
	random := rand.New(rand.NewPCG(1, uint64(strength)))
	won := 0
	for n := range games {
		pos, bot := begin(t, `{"bestOf":21}`), n%2
		for pos.Result() == nil {
			choice := opponent(turned(t, pos, 1-bot), random)
			move, err := rps.Rules{}.Bot(game.ViewJSON(pos, bot), bot, strength, game.Seed{byte(random.Uint32()), byte(random.Uint32())})
			if err != nil {
				t.Fatal(err)
			}
			round := choice + move[:1]
			if bot == 0 {
				round = move[:1] + choice
			}
			pos = mustPlay(t, pos, round)
		}
		if winners := pos.Result().Winners; len(winners) == 1 && winners[0] == bot {
			won++
		}
	}
	return won * 100 / games
}

// turned are the rounds as a seat sees them: its own letter first.
func turned(t *testing.T, pos game.Position, seat int) []string {
	var v struct{ Rounds []string }
	if err := json.Unmarshal(game.ViewJSON(pos, seat), &v); err != nil {
		t.Fatal(err)
	}
	for i, r := range v.Rounds {
		v.Rounds[i] = string([]byte{r[seat], r[1-seat]})
	}
	return v.Rounds
}

// The weakest wins half of its games against anybody. The medium one finds out
// who prefers something, and the strongest who follows a pattern; against
// somebody who draws lots, nobody can do better than half.
func TestStrengths(t *testing.T) {
	for name, wanted := range map[string][3]int{ // at least, by strength
		"by lot":        {35, 35, 35},
		"rock":          {35, 100, 100},
		"mostly paper":  {35, 85, 75},
		"round about":   {35, 0, 95},
		"two and one":   {35, 95, 95},
		"stay or shift": {35, 0, 95},
		"too late":      {35, 0, 95},
	} {
		for i, least := range wanted {
			strength := game.Strength(i + 1)
			got := share(t, strength, players[name])
			t.Logf("%-14s strength %d wins %d %%", name, strength, got)
			if got < least {
				t.Errorf("against %q strength %d wins %d %% of its games, want %d", name, strength, got, least)
			}
			if (strength == game.Weakest || name == "by lot") && got > 65 {
				t.Errorf("against %q strength %d wins %d %% of its games, which is no chance", name, strength, got)
			}
		}
	}
}

// What a bot may compute for is some 100 ms; the longest game takes far less.
func TestBotIsQuick(t *testing.T) {
	var rounds []string
	for range 98 {
		rounds = append(rounds, "rr")
	}
	pos := mustPlay(t, begin(t, ""), rounds...)
	start := time.Now()
	if _, err := (rps.Rules{}).Bot(game.ViewJSON(pos, 0), 0, game.Strongest, game.Seed{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("the strongest bot took %v", took)
	}
}

func BenchmarkBot(b *testing.B) {
	pos := mustPlay(b, begin(b, `{"bestOf":21}`), "rs", "rp", "ss", "pr", "rs", "pp", "rs", "sr")
	view := game.ViewJSON(pos, 0)
	for b.Loop() {
		if _, err := (rps.Rules{}).Bot(view, 0, game.Strongest, game.Seed{}); err != nil {
			b.Fatal(err)
		}
	}
}
