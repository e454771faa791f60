package connect4_test

import (
	"fmt"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/gametest"
)

func TestRules(t *testing.T) { gametest.Run(t, connect4.Rules{}) }

func TestScripts(t *testing.T) {
	gametest.Scripts(t, connect4.Rules{}, "../../testdata/games/connect4")
}

func FuzzPlay(f *testing.F) { gametest.FuzzPlay(f, connect4.Rules{}) }

func begin(t testing.TB) game.Position {
	t.Helper()
	pos, err := connect4.Rules{}.New(game.Setup{Seats: 2})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// mustPlay plays the columns one after the other.
func mustPlay(t testing.TB, pos game.Position, moves string) game.Position {
	t.Helper()
	for _, move := range moves {
		step, err := pos.Play(pos.Actors()[0], string(move))
		if err != nil {
			t.Fatalf("%c of %s: %v", move, moves, err)
		}
		pos = step.Next
	}
	return pos
}

// Sequences of moves are counted up to seven, and distinct boards as in OEIS
// A212693.
func TestCounts(t *testing.T) {
	sequences := []int{1, 7, 49, 343, 2401, 16807, 117649, 823536}
	boards := []int{1, 7, 49, 238, 1120, 4263, 16422, 54859}

	// level has a position for each board, and how many sequences lead to it.
	type node struct {
		pos   game.Position
		count int
	}
	level := map[string]node{"": {begin(t), 1}}
	for ply := range sequences {
		total, next := 0, map[string]node{}
		for _, n := range level {
			total += n.count
			if n.pos.Result() != nil {
				continue
			}
			for _, move := range n.pos.Moves(ply % 2) {
				pos := mustPlay(t, n.pos, move)
				board := string(pos.Save()[:6*8]) // the rows, without how it came about
				next[board] = node{pos, next[board].count + n.count}
			}
		}
		if total != sequences[ply] || len(level) != boards[ply] {
			t.Errorf("after %d moves: %d sequences, %d boards; want %d, %d", ply, total, len(level), sequences[ply], boards[ply])
		}
		level = next
	}
}

func TestLoadRefuses(t *testing.T) {
	const row = "......./"
	const empty = row + row + row + row + row
	for _, saved := range []string{
		"", empty + row, empty + row + "0/-1", empty + row + "0/-1/0", empty + row + "2/-1/-1", empty + row + " 0/-1/-1",
		row + row + row + row + "0....../" + row + "0/-1/0", // floats
		empty + "00...../0/-1/0", empty + "1....../0/-1/0",  // out of turn
		empty + "01...../0/-1/0", empty + "0....../0/-1/-1", // the last move was another
		empty + "0....../0/0/0", empty + "0....../0/-1/7", // no such flag, no such column
		row + row + row + row + "111..../0000.../0/0/2",            // out of time after the end
		row + row + row + "1....../111..../0000.../0/-1/0",         // went on after the end
		empty + "0....../0/-1/0/",                                  // too much
		row + row + row + row + row + "x....../0/-1/0", "a/b/c/d/", // no board
	} {
		if pos, err := (connect4.Rules{}).Load([]byte(saved)); err == nil {
			t.Errorf("Load(%q) = %s", saved, pos.Save())
		}
	}
}

func Example() {
	pos, _ := connect4.Rules{}.New(game.Setup{Seats: 2})
	for _, move := range "4544" {
		step, _ := pos.Play(pos.Actors()[0], string(move))
		pos = step.Next
	}
	fmt.Println(string(game.ViewJSON(pos, game.Watcher)))
	// Output:
	// {"actors":[0],"board":[".......",".......",".......","...1...","...0...","...01.."],"last":[3,3],"line":null,"moves":null,"phase":4,"result":null}
}

func BenchmarkPlay(b *testing.B) {
	pos := mustPlay(b, begin(b), "4433")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pos.Play(0, "5"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendView(b *testing.B) {
	pos := mustPlay(b, begin(b), "4433")
	b.ReportAllocs()
	buf := make([]byte, 0, 256)
	for b.Loop() {
		buf = game.AppendView(buf[:0], pos, game.Look{Seat: 0})
	}
}
