package gametest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/everturn/everturn/game"
)

// throws is a small game with everything that the checks are about: two or
// three seats throw a number from 1 to 3 at once, hidden from each other;
// "random" is recorded as what it became. When all have thrown, the throws are
// revealed, and who threw highest alone has a point. After so many rounds as
// the option says, most points win. A lapse throws nothing.
//
// A flaw makes it a game that breaks one promise.
type throws struct {
	flaw string
}

func (g throws) Info() game.Info {
	return game.Info{
		ID: "throws", Name: "Throws", MinSeats: 2, MaxSeats: 3, Simultaneous: true, Hidden: true, Clock: true,
		Options: game.OptionSpecs{game.IntOption("rounds", "Rounds", 3, 1, 5, 1)},
	}
}

func (g throws) New(setup game.Setup) (game.Position, error) {
	return table{
		Rounds: setup.Options.Int("rounds"), Seed: setup.Seed, flaw: g.flaw,
		Now: make([]string, setup.Seats), Points: make([]int, setup.Seats),
	}, nil
}

func (g throws) Load(data []byte) (game.Position, error) {
	if g.flaw == "load panics" && len(data)%7 == 0 {
		panic("odd bytes")
	}
	t := table{flaw: g.flaw}
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, err
	}
	if len(t.Now) < 2 || len(t.Now) > 3 || len(t.Points) != len(t.Now) {
		return nil, fmt.Errorf("throws: %d seats, %d points", len(t.Now), len(t.Points))
	}
	if g.flaw == "load forgets" {
		t.Before = nil
	}
	return t, nil
}

func (g throws) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	var v struct{ Moves []string }
	if err := json.Unmarshal(view, &v); err != nil {
		return "", err
	}
	if !strength.Valid() || v.Moves == nil && g.flaw != "bot plays anything" {
		return "", fmt.Errorf("throws: bot: no moves in %s", view)
	}
	if g.flaw == "bot plays illegal" {
		return "7", nil
	}
	if g.flaw == "bot by chance" {
		chance++
		return v.Moves[chance%3], nil
	}
	return "random", nil
}

// chance is what rules must not have.
var chance int

// table is the position; its JSON is what is saved.
type table struct {
	Rounds int
	Seed   game.Seed
	Now    []string   // this round's throws by seat; "" is not yet, "0" a lapse
	Before [][]string // the rounds before
	Points []int
	Order  []int `json:",omitempty"`

	flaw string
}

func (t table) Actors() (actors []int) {
	if t.over() && t.flaw != "acts after the end" {
		return nil
	}
	for seat, thrown := range t.Now {
		if thrown == "" {
			actors = append(actors, seat)
		}
	}
	return actors
}

func (t table) over() bool {
	if t.flaw == "ends by a secret" && t.Now[0] == "3" {
		return true
	}
	return len(t.Before) >= t.Rounds && t.flaw != "no end"
}

func (t table) Phase() int {
	phase := len(t.Before)
	if t.flaw == "phase by move" {
		for _, thrown := range t.Now {
			phase += len(thrown)
		}
	}
	if t.flaw == "phase stands" {
		return 0
	}
	return phase
}

func (t table) Moves(seat int) []string {
	if t.flaw == "moves of others" && !t.over() && seat >= 0 {
		return []string{"1", "2", "3"}
	}
	if game.CheckTurn(t.Actors(), seat) != nil {
		return nil
	}
	if t.flaw == "lists illegal" {
		return []string{"1", "2", "3", "4"}
	}
	return []string{"1", "2", "3"}
}

