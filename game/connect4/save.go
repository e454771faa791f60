package connect4

import (
	"fmt"
	"strings"

	"github.com/everturn/everturn/game"
)

// Save implements game.Position: the rows from the top, who began, whose time
// ran out, and the column of the last move.
func (p position) Save() []byte {
	dst := make([]byte, 0, rows*(columns+1)+8)
	for row := range rows {
		for column := range columns {
			dst = append(dst, p.mark(cell(row, column)))
		}
		dst = append(dst, '/')
	}
	return fmt.Appendf(dst, "%d/%d/%d", p.first, p.flagged, p.last)
}

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	parts := strings.SplitN(string(data), "/", rows+1)
	if len(parts) != rows+1 {
		return nil, notSaved(data)
	}
	var p position
	if n, err := fmt.Sscanf(parts[rows], "%d/%d/%d", &p.first, &p.flagged, &p.last); n != 3 || err != nil {
		return nil, notSaved(data)
	}
	var ok bool
	if p.pieces, ok = parseRows(parts[:rows]); !ok || !p.possible() {
		return nil, notSaved(data)
	}
	// Writing it again and comparing refuses signs and spaces as well.
	if string(p.Save()) != string(data) {
		return nil, notSaved(data)
	}
	return p, nil
}

func notSaved(data []byte) error {
	return fmt.Errorf("connect4: load %.80q: not a saved position", data)
}

// possible: the seats took turns, the last move was made by the other seat,
// nobody moved after the end, and only who was to move can have run out of time.
func (p position) possible() bool {
	if p.first != 0 && p.first != 1 {
		return false
	}
	begun, other := p.pieces[p.first].count(), p.pieces[1-p.first].count()
	if begun != other && begun != other+1 {
		return false
	}
	if p.flagged != nobody && (p.flagged != p.turn() || p.pieces[1-p.turn()].hasFour() || p.taken() == full) {
		return false
	}
	return p.lastFits()
}

func (p position) lastFits() bool {
	if p.taken() == 0 {
		return p.last == none
	}
	if p.last < 0 || p.last >= columns {
		return false
	}
	mover := 1 - p.turn()
	piece := p.taken() & columnOf(p.last)
	piece &^= piece >> 1 // the top one
	before := p.pieces[mover] &^ piece
	return p.pieces[mover]&piece != 0 && !before.hasFour() && !p.pieces[1-mover].hasFour()
}
