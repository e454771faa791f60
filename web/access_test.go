package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/web/inspect"
	"github.com/everturn/everturn/web/wire"
)

// managed is a house with something to manage.
func managed(t *testing.T, change func(*Options)) *house {
	t.Helper()
	return openHouse(t, func(o *Options) {
		o.Loopback = true
		o.Rooms = []Room{{
			Mount: func(e *echo.Echo) {
				e.GET("/inspector/api/query", func(c echo.Context) error { return c.String(http.StatusOK, c.Request().URL.RawQuery) })
				for _, path := range []string{"/runtime/secret", "/inspector/api/secret", "/open"} {
					e.GET(path, func(c echo.Context) error { return c.String(http.StatusOK, "told") })
					e.POST(path, func(c echo.Context) error { return c.String(http.StatusOK, "told") })
				}
			},
			Pages: map[string]string{"/inspector": "index.html"},
		}}
		if change != nil {
			change(o)
		}
	})
}

// Without an admin key only the machine itself may manage the server: each thing
// that speaks against it is enough to refuse.
func TestManagementFromHere(t *testing.T) {
	h := managed(t, nil)
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"curl":      {func(*http.Request) {}, 200},
		"localhost": {func(r *http.Request) { r.Host = "LocalHost:8080" }, 200},
		"over IPv6": {func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:8080", "[::1]:5000" }, 200},
		"our own page": {func(r *http.Request) {
			r.Header.Set("Origin", "http://"+r.Host)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}, 200},
		"typed into the address bar":  {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, 200},
		"another machine":             {func(r *http.Request) { r.RemoteAddr = "192.168.1.20:5000" }, 403},
		"an address of the network":   {func(r *http.Request) { r.Host = "192.168.1.10:8080" }, 403},
		"a proxy":                     {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.1") }, 403},
		"a proxy of another kind":     {func(r *http.Request) { r.Header.Set("Forwarded", "for=10.0.0.1") }, 403},
		"a proxy that says only that": {func(r *http.Request) { r.Header.Set("Via", "1.1 x") }, 403},
		"a link on another page":      {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"a page beside ours":          {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		"another origin":              {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9999") }, 403},
		"no origin of anybody":        {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"two origins":                 {func(r *http.Request) { r.Header["Origin"] = []string{"http://" + r.Host, "http://" + r.Host} }, 403},
	} {
		for _, path := range []string{"/runtime/secret", "/inspector/api/secret", "/inspector"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:5000"
			c.change(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("%s, %s: %d, not %d", name, path, w.Code, c.status)
			}
		}
	}
	r := httptest.NewRequest("GET", "/open", nil)
	r.Host, r.RemoteAddr = "192.168.1.10:8080", "192.168.1.20:5000"
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("what is not of management: %d", w.Code)
	}
	network := managed(t, func(o *Options) { o.Loopback = false })
	network.refused(call{method: "GET", path: "/runtime/secret"}, 403, wire.CodeForbidden)
	network.refused(call{method: "GET", path: "/RUNTIME/secret"}, 403, wire.CodeForbidden)
	network.refused(call{method: "GET", path: "/inspector"}, 403, wire.CodeForbidden)
}

func TestManagementByKey(t *testing.T) {
	const key = "k&y of the house"
	log := &lines{}
	h := managed(t, func(o *Options) {
		o.AdminKey, o.Loopback, o.Logger = key, false, zerolog.New(log)
	})
	get := func(path string, header map[string]string) reply {
		hs := http.Header{}
		for name, value := range header {
			hs.Set(name, value)
		}
		return h.do(call{method: "GET", path: path, header: hs})
	}
	for _, c := range []struct {
		path   string
		header map[string]string
		status int
	}{
		{"/runtime/secret", nil, 403},
		{"/runtime/secret", map[string]string{"Authorization": "Bearer " + key}, 200},
		{"/runtime/secret", map[string]string{"Authorization": "bearer " + key}, 200},
		{"/runtime/secret", map[string]string{"Authorization": "Bearer " + key + "x"}, 403},
		{"/runtime/secret", map[string]string{"Authorization": "Bearer "}, 403},
		{"/runtime/secret?code=k%26y%20of%20the%20house", nil, 200},
		{"/runtime/secret?Code=k%26y+of+the+house", nil, 200},
		{"/runtime/secret?code=wrong", nil, 403},
		{"/runtime/secret", map[string]string{"Cookie": adminCookie + "=" + strings.Repeat("0", 64)}, 403},
		{"/runtime/secret", map[string]string{"Cookie": adminCookie + "="}, 403},
		{"/inspector", map[string]string{"Accept": "text/html"}, 303},
		{loginPath, nil, 200},
	} {
		if r := get(c.path, c.header); r.StatusCode != c.status {
			t.Errorf("%s %v: %d, not %d", c.path, c.header, r.StatusCode, c.status)
		}
	}
	form := func(body string) reply {
		return h.do(call{method: "POST", path: loginPath, body: body, header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}})
	}
	if r := form("key=wrong"); r.StatusCode != 403 || len(r.Cookies()) != 0 {
		t.Errorf("the wrong key: %d", r.StatusCode)
	}
	r := form("key=k%26y+of+the+house")
	if r.StatusCode != 303 || len(r.Cookies()) != 1 {
		t.Fatalf("the key: %d %s", r.StatusCode, r.body)
	}
	cookie := r.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || strings.Contains(cookie.Value, "house") {
		t.Errorf("the cookie is %v", cookie)
	}
	if r := get("/inspector", map[string]string{"Cookie": cookie.Name + "=" + cookie.Value}); r.StatusCode != 200 {
		t.Errorf("with the cookie: %d", r.StatusCode)
	}
	if r := get("/inspector/i/a%2Fb?CODE=k%26y+of+the+house&view=history", map[string]string{"Accept": "text/html"}); r.StatusCode != 303 ||
		r.Header.Get("Location") != "/inspector/i/a%2Fb?view=history" || len(r.Cookies()) != 1 || r.Cookies()[0].Value != cookie.Value {
		t.Errorf("a page opened by the key: %d %v", r.StatusCode, r.Header)
	}
	cross := h.do(call{method: "POST", path: "/runtime/secret", header: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {"https://evil.example"}}})
	if cross.StatusCode != 403 {
		t.Errorf("another page with our cookie: %d", cross.StatusCode)
	}
	for range 40 {
		r = form("key=guess")
	}
	if r.StatusCode != 429 {
		t.Errorf("after forty guesses: %d", r.StatusCode)
	}
	if strings.Contains(log.String(), "of the house") || strings.Contains(log.String(), cookie.Value) {
		t.Error("the log has the key")
	}
}

// The inspector reads its parameters strictly, and the key, which is let in as the parameter code, is none of them.
func TestTheInspectorTakesTheCode(t *testing.T) {
	for _, key := range []string{"", "sesame"} {
		h := managed(t, func(o *Options) { o.AdminKey = key })
		for query, left := range map[string]string{"?code=sesame": "", "?limit=1&Code=sesame&at=a%26b": "at=a%26b&limit=1", "?cod=x&code=sesame": "cod=x"} {
			r := h.do(call{method: "GET", path: "/inspector/api/query" + query, header: http.Header{"Accept": {"application/json"}}})
			if r.StatusCode != 200 || string(r.body) != left {
				t.Errorf("key %q, %s: %d, and %q is left", key, query, r.StatusCode, r.body)
			}
		}
	}
}

// No page of another site can have the inspector do anything, whoever looks at it:
// with the key in the cookie, as without one on the server's own machine.
func TestTheInspectorRefusesOtherSites(t *testing.T) {
	for _, key := range []string{"", "sesame"} {
		h := openHouse(t, func(o *Options) { o.Rooms, o.Loopback, o.AdminKey = demos, true, key })
		cookie := adminCookie + "=" + newAccess(key, true).cookie
		acts := 0
		for _, route := range inspect.Routes() {
			path, post := strings.CutPrefix(route, "POST ")
			if !post {
				continue
			}
			acts++
			path = strings.NewReplacer("{id}", "a", "{name}", "counter", "{key}", "a").Replace(path)
			for name, value := range map[string]string{"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"} {
				h.refused(call{method: "POST", path: path, body: "{}", header: http.Header{"Cookie": {cookie}, name: {value}}}, 403, wire.CodeForbidden)
			}
			// What speaks against the others is nothing else.
			if r := h.do(call{method: "POST", path: path, body: `{"nothing":1}`, header: http.Header{"Cookie": {cookie}}}); r.StatusCode == 403 {
				t.Errorf("%s: nobody may do it: %s", route, r.body)
			}
		}
		if acts < 13 {
			t.Errorf("only %d actions", acts)
		}
	}
}
