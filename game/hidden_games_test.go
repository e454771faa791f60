package game_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/rps"
)

// TestFleetsStayHidden: in a match, too, nothing that anybody can reach tells
// where the other's ships lie, but for those that are sunk; also across a
// restart. At the end all is told.
func TestFleetsStayHidden(t *testing.T) {
	h := openHouse(t, battleship.Rules{})
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "battleship"}, ann, bea).ID
	annsFleet := []string{"a1h", "a3h", "a5h", "a7h", "i10h"}
	h.move(id, bea, "fleet", "fleet:j1v,h1v,f6v,h6v,a9h")
	h.move(id, ann, "fleet", "fleet:"+strings.Join(annsFleet, ","))

	told := func(when string, sunk string) {
		t.Helper()
		for name, viewer := range map[string]struct {
			seat   int
			player string
		}{"Bea": {1, bea.ID}, "a watcher": {game.Watcher, ""}} {
			all := h.reach(id, viewer.seat, viewer.player)
			for _, place := range annsFleet {
				if got, want := strings.Contains(all, place), place == sunk; got != want {
					t.Errorf("%s: %s sees the ship at %s: %t", when, name, place, got)
				}
			}
			if strings.Contains(all, `"seed"`) {
				t.Errorf("%s: %s sees a seed: %s", when, name, all)
			}
		}
		if all := h.reach(id, 0, ann.ID); !strings.Contains(all, strings.Join(annsFleet, ",")) {
			t.Errorf("%s: Ann does not see her own fleet: %s", when, all)
		}
	}
	told("both are placed", "")
	h.move(id, ann, "1", "a1")
	h.move(id, bea, "1", "i10")
	h.restart()
	told("after a hit", "")
	h.move(id, ann, "2", "b1")
	h.move(id, bea, "2", "j10")
	told("after a ship is sunk", "i10h")

	h.act(id, bea, "x", game.ActResign)
	if all := h.reach(id, game.Watcher, ""); !strings.Contains(all, `["a1h","a3h","a5h","a7h","i10h"]`) || !strings.Contains(all, `"seed"`) {
		t.Errorf("a watcher after the end: %s", all)
	}
}

// TestRandomFleetsAreRecorded as the fleets that they became.
func TestRandomFleetsAreRecorded(t *testing.T) {
	h := openHouse(t, battleship.Rules{})
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "battleship", Seats: []string{"bot:1"}}, ann).ID
	h.move(id, ann, "1", "fleet:random")
	f := h.follow(id)
	h.until(f, func(t *game.Table) bool { return len(t.Moves) == 2 })
	h.act(id, ann, "x", game.ActResign)
	r, err := h.Record(id, ann.ID, 1)
	h.must(err)
	if len(r.Moves) != 2 {
		t.Fatalf("the record: %+v", r.Moves)
	}
	for _, move := range r.Moves {
		if !strings.HasPrefix(move.Move, "fleet:") || strings.Count(move.Move, ",") != 4 {
			t.Errorf("seat %d is recorded with %q", move.Seat, move.Move)
		}
	}
}

// TestRoundsByTheClock: who is late loses a round and not the game; three rounds
// that nobody was there for make it void.
func TestRoundsByTheClock(t *testing.T) {
	kinds := func(list []game.Numbered) string {
		var b strings.Builder
		for _, e := range list {
			fmt.Fprintf(&b, " %s", e.Kind)
		}
		return b.String()
	}
	h := openHouse(t, rps.Rules{})
	ann, bea := h.player("Ann"), h.player("Bea")
	in := game.NewMatch{Game: "rps", Clock: &game.ClockSpec{PerMove: 1000}}

	late := h.match(in, ann, bea).ID
	f := h.follow(late)
	h.move(late, ann, "1", "rock")
	list := h.until(f, func(t *game.Table) bool { return len(t.Moves) == 2 })
	if got := f.Table.Moves[1]; !got.Lapsed || got.Seat != 1 {
		t.Errorf("Bea's move: %+v", got)
	}
	if got := kinds(list); !strings.HasSuffix(got, " lapsed revealed") {
		t.Errorf("Bea was late: %s", got)
	}
	if f.Table.State != game.StatePlaying {
		t.Errorf("after one round the game is %s", f.Table.State)
	}

	nobody := h.match(in, ann, bea).ID
	f = h.follow(nobody)
	list = h.until(f, func(t *game.Table) bool { return t.Over() })
	if got := kinds(list); got != strings.Repeat(" lapsed lapsed revealed", 3)+" ended" {
		t.Errorf("nobody chose: %s", got)
	}
	if f.Table.State != game.StateVoid {
		t.Errorf("nobody chose: the game is %s, %+v", f.Table.State, f.Table.Result)
	}
}

// TestBotsPlayHiddenGames to their end, from their views alone.
func TestBotsPlayHiddenGames(t *testing.T) {
	h := openHouse(t, rps.Rules{}, battleship.Rules{})
	ann := h.player("Ann")
	for strength := 1; strength <= 3; strength++ {
		bots := []string{fmt.Sprintf("bot:%d", strength)}
		id := h.match(game.NewMatch{Game: "rps", Seats: bots, Options: []byte(`{"bestOf":5}`)}, ann).ID
		f := h.follow(id)
		for n := 0; !f.Table.Over(); n++ {
			h.move(id, ann, fmt.Sprint(n), "rock")
			h.until(f, func(t *game.Table) bool { return t.Over() || t.Position.Phase() == n+1 })
		}
		if f.Table.Result.Reason != game.ReasonRounds {
			t.Errorf("strength %d: rps ended as %+v", strength, f.Table.Result)
		}

		id = h.match(game.NewMatch{Game: "battleship", Seats: bots}, ann).ID
		f = h.follow(id)
		h.move(id, ann, "fleet", "fleet:random")
		for n := 0; ; n++ { // row by row
			h.until(f, func(t *game.Table) bool { return t.Over() || t.Position.Phase() == 1+2*n })
			if f.Table.Over() {
				break
			}
			h.move(id, ann, fmt.Sprint(n), fmt.Sprintf("%c%d", 'a'+n%10, 1+n/10))
		}
		if f.Table.Result.Reason != game.ReasonFleet {
			t.Errorf("strength %d: battleship ended as %+v", strength, f.Table.Result)
		}
	}
}
