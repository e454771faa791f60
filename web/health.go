package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Engine is what this package asks of the engine below. The host of the engine
// is one. Its methods may be called concurrently.
type Engine interface {
	// Healthy is nil while commits are taken, else why not: recovering, no disk
	// space, closed.
	Healthy() error
	// Epoch changes when numbers of events may have gone back.
	Epoch() uint64
}

type health struct {
	Status string `json:"status"`
}

// showAlive says that the process answers, whatever else.
func (s *Server) showAlive(c echo.Context) error { return c.JSON(http.StatusOK, health{"ok"}) }

// showReady says whether the server takes commits: whether to send anybody here.
func (s *Server) showReady(c echo.Context) error {
	if s.draining.Load() {
		return api.Refuse(wire.CodeUnavailable, "The server is stopping")
	}
	if err := s.engine.Healthy(); err != nil {
		return api.SayNo(wire.CodeUnavailable, err)
	}
	return c.JSON(http.StatusOK, health{"ready"})
}
