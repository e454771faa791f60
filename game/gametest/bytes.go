package gametest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/everturn/everturn/game"
)

// maxView keeps a view well below what a socket can queue.
const maxView = 16 << 10

// checkReceiver: whatever is played, the position it was played on has the
// same bytes as before.
func checkReceiver(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, random *rand.Rand) error {
		for i, pos := range w.positions {
			before := allBytes(pos, w.setup.Seats)
			for _, seat := range pos.Actors() {
				// Refusals are checkMoves' business; here only pos matters.
				for _, move := range append(slices.Clone(pos.Moves(seat)), randomText(pos.Moves(seat), random)) {
					_, _ = pos.Play(seat, move)
				}
				_, _ = pos.Lapse(seat)
			}
			if i < len(w.actions) {
				if _, err := game.Apply(pos, w.actions[i]); err != nil {
					return fmt.Errorf("action %d played again: %w", i+1, err)
				}
			}
			if !bytes.Equal(before, allBytes(pos, w.setup.Seats)) {
				return fmt.Errorf("playing on the position after action %d changed it", i)
			}
		}
		return nil
	})
}

// checkSaveLoad: a loaded position is the saved one, and goes on like it.
func checkSaveLoad(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, random *rand.Rand) error {
		for i, pos := range w.positions {
			loaded, err := reload(rules, pos, w.setup.Seats)
			if err != nil {
				return fmt.Errorf("after action %d: %w", i, err)
			}
			if i < len(w.actions) {
				step, err := game.Apply(loaded, w.actions[i])
				if err != nil {
					return fmt.Errorf("loaded after action %d: the next is refused: %w", i, err)
				}
				if !bytes.Equal(step.Next.Save(), w.positions[i+1].Save()) {
					return fmt.Errorf("loaded after action %d: the next leads elsewhere", i)
				}
			}
			damaged(rules, pos.Save(), random)
		}
		return nil
	})
}

func reload(rules game.Rules, pos game.Position, seats int) (game.Position, error) {
	saved := pos.Save()
	loaded, err := rules.Load(saved)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if !bytes.Equal(allBytes(pos, seats), allBytes(loaded, seats)) || loaded.Phase() != pos.Phase() ||
		loaded.Deadline() != pos.Deadline() {
		return nil, fmt.Errorf("position %q is another one after loading: %q", saved, loaded.Save())
	}
	return loaded, nil
}

// damaged loads spoilt bytes: no matter what comes back, Load must not panic.
func damaged(rules game.Rules, saved []byte, random *rand.Rand) {
	spoilt := bytes.Clone(saved)
	if len(spoilt) > 0 {
		spoilt[random.IntN(len(spoilt))] = byte(random.Uint32())
		_, _ = rules.Load(spoilt)
		_, _ = rules.Load(saved[:random.IntN(len(saved))])
	}
	_, _ = rules.Load(append(bytes.Clone(saved), 'x'))
}

// checkReplay: a stored setup and the actions, as they were asked for or as
// they were recorded, give every position again, byte for byte, and each step
// tells the same.
func checkReplay(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, _ *rand.Rand) error {
		stored, err := json.Marshal(w.setup)
		if err != nil {
			return err
		}
		var setup game.Setup
		if err := json.Unmarshal(stored, &setup); err != nil {
			return err
		}
		for _, actions := range [][]game.Action{w.asked, w.actions} {
			if err := w.compareReplay(rules, setup, actions); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *walk) compareReplay(rules game.Rules, setup game.Setup, actions []game.Action) error {
	pos, err := game.Replay(rules, setup, nil)
	if err != nil {
		return err
	}
	for i, action := range actions {
		if !bytes.Equal(allBytes(pos, setup.Seats), allBytes(w.positions[i], setup.Seats)) {
			return fmt.Errorf("replay is at another position after action %d", i)
		}
		step, err := game.Apply(pos, action)
		if err != nil {
			return fmt.Errorf("replay: action %d: %w", i+1, err)
		}
		if !sameTelling(step, w.steps[i], setup.Seats) {
			return fmt.Errorf("replay: action %d tells something else", i+1)
		}
		pos = step.Next
	}
	if !bytes.Equal(pos.Save(), w.last().Save()) {
		return errors.New("replay ends at another position")
	}
	return nil
}

func sameTelling(a, b game.Step, seats int) bool {
	for _, seat := range viewers(seats) {
		if !bytes.Equal(a.Revealed.For(seat), b.Revealed.For(seat)) {
			return false
		}
	}
	return a.Move == b.Move && a.Hidden == b.Hidden
}

// checkViews: views are canonical JSON objects of bounded size, their common
// fields are right, and the seed is in none.
func checkViews(rules game.Rules) error {
	return eachWalk(rules, func(w *walk, _ *rand.Rand) error {
		for i, pos := range w.positions {
			for _, seat := range viewers(w.setup.Seats) {
				if err := judgeView(pos, w.setup, seat); err != nil {
					return fmt.Errorf("view of seat %d after action %d: %w", seat, i, err)
				}
			}
		}
		return nil
	})
}

func judgeView(pos game.Position, setup game.Setup, seat int) error {
	view := game.ViewJSON(pos, seat)
	for _, look := range []game.Look{{Seat: seat, Reveal: true}, {Seat: seat, Result: game.Drawn(game.ReasonAgreed)}} {
		if err := canonical(game.AppendView(nil, pos, look)); err != nil {
			return err
		}
	}
	if err := canonical(view); err != nil {
		return err
	}
	if len(view) > maxView {
		return fmt.Errorf("%d bytes, more than %d", len(view), maxView)
	}
	if bytes.Contains(bytes.ToLower(view), hex.AppendEncode(nil, setup.Seed[:8])) {
		return errors.New("the seed is in it")
	}
	var v struct {
		Actors []int
		Moves  []string
		Phase  *int
		Result *game.Result
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return fmt.Errorf("common fields: %w", err)
	}
	own, result := pos.Moves(seat), pos.Result()
	if v.Actors == nil || v.Phase == nil || !slices.Equal(v.Actors, pos.Actors()) || *v.Phase != pos.Phase() ||
		!slices.Equal(v.Moves, own) || (v.Moves == nil) != (own == nil) || (v.Result == nil) != (result == nil) {
		return fmt.Errorf("common fields are wrong: %s", view)
	}
	return nil
}

// canonical reads and writes a JSON object the plain way, which sorts keys and
// leaves no space, and expects the same bytes.
func canonical(object []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return fmt.Errorf("not a JSON object: %w: %q", err, object)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something after the JSON object: %q", object)
	}
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fields); err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimSuffix(plain.Bytes(), []byte("\n")), object) {
		return fmt.Errorf("not canonical: %s", object)
	}
	return nil
}
