package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

func TestRoutesThatAreNot(t *testing.T) {
	h := openHouse(t, nil)
	for _, path := range []string{"/api/", "/api/nothing", "/api/matches/x/y/z", "/api/leaders", "/api/session/x"} {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT", "OPTIONS"} {
			h.refused(call{method: method, path: path}, 404, wire.CodeNotFound)
		}
	}
	for _, c := range []struct{ path, allow, method string }{
		{"/api/players", "POST", "GET PUT DELETE OPTIONS"},
		{"/api/players/me", "GET, HEAD, PATCH", "POST PUT DELETE"},
		{"/api/players/x", "GET, HEAD", "POST"},
		{"/api/session", "DELETE", "GET POST"},
		{"/api/games", "GET, HEAD", "POST PATCH"},
		{"/api/matches", "GET, HEAD, POST", "PUT PATCH DELETE"},
		{"/api/matches/2222", "GET, HEAD", "POST DELETE"},
		{"/api/matches/2222/join", "POST", "GET PUT"},
		{"/api/matches/2222/record", "GET, HEAD", "POST"},
		{"/api/matches/2222/position", "GET, HEAD", "POST"},
		{"/ws", "GET, HEAD", "POST"},
		{"/healthz", "GET, HEAD", "POST"},
		{"/metrics", "GET, HEAD", "POST"},
		{"/", "GET, HEAD", "POST"},
		{"/m/K7QX", "GET, HEAD", "POST"},
		{"/js/main.js", "GET, HEAD", "POST PUT OPTIONS"},
		{"/nothing", "GET, HEAD", "POST"},
	} {
		for method := range strings.SplitSeq(c.method, " ") {
			r, _ := h.refused(call{method: method, path: c.path}, 405, wire.CodeBadRequest)
			if got := r.Header.Get("Allow"); got != c.allow {
				t.Errorf("%s %s: Allow %s", method, c.path, got)
			}
		}
	}
}

func TestUnknownMethods(t *testing.T) {
	h := openHouse(t, nil)
	for _, method := range []string{"BREW", "TRACE", "PROPFIND", "get"} {
		for _, path := range []string{"/", "/api/games", "/api/nothing", "/js/main.js"} {
			h.refused(call{method: method, path: path}, 501, wire.CodeBadRequest)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := openHouse(t, nil)
	for _, c := range []call{
		{method: "GET", path: "/"},
		{method: "HEAD", path: "/js/main.js"},
		{method: "GET", path: "/nothing"},
		{method: "GET", path: "/api/games"},
		{method: "GET", path: "/api/nothing"},
		{method: "POST", path: "/api/players"},
		{method: "BREW", path: "/"},
		{method: "GET", path: "/", host: "evil.example"},
		{method: "GET", path: "/ws"},
		{method: "GET", path: "/metrics"},
	} {
		r := h.do(c)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
				"font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s %s: %s: %s", c.method, c.path, name, got)
			}
		}
		if r.Header.Get("Permissions-Policy") == "" || len(r.Header.Get("X-Request-Id")) != 16 || r.Header.Get("Server") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, r.Header)
		}
		if file := r.StatusCode == 200 && !strings.HasPrefix(c.path, "/api") && c.path != "/metrics"; !file && r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be kept: %s", c.method, c.path, r.Header.Get("Cache-Control"))
		}
	}
}

// The workshop shows the inspector in a frame. Nothing else frames, or is framed.
func TestFraming(t *testing.T) {
	h := openHouse(t, nil)
	for path, want := range map[string]struct{ frames, framed string }{
		"/":            {"", "'none'"},
		"/workshop":    {"'self'", "'none'"},
		"/workshop/3":  {"'self'", "'none'"},
		"/workshops":   {"", "'none'"},
		"/inspector":   {"", "'self'"},
		"/inspector/i": {"", "'self'"},
		"/api/games":   {"", "'none'"},
	} {
		policy := h.do(call{method: "GET", path: path}).Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors "+want.framed) || !strings.Contains(policy, "default-src 'none'") ||
			strings.Contains(policy, "frame-src") != (want.frames != "") || !strings.Contains(policy, want.frames) {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestPanicIsAnAnswer(t *testing.T) {
	log := &lines{}
	h := openHouse(t, func(o *Options) { o.Logger = zerolog.New(log) })
	e := h.router(nil)
	e.GET("/api/broken", func(echo.Context) error { panic("the roof is on fire") })
	e.GET("/api/half", func(c echo.Context) error {
		c.Response().WriteHeader(http.StatusOK)
		return errors.New("too late")
	})
	h.handler = e
	r, _ := h.refused(call{method: "GET", path: "/api/broken"}, 500, wire.CodeInternal)
	if strings.Contains(string(r.body), "roof") {
		t.Errorf("the panic is told: %s", r.body)
	}
	for _, part := range []string{`"level":"error"`, "the roof is on fire", "server_test.go", `"route":"/api/broken"`, r.Header.Get("X-Request-Id")} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log has no %s: %s", part, log)
		}
	}
	if r := h.do(call{method: "GET", path: "/api/half"}); r.StatusCode != 200 || len(r.body) != 0 {
		t.Errorf("an answer that had begun: %d %s", r.StatusCode, r.body)
	}
}

func TestLogKeepsSecrets(t *testing.T) {
	log := &lines{}
	h := openHouse(t, func(o *Options) { o.Logger = zerolog.New(log) })
	ann := h.enter("Ann")
	made := h.create(ann, `{"game":"tictactoe"}`)
	h.do(call{method: "GET", path: "/api/matches/" + made.Code + "/record?n=1", header: cookieHeader(ann.token)})
	h.do(call{method: "GET", path: "/api/players/me?token=" + ann.token})
	why := error(orchestrator.Fail(orchestrator.CodeUnavailable, "no room on the disk"))
	h.sick.Store(&why)
	h.refused(call{method: "GET", path: "/readyz"}, 503, wire.CodeUnavailable)
	text := log.String()
	for _, secret := range []string{ann.token, made.ID, made.Code, ann.id} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %s: %s", secret, text)
		}
	}
	if n := strings.Count(text, "\n"); n != 5 || !strings.Contains(text, `"route":"/api/matches/:match/record","status":404`) {
		t.Errorf("%d lines: %s", n, text)
	}
	if !strings.Contains(text, `"level":"info","error":"no room on the disk"`) {
		t.Errorf("why it is not ready is not told: %s", text)
	}
}

