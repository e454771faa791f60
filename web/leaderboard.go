package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

const (
	defaultRanked = 50
	maxRanked     = game.BoardSize
)

// showLeaderboard is who is best at a game.
func (s *Server) showLeaderboard(c echo.Context) error {
	in := api.ReadQuery(c)
	id, limit := in.Text("game"), int64(defaultRanked)
	if n, given := in.Number("limit", 1, maxRanked); given {
		limit = n
	}
	if err := in.Done(); err != nil {
		return err
	}
	if id == "" {
		return api.Refuse(wire.CodeBadRequest, "The parameter game is missing")
	}
	list, err := s.desk.Leaderboard(id, int(limit))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Game    string        `json:"game"`
		Players []game.Ranked `json:"players"`
	}{id, list})
}
