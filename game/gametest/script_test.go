package gametest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sound is a script of throws with everything that a script can say.
const sound = `{
  "about": "Seat 1 wins the only round.",
  "seats": 2,
  "first": 0,
  "options": {"rounds":1},
  "seed": "0100000000000000000000000000000000000000000000000000000000000000",
  "moves": [
    {"seat":1,"move":"random","becomes":"2","hidden":true},
    {"seat":1,"move":"2","refused":"It is not your turn","code":"not_your_turn"},
    {"seat":0,"move":"4","refused":"Throw a number from 1 to 3"},
    {"seat":0,"lapsed":true,"revealed":{"throws":["0","2"]}}
  ],
  "view": {"actors":[],"moves":null,"now":["",""],"phase":1,"points":[0,1],"result":{"kind":"win","reason":"rounds","winners":[1]}},
  "hash": "8f0c2f8ba85aa841151a997012b7cf1ae71fd009c6d15b87d346c6443eac8851",
  "result": {"kind":"win","reason":"rounds","winners":[1]}
}
`

func TestScript(t *testing.T) {
	if err := runScript(throws{}, []byte(sound)); err != nil {
		t.Error(err)
	}
	rewritten, err := rewrite(throws{}, []byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sound, string(rewritten)); diff != "" {
		t.Errorf("rewriting a sound script changes it (-was +is):\n%s", diff)
	}
}

// Whatever is wrong in a script is found.
func TestScriptCatches(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{`"becomes":"2",`, ``, `move 1, "random" by seat 1: is "2", hidden true`},
		{`"becomes":"2"`, `"becomes":"1"`, `move 1`},
		{`,"hidden":true`, ``, `want "2", hidden false`},
		{`"move":"2","refused":"It is not your turn"`, `"move":"2","refused":"It is"`, `want the refusal not_your_turn "It is"`},
		{`,"code":"not_your_turn"`, ``, `want the refusal illegal_move`},
		{`"move":"4","refused":"Throw a number from 1 to 3"`, `"move":"4"`, `is refused: Throw`},
		{`"move":"4","refused"`, `"move":"3","refused"`, `error <nil>, want the refusal`},
		{`"throws":["0","2"]`, `"throws":["0","1"]`, `move 4`},
		{`"points":[0,1]`, `"points":[1,0]`, `view at the end`},
		{`"hash": "`, `"hash": "0`, `hash `},
		{`"result": {"kind":"win","reason":"rounds","winners":[1]}` + "\n", `"result": null` + "\n", `result (-want`},
		{`"rounds":1`, `"rounds":9`, `Option rounds must be`},
		{`"about"`, `"abuot"`, `unknown field`},
	} {
		broken := strings.Replace(sound, test.old, test.new, 1)
		if broken == sound {
			t.Fatalf("%s is not in the script", test.old)
		}
		err := runScript(throws{}, []byte(broken))
		if err == nil || !strings.Contains(plainSpaces(err.Error()), test.want) {
			t.Errorf("%s instead of %s: error %v, want one with %q", test.new, test.old, err, test.want)
		}
	}
}

// plainSpaces undoes the spaces that cmp chooses at random to keep people from
// relying on its output.
func plainSpaces(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
