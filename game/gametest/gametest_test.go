package gametest

import (
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/tictactoe"
)

func TestThrows(t *testing.T) { Run(t, throws{}) }

func FuzzThrows(f *testing.F) { FuzzPlay(f, throws{}) }

// Every check finds the game that breaks its promise. The named check must
// object; others may as well.
func TestChecksCatch(t *testing.T) {
	for flaw, name := range map[string]string{
		"acts after the end":   "PlayoutsEnd",
		"no end":               "PlayoutsEnd",
		"phase by move":        "PlayoutsEnd",
		"phase stands":         "PlayoutsEnd",
		"hides nothing":        "PlayoutsEnd",
		"reveals early":        "PlayoutsEnd",
		"reveal not canonical": "PlayoutsEnd",
		"odd result":           "PlayoutsEnd",
		"moves of others":      "PlayoutsEnd",
		"accepts anything":     "Moves",
		"lists illegal":        "Moves",
		"loose":                "Moves",
		"panics":               "Moves",
		"plain error":          "Moves",
		"plays out of turn":    "Moves",
		"changes its receiver": "PlayKeepsItsReceiver",
		"load forgets":         "SaveLoad",
		"load panics":          "SaveLoad",
		"chance":               "SameSeedSameBytes",
		"seed in view":         "Views",
		"unsorted view":        "Views",
		"view tells":           "NonInterference",
		"length tells":         "NonInterference",
		"refusal tells":        "NonInterference",
		"deadline tells":       "NonInterference",
		"ends by a secret":     "NonInterference",
		"order matters":        "OrderOfArrival",
		"bot by chance":        "Bots",
		"bot plays anything":   "Bots",
		"bot plays illegal":    "Bots",
	} {
		t.Run(flaw, func(t *testing.T) {
			if err := checkNamed(t, name).guarded(throws{flaw: flaw}); err == nil {
				t.Errorf("check %s found nothing", name)
			} else {
				t.Logf("%.300s", err)
			}
			// Each flaw is the game's only one: without it the same check is content.
			if err := checkNamed(t, name).guarded(throws{}); err != nil {
				t.Errorf("check %s objects to the sound game: %v", name, err)
			}
		})
	}
}

func checkNamed(t *testing.T, name string) check {
	t.Helper()
	for _, c := range checks {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no check %s", name)
	return check{}
}

// A game that hides everything it says it does, but never uses it, would pass
// by having nothing to compare; so claims of Info must be seen in play.
func TestEmptyClaimsAreCaught(t *testing.T) {
	for name, claim := range map[string]func(*game.Info){
		"NonInterference": func(i *game.Info) { i.Hidden = true },
		"PlayoutsEnd":     func(i *game.Info) { i.Simultaneous = true },
		"Info":            func(i *game.Info) { i.Name = "" },
	} {
		if err := checkNamed(t, name).guarded(boaster{claim: claim}); err == nil {
			t.Errorf("check %s found nothing", name)
		}
	}
}

// boaster is a sound game whose Info claims too much.
type boaster struct {
	tictactoe.Rules
	claim func(*game.Info)
}

func (b boaster) Info() game.Info {
	info := b.Rules.Info()
	info.Takeback = false
	b.claim(&info)
	return info
}
