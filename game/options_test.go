package game_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

var specs = game.OptionSpecs{
	game.IntOption("bestOf", "Best of", 3, 1, 21, 2),
	game.IntOption("size", "Size", 10, 0, 100, 10),
	game.BoolOption("again", "A hit shoots again", false),
	game.ChoiceOption("level", "Level", "easy", "hard"),
}

func TestParseOptions(t *testing.T) {
	for raw, want := range map[string]string{
		``:              `{"again":false,"bestOf":3,"level":"easy","size":10}`,
		` null `:        `{"again":false,"bestOf":3,"level":"easy","size":10}`,
		`{}`:            `{"again":false,"bestOf":3,"level":"easy","size":10}`,
		`{"bestOf":21}`: `{"again":false,"bestOf":21,"level":"easy","size":10}`,
		`{"size":0, "again":true,"level":"hard","bestOf":1}`: `{"again":true,"bestOf":1,"level":"hard","size":0}`,
		`{"level":"h\u0061rd"}`:                              `{"again":false,"bestOf":3,"level":"hard","size":10}`,
	} {
		options, err := specs.Parse(json.RawMessage(raw))
		if err != nil {
			t.Errorf("Parse(%s): %v", raw, err)
			continue
		}
		got, err := json.Marshal(options)
		if err != nil || string(got) != want {
			t.Errorf("Parse(%s) = %s, %v; want %s", raw, got, err, want)
		}
		// What was stored parses to the same.
		again, err := specs.Parse(got)
		if diff := cmp.Diff(options, again); err != nil || diff != "" {
			t.Errorf("Parse(%s): %v, (-first +again):\n%s", got, err, diff)
		}
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	const (
		bestOf = "Option bestOf must be an odd number from 1 to 21"
		object = "Options must be a JSON object"
	)
	for raw, want := range map[string]string{
		`{"bestOf":2}`:              bestOf,
		`{"bestOf":23}`:             bestOf,
		`{"bestOf":-1}`:             bestOf,
		`{"bestOf":3.5}`:            bestOf,
		`{"bestOf":"3"}`:            bestOf,
		`{"bestOf":null}`:           bestOf,
		`{"bestOf":99999999999999}`: bestOf,
		`{"size":15}`:               "Option size must be a number from 0 to 100 in steps of 10",
		`{"again":1}`:               "Option again must be true or false",
		`{"again":null}`:            "Option again must be true or false",
		`{"level":"Hard"}`:          "Option level must be one of easy, hard",
		`{"level":null}`:            "Option level must be one of easy, hard",
		`{"speed":1,"colour":2}`:    `There is no option "colour"`,
		`{"BestOf":3}`:              `There is no option "BestOf"`,
		`{"again":true,"again":1}`:  `Option "again" is given twice`,
		`[]`:                        object,
		`"bestOf"`:                  object,
		`{"bestOf":3`:               object,
		`{"bestOf":3}{}`:            object,
	} {
		_, err := specs.Parse(json.RawMessage(raw))
		var refusal *game.Refusal
		if !errors.As(err, &refusal) || refusal.Code != game.CodeBadRequest || refusal.Message != want {
			t.Errorf("Parse(%s): %v; want bad_request %q", raw, err, want)
		}
	}
	_, err := specs.Parse(json.RawMessage(`{"` + strings.Repeat("x", 1000) + `":1}`))
	if err == nil || len(err.Error()) > 100 {
		t.Errorf("a long name is repeated at length: %v", err)
	}
}

func TestOptionValues(t *testing.T) {
	options, err := specs.Parse(json.RawMessage(`{"bestOf":5,"again":true,"level":"hard"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := options.Int("bestOf"); got != 5 {
		t.Errorf("bestOf is %d, want 5", got)
	}
	if !options.Bool("again") {
		t.Error("again is false, want true")
	}
	if got := options.Choice("level"); got != "hard" {
		t.Errorf("level is %s, want hard", got)
	}
	for name, ask := range map[string]func(){
		"unknown":    func() { options.Int("speed") },
		"wrong type": func() { options.Bool("bestOf") },
		"no word":    func() { options.Choice("again") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			ask()
		}()
	}
}

func TestSpecsJSON(t *testing.T) {
	got, err := json.Marshal(specs[:1])
	want := `[{"id":"bestOf","name":"Best of","type":"int","default":3,"min":1,"max":21,"step":2}]`
	if err != nil || string(got) != want {
		t.Errorf("specs %s, %v; want %s", got, err, want)
	}
}
