package battleship

import (
	"strconv"

	"github.com/everturn/everturn/game"
)

// View implements game.Position.
func (p position) View(v *game.View) {
	v.Bool("again", p.again)
	v.Value("fleets", func(dst []byte) []byte {
		for seat := range p.fleets {
			dst = p.appendFleet(append(dst, "[,"[seat]), seat, v.Sees(seat))
		}
		return append(dst, ']')
	})
	if p.last == none {
		v.Null("last")
	} else {
		v.Value("last", p.appendLast)
	}
	v.Value("waters", func(dst []byte) []byte {
		for seat := range p.shots {
			dst = p.appendWaters(append(dst, "[,"[seat]), seat)
		}
		return append(dst, ']')
	})
}

// appendFleet appends a seat's ships: all for whom may see them, else the sunk
// ones. Whether there is a fleet at all everybody knows by who is to act.
func (p position) appendFleet(dst []byte, seat int, all bool) []byte {
	if p.fleets[seat] == nil {
		return append(dst, "null"...)
	}
	for i, ship := range p.fleets[seat] {
		dst = append(dst, "[,,,,"[i])
		if all || p.sunk(seat, i) {
			dst = game.AppendString(dst, ship.String())
		} else {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, ']')
}

// appendWaters appends what is known of a seat's board to everybody.
func (p position) appendWaters(dst []byte, seat int) []byte {
	var hits cells
	if p.fleets[seat] != nil {
		hits = p.hits(seat)
	}
	dst = append(dst, '"')
	for i := range total {
		switch {
		case hits.has(i):
			dst = append(dst, hit)
		case p.shots[seat].has(i):
			dst = append(dst, miss)
		default:
			dst = append(dst, unknown)
		}
	}
	return append(dst, '"')
}

// The letters of a seat's waters.
const (
	hit     = 'x'
	miss    = 'o'
	unknown = '.'
)

// appendLast appends the last shot and what it did.
func (p position) appendLast(dst []byte) []byte {
	other := 1 - p.by
	dst = game.AppendString(append(dst, `{"cell":`...), names[p.last])
	dst = strconv.AppendBool(append(dst, `,"hit":`...), p.hits(other).has(p.last))
	dst = strconv.AppendInt(append(dst, `,"seat":`...), int64(p.by), 10)
	dst = append(dst, `,"sunk":`...)
	for i, ship := range p.fleets[other] {
		if ship.cells.has(p.last) && p.sunk(other, i) {
			dst = game.AppendString(append(dst, `{"place":`...), ship.String())
			dst = strconv.AppendInt(append(dst, `,"ship":`...), int64(i), 10)
			return append(dst, `}}`...)
		}
	}
	return append(dst, `null}`...)
}
