package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

func TestPlayerEntersOnce(t *testing.T) {
	h := openHouse(t, nil)
	var first entered
	r := h.ok(call{method: "POST", path: "/api/players", body: `{"name":" Ann  Lee "}`}, http.StatusCreated, &first)
	if first.Player.Name != "Ann Lee" || len(first.Player.ID) < 16 || first.Token == "" || !strings.Contains(string(r.body), `"ratings":{}`) {
		t.Fatalf("a new player: %s", r.body)
	}
	cookie := cookieOf(t, r)
	if cookie.Value != first.Token || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
		cookie.Secure || cookie.MaxAge < 300*24*3600 || cookie.Domain != "" {
		t.Errorf("the cookie: %+v", cookie)
	}
	var again entered
	r = h.ok(call{method: "POST", path: "/api/players", header: cookieHeader(first.Token)}, http.StatusOK, &again)
	if again.Player.ID != first.Player.ID || strings.Contains(string(r.body), "token") {
		t.Errorf("with the cookie: %s", r.body)
	}
	if cookieOf(t, r).Value != first.Token {
		t.Error("the cookie of one who comes back is not renewed")
	}
	r = h.ok(call{method: "POST", path: "/api/players", token: first.Token, body: `{"name":"Bea"}`}, http.StatusOK, &again)
	if again.Player.ID != first.Player.ID || again.Player.Name != "Ann Lee" || len(r.Cookies()) != 0 {
		t.Errorf("with Bearer: %s, cookies %v", r.body, r.Cookies())
	}
	// A session that opens nothing is none.
	for _, token := range []string{"nonsense", first.Player.ID + ".aaaa"} {
		h.ok(call{method: "POST", path: "/api/players", header: cookieHeader(token)}, http.StatusCreated, &again)
		if again.Player.ID == first.Player.ID || again.Token == "" {
			t.Errorf("with the cookie %q: %+v", token, again)
		}
	}
}

func TestPlayerWithoutBody(t *testing.T) {
	h := openHouse(t, nil)
	for _, header := range []http.Header{nil, {"Content-Type": {"application/json"}}} {
		var in entered
		h.ok(call{method: "POST", path: "/api/players", header: header}, http.StatusCreated, &in)
		if !strings.HasPrefix(in.Player.Name, "Guest ") {
			t.Errorf("a player without a name is %q", in.Player.Name)
		}
	}
}

func TestCookieIsSecureOnHTTPS(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.PublicURL = "https://play.example.com" })
	if r := h.do(call{method: "POST", path: "/api/players"}); !cookieOf(t, r).Secure {
		t.Error("not with an https public URL")
	}
	h = openHouse(t, nil)
	if r := h.do(call{method: "POST", path: "/api/players", header: http.Header{"X-Forwarded-Proto": {"https"}}}); !cookieOf(t, r).Secure {
		t.Error("not behind a proxy that says https")
	}
}

func TestPlayerNames(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	for _, name := range []string{`""`, `"   "`, `"` + strings.Repeat("a", game.MaxNameChars+1) + `"`, `"a\u0000b"`, `"a\u202eb"`, `7`, `["a"]`} {
		body := `{"name":` + name + `}`
		h.refused(call{method: "POST", path: "/api/players", body: body}, 400, wire.CodeBadRequest)
		h.refused(call{method: "PATCH", path: "/api/players/me", body: body, token: ann.token}, 400, wire.CodeBadRequest)
	}
	h.refused(call{method: "PATCH", path: "/api/players/me", body: `{}`, token: ann.token}, 400, wire.CodeBadRequest)
	var p game.Player
	h.ok(call{method: "PATCH", path: "/api/players/me", body: `{"name":"Zoë <3"}`, token: ann.token}, 200, &p)
	if p.Name != "Zoë <3" || p.ID != ann.id {
		t.Errorf("renamed: %+v", p)
	}
	h.ok(call{method: "GET", path: "/api/players/me", header: cookieHeader(ann.token)}, 200, &p)
	if p.Name != "Zoë <3" || p.ID != ann.id {
		t.Errorf("afterwards: %+v", p)
	}
}

func TestNoSession(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	for _, c := range []call{
		{method: "GET", path: "/api/players/me"},
		{method: "GET", path: "/api/players/me", token: "x"},
		{method: "GET", path: "/api/players/me?token=" + ann.token},
		{method: "GET", path: "/api/players/me", header: http.Header{"Authorization": {"Basic " + ann.token}}},
		{method: "PATCH", path: "/api/players/me", body: `{"name":"x"}`},
		{method: "DELETE", path: "/api/session"},
		{method: "POST", path: "/api/matches", body: `{"game":"tictactoe"}`},
		{method: "POST", path: "/api/matches/aaaaaaaaaaaaaaaaaaaaaaaaaa/join"},
	} {
		if r, _ := h.refused(c, 401, wire.CodeUnauthorized); r.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s without WWW-Authenticate", c.method, c.path)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	r := h.ok(call{method: "DELETE", path: "/api/session", header: cookieHeader(ann.token)}, 204, nil)
	if c := cookieOf(t, r); c.Value != "" || c.MaxAge >= 0 || c.Path != "/" {
		t.Errorf("the cookie afterwards: %+v", c)
	}
	h.refused(call{method: "GET", path: "/api/players/me", token: ann.token}, 401, wire.CodeUnauthorized)
	h.refused(call{method: "DELETE", path: "/api/session", token: ann.token}, 401, wire.CodeUnauthorized)
}

func TestProfile(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	made := h.create(ann, `{"game":"tictactoe"}`)
	h.ok(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: bea.token}, 200, nil)
	h.play(made.ID, ann, bea, "1", "4", "2", "5", "3")
	h.create(ann, `{"game":"connect4","seats":["bot:1"]}`)
	h.create(ann, `{"game":"connect4","private":true}`)
	type profile struct {
		game.Player
		Counts  counts
		Matches []match
	}
	var a, b profile
	h.ok(call{method: "GET", path: "/api/players/" + ann.id}, 200, &a)
	h.ok(call{method: "GET", path: "/api/players/" + bea.id}, 200, &b)
	if a.Name != "Ann" || a.Counts != (counts{Matches: 2, Playing: 1, Won: 1}) || len(a.Matches) != 2 {
		t.Errorf("Ann: %+v", a)
	}
	if b.Counts != (counts{Matches: 1, Lost: 1}) || b.Matches[0].ID != made.ID {
		t.Errorf("Bea: %+v", b)
	}
	for _, id := range []string{"x", strings.Repeat("a", 26), ann.id + "/matches", "%00"} {
		h.refused(call{method: "GET", path: "/api/players/" + id}, 404, wire.CodeNotFound)
	}
}

func cookieHeader(token string) http.Header {
	return http.Header{"Cookie": {sessionCookie + "=" + token}}
}

func cookieOf(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	for _, c := range r.Cookies() {
		if c.Name == sessionCookie {
			return c
		}
	}
	t.Fatalf("no cookie in %v", r.Header)
	return nil
}
