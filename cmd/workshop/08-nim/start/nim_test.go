package main

import (
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/gametest"
)

// TestRules is what every game owes.
func TestRules(t *testing.T) {
	position, err := Rules{}.New(game.Setup{Seats: 2})
	if err != nil {
		t.Fatal(err)
	}
	if position.Actors() == nil && position.Result() == nil {
		t.Skip("fill in nim.go first: nobody may move")
	}
	gametest.Run(t, Rules{})
}
