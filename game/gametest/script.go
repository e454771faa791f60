package gametest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

var update = flag.Bool("update", false, "rewrite what scripted games expect at their end")

// Script is a game written down, with what must come of it. A script file is
// one JSON object; go test -update fills in the last three fields, to be
// reviewed like code.
type Script struct {
	About   string          `json:"about"`
	Seats   int             `json:"seats"`
	First   int             `json:"first"`
	Options json.RawMessage `json:"options"`
	Seed    game.Seed       `json:"seed"`
	Moves   []ScriptMove    `json:"moves"`

	View   json.RawMessage `json:"view"` // the watcher's, at the end
	Hash   string          `json:"hash"` // of that view
	Result *game.Result    `json:"result"`
}

// ScriptMove is one thing tried in a scripted game.
type ScriptMove struct {
	game.Action

	// Becomes is the canonical move where it is not Move itself.
	Becomes string `json:"becomes,omitempty"`
	// Hidden as in game.Step.
	Hidden bool `json:"hidden,omitempty"`
	// Revealed is what the watcher is told beyond the move.
	Revealed json.RawMessage `json:"revealed,omitempty"`
	// Refused is the sentence where the move is refused, Code the refusal's
	// code where it is not illegal_move.
	Refused string    `json:"refused,omitempty"`
	Code    game.Code `json:"code,omitempty"`
}

// Scripts plays every *.json file of a folder; there must be some.
func Scripts(t *testing.T, rules game.Rules, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s (%v)", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if raw, err = rewrite(rules, raw); err == nil {
					err = os.WriteFile(file, raw, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := runScript(rules, raw); err != nil {
				t.Error(err)
			}
		})
	}
}

// runScript plays a script and compares its end.
func runScript(rules game.Rules, raw []byte) error {
	script, err := parseScript(raw)
	if err != nil {
		return err
	}
	pos, err := script.play(rules)
	if err != nil {
		return err
	}
	view := game.ViewJSON(pos, game.Watcher)
	var wanted bytes.Buffer
	if err := json.Compact(&wanted, script.View); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	if diff := cmp.Diff(wanted.String(), string(view)); diff != "" {
		return fmt.Errorf("the watcher's view at the end (-want +got):\n%s", diff)
	}
	if got := game.Hash(view); got != script.Hash {
		return fmt.Errorf("hash %s, want %s", got, script.Hash)
	}
	if diff := cmp.Diff(script.Result, pos.Result()); diff != "" {
		return fmt.Errorf("result (-want +got):\n%s", diff)
	}
	return nil
}

func parseScript(raw []byte) (Script, error) {
	var script Script
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&script); err != nil {
		return Script{}, fmt.Errorf("script: %w", err)
	}
	return script, nil
}

func (s Script) play(rules game.Rules) (game.Position, error) {
	setup, err := game.NewSetup(rules.Info(), s.Seats, s.First, s.Options, s.Seed)
	if err != nil {
		return nil, err
	}
	pos, err := rules.New(setup)
	if err != nil {
		return nil, err
	}
	for i, move := range s.Moves {
		step, err := game.Apply(pos, move.Action)
		if err := move.compare(step, err); err != nil {
			return nil, fmt.Errorf("move %d, %q by seat %d: %w", i+1, move.Move, move.Seat, err)
		}
		if err == nil {
			pos = step.Next
		}
	}
	return pos, nil
}

func (m ScriptMove) compare(step game.Step, err error) error {
	if m.Refused != "" {
		return m.compareRefusal(err)
	}
	if err != nil {
		return fmt.Errorf("is refused: %w", err)
	}
	canonicalMove := m.Becomes
	if canonicalMove == "" {
		canonicalMove = m.Move
	}
	got := fmt.Sprintf("%q, hidden %t, revealed %s", step.Move, step.Hidden, step.Revealed.For(game.Watcher))
	want := fmt.Sprintf("%q, hidden %t, revealed %s", canonicalMove, m.Hidden, m.Revealed)
	if got != want {
		return fmt.Errorf("is %s; want %s", got, want)
	}
	return nil
}

func (m ScriptMove) compareRefusal(err error) error {
	code := m.Code
	if code == "" {
		code = game.CodeIllegalMove
	}
	var refusal *game.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code || refusal.Message != m.Refused {
		return fmt.Errorf("error %s, want the refusal %s %q", fmt.Sprint(err), code, m.Refused)
	}
	return nil
}

// rewrite gives the script with the end that today's rules come to, a line
// for each move.
func rewrite(rules game.Rules, raw []byte) ([]byte, error) {
	script, err := parseScript(raw)
	if err != nil {
		return nil, err
	}
	pos, err := script.play(rules)
	if err != nil {
		return nil, err
	}
	script.View = game.ViewJSON(pos, game.Watcher)
	script.Hash = game.Hash(script.View)
	script.Result = pos.Result()
	return script.format()
}

// format writes one field a line, and one move a line.
func (s Script) format() ([]byte, error) {
	var moves []string
	for _, move := range s.Moves {
		line, err := json.Marshal(move)
		if err != nil {
			return nil, err
		}
		moves = append(moves, "\n    "+string(line))
	}
	fields := []struct {
		name  string
		value any
	}{
		{"about", s.About},
		{"seats", s.Seats},
		{"first", s.First},
		{"options", s.Options},
		{"seed", &s.Seed},
		{"moves", nil},
		{"view", s.View},
		{"hash", s.Hash},
		{"result", s.Result},
	}
	var lines []string
	for _, field := range fields {
		line, err := json.Marshal(field.value)
		if err != nil {
			return nil, err
		}
		if field.name == "moves" {
			line = []byte("[" + strings.Join(moves, ",") + "\n  ]")
		}
		lines = append(lines, fmt.Sprintf("  %q: %s", field.name, line))
	}
	return []byte("{\n" + strings.Join(lines, ",\n") + "\n}\n"), nil
}
