package game

import (
	"fmt"
	"slices"
)

// lastMove is the place of a seat's last move that counts, -1 if there is none.
func (t *Table) lastMove(seat int) int {
	for i, m := range slices.Backward(t.Moves) {
		if m.Seat == seat && !m.Undone {
			return i
		}
	}
	return -1
}

// movedSince says whether a seat has made a move that counts after an event.
func (t *Table) movedSince(seat int, seq uint64) bool {
	i := t.lastMove(seat)
	return i >= 0 && t.Moves[i].Seq > seq
}

// beforeLastMove is the event after which the position was the one before a
// seat's last move: the move that came before it, or the start.
func (t *Table) beforeLastMove(seat int) uint64 {
	for _, m := range slices.Backward(t.Moves[:max(t.lastMove(seat), 0)]) {
		if !m.Undone {
			return m.Seq
		}
	}
	return t.From
}

// positionAfter is the position after an event of the current game, by playing
// it again as far as it counts.
func (t *Table) positionAfter(seq uint64) (Position, error) {
	if t.seed == nil || seq < t.From {
		return nil, fmt.Errorf("no game was under way after event %d", seq)
	}
	var actions []Action
	for _, m := range t.Moves {
		if m.Seq <= seq && !m.Undone {
			actions = append(actions, Action{Seat: m.Seat, Move: m.Move, Lapsed: m.Lapsed})
		}
	}
	return Replay(t.rules, Setup{Seats: len(t.Seats), First: t.First, Options: t.Options, Seed: *t.seed}, actions)
}

// clockAfter is the clock as it was after the start or a move.
func (t *Table) clockAfter(seq uint64) *Clock {
	for _, m := range t.Moves {
		if m.Seq == seq {
			return m.Clock
		}
	}
	return t.begun
}

// takeBack makes an earlier position the current one. The moves since stay, and
// no longer count. The phase grows, as ever.
func (t *Table) takeBack(to uint64, earlier Position) {
	before := t.phase()
	t.Moves = slices.Clone(t.Moves)
	for i := range t.Moves {
		if t.Moves[i].Seq > to {
			t.Moves[i].Undone = true
		}
	}
	t.Position = earlier
	t.PhaseBase += before + 1 - t.phase()
	t.Undid++
	t.clearOffers()
	t.mark()
}
