package game_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
)

// shown is a position made of just what a test wants to look at.
type shown struct {
	actors []int
	moves  []string
	result *game.Result
	fields func(v *game.View)
}

func (s shown) Actors() []int           { return s.actors }
func (s shown) Phase() int              { return 7 }
func (s shown) Moves(int) []string      { return s.moves }
func (s shown) Deadline() time.Duration { return 0 }
func (s shown) Result() *game.Result    { return s.result }
func (s shown) Save() []byte            { return nil }
func (s shown) View(v *game.View) {
	if s.fields != nil {
		s.fields(v)
	}
}

func (s shown) Play(int, string) (game.Step, error) {
	return game.Step{}, errors.ErrUnsupported
}

func (s shown) Lapse(int) (game.Step, error) {
	return game.Step{}, errors.ErrUnsupported
}

func TestAppendView(t *testing.T) {
	secret := func(v *game.View) {
		v.Bool("mine", v.Sees(1))
		v.Int("seat", v.Seat())
	}
	playing := shown{actors: []int{0, 1}, moves: []string{"a"}, fields: secret}
	for _, test := range []struct {
		name string
		pos  shown
		look game.Look
		want string
	}{
		{"no fields of its own", shown{actors: []int{0}}, game.Look{}, `{"actors":[0],"moves":null,"phase":7,"result":null}`},
		{"an actor", playing, game.Look{Seat: 1}, `{"actors":[0,1],"mine":true,"moves":["a"],"phase":7,"result":null,"seat":1}`},
		{"another", playing, game.Look{Seat: 2}, `{"actors":[0,1],"mine":false,"moves":null,"phase":7,"result":null,"seat":2}`},
		{"a watcher", playing, game.Look{Seat: game.Watcher}, `{"actors":[0,1],"mine":false,"moves":null,"phase":7,"result":null,"seat":-1}`},
		{"all revealed", playing, game.Look{Seat: 2, Reveal: true}, `{"actors":[0,1],"mine":true,"moves":null,"phase":7,"result":null,"seat":2}`},
		{"after a takeback", playing, game.Look{Seat: 2, PhaseBase: 4}, `{"actors":[0,1],"mine":false,"moves":null,"phase":11,"result":null,"seat":2}`},
		{
			"resigned", playing,
			game.Look{Seat: 0, PhaseBase: 4, Result: game.WonBy(1, game.ReasonResign)},
			`{"actors":[],"mine":true,"moves":null,"phase":12,"result":{"kind":"win","reason":"resign","winners":[1]},"seat":0}`,
		},
		{
			"over by the rules",
			shown{result: game.Drawn(game.ReasonFull), fields: secret},
			game.Look{Seat: 0, Result: game.WonBy(1, game.ReasonResign)},
			`{"actors":[],"mine":true,"moves":null,"phase":7,"result":{"kind":"draw","reason":"full","winners":[]},"seat":0}`,
		},
		{
			"every kind of field",
			shown{fields: func(v *game.View) {
				v.Ints("a", nil)
				v.Ints("b", []int{1, -2})
				v.Null("c")
				v.String("n", "x\"y")
				v.Strings("o", []string{"p", "q"})
				v.Strings("z", nil)
				v.Value("zz", func(dst []byte) []byte { return append(dst, `{"k":[]}`...) })
			}},
			game.Look{},
			`{"a":null,"actors":[],"b":[1,-2],"c":null,"moves":null,"n":"x\"y","o":["p","q"],"phase":7,"result":null,"z":null,"zz":{"k":[]}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := game.AppendView([]byte("before"), test.pos, test.look)
			if string(got) != "before"+test.want {
				t.Errorf("got  %s\nwant before%s", got, test.want)
			}
		})
	}
}

func TestViewRefusesKeysOutOfOrder(t *testing.T) {
	for name, fields := range map[string]func(v *game.View){
		"descending": func(v *game.View) { v.Null("b"); v.Null("a") },
		"twice":      func(v *game.View) { v.Null("b"); v.Null("b") },
		"common":     func(v *game.View) { v.Null("phase") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			game.ViewJSON(shown{fields: fields}, 0)
		}()
	}
}

func TestHash(t *testing.T) {
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
	if got := game.Hash([]byte("abc")); got != abc {
		t.Errorf("hash %s, want %s", got, abc)
	}
}

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                      `""`,
		"plain 1":               `"plain 1"`,
		`a"b\c/`:                `"a\"b\\c/"`,
		"\b\t\n\f\r\x00\x1f":    `"\b\t\n\f\r\u0000\u001f"`,
		"<é\u2028🜁&>":           "\"<é\u2028🜁&>\"", // as JSON.stringify, not as encoding/json
		"bad\xff":               "\"bad\ufffd\"",
		"\x7f is not a control": "\"\x7f is not a control\"",
	} {
		if got := string(game.AppendString(nil, in)); got != want {
			t.Errorf("AppendString(%q) = %s, want %s", in, got, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\x00é\xff")
	f.Fuzz(func(t *testing.T, in string) {
		var back string
		if err := json.Unmarshal(game.AppendString(nil, in), &back); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(in)); back != want {
			t.Errorf("%q comes back as %q", in, back)
		}
	})
}
