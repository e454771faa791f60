package dungeon_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/dungeon"
	"github.com/everturn/everturn/game/gametest"
)

func TestRules(t *testing.T) { gametest.Run(t, dungeon.Rules{}) }

func TestScripts(t *testing.T) {
	gametest.Scripts(t, dungeon.Rules{}, "../../testdata/games/dungeon")
}

func FuzzPlay(f *testing.F) { gametest.FuzzPlay(f, dungeon.Rules{}) }

// seen is a view, as a client reads it.
type seen struct {
	Actors []int
	Moves  []string
	Heroes []struct {
		Health int
		Holds  *struct{ Name string }
		State  string
	}
	Log []struct {
		Did, Item string
		Round     int
		Seat      *int
		Amount    int
	}
	Monster *struct {
		Name        string
		Health, Max int
	}
	Room *struct {
		Depth, Of int
		Items     []struct{ Kind, Name string }
	}
}

func see(t testing.TB, pos game.Position, seat int) (s seen) {
	t.Helper()
	if err := json.Unmarshal(game.ViewJSON(pos, seat), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t testing.TB, seats int, seed game.Seed) game.Position {
	t.Helper()
	pos, err := dungeon.Rules{}.New(game.Setup{Seats: seats, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// play makes the moves of seats 0, 1…; an empty one is a lapse.
func play(t testing.TB, pos game.Position, moves ...string) game.Position {
	t.Helper()
	for seat, move := range moves {
		step, err := game.Apply(pos, game.Action{Seat: seat, Move: move, Lapsed: move == ""})
		if err != nil {
			t.Fatalf("seat %d, %q: %v", seat, move, err)
		}
		pos = step.Next
	}
	return pos
}

// botGame has bots play a whole game; each step is shown.
func botGame(t testing.TB, seats int, strength game.Strength, seed game.Seed, visit func(before, after game.Position)) game.Position {
	t.Helper()
	pos := begin(t, seats, seed)
	for n := 0; pos.Result() == nil; n++ {
		seat := pos.Actors()[0]
		move, err := dungeon.Rules{}.Bot(game.ViewJSON(pos, seat), seat, strength, seed.Derive("bot", n))
		if err != nil {
			t.Fatal(err)
		}
		step, err := pos.Play(seat, move)
		if err != nil {
			t.Fatal(err)
		}
		visit(pos, step.Next)
		pos = step.Next
	}
	return pos
}

func TestDeadlines(t *testing.T) {
	pos := begin(t, 2, game.Seed{})
	if d := pos.Deadline(); d != 2*time.Minute {
		t.Errorf("to commit there is %v", d)
	}
	pos = play(t, pos, "commit", "commit")
	if d := pos.Deadline(); d != time.Minute {
		t.Errorf("to move there is %v", d)
	}
	if d := play(t, begin(t, 1, game.Seed{}), "").Deadline(); d != 0 {
		t.Errorf("after the end there is %v", d)
	}
	quick, err := dungeon.Rules{Gather: time.Second, Round: 2 * time.Second}.New(game.Setup{Seats: 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := quick.Deadline(); d != time.Second {
		t.Errorf("in a hurry there is %v to commit", d)
	}
	if d := play(t, quick, "commit").Deadline(); d != 2*time.Second {
		t.Errorf("in a hurry there is %v to move", d)
	}
}

// TestGather: who does not commit is out, and the game is for the others.
func TestGather(t *testing.T) {
	pos := play(t, begin(t, 3, game.Seed{1}), "commit", "", "commit")
	s := see(t, pos, 1)
	var states []string
	for _, h := range s.Heroes {
		states = append(states, h.State)
	}
	if diff := cmp.Diff([]string{"alive", "out", "alive"}, states); diff != "" || !slices.Equal(s.Actors, []int{0, 2}) {
		t.Errorf("actors %v, heroes\n%s", s.Actors, diff)
	}
	alone := see(t, play(t, begin(t, 1, game.Seed{1}), "commit"), 0)
	if s.Heroes[0].Health >= alone.Heroes[0].Health || s.Monster.Max <= alone.Monster.Max {
		t.Errorf("two heroes have %d hearts against %d, one has %d against %d",
			s.Heroes[0].Health, s.Monster.Max, alone.Heroes[0].Health, alone.Monster.Max)
	}
}

// TestGrab: two heroes take the same weapon. One of them gets it, over many
// seeds now one and now the other.
func TestGrab(t *testing.T) {
	won := [2]int{}
	for n := range 40 {
		pos := play(t, begin(t, 2, game.Seed{byte(n)}), "commit", "commit")
		move := pos.Moves(0)[0]
		s := see(t, play(t, pos, move, move), 0)
		if (s.Heroes[0].Holds == nil) == (s.Heroes[1].Holds == nil) {
			t.Fatalf("seed %d: both hold it, or none: %+v", n, s.Heroes)
		}
		for seat, h := range s.Heroes {
			if h.Holds != nil {
				won[seat]++
			}
		}
		for _, it := range s.Room.Items {
			if "take "+it.Name == move {
				t.Errorf("seed %d: the %s lies there as well", n, it.Name)
			}
		}
	}
	if won[0] < 8 || won[1] < 8 {
		t.Errorf("the lot fell %v", won)
	}
}

// TestSwap: a hero holds one weapon, and puts it down for another.
func TestSwap(t *testing.T) {
	pos := play(t, begin(t, 1, game.Seed{3}), "commit")
	moves := pos.Moves(0)
	s := see(t, play(t, play(t, pos, moves[0]), moves[1]), 0)
	if "take "+s.Heroes[0].Holds.Name != moves[1] || !slices.Contains(s.Moves, moves[0]) {
		t.Errorf("after %q and %q: holds %+v, may %q", moves[0], moves[1], s.Heroes[0].Holds, s.Moves)
	}
}

// TestEveryGame plays whole games and looks at each round: nobody is without a
// move, weapons are neither made nor lost, and the monster strikes one hero at
// most, never one who hit it.
func TestEveryGame(t *testing.T) {
	for n := range 60 {
		seats := 1 + n%4
		end := botGame(t, seats, game.Strength(1+n/4%3), game.Seed{byte(n), 1}, func(before, after game.Position) {
			if after.Phase() == before.Phase() {
				return
			}
			s := see(t, after, 0)
			if after.Result() == nil && s.Monster != nil && weapons(s) != weapons(see(t, before, 0)) && s.Room.Depth == depth(t, before) {
				t.Errorf("weapons have come or gone: %+v", s)
			}
			hit, struck := map[int]bool{}, []int{}
			for _, h := range s.Log {
				switch {
				case h.Round != before.Phase():
				case h.Did == "hit":
					hit[*h.Seat] = true
				case h.Did == "struck":
					struck = append(struck, *h.Seat)
				}
			}
			if len(struck) > 1 || len(struck) == 1 && hit[struck[0]] {
				t.Errorf("round %d: %v hit, %v were struck", before.Phase(), hit, struck)
			}
			for _, seat := range after.Actors() {
				if len(after.Moves(seat)) == 0 {
					t.Errorf("seat %d has no move: %+v", seat, s)
				}
			}
		})
		r := end.Result()
		if r.Kind != game.Coop || (r.Reason == game.ReasonTreasure) != (len(r.Winners) == seats) {
			t.Errorf("result %+v", r)
		}
	}
}

func depth(t testing.TB, pos game.Position) int {
	if room := see(t, pos, 0).Room; room != nil {
		return room.Depth
	}
	return 0
}

func weapons(s seen) (count int) {
	for _, h := range s.Heroes {
		if h.Holds != nil {
			count++
		}
	}
	if s.Room != nil {
		for _, it := range s.Room.Items {
			if it.Kind == "weapon" {
				count++
			}
		}
	}
	return count
}

// TestStrongerBotsWinMore, and a game is neither over at once nor endless.
func TestStrongerBotsWinMore(t *testing.T) {
	const games = 150
	for _, seats := range []int{1, 2, 4} {
		won, rounds := [4]int{}, 0
		for strength := game.Weakest; strength <= game.Strongest; strength++ {
			for n := range games {
				end := botGame(t, seats, strength, game.Seed{byte(n), 2}, func(_, _ game.Position) {})
				rounds += end.Phase()
				if end.Result().Reason == game.ReasonTreasure {
					won[strength]++
				}
			}
		}
		if won[1]+games/10 > won[2] || won[2] > won[3]+games/20 || won[1] == 0 || won[3] == games {
			t.Errorf("%d heroes have won %v of %d games each", seats, won[1:], games)
		}
		if mean := rounds / games / 3; mean < 8 || mean > 20 {
			t.Errorf("%d heroes need %d rounds", seats, mean)
		}
	}
}

// TestWaitingIsDeath, so that a game that all have left ends.
func TestWaitingIsDeath(t *testing.T) {
	pos := play(t, begin(t, 2, game.Seed{5}), "commit", "commit")
	for pos.Result() == nil {
		for _, seat := range pos.Actors() {
			step, err := pos.Lapse(seat)
			if err != nil {
				t.Fatal(err)
			}
			pos = step.Next
		}
		if pos.Phase() > 40 {
			t.Fatal("they wait for ever")
		}
	}
	if r := pos.Result(); r.Kind != game.Coop || r.Reason != game.ReasonDead || len(r.Winners) != 0 {
		t.Errorf("result %+v", r)
	}
}

func TestLoadRefuses(t *testing.T) {
	seed := strings.Repeat("0", 64)
	good := "1 " + seed + "\n"
	if _, err := (dungeon.Rules{}).Load([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, saved := range []string{
		"", "1", "1 " + seed, "0 " + seed + "\n", "5 " + seed + "\n/////", " 1 " + seed + "\n", "1 0\n",
		"2 " + seed + "\n", good + "\n", good + "wait", good + "commit", good + "dance\n", good + "commit/commit\n",
		"1 " + strings.Repeat("A", 64) + "\n", good + "wait\n\n", good + "wait\nwait\n",
	} {
		if pos, err := (dungeon.Rules{}).Load([]byte(saved)); err == nil {
			t.Errorf("Load(%q) = %q", saved, pos.Save())
		}
	}
}

// A client needs no more than the view to draw a dungeon.
func Example() {
	pos, _ := dungeon.Rules{}.New(game.Setup{Seats: 2, Seed: game.Seed{2}})
	for seat := range 2 {
		step, _ := pos.Play(seat, "commit")
		pos = step.Next
	}
	step, _ := pos.Play(1, pos.Moves(1)[0])
	fmt.Println(string(game.ViewJSON(step.Next, 0)))
	_, err := pos.Play(0, "take crown")
	fmt.Println(err)
	// Output:
	// {"actors":[0],"chosen":["","take dagger"],"heroes":[{"health":7,"holds":null,"max":7,"state":"alive"},{"health":7,"holds":null,"max":7,"state":"alive"}],"log":[{"did":"entered","round":0,"what":"Hall of Candles"}],"monster":{"health":5,"max":5,"name":"spider","strike":1},"moves":["take dagger","take sling","take bread"],"phase":1,"result":null,"room":{"depth":1,"items":[{"aim":5,"kind":"weapon","name":"dagger","power":1},{"aim":4,"kind":"weapon","name":"sling","power":1},{"heals":2,"kind":"remedy","name":"bread"}],"name":"Hall of Candles","of":3}}
	// There is nothing of that name in this room
}

func TestInfo(t *testing.T) {
	raw, err := json.Marshal(dungeon.Rules{}.Info())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"dungeon","name":"Durable Dungeon","minSeats":1,"maxSeats":4,` +
		`"simultaneous":true,"hidden":false,"coop":true,"clock":false,"options":[]}`
	if string(raw) != want {
		t.Errorf("info %s, want %s", raw, want)
	}
}

func BenchmarkRound(b *testing.B) {
	pos := play(b, begin(b, 1, game.Seed{3}), "commit")
	move := pos.Moves(0)[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pos.Play(0, move); err != nil {
			b.Fatal(err)
		}
	}
}
