package dungeon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/everturn/everturn/game"
)

// choose takes a hero's choice down; the last one of a phase has all of them
// take effect. It works on a copy: what the copy shares with p is never changed
// in place, only replaced.
func (p *position) choose(seat int, choice string) game.Step {
	next := *p
	next.heroes, next.chosen = slices.Clone(p.heroes), slices.Clone(p.chosen)
	next.chosen[seat] = choice
	step := game.Step{Next: &next}
	if len(next.Actors()) == 0 {
		step.Revealed = next.resolve()
	}
	return step
}

// resolve ends a phase, and gives what all learn by that. Everything follows
// from the choices by seat, not from the order in which they came.
func (p *position) resolve() *game.Reveal {
	r := round{position: p, n: len(p.past), before: p.room}
	if p.gathers() {
		r.gather()
	} else {
		r.explore()
	}
	p.past = append(slices.Clip(p.past), p.chosen)
	p.chosen = make([]string, len(p.heroes))
	p.log = append(slices.Clip(p.log), r.happened...)
	p.log = slices.Clone(p.log[max(len(p.log)-maxLog, 0):])
	return r.reveal()
}

// round is a phase that is being resolved.
type round struct {
	*position
	n        int
	before   *room
	happened []happening
}

// happening is one thing that came of a phase.
type happening struct {
	Amount int    `json:"amount,omitempty"`
	Did    string `json:"did"`
	Item   string `json:"item,omitempty"`
	Round  int    `json:"round"`
	Seat   *int   `json:"seat,omitempty"`
	What   string `json:"what,omitempty"`
}

// maxLog is how many happenings a view shows: some rounds of a full party.
const maxLog = 24

func (r *round) note(h happening) {
	h.Round = r.n
	r.happened = append(r.happened, h)
}

func (r *round) noteHero(seat int, h happening) {
	h.Seat = &seat
	r.note(h)
}

// gather is the end of the first phase: who committed goes down.
func (r *round) gather() {
	committed := 0
	for _, choice := range r.chosen {
		if choice == commit {
			committed++
		}
	}
	for seat := range r.heroes {
		if r.chosen[seat] == commit {
			r.heroes[seat] = hero{State: alive, Health: fullHealth[committed], Max: fullHealth[committed]}
			continue
		}
		r.heroes[seat].State = out
		r.noteHero(seat, happening{Did: "out"})
	}
	if committed == 0 {
		r.result = &game.Result{Kind: game.Void, Reason: game.ReasonNotReady, Winners: []int{}}
		return
	}
	r.enter(1)
}

func (r *round) enter(depth int) {
	r.room, r.monster = place(r.seed, depth, len(r.heroes), len(r.living()))
	r.note(happening{Did: "entered", What: r.room.Name})
}

func (r *round) living() (seats []int) {
	for seat, h := range r.heroes {
		if h.State == alive {
			seats = append(seats, seat)
		}
	}
	return seats
}

// explore is the end of a round: hands first, then blows, then the monster.
func (r *round) explore() {
	for _, it := range slices.Clone(r.room.Items) {
		r.grab(it)
	}
	if r.result != nil {
		return
	}
	hit := r.blows()
	switch {
	case r.monster == nil: // all wait while the treasure lies there
	case r.monster.Health == 0:
		r.slay()
	default:
		r.strike(hit)
	}
}

// grab gives an item to one of those who took it.
func (r *round) grab(it item) {
	var seats []int
	for seat, choice := range r.chosen {
		if choice == takes(it) {
			seats = append(seats, seat)
		}
	}
	if len(seats) == 0 {
		return
	}
	winner := seats[r.lot("grab "+it.Name, len(seats))]
	r.room = r.room.without(it.Name)
	r.take(winner, it)
	for _, seat := range seats {
		if seat != winner && it.Kind != treasure { // that one is everybody's
			r.noteHero(seat, happening{Did: "lost", Item: it.Name})
		}
	}
}

func (r *round) take(seat int, it item) {
	h := &r.heroes[seat]
	r.noteHero(seat, happening{Did: "took", Item: it.Name})
	switch it.Kind {
	case weapon:
		if h.Holds != nil {
			r.room = r.room.with(*h.Holds)
		}
		h.Holds = &it
	case remedy:
		healed := min(it.Heals, h.Max-h.Health)
		h.Health += healed
		r.noteHero(seat, happening{Did: "healed", Item: it.Name, Amount: healed})
	case treasure:
		r.result = &game.Result{Kind: game.Coop, Reason: game.ReasonTreasure, Winners: []int{}}
		for seat := range r.heroes {
			r.result.Winners = append(r.result.Winners, seat)
		}
	}
}

// blows are struck all at once; it gives who hit.
func (r *round) blows() (hit []bool) {
	hit = make([]bool, len(r.heroes))
	for seat, choice := range r.chosen {
		switch {
		case choice == waits:
			r.noteHero(seat, happening{Did: "waited"})
		case strings.HasPrefix(choice, killWord):
			hit[seat] = r.blow(seat, r.heroes[seat].Holds)
		}
	}
	return hit
}

func (r *round) blow(seat int, with *item) bool {
	if r.lot(fmt.Sprintf("blow %d", seat), 6) >= with.Aim {
		r.noteHero(seat, happening{Did: "missed", Item: with.Name, What: r.monster.Name})
		return false
	}
	after := *r.monster
	after.Health = max(after.Health-with.Power, 0)
	r.monster = &after
	r.noteHero(seat, happening{Did: "hit", Item: with.Name, What: after.Name, Amount: with.Power})
	return true
}

// slay opens the next room, or leaves the treasure.
func (r *round) slay() {
	r.note(happening{Did: "slain", What: r.monster.Name})
	if r.room.Depth < len(plan) {
		r.enter(r.room.Depth + 1)
		return
	}
	it := hoard(r.seed)
	r.note(happening{Did: "dropped", Item: it.Name, What: r.monster.Name})
	r.room, r.monster = r.room.with(it), nil
}

// strike is the monster's turn: at somebody who did not hit it.
func (r *round) strike(hit []bool) {
	reach := slices.DeleteFunc(r.living(), func(seat int) bool { return hit[seat] })
	if len(reach) == 0 {
		return
	}
	seat := reach[r.lot("strike", len(reach))]
	h := &r.heroes[seat]
	amount := min(r.monster.Strike, h.Health)
	h.Health -= amount
	r.noteHero(seat, happening{Did: "struck", What: r.monster.Name, Amount: amount})
	if h.Health > 0 {
		return
	}
	h.State = dead
	if h.Holds != nil {
		r.room = r.room.with(*h.Holds)
		h.Holds = nil
	}
	r.noteHero(seat, happening{Did: "fell"})
	if len(r.living()) == 0 {
		r.result = &game.Result{Kind: game.Coop, Reason: game.ReasonDead, Winners: []int{}}
	}
}

// lot draws a number below n for one thing that chance decides in this round.
func (r *round) lot(label string, n int) int { return r.seed.Derive(label, r.n).Rand().IntN(n) }

// reveal is all that chance and the seed have added to what the heroes knew.
func (r *round) reveal() *game.Reveal {
	told := struct {
		Happened []happening `json:"happened"`
		Monster  *monster    `json:"monster,omitempty"`
		Room     *room       `json:"room,omitempty"`
	}{Happened: r.happened}
	if r.room != nil && (r.before == nil || r.room.Depth > r.before.Depth) {
		told.Monster, told.Room = r.monster, r.room
	}
	return &game.Reveal{Public: encode(told)}
}

// encode gives the canonical JSON of what a view has; its types cannot fail.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
