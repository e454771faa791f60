package main

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestBrowser_WholeGameThroughThreeKills plays the longest game there is, a draw that fills the board, in two windows
// that met by a link. The server is killed three times: while both wait, right after a click, and with a move made while
// it is down. Nobody reloads.
func TestBrowser_WholeGameThroughThreeKills(t *testing.T) {
	columns := scripted(t, "../../testdata/games/connect4/draw.json")
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	windows := []*window{blue, amber}
	for _, w := range windows {
		eval[bool](w, `(window.marker = true)`)
	}
	for i, column := range columns {
		w := windows[i%2]
		w.myTurn()
		switch i {
		case 9:
			s.kill()
			blue.says("banner", "Reconnecting")
			amber.says("banner", "Reconnecting")
			s.restart()
			w.myTurn()
			w.drop(column)
		case 20:
			w.drop(column)
			s.kill()
			s.restart()
		case 33:
			s.kill()
			w.drop(column)
			w.shows("pending-move")
			s.restart()
		default:
			w.drop(column)
		}
		for _, w := range windows {
			w.until(`probe.moves().length === %s && !probe.el("pending-move")`, i+1)
		}
	}

	for _, w := range windows {
		w.until(`probe.match().state === "finished" && probe.el("headline").dataset.tone === "even"`)
		w.says("headline", "A draw")
		w.says("headline", "The board is full.")
		w.until(`!document.querySelector(".pending") && probe.cells().every((cell) => !cell.includes("empty"))`)
		if !eval[bool](w, `window.marker === true`) {
			t.Errorf("%s was loaded again", w.name)
		}
		if n := eval[int](w, `probe.said.filter((s) => s.startsWith("Server restarted, nothing lost.")).length`); n != 3 {
			t.Errorf("%s was told of %d restarts", w.name, n)
		}
	}
	if !slices.Equal(blue.board(), amber.board()) {
		t.Errorf("blue shows %q, and amber %q", blue.board(), amber.board())
	}
	record := s.record(id)
	if got := s.recorded(id); !slices.Equal(got, columns) || string(record.Result) != `{"kind":"draw","reason":"full","winners":[]}` {
		t.Errorf("recorded: %q, %s", got, record.Result)
	}
	for i, m := range record.Moves {
		if got := blue.moves()[i]; got.Seq != m.Seq || m.Seat != i%2 {
			t.Fatalf("move %d is recorded as %+v, and listed as %+v", i+1, m, got)
		}
	}
}

// scripted are the moves of a game that the rules are tested with.
func scripted(t *testing.T, path string) (moves []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var script struct{ Moves []struct{ Move string } }
	if err := json.Unmarshal(content, &script); err != nil {
		t.Fatal(err)
	}
	for _, m := range script.Moves {
		moves = append(moves, m.Move)
	}
	return moves
}
