// Command start is where step 1 begins: a counter that cannot count yet.
package main

import (
	"errors"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Tally is what an entity keeps: anything that can be written as JSON.
type Tally struct {
	Count int
}

var tallies = entities.Define("tally", func(key string) Tally { return Tally{} })

// cut: add
// FILL IN: this operation refuses everything. Make it add n to t.Count, and answer the new count; what would go below zero
// stays refused.
var _ = entities.On(tallies, "add", func(c *entities.Context, t *Tally, n int) (int, error) {
	return 0, errors.New("nobody has written this operation yet")
})

// end

var _ = entities.On(tallies, "reset", func(c *entities.Context, t *Tally, _ orchestrator.None) (int, error) {
	t.Count = 0
	return t.Count, nil
})

func main() {
	stage.Run(stage.Program{Step: "01-counter", Entities: []entities.Definition{tallies}})
}
