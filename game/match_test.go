package game_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

var ctx = context.Background()

func TestMatchFromSeatsToRematch(t *testing.T) {
	h := openHouse(t)
	ann, bea, cleo := h.player("Ann"), h.player("Bea"), h.player("Cleo")
	made, err := h.Create(ctx, ann, game.NewMatch{Game: "tictactoe"}, "k1")
	h.must(err)
	again, err := h.Create(ctx, ann, game.NewMatch{Game: "tictactoe"}, "k1")
	h.must(err)
	if again != made {
		t.Errorf("the same key made %v, then %v", made, again)
	}
	if _, err = h.Create(ctx, ann, game.NewMatch{Game: "connect4"}, "k1"); refusalOf(err) != game.CodeConflict {
		t.Errorf("the same key for another request: %v", err)
	}
	id, err := h.Resolve(made.Code)
	h.must(err)
	if id != made.ID {
		t.Errorf("code %s leads to %s, not %s", made.Code, id, made.ID)
	}
	if _, err := h.do(id, ann, "m0", game.Command{Kind: game.CommandMove, Move: "5"}); refusalOf(err) != game.CodeNotYourTurn {
		t.Errorf("a move before the start: %v", err)
	}
	for range 2 { // joining again finds the same seat
		seat, err := h.Join(ctx, id, bea)
		h.must(err)
		if seat != 1 {
			t.Errorf("Bea has seat %d", seat)
		}
	}
	if _, err := h.Join(ctx, id, cleo); refusalOf(err) != game.CodeFull {
		t.Errorf("a third player: %v", err)
	}
	if _, err := h.do(id, cleo, "m0", game.Command{Kind: game.CommandMove, Move: "5"}); refusalOf(err) != game.CodeNotAPlayer {
		t.Errorf("a stranger's move: %v", err)
	}
	first := h.move(id, ann, "m1", "5")
	if repeat := h.move(id, ann, "m1", "1"); repeat != first {
		t.Errorf("the same id again: %v, not %v", repeat, first)
	}
	if _, err := h.do(id, ann, "m2", game.Command{Kind: game.CommandMove, Move: "1"}); refusalOf(err) != game.CodeNotYourTurn {
		t.Errorf("out of turn: %v", err)
	}
	if _, err := h.do(id, bea, "m1", game.Command{Kind: game.CommandMove, Move: "5"}); refusalOf(err) != game.CodeIllegalMove {
		t.Errorf("a taken cell: %v", err)
	}
	old := first.Seq - 1
	if _, err := h.do(id, bea, "m1", game.Command{Kind: game.CommandMove, Move: "1", Seq: &old}); refusalOf(err) != game.CodeStale {
		t.Errorf("a stale move: %v", err)
	}
	none := first.Seq + 1
	if _, err := h.do(id, bea, "m1", game.Command{Kind: game.CommandMove, Move: "1", Seq: &none}); refusalOf(err) != game.CodeStale {
		t.Errorf("a move of somebody who has seen what has not been: %v", err)
	}
	h.restart()
	if repeat := h.move(id, ann, "m1", "1"); repeat != first {
		t.Errorf("the same id after a restart: %v, not %v", repeat, first)
	}
	h.move(id, bea, "m1", "1")
	h.move(id, ann, "m3", "4")
	h.move(id, bea, "m2", "2")
	last := h.move(id, ann, "m4", "6")
	s, seq, err := h.Match(id)
	h.must(err)
	if s.State != game.StateFinished || s.Result.Winners[0] != 0 || seq != last.Seq+1 {
		t.Errorf("after the last move: %+v, event %d", s, seq)
	}
	if _, err := h.do(id, bea, "m3", game.Command{Kind: game.CommandMove, Move: "9"}); refusalOf(err) != game.CodeGameOver {
		t.Errorf("a move after the end: %v", err)
	}
	for _, p := range []game.Player{ann, bea} {
		_, err := h.do(id, p, "r1", game.Command{Kind: game.CommandAct, Act: game.ActRematch})
		h.must(err)
	}
	h.move(id, bea, "n1", "5") // the first move has gone to the next seat
	if repeat := h.move(id, ann, "m1", "1"); repeat != first {
		t.Errorf("the same id in the rematch: %v, not %v", repeat, first)
	}
	r, err := h.Record(id, "", 1)
	h.must(err)
	var moves []string
	for _, m := range r.Moves {
		moves = append(moves, m.Move)
	}
	if diff := cmp.Diff([]string{"5", "1", "4", "2", "6"}, moves); diff != "" || r.Seed == nil || r.Games != 2 {
		t.Errorf("the record of game 1: %+v\n%s", r, diff)
	}
	r, err = h.Record(id, "", 0)
	h.must(err)
	if r.N != 2 || len(r.Moves) != 1 || r.Seed != nil {
		t.Errorf("the record of the running game: %+v", r)
	}
}

func TestMatchAgainstBot(t *testing.T) {
	for strength := 1; strength <= 3; strength++ {
		t.Run(fmt.Sprint(strength), func(t *testing.T) {
			h := openHouse(t)
			ann := h.player("Ann")
			made, err := h.Create(ctx, ann, game.NewMatch{Game: "tictactoe", Seats: []string{fmt.Sprintf("bot:%d", strength)}}, "")
			h.must(err)
			f, err := h.Follow(ctx, made.ID)
			h.must(err)
			defer f.Close()
			for n := 0; f.Table.Result == nil; {
				if actors := f.Table.Actors(); len(actors) == 1 && actors[0] == 0 {
					n++
					h.move(made.ID, ann, fmt.Sprint(n), f.Table.Position.Moves(0)[0])
				}
				_, err := f.Next(ctx)
				h.must(err)
			}
		})
	}
}

func TestMatchClockFlags(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	made, err := h.Create(ctx, ann, game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 1000}}, "")
	h.must(err)
	_, err = h.Join(ctx, made.ID, bea)
	h.must(err)
	f, err := h.Follow(ctx, made.ID)
	h.must(err)
	defer f.Close()
	h.move(made.ID, ann, "1", "4")
	for f.Table.Result == nil {
		_, err := f.Next(ctx)
		h.must(err)
	}
	if r := f.Table.Result; r.Reason != game.ReasonFlag || r.Winners[0] != 0 || f.Table.Time.Left[1] != 0 {
		t.Errorf("Bea's time ran out: %+v, clock %+v", r, f.Table.Time)
	}
}

func TestMatchResign(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	made, err := h.Create(ctx, ann, game.NewMatch{Game: "connect4"}, "")
	h.must(err)
	_, err = h.Join(ctx, made.ID, bea)
	h.must(err)
	_, err = h.do(made.ID, ann, "x", game.Command{Kind: game.CommandAct, Act: game.ActResign})
	h.must(err)
	s, _, err := h.Match(made.ID)
	h.must(err)
	if s.Result == nil || s.Result.Reason != game.ReasonResign || s.Result.Winners[0] != 1 {
		t.Errorf("Ann resigned: %+v", s.Result)
	}
	list, _, err := h.List(game.Query{State: game.StateFinished, Limit: 10})
	h.must(err)
	if len(list) != 1 || list[0].ID != made.ID {
		t.Errorf("the archive: %+v", list)
	}
}

func refusalOf(err error) game.Code {
	var r *game.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// codeOf is the code of a refusal, or of the failure that a broken match gives.
func codeOf(err error) game.Code {
	var f *orchestrator.Failure
	if errors.As(err, &f) {
		return game.Code(f.Code)
	}
	return refusalOf(err)
}
