// Command done is the finished program of step 1: a counter that remembers.
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
var _ = entities.On(tallies, "add", func(c *entities.Context, t *Tally, n int) (int, error) {
	if t.Count+n < 0 {
		return 0, errors.New("a tally does not go below zero")
	}
	t.Count += n
	return t.Count, nil
})

// end

var _ = entities.On(tallies, "reset", func(c *entities.Context, t *Tally, _ orchestrator.None) (int, error) {
	t.Count = 0
	return t.Count, nil
})

func main() {
	stage.Run(stage.Program{Step: "01-counter", Entities: []entities.Definition{tallies}})
}
