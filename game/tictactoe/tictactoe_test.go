package tictactoe_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/gametest"
	"github.com/everturn/everturn/game/tictactoe"
)

func TestRules(t *testing.T) { gametest.Run(t, tictactoe.Rules{}) }

func TestScripts(t *testing.T) {
	gametest.Scripts(t, tictactoe.Rules{}, "../../testdata/games/tictactoe")
}

func FuzzPlay(f *testing.F) { gametest.FuzzPlay(f, tictactoe.Rules{}) }

func begin(t testing.TB, first int) game.Position {
	t.Helper()
	pos, err := tictactoe.Rules{}.New(game.Setup{Seats: 2, First: first})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

func mustPlay(t testing.TB, pos game.Position, move string) game.Position {
	t.Helper()
	step, err := pos.Play(pos.Actors()[0], move)
	if err != nil {
		t.Fatal(err)
	}
	return step.Next
}

// Every game there is, counted by result and length, and every position.
// The numbers are well known: there are 255,168 games and 5,478 positions.
func TestAllGames(t *testing.T) {
	results, lengths, positions := map[string]int{}, map[int]int{}, map[string]bool{}
	var visit func(pos game.Position)
	visit = func(pos game.Position) {
		positions[string(pos.Save())] = true
		if result := pos.Result(); result != nil {
			results[fmt.Sprint(result.Kind, result.Winners)]++
			lengths[pos.Phase()]++
			return
		}
		for _, move := range pos.Moves(pos.Actors()[0]) {
			visit(mustPlay(t, pos, move))
		}
	}
	visit(begin(t, 0))

	if diff := cmp.Diff(map[string]int{"win[0]": 131184, "win[1]": 77904, "draw[]": 46080}, results); diff != "" {
		t.Errorf("games by result (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int]int{5: 1440, 6: 5328, 7: 47952, 8: 72576, 9: 127872}, lengths); diff != "" {
		t.Errorf("games by length (-want +got):\n%s", diff)
	}
	if len(positions) != 5478 {
		t.Errorf("%d positions, want 5478", len(positions))
	}
}

// The strongest bot is played against in every possible way, in both seats,
// and never loses; and in seat 0 it does win some.
func TestStrongestNeverLoses(t *testing.T) {
	for _, bot := range []int{0, 1} {
		results := map[game.Kind]int{}
		var visit func(pos game.Position, seed game.Seed)
		visit = func(pos game.Position, seed game.Seed) {
			if result := pos.Result(); result != nil {
				results[result.Kind]++
				if result.Kind == game.Win && result.Winners[0] != bot {
					t.Errorf("seat %d lost: %s", bot, pos.Save())
				}
				return
			}
			seat := pos.Actors()[0]
			if seat != bot {
				for i, move := range pos.Moves(seat) {
					visit(mustPlay(t, pos, move), seed.Derive("reply", i))
				}
				return
			}
			move, err := tictactoe.Rules{}.Bot(game.ViewJSON(pos, bot), bot, game.Strongest, seed)
			if err != nil {
				t.Fatal(err)
			}
			visit(mustPlay(t, pos, move), seed)
		}
		for n := range 3 {
			visit(begin(t, 0), game.Seed{byte(n)})
		}
		if results[game.Win] == 0 {
			t.Errorf("seat %d never won: %v", bot, results)
		}
	}
}

// Wins come before blocks, and both before anything else, at every strength
// that looks.
func TestBotTakesWinsAndBlocksThreats(t *testing.T) {
	for name, test := range map[string]struct {
		moves []string
		want  string
	}{
		"win":              {[]string{"1", "4", "2", "5"}, "3"},
		"block":            {[]string{"1", "5", "2"}, "3"},
		"win before block": {[]string{"1", "4", "2", "5", "9"}, "6"},
	} {
		t.Run(name, func(t *testing.T) {
			pos := begin(t, 0)
			for _, move := range test.moves {
				pos = mustPlay(t, pos, move)
			}
			seat := pos.Actors()[0]
			for _, strength := range []game.Strength{game.Medium, game.Strongest} {
				for n := range 10 {
					got, err := tictactoe.Rules{}.Bot(game.ViewJSON(pos, seat), seat, strength, game.Seed{byte(n)})
					if err != nil || got != test.want {
						t.Errorf("strength %d plays %q, %v; want %q", strength, got, err, test.want)
					}
				}
			}
		})
	}
}

// The bots differ: over many seeds the weakest plays more moves than the
// medium one where there is a threat to block.
func TestWeakestIsSometimesSensible(t *testing.T) {
	pos := begin(t, 0)
	for _, move := range []string{"1", "5", "2"} {
		pos = mustPlay(t, pos, move)
	}
	chosen := map[string]int{}
	for n := range 200 {
		move, err := tictactoe.Rules{}.Bot(game.ViewJSON(pos, 1), 1, game.Weakest, game.Seed{byte(n)})
		if err != nil {
			t.Fatal(err)
		}
		chosen[move]++
	}
	if chosen["3"] < 80 || chosen["3"] > 150 || len(chosen) != 6 {
		t.Errorf("the weakest chose %v; want the block, 3, about 117 times, and all six cells", chosen)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, saved := range []string{
		"", "........./0", "........./0/-1 ", "........./+0/-1", "........./2/-1", "........./0/2",
		"0......../0/0", "00......./0/-1", "1......../0/-1", "000...111/0/-1", "000.1.1../0/1", "x......../0/-1", "......../0/-1",
	} {
		if pos, err := (tictactoe.Rules{}).Load([]byte(saved)); err == nil {
			t.Errorf("Load(%q) = %s", saved, pos.Save())
		}
	}
}

// A drawn board needs no more than its fields to be drawn by a browser.
func Example() {
	pos, _ := tictactoe.Rules{}.New(game.Setup{Seats: 2})
	for _, move := range []string{"5", "1", "9"} {
		step, _ := pos.Play(pos.Actors()[0], move)
		pos = step.Next
	}
	fmt.Println(string(game.ViewJSON(pos, 1)))
	_, err := pos.Play(1, "9")
	fmt.Println(err)
	// Output:
	// {"actors":[1],"board":"1...0...0","line":null,"moves":["2","3","4","6","7","8"],"phase":3,"result":null}
	// Cell 9 is taken
}

func TestInfo(t *testing.T) {
	raw, err := json.Marshal(tictactoe.Rules{}.Info())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"tictactoe","name":"Tic-tac-toe","minSeats":2,"maxSeats":2,` +
		`"simultaneous":false,"hidden":false,"coop":false,"clock":true,"options":[]}`
	if string(raw) != want {
		t.Errorf("info %s, want %s", raw, want)
	}
}

func BenchmarkPlay(b *testing.B) {
	pos := mustPlay(b, mustPlay(b, begin(b, 0), "5"), "1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pos.Play(0, "9"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendView(b *testing.B) {
	pos := mustPlay(b, mustPlay(b, begin(b, 0), "5"), "1")
	for name, seat := range map[string]int{"actor": 0, "other": 1} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 256)
			for b.Loop() {
				buf = game.AppendView(buf[:0], pos, game.Look{Seat: seat})
			}
		})
	}
}
