package gametest

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/everturn/everturn/game"
)

// maxOrders bounds the orders tried of one phase: all of them for four seats.
const maxOrders = 24

// checkArrival: where several seats owe a move, the order in which their moves
// arrive changes nothing once all are there.
func checkArrival(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, random *rand.Rand) error {
		for i, pos := range w.positions {
			if len(pos.Actors()) < 2 {
				continue
			}
			actions, err := chooseAll(rules, pos, random)
			if err != nil {
				return err
			}
			if err := anyOrder(pos, actions, w.setup.Seats); err != nil {
				return fmt.Errorf("after action %d: %w", i, err)
			}
		}
		return nil
	})
}

func chooseAll(rules game.Rules, pos game.Position, random *rand.Rand) ([]game.Action, error) {
	var actions []game.Action
	for _, seat := range pos.Actors() {
		action, err := choose(rules, pos, seat, true, random)
		if err != nil {
			return nil, err
		}
		actions = append(actions, action)
	}
	return actions, nil
}

func anyOrder(pos game.Position, actions []game.Action, seats int) error {
	var first []byte
	tried := 0
	var failure error
	permute(actions, 0, func(order []game.Action) bool {
		tried++
		outcome, err := inOrder(pos, order, seats)
		if err != nil {
			failure = fmt.Errorf("in the order %+v: %w", order, err)
		} else if first == nil {
			first = outcome
		} else if !bytes.Equal(first, outcome) {
			failure = fmt.Errorf("the order %+v leads to %q, another one to %q", order, outcome, first)
		}
		return failure == nil && tried < maxOrders
	})
	return failure
}

// inOrder gives all bytes of the position after the actions, with each
// seat's canonical move and what was revealed at the end.
func inOrder(pos game.Position, order []game.Action, seats int) ([]byte, error) {
	moves := make([]string, seats)
	var last game.Step
	for _, action := range order {
		step, err := game.Apply(pos, action)
		if err != nil {
			return nil, err
		}
		moves[action.Seat] = step.Move
		pos, last = step.Next, step
	}
	outcome := fmt.Appendf(nil, "%q", moves)
	for _, seat := range viewers(seats) {
		outcome = append(outcome, last.Revealed.For(seat)...)
	}
	return append(outcome, allBytes(pos, seats)...), nil
}

// permute visits the orders of list[from:] until visit returns false.
func permute(list []game.Action, from int, visit func([]game.Action) bool) bool {
	if from == len(list) {
		return visit(list)
	}
	for i := from; i < len(list); i++ {
		list[from], list[i] = list[i], list[from]
		more := permute(list, from+1, visit)
		list[from], list[i] = list[i], list[from]
		if !more {
			return false
		}
	}
	return true
}
