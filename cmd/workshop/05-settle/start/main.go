// Command start is where step 5 begins: ratings that nobody changes yet.
package main

import (
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Rating is what a player's entity keeps.
type Rating struct{ Points int }

var (
	ratings = entities.Define("rating", func(string) Rating { return Rating{Points: 100} })
	get     = entities.On(ratings, "get", func(_ *entities.Context, r *Rating, _ orchestrator.None) (int, error) { return r.Points, nil })
	set     = entities.On(ratings, "set", func(_ *entities.Context, r *Rating, points int) (int, error) {
		r.Points = points
		return points, nil
	})
)

// Game is a game that is over.
type Game struct{ Winner, Loser string }

// cut: settle
// FILL IN: settle moves one point from the loser to the winner: read both, think, write both. So that nobody else reads or
// writes in between, it locks both first (entities.Lock), and unlocks at its end. This one reads, and stops there.
func settle(c *orchestrator.Context, g Game) (_ orchestrator.None, err error) {
	if _, err = get.Call(c, g.Winner, orchestrator.None{}); err != nil {
		return
	}
	if err = think(c); err != nil {
		return
	}
	_, err = get.Call(c, g.Loser, orchestrator.None{})
	return
}

// end

// think is here so that there is time to kill the program in the middle.
func think(c *orchestrator.Context) error { return c.Sleep(100 * time.Millisecond) }

var settlement = orchestrator.Define("settle", settle)

// season settles many games at once: all of them won by ann against bob.
var season = orchestrator.Define("season", func(c *orchestrator.Context, games int) (map[string]int, error) {
	_, err := orchestrator.Each(c, make([]Game, games), games, func(Game) *orchestrator.Future[orchestrator.None] {
		return settlement.Go(c, Game{Winner: "ann", Loser: "bob"})
	})
	if err != nil {
		return nil, err
	}
	table := map[string]int{}
	for _, player := range []string{"ann", "bob"} {
		if table[player], err = get.Call(c, player, orchestrator.None{}); err != nil {
			return nil, err
		}
	}
	return table, nil
})

func main() {
	stage.Run(stage.Program{
		Step:           "05-settle",
		Orchestrations: []orchestrator.Definition{settlement, season},
		Entities:       []entities.Definition{ratings},
	})
}
