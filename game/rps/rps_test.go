package rps_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/gametest"
	"github.com/everturn/everturn/game/rps"
)

func TestRules(t *testing.T) { gametest.Run(t, rps.Rules{}) }

func TestScripts(t *testing.T) {
	gametest.Scripts(t, rps.Rules{}, "../../testdata/games/rps")
}

func FuzzPlay(f *testing.F) { gametest.FuzzPlay(f, rps.Rules{}) }

func begin(t testing.TB, options string) game.Position {
	t.Helper()
	setup, err := game.NewSetup(rps.Rules{}.Info(), 2, 0, []byte(options), game.Seed{})
	if err != nil {
		t.Fatal(err)
	}
	pos, err := rps.Rules{}.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

var words = map[rune]string{'r': "rock", 'p': "paper", 's': "scissors"}

// mustPlay plays rounds such as "rp": a letter for each seat, "-" for a lapse.
func mustPlay(t testing.TB, pos game.Position, rounds ...string) game.Position {
	t.Helper()
	for _, round := range rounds {
		for seat, letter := range round {
			step, err := game.Apply(pos, game.Action{Seat: seat, Move: words[letter], Lapsed: letter == '-'})
			if err != nil {
				t.Fatalf("seat %d, %c of %s: %v", seat, letter, round, err)
			}
			pos = step.Next
		}
	}
	return pos
}

// Every round that there can be, from both sides.
func TestWhatBeatsWhat(t *testing.T) {
	for round, winner := range map[string]string{
		"rr": "null", "pp": "null", "ss": "null", "--": "null",
		"rs": "0", "pr": "0", "sp": "0", "r-": "0", "p-": "0", "s-": "0",
		"sr": "1", "rp": "1", "ps": "1", "-r": "1", "-p": "1", "-s": "1",
	} {
		pos := mustPlay(t, begin(t, ""), round[:1])
		letter := rune(round[1])
		step, err := game.Apply(pos, game.Action{Seat: 1, Move: words[letter], Lapsed: letter == '-'})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"round":"%s","winner":%s}`, round, winner)
		if got := string(step.Revealed.For(game.Watcher)); got != want {
			t.Errorf("revealed %s, want %s", got, want)
		}
	}
}

func TestResults(t *testing.T) {
	always := func(n int, rounds ...string) []string {
		return strings.Fields(strings.Repeat(strings.Join(rounds, " ")+" ", n))
	}
	for name, test := range map[string]struct {
		options string
		rounds  []string
		want    string
	}{
		"best of one":           {`{"bestOf":1}`, []string{"rr", "rs"}, "win rounds [0]"},
		"two of three":          {"", []string{"sr", "rs", "sr"}, "win rounds [1]"},
		"not yet":               {"", []string{"sr", "rs", "rr"}, "none"},
		"eleven of twenty-one":  {`{"bestOf":21}`, append(always(10, "rs", "sr"), "rs"), "win rounds [0]"},
		"rounds lost on time":   {"", []string{"r-", "s-"}, "win rounds [0]"},
		"nobody there":          {"", always(3, "--"), "void flag []"},
		"nobody there, at last": {"", append([]string{"rs"}, always(3, "--")...), "void flag []"},
		"there in between":      {"", append(always(2, "--"), "rr", "--", "--"), "none"},
		"98 draws":              {"", always(98, "rr"), "none"},
		"99 draws":              {"", always(99, "rr"), "draw rounds []"},
		"99 with one won":       {"", append(always(98, "rr"), "rp"), "win rounds [1]"},
		"99 with as many won":   {`{"bestOf":5}`, append(always(97, "rr"), "rp", "pr"), "draw rounds []"},
	} {
		t.Run(name, func(t *testing.T) {
			got := "none"
			if r := mustPlay(t, begin(t, test.options), test.rounds...).Result(); r != nil {
				got = fmt.Sprint(r.Kind, " ", r.Reason, " ", r.Winners)
			}
			if got != test.want {
				t.Errorf("result %s, want %s", got, test.want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for _, options := range []string{`{"bestOf":0}`, `{"bestOf":2}`, `{"bestOf":23}`, `{"bestOf":"3"}`, `{"bestof":3}`} {
		if _, err := game.NewSetup(rps.Rules{}.Info(), 2, 0, []byte(options), game.Seed{}); err == nil {
			t.Errorf("options %s are accepted", options)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, saved := range []string{
		"", "3", "3/", "3//", "3//.", "3//...", "2//..", "23//..", "-1//..", "+3//..", " 3//..", "03//..", "x//..",
		"3/r/..", "3/rx/..", "3/r./..", "3//rp", "3//--", "3//x.", "3//../",
		"3/rprprp/..", "3/rprp/r.", "3/--------/..", "1/" + strings.Repeat("rr", 100) + "/..",
	} {
		if pos, err := (rps.Rules{}).Load([]byte(saved)); err == nil {
			t.Errorf("Load(%q) = %s", saved, pos.Save())
		}
	}
}

// What the other has chosen shows when the round is over.
func Example() {
	pos, _ := rps.Rules{}.New(game.Setup{Seats: 2, Options: game.Options{"bestOf": []byte("3")}})
	step, _ := pos.Play(0, "rock")
	fmt.Println(string(game.ViewJSON(step.Next, 0)))
	fmt.Println(string(game.ViewJSON(step.Next, 1)))
	step, _ = step.Next.Play(1, "paper")
	fmt.Println(string(step.Revealed.For(0)))
	fmt.Println(string(game.ViewJSON(step.Next, game.Watcher)))
	// Output:
	// {"actors":[1],"bestOf":3,"choices":"r.","moves":null,"phase":0,"result":null,"rounds":[],"score":[0,0]}
	// {"actors":[1],"bestOf":3,"choices":"..","moves":["rock","paper","scissors"],"phase":0,"result":null,"rounds":[],"score":[0,0]}
	// {"round":"rp","winner":1}
	// {"actors":[0,1],"bestOf":3,"choices":"..","moves":null,"phase":1,"result":null,"rounds":["rp"],"score":[0,1]}
}

// A game in its middle, as most moves and views are.
func BenchmarkPlay(b *testing.B) {
	pos := mustPlay(b, begin(b, `{"bestOf":21}`), "rs", "rp", "ss", "pr", "rs", "p")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pos.Play(1, "rock"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendView(b *testing.B) {
	pos := mustPlay(b, begin(b, `{"bestOf":21}`), "rs", "rp", "ss", "pr", "rs", "p")
	b.ReportAllocs()
	buf := make([]byte, 0, 256)
	for b.Loop() {
		buf = game.AppendView(buf[:0], pos, game.Look{Seat: 1})
	}
}