// Without the engine nobody is told anything untrue: not that a session has
// ended, nor that a match is not there.
func TestEngineIsGone(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	made := h.create(ann, `{"game":"tictactoe"}`)
	h.must(h.host.Close())
	for _, c := range []call{
		{method: "POST", path: "/api/players"},
		{method: "POST", path: "/api/players", header: cookieHeader(ann.id + ".unknown")},
		{method: "PATCH", path: "/api/players/me", body: `{"name":"x"}`, token: ann.token},
		{method: "GET", path: "/api/players/" + ann.id},
		{method: "DELETE", path: "/api/session", token: ann.token},
		{method: "POST", path: "/api/matches", body: `{"game":"tictactoe"}`, token: ann.token},
		{method: "GET", path: "/api/matches"},
		{method: "GET", path: "/api/matches/" + made.Code},
		{method: "GET", path: "/api/matches/" + made.ID},
		{method: "GET", path: "/api/matches/" + made.ID + "/record"},
		{method: "GET", path: "/api/matches/" + made.ID + "/position"},
		{method: "POST", path: "/api/matches/" + made.ID + "/join", token: bea.token},
		{method: "GET", path: "/readyz"},
	} {
		h.refused(c, 503, wire.CodeUnavailable)
	}
	h.ok(call{method: "GET", path: "/healthz"}, 200, nil)
	h.ok(call{method: "GET", path: "/"}, 200, nil)
}

func TestHealth(t *testing.T) {
	h := openHouse(t, nil)
	h.ok(call{method: "GET", path: "/healthz"}, 200, nil)
	h.ok(call{method: "HEAD", path: "/readyz"}, 200, nil)
	why := errors.New("the database is being recovered")
	h.sick.Store(&why)
	h.ok(call{method: "GET", path: "/healthz"}, 200, nil)
	if r, detail := h.refused(call{method: "GET", path: "/readyz"}, 503, wire.CodeUnavailable); r.Header.Get("Retry-After") != "1" || strings.Contains(detail, "database") {
		t.Errorf("not ready: %s", r.body)
	}
	h.sick.Store(nil)
	h.ok(call{method: "GET", path: "/readyz"}, 200, nil)
}

func TestMetrics(t *testing.T) {
	h := openHouse(t, nil)
	h.enter("Ann")
	h.do(call{method: "GET", path: "/api/matches/2222"})
	h.do(call{method: "BREW", path: "/api/nothing/at/all"})
	h.do(call{method: "GET", path: "/made/up"})
	r := h.ok(call{method: "GET", path: "/metrics"}, 200, nil)
	for _, line := range []string{
		`everturn_http_requests_total{method="POST",route="/api/players",status="201"} 1`,
		`everturn_http_requests_total{method="GET",route="/api/matches/:match",status="404"} 1`,
		`everturn_http_requests_total{method="other",route="/api/*",status="501"} 1`,
		`everturn_http_requests_total{method="GET",route="/*",status="404"} 1`,
		"everturn_http_request_seconds_count{route=\"/api/players\"} 1",
		"# TYPE everturn_engine_turns_total counter", "# TYPE everturn_engine_watchers gauge", "go_goroutines", "process_",
	} {
		if !strings.Contains(string(r.body), line) {
			t.Errorf("no %s in\n%s", line, seriesIn(r.body))
		}
	}
	if strings.Contains(string(r.body), "made/up") || strings.Contains(string(r.body), "BREW") {
		t.Error("made-up addresses make series")
	}
}

func TestWithoutBoundsOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without a desk was made")
	}
	h := openHouse(t, nil)
	for _, o := range []Options{{PublicURL: "play.example.com"}, {AllowedOrigins: []string{"*"}}} {
		o.Desk, o.Engine = h.desk, h
		if _, err := New(o); err == nil {
			t.Errorf("taken: %+v", o)
		}
	}
}

func TestPublicURL(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.PublicURL = "https://play.example.com:8443/" })
	if made := h.create(h.enter("Ann"), `{"game":"tictactoe"}`); made.URL != "https://play.example.com:8443/m/"+made.Code {
		t.Errorf("the link is %s", made.URL)
	}
	h.ok(call{method: "POST", path: "/api/players", host: "play.example.com", header: http.Header{"Origin": {"https://play.example.com:8443"}}}, 201, nil)
}

// seriesIn is the part of a scrape that is ours.
func seriesIn(scrape []byte) string {
	var ours []string
	for line := range strings.SplitSeq(string(scrape), "\n") {
		if strings.HasPrefix(line, "everturn_") {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "\n")
}
