package inspect

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Root is where the routes begin.
const Root = "/inspector/api"

// maxStreams is how many streams there may be at once: each costs a little for
// as long as somebody looks.
const maxStreams = 100

// Pages are the addresses of the page, which finds out by them what to show. Its
// files lie beside them.
func Pages() map[string]string {
	pages := map[string]string{}
	for _, at := range []string{"/inspector", "/inspector/", "/inspector/i/*", "/inspector/e/*", "/inspector/engine", "/inspector/locks"} {
		pages[at] = "inspector/index.html"
	}
	return pages
}

// Options of the inspector; all are needed.
type Options struct {
	Orchestrations *orchestrator.Client
	Definitions    *orchestrator.Registry
	Entities       *entities.Client
	EntityTypes    *entities.Registry
	Replays        *Replays
	Engine         Engine
}

// Inspector is the server side of the inspector. It may be used concurrently.
type Inspector struct {
	Options
	streams atomic.Int64
	nudges  atomic.Uint64 // changes that no commit tells of
}

// New makes it.
func New(o Options) *Inspector { return &Inspector{Options: o} }

// Mount adds the routes. The router is our own, as ids and keys may hold slashes,
// which stay within their segment only as long as nobody decodes them.
func (i *Inspector) Mount(e *echo.Echo) {
	for _, method := range api.KnownMethods {
		e.Add(method, Root+"/*", i.serve)
	}
}

// A route is a method, the segments behind Root (with {names} for what varies),
// and its handler.
type route struct {
	method, path string
	handle       func(*Inspector, *request) error
}

var routes = []route{
	{http.MethodGet, "definitions", (*Inspector).definitions},
	{http.MethodGet, "list", (*Inspector).list},
	{http.MethodGet, "list/live", (*Inspector).listLive},
	{http.MethodGet, "instances/{id}", (*Inspector).showInstance},
	{http.MethodGet, "instances/{id}/live", (*Inspector).instanceLive},
	{http.MethodGet, "instances/{id}/history", (*Inspector).history},
	{http.MethodGet, "instances/{id}/family", (*Inspector).family},
	{http.MethodGet, "instances/{id}/published", (*Inspector).published},
	{http.MethodPost, "instances/{id}/raise", (*Inspector).raise},
	{http.MethodPost, "instances/{id}/suspend", commander("suspend")},
	{http.MethodPost, "instances/{id}/resume", commander("resume")},
	{http.MethodPost, "instances/{id}/cancel", commander("cancel")},
	{http.MethodPost, "instances/{id}/terminate", commander("terminate")},
	{http.MethodPost, "instances/{id}/rewind", commander("rewind")},
	{http.MethodPost, "instances/{id}/restart", (*Inspector).restart},
	{http.MethodPost, "instances/{id}/purge", commander("purge")},
	{http.MethodPost, "instances/{id}/retry", (*Inspector).retry},
	{http.MethodPost, "start", (*Inspector).start},
	{http.MethodPost, "batch", (*Inspector).batch},
	{http.MethodGet, "entities/{name}/{key}", (*Inspector).showEntity},
	{http.MethodGet, "entities/{name}/{key}/live", (*Inspector).entityLive},
	{http.MethodPost, "entities/{name}/{key}/signal", (*Inspector).signal},
	{http.MethodPost, "entities/{name}/{key}/retry", (*Inspector).retryEntity},
	{http.MethodGet, "locks", (*Inspector).locks},
	{http.MethodGet, "engine", (*Inspector).showEngine},
	{http.MethodGet, "engine/live", (*Inspector).engineLive},
}

// Routes are all routes, as "GET /path/{name}", for the description of the API.
func Routes() []string {
	list := make([]string, len(routes))
	for n, r := range routes {
		list[n] = r.method + " " + Root + "/" + r.path
	}
	return list
}

// request is a request that found its route.
type request struct {
	echo.Context
	query *api.Query
	vars  map[string]string
}

func (i *Inspector) serve(c echo.Context) error {
	method := c.Request().Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := api.Segments(c.Request().URL, Root)
	var others []string
	for _, r := range routes {
		vars, ok := api.Match(r.path, segments)
		switch {
		case ok && r.method == method:
			return api.ForOperators(r.handle(i, &request{Context: c, query: api.ReadQuery(c), vars: vars}))
		case ok:
			others = append(others, r.method)
		}
	}
	if len(others) > 0 {
		allow := strings.Join(slices.Compact(others), ", ")
		return &api.Problem{Status: http.StatusMethodNotAllowed, Code: wire.CodeBadRequest, Allow: allow, Detail: "This address is for " + allow}
	}
	return api.NoRoute(c)
}

// soon is a context for what asks the engine for something.
func (r *request) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Request().Context(), api.AnswerWithin)
}

// definitions tell what there can be.
func (i *Inspector) definitions(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	type orchestration struct {
		Name     string   `json:"name"`
		Versions []string `json:"versions"`
	}
	type entity struct {
		Name       string   `json:"name"`
		Operations []string `json:"operations"`
	}
	answer := struct {
		Orchestrations []orchestration `json:"orchestrations"`
		Entities       []entity        `json:"entities"`
	}{[]orchestration{}, []entity{}}
	for _, d := range i.Definitions.Defined() {
		answer.Orchestrations = append(answer.Orchestrations, orchestration(d))
	}
	for _, name := range i.EntityTypes.Names() {
		answer.Entities = append(answer.Entities, entity{name, i.EntityTypes.Operations(name)})
	}
	return r.JSON(http.StatusOK, answer)
}
