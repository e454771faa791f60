// Package gametest checks that a game's rules keep the contract of package
// game. Each game's test calls
//
//	gametest.Run(t, mygame.Rules{})
//	gametest.Scripts(t, mygame.Rules{}, "../../testdata/games/mygame")
//	gametest.FuzzPlay(f, mygame.Rules{})
//
// Run plays random games and looks at every position on the way. Its central
// check is non-interference. A seat learns by the moves that others make, by
// what Step.Revealed tells it, and by its view. So two games are played side
// by side that differ only in moves hidden from the seat: as long as it was
// told the same in both, its views, its legal moves and the refusals it gets
// must be the same bytes in both.
package gametest

import (
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/everturn/everturn/game"
)

// check is one promise of the contract; the error says where it was broken.
// It is a function from rules to error, so that gametest's own tests can show
// each check a game that breaks it.
type check struct {
	name string
	run  func(game.Rules) error
}

var checks = []check{
	{"Info", checkInfo},
	{"PlayoutsEnd", checkPlayouts},
	{"Moves", checkMoves},
	{"PlayKeepsItsReceiver", checkReceiver},
	{"SaveLoad", checkSaveLoad},
	{"SameSeedSameBytes", checkReplay},
	{"Views", checkViews},
	{"NonInterference", checkSecrets},
	{"OrderOfArrival", checkArrival},
	{"Bots", checkBots},
}

// Run checks the rules. It takes seconds at most; each check is a subtest.
func Run(t *testing.T, rules game.Rules) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := c.guarded(rules); err != nil {
				t.Error(err)
			}
		})
	}
}

// guarded makes a panic of the rules an error like any other.
func (c check) guarded(rules game.Rules) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.run(rules)
}
