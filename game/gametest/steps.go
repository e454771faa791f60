package gametest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/everturn/everturn/game"
)

func checkInfo(rules game.Rules) error {
	if _, err := game.NewCatalog(rules); err != nil {
		return err
	}
	info := rules.Info()
	for seats := info.MinSeats; seats <= info.MaxSeats; seats++ {
		for first := range seats {
			setup, err := game.NewSetup(info, seats, first, nil, game.Seed{})
			if err != nil {
				return err
			}
			pos, err := rules.New(setup)
			if err != nil {
				return fmt.Errorf("new game for %d seats, first %d: %w", seats, first, err)
			}
			if err := judge(info, seats, pos); err != nil {
				return fmt.Errorf("first position for %d seats, first %d: %w", seats, first, err)
			}
		}
	}
	return nil
}

// checkPlayouts: random games end, and each position and step on the way
// makes sense.
func checkPlayouts(rules game.Rules) error {
	info := rules.Info()
	several := false
	err := eachWalk(rules, func(w *walk, _ *rand.Rand) error {
		owed := len(w.positions[0].Actors()) // at the beginning of the phase
		for i, step := range w.steps {
			before := w.positions[i]
			several = several || len(before.Actors()) > 1
			if err := judgeStep(info, before, w.actions[i], step, owed); err != nil {
				return fmt.Errorf("action %d: %w", i+1, err)
			}
			if err := judge(info, w.setup.Seats, step.Next); err != nil {
				return fmt.Errorf("after action %d: %w", i+1, err)
			}
			if step.Next.Phase() > before.Phase() {
				owed = len(step.Next.Actors())
			}
		}
		return nil
	})
	if err == nil && info.Simultaneous && info.MaxSeats > 1 && !several {
		return errors.New("Info says simultaneous, but no two seats ever owed a move at once")
	}
	return err
}

// judge looks at one position.
func judge(info game.Info, seats int, pos game.Position) error {
	actors, result := pos.Actors(), pos.Result()
	switch {
	case (len(actors) == 0) != (result != nil):
		return fmt.Errorf("actors %v with result %v", actors, result)
	case !ascendingSeats(actors, seats):
		return fmt.Errorf("actors %v of %d seats", actors, seats)
	case len(actors) > 1 && !info.Simultaneous:
		return fmt.Errorf("actors %v in a game that is not simultaneous", actors)
	case pos.Deadline() < 0:
		return fmt.Errorf("deadline %v", pos.Deadline())
	}
	for _, seat := range viewers(seats) {
		moves := pos.Moves(seat)
		acts := slices.Contains(actors, seat)
		if !acts && moves != nil || acts && moves != nil && len(moves) == 0 {
			return fmt.Errorf("moves %q for seat %d, actors are %v", moves, seat, actors)
		}
		if sorted := slices.Sorted(slices.Values(moves)); len(slices.Compact(sorted)) != len(moves) {
			return fmt.Errorf("a move twice in %q", moves)
		}
	}
	if result == nil {
		return nil
	}
	return judgeResult(info, seats, *result)
}

func judgeResult(info game.Info, seats int, r game.Result) error {
	wins := len(r.Winners)
	ok := ascendingSeats(r.Winners, seats) && r.Reason != ""
	switch r.Kind {
	case game.Win:
		ok = ok && wins > 0 && wins < seats && !info.Coop
	case game.Draw:
		ok = ok && wins == 0 && !info.Coop
	case game.Coop:
		ok = ok && (wins == 0 || wins == seats) && info.Coop
	case game.Void:
		ok = ok && wins == 0
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("impossible result %+v for %d seats", r, seats)
	}
	return nil
}

func ascendingSeats(list []int, seats int) bool {
	for i, seat := range list {
		if seat < 0 || seat >= seats || i > 0 && list[i-1] >= seat {
			return false
		}
	}
	return true
}

// judgeStep looks at what one action did; owed is how many seats owed a move
// when the phase began.
func judgeStep(info game.Info, before game.Position, action game.Action, step game.Step, owed int) error {
	if step.Next == nil {
		return errors.New("no next position")
	}
	grew := step.Next.Phase() - before.Phase()
	switch {
	case action.Lapsed && step.Move != "":
		return fmt.Errorf("a lapse has the move %q", step.Move)
	case !action.Lapsed && (step.Move == "" || step.Move != strings.ToLower(step.Move) || len(step.Move) > 64):
		return fmt.Errorf("move %q is not a short lower-case text", step.Move)
	case step.Hidden && !info.Hidden:
		return errors.New("a hidden move in a game whose Info says there are none")
	case info.Hidden && owed > 1 && !action.Lapsed && !step.Hidden:
		return fmt.Errorf("move %q of a phase that several seats owe is not hidden", step.Move)
	case step.Revealed != nil && grew == 0:
		return errors.New("something is revealed before the phase is complete")
	}
	if err := judgePhase(before.Actors(), step.Next.Actors(), action.Seat, grew); err != nil {
		return err
	}
	return judgeReveal(step.Revealed)
}

