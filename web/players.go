package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
)

// recentMatches of a profile are shown, countedMatches of them counted: a
// profile is to be quick, however much its player has played.
const (
	recentMatches  = 10
	countedMatches = 500
)

type entered struct {
	Player game.Player `json:"player"`
	Token  string      `json:"token,omitempty"`
}

// enterPlayer gives the caller an identity: the one that the session has, or a
// new one.
func (s *Server) enterPlayer(c echo.Context) error {
	in, err := api.ReadBody(c, api.Optional)
	if err != nil {
		return err
	}
	name, named := in.Text("name")
	if err := in.Done(); err != nil {
		return err
	}
	if named {
		if name, err = game.CheckPlayerName(name); err != nil {
			return err
		}
	}
	player, err := s.caller(c)
	if err == nil {
		if player, err = s.desk.Player(player.ID); err != nil {
			return err
		}
		if token, from := tokenOf(c.Request()); from == fromCookie {
			s.setSession(c, token) // who comes back stays
		}
		return c.JSON(http.StatusOK, entered{Player: player})
	}
	if !isUnauthorized(err) { // a session that cannot be read just now is not to be thrown away
		return err
	}
	if err := s.limits.newPlayer(s.now(), c.Request()); err != nil {
		return err
	}
	player, token, err := s.desk.Register(c.Request().Context(), name)
	if err != nil {
		return err
	}
	s.setSession(c, token)
	return c.JSON(http.StatusCreated, entered{Player: player, Token: token})
}

// showCaller tells the caller who it is.
func (s *Server) showCaller(c echo.Context) error {
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	if player, err = s.desk.Player(player.ID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, player)
}

// renameCaller gives the caller another name.
func (s *Server) renameCaller(c echo.Context) error {
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return err
	}
	name, _ := in.Text("name")
	if err := in.Done(); err != nil {
		return err
	}
	player, err = s.desk.Rename(c.Request().Context(), player.ID, name)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, player)
}

// counts are what a player's newest matches came to. Of a match with several
// games the latest counts.
type counts struct {
	Matches int `json:"matches"`
	Playing int `json:"playing"`
	Won     int `json:"won"`
	Drawn   int `json:"drawn"`
	Lost    int `json:"lost"`
}

// showPlayer is a player's public profile: the ratings and what led to them are
// the player's own, of all rated games; counts and matches are the archive's.
func (s *Server) showPlayer(c echo.Context) error {
	player, err := s.desk.Profile(c.Param("id"))
	if err != nil {
		return err
	}
	matches, _, err := s.list(game.Query{Player: player.ID, Limit: countedMatches})
	if err != nil {
		return err
	}
	profile := struct {
		game.Profile
		Counts  counts            `json:"counts"`
		Matches []json.RawMessage `json:"matches"`
	}{Profile: player, Matches: s.listing(matches[:min(len(matches), recentMatches)])}
	for i := range matches {
		profile.Counts.add(&matches[i].Summary, player.ID)
	}
	return c.JSON(http.StatusOK, profile)
}

func (n *counts) add(m *game.Summary, player string) {
	n.Matches++
	switch {
	case m.State == game.StatePlaying:
		n.Playing++
	case m.Result == nil || m.Result.Kind == game.Void:
	case m.Result.Kind == game.Draw:
		n.Drawn++
	case wonBy(m, player):
		n.Won++
	default:
		n.Lost++
	}
}

func wonBy(m *game.Summary, player string) bool {
	for _, seat := range m.Result.Winners {
		if seat < len(m.Seats) && m.Seats[seat].Player == player {
			return true
		}
	}
	return false
}
