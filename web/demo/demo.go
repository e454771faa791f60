// Package demo holds the side demos: what durable orchestrations and entities
// are good for beside games. Each demo is one file that can be read from top to
// bottom: what it is made of, how it runs, and its routes. The pages are in
// static/demo.
package demo

import (
	"errors"
	"regexp"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Demo is what each demo is: definitions, which also a server that does not show
// it needs, since what was begun in it goes on; and routes and pages.
type Demo interface {
	Orchestrations() []orchestrator.Definition
	Entities() []entities.Definition
	// Open connects it to the engine, before anybody comes.
	Open(c *orchestrator.Client, e *entities.Client)
	// Mount adds its routes.
	Mount(e *echo.Echo)
	// Pages are its files by their addresses.
	Pages() map[string]string
}

// wellFormed are the ids that carts, orders and jobs have: long enough that
// nobody guesses one, since who knows it may use it.
var wellFormed = regexp.MustCompile(`^[A-Za-z0-9-]{16,64}$`)

// told is an error with the sentence of the demo's own code, where it is one that
// a visitor can do something about.
func told(err error) error {
	var f *orchestrator.Failure
	if errors.As(err, &f) && (f.Code == orchestrator.CodeConflict || f.Code == orchestrator.CodeBadRequest) {
		return api.Refuse(wire.Code(f.Code), "%s", f.Message)
	}
	return err
}
