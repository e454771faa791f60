package tictactoe

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/everturn/everturn/game"
)

func (p position) board() string {
	var board [9]byte
	for i := range board {
		switch cell := cells(1) << i; {
		case p.marks[0]&cell != 0:
			board[i] = '0'
		case p.marks[1]&cell != 0:
			board[i] = '1'
		default:
			board[i] = '.'
		}
	}
	return string(board[:])
}

// Save implements game.Position: the board, who began, and whose time ran out.
func (p position) Save() []byte {
	return fmt.Appendf(nil, "%s/%d/%d", p.board(), p.first, p.flagged)
}

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	var p position
	board, rest, _ := strings.Cut(string(data), "/")
	if n, err := fmt.Sscanf(rest, "%d/%d", &p.first, &p.flagged); n != 2 || err != nil {
		return nil, fmt.Errorf("tictactoe: load %.40q: not a saved position", data)
	}
	p.marks = parseBoard(board)
	// Writing it again and comparing also refuses signs, spaces and odd boards.
	if string(p.Save()) != string(data) || !p.possible() {
		return nil, fmt.Errorf("tictactoe: load %.40q: no such position", data)
	}
	return p, nil
}

func parseBoard(board string) (marks [2]cells) {
	for i := range min(len(board), len(names)) {
		switch board[i] {
		case '0':
			marks[0] |= 1 << i
		case '1':
			marks[1] |= 1 << i
		}
	}
	return marks
}

// possible: the seats took turns, nobody moved after the end, and only who
// was to move can have run out of time.
func (p position) possible() bool {
	if p.first != 0 && p.first != 1 {
		return false
	}
	begun := bits.OnesCount16(uint16(p.marks[p.first]))
	other := bits.OnesCount16(uint16(p.marks[1-p.first]))
	over := p.marks[0].completed() != 0 || p.marks[1].completed() != 0 || p.taken() == full
	switch {
	case begun != other && begun != other+1:
		return false
	case p.marks[p.turn()].completed() != 0:
		return false
	}
	return p.flagged == nobody || p.flagged == p.turn() && !over
}
