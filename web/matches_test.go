package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// match and seat are how a client reads them.
type match struct {
	ID, Code, Game, State  string
	Seats                  []seat
	Result                 *game.Result
	Seq, Watchers, Created int64
	Clock                  *game.ClockSpec
	Rated, Private         bool
}

type seat struct {
	Player, Name *string
	Bot          *int
}

func TestGames(t *testing.T) {
	h := openHouse(t, nil)
	var games []map[string]any
	h.ok(call{method: "GET", path: "/api/games"}, 200, &games)
	var ids []any
	for _, g := range games {
		ids = append(ids, g["id"])
		for _, field := range []string{"name", "minSeats", "maxSeats", "simultaneous", "hidden", "coop", "clock", "options"} {
			if _, ok := g[field]; !ok {
				t.Errorf("%v has no %s", g["id"], field)
			}
		}
	}
	if diff := cmp.Diff([]any{"tictactoe", "connect4"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestMatchFromCreationToJoin(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea, cleo := h.enter("Ann"), h.enter("Bea"), h.enter("Cleo")
	var made madeMatch
	r := h.ok(call{method: "POST", path: "/api/matches", body: `{"game":"tictactoe","clock":{"initial":60000,"increment":1000}}`, token: ann.token}, 201, &made)
	if made.URL != h.url+"/m/"+made.Code || made.Seat != 0 || r.Header.Get("Location") != "/api/matches/"+made.ID {
		t.Errorf("made: %s, at %s", r.body, r.Header.Get("Location"))
	}
	var m match
	for _, key := range []string{made.ID, made.Code, strings.ToLower(made.Code)} {
		h.ok(call{method: "GET", path: "/api/matches/" + key}, 200, &m)
		if m.ID != made.ID || m.State != "open" || m.Seq < 1 || m.Clock.Increment != 1000 || m.Created == 0 {
			t.Errorf("by %s: %+v", key, m)
		}
	}
	if diff := cmp.Diff([]seat{{Player: &ann.id, Name: &ann.name}, {}}, m.Seats); diff != "" {
		t.Error(diff)
	}
	var joined struct {
		ID   string
		Seat int
	}
	for _, body := range []string{"", `{}`, ``} { // again: the same seat
		c := call{method: "POST", path: "/api/matches/" + strings.ToLower(made.Code) + "/join", token: bea.token, body: body}
		c.header = http.Header{"Content-Type": {"application/json"}}
		h.ok(c, 200, &joined)
		if joined.ID != made.ID || joined.Seat != 1 {
			t.Errorf("joined: %+v", joined)
		}
	}
	h.refused(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: cleo.token}, 409, wire.CodeFull)
	h.refused(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: cleo.token, body: `{"seat":1}`}, 400, wire.CodeBadRequest)
	h.ok(call{method: "GET", path: "/api/matches/" + made.ID}, 200, &m)
	if m.State != "playing" || *m.Seats[1].Player != bea.id {
		t.Errorf("after joining: %+v", m)
	}
}

func TestNoSuchMatch(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	for _, key := range []string{"2222", "IIII", "x", strings.Repeat("a", 26), strings.Repeat("a", 1000), "..", "%2e%2e", "%ff", "K7%51X"} {
		h.refused(call{method: "GET", path: "/api/matches/" + key + "/record"}, 404, wire.CodeNotFound)
		h.refused(call{method: "GET", path: "/api/matches/" + key + "/position"}, 404, wire.CodeNotFound)
		h.refused(call{method: "POST", path: "/api/matches/" + key + "/join", token: ann.token}, 404, wire.CodeNotFound)
	}
	h.refused(call{method: "GET", path: "/api/matches/2222"}, 404, wire.CodeNotFound)
	h.refused(call{method: "GET", path: "/api/matches/" + strings.Repeat("a", 26)}, 404, wire.CodeNotFound)
}

func TestJoinAfterTheEnd(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea, cleo := h.enter("Ann"), h.enter("Bea"), h.enter("Cleo")
	made := h.create(ann, `{"game":"tictactoe"}`)
	h.ok(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: bea.token}, 200, nil)
	h.play(made.ID, ann, bea, "1", "4", "2", "5", "3")
	r := h.do(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: cleo.token})
	if p := problemIn(t, r); p.Code != wire.CodeGameOver && p.Code != wire.CodeFull {
		t.Errorf("joining a finished match: %s", r.body)
	}
}

