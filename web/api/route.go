package api

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

// AnswerWithin is the longest that a request waits for the engine.
const AnswerWithin = 30 * time.Second

// Methods are the handlers of one address.
type Methods map[string]echo.HandlerFunc

// MountBounded is Mount for handlers that get a bounded time.
func MountBounded(e *echo.Echo, path string, m Methods) {
	for method, h := range m {
		m[method] = bounded(h)
	}
	Mount(e, path, m)
}

// Unescape is the middleware, in front of the router, for clients that escape
// more of an address than they need to: what is no slash is the same letter.
func Unescape(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if u := c.Request().URL; strings.HasPrefix(u.Path, "/api/") && !strings.Contains(strings.ToLower(u.RawPath), "%2f") {
			u.RawPath = ""
		}
		return next(c)
	}
}

// Mount gives an address its handlers, HEAD where there is GET, and 405 for the
// other methods. Each has a route of its own, so that no broader one takes it.
func Mount(e *echo.Echo, path string, m Methods) {
	if get, ok := m[http.MethodGet]; ok {
		m[http.MethodHead] = get
	}
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	for _, method := range KnownMethods {
		h, ok := m[method]
		if !ok {
			h = noMethod(allow)
		}
		e.Add(method, path, h)
	}
}

// KnownMethods are those that any route may have. All others are refused before
// a route is asked.
var KnownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// OnlyKnownMethods is the middleware that refuses all other methods.
func OnlyKnownMethods(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !slices.Contains(KnownMethods, c.Request().Method) {
			return &Problem{Status: http.StatusNotImplemented, Code: wire.CodeBadRequest, Detail: "No address knows this method"}
		}
		return next(c)
	}
}

func noMethod(allow string) echo.HandlerFunc {
	return func(echo.Context) error {
		return &Problem{
			Status: http.StatusMethodNotAllowed, Code: wire.CodeBadRequest, Allow: allow,
			Detail: "This address is for " + allow,
		}
	}
}

// NoRoute answers at an address that is nothing.
func NoRoute(echo.Context) error { return Refuse(wire.CodeNotFound, "There is no such route") }

// bounded ends a request's context in time, so that no caller waits for ever.
func bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), AnswerWithin)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
