package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
)

// sessionCookie holds the token of a session. Scripts never see it.
const sessionCookie = "everturn_session"

// sessionAge is how long a browser keeps a session that is not used; more than
// this browsers do not allow.
const sessionAge = 400 * 24 * time.Hour

// source is where a token came from.
type source uint8

const (
	nowhere source = iota
	fromBearer
	fromCookie
)

// tokenOf finds the token of a request: Authorization: Bearer, else the cookie;
// never the address, which ends in logs and histories.
func tokenOf(r *http.Request) (string, source) {
	if scheme, rest, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest), fromBearer
	}
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		return cookie.Value, fromCookie
	}
	return "", nowhere
}

// caller is the player whose session this is; unauthorized if there is none.
func (s *Server) caller(c echo.Context) (game.Player, error) {
	token, _ := tokenOf(c.Request())
	return s.desk.Session(token)
}

// viewer is the id of the player whose session this is, or empty for a visitor:
// also for one whose cookie is of a session that has ended. Who bothers to send
// a Bearer token wants to be told that it opens nothing.
func (s *Server) viewer(c echo.Context) (string, error) {
	token, from := tokenOf(c.Request())
	if from == nowhere {
		return "", nil
	}
	p, err := s.desk.Session(token)
	if from == fromCookie && isUnauthorized(err) {
		return "", nil
	}
	return p.ID, err
}

func isUnauthorized(err error) bool {
	var r *game.Refusal
	return errors.As(err, &r) && r.Code == game.CodeUnauthorized
}

// setSession gives the browser the token.
func (s *Server) setSession(c echo.Context, token string) {
	c.SetCookie(s.cookie(c.Request(), token, int(sessionAge/time.Second)))
}

// dropSession makes the browser forget the token.
func (s *Server) dropSession(c echo.Context) { c.SetCookie(s.cookie(c.Request(), "", -1)) }

func (s *Server) cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(api.BaseURL(s.publicURL, r), "https:"),
	}
}

// endSession ends the session of the caller, and whatever hangs on it.
func (s *Server) endSession(c echo.Context) error {
	token, _ := tokenOf(c.Request())
	if err := s.desk.EndSession(c.Request().Context(), token); err != nil {
		return err
	}
	s.sockets.EndSession(token)
	s.dropSession(c)
	return c.NoContent(http.StatusNoContent)
}