// Bodies that are wrong in one thing, and what the answer must name.
func TestMalformedBodies(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct{ name, body, names string }{
		{"no JSON", `game`, "JSON"},
		{"cut off", `{"game":"tictactoe"`, "JSON"},
		{"trailing data", `{"game":"tictactoe"} {}`, "JSON"},
		{"trailing comma", `{"game":"tictactoe",}`, "JSON"},
		{"two objects", `{}{}`, "JSON"},
		{"array", `["tictactoe"]`, "object"},
		{"text", `"tictactoe"`, "object"},
		{"null", `null`, "object"},
		{"a lone space", ` `, "JSON"},
		{"byte order mark", "\ufeff{}", "JSON"},
		{"invalid UTF-8", "{\"game\":\"\xff\"}", "UTF-8"},
		{"control character", "{\"game\":\"a\nb\"}", "JSON"},
		{"deep", deep, "JSON"},
		{"deep in a field", `{"game":"tictactoe","options":` + deep + `}`, "JSON"},
		{"missing game", `{}`, `"game"`},
		{"null game", `{"game":null}`, `"game"`},
		{"empty game", `{"game":""}`, `no game`},
		{"unknown game", `{"game":"go"}`, `"go"`},
		{"game of another type", `{"game":4}`, `"game"`},
		{"unknown field", `{"game":"tictactoe","color":1}`, `"color"`},
		{"field in the wrong case", `{"Game":"tictactoe"}`, `"Game"`},
		{"field twice", `{"game":"tictactoe","game":"connect4"}`, `"game"`},
		{"field twice, escaped", `{"game":"tictactoe","g\u0061me":"connect4"}`, `"game"`},
		{"rated of another type", `{"game":"tictactoe","rated":"yes"}`, `"rated"`},
		{"private of another type", `{"game":"tictactoe","private":1}`, `"private"`},
		{"seats of another type", `{"game":"tictactoe","seats":"open"}`, `"seats"`},
		{"a seat of another type", `{"game":"tictactoe","seats":[1]}`, `"seats"`},
		{"a seat that is null", `{"game":"tictactoe","seats":[null]}`, `"seats"`},
		{"unknown seat", `{"game":"tictactoe","seats":["bot:9"]}`, "Seat 1"},
		{"too few seats", `{"game":"tictactoe","seats":[]}`, "2 seats"},
		{"too many seats", `{"game":"tictactoe","seats":["open","open"]}`, "2 seats"},
		{"rated with a bot", `{"game":"tictactoe","seats":["bot:1"],"rated":true}`, "bot"},
		{"clock of another type", `{"game":"tictactoe","clock":5}`, `"clock"`},
		{"clock with a text", `{"game":"tictactoe","clock":{"initial":"1"}}`, `"clock.initial"`},
		{"clock with a fraction", `{"game":"tictactoe","clock":{"initial":1000.5}}`, `"clock.initial"`},
		{"clock out of int64", `{"game":"tictactoe","clock":{"initial":1e30}}`, `"clock.initial"`},
		{"unknown field of the clock", `{"game":"tictactoe","clock":{"initial":60000,"delay":1}}`, `"clock.delay"`},
		{"clock's field twice", `{"game":"tictactoe","clock":{"initial":60000,"initial":1}}`, `"clock.initial"`},
		{"empty clock", `{"game":"tictactoe","clock":{}}`, "initial"},
		{"clock out of bounds", `{"game":"tictactoe","clock":{"perMove":1}}`, "perMove"},
		{"clock of both kinds", `{"game":"tictactoe","clock":{"perMove":5000,"initial":5000}}`, "perMove"},
		{"options of another type", `{"game":"tictactoe","options":[]}`, "Options"},
		{"unknown option", `{"game":"tictactoe","options":{"size":4}}`, `"size"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, detail := h.refused(call{method: "POST", path: "/api/matches", body: c.body, token: ann.token}, 400, wire.CodeBadRequest)
			if !strings.Contains(detail, c.names) {
				t.Errorf("the answer to %.60s does not name %s: %s", c.body, c.names, detail)
			}
		})
	}
	h.refused(call{method: "POST", path: "/api/matches", token: ann.token, header: http.Header{"Content-Type": {"application/json"}}}, 400, wire.CodeBadRequest)
	var list struct{ Matches []match }
	if h.ok(call{method: "GET", path: "/api/matches"}, 200, &list); len(list.Matches) != 0 {
		t.Errorf("a refused request made %+v", list.Matches)
	}
}

func TestMediaTypes(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	send := func(body string, header http.Header) reply {
		return h.do(call{method: "POST", path: "/api/matches", body: body, token: ann.token, header: header})
	}
	body := `{"game":"tictactoe"}`
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", "application/jsonp", ";"} {
		if p := problemIn(t, send(body, http.Header{"Content-Type": {media}})); p.Code != wire.CodeUnsupported || p.Status != 415 {
			t.Errorf("%q: %+v", media, p)
		}
	}
	if p := problemIn(t, send(body, http.Header{"Content-Encoding": {"gzip"}})); p.Code != wire.CodeUnsupported {
		t.Errorf("gzip: %+v", p)
	}
	for _, media := range []string{"application/json", "Application/JSON; charset=UTF-8"} {
		if r := send(body, http.Header{"Content-Type": {media}}); r.StatusCode != 201 {
			t.Errorf("%q: %s", media, r.body)
		}
	}
}

func TestLargeBodies(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	fill := func(n int) string {
		body := `{"game":"tictactoe"}`
		return body + strings.Repeat(" ", n-len(body))
	}
	h.ok(call{method: "POST", path: "/api/matches", body: fill(api.MaxBody), token: ann.token}, 201, nil)
	_, detail := h.refused(call{method: "POST", path: "/api/matches", body: fill(api.MaxBody + 1), token: ann.token}, 413, wire.CodeTooLarge)
	if !strings.Contains(detail, "65536") {
		t.Errorf("the limit is not named: %s", detail)
	}
	h.refused(call{method: "POST", path: "/api/matches/2222/join", body: fill(api.MaxBody + 1), token: ann.token}, 413, wire.CodeTooLarge)
}

// Whoever escapes more of an address than is needed means the same one.
func TestEscapedAddress(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	id := h.create(ann, `{"game":"tictactoe","seats":["bot:1"]}`).ID
	h.ok(call{method: "GET", path: fmt.Sprintf("/api/matches/%%%02X%s", id[0], id[1:]), token: ann.token}, 200, nil)
	h.refused(call{method: "GET", path: "/api/matches/" + id + "%2Fposition", token: ann.token}, 404, wire.CodeNotFound)
}

func TestIdempotencyKey(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	body := `{"game":"tictactoe","private":true}`
	with := func(who guest, body string, keys ...string) call {
		return call{method: "POST", path: "/api/matches", body: body, token: who.token, header: http.Header{idempotencyHeader: keys}}
	}
	var first, again, other madeMatch
	h.ok(with(ann, body, "k1"), 201, &first)
	h.ok(with(ann, body, "k1"), 201, &again)
	if first != again {
		t.Errorf("the same key: %+v, then %+v", first, again)
	}
	h.ok(with(bea, body, "k1"), 201, &other)
	if other.ID == first.ID {
		t.Error("somebody else's key reached the match")
	}
	h.ok(with(ann, body, "k2"), 201, &other)
	if other.ID == first.ID {
		t.Error("another key reached the match")
	}
	h.refused(with(ann, `{"game":"connect4"}`, "k1"), 409, wire.CodeConflict)
	h.refused(with(ann, body, ""), 400, wire.CodeBadRequest)
	h.refused(with(ann, body, "a", "a"), 400, wire.CodeBadRequest)
	h.refused(with(ann, body, strings.Repeat("k", maxIdempotencyKey+1)), 400, wire.CodeBadRequest)
	h.ok(with(ann, body, strings.Repeat("k", maxIdempotencyKey)), 201, nil)

	// At the same time: all who are answered get the same match.
	const callers = 8
	ids := make(chan string, callers)
	for range callers {
		go func() {
			r := h.do(with(ann, body, "race"))
			var made madeMatch
			if r.StatusCode == 201 {
				_ = json.Unmarshal(r.body, &made)
			} else if p := problemIn(t, r); p.Code != wire.CodeBusy {
				t.Errorf("at the same time: %s", r.body)
			}
			ids <- made.ID
		}()
	}
	seen := map[string]bool{}
	for range callers {
		if id := <-ids; id != "" {
			seen[id] = true
		}
	}
	if len(seen) != 1 {
		t.Errorf("one key made %d matches", len(seen))
	}
}

func TestListing(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	var want []string
	for i := range 7 {
		gameID := []string{"tictactoe", "connect4"}[i%2]
		want = append(want, h.create(ann, fmt.Sprintf(`{"game":%q}`, gameID)).ID)
	}
	h.create(ann, `{"game":"tictactoe","private":true}`)
	h.ok(call{method: "POST", path: "/api/matches/" + want[0] + "/join", token: bea.token}, 200, nil)
	h.play(want[0], ann, bea, "1", "4", "2", "5", "3")

	list := func(query string) (ids []string) {
		for cursor := ""; ; {
			var page struct {
				Matches []match
				Cursor  *string
			}
			h.ok(call{method: "GET", path: "/api/matches?" + query + cursor}, 200, &page)
			for _, m := range page.Matches {
				if m.Code == "" || m.Created == 0 || len(m.Seats) != 2 {
					t.Errorf("listed: %+v", m)
				}
				ids = append(ids, m.ID)
			}
			if page.Cursor == nil {
				return ids
			}
			cursor = "&cursor=" + *page.Cursor
		}
	}
	sorted := func(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"limit=100", want},
		{"limit=2", want},
		{"limit=1&state=open", want[1:]},
		{"state=finished", want[:1]},
		{"state=playing", nil},
		{"state=ready", nil},
		{"game=connect4&limit=2", []string{want[1], want[3], want[5]}},
		{"game=tictactoe&state=open&limit=1", []string{want[2], want[4], want[6]}},
		{"player=" + bea.id, want[:1]},
		{"player=" + ann.id + "&state=finished&limit=1", want[:1]},
		{"player=" + ann.id + "&game=connect4&limit=2", []string{want[1], want[3], want[5]}},
	} {
		if diff := cmp.Diff(sorted(c.want...), sorted(list(c.query)...)); diff != "" {
			t.Errorf("%s: %s", c.query, diff)
		}
	}
	for query, code := range map[string]wire.Code{
		"state=going": "bad_request", "game=go": "bad_request", "limit=0": "bad_request", "limit=101": "bad_request",
		"limit=x": "bad_request", "cursor=x": "bad_request", "cursor=!": "bad_request", "stat=open": "bad_request",
		"state=open&state=open": "bad_request", "%zz": "bad_request", "player=x": "not_found", "limit=-1": "bad_request",
	} {
		h.refused(call{method: "GET", path: "/api/matches?" + query}, code.Status(), code)
	}
}
