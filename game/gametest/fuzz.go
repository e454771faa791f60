package gametest

import (
	"bytes"
	"testing"

	"github.com/everturn/everturn/game"
)

// maxFuzzMoves keeps one fuzz input quick.
const maxFuzzMoves = 400

// FuzzPlay plays any bytes as a game: the first byte makes the setup, each
// line after it is a move. A line's first byte chooses the seat (or a seat
// that there is not, or a lapse); of the rest, "#" and a byte is one of the
// listed moves, anything else is played as it is. The same bytes are also
// loaded as a saved position and shown to a bot. Nothing may panic, and all
// that checks find in random games must hold.
func FuzzPlay(f *testing.F, rules game.Rules) {
	f.Add([]byte("\x00"))
	f.Add([]byte("\x01\x00#0\n\x01#1\n\x00#2\n\x01#3\n\x00#4\n\x01#5\n\x00#6\n\x01#7\n\x00#8"))
	f.Add([]byte("\x000\x001\n1\x002\n\xff\n\x03#\xff"))
	random := source(0)
	for range 5 {
		if w, err := play(rules, random); err == nil {
			f.Add(fuzzInput(w))
			f.Add(w.last().Save())
			f.Add(game.ViewJSON(w.positions[0], 0))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzLoad(t, rules, data)
		// Whatever the bot makes of it is fine, unless it panics.
		_, _ = rules.Bot(data, len(data)%2, game.Weakest, game.Seed{})
		if len(data) > 0 {
			fuzzGame(t, rules, int(data[0]), bytes.Split(data[1:], []byte{'\n'}))
		}
	})
}

// fuzzInput writes a random game in the form that fuzzGame reads.
func fuzzInput(w *walk) []byte {
	input := []byte{0}
	for _, a := range w.actions {
		if a.Lapsed {
			input = append(input, 0xff)
		}
		input = append(input, byte(a.Seat))
		input = append(append(input, a.Move...), '\n')
	}
	return input
}

func fuzzLoad(t *testing.T, rules game.Rules, data []byte) {
	pos, err := rules.Load(data)
	if err != nil {
		return
	}
	// One save later it is in its normal form, if it was not before.
	again, err := rules.Load(pos.Save())
	if err != nil {
		t.Fatalf("load of %q was accepted, but not of what it saves: %v", data, err)
	}
	if !bytes.Equal(pos.Save(), again.Save()) {
		t.Fatalf("position %q is another one after loading: %q", pos.Save(), again.Save())
	}
	for _, seat := range pos.Actors() {
		for _, move := range pos.Moves(seat) {
			if _, err := pos.Play(seat, move); err != nil {
				t.Fatalf("loaded %q: listed move %q: %v", data, move, err)
			}
		}
	}
	if err := canonical(game.ViewJSON(pos, game.Watcher)); err != nil {
		t.Fatal(err)
	}
}

func fuzzGame(t *testing.T, rules game.Rules, variety int, lines [][]byte) {
	info := rules.Info()
	setup, err := randomSetup(info, source(variety))
	if err != nil {
		t.Fatal(err)
	}
	pos, err := rules.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	owed := len(pos.Actors())
	for _, line := range lines[:min(len(lines), maxFuzzMoves)] {
		action := fuzzAction(pos, setup.Seats, line)
		step, err := game.Apply(pos, action)
		if err != nil {
			wanted := turnCode(pos, action.Seat)
			if wanted == "" {
				wanted = game.CodeIllegalMove
			}
			if err := wantRefusal(err, wanted); err != nil {
				t.Fatal(err)
			}
			continue
		}
		fuzzStep(t, rules, setup, pos, action, step, owed)
		if step.Next.Phase() > pos.Phase() {
			owed = len(step.Next.Actors())
		}
		pos = step.Next
	}
}

func fuzzAction(pos game.Position, seats int, line []byte) game.Action {
	action := game.Action{}
	if len(line) > 0 && line[0] == 0xff {
		action.Lapsed = true
		line = line[1:]
	}
	if len(line) > 0 {
		action.Seat = int(line[0])%(seats+2) - 1 // one below, one above
		if line[0] < byte(seats) {
			action.Seat = int(line[0])
		}
		line = line[1:]
	}
	if action.Lapsed {
		return action
	}
	action.Move = string(line)
	if moves := pos.Moves(action.Seat); len(line) == 2 && line[0] == '#' && len(moves) > 0 {
		action.Move = moves[int(line[1])%len(moves)]
	}
	return action
}

func fuzzStep(t *testing.T, rules game.Rules, setup game.Setup, pos game.Position, action game.Action, step game.Step, owed int) {
	if err := judgeStep(rules.Info(), pos, action, step, owed); err != nil {
		t.Fatalf("%+v: %v", action, err)
	}
	if err := judge(rules.Info(), setup.Seats, step.Next); err != nil {
		t.Fatalf("after %+v: %v", action, err)
	}
	if _, err := reload(rules, step.Next, setup.Seats); err != nil {
		t.Fatalf("after %+v: %v", action, err)
	}
	for _, seat := range viewers(setup.Seats) {
		if err := judgeView(step.Next, setup, seat); err != nil {
			t.Fatalf("view of seat %d after %+v: %v", seat, action, err)
		}
	}
}
