// Package rps is the game of rock, paper, scissors: both seats choose at once,
// rock beats scissors, scissors beat paper, paper beats rock. Who first wins
// more than half of the rounds that the game is the best of wins it.
//
// A move is "rock", "paper" or "scissors". It is told to its mover only, until
// both have chosen. The view has
//
//	"bestOf"   the option: rounds won are counted, and drawn ones are played again
//	"choices"  two letters, what the seats have chosen in the running round: "r",
//	           "p" or "s"; "-" for a seat that ran out of time; "." for one that
//	           has not chosen, or whose choice the viewer may not know
//	"rounds"   the rounds played: two such letters each
//	"score"    the rounds won, by seat
//
// What is revealed at the end of a round is its letters and who won it, a seat
// or null:
//
//	{"round":"rp","winner":1}
//
// A player whose time runs out has lost the round; if both do, the round is
// drawn, and three such rounds one after the other make the game void. After 99
// rounds it is over: who won more of them wins, else it is a draw.
package rps

import (
	"fmt"
	"strings"
	"time"

	"github.com/everturn/everturn/game"
)

const (
	// maxRounds bounds a game of two who always choose the same.
	maxRounds = 99
	// maxIdle is how many rounds in a row both may let pass.
	maxIdle = 3
)

// Rules are the rules of rock, paper, scissors.
type Rules struct{}

// Info implements game.Rules.
func (Rules) Info() game.Info {
	return game.Info{
		ID: "rps", Name: "Rock, paper, scissors", MinSeats: 2, MaxSeats: 2, Simultaneous: true, Hidden: true, Clock: true,
		Options: game.OptionSpecs{game.IntOption("bestOf", "Best of", 3, 1, 21, 2)},
	}
}

// New implements game.Rules. It makes no difference who is first.
func (Rules) New(setup game.Setup) (game.Position, error) {
	return position{bestOf: setup.Options.Int("bestOf"), running: open}, nil
}

// A choice is its letter, as views and saved positions have it.
const (
	rock     = 'r'
	paper    = 'p'
	scissors = 's'
	late     = '-' // the time ran out
	unmade   = '.'
)

// letters are the choices in the order in which each is beaten by the next.
const letters = "rps"

// names has the moves in the order of letters.
var names = []string{"rock", "paper", "scissors"}

// round is what the seats chose.
type round [2]byte

var open = round{unmade, unmade}

func (r round) complete() bool { return r[0] != unmade && r[1] != unmade }

func (r round) idle() bool { return r == round{late, late} }

// nobody is in place of the seat that won a drawn round.
const nobody = -1

// winner of a complete round.
func (r round) winner() int {
	switch {
	case r[0] == r[1]:
		return nobody
	case r[1] == late || r[0] == beats(r[1]):
		return 0
	default:
		return 1
	}
}

// beats is the choice that beats c; none beats being late, as any does.
func beats(c byte) byte {
	i := strings.IndexByte(letters, c)
	if i < 0 {
		return unmade
	}
	return letters[(i+1)%len(letters)]
}

// position never changes the rounds it shares with earlier positions.
type position struct {
	bestOf  int
	played  []round
	running round
}

func (p position) score() (won [2]int) {
	for _, r := range p.played {
		if seat := r.winner(); seat != nobody {
			won[seat]++
		}
	}
	return won
}

// Actors implements game.Position.
func (p position) Actors() []int {
	switch {
	case p.Result() != nil:
		return nil
	case p.running[0] != unmade:
		return game.Only(1)
	case p.running[1] != unmade:
		return game.Only(0)
	default:
		return []int{0, 1}
	}
}

// Phase implements game.Position.
func (p position) Phase() int { return len(p.played) }

// Moves implements game.Position.
func (p position) Moves(seat int) []string {
	if game.CheckTurn(p.Actors(), seat) != nil {
		return nil
	}
	return names
}

// Play implements game.Position.
func (p position) Play(seat int, move string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	for i, name := range names {
		if move == name {
			step := p.chosen(seat, letters[i])
			step.Move, step.Hidden = move, true
			return step, nil
		}
	}
	return game.Step{}, game.Illegal("A move is rock, paper or scissors")
}

// Lapse implements game.Position.
func (p position) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	return p.chosen(seat, late), nil
}

// chosen is the step after a seat's choice, which may complete the round.
func (p position) chosen(seat int, choice byte) game.Step {
	p.running[seat] = choice
	if !p.running.complete() {
		return game.Step{Next: p}
	}
	r := p.running
	p.played = append(p.played[:len(p.played):len(p.played)], r)
	p.running = open
	winner := "null"
	if seat := r.winner(); seat != nobody {
		winner = fmt.Sprint(seat)
	}
	told := fmt.Appendf(nil, `{"round":"%s","winner":%s}`, r[:], winner)
	return game.Step{Next: p, Revealed: &game.Reveal{Public: told}}
}

// Deadline implements game.Position: there is none.
func (position) Deadline() time.Duration { return 0 }

// Result implements game.Position.
func (p position) Result() *game.Result {
	won := p.score()
	enough := p.bestOf/2 + 1
	last := len(p.played) == maxRounds
	switch {
	case won[0] >= enough || last && won[0] > won[1]:
		return game.WonBy(0, game.ReasonRounds)
	case won[1] >= enough || last && won[1] > won[0]:
		return game.WonBy(1, game.ReasonRounds)
	case p.abandoned():
		return &game.Result{Kind: game.Void, Reason: game.ReasonFlag, Winners: []int{}}
	case last:
		return game.Drawn(game.ReasonRounds)
	default:
		return nil
	}
}

// abandoned: nobody was there for the last rounds.
func (p position) abandoned() bool {
	if len(p.played) < maxIdle {
		return false
	}
	for _, r := range p.played[len(p.played)-maxIdle:] {
		if !r.idle() {
			return false
		}
	}
	return true
}

// View implements game.Position.
func (p position) View(v *game.View) {
	v.Int("bestOf", p.bestOf)
	known := p.running
	for seat, choice := range known {
		if choice != late && !v.Sees(seat) { // that a time ran out was told to all
			known[seat] = unmade
		}
	}
	v.String("choices", string(known[:]))
	v.Value("rounds", p.appendRounds)
	won := p.score()
	v.Ints("score", won[:])
}

func (p position) appendRounds(dst []byte) []byte {
	dst = append(dst, '[')
	for i, r := range p.played {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"', r[0], r[1], '"')
	}
	return append(dst, ']')
}
