package battleship_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/gametest"
)

func TestRules(t *testing.T) { gametest.Run(t, battleship.Rules{}) }

func TestScripts(t *testing.T) {
	gametest.Scripts(t, battleship.Rules{}, "../../testdata/games/battleship")
}

func FuzzPlay(f *testing.F) { gametest.FuzzPlay(f, battleship.Rules{}) }

func begin(t testing.TB, options string, seed game.Seed) game.Position {
	t.Helper()
	setup, err := game.NewSetup(battleship.Rules{}.Info(), 2, 0, []byte(options), seed)
	if err != nil {
		t.Fatal(err)
	}
	pos, err := battleship.Rules{}.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// mustPlay plays moves of whoever is the first to act.
func mustPlay(t testing.TB, pos game.Position, moves ...string) game.Position {
	t.Helper()
	for _, move := range moves {
		step, err := pos.Play(pos.Actors()[0], move)
		if err != nil {
			t.Fatalf("%s: %v", move, err)
		}
		pos = step.Next
	}
	return pos
}

const (
	inRows    = "fleet:a1h,a2h,a3h,a4h,a5h" // 5, 4, 3, 3 and 2 cells from the left
	inColumns = "fleet:a1v,b1v,c1v,d1v,e1v"
)

// cells are the names of all cells, row by row.
func cells() (names []string) {
	for row := 1; row <= 10; row++ {
		for column := 'a'; column <= 'j'; column++ {
			names = append(names, fmt.Sprintf("%c%d", column, row))
		}
	}
	return names
}

// Each ship is laid on every cell in both ways, with the other ones out of its
// way; as many are accepted as the facts say.
func TestPlacementsOfOneShip(t *testing.T) {
	facts := map[string]int{"5": 120, "4": 140, "3": 160, "2": 180}
	for ship, length := range []string{"5", "4", "3", "3", "2"} {
		accepted := 0
		for _, cell := range cells() {
			for _, way := range []string{"h", "v"} {
				if legal(t, ship, cell+way) {
					accepted++
				}
			}
		}
		if accepted != facts[length] {
			t.Errorf("the ship of %s cells can lie in %d places, want %d", length, accepted, facts[length])
		}
	}
}

// legal says whether some fleet has the ship there: the others lie in the top
// rows, in the bottom rows, to the left or to the right.
func legal(t *testing.T, ship int, place string) bool {
	pos := begin(t, "", game.Seed{})
	for _, others := range []string{"a1h,a2h,a3h,a4h,a5h", "a6h,a7h,a8h,a9h,a10h", "a1v,b1v,c1v,d1v,e1v", "f1v,g1v,h1v,i1v,j1v", "a6v,b6v,c6v,d6v,e6v", "f6v,g6v,h6v,i6v,j6v"} {
		places := strings.Split(others, ",")
		places[ship] = place
		if _, err := pos.Play(0, "fleet:"+strings.Join(places, ",")); err == nil {
			return true
		}
	}
	return false
}

// A refusal says which ship, and where.
func TestFleetsThatAreRefused(t *testing.T) {
	pos := begin(t, "", game.Seed{})
	const how = "Place five ships first, such as fleet:a1h,c2v,e5h,a9h,j1v, or fleet:random"
	for move, want := range map[string]string{
		"":                                 how,
		"b7":                               how,
		"fleet":                            how,
		"fleet:":                           how,
		"fleet:a1h,a2h,a3h,a4h":            how,
		"fleet:a1h,a2h,a3h,a4h,a5h,a6h":    how,
		"fleet:a1h,a2h,a3h,a4h,a5":         how,
		"fleet:a1h,a2h,a3h,a4h,a05h":       how,
		"fleet:a1h,a2h,a3h,a4h,a11h":       how,
		"fleet:a1h,a2h,a3h,a4h,k5h":        how,
		"fleet:a1h,a2h,a3h,a4h, a5h":       how,
		"fleet:A1h,a2h,a3h,a4h,a5h":        how,
		"fleet:a1h,a2h,a3h,a4h,a5h\n":      how,
		"fleet:RANDOM":                     how,
		"fleet:g1h,a2h,a3h,a4h,a5h":        "The carrier has 5 cells and leaves the board at g1h",
		"fleet:a1h,a8v,a3h,a4h,a5h":        "The battleship has 4 cells and leaves the board at a8v",
		"fleet:a1h,a2h,i3h,a4h,a5h":        "The cruiser has 3 cells and leaves the board at i3h",
		"fleet:a1h,a2h,a3h,a9v,a5h":        "The submarine has 3 cells and leaves the board at a9v",
		"fleet:a1h,a2h,a3h,a4h,a10v":       "The destroyer has 2 cells and leaves the board at a10v",
		"fleet:a1h,c1v,a10h,e10h,h10h":     "The battleship lies over another ship at c1",
		"fleet:a1h,a2h,a3h,a4h,c4v":        "The destroyer lies over another ship at c4",
		"fleet:a1h,a1h,a1h,a1h,a1h":        "The battleship lies over another ship at a1",
		"fleet:a1h,a2h,a3h,a4h,a5h,random": how,
	} {
		if _, err := pos.Play(0, move); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", move, err, want)
		}
	}
}

