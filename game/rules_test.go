package game_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/tictactoe"
)

// described is tic-tac-toe under another description.
type described struct {
	tictactoe.Rules
	info game.Info
}

func (d described) Info() game.Info { return d.info }

func TestCatalog(t *testing.T) {
	catalog, err := game.NewCatalog(connect4.Rules{}, tictactoe.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if rules, err := catalog.Get("tictactoe"); err != nil || rules.Info().ID != "tictactoe" {
		t.Errorf("Get(tictactoe) = %v, %v", rules, err)
	}
	var refusal *game.Refusal
	if _, err := catalog.Get("chess"); !errors.As(err, &refusal) || refusal.Code != game.CodeBadRequest {
		t.Errorf("Get(chess): %v", err)
	}
	list, err := json.Marshal(catalog)
	if err != nil || !strings.HasPrefix(string(list), `[{"id":"connect4","name":"Connect Four","minSeats":2,`) {
		t.Errorf("list %s, %v", list, err)
	}
	if empty, err := json.Marshal(game.Catalog{}); err != nil || string(empty) != "[]" {
		t.Errorf("empty catalog %s, %v", empty, err)
	}
}

func TestCatalogRefuses(t *testing.T) {
	sound := game.Info{ID: "x", Name: "X", MinSeats: 1, MaxSeats: 2}
	for want, change := range map[string]func(*game.Info){
		"needs an id":       func(i *game.Info) { i.ID = "" },
		"1 or more seats":   func(i *game.Info) { i.MinSeats = 0 },
		"not 3 to 2":        func(i *game.Info) { i.MinSeats = 3 },
		"take back":         func(i *game.Info) { i.Takeback, i.Hidden = true, true },
		"is there twice":    func(i *game.Info) { i.ID = "connect4" },
		"option a is":       func(i *game.Info) { i.Options = append(i.Options, i.Options[0]) },
		"an odd number":     func(i *game.Info) { i.Options[0] = game.IntOption("a", "A", 2, 1, 5, 2) },
		"one of ":           func(i *game.Info) { i.Options[0] = game.ChoiceOption("a", "A") },
		"bounds and a step": func(i *game.Info) { i.Options[0] = game.OptionSpec{ID: "a", Name: "A", Type: game.IntType} },
		"unknown type":      func(i *game.Info) { i.Options[0] = game.OptionSpec{ID: "a", Name: "A", Type: "date"} },
	} {
		info := sound
		info.Options = game.OptionSpecs{game.BoolOption("a", "A", true)}
		if _, err := game.NewCatalog(connect4.Rules{}, described{info: info}); err != nil {
			t.Fatal(err)
		}
		change(&info)
		_, err := game.NewCatalog(connect4.Rules{}, described{info: info})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestNewSetup(t *testing.T) {
	info := game.Info{Name: "Dungeon", MinSeats: 1, MaxSeats: 4}
	for _, test := range []struct {
		seats, first int
		options      string
		want         string
	}{
		{1, 0, "", ""},
		{4, 3, "{}", ""},
		{0, 0, "", "Dungeon is for 1 to 4 seats, not 0"},
		{5, 0, "", "Dungeon is for 1 to 4 seats, not 5"},
		{2, 2, "", "There is no seat 2 to move first"},
		{2, -1, "", "There is no seat -1 to move first"},
		{2, 0, `{"x":1}`, `There is no option "x"`},
	} {
		_, err := game.NewSetup(info, test.seats, test.first, json.RawMessage(test.options), game.Seed{})
		if got := errorText(err); got != test.want {
			t.Errorf("NewSetup(%d, %d, %s): %q, want %q", test.seats, test.first, test.options, got, test.want)
		}
	}
	info.MinSeats = 4
	if _, err := game.NewSetup(info, 2, 0, nil, game.Seed{}); errorText(err) != "Dungeon is for 4 seats, not 2" {
		t.Error(err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCheckTurn(t *testing.T) {
	for _, test := range []struct {
		actors []int
		seat   int
		want   game.Code
	}{
		{nil, 0, game.CodeGameOver},
		{[]int{1}, 0, game.CodeNotYourTurn},
		{[]int{0, 2}, game.Watcher, game.CodeNotYourTurn},
		{[]int{0, 2}, 2, ""},
	} {
		err := game.CheckTurn(test.actors, test.seat)
		var refusal *game.Refusal
		if test.want == "" && err == nil || errors.As(err, &refusal) && refusal.Code == test.want {
			continue
		}
		t.Errorf("CheckTurn(%v, %d): %v, want %q", test.actors, test.seat, err, test.want)
	}
}

func TestStepTellsEachSeat(t *testing.T) {
	step := game.Step{Move: "rock", Hidden: true}
	if move, known := step.MoveFor(1, 1); move != "rock" || !known {
		t.Errorf("the mover is told %q, %t", move, known)
	}
	for _, seat := range []int{0, game.Watcher} {
		if move, known := step.MoveFor(seat, 1); move != "" || known {
			t.Errorf("seat %d is told %q, %t", seat, move, known)
		}
	}
	step.Hidden = false
	if move, known := step.MoveFor(game.Watcher, 1); move != "rock" || !known {
		t.Errorf("a watcher is told %q, %t of an open move", move, known)
	}

	reveal := &game.Reveal{Public: json.RawMessage(`{"a":1}`), Secret: map[int]json.RawMessage{1: json.RawMessage(`{"a":2}`), 2: nil}}
	for seat, want := range map[int]string{game.Watcher: `{"a":1}`, 0: `{"a":1}`, 1: `{"a":2}`, 2: ""} {
		if got := string(reveal.For(seat)); got != want {
			t.Errorf("seat %d is told %s, want %s", seat, got, want)
		}
	}
	if got := (*game.Reveal)(nil).For(0); got != nil {
		t.Errorf("nothing revealed tells %s", got)
	}
}

func TestReplay(t *testing.T) {
	setup := game.Setup{Seats: 2}
	pos, err := game.Replay(tictactoe.Rules{}, setup, []game.Action{{Seat: 0, Move: "5"}, {Seat: 1, Lapsed: true}})
	if err != nil || pos.Result() == nil || !slices.Equal(pos.Result().Winners, []int{0}) {
		t.Errorf("replay: %v, %v", pos, err)
	}
	_, err = game.Replay(tictactoe.Rules{}, setup, []game.Action{{Seat: 0, Move: "5"}, {Seat: 1, Move: "5"}})
	if want := "game: replay tictactoe: action 2 by seat 1: Cell 5 is taken"; errorText(err) != want {
		t.Errorf("replay: %v, want %s", err, want)
	}
}

func TestOnly(t *testing.T) {
	for _, seat := range []int{game.Watcher, 0, 7, 8, 100} {
		if got := game.Only(seat); !slices.Equal(got, []int{seat}) {
			t.Errorf("Only(%d) = %v", seat, got)
		}
	}
}

// A match makes a setup at the door, plays, and shows each seat its view. What
// is refused has a code and a sentence.
func Example() {
	rules := tictactoe.Rules{}
	setup, _ := game.NewSetup(rules.Info(), 2, 0, nil, game.Seed{}.Game(1))
	pos, _ := rules.New(setup)

	step, _ := pos.Play(0, "5")
	fmt.Println(step.Move, step.Next.Actors())
	fmt.Println(string(game.ViewJSON(step.Next, game.Watcher)))

	_, err := step.Next.Play(1, "5")
	var refusal *game.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code, "-", refusal.Message)
	}
	// Output:
	// 5 [1]
	// {"actors":[1],"board":"....0....","line":null,"moves":null,"phase":1,"result":null}
	// illegal_move - Cell 5 is taken
}

// The match ends a game that the rules would go on with: seat 1 resigns.
func ExampleAppendView() {
	pos, _ := tictactoe.Rules{}.New(game.Setup{Seats: 2})
	over := game.Look{Seat: 1, Result: game.WonBy(0, game.ReasonResign)}
	fmt.Println(string(game.AppendView(nil, pos, over)))
	// Output:
	// {"actors":[],"board":".........","line":null,"moves":null,"phase":1,"result":{"kind":"win","reason":"resign","winners":[0]}}
}

// Options are checked once, at the door, and a refusal names the option.
func ExampleOptionSpecs_Parse() {
	specs := game.OptionSpecs{game.IntOption("bestOf", "Best of", 3, 1, 21, 2)}
	options, _ := specs.Parse(json.RawMessage(`{"bestOf":5}`))
	fmt.Println(options.Int("bestOf"))
	_, err := specs.Parse(json.RawMessage(`{"bestOf":4}`))
	fmt.Println(err)
	// Output:
	// 5
	// Option bestOf must be an odd number from 1 to 21
}
