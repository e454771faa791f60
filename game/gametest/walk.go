package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/everturn/everturn/game"
)

const (
	// walks is how many random games a check plays.
	walks = 40
	// maxSteps is what the longest game may take, far above every real one.
	maxSteps = 10_000
)

// walk is one game played at random: positions[i] and steps[i] lead to
// positions[i+1].
type walk struct {
	setup     game.Setup
	positions []game.Position
	steps     []game.Step
	asked     []game.Action // as they were asked for
	actions   []game.Action // as the record keeps them
}

func (w *walk) last() game.Position { return w.positions[len(w.positions)-1] }

// source is the n-th random source of a check; checks are repeatable.
func source(n int) *rand.Rand { return rand.New(rand.NewPCG(uint64(n), 0xe7e2)) }

func randomSeed(random *rand.Rand) (seed game.Seed) {
	for i := range seed {
		seed[i] = byte(random.Uint32())
	}
	return seed
}

// randomSetup varies all that a setup has.
func randomSetup(info game.Info, random *rand.Rand) (game.Setup, error) {
	options := map[string]json.RawMessage{}
	for _, spec := range info.Options {
		if random.IntN(2) == 0 {
			options[spec.ID] = randomOption(spec, random)
		}
	}
	raw, err := json.Marshal(options)
	if err != nil {
		return game.Setup{}, err
	}
	seats := info.MinSeats + random.IntN(info.MaxSeats-info.MinSeats+1)
	return game.NewSetup(info, seats, random.IntN(seats), raw, randomSeed(random))
}

func randomOption(spec game.OptionSpec, random *rand.Rand) json.RawMessage {
	switch spec.Type {
	case game.IntType:
		return fmt.Appendf(nil, "%d", *spec.Min+spec.Step*random.IntN((*spec.Max-*spec.Min)/spec.Step+1))
	case game.BoolType:
		return fmt.Appendf(nil, "%t", random.IntN(2) == 0)
	default:
		return game.AppendString(nil, spec.Choices[random.IntN(len(spec.Choices))])
	}
}

// eachWalk plays random games to their end and hands them over one by one.
func eachWalk(rules game.Rules, visit func(w *walk, random *rand.Rand) error) error {
	for n := range walks {
		random := source(n)
		w, err := play(rules, random)
		if err != nil {
			return fmt.Errorf("game %d: %w", n, err)
		}
		if err := visit(w, random); err != nil {
			return fmt.Errorf("game %d, %s: %w", n, w.text(), err)
		}
	}
	return nil
}

// text is a record short enough for an error.
func (w *walk) text() string {
	var text bytes.Buffer
	for _, a := range w.actions[:min(len(w.actions), 60)] {
		if a.Lapsed {
			a.Move = "(lapsed)"
		}
		fmt.Fprintf(&text, " %d:%s", a.Seat, a.Move)
	}
	return fmt.Sprintf("%d actions%s", len(w.actions), text.String())
}

// play plays one game at random, in every third one with lapses.
func play(rules game.Rules, random *rand.Rand) (*walk, error) {
	setup, err := randomSetup(rules.Info(), random)
	if err != nil {
		return nil, err
	}
	pos, err := rules.New(setup)
	if err != nil {
		return nil, err
	}
	w := &walk{setup: setup, positions: []game.Position{pos}}
	lapses := random.IntN(3) == 0
	for range maxSteps {
		actors := w.last().Actors()
		if len(actors) == 0 {
			return w, nil
		}
		action, err := choose(rules, w.last(), actors[random.IntN(len(actors))], lapses, random)
		if err != nil {
			return w, err
		}
		step, err := game.Apply(w.last(), action)
		if err != nil {
			return w, fmt.Errorf("%s then %+v is refused: %w", w.text(), action, err)
		}
		w.asked = append(w.asked, action)
		action.Move = step.Move
		w.steps = append(w.steps, step)
		w.actions = append(w.actions, action)
		w.positions = append(w.positions, step.Next)
	}
	return w, fmt.Errorf("no end after %d actions", maxSteps)
}

// choose gives an action of an actor: one of its moves, or sometimes a lapse.
// Where the moves are too many to list, a bot knows one; and it may know a
// form that is not on the list.
func choose(rules game.Rules, pos game.Position, seat int, lapses bool, random *rand.Rand) (game.Action, error) {
	if lapses && random.IntN(10) == 0 {
		return game.Action{Seat: seat, Lapsed: true}, nil
	}
	if moves := pos.Moves(seat); len(moves) > 0 && random.IntN(6) > 0 {
		return game.Action{Seat: seat, Move: moves[random.IntN(len(moves))]}, nil
	}
	move, err := rules.Bot(game.ViewJSON(pos, seat), seat, game.Weakest, randomSeed(random))
	if err != nil {
		return game.Action{}, fmt.Errorf("the bot knows no move for seat %d: %w", seat, err)
	}
	return game.Action{Seat: seat, Move: move}, nil
}

// viewers are all seats, and the watcher.
func viewers(seats int) []int {
	list := []int{game.Watcher}
	for seat := range seats {
		list = append(list, seat)
	}
	return list
}

// allBytes are a position's saved form and all its views.
func allBytes(pos game.Position, seats int) []byte {
	all := bytes.Clone(pos.Save())
	for _, seat := range viewers(seats) {
		all = game.AppendView(append(all, '\n'), pos, game.Look{Seat: seat})
	}
	return all
}
