package game

import (
	"fmt"
	"slices"
)

// claimAfter is how long somebody who owes a move must have been away for the
// others to claim the game, in milliseconds.
const claimAfter = 30_000

// claim is the result when a seat claims the game from those who are away and
// keep it waiting. In a co-operative game there is nobody to win it from: who
// is away there lapses, by the deadline of the phase.
func (t *Table) claim(seat int, absent []Absence) (*Result, *Refusal) {
	if t.rules.Info().Coop {
		return nil, &Refusal{CodeBadRequest, "You play together; there is nobody to claim the game from"}
	}
	longest := int64(-1)
	r := &Result{Kind: Win, Reason: ReasonClaim, Winners: []int{}}
	for other := range t.Seats {
		away := t.away(other, absent)
		if other == seat || away < claimAfter {
			r.Winners = append(r.Winners, other)
		}
		if other != seat {
			longest = max(longest, away)
		}
	}
	switch {
	case longest >= claimAfter:
		return r, nil
	case longest >= 0:
		return nil, &Refusal{CodeTooEarly, fmt.Sprintf("Your opponent has been away for %d seconds; you can claim the game after %d", longest/1000, claimAfter/1000)}
	}
	return nil, &Refusal{CodeTooEarly, "Nobody who is away owes a move"}
}

// away is for how long a seat that owes a move has been away; -1 if it does not,
// or is not. A bot is always here.
func (t *Table) away(seat int, absent []Absence) int64 {
	if t.Seats[seat].Bot != 0 || !slices.Contains(t.Actors(), seat) {
		return -1
	}
	for _, a := range absent {
		if a.Seat == seat {
			return a.For
		}
	}
	return -1
}
