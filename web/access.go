package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed" // the page to sign in
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// adminCookie holds what only who knows the admin key can have made.
const adminCookie = "everturn_admin"

// loginPath is where a browser trades the key for the cookie.
const loginPath = "/inspector/login"

//go:embed login.html
var loginPage []byte

// access says who may manage the server: whoever has the admin key; where there
// is none, whoever sits at this machine. It is read-only and may be used
// concurrently.
//
// A key is compared as a digest, so in constant time whatever its length. The
// cookie is not the key but made of it, so that a browser does not keep the key,
// and it is good until the key changes.
type access struct {
	digest   [sha256.Size]byte // of the key; unset where there is none
	keyed    bool
	cookie   string
	loopback bool // the server listens on this machine's own addresses only
}

func newAccess(key string, loopback bool) *access {
	a := &access{keyed: key != "", loopback: loopback, digest: sha256.Sum256([]byte(key))}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("everturn: admin cookie"))
	a.cookie = hex.EncodeToString(mac.Sum(nil))
	return a
}

// guardManagement is the middleware in front of all that manages the server.
func (s *Server) guardManagement(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !managing(r.URL.Path) || r.URL.Path == loginPath {
			return next(c)
		}
		page := s.access.keyed && r.Method == http.MethodGet && strings.Contains(r.Header.Get(echo.HeaderAccept), echo.MIMETextHTML)
		switch err := s.access.check(r); {
		case err != nil && page:
			return c.Redirect(http.StatusSeeOther, loginPath)
		case err != nil:
			return err
		}
		// The inspector reads its parameters strictly, and the key is none of them. A page that is opened by the key gets the
		// cookie, for what the page itself will ask for.
		if within(r.URL.Path, "/inspector") && dropCode(r) && page {
			c.SetCookie(s.adminCookie(r))
			return c.Redirect(http.StatusSeeOther, r.URL.RequestURI())
		}
		return next(c)
	}
}

// managing says whether an address is one of those that need leave.
func managing(path string) bool { return within(path, "/runtime") || within(path, "/inspector") }

// within says whether an address lies in an area. Letters of another case lead
// nowhere, but are not to find out.
func within(path, area string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(path), area)
	return ok && (rest == "" || rest[0] == '/')
}

// check lets a request in, or says why not.
func (a *access) check(r *http.Request) error {
	switch {
	case a.keyed && !a.shows(r):
		return api.Refuse(wire.CodeForbidden, "This needs the server's admin key, as Authorization: Bearer, as the parameter code, or by %s", loginPath)
	case a.keyed:
		return nil
	case !a.loopback:
		return api.Refuse(wire.CodeForbidden, "This server listens on the network: start it with --admin-key to manage it from anywhere")
	case !fromHere(r):
		return api.Refuse(wire.CodeForbidden, "Without --admin-key, a server is managed from its own machine only, directly and by its own pages")
	}
	return nil
}

// shows says whether a request has the key.
func (a *access) shows(r *http.Request) bool {
	if scheme, rest, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " "); strings.EqualFold(scheme, "Bearer") {
		return a.isKey(strings.TrimSpace(rest))
	}
	if code := codeOf(r); code != "" {
		return a.isKey(code)
	}
	cookie, err := r.Cookie(adminCookie)
	return err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(a.cookie)) == 1
}

// codeOf is the parameter code, in any case, as Durable Functions' clients give
// their key.
func codeOf(r *http.Request) string {
	for name, list := range r.URL.Query() {
		if strings.EqualFold(name, "code") && len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// dropCode takes that parameter out of the address, and says whether it was there.
func dropCode(r *http.Request) (was bool) {
	query := r.URL.Query()
	for name := range query {
		if strings.EqualFold(name, "code") {
			delete(query, name)
			was = true
		}
	}
	if was {
		r.URL.RawQuery = query.Encode()
	}
	return was
}

func (a *access) isKey(given string) bool {
	digest := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(digest[:], a.digest[:]) == 1
}

// fromHere says whether a request comes from this machine, through nobody, to a
// name of this machine, and from a page of ours or none.
func fromHere(r *http.Request) bool {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !isLoopback(peer) {
		return false
	}
	name, _, ok := splitHost(r.Host)
	if !ok || name != "localhost" && !isLoopback(name) {
		return false
	}
	for header := range r.Header {
		if header == "Forwarded" || header == "Via" || strings.HasPrefix(header, "X-Forwarded-") {
			return false
		}
	}
	switch strings.ToLower(r.Header.Get(echo.HeaderSecFetchSite)) {
	case "", "none", "same-origin":
	default:
		return false
	}
	given := r.Header.Values(echo.HeaderOrigin)
	if len(given) == 0 {
		return true
	}
	o, ok := parseOrigin(given[0])
	return ok && len(given) == 1 && o.at(r.Host)
}

func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}

// showLogin shows the page to sign in. Where nobody needs to, it is the inspector
// itself.
func (s *Server) showLogin(c echo.Context) error {
	if !s.access.keyed {
		return c.Redirect(http.StatusSeeOther, "/inspector")
	}
	return c.HTMLBlob(http.StatusOK, loginPage)
}

// login trades the key for the cookie.
func (s *Server) login(c echo.Context) error {
	r := c.Request()
	if !s.access.keyed {
		return c.Redirect(http.StatusSeeOther, "/inspector")
	}
	if err := s.limits.lookUp(s.now(), r); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, api.MaxBody)
	if err := r.ParseForm(); err != nil {
		return api.Refuse(wire.CodeBadRequest, "The form cannot be read: it has a field key")
	}
	if !s.access.isKey(r.PostForm.Get("key")) {
		s.limits.missed(s.now(), r)
		return api.Refuse(wire.CodeForbidden, "That is not the admin key of this server")
	}
	c.SetCookie(s.adminCookie(r))
	return c.Redirect(http.StatusSeeOther, "/inspector")
}

// adminCookie is the cookie of who has the key.
func (s *Server) adminCookie(r *http.Request) *http.Cookie {
	return &http.Cookie{
		Name: adminCookie, Value: s.access.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(api.BaseURL(s.publicURL, r), "https:"),
	}
}
