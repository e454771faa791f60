package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

func TestRecordAndPosition(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter(`B"ea`)
	made := h.create(ann, `{"game":"tictactoe"}`)
	path := "/api/matches/" + made.Code
	h.refused(call{method: "GET", path: path + "/record"}, 404, wire.CodeNotFound) // no game yet
	h.ok(call{method: "POST", path: path + "/join", token: bea.token}, 200, nil)
	h.play(made.ID, ann, bea, "1", "4", "2", "5")

	var r game.Record
	running := h.ok(call{method: "GET", path: path + "/record"}, 200, &r)
	if r.Result != nil || len(r.Moves) != 4 || strings.Contains(string(running.body), "seed") {
		t.Errorf("while it runs: %s", running.body)
	}
	text := h.ok(call{method: "GET", path: path + "/record", header: http.Header{"Accept": {"text/plain"}}}, 200, nil)
	if !strings.HasSuffix(string(text.body), "4. 1 5\n*\n") || strings.Contains(string(text.body), "Seed") {
		t.Errorf("while it runs:\n%s", text.body)
	}
	h.refused(call{method: "GET", path: path + "/position?reveal=1", token: ann.token}, 403, wire.CodeForbidden)
	h.refused(call{method: "GET", path: path + "/position?seat=1", token: ann.token}, 403, wire.CodeForbidden)
	h.play(made.ID, ann, bea) // nothing
	done := make(chan error, 1)
	h.desk.Command(made.ID, ann.id, "last", game.Command{Kind: game.CommandMove, Move: "3"}, func(_ game.Ack, err error) { done <- err })
	h.must(<-done)

	h.ok(call{method: "GET", path: path + "/record?n=1"}, 200, &r)
	if r.Seed == nil || r.Result == nil || len(r.Moves) != 5 {
		t.Errorf("after the end: %+v", r)
	}
	text = h.ok(call{method: "GET", path: path + "/record", header: http.Header{"Accept": {"text/html;q=0.5, text/*;q=0.9, */*;q=0.1"}}}, 200, nil)
	if text.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(text.Header.Get("Vary"), "Accept") {
		t.Errorf("the text's headers: %v", text.Header)
	}
	for _, line := range []string{
		`[Everturn "1"]`, `[Game "tictactoe"]`, `[Number "1/1"]`, `[Seat0 "Ann"]`, `[Seat1 "B\"ea"]`, `[First "0"]`,
		`[Result "win 0 line"]`, "1. 0 1", "2. 1 4", "5. 0 3", "win 0 line", `[Match "` + made.ID + `"]`,
	} {
		if !strings.Contains("\n"+string(text.body), "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, text.body)
		}
	}
	if seed, err := r.Seed.MarshalText(); err != nil || !strings.Contains(string(text.body), `[Seed "`+string(seed)+`"]`) {
		t.Errorf("no seed in\n%s", text.body)
	}

	var at game.ViewAt
	for _, query := range []string{"", "?seq=4", "?seq=4&seat=1", "?seat=-1", "?reveal=1", "?reveal=0"} {
		h.ok(call{method: "GET", path: path + "/position" + query}, 200, &at)
		sum := sha256.Sum256(at.View)
		if at.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("position%s: hash %s of %s", query, at.Hash, at.View)
		}
		var view map[string]any
		h.must(json.Unmarshal(at.View, &view))
		if _, ok := view["phase"]; !ok {
			t.Errorf("position%s: %s", query, at.View)
		}
	}
	for query, code := range map[string]wire.Code{
		"record?n=2": "not_found", "record?n=0": "bad_request", "record?m=1": "bad_request", "record?n=1.5": "bad_request",
		"position?seq=0": "bad_request", "position?seq=999": "not_found", "position?seat=2": "bad_request", "position?seat=-2": "bad_request",
		"position?reveal=2": "bad_request", "position?reveal=yes": "bad_request", "position?seq=18446744073709551615": "bad_request",
	} {
		h.refused(call{method: "GET", path: path + "/" + query}, code.Status(), code)
	}
	// Who is asked for by Bearer must be somebody; an old cookie is a visitor's.
	h.refused(call{method: "GET", path: path + "/record", token: "x"}, 401, wire.CodeUnauthorized)
	h.refused(call{method: "GET", path: path + "/record", header: http.Header{"Authorization": {"Bearer "}}}, 401, wire.CodeUnauthorized)
	h.ok(call{method: "GET", path: path + "/record", header: cookieHeader("x")}, 200, nil)
	h.ok(call{method: "GET", path: path + "/record", header: http.Header{"Authorization": {"Basic eDp5"}}}, 200, nil)
}

func TestNotation(t *testing.T) {
	r := game.Record{
		Game: "dungeon", N: 2, Games: 3, Players: []string{"A\nb", ""}, First: 1,
		Options: game.Options{"b": json.RawMessage("true"), "a": json.RawMessage(`"x"`)},
		Moves: []game.RecordMove{
			{Seq: 3, Seat: 1, Move: "take lamp", At: 1769000000123},
			{Seq: 4, Seat: 0, At: 1769000000124},
			{Seq: 5, Seat: 1, Lapsed: true, At: 1769000000125},
			{Seq: 6, Seat: 0, Move: "kill imp with lamp", Undone: true, At: 1769000000126},
		},
		Result: &game.Result{Kind: game.Coop, Winners: []int{0, 1}, Reason: game.ReasonTreasure},
	}
	want := `[Everturn "1"]
[Game "dungeon"]
[Match "m"]
[Number "2/3"]
[Date "2026-01-21T12:53:20Z"]
[Seat0 "A\nb"]
[Seat1 ""]
[First "1"]
[Option.a "\"x\""]
[Option.b "true"]
[Result "coop 0 1 treasure"]

1. 1 take lamp
2. 0 ?
3. 1 --
; 4. 0 kill imp with lamp
coop 0 1 treasure
`
	if diff := cmp.Diff(want, string(appendNotation(nil, "m", &r))); diff != "" {
		t.Error(diff)
	}
}

func TestAcceptQuality(t *testing.T) {
	for _, c := range []struct {
		accept string
		text   bool
	}{
		{"", false},
		{"*/*", false},
		{"text/plain", true},
		{"TEXT/Plain;q=0.5", true},
		{"text/*", true},
		{"application/json, text/plain", false},
		{"application/json;q=0.5, text/plain", true},
		{"application/json;q=0.5, text/plain;q=0.4", false},
		{"text/html, application/xhtml+xml, */*;q=0.8", false},
		{"text/plain;q=0, */*", false},
		{"text/plain;q=NaN", false},
		{"text/plain;q=x", false},
		{"*/*;q=0.1, text/plain;charset=utf-8;q=0.2", true},
	} {
		if got := quality(c.accept, "text/plain") > quality(c.accept, "application/json"); got != c.text {
			t.Errorf("%q wants text: %v", c.accept, got)
		}
	}
}