// fleet:random is recorded as the fleet it became: by the seed and the seat, and
// in whatever order the seats place.
func TestRandomFleets(t *testing.T) {
	seen := map[string]bool{}
	for n := range 50 {
		pos := begin(t, "", game.Seed{byte(n)})
		for seat := range 2 {
			step, err := pos.Play(seat, "fleet:random")
			if err != nil {
				t.Fatal(err)
			}
			again, err := mustPlaySeat(t, pos, 1-seat, inRows).Play(seat, "fleet:random")
			if err != nil {
				t.Fatal(err)
			}
			if step.Move != again.Move || !step.Hidden {
				t.Errorf("seed %d, seat %d: %s (hidden %t), and %s after the other", n, seat, step.Move, step.Hidden, again.Move)
			}
			if _, err := pos.Play(seat, step.Move); err != nil {
				t.Errorf("the random fleet %s is refused: %v", step.Move, err)
			}
			seen[step.Move] = true
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 random fleets differ", len(seen))
	}
}

func mustPlaySeat(t testing.TB, pos game.Position, seat int, move string) game.Position {
	t.Helper()
	step, err := pos.Play(seat, move)
	if err != nil {
		t.Fatal(err)
	}
	return step.Next
}

// A fleet is drawn evenly: over many draws each corner of the board is covered
// about as often as any other, and each ship lies about as often down as across.
func TestRandomFleetsAreEven(t *testing.T) {
	const draws = 4000
	down, corners := 0, map[string]int{}
	for n := range draws {
		step, err := begin(t, "", game.Seed{byte(n), byte(n >> 8)}).Play(0, "fleet:random")
		if err != nil {
			t.Fatal(err)
		}
		carrier := strings.Split(strings.TrimPrefix(step.Move, "fleet:"), ",")[0]
		if strings.HasSuffix(carrier, "v") {
			down++
		}
		for _, corner := range []string{"a1h", "a1v", "f1h", "a6v", "j1v", "j6v", "a10h", "f10h"} {
			if carrier == corner {
				corners[corner]++
			}
		}
	}
	if down < draws*45/100 || down > draws*55/100 {
		t.Errorf("%d of %d carriers lie down", down, draws)
	}
	for corner, n := range corners { // 1 of 120 places, each about 33 times
		if n < 12 || n > 70 {
			t.Errorf("the carrier lies at %s %d times of %d", corner, n, draws)
		}
	}
	if len(corners) != 8 {
		t.Errorf("the carrier never came to some corner: %v", corners)
	}
}

// Who learns what of a shot, and of the ship that it sinks.
func TestShotsTell(t *testing.T) {
	pos := mustPlay(t, begin(t, "", game.Seed{}), inRows, inColumns)
	for _, test := range []struct{ move, told string }{
		{"j10", `{"cell":"j10","hit":false,"seat":0,"sunk":null}`},
		{"a5", `{"cell":"a5","hit":true,"seat":1,"sunk":null}`},
		{"e1", `{"cell":"e1","hit":true,"seat":0,"sunk":null}`},
		{"b5", `{"cell":"b5","hit":true,"seat":1,"sunk":{"place":"a5h","ship":4}}`},
		{"e2", `{"cell":"e2","hit":true,"seat":0,"sunk":{"place":"e1v","ship":4}}`},
	} {
		step, err := pos.Play(pos.Actors()[0], test.move)
		if err != nil {
			t.Fatal(err)
		}
		for _, viewer := range []int{0, 1, game.Watcher} {
			if got := string(step.Revealed.For(viewer)); got != test.told {
				t.Errorf("%s tells %d %s, want %s", test.move, viewer, got, test.told)
			}
		}
		pos = step.Next
	}
	var v struct{ Fleets [][]*string }
	if err := json.Unmarshal(game.ViewJSON(pos, 0), &v); err != nil {
		t.Fatal(err)
	}
	for i, ship := range v.Fleets[1] {
		if (ship != nil) != (i == 4) {
			t.Errorf("seat 0 sees ship %d of the other", i)
		}
	}
	for _, secret := range []string{"a1v", "b1v", "c1v", "d1v"} {
		if view := string(game.ViewJSON(pos, 0)); strings.Contains(view, secret) {
			t.Errorf("seat 0 sees %s in %s", secret, view)
		}
		if view := string(game.ViewJSON(pos, game.Watcher)); strings.Contains(view, secret) {
			t.Errorf("a watcher sees %s in %s", secret, view)
		}
	}
	resigned := string(game.AppendView(nil, pos, game.Look{Seat: 0, Result: game.WonBy(1, game.ReasonResign)}))
	if !strings.Contains(resigned, `["a1v","b1v","c1v","d1v","e1v"]`) {
		t.Errorf("after the end seat 0 sees %s", resigned)
	}
}

// With the option a hit shoots again, a miss does not.
func TestAgain(t *testing.T) {
	for options, want := range map[string]string{"": "01010", `{"again":true}`: "00011"} {
		pos := mustPlay(t, begin(t, options, game.Seed{}), inRows, inColumns)
		order := ""
		for _, move := range []string{"a1", "a2", "j10", "a3", "j9"} {
			order += fmt.Sprint(pos.Actors()[0])
			pos = mustPlay(t, pos, move)
		}
		if order != want {
			t.Errorf("options %q: seats %s shot, want %s", options, order, want)
		}
	}
}

func TestLapses(t *testing.T) {
	const placed = inRows
	for name, test := range map[string]struct {
		actions []game.Action
		want    string
	}{
		"one while both place":     {[]game.Action{{Seat: 0, Lapsed: true}}, "none"},
		"the other places":         {[]game.Action{{Seat: 0, Lapsed: true}, {Seat: 1, Move: placed}}, "win flag [1]"},
		"the other had placed":     {[]game.Action{{Seat: 0, Move: placed}, {Seat: 1, Lapsed: true}}, "win flag [0]"},
		"both":                     {[]game.Action{{Seat: 1, Lapsed: true}, {Seat: 0, Lapsed: true}}, "void flag []"},
		"before the first shot":    {[]game.Action{{Seat: 0, Move: placed}, {Seat: 1, Move: placed}, {Seat: 0, Lapsed: true}}, "win flag [1]"},
		"before the first reply":   {[]game.Action{{Seat: 0, Move: placed}, {Seat: 1, Move: placed}, {Seat: 0, Move: "b7"}, {Seat: 1, Lapsed: true}}, "win flag [0]"},
		"nobody's while they play": {[]game.Action{{Seat: 0, Move: placed}, {Seat: 1, Move: placed}, {Seat: 0, Move: "b7"}}, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			pos := begin(t, "", game.Seed{})
			for _, action := range test.actions {
				step, err := game.Apply(pos, action)
				if err != nil {
					t.Fatal(err)
				}
				pos = step.Next
			}
			got := "none"
			if r := pos.Result(); r != nil {
				got = fmt.Sprint(r.Kind, " ", r.Reason, " ", r.Winners)
			}
			if got != test.want {
				t.Errorf("result %s, want %s", got, test.want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	good := string(mustPlay(t, begin(t, "", game.Seed{}), inRows, inColumns, "j10", "a5").Save())
	if _, err := (battleship.Rules{}).Load([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"false/0/1/a5", "false/1/1/a5"},  // the other began
		{"false/0/1/a5", "false/0/0/a5"},  // the other shot last
		{"false/0/1/a5", "false/0/2/a5"},  // there is no such seat
		{"false/0/1/a5", "false/0/1/a6"},  // nobody shot there
		{"false/0/1/a5", "false/0/1/-"},   // somebody shot
		{"false/0/1/a5", " false/0/1/a5"}, // not as it is written
		{"a1h,a2h", "a1h,a1h"},
		{"a1v,b1v,c1v,d1v,e1v", "-"},
		{"/false/a1v", "/true/a1v"}, // it was not its turn
		{"x", "o"},
		{"o", "x"},
		{"x", "."},
		{"o", "."},
		{"....", "..."},
		{`"/false`, `/false`},
		{"/0000", "/000"},
		{"/0000", "/0000/"},
	} {
		saved := strings.Replace(good, change[0], change[1], 1)
		if saved == good {
			t.Fatalf("%q is not in %s", change[0], good)
		}
		if pos, err := (battleship.Rules{}).Load([]byte(saved)); err == nil {
			t.Errorf("Load(%s) = %s", saved, pos.Save())
		} else if strings.Contains(err.Error(), "a2h") {
			t.Errorf("the error tells the fleet: %v", err)
		}
	}
}

func Example() {
	pos, _ := battleship.Rules{}.New(game.Setup{Seats: 2, Options: game.Options{"again": []byte("false")}})
	step, _ := pos.Play(0, "fleet:a1h,a3h,a5h,a7h,a9h")
	step, _ = step.Next.Play(1, "fleet:a1v,c1v,e1v,g1v,i1v")
	step, _ = step.Next.Play(0, "c4")
	fmt.Println(string(step.Revealed.For(game.Watcher)))
	_, err := step.Next.Play(1, "fleet:random")
	fmt.Println(err)
	// Output:
	// {"cell":"c4","hit":true,"seat":0,"sunk":null}
	// A shot is a cell from a1 to j10
}

func midgame(b *testing.B) game.Position {
	pos := mustPlay(b, begin(b, "", game.Seed{}), inRows, inColumns)
	for _, cell := range cells()[40:70] {
		pos = mustPlay(b, pos, cell)
		pos = mustPlay(b, pos, cell)
	}
	return pos
}

func BenchmarkPlay(b *testing.B) {
	pos := midgame(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pos.Play(0, "b2"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendView(b *testing.B) {
	pos := midgame(b)
	b.ReportAllocs()
	buf := make([]byte, 0, 1024)
	for b.Loop() {
		buf = game.AppendView(buf[:0], pos, game.Look{Seat: 0})
	}
}
