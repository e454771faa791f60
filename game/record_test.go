package game_test

import (
	"fmt"
	"testing"

	"github.com/everturn/everturn/game"
)

// TestRecordsOfALongSeries: every game of a match of very many has its own record, and every event its position, though
// nobody reads the match from its beginning for that.
func TestRecordsOfALongSeries(t *testing.T) {
	h := openHouse(t)
	h.quick = true
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea).ID
	people := []game.Player{ann, bea}
	const games = 160
	lengths := make([]int, games+1)
	for n := 1; n <= games; n++ {
		first := people[(n-1)%2]
		moves := n % 5
		if n == 40 || n == 41 { // the guess is wrong for a while
			moves = 2
			for i := range 400 {
				_, err := h.do(id, ann, fmt.Sprint("chat", n, i), game.Command{Kind: game.CommandChat, Text: "hello"})
				h.must(err)
			}
		}
		for i, cell := range []string{"1", "2", "3", "5", "4"}[:moves] {
			h.move(id, people[(n-1+i)%2], fmt.Sprint("m", n, i), cell)
		}
		lengths[n] = moves
		h.act(id, first, fmt.Sprint("r", n), game.ActResign)
		for _, p := range people {
			h.act(id, p, fmt.Sprint("again", n), game.ActRematch)
		}
	}
	next := uint64(0)
	for n := 1; n <= games; n++ {
		r, err := h.Record(id, "", n)
		h.must(err)
		if r.N != n || len(r.Moves) != lengths[n] || r.Result == nil || next != 0 && r.From != next || r.To < r.From {
			t.Fatalf("game %d of %d moves: %+v", n, lengths[n], r)
		}
		next = r.To + 1
		for _, seq := range []uint64{r.From, r.To} {
			at, err := h.Position(id, "", seq, nil, false)
			h.must(err)
			if at.Seq != seq {
				t.Fatalf("game %d: the position after event %d is that after %d", n, seq, at.Seq)
			}
		}
		views, err := h.Games.Playback(&r, game.Watcher, false)
		h.must(err)
		end, err := h.Position(id, "", r.To, nil, false)
		h.must(err)
		if end.Hash != views[len(views)-1].Hash {
			t.Fatalf("game %d ends with %s, its record with %s", n, end.View, views[len(views)-1].View)
		}
	}
}
