package game

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
)

// move plays a move by the rules and publishes what comes of it. A panic in the
// rules refuses the move, and the match goes on. The mover's clock is charged by
// at, when the server let the move in.
func (m *match) move(seat int, move string, at int64) (seq uint64, refused *Refusal) {
	step, err := m.judge(func() (Step, error) { return m.t.Position.Play(seat, move) })
	if err != nil {
		if errors.As(err, &refused) {
			return 0, refused
		}
		m.c.Log().Error().Err(err).Int("seat", seat).Msg("the rules failed; the move is refused")
		return 0, &Refusal{CodeInternal, "The move could not be judged; nothing has changed"}
	}
	e := Event{Kind: EventMoved, Seat: seat, Move: step.Move, Hidden: step.Hidden, Clock: m.clockAfter(seat, step.Next, at)}
	return m.took(e, step, at), nil
}

// judge has the rules take a step, and looks at all that the match will ask of
// what comes of it. So a panic in the rules is an error before anything has
// changed. (A view that panics for people is met by who shows it to them.)
func (m *match) judge(take func() (Step, error)) (step Step, err error) {
	defer func() {
		if p := recover(); p != nil { //everturn:deterministic rules never wait, so that the engine takes nothing down in here
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if step, err = take(); err != nil {
		return Step{}, err
	}
	if step.Revealed != nil {
		if _, err := json.Marshal(step.Revealed); err != nil {
			return Step{}, fmt.Errorf("what the rules reveal cannot be told: %w", err)
		}
	}
	step.Next.Result()
	step.Next.Phase()
	step.Next.Deadline()
	for _, seat := range step.Next.Actors() {
		if m.t.Seats[seat].Bot != 0 {
			AppendView(nil, step.Next, Look{Seat: seat})
		}
	}
	return step, nil
}

// took publishes a move or lapse, what it revealed, and the end of the game if
// it was that.
func (m *match) took(e Event, step Step, at int64) (seq uint64) {
	seq = m.publishStep(e, step)
	if step.Revealed != nil {
		m.publish(Event{Kind: EventRevealed, Revealed: step.Revealed})
	}
	if r := step.Next.Result(); r != nil {
		m.end(r, at)
	}
	return seq
}

// end ends the game, and stops its clock as it stood then.
func (m *match) end(r *Result, at int64) {
	e := Event{Kind: EventEnded, Result: r}
	if m.t.Time != nil {
		e.Clock = m.t.Time.Stopped(at)
	}
	m.publish(e)
}

// resigned is the result when a seat gives up: the others win.
func (m *match) resigned(seat int) *Result {
	r := &Result{Kind: Win, Reason: ReasonResign, Winners: []int{}}
	if m.t.rules.Info().Coop {
		r.Kind = Coop
		return r
	}
	for other := range m.t.Seats {
		if other != seat {
			r.Winners = append(r.Winners, other)
		}
	}
	return r
}
