package battleship

import (
	"fmt"
	"strings"

	"github.com/everturn/everturn/game"
)

// Save implements game.Position: the option, who began, who shot last and
// where, each seat's time, fleet and waters, and the seed.
func (p position) Save() []byte {
	last := "-"
	if p.last != none {
		last = names[p.last]
	}
	dst := fmt.Appendf(make([]byte, 0, 384), "%t/%d/%d/%s", p.again, p.first, p.by, last)
	for seat, f := range p.fleets {
		placed := "-"
		if f != nil {
			placed = f.String()
		}
		dst = fmt.Appendf(dst, "/%t/%s/", p.late[seat], placed)
		dst = p.appendWaters(dst, seat)
	}
	seed, _ := p.seed.MarshalText() // never fails
	return append(append(dst, '/'), seed...)
}

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	parts := strings.Split(string(data), "/")
	if len(parts) != 11 {
		return nil, notSaved(data)
	}
	p := position{last: none}
	if n, err := fmt.Sscanf(strings.Join(parts[:3], " "), "%t %d %d", &p.again, &p.first, &p.by); n != 3 || err != nil {
		return nil, notSaved(data)
	}
	if i, ok := cellNamed(parts[3]); ok {
		p.last = i
	}
	for seat := range p.fleets {
		if err := p.loadSeat(seat, parts[4+3*seat:7+3*seat]); err != nil {
			return nil, notSaved(data)
		}
	}
	if err := p.seed.UnmarshalText([]byte(parts[10])); err != nil {
		return nil, notSaved(data)
	}
	// Writing it again and comparing refuses signs, spaces and odd waters.
	if !p.possible() || string(p.Save()) != string(data) {
		return nil, notSaved(data)
	}
	return p, nil
}

// loadSeat reads a seat's time, fleet and waters.
func (p *position) loadSeat(seat int, parts []string) (err error) {
	p.late[seat] = parts[0] == "true"
	if parts[1] != "-" {
		if p.fleets[seat], err = parseFleet(parts[1]); err != nil {
			return err
		}
	}
	waters := strings.Trim(parts[2], `"`)
	for i := range min(len(waters), total) {
		if waters[i] != unknown {
			p.shots[seat] = p.shots[seat].with(i)
		}
	}
	return nil
}

// notSaved keeps the fleets out of the error: it may end in a log.
func notSaved(data []byte) error {
	return fmt.Errorf("battleship: load: %d bytes that are not a saved position", len(data))
}

// possible: nobody shot before both fleets were placed, the seats took turns,
// nobody went on after the end, and only who was to move can have run out of time.
func (p position) possible() bool {
	if p.first != 0 && p.first != 1 || p.by != 0 && p.by != 1 {
		return false
	}
	if !p.shooting() {
		return p.last == none && p.by == 0 && p.shots == [2]cells{} && !(p.fleets[0] != nil && p.late[0]) && !(p.fleets[1] != nil && p.late[1])
	}
	for seat := range p.late {
		if p.late[seat] && (seat != p.turn() || p.allSunk()) {
			return false
		}
	}
	if p.last == none {
		return p.by == 0 && p.shots == [2]cells{}
	}
	return p.shots[1-p.by].has(p.last) && p.tookTurns() && !p.wentOn()
}

func (p position) allSunk() bool {
	return p.hits(0).count() == fleetCells || p.hits(1).count() == fleetCells
}

// wentOn says whether a fleet was sunk before the last shot.
func (p position) wentOn() bool {
	p.shots[1-p.by] = p.shots[1-p.by].without(cells{}.with(p.last))
	return p.allSunk()
}

// tookTurns: what ends a turn (a shot, or with again only a miss) was done in
// turns, and so the last shot came from the seat whose turn it was.
func (p position) tookTurns() bool {
	ended := [2]int{p.shots[1].count(), p.shots[0].count()} // by the seat that shot
	if p.again {
		ended[0] -= p.hits(1).count()
		ended[1] -= p.hits(0).count()
	}
	begun, other := ended[p.first], ended[1-p.first]
	if begun != other && begun != other+1 {
		return false
	}
	if p.again && begun == 0 && !p.shots[p.first].empty() { // the other's turn never came
		return false
	}
	return p.turn() == (p.first+begun+other)%2
}
