package battleship

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/everturn/everturn/game"
)

// Bot implements game.Rules. The weakest shoots at random, and half of the time
// beside a wounded ship if there is one; the medium one finishes what it has
// hit, and else searches only cells that the smallest ship left cannot avoid;
// the strongest shoots where most placements of the ships left have a cell, and
// keeps its own ships apart.
func (Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	if !strength.Valid() {
		return "", fmt.Errorf("battleship: bot: no strength %d", strength)
	}
	s, err := fromView(view, seat)
	if err != nil {
		return "", err
	}
	if !s.shooting {
		return placeFleet(strength, seed), nil
	}
	random := seed.Rand()
	var choice cells
	switch {
	case strength == game.Strongest:
		choice = s.densest()
	case strength == game.Medium:
		choice = s.huntAndTarget()
	case random.IntN(2) == 0:
		choice = around(s.wounds)
	}
	if choice = choice.and(s.free); choice.empty() {
		choice = s.free
	}
	return names[pick(choice, random)], nil
}

// placeFleet: a fleet whose ships do not touch gives less away, because a shot
// beside a sunk ship finds nothing.
func placeFleet(strength game.Strength, seed game.Seed) string {
	if strength == game.Weakest {
		return "fleet:random"
	}
	for n := 0; ; n++ {
		f := randomFleet(seed.Derive("try", n))
		if strength != game.Strongest || !f.touches() {
			return "fleet:" + f.String()
		}
	}
}

// touches says whether two of the ships lie side by side.
func (f *fleet) touches() bool {
	var taken cells
	for _, ship := range f {
		if !around(ship.cells).and(taken).empty() {
			return true
		}
		taken = taken.or(ship.cells)
	}
	return false
}

// pick is one of the cells.
func pick(choice cells, random *rand.Rand) int {
	for n := random.IntN(choice.count()); n > 0; n-- {
		choice = choice.without(cells{}.with(choice.first()))
	}
	return choice.first()
}

// around are the cells beside a set, without it: left, right, above and below.
func around(set cells) (beside cells) {
	for rest := set; !rest.empty(); rest = rest.without(cells{}.with(rest.first())) {
		i := rest.first()
		for _, next := range neighbours(i) {
			beside = beside.with(next)
		}
	}
	return beside.without(set)
}

func neighbours(i int) []int {
	var list []int
	row, column := i/size, i%size
	if row > 0 {
		list = append(list, i-size)
	}
	if column > 0 {
		list = append(list, i-1)
	}
	if column < size-1 {
		list = append(list, i+1)
	}
	if row < size-1 {
		list = append(list, i+size)
	}
	return list
}

// sight is what a seat knows of the other's waters.
type sight struct {
	shooting bool
	free     cells // not shot at
	wounds   cells // hits at ships that are afloat
	afloat   []int // the lengths of those
}

// huntAndTarget are the cells worth a shot: beside the wounded ships, in their
// line where they show one; or, if there are none, a grid so wide that the
// smallest ship afloat has a cell on it.
func (s sight) huntAndTarget() cells {
	if s.wounds.empty() {
		return s.grid()
	}
	var inLine cells
	for rest := s.wounds; !rest.empty(); rest = rest.without(cells{}.with(rest.first())) {
		i := rest.first()
		for _, next := range neighbours(i) {
			before := i - (next - i) // on the other side of the wound
			if slices.Contains(neighbours(i), before) && s.wounds.has(before) {
				inLine = inLine.with(next)
			}
		}
	}
	if choice := inLine.and(s.free); !choice.empty() {
		return choice
	}
	return around(s.wounds)
}

// grid is the one of all such grids with the fewest cells to search.
func (s sight) grid() (best cells) {
	width := slices.Min(s.afloat)
	for offset := range width {
		var grid cells
		for i := range total {
			if (i/size+i%size)%width == offset && s.free.has(i) {
				grid = grid.with(i)
			}
		}
		if best.empty() || !grid.empty() && grid.count() < best.count() {
			best = grid
		}
	}
	return best
}

// densest are the free cells that most of the placements possible for the ships
// afloat cover. One that explains a wound counts far more than any that does
// not, and each further wound it explains multiplies that.
func (s sight) densest() (best cells) {
	const perWound = 32
	var weights [total]int
	for _, length := range s.afloat {
		for _, spot := range spots[length] {
			if !spot.cells.without(s.free.or(s.wounds)).empty() {
				continue // through a miss or a sunk ship
			}
			weight := 1
			for range spot.cells.and(s.wounds).count() {
				weight *= perWound
			}
			for rest := spot.cells.and(s.free); !rest.empty(); rest = rest.without(cells{}.with(rest.first())) {
				weights[rest.first()] += weight
			}
		}
	}
	most := 0
	for i, weight := range weights {
		if weight > most {
			best, most = cells{}, weight
		}
		if weight == most && s.free.has(i) {
			best = best.with(i)
		}
	}
	return best
}

// fromView reads what a bot needs, and checks that seat is to move.
func fromView(view []byte, seat int) (sight, error) {
	var v struct {
		Actors []int       `json:"actors"`
		Fleets [][]*string `json:"fleets"`
		Waters []string    `json:"waters"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return sight{}, fmt.Errorf("battleship: bot: view: %w", err)
	}
	if seat < 0 || seat > 1 || !slices.Contains(v.Actors, seat) || len(v.Fleets) != 2 || len(v.Waters) != 2 {
		return sight{}, errors.New("battleship: bot: it is not its turn")
	}
	if v.Fleets[seat] == nil {
		return sight{}, nil
	}
	s, ok := look(v.Fleets[1-seat], v.Waters[1-seat])
	if !ok {
		return sight{}, errors.New("battleship: bot: impossible waters")
	}
	return s, nil
}

// look makes out the free cells, the wounds and what is afloat.
func look(fleet []*string, waters string) (s sight, ok bool) {
	if len(fleet) != ships || len(waters) != total {
		return s, false
	}
	s.shooting = true
	for i := range total {
		switch waters[i] {
		case unknown:
			s.free = s.free.with(i)
		case hit:
			s.wounds = s.wounds.with(i)
		}
	}
	for i, text := range fleet {
		if text == nil {
			s.afloat = append(s.afloat, lengths[i])
			continue
		}
		p, ok := parsePlace(*text)
		sunk, inside := p.covers(lengths[i])
		if !ok || !inside {
			return s, false
		}
		s.wounds = s.wounds.without(sunk)
	}
	return s, len(s.afloat) > 0 && !s.free.empty()
}
