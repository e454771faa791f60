package web

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

type leaderboard struct {
	Game    string
	Players []game.Ranked
}

func TestRatingsFromOutside(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	made := h.create(ann, `{"game":"tictactoe","rated":true}`)
	h.ok(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: bea.token}, 200, nil)
	h.play(made.ID, ann, bea, "1", "4", "2", "5", "3")
	h.ok(call{method: "PATCH", path: "/api/players/me", token: bea.token, body: `{"name":"Beatrice"}`}, 200, nil)

	// The board hears of a settlement, and of a name, a moment after it.
	var board leaderboard
	for end := time.Now().Add(30 * time.Second); len(board.Players) < 2 || board.Players[1].Name != "Beatrice"; {
		if time.Now().After(end) {
			t.Fatalf("the leaderboard stays %+v", board)
		}
		h.ok(call{method: "GET", path: "/api/leaderboard?game=tictactoe"}, 200, &board)
	}
	first := game.Standing{Rating: 1662.3, Deviation: 290.3, Games: 1, Provisional: true}
	second := game.Standing{Rating: 1337.7, Deviation: 290.3, Games: 1, Provisional: true}
	want := leaderboard{Game: "tictactoe", Players: []game.Ranked{
		{Rank: 1, Player: ann.id, Name: "Ann", Standing: first}, {Rank: 2, Player: bea.id, Name: "Beatrice", Standing: second},
	}}
	if diff := cmp.Diff(want, board); diff != "" {
		t.Errorf("the leaderboard:\n%s", diff)
	}
	h.ok(call{method: "GET", path: "/api/leaderboard?game=tictactoe&limit=1"}, 200, &board)
	if len(board.Players) != 1 {
		t.Errorf("one line: %+v", board)
	}

	var me game.Player
	h.ok(call{method: "GET", path: "/api/players/me", token: bea.token}, 200, &me)
	var entered struct{ Player game.Player }
	h.ok(call{method: "POST", path: "/api/players", token: bea.token}, 200, &entered)
	for _, p := range []game.Player{me, entered.Player} { // not as the session remembers them
		if diff := cmp.Diff(map[string]game.Standing{"tictactoe": second}, p.Ratings); diff != "" {
			t.Errorf("Bea's ratings:\n%s", diff)
		}
	}
	var profile game.Profile
	h.ok(call{method: "GET", path: "/api/players/" + ann.id}, 200, &profile)
	if profile.Rated["tictactoe"] != (game.Tally{Won: 1}) || len(profile.History) != 1 || profile.History[0].Rating != 1662.3 || profile.History[0].Match != made.ID {
		t.Errorf("Ann's profile: %+v", profile)
	}
}

func TestLeaderboardRefuses(t *testing.T) {
	h := openHouse(t, nil)
	r := h.ok(call{method: "GET", path: "/api/leaderboard?game=connect4"}, 200, nil)
	if got := string(r.body); !slices.Contains([]string{`{"game":"connect4","players":[]}`, `{"game":"connect4","players":[]}` + "\n"}, got) {
		t.Errorf("nobody has played: %s", got)
	}
	for _, query := range []string{"", "?game=", "?game=chess", "?limit=5", "?game=connect4&limit=0", "?game=connect4&limit=1001", "?game=connect4&page=2"} {
		h.refused(call{method: "GET", path: "/api/leaderboard" + query}, 400, wire.CodeBadRequest)
	}
}