// judgePhase: the phase grows, except where the other actors of a
// simultaneous phase still owe theirs.
func judgePhase(before, after []int, seat, grew int) error {
	others := slices.DeleteFunc(slices.Clone(before), func(s int) bool { return s == seat })
	waiting := len(others) > 0 && slices.Equal(others, after)
	switch {
	case grew < 0:
		return errors.New("the phase shrank")
	case grew > 0 && waiting:
		return fmt.Errorf("the phase grew while %v still owe their move of it", others)
	case grew == 0 && !waiting:
		return fmt.Errorf("actors changed from %v to %v by seat %d's move in the same phase", before, after, seat)
	}
	return nil
}

func judgeReveal(r *game.Reveal) error {
	if r == nil {
		return nil
	}
	forms := []json.RawMessage{r.Public}
	for _, form := range r.Secret {
		forms = append(forms, form)
	}
	for _, form := range forms {
		if form == nil {
			continue
		}
		if err := canonical(form); err != nil {
			return fmt.Errorf("revealed: %w", err)
		}
	}
	return nil
}

// checkMoves: every listed move is legal and canonical, anything else is
// refused with the right code and a sentence.
func checkMoves(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, random *rand.Rand) error {
		for i, pos := range w.positions {
			if err := judgeMoves(pos, w.setup.Seats, random); err != nil {
				return fmt.Errorf("after action %d: %w", i, err)
			}
		}
		return nil
	})
}

func judgeMoves(pos game.Position, seats int, random *rand.Rand) error {
	for _, seat := range append(viewers(seats), seats, -2) {
		if wanted := turnCode(pos, seat); wanted != "" {
			_, err := pos.Play(seat, someMove(pos))
			_, lapseErr := pos.Lapse(seat)
			if err := errors.Join(wantRefusal(err, wanted), wantRefusal(lapseErr, wanted)); err != nil {
				return fmt.Errorf("seat %d, actors are %v: %w", seat, pos.Actors(), err)
			}
			continue
		}
		for _, move := range pos.Moves(seat) {
			step, err := pos.Play(seat, move)
			if err != nil {
				return fmt.Errorf("listed move %q of seat %d is refused: %w", move, seat, err)
			}
			if step.Move != move {
				return fmt.Errorf("listed move %q of seat %d is recorded as %q", move, seat, step.Move)
			}
		}
		for range 5 {
			if err := tryText(pos, seat, randomText(pos.Moves(seat), random)); err != nil {
				return err
			}
		}
	}
	return nil
}

// turnCode is the refusal that a seat is owed whatever it plays, if any.
func turnCode(pos game.Position, seat int) game.Code {
	switch actors := pos.Actors(); {
	case len(actors) == 0:
		return game.CodeGameOver
	case !slices.Contains(actors, seat):
		return game.CodeNotYourTurn
	}
	return ""
}

func someMove(pos game.Position) string {
	for _, seat := range pos.Actors() {
		if moves := pos.Moves(seat); len(moves) > 0 {
			return moves[0]
		}
	}
	return "1"
}

func wantRefusal(err error, code game.Code) error {
	var refusal *game.Refusal
	if !errors.As(err, &refusal) {
		return fmt.Errorf("error %s is not a refusal %s", fmt.Sprint(err), code)
	}
	if refusal.Code != code || strings.TrimSpace(refusal.Message) == "" || len(refusal.Message) > 200 {
		return fmt.Errorf("refused as %s %q, want %s and a sentence", refusal.Code, refusal.Message, code)
	}
	return nil
}

// tryText plays any text for an actor: it is refused, or it stands for a legal
// move.
func tryText(pos game.Position, seat int, text string) error {
	step, err := pos.Play(seat, text)
	if err != nil {
		if err := wantRefusal(err, game.CodeIllegalMove); err != nil {
			return fmt.Errorf("move %q: %w", text, err)
		}
		return nil
	}
	if moves := pos.Moves(seat); moves != nil && !slices.Contains(moves, step.Move) {
		return fmt.Errorf("move %q is accepted as %q, which is not one of %q", text, step.Move, moves)
	}
	return nil
}

// randomText is any bytes, or a legal move with something wrong about it.
func randomText(moves []string, random *rand.Rand) string {
	text := make([]byte, random.IntN(8))
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	if len(moves) == 0 || random.IntN(2) == 0 {
		return string(text)
	}
	move := moves[random.IntN(len(moves))]
	return []string{move + string(text), string(text) + move, " " + move, strings.ToUpper(move), move + move}[random.IntN(5)]
}
