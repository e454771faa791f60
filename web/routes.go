package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
)

// router is the list of all there is.
func (s *Server) router(rooms []Room) *echo.Echo {
	e := echo.New()
	e.Pre(api.Unescape)
	e.Use(s.observe, harden, s.guard.check, s.guardManagement, s.mayWait, api.OnlyKnownMethods)

	api.MountBounded(e, "/api/players", api.Methods{http.MethodPost: s.enterPlayer})
	api.MountBounded(e, "/api/players/me", api.Methods{http.MethodGet: s.showCaller, http.MethodPatch: s.renameCaller})
	api.MountBounded(e, "/api/players/:id", api.Methods{http.MethodGet: s.showPlayer})
	api.MountBounded(e, "/api/session", api.Methods{http.MethodDelete: s.endSession})
	api.MountBounded(e, "/api/leaderboard", api.Methods{http.MethodGet: s.showLeaderboard})
	api.MountBounded(e, "/api/games", api.Methods{http.MethodGet: s.listGames})
	api.MountBounded(e, "/api/matches", api.Methods{http.MethodGet: s.listMatches, http.MethodPost: s.createMatch})
	api.MountBounded(e, "/api/matches/:match", api.Methods{http.MethodGet: s.showMatch})
	api.MountBounded(e, "/api/matches/:match/join", api.Methods{http.MethodPost: s.joinMatch})
	api.MountBounded(e, "/api/matches/:match/record", api.Methods{http.MethodGet: s.showRecord})
	api.MountBounded(e, "/api/matches/:match/position", api.Methods{http.MethodGet: s.showPosition})
	api.MountBounded(e, "/api/queue", api.Methods{http.MethodPost: s.enterQueue})
	api.MountBounded(e, "/api/queue/:id", api.Methods{http.MethodGet: s.showTicket, http.MethodDelete: s.leaveQueue})
	api.MountBounded(e, "/api/replay", api.Methods{http.MethodPost: s.playBack})
	api.MountBounded(e, "/api/openapi.json", api.Methods{http.MethodGet: s.showDocument})
	e.RouteNotFound("/api/*", api.NoRoute)
	api.MountBounded(e, "/inspector/login", api.Methods{http.MethodGet: s.showLogin, http.MethodPost: s.login})
	e.RouteNotFound("/inspector/api/*", api.NoRoute)

	api.Mount(e, "/ws", api.Methods{http.MethodGet: echo.WrapHandler(s.sockets)})
	api.Mount(e, "/healthz", api.Methods{http.MethodGet: s.showAlive})
	api.Mount(e, "/readyz", api.Methods{http.MethodGet: s.showReady})
	api.Mount(e, "/metrics", api.Methods{http.MethodGet: s.metrics.handler()})

	for _, page := range []string{"/", "/m/*", "/p/*", "/leaderboard", "/replay"} {
		api.Mount(e, page, api.Methods{http.MethodGet: s.files.show(indexPage)})
	}
	api.Mount(e, "/api", api.Methods{http.MethodGet: s.files.show(referencePage)})
	for _, room := range rooms {
		s.furnish(e, room)
	}
	api.Mount(e, "/*", api.Methods{http.MethodGet: s.files.showFile})
	return e
}

// mayWait tells handlers when the server stops.
func (s *Server) mayWait(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		c.SetRequest(r.WithContext(api.WithStop(r.Context(), s.stopping)))
		return next(c)
	}
}

// furnish opens a room.
func (s *Server) furnish(e *echo.Echo, room Room) {
	if room.Mount != nil {
		room.Mount(e)
	}
	for address, file := range room.Pages {
		api.Mount(e, address, api.Methods{http.MethodGet: s.files.show(file)})
	}
}
