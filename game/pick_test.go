package game_test

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/everturn/everturn/game"
)

// pick is a tiny game with secrets: for two rounds both seats pick a word at
// once, which is told when both have. The seed shows when the game is over.
// Words beginning with "boom" break the rules' code in several places.
type pick struct{}

func (pick) Info() game.Info {
	return game.Info{ID: "pick", Name: "Pick", MinSeats: 2, MaxSeats: 2, Simultaneous: true, Hidden: true, Clock: true}
}

func (pick) New(setup game.Setup) (game.Position, error) { return &picking{setup: setup}, nil }

func (pick) Load([]byte) (game.Position, error) { return nil, errors.New("pick cannot be loaded") }

// Bot of strength 1 plays well, 2 fails, 3 cheats.
func (pick) Bot(_ []byte, _ int, strength game.Strength, _ game.Seed) (string, error) {
	switch strength {
	case game.Weakest:
		return "aaa", nil
	case game.Medium:
		return "", errors.New("no idea")
	default:
		return "ZZZ", nil
	}
}

type picking struct {
	setup game.Setup
	words [2]string
	told  []string
	blind bool // its view panics
	stuck bool // its actors do
}

const rounds = 2

func (p *picking) Actors() (actors []int) {
	if p.stuck {
		panic("nobody knows whose turn it is")
	}
	if p.Result() != nil {
		return nil
	}
	for seat, word := range p.words {
		if word == "" {
			actors = append(actors, seat)
		}
	}
	return actors
}

func (p *picking) Phase() int { return len(p.told) }

func (p *picking) Moves(int) []string { return nil }

func (p *picking) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if move == "boom" {
		panic("the rules broke")
	}
	if move == "" || strings.ToLower(move) != move {
		return game.Step{}, game.Illegal("Only small letters")
	}
	return p.choose(seat, move), nil
}

func (p *picking) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	step := p.choose(seat, "-")
	step.Move = ""
	return step, nil
}

func (p *picking) choose(seat int, word string) game.Step {
	next := *p
	next.words[seat] = word
	next.blind, next.stuck = word == "boom-view", word == "boom-actors"
	step := game.Step{Next: &next, Move: word, Hidden: true}
	if next.words[1-seat] != "" {
		told := next.words[0] + "+" + next.words[1]
		next.told = append(next.told[:len(next.told):len(next.told)], told)
		next.words = [2]string{}
		public, err := json.Marshal(map[string]string{"told": told})
		if err != nil {
			panic(err)
		}
		step.Revealed = &game.Reveal{Public: public}
		if strings.Contains(told, "boom-reveal") {
			step.Revealed.Public = []byte("{")
		}
	}
	return step
}

func (p *picking) Deadline() time.Duration { return 0 }

func (p *picking) Result() *game.Result {
	if len(p.told) < rounds {
		return nil
	}
	return game.Drawn(game.ReasonRounds)
}

func (p *picking) View(v *game.View) {
	if p.blind {
		panic("nobody can see this")
	}
	if v.Reveals() {
		v.String("seed", string(must(p.setup.Seed.MarshalText())))
	}
	v.Strings("told", p.told)
	var own []string
	for seat, word := range p.words {
		if word != "" && v.Sees(seat) {
			own = append(own, word)
		}
	}
	v.Strings("words", own)
}

func (p *picking) Save() []byte { return nil }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
