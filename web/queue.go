package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// enterQueue gives the caller a ticket: the open one, if there is one for the
// same game, rating and clock.
func (s *Server) enterQueue(c echo.Context) error {
	r := c.Request()
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	asked, err := readNewTicket(c)
	if err != nil {
		return err
	}
	if err := s.limits.newMatch(s.now(), r); err != nil {
		return err
	}
	ticket, err := s.desk.Enqueue(r.Context(), player, asked, key)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/queue/"+ticket.ID)
	return c.JSON(http.StatusAccepted, ticket)
}

// readNewTicket reads what is asked of the queue. Whether such a match can be
// made, the desk knows.
func readNewTicket(c echo.Context) (game.NewTicket, error) {
	asked := game.NewTicket{Rated: true}
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return asked, err
	}
	var named bool
	asked.Game, named = in.Text("game")
	in.Into("rated", &asked.Rated, "true or false")
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

// showTicket tells the owner how a ticket stands, and waits for a match as long
// as the owner likes to.
func (s *Server) showTicket(c echo.Context) error {
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	ctx, cancel := api.UntilStop(c.Request().Context())
	defer cancel()
	wait, given := api.PreferredWait(c.Request().Header)
	ticket, err := s.desk.Ticket(ctx, player.ID, c.Param("id"), wait)
	if err != nil {
		return err
	}
	if given {
		c.Response().Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait.Seconds())))
	}
	return c.JSON(http.StatusOK, ticket)
}

// leaveQueue ends the waiting of a ticket, and tells how it stands then.
func (s *Server) leaveQueue(c echo.Context) error {
	player, err := s.caller(c)
	if err != nil {
		return err
	}
	ticket, err := s.desk.Unqueue(c.Request().Context(), player.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ticket)
}
