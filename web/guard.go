package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// guard says which hosts are ours and which origins may change anything. It is
// read-only and may be used concurrently.
//
// A browser sends the cookie of a player along with whatever another page makes
// it do; the Origin tells that page. And a foreign name can be made to point to
// a server in a home network (DNS rebinding); the Host tells that name.
type guard struct {
	hosts   map[string]bool // "name" for any port, or "name:port"
	origins map[string]bool // "scheme://name" or "scheme://name:port", not with a default port
}

// newGuard allows more hosts ("play.example.com", any port, or with one) and
// origins ("https://play.example.com", which allows its host, too).
func newGuard(allowed []string) (*guard, error) {
	g := &guard{hosts: map[string]bool{}, origins: map[string]bool{}}
	for _, entry := range allowed {
		if o, ok := parseOrigin(entry); ok {
			g.origins[o.String()] = true
			g.hosts[o.name] = true
			continue
		}
		name, port, ok := splitHost(entry)
		if !ok || strings.ContainsAny(entry, "/*@?# ") {
			return nil, fmt.Errorf("web: %q is neither a host nor an origin such as https://play.example.com", entry)
		}
		g.hosts[joinHost(name, port)] = true
	}
	return g, nil
}

// check is the middleware that lets a request in.
func (g *guard) check(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !g.ownHost(r.Host) {
			return &api.Problem{
				Status: http.StatusMisdirectedRequest, Code: wire.CodeForbidden,
				Detail: "This server does not go by the name in Host; see --allowed-origins",
			}
		}
		if !safeMethod(r.Method) && !g.ownOrigin(r) {
			return api.Refuse(wire.CodeForbidden, "Requests from pages of other sites are refused")
		}
		return next(c)
	}
}

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions || method == http.MethodTrace
}

// ownHost says whether the Host is an address, localhost, or allowed.
func (g *guard) ownHost(host string) bool {
	name, port, ok := splitHost(host)
	if !ok {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name == "localhost" || g.hosts[name] || g.hosts[joinHost(name, port)]
}

// ownOrigin says whether a request comes from a page of ours, or from no page.
// It is to be asked before anything is changed, and before a WebSocket is
// opened.
func (g *guard) ownOrigin(r *http.Request) bool {
	crossSite := strings.EqualFold(r.Header.Get(echo.HeaderSecFetchSite), "cross-site")
	switch given := r.Header.Values(echo.HeaderOrigin); len(given) {
	case 0:
		return !crossSite
	case 1:
		o, ok := parseOrigin(given[0]) // "null", too, is no page of ours
		return ok && (g.origins[o.String()] || !crossSite && o.at(r.Host))
	default:
		return false
	}
}

// origin is a parsed Origin.
type origin struct{ scheme, name, port string }

// parseOrigin reads scheme://host, or scheme://host:port, and nothing else.
func parseOrigin(s string) (origin, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return origin{}, false
	}
	name, port, ok := splitHost(u.Host)
	o := origin{scheme: u.Scheme, name: name, port: port}
	if port == o.defaultPort() {
		o.port = ""
	}
	return o, ok
}

func (o origin) defaultPort() string {
	if o.scheme == "https" {
		return "443"
	}
	return "80"
}

// String is the origin as browsers write it.
func (o origin) String() string { return o.scheme + "://" + joinHost(o.name, o.port) }

// at says whether the origin is at this Host. Schemes may differ: behind a proxy
// that ends TLS, we do not see the browser's.
func (o origin) at(host string) bool {
	name, port, ok := splitHost(host)
	if port == o.defaultPort() {
		port = ""
	}
	return ok && name == o.name && port == o.port
}

// splitHost takes a Host apart: the name in lower case and without brackets, and
// the port, empty where there is none.
func splitHost(host string) (name, port string, ok bool) {
	name = host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", false
		}
	}
	if inner, found := strings.CutPrefix(name, "["); found {
		if name, found = strings.CutSuffix(inner, "]"); !found {
			return "", "", false
		}
		if a, err := netip.ParseAddr(name); err != nil || !a.Is6() {
			return "", "", false
		}
	} else if strings.ContainsAny(name, ":[]") {
		return "", "", false
	}
	return strings.ToLower(name), port, name != ""
}

func joinHost(name, port string) string {
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" {
		return name
	}
	return name + ":" + port
}
