package game_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
)

// TestNothingHiddenGetsOut: whatever a seat and a watcher can reach of a running
// game has neither the other's choice nor a seed.
func TestNothingHiddenGetsOut(t *testing.T) {
	h := openHouse(t, pick{})
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "pick"}, ann, bea).ID
	h.move(id, ann, "1", "anns-secret")

	for name, viewer := range map[string]struct {
		seat   int
		player string
		sees   bool
	}{"Ann": {0, ann.ID, true}, "Bea": {1, bea.ID, false}, "a watcher": {game.Watcher, "", false}} {
		all := h.reach(id, viewer.seat, viewer.player)
		if strings.Contains(all, "anns-secret") != viewer.sees {
			t.Errorf("%s in the first round: %s", name, all)
		}
		if strings.Contains(all, `"seed"`) {
			t.Errorf("%s sees a seed: %s", name, all)
		}
		for _, other := range []int{0, 1} {
			if other == viewer.seat {
				continue
			}
			if _, err := h.Position(id, viewer.player, 0, &other, false); refusalOf(err) != game.CodeForbidden {
				t.Errorf("%s asks for the view of seat %d: %v", name, other, err)
			}
		}
		if _, err := h.Position(id, viewer.player, 0, nil, true); refusalOf(err) != game.CodeForbidden {
			t.Errorf("%s asks for everything: %v", name, err)
		}
	}
	s, _, err := h.Match(id)
	h.must(err)
	if text := string(must(json.Marshal(s))); strings.Contains(text, "seed") {
		t.Errorf("the summary: %s", text)
	}

	h.move(id, bea, "1", "beas-secret")
	if all := h.reach(id, game.Watcher, ""); !strings.Contains(all, "anns-secret+beas-secret") || strings.Contains(all, `"seed"`) {
		t.Errorf("a watcher after the first round: %s", all)
	}
	chosen := h.move(id, bea, "2", "late-secret")
	h.act(id, ann, "x", game.ActResign) // however a game ends, all of it may be known then

	r, err := h.Record(id, "", 1)
	h.must(err)
	if r.Seed == nil || len(r.Moves) != 3 || r.Moves[2].Move != "late-secret" {
		t.Errorf("the record after the end: %+v", r)
	}
	ours := 1
	for what, ask := range map[string]struct {
		player string
		seat   *int
		reveal bool
		sees   bool
	}{
		"as it was for a watcher": {"", nil, false, false},
		"as it was for Ann":       {ann.ID, nil, false, false},
		"as it was for Bea":       {bea.ID, nil, false, true},
		"as Bea":                  {"", &ours, false, true},
		"everything":              {"", nil, true, true},
	} {
		at, err := h.Position(id, ask.player, chosen.Seq, ask.seat, ask.reveal)
		h.must(err)
		if strings.Contains(string(at.View), "late-secret") != ask.sees {
			t.Errorf("%s, the position before the end: %s", what, at.View)
		}
	}
	nobody := 7
	if _, err := h.Position(id, "", 0, &nobody, false); refusalOf(err) != game.CodeBadRequest {
		t.Errorf("the view of seat 7: %v", err)
	}
	for _, p := range []game.Player{ann, bea} {
		h.act(id, p, "again", game.ActRematch)
	}
	if _, err := h.Position(id, "", 0, nil, true); refusalOf(err) != game.CodeForbidden {
		t.Errorf("everything of a rematch that runs: %v", err)
	}
	if _, err := h.Position(id, "", chosen.Seq, nil, true); err != nil {
		t.Errorf("everything of the game before: %v", err)
	}
}

// reach is all that a viewer can get of a match, in one text.
func (h *house) reach(id string, seat int, player string) string {
	h.t.Helper()
	var b strings.Builder
	for _, e := range h.events(id) {
		if d, visible := e.AppendFor(nil, seat); visible {
			fmt.Fprintf(&b, "%s %s\n", e.Kind, d)
		}
		at, err := h.Position(id, player, e.Seq, nil, false)
		h.must(err)
		fmt.Fprintf(&b, "%s\n", at.View)
	}
	b.Write(h.follow(id).Table.AppendView(nil, seat))
	r, err := h.Record(id, player, 0)
	h.must(err)
	b.Write(must(json.Marshal(r)))
	return b.String()
}

// TestBrokenRules: a panic in the rules, also one that shows only later, refuses
// the move and leaves the match as it was.
func TestBrokenRules(t *testing.T) {
	h := openHouse(t, pick{})
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "pick"}, ann, bea).ID
	h.move(id, bea, "1", "fine")
	_, before, err := h.Match(id)
	h.must(err)
	for _, move := range []string{"boom", "boom-actors", "boom-reveal"} {
		_, err := h.do(id, ann, "1", game.Command{Kind: game.CommandMove, Move: move})
		if err == nil || codeOf(err) != game.CodeInternal {
			t.Errorf("%s: %v", move, err)
		}
	}
	if _, now, err := h.Match(id); err != nil || now != before {
		t.Errorf("after the refusals: event %d, %v; before %d", now, err, before)
	}
	h.move(id, ann, "1", "fine") // the same id is judged afresh

	bots := h.match(game.NewMatch{Game: "pick", Seats: []string{"bot:1"}}, ann).ID
	h.until(h.follow(bots), func(t *game.Table) bool { return len(t.Moves) == 1 })
	if _, err := h.do(bots, ann, "1", game.Command{Kind: game.CommandMove, Move: "boom-view"}); codeOf(err) != game.CodeInternal {
		t.Errorf("a position that the bot cannot see: %v", err)
	}
	h.move(bots, ann, "1", "fine")
}

// TestBotsThatCannotPlay give up: the match does not hang on them.
func TestBotsThatCannotPlay(t *testing.T) {
	for bot, resigns := range map[string]bool{"bot:1": false, "bot:2": true, "bot:3": true} {
		h := openHouse(t, pick{})
		h.level = zerolog.Disabled
		ann := h.player("Ann")
		id := h.match(game.NewMatch{Game: "pick", Seats: []string{bot}}, ann).ID
		f := h.follow(id)
		if !resigns {
			h.move(id, ann, "1", "one")
			h.until(f, func(t *game.Table) bool { return len(t.Moves) >= 2 })
			h.move(id, ann, "2", "two")
		}
		h.until(f, func(t *game.Table) bool { return t.Over() })
		if got := f.Table.Result.Reason == game.ReasonResign && f.Table.Result.Winners[0] == 0; got != resigns {
			t.Errorf("%s: %+v", bot, f.Table.Result)
		}
	}
}

// TestLapsesOfBothSeats: a flag is the rules' business, and ends what they say.
func TestLapsesOfBothSeats(t *testing.T) {
	h := openHouse(t, pick{})
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "pick", Clock: &game.ClockSpec{PerMove: 1000}}, ann, bea).ID
	f := h.follow(id)
	list := h.until(f, func(t *game.Table) bool { return t.Over() })
	var kinds []string
	for _, e := range list {
		kinds = append(kinds, string(e.Kind))
	}
	if got := strings.Join(kinds, " "); got != "lapsed lapsed revealed lapsed lapsed revealed ended" {
		t.Errorf("nobody moved: %s", got)
	}
}
