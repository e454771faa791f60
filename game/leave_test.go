package game_test

import (
	"testing"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// ended waits until a match's orchestration is at its end.
func (h *house) ended(match string) orchestrator.Status {
	h.t.Helper()
	status, err := orchestrator.NewClient(h.host).Wait(ctx, match)
	h.must(err)
	if status.State != orchestrator.Completed {
		h.t.Fatalf("the match is %v: %v", status.State, status.Failure)
	}
	return status
}

// TestMatchLeaves: a day after the end nobody plays here any more. What was
// acknowledged stays so, the rest hears that the game is over, and the code is
// free.
func TestMatchLeaves(t *testing.T) {
	h := openHouse(t)
	h.hurry = 1500 * time.Millisecond // time enough for what is to come before
	h.restart()
	ann, bea, cleo := h.player("Ann"), h.player("Bea"), h.player("Cleo")
	made := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea)
	id := made.ID
	moved := h.move(id, ann, "1", "5")
	resigned := h.act(id, ann, "2", game.ActResign)
	offered := h.act(id, bea, "1", game.ActRematch)
	h.ended(id)

	if again := h.move(id, ann, "1", "9"); again != moved {
		t.Errorf("the move again: %v, not %v", again, moved)
	}
	if again := h.act(id, ann, "2", game.ActReady); again != resigned {
		t.Errorf("the resignation again: %v, not %v", again, resigned)
	}
	for name, c := range map[string]game.Command{
		"a move": {Kind: game.CommandMove, Move: "1"}, "a rematch": {Kind: game.CommandAct, Act: game.ActRematch},
	} {
		if _, err := h.do(id, ann, "3", c); refusalOf(err) != game.CodeGameOver {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	if seat, err := h.Join(ctx, id, bea); err != nil || seat != 1 {
		t.Errorf("Bea comes back: seat %d, %v", seat, err)
	}
	if _, err := h.Join(ctx, id, cleo); refusalOf(err) != game.CodeGameOver {
		t.Errorf("Cleo comes: %v", err)
	}
	s, last, err := h.Match(id)
	h.must(err)
	if s.State != game.StateFinished || s.Result.Reason != game.ReasonResign || last != offered.Seq {
		t.Errorf("event %d, %+v", last, s)
	}
	if r, err := h.Record(id, "", 0); err != nil || len(r.Moves) != 1 {
		t.Errorf("the record: %+v, %v", r, err)
	}
	if table := h.follow(id).Table; table.Seq != last || table.State != game.StateFinished {
		t.Errorf("who follows now sees event %d, %s", table.Seq, table.State)
	}
	h.freed(made.Code, id)
}

// freed waits until a code is free: the signal comes after the match's end.
func (h *house) freed(code, match string) {
	h.t.Helper()
	for range 10_000 {
		_, err := game.CodeClaim.Do(ctx, h.entities, code, game.CodeUse("another"))
		if err == nil {
			break
		}
	}
	if id, err := h.Resolve(code); err != nil || id != "another" {
		h.t.Errorf("the code of %s leads to %s, %v", match, id, err)
	}
}

// TestMatchCalledOff: nobody came. The code leads there for another day.
func TestMatchCalledOff(t *testing.T) {
	h := openHouse(t)
	h.hurry = 50 * time.Millisecond
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	made := h.match(game.NewMatch{Game: "tictactoe"}, ann)
	h.ended(made.ID)
	s, _, err := h.Match(made.ID)
	h.must(err)
	if s.State != game.StateVoid || s.Result == nil || s.Result.Reason != game.ReasonNotReady {
		t.Errorf("nobody came: %+v", s)
	}
	if _, err := h.Join(ctx, made.ID, bea); refusalOf(err) != game.CodeGameOver {
		t.Errorf("Bea comes too late: %v", err)
	}
	if seat, err := h.Join(ctx, made.ID, ann); err != nil || seat != 0 {
		t.Errorf("Ann: %d, %v", seat, err)
	}
	if id, err := h.Resolve(made.Code); err != nil || id != made.ID {
		t.Errorf("the code leads to %s, %v", id, err)
	}
	want := `{"actors":[],"moves":null,"phase":1,"result":{"kind":"void","reason":"not_ready","winners":[]}}`
	at, err := h.Position(made.ID, "", 0, nil, false)
	h.must(err)
	if string(at.View) != want || string(h.follow(made.ID).Table.AppendView(nil, 0)) != want {
		t.Errorf("view %s", at.View)
	}
	if _, err := h.Record(made.ID, "", 0); refusalOf(err) != game.CodeNotFound {
		t.Errorf("its record: %v", err)
	}
}

// TestMatchFullAtOnceHasNoDeadline: a match against bots waits for nobody, so no
// timer is left behind.
func TestMatchFullAtOnceHasNoDeadline(t *testing.T) {
	h := openHouse(t)
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "tictactoe", Seats: []string{"bot:1"}}, ann).ID
	rows, err := orchestrator.NewClient(h.host).History(id)
	h.must(err)
	for _, row := range rows {
		if row.Type == "TimerCreated" {
			t.Errorf("%+v", row)
		}
	}
}

// TestRematchOfTwoTabs: a player who asks twice is one who asks.
func TestRematchOfTwoTabs(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea).ID
	if _, err := h.do(id, ann, "0", game.Command{Kind: game.CommandAct, Act: game.ActRematch}); refusalOf(err) != game.CodeTooEarly {
		t.Errorf("a rematch while the game runs: %v", err)
	}
	h.act(id, bea, "1", game.ActResign)
	first := h.act(id, ann, "1", game.ActRematch)
	if second := h.act(id, ann, "2", game.ActRematch); second != first {
		t.Errorf("asked in another tab: %v, not %v", second, first)
	}
	if s, _, err := h.Match(id); err != nil || s.N != 1 || s.State != game.StateFinished {
		t.Errorf("only Ann has asked: %+v, %v", s, err)
	}
	h.act(id, bea, "2", game.ActRematch)
	f := h.follow(id)
	h.until(f, func(t *game.Table) bool { return t.N == 2 })
	if _, err := h.do(id, ann, "3", game.Command{Kind: game.CommandMove, Move: "5", Seq: &first.Seq}); refusalOf(err) != game.CodeStale {
		t.Errorf("a move meant for the game before: %v", err)
	}
	h.move(id, bea, "3", "5")
}
