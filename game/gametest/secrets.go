package gametest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/everturn/everturn/game"
)

// checkSecrets is non-interference, see the package's documentation. Each
// pair of games starts at a random place of a random game, for each viewer.
func checkSecrets(rules game.Rules) error {
	differing := 0
	err := eachWalk(rules, func(w *walk, random *rand.Rand) error {
		for _, viewer := range viewers(w.setup.Seats) {
			pairs := []*twins{{rules: rules, viewer: viewer}, {rules: rules, viewer: viewer}}
			middle := w.positions[random.IntN(len(w.positions))]
			pairs[0].a, pairs[0].b = middle, middle
			var err error
			if pairs[1].a, pairs[1].b, err = seedTwins(rules, w.setup, viewer, random); err != nil {
				return err
			}
			for _, pair := range pairs {
				if err := pair.play(random); err != nil {
					return fmt.Errorf("two games that differ only in what seat %d was not told: %w", viewer, err)
				}
				differing += pair.hidden
			}
		}
		return nil
	})
	if err == nil && rules.Info().Hidden && differing == 0 {
		return errors.New("Info says hidden, but no two games ever differed in a hidden move")
	}
	return err
}

// seedTwins are two beginnings with different seeds, or equal ones where the
// seed shows at once (it made the room that one stands in).
func seedTwins(rules game.Rules, setup game.Setup, viewer int, random *rand.Rand) (a, b game.Position, err error) {
	if a, err = rules.New(setup); err != nil {
		return nil, nil, err
	}
	setup.Seed = randomSeed(random)
	if b, err = rules.New(setup); err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(game.ViewJSON(a, viewer), game.ViewJSON(b, viewer)) {
		b = a
	}
	return a, b, nil
}

// twins are two games of which the viewer was told the same.
type twins struct {
	rules  game.Rules
	viewer int
	a, b   game.Position
	hidden int // moves that differed, unknown to the viewer
}

// play goes on in both until they end or the viewer is told different things.
func (t *twins) play(random *rand.Rand) error {
	for range maxSteps {
		over, err := t.compare(random)
		if err != nil || over {
			return err
		}
		same, err := t.step(random)
		if err != nil || !same {
			return err
		}
	}
	return fmt.Errorf("no end after %d actions", maxSteps)
}

// compare looks for a byte that differs. After the end nothing is hidden; but
// that it has ended, and how, the viewer must have been able to tell.
func (t *twins) compare(random *rand.Rand) (over bool, err error) {
	endA, endB := t.a.Result(), t.b.Result()
	if endA != nil || endB != nil {
		if endA == nil || endB == nil ||
			endA.Kind != endB.Kind || endA.Reason != endB.Reason || !slices.Equal(endA.Winners, endB.Winners) {
			return true, fmt.Errorf("results differ: %+v, %+v", endA, endB)
		}
		return true, nil
	}
	viewA, viewB := game.ViewJSON(t.a, t.viewer), game.ViewJSON(t.b, t.viewer)
	if !bytes.Equal(viewA, viewB) {
		return false, fmt.Errorf("views differ: %s, %s", viewA, viewB)
	}
	if t.a.Deadline() != t.b.Deadline() {
		return false, fmt.Errorf("deadlines differ: %v, %v", t.a.Deadline(), t.b.Deadline())
	}
	for range 3 {
		text := randomText(t.a.Moves(t.viewer), random)
		_, errA := t.a.Play(t.viewer, text)
		_, errB := t.b.Play(t.viewer, text)
		if a, b := fmt.Sprint(errA), fmt.Sprint(errB); a != b {
			return false, fmt.Errorf("refusals of %q differ: %s, %s", text, a, b)
		}
	}
	return false, nil
}

// step plays the same in both where the viewer would know it, and different
// moves where it would not. same is false once the viewer was told different
// things: from there on its views may differ.
func (t *twins) step(random *rand.Rand) (same bool, err error) {
	actors := t.a.Actors() // as b's: they are in the view
	seat := actors[random.IntN(len(actors))]
	action, err := choose(t.rules, t.a, seat, true, random)
	if err != nil {
		return false, err
	}
	stepA, err := game.Apply(t.a, action)
	if err != nil {
		return false, err
	}
	if stepA.Hidden && seat != t.viewer {
		if action, err = choose(t.rules, t.b, seat, false, random); err != nil {
			return false, err
		}
	}
	stepB, err := game.Apply(t.b, action)
	switch {
	case err != nil && seat == t.viewer:
		return false, fmt.Errorf("move %q is legal in one game only: %w", action.Move, err)
	case err != nil:
		return false, nil // another seat's legal moves may follow from what it alone knows
	case stepA.Hidden != stepB.Hidden:
		return false, errors.New("whether a move is hidden differs")
	}
	if stepA.Hidden && stepA.Move != stepB.Move {
		t.hidden++
	}
	t.a, t.b = stepA.Next, stepB.Next
	return t.toldSame(stepA, stepB, seat), nil
}

func (t *twins) toldSame(a, b game.Step, mover int) bool {
	moveA, _ := a.MoveFor(t.viewer, mover)
	moveB, _ := b.MoveFor(t.viewer, mover)
	return moveA == moveB && bytes.Equal(a.Revealed.For(t.viewer), b.Revealed.For(t.viewer))
}
