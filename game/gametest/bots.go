package gametest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/everturn/everturn/game"
)

// checkBots: bots of all strengths play whole games from views alone, with
// legal moves only, the same for the same arguments; and they return an error
// for what is not a view of theirs.
func checkBots(rules game.Rules) error {
	strengths := []game.Strength{game.Weakest, game.Medium, game.Strongest}
	for n := range strengths {
		if err := botGame(rules, strengths, n); err != nil {
			return fmt.Errorf("bot game %d: %w", n, err)
		}
	}
	return nil
}

// botGame seats bots of different strengths, turned by n.
func botGame(rules game.Rules, strengths []game.Strength, n int) error {
	random := source(n)
	setup, err := randomSetup(rules.Info(), random)
	if err != nil {
		return err
	}
	pos, err := rules.New(setup)
	if err != nil {
		return err
	}
	for i := range maxSteps {
		actors := pos.Actors()
		if len(actors) == 0 {
			return nil
		}
		seat := actors[random.IntN(len(actors))]
		strength := strengths[(seat+n)%len(strengths)]
		if i < 4 {
			if err := oddViews(rules, pos, seat, strength); err != nil {
				return err
			}
		}
		move, err := botMove(rules, pos, seat, strength, random, i < 4)
		if err != nil {
			return fmt.Errorf("seat %d, strength %d: %w", seat, strength, err)
		}
		step, err := pos.Play(seat, move)
		if err != nil {
			return fmt.Errorf("seat %d, strength %d plays %q: %w", seat, strength, move, err)
		}
		pos = step.Next
	}
	return fmt.Errorf("no end after %d actions", maxSteps)
}

func botMove(rules game.Rules, pos game.Position, seat int, strength game.Strength, random *rand.Rand, twice bool) (string, error) {
	view, seed := game.ViewJSON(pos, seat), randomSeed(random)
	move, err := rules.Bot(view, seat, strength, seed)
	if err != nil || !twice {
		return move, err
	}
	again, err := rules.Bot(view, seat, strength, seed)
	if err == nil && again != move {
		return "", fmt.Errorf("plays %q, and %q at the same view with the same seed", move, again)
	}
	return move, err
}

// oddViews: a bot that is asked for something impossible says so.
func oddViews(rules game.Rules, pos game.Position, seat int, strength game.Strength) error {
	view := game.ViewJSON(pos, seat)
	over := game.AppendView(nil, pos, game.Look{Seat: seat, Result: game.Drawn(game.ReasonAgreed)})
	for _, odd := range [][]byte{nil, []byte("{}"), []byte("[1]"), view[:len(view)/2], over} {
		if move, err := rules.Bot(odd, seat, strength, game.Seed{}); err == nil {
			return fmt.Errorf("the bot plays %q at the view %q", move, odd)
		}
	}
	if _, err := rules.Bot(view, seat, game.Strongest+1, game.Seed{}); err == nil {
		return errors.New("the bot plays with a strength that there is not")
	}
	return nil
}
