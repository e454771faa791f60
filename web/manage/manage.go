package manage

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Root is where the routes begin.
const Root = "/runtime/webhooks/durabletask"

// Hub is the name of the one task hub that there is. Clients may name it, in any
// case; another one is not here.
const Hub = "Everturn"

// connection is what links name beside the hub, since clients of the original
// put their own parameters behind an ampersand. Nobody reads it.
const connection = "Storage"

// Options of the management API; all but PublicURL are needed.
type Options struct {
	Orchestrations *orchestrator.Client
	Definitions    *orchestrator.Registry
	Entities       *entities.Client
	EntityTypes    *entities.Registry
	// PublicURL is what links begin with; empty: the address of the request.
	PublicURL string
}

// Manager is the management API. It may be used concurrently.
type Manager struct{ Options }

// New makes it.
func New(o Options) *Manager { return &Manager{o} }

// Mount adds the routes.
//
// The router is our own: the original matches its words in any case, takes a
// slash at the end, and says 404 where a method is not known; and ids may hold
// slashes, which stay within their segment only as long as nobody decodes them.
func (m *Manager) Mount(e *echo.Echo) {
	for _, method := range api.KnownMethods {
		e.Add(method, Root+"/*", m.serve)
	}
	e.RouteNotFound("/runtime/*", api.NoRoute)
}

// A route is a method, the segments behind Root (with {names} for what varies),
// and its handler.
type route struct {
	method, path string
	handle       func(*Manager, *request) error
}

var routes = []route{
	{http.MethodPost, "orchestrators/{name}", (*Manager).start},
	{http.MethodPost, "orchestrators/{name}/{id}", (*Manager).start},
	{http.MethodGet, "instances", (*Manager).list},
	{http.MethodDelete, "instances", (*Manager).purgeMany},
	{http.MethodGet, "instances/{id}", (*Manager).show},
	{http.MethodDelete, "instances/{id}", (*Manager).purge},
	{http.MethodPost, "instances/{id}/raiseEvent/{event}", (*Manager).raise},
	{http.MethodPost, "instances/{id}/terminate", (*Manager).terminate},
	{http.MethodPost, "instances/{id}/suspend", (*Manager).suspend},
	{http.MethodPost, "instances/{id}/resume", (*Manager).resume},
	{http.MethodPost, "instances/{id}/rewind", (*Manager).rewind},
	{http.MethodPost, "instances/{id}/restart", (*Manager).restart},
	{http.MethodGet, "entities", (*Manager).listEntities},
	{http.MethodGet, "entities/{name}", (*Manager).listEntities},
	{http.MethodGet, "entities/{name}/{key}", (*Manager).showEntity},
	{http.MethodPost, "entities/{name}/{key}", (*Manager).operate},
	{http.MethodDelete, "entities/{name}/{key}", (*Manager).deleteEntity},
}

// Routes are all routes, as "GET /path/{name}", for the description of the API.
func Routes() []string {
	list := make([]string, len(routes))
	for i, r := range routes {
		list[i] = r.method + " " + Root + "/" + r.path
	}
	return list
}

// request is a request that found its route.
type request struct {
	echo.Context
	query query
	vars  map[string]string
}

func (m *Manager) serve(c echo.Context) error {
	method := c.Request().Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := api.Segments(c.Request().URL, Root)
	for _, r := range routes {
		vars, ok := api.Match(r.path, segments)
		if !ok || r.method != method {
			continue
		}
		q, err := readQuery(c.Request())
		if err != nil {
			return err
		}
		if hub := q.text("taskHub"); hub != "" && !strings.EqualFold(hub, Hub) {
			return api.Refuse(wire.CodeNotFound, "There is no task hub %s here, only %s", api.Quote(hub), Hub)
		}
		return api.ForOperators(r.handle(m, &request{Context: c, query: q, vars: vars}))
	}
	return api.NoRoute(c)
}
