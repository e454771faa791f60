package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/gateway"
	"github.com/everturn/everturn/web/wire"
)

// idempotencyHeader names a request, so that its repetition does nothing twice.
const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 128 // characters
)

// listGames tells what can be played.
func (s *Server) listGames(c echo.Context) error { return c.JSON(http.StatusOK, s.desk.Games) }

// createMatch makes a match in which the caller has seat 0.
func (s *Server) createMatch(c echo.Context) error {
	r := c.Request()
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	asked, err := readNewMatch(c)
	if err != nil {
		return err
	}
	if err := s.limits.newMatch(s.now(), r); err != nil {
		return err
	}
	made, err := s.desk.Create(r.Context(), player, asked, key)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/matches/"+made.ID)
	return c.JSON(http.StatusCreated, struct {
		ID   string `json:"id"`
		Code string `json:"code"`
		URL  string `json:"url"`
		Seat int    `json:"seat"`
	}{made.ID, made.Code, api.BaseURL(s.publicURL, r) + "/m/" + made.Code, made.Seat})
}

// readNewMatch reads what is asked for a new match. Whether there is such a
// game, and whether it can be played so, the desk knows.
func readNewMatch(c echo.Context) (asked game.NewMatch, err error) {
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return asked, err
	}
	id, named := in.Text("game")
	asked = game.NewMatch{
		Game: id, Seats: in.Texts("seats"), Options: in.Take("options"),
		Private: in.Flag("private"), Rated: in.Flag("rated"),
	}
	if asked.Clock, err = in.Clock("clock"); err != nil {
		return asked, err
	}
	if err := in.Done(); err != nil {
		return asked, err
	}
	if !named {
		return asked, api.Refuse(wire.CodeBadRequest, `The field "game" is missing`)
	}
	return asked, nil
}

// idempotencyKey is the caller's own name for the request, or empty.
func idempotencyKey(r *http.Request) (string, error) {
	given := r.Header.Values(idempotencyHeader)
	if len(given) == 0 {
		return "", nil
	}
	if len(given) > 1 || given[0] == "" || len(given[0]) > maxIdempotencyKey {
		return "", api.Refuse(wire.CodeBadRequest, "The header %s must be given once, with 1 to %d characters", idempotencyHeader, maxIdempotencyKey)
	}
	return given[0], nil
}

// showMatch tells how a match stands.
func (s *Server) showMatch(c echo.Context) error {
	id, err := s.resolve(c)
	if err != nil {
		return err
	}
	summary, seq, err := s.desk.Match(id)
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, gateway.MatchJSON(id, summary, seq, s.sockets.Watchers(id)))
}

// joinMatch gives the caller the next open seat, or the one that it has.
func (s *Server) joinMatch(c echo.Context) error {
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	in, err := api.ReadBody(c, api.Optional)
	if err != nil {
		return err
	}
	if err := in.Done(); err != nil {
		return err
	}
	id, err := s.resolve(c)
	if err != nil {
		return err
	}
	seat, err := s.desk.Join(c.Request().Context(), id, player)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		ID   string `json:"id"`
		Seat int    `json:"seat"`
	}{id, seat})
}

// resolve finds the match of an address, by its id or its code. Codes are few
// enough to be tried, so those that lead nowhere are counted.
func (s *Server) resolve(c echo.Context) (string, error) {
	key := c.Param("match")
	if _, isCode := game.ParseCode(key); !isCode {
		return s.desk.Resolve(key)
	}
	if err := s.limits.lookUp(s.now(), c.Request()); err != nil {
		return "", err
	}
	id, err := s.desk.Resolve(key)
	var refusal *game.Refusal
	if errors.As(err, &refusal) && refusal.Code == game.CodeNotFound {
		s.limits.missed(s.now(), c.Request())
	}
	return id, err
}
