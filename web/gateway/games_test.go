package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/everturn/everturn/game"
)

// tally is a game for one that goes on for ever: "+" adds one, "bang" panics, and after "hide" its view does.
type tally struct{}

type tallied struct{ n int }

func (tally) Info() game.Info {
	return game.Info{ID: "tally", Name: "Tally", MinSeats: 1, MaxSeats: 1, Clock: true}
}
func (tally) New(game.Setup) (game.Position, error) { return tallied{}, nil }
func (tally) Load(b []byte) (game.Position, error) {
	n, err := strconv.Atoi(string(b))
	return tallied{n}, err
}
func (p tallied) Actors() []int                { return game.Only(0) }
func (p tallied) Phase() int                   { return p.n }
func (p tallied) Moves(int) []string           { return []string{"+"} }
func (p tallied) Lapse(int) (game.Step, error) { return game.Step{Next: p}, nil }
func (p tallied) Deadline() time.Duration      { return 0 }
func (p tallied) View(v *game.View) {
	if p.n < 0 {
		panic("the view is broken")
	}
	v.Int("sum", p.n)
}
func (p tallied) Result() *game.Result { return nil }
func (p tallied) Save() []byte         { return strconv.AppendInt(nil, int64(p.n), 10) }
func (p tallied) Play(_ int, m string) (game.Step, error) {
	switch m {
	case "+":
		return game.Step{Next: tallied{p.n + 1}, Move: m}, nil
	case "hide":
		return game.Step{Next: tallied{-1}, Move: m}, nil
	case "bang":
		panic("the rules are broken: secret detail")
	}
	return game.Step{}, game.Illegal("Only + can be played")
}

func (tally) Bot([]byte, int, game.Strength, game.Seed) (string, error) { return "+", nil }

// duel is a hidden game for two: both choose a word at once, then both are told. The word "stop" ends it.
type duel struct{}

type duelling struct {
	round  int
	words  [2]string // of this round, hidden
	shown  [2]string // of the round before
	result *game.Result
}

func (duel) Info() game.Info {
	return game.Info{ID: "duel", Name: "Duel", MinSeats: 2, MaxSeats: 2, Simultaneous: true, Hidden: true}
}
func (duel) New(game.Setup) (game.Position, error)                     { return duelling{}, nil }
func (duel) Load([]byte) (game.Position, error)                        { return nil, errors.New("duel: not needed") }
func (duel) Bot([]byte, int, game.Strength, game.Seed) (string, error) { return "word", nil }

func (p duelling) Actors() (list []int) {
	for seat, w := range p.words {
		if w == "" && p.result == nil {
			list = append(list, seat)
		}
	}
	return list
}
func (p duelling) Phase() int              { return p.round }
func (p duelling) Moves(int) []string      { return nil }
func (p duelling) Deadline() time.Duration { return 0 }
func (p duelling) Result() *game.Result    { return p.result }
func (p duelling) Save() []byte            { return fmt.Appendf(nil, "%v", p) }

var word = regexp.MustCompile(`^[a-z]{1,20}$`)

func (p duelling) Play(seat int, m string) (game.Step, error) {
	if err := game.CheckTurn(p.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	if !word.MatchString(m) {
		return game.Step{}, game.Illegal("A word has 1 to 20 letters")
	}
	p.words[seat] = m
	step := game.Step{Move: m, Hidden: true}
	if p.words[0] != "" && p.words[1] != "" {
		if m == "stop" {
			p.result = game.WonBy(seat, game.ReasonRounds)
		}
		p.shown, p.words = p.words, [2]string{}
		p.round++
		public, err := json.Marshal(map[string][2]string{"words": p.shown})
		if err != nil {
			return game.Step{}, err
		}
		step.Revealed = &game.Reveal{Public: public}
	}
	step.Next = p
	return step, nil
}
func (p duelling) Lapse(seat int) (game.Step, error) { return p.Play(seat, "lapsed") }
func (p duelling) View(v *game.View) {
	if v.Seat() >= 0 {
		v.String("mine", p.words[v.Seat()])
	}
	v.Strings("shown", p.shown[:])
}
