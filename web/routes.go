package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/wire"
)

// answerWithin is the longest that a request of the API waits for the engine.
const answerWithin = 30 * time.Second

// methods are the handlers of one address.
type methods map[string]echo.HandlerFunc

// router is the list of all there is.
func (s *Server) router() *echo.Echo {
	e := echo.New()
	e.Use(s.observe, harden, s.guard.check, onlyKnownMethods)

	api(e, "/api/players", methods{http.MethodPost: s.enterPlayer})
	api(e, "/api/players/me", methods{http.MethodGet: s.showCaller, http.MethodPatch: s.renameCaller})
	api(e, "/api/players/:id", methods{http.MethodGet: s.showPlayer})
	api(e, "/api/session", methods{http.MethodDelete: s.endSession})
	api(e, "/api/leaderboard", methods{http.MethodGet: s.showLeaderboard})
	api(e, "/api/games", methods{http.MethodGet: s.listGames})
	api(e, "/api/matches", methods{http.MethodGet: s.listMatches, http.MethodPost: s.createMatch})
	api(e, "/api/matches/:match", methods{http.MethodGet: s.showMatch})
	api(e, "/api/matches/:match/join", methods{http.MethodPost: s.joinMatch})
	api(e, "/api/matches/:match/record", methods{http.MethodGet: s.showRecord})
	api(e, "/api/matches/:match/position", methods{http.MethodGet: s.showPosition})
	api(e, "/api/queue", methods{http.MethodPost: s.enterQueue})
	api(e, "/api/queue/:id", methods{http.MethodGet: s.showTicket, http.MethodDelete: s.leaveQueue})
	api(e, "/api/replay", methods{http.MethodPost: s.playBack})
	api(e, "/api/openapi.json", methods{http.MethodGet: s.showDocument})
	e.RouteNotFound("/api/*", noRoute)

	mount(e, "/ws", methods{http.MethodGet: echo.WrapHandler(s.sockets)})
	mount(e, "/healthz", methods{http.MethodGet: s.showAlive})
	mount(e, "/readyz", methods{http.MethodGet: s.showReady})
	mount(e, "/metrics", methods{http.MethodGet: s.metrics.handler()})

	for _, page := range []string{"/", "/m/*", "/p/*", "/leaderboard", "/replay"} {
		mount(e, page, methods{http.MethodGet: s.files.show(indexPage)})
	}
	mount(e, "/api", methods{http.MethodGet: s.files.show(referencePage)})
	mount(e, "/*", methods{http.MethodGet: s.files.showFile})
	return e
}

// api mounts a route of the API: its handlers have bounded time.
func api(e *echo.Echo, path string, m methods) {
	for method, h := range m {
		m[method] = bounded(h)
	}
	mount(e, path, m)
}

// mount gives an address its handlers, HEAD where there is GET, and 405 for the
// other methods. Each has a route of its own, so that no broader one takes it.
func mount(e *echo.Echo, path string, m methods) {
	if get, ok := m[http.MethodGet]; ok {
		m[http.MethodHead] = get
	}
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	for _, method := range knownMethods {
		h, ok := m[method]
		if !ok {
			h = noMethod(allow)
		}
		e.Add(method, path, h)
	}
}

// knownMethods are those that any route may have. All others are refused before
// a route is asked.
var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

func onlyKnownMethods(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !slices.Contains(knownMethods, c.Request().Method) {
			return &problem{status: http.StatusNotImplemented, code: wire.CodeBadRequest, detail: "No address knows this method"}
		}
		return next(c)
	}
}

func noMethod(allow string) echo.HandlerFunc {
	return func(echo.Context) error {
		return &problem{
			status: http.StatusMethodNotAllowed, code: wire.CodeBadRequest, allow: allow,
			detail: "This address is for " + allow,
		}
	}
}

func noRoute(echo.Context) error { return refuse(wire.CodeNotFound, "There is no such route") }

// bounded ends a request's context in time, so that no caller waits for ever.
func bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), answerWithin)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
