package game_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/tictactoe"
)

// archived are all finished matches, a page of so many at a time.
func (h *house) archived(limit int) (ids []string) {
	h.t.Helper()
	for cursor := ""; ; {
		page, next, err := h.Finished(cursor, limit)
		h.must(err)
		if ids = append(ids, page...); next == "" {
			return ids
		}
		cursor = next
	}
}

// TestVerify: matches that are over are found, private ones too, and can be played again, however they ended; by rules
// that do not allow their moves they cannot.
func TestVerify(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	people := []game.Player{ann, bea}
	won := h.match(game.NewMatch{Game: "tictactoe", Private: true}, ann, bea).ID
	for n, cell := range []string{"5", "1", "4", "2", "6"} {
		h.move(won, people[n%2], cell, cell)
	}
	series := h.match(game.NewMatch{Game: "connect4"}, ann, bea).ID
	h.move(series, ann, "1", "4")
	h.act(series, ann, "back", game.ActTakebackAsk)
	h.act(series, bea, "yes", game.ActTakebackAccept)
	h.move(series, ann, "2", "3")
	h.act(series, bea, "enough", game.ActResign)
	h.act(series, ann, "again", game.ActRematch)
	h.act(series, bea, "again", game.ActRematch)
	h.move(series, bea, "3", "1")
	h.act(series, ann, "enough", game.ActResign)
	running := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea).ID
	h.move(running, ann, "1", "1")

	want := []string{won, series}
	slices.Sort(want)
	for _, limit := range []int{1, 100} {
		got := h.archived(limit)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("%v are over, not %v", got, want)
		}
	}
	for id, want := range map[string]game.Verified{won: {Games: 1, Moves: 5, Private: true}, series: {Games: 2, Moves: 3}} {
		if got, err := h.Verify(id); err != nil || got != want {
			t.Errorf("it is %+v, not %+v (%v)", got, want, err)
		}
	}
	h.rules = []game.Rules{stubborn{tictactoe.Rules{}}, connect4.Rules{}}
	h.restart()
	if got, err := h.Verify(won); err != nil || !strings.Contains(got.Wrong, "out of boards") {
		t.Errorf("by other rules it is %+v (%v)", got, err)
	}
	if got, err := h.Verify(series); err != nil || got.Wrong != "" {
		t.Errorf("by the same rules it is %+v (%v)", got, err)
	}
}

// stubborn are rules by which nothing can be played any more.
type stubborn struct{ game.Rules }

func (stubborn) New(game.Setup) (game.Position, error) { return nil, errors.New("out of boards") }
