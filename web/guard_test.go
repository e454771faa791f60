package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/everturn/everturn/web/wire"
)

func TestHosts(t *testing.T) {
	h := openHouse(t, func(o *Options) {
		o.PublicURL = "https://Play.example.com/"
		o.AllowedOrigins = []string{"lan.example", "box.example:9000", "http://dev.example:3000"}
	})
	for host, ok := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8080": true, "192.168.1.20:1": true, "[::1]": true, "[::1]:8080": true, "[fe80::1]": true,
		"localhost": true, "localhost:8080": true, "LocalHost:1": true,
		"play.example.com": true, "PLAY.example.com:443": true, "lan.example": true, "lan.example:81": true,
		"box.example:9000": true, "dev.example": true, "dev.example:3000": true,
		"box.example": false, "box.example:9001": false, "example.com": false, "evil.example:8080": false,
		"localhost.evil.example": false, "127.0.0.1.evil.example": false, "play.example.com.evil.example": false,
		"xplay.example.com": false, "localhost:x": false, "localhost:0": false, "localhost:70000": false, "localhost:": false,
		"localhost.": false, "a.localhost": false, "[localhost]": false, "2130706433": false, "::1": false,
	} {
		for _, path := range []string{"/", "/api/games", "/healthz", "/js/main.js", "/metrics", "/nothing"} {
			r := h.do(call{method: "GET", path: path, host: host})
			if got := r.StatusCode != http.StatusMisdirectedRequest; got != ok {
				t.Errorf("Host %s, %s: %d", host, path, r.StatusCode)
			} else if !ok && problemIn(t, r).Code != wire.CodeForbidden {
				t.Errorf("Host %s: %s", host, r.body)
			}
		}
	}
	r := httptest.NewRequest("GET", "/api/games", nil)
	r.Host = ""
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("no Host: %d", w.Code)
	}
}

func TestAllowedOriginsAreChecked(t *testing.T) {
	for _, entry := range []string{"*", "", "https://", "https://a.example/path", "ftp://a.example", "a.example/b", "a b", "https://u@a.example", "a.example:x", "[a]"} {
		if _, err := newGuard([]string{entry}); err == nil || !strings.Contains(err.Error(), entry) {
			t.Errorf("%q: %v", entry, err)
		}
	}
	for _, url := range []string{"play.example.com", "https://a.example/x", "ws://a.example", "https://a.example?x", "://"} {
		if _, err := parsePublicURL(url); err == nil {
			t.Errorf("public URL %q was taken", url)
		}
	}
}

// Who may change anything: by Origin, Sec-Fetch-Site, and with whatever session.
func TestOrigins(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.AllowedOrigins = []string{"https://friend.example", "https://other.example:8443"} })
	ann := h.enter("Ann")
	own := strings.TrimPrefix(h.url, "http://")
	port := own[strings.LastIndexByte(own, ':'):]
	for _, c := range []struct {
		origin, site, host string
		ok                 bool
	}{
		{"", "", "", true},
		{"", "none", "", true},
		{"", "same-origin", "", true},
		{"", "same-site", "", true},
		{"", "cross-site", "", false},
		{"http://" + own, "", "", true},
		{"http://" + own, "same-origin", "", true},
		{"http://" + own, "cross-site", "", false},
		{"https://" + own, "", "", true}, // behind a proxy that ends TLS
		{"HTTP://" + strings.ToUpper(own), "", "", true},
		{"http://localhost" + port, "", "", false}, // another name is another site
		{"http://localhost" + port, "", "localhost" + port, true},
		{"http://localhost", "", "localhost:80", true},
		{"https://localhost", "", "localhost", true},
		{"https://localhost", "", "localhost:80", false},
		{"http://127.0.0.1:1", "", "", false},
		{"http://127.0.0.1", "", "", false},
		{"null", "", "", false},
		{"null", "same-origin", "", false},
		{"http://evil.example", "", "", false},
		{"http://evil.example", "same-origin", "", false},
		{"http://" + own + ".evil.example", "", "", false},
		{"http://evil.example/http://" + own, "", "", false},
		{"http://u@" + own, "", "", false},
		{"http://" + own + "/", "", "", false},
		{"chrome-extension://" + own, "", "", false},
		{own, "", "", false},
		{"https://friend.example", "", "", true},
		{"https://friend.example", "cross-site", "", true},
		{"https://friend.example:443", "", "", true},
		{"http://friend.example", "", "", false},
		{"https://friend.example:8443", "", "", false},
		{"https://other.example:8443", "cross-site", "", true},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		if c.site != "" {
			header.Set("Sec-Fetch-Site", c.site)
		}
		for _, token := range []string{"", ann.token} {
			for _, do := range []call{
				{method: "POST", path: "/api/players"},
				{method: "POST", path: "/api/matches", body: `{"game":"tictactoe"}`},
				{method: "PATCH", path: "/api/players/me", body: `{"name":"Ann"}`},
				{method: "POST", path: "/api/matches/2222/join"},
				{method: "POST", path: "/nothing"},
				{method: "PUT", path: "/api/nothing"},
			} {
				do.header, do.token, do.host = header, token, c.host
				r := h.do(do)
				if refused := r.StatusCode == http.StatusForbidden; refused == c.ok {
					t.Errorf("%s %s, Origin %q, %q, Host %q: %d %s", do.method, do.path, c.origin, c.site, c.host, r.StatusCode, r.body)
				} else if refused && problemIn(t, r).Code != wire.CodeForbidden {
					t.Errorf("refused by %s", r.body)
				}
			}
		}
		// Reading is free: the browser itself keeps the answer from the foreign page.
		if r := h.do(call{method: "GET", path: "/api/games", header: header, host: c.host}); r.StatusCode != 200 || r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("reading, Origin %q: %d", c.origin, r.StatusCode)
		}
		ws := http.Header{"Sec-Websocket-Protocol": {wire.Subprotocol}}
		for k, v := range header {
			ws[k] = v
		}
		// Without the handshake's other headers the door says what else is wrong: never 403 then.
		if r := h.do(call{method: "GET", path: "/ws", header: ws, host: c.host, token: ann.token}); (r.StatusCode == http.StatusForbidden) == c.ok {
			t.Errorf("/ws, Origin %q, %q: %d %s", c.origin, c.site, r.StatusCode, r.body)
		}
	}
	two := http.Header{"Origin": {"http://" + own, "http://" + own}}
	h.refused(call{method: "POST", path: "/api/players", header: two}, 403, wire.CodeForbidden)
}

func TestEndingASessionNeedsOurOrigin(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	header := cookieHeader(ann.token)
	header.Set("Origin", "http://evil.example")
	h.refused(call{method: "DELETE", path: "/api/session", header: header}, 403, wire.CodeForbidden)
	h.ok(call{method: "GET", path: "/api/players/me", token: ann.token}, 200, nil)
}
