// Package dungeon is a co-operative game for one to four heroes: three rooms
// deep lies a treasure, and something sits on it.
//
// First the heroes gather: each says "commit" within two minutes, and who does
// not is out. Then they explore, round by round. In each every living hero
// makes one move within a minute, or waits:
//
//	take <item>                 a thing that lies in the room
//	kill <monster> with <item>  a blow with the weapon that the hero holds
//
// The moves of a round take effect together when the last is made. A thing that
// two heroes grab goes to one of them, by lot. A weapon that is taken is held,
// and the one held before is put down; a remedy heals at once. A weapon hits
// aim times out of six and takes power from the monster. Then the monster, if
// it still stands, strikes one of the living heroes who did not hit it, by lot.
// When it is slain the next room is entered, and the last monster leaves the
// treasure: who takes it has won the game for all. It is lost when all heroes
// are dead; and after an hour, which is the match's business (game.Info.Limit).
//
// No hero is ever without a move: a room has a weapon for each, one is held at
// a time, and the dead drop theirs.
//
// Everything that is there may be seen, also what others have chosen; rooms are
// made from the seed when they are entered. The view has
//
//	"chosen"   for each seat its move of this phase; "" if there is none (yet),
//	           "wait" where the time ran out
//	"heroes"   for each seat {"health","holds","max","state"}: hearts left of max;
//	           the weapon held, as in "room", or null; "gathering", "alive", "dead"
//	           or "out"
//	"log"      the latest happenings, oldest first, see below
//	"monster"  {"health","max","name","strike"}, or null: in no room yet, or slain
//	"room"     {"depth","items","name","of"}, or null before the first: depth
//	           counts from 1 to of; items are {"kind":"weapon","name","power","aim"},
//	           {"kind":"remedy","name","heals"} and {"kind":"treasure","name"}
//
// A happening is {"did","round"} with, where they apply, the "seat" of the hero,
// the "item", "what" (monster or room) and "amount" (hearts). In the order of a
// round they are: "out"; "entered" a room; "took" an item, "lost" one to another
// hero's grab, "healed"; "hit" and "missed" a monster; "waited"; "slain" is the
// monster; "dropped" is the treasure; "struck" is a hero, who then "fell".
//
// What is revealed at the end of a round is {"happened"} with its happenings
// and, where a room was entered, {"monster","room"} as in the view.
package dungeon

import (
	"slices"
	"time"

	"github.com/everturn/everturn/game"
)

// Rules are the rules of the dungeon. The zero value is the game that is
// played; other waits are for who cannot wait, such as a test.
type Rules struct {
	Gather time.Duration // for all to commit; 0 is two minutes
	Round  time.Duration // for each move; 0 is a minute
}

const (
	gatherTime = 2 * time.Minute
	roundTime  = time.Minute
	limit      = time.Hour
	maxSeats   = 4
)

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{
		ID: "dungeon", Name: "Durable Dungeon", MinSeats: 1, MaxSeats: maxSeats,
		Simultaneous: true, Coop: true, Limit: limit,
	}
}

// New implements game.Rules.
func (r Rules) New(setup game.Setup) (game.Position, error) {
	return r.begin(setup.Seats, setup.Seed), nil
}

func (r Rules) begin(seats int, seed game.Seed) *position {
	p := &position{waits: r, seed: seed, chosen: make([]string, seats)}
	for range seats {
		p.heroes = append(p.heroes, hero{State: gathering})
	}
	return p
}

// heroState is where a hero stands.
type heroState string

const (
	gathering heroState = "gathering"
	alive     heroState = "alive"
	dead      heroState = "dead"
	out       heroState = "out" // did not commit
)

// hero is one seat's. The JSON forms of what is in a position are those of the
// view; fields are in the order of their keys, as views are.
type hero struct {
	Health int       `json:"health"`
	Holds  *item     `json:"holds"` // a weapon, or nil; items are never changed
	Max    int       `json:"max"`   // hearts that it began with; 0 before it comes down
	State  heroState `json:"state"`
}

// In place of a choice.
const (
	undecided = ""
	waits     = "wait" // the time ran out
)

// commit is the one move of the first phase.
const commit = "commit"

// position is immutable once it was handed out: see round.go for how the next
// one is made.
type position struct {
	waits   Rules
	seed    game.Seed
	heroes  []hero
	chosen  []string   // by seat, in this phase
	past    [][]string // the choices of the phases before
	room    *room      // nil before the first
	monster *monster   // nil before the first room and when the last is slain
	log     []happening
	result  *game.Result
}

// gathers says whether it is the first phase.
func (p *position) gathers() bool { return len(p.past) == 0 }

// owes says whether a hero has to choose in this phase.
func (p *position) owes(seat int) bool {
	state := p.heroes[seat].State
	return p.result == nil && p.chosen[seat] == undecided && (state == gathering || state == alive)
}

// Actors implements game.Position.
func (p *position) Actors() []int {
	var actors []int
	for seat := range p.heroes {
		if p.owes(seat) {
			actors = append(actors, seat)
		}
	}
	return actors
}

// Phase implements game.Position.
func (p *position) Phase() int { return len(p.past) }

// Result implements game.Position.
func (p *position) Result() *game.Result { return p.result }

// Deadline implements game.Position.
func (p *position) Deadline() time.Duration {
	switch {
	case p.result != nil:
		return 0
	case !p.gathers() && p.waits.Round > 0:
		return p.waits.Round
	case !p.gathers():
		return roundTime
	case p.waits.Gather > 0:
		return p.waits.Gather
	}
	return gatherTime
}

// Play implements game.Position.
func (p *position) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if !slices.Contains(p.Moves(seat), move) {
		return game.Step{}, game.Illegal(p.whyNot(seat, move))
	}
	step := p.choose(seat, move)
	step.Move = move
	return step, nil
}

// Lapse implements game.Position: who does not commit is out, and a hero who
// does not move waits.
func (p *position) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	return p.choose(seat, waits), nil
}
