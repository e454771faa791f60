package battleship

import (
	"fmt"
	"strings"

	"github.com/everturn/everturn/game"
)

// ships is how many each fleet has.
const ships = 5

// lengths and kinds are the ships of a fleet in their order.
var (
	lengths = [ships]int{5, 4, 3, 3, 2}
	kinds   = [ships]string{"carrier", "battleship", "cruiser", "submarine", "destroyer"}
)

// place is where a ship lies: its top left cell, and whether it goes down from
// there or to the right.
type place struct {
	cell int
	down bool
}

func (p place) String() string {
	if p.down {
		return names[p.cell] + "v"
	}
	return names[p.cell] + "h"
}

// parsePlace reads what String writes.
func parsePlace(text string) (p place, ok bool) {
	if text == "" {
		return p, false
	}
	name, way := text[:len(text)-1], text[len(text)-1]
	p.cell, ok = cellNamed(name)
	p.down = way == 'v'
	return p, ok && (way == 'v' || way == 'h')
}

// covers are the cells of a ship of that length; ok is false if it leaves the
// board.
func (p place) covers(length int) (covered cells, ok bool) {
	stride, room := 1, size-p.cell%size
	if p.down {
		stride, room = size, size-p.cell/size
	}
	if length > room {
		return covered, false
	}
	for n := range length {
		covered = covered.with(p.cell + n*stride)
	}
	return covered, true
}

// spot is a place of one ship, with its cells.
type spot struct {
	place
	cells cells
}

// spots are all places where a ship of a length can lie, by length.
var spots = func() (spots [6][]spot) {
	for length := 2; length < len(spots); length++ {
		for i := range total {
			for _, down := range []bool{false, true} {
				p := place{i, down}
				if covered, ok := p.covers(length); ok {
					spots[length] = append(spots[length], spot{p, covered})
				}
			}
		}
	}
	return spots
}()

// fleet is where the ships lie, in their order, with their cells.
type fleet [ships]spot

// String is the fleet as moves have it: "a1h,c2v,…".
func (f *fleet) String() string {
	texts := make([]string, ships)
	for i, ship := range f {
		texts[i] = ship.String()
	}
	return strings.Join(texts, ",")
}

// all are the cells of all ships.
func (f *fleet) all() (all cells) {
	for _, ship := range f {
		all = all.or(ship.cells)
	}
	return all
}

// parseFleet reads "a1h,c2v,…", or refuses it with the reason.
func parseFleet(text string) (*fleet, error) {
	texts := strings.Split(text, ",")
	if len(texts) != ships {
		return nil, game.Illegal(howToPlace)
	}
	f := new(fleet)
	var taken cells
	for i, text := range texts {
		p, ok := parsePlace(text)
		if !ok {
			return nil, game.Illegal(howToPlace)
		}
		covered, ok := p.covers(lengths[i])
		if !ok {
			return nil, game.Illegal(fmt.Sprintf("The %s has %d cells and leaves the board at %s", kinds[i], lengths[i], p))
		}
		if both := taken.and(covered); !both.empty() {
			return nil, game.Illegal(fmt.Sprintf("The %s lies over another ship at %s", kinds[i], names[both.first()]))
		}
		taken = taken.or(covered)
		f[i] = spot{p, covered}
	}
	return f, nil
}

// randomFleet is one of all possible fleets, each as likely as any other: ships
// that collide are all taken up again.
func randomFleet(seed game.Seed) *fleet {
	random := seed.Rand()
	for {
		f := new(fleet)
		var taken cells
		for i := range f {
			choices := spots[lengths[i]]
			f[i] = choices[random.IntN(len(choices))]
			taken = taken.or(f[i].cells)
		}
		if taken.count() == fleetCells {
			return f
		}
	}
}

// fleetCells is how many cells the ships of a fleet have together.
const fleetCells = 5 + 4 + 3 + 3 + 2