func (t table) Play(seat int, move string) (game.Step, error) {
	if t.flaw == "plays out of turn" {
		seat = max(0, seat) % len(t.Now)
	} else if err := game.CheckTurn(t.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	switch {
	case move == "random":
		move = fmt.Sprint(1 + t.Seed.Derive("throw", 10*len(t.Before)+seat).Rand().IntN(3))
		if t.flaw == "chance" {
			chance++
			move = fmt.Sprint(1 + chance%3)
		}
	case t.flaw == "panics" && strings.ContainsRune(move, 0):
		panic("zero byte")
	case t.flaw == "accepts anything" && move != "":
	case t.flaw == "loose" && strings.TrimSpace(move) == "1":
		move = "one"
	case move != "1" && move != "2" && move != "3":
		if t.flaw == "plain error" {
			return game.Step{}, fmt.Errorf("bad move")
		}
		return game.Step{}, t.refuse()
	}
	step := t.thrown(seat, move)
	step.Move = move
	step.Hidden = t.flaw != "hides nothing"
	return step, nil
}

func (t table) refuse() error {
	if t.flaw == "refusal tells" {
		return game.Illegal("Throw 1 to 3; so far: " + strings.Join(t.Now, " "))
	}
	return game.Illegal("Throw a number from 1 to 3")
}

func (t table) Lapse(seat int) (game.Step, error) {
	if err := game.CheckTurn(t.Actors(), seat); err != nil {
		return game.Step{}, err
	}
	return t.thrown(seat, "0"), nil
}

func (t table) thrown(seat int, number string) game.Step {
	if t.flaw != "changes its receiver" {
		t.Now = append([]string(nil), t.Now...)
	}
	t.Now[seat] = number
	if t.flaw == "order matters" {
		t.Order = append(t.Order[:len(t.Order):len(t.Order)], seat)
	}
	public, err := json.Marshal(map[string][]string{"throws": t.Now})
	if err != nil {
		panic(err)
	}
	if t.flaw == "reveal not canonical" {
		public = append([]byte(" "), public...)
	}
	for _, thrown := range t.Now {
		if thrown == "" {
			step := game.Step{Next: t}
			if t.flaw == "reveals early" {
				step.Revealed = &game.Reveal{Public: public}
			}
			return step
		}
	}
	return game.Step{Next: t.scored(), Revealed: &game.Reveal{Public: public}}
}

// scored ends the round.
func (t table) scored() table {
	best, winner := "", -1
	for seat, thrown := range t.Now {
		switch {
		case thrown > best:
			best, winner = thrown, seat
		case thrown == best:
			winner = -1
		}
	}
	t.Points = append([]int(nil), t.Points...)
	if winner >= 0 {
		t.Points[winner]++
	}
	t.Before = append(t.Before[:len(t.Before):len(t.Before)], t.Now)
	t.Now = make([]string, len(t.Now))
	return t
}

func (t table) Deadline() time.Duration {
	if t.flaw == "deadline tells" {
		return time.Duration(1+strings.Count(strings.Join(t.Now, ""), "3")) * time.Second
	}
	return time.Minute
}

func (t table) Result() *game.Result {
	if !t.over() {
		return nil
	}
	winner, best := -1, -1
	for seat, points := range t.Points {
		if points > best {
			winner, best = seat, points
		} else if points == best {
			winner = -1
		}
	}
	if winner < 0 {
		if t.flaw == "odd result" {
			return &game.Result{Kind: "tie", Reason: game.ReasonRounds}
		}
		return game.Drawn(game.ReasonRounds)
	}
	return game.WonBy(winner, game.ReasonRounds)
}

func (t table) View(v *game.View) {
	if t.flaw == "unsorted view" {
		v.Value("before", func(dst []byte) []byte { return append(dst, `{"b":1,"a":2}`...) })
	}
	now := make([]string, len(t.Now))
	for seat, thrown := range t.Now {
		if v.Sees(seat) || t.flaw == "view tells" {
			now[seat] = thrown
		}
	}
	if t.flaw == "length tells" {
		v.Int("length", len(strings.ReplaceAll(strings.Join(t.Now, ""), "1", "")))
	}
	v.Strings("now", now)
	v.Ints("points", t.Points)
	if t.flaw == "seed in view" {
		seed, _ := t.Seed.MarshalText()
		v.String("seed", string(seed))
	}
}

func (t table) Save() []byte {
	saved, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return saved
}
