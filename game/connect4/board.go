package connect4

import (
	"math/bits"
	"strconv"
)

const (
	columns = 7
	rows    = 6
	// stride is a column's bits: its cells and one that stays empty, so that
	// no line runs from the top of one column into the bottom of the next.
	stride = rows + 1
)

// board is a set of cells, column by column from the left, each from the
// bottom up: bit column*stride + height.
type board uint64

const (
	bottom board = 1 | 1<<stride | 1<<(2*stride) | 1<<(3*stride) | 1<<(4*stride) | 1<<(5*stride) | 1<<(6*stride)
	full   board = bottom * (1<<rows - 1)
)

// directions are the distances between neighbours in a line: up, across,
// slanting down and slanting up.
var directions = [...]int{1, stride, stride - 1, stride + 1}

func (b board) count() int { return bits.OnesCount64(uint64(b)) }

func columnOf(column int) board { return (1<<rows - 1) << (column * stride) }

func cell(row, column int) board { return 1 << (column*stride + rows - 1 - row) }

// drop is the lowest free cell of a column, none if it is full; b is all that
// is taken.
func (b board) drop(column int) board {
	return (b + 1<<(column*stride)) & columnOf(column)
}

// height is how many cells of a column are taken.
func (b board) height(column int) int { return (b & columnOf(column)).count() }

// hasFour says whether four of the cells are in a line.
func (b board) hasFour() bool {
	for _, d := range directions {
		pairs := b & (b >> d)
		if pairs&(pairs>>(2*d)) != 0 {
			return true
		}
	}
	return false
}

// fours are all cells that are part of four in a line.
func (b board) fours() (line board) {
	for _, d := range directions {
		pairs := b & (b >> d)
		start := pairs & (pairs >> (2 * d))
		line |= start | start<<d | start<<(2*d) | start<<(3*d)
	}
	return line
}

// appendCells appends the cells as a JSON list of [row, column], row by row
// from the top.
func (b board) appendCells(dst []byte) []byte {
	dst = append(dst, '[')
	for row := range rows {
		for column := range columns {
			if b&cell(row, column) == 0 {
				continue
			}
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			dst = append(dst, '[')
			dst = strconv.AppendInt(dst, int64(row), 10)
			dst = append(dst, ',')
			dst = strconv.AppendInt(dst, int64(column), 10)
			dst = append(dst, ']')
		}
	}
	return append(dst, ']')
}

// appendRows appends the board as a JSON list of its rows, the top one first.
func (p position) appendRows(dst []byte) []byte {
	for row := range rows {
		dst = append(dst, `,"`...)
		if row == 0 {
			dst[len(dst)-2] = '['
		}
		for column := range columns {
			dst = append(dst, p.mark(cell(row, column)))
		}
		dst = append(dst, '"')
	}
	return append(dst, ']')
}

func (p position) mark(cell board) byte {
	switch {
	case p.pieces[0]&cell != 0:
		return '0'
	case p.pieces[1]&cell != 0:
		return '1'
	default:
		return '.'
	}
}

// parseRows reads what appendRows wrote; ok is false for anything else, and
// for pieces that float.
func parseRows(texts []string) (pieces [2]board, ok bool) {
	if len(texts) != rows {
		return pieces, false
	}
	for row, text := range texts {
		if len(text) != columns {
			return pieces, false
		}
		for column := range columns {
			switch text[column] {
			case '0':
				pieces[0] |= cell(row, column)
			case '1':
				pieces[1] |= cell(row, column)
			case '.':
			default:
				return pieces, false
			}
		}
	}
	return pieces, falls(pieces[0] | pieces[1])
}

// falls: with nothing floating, adding one at the bottom of each column
// carries exactly through its pieces.
func falls(taken board) bool { return (taken+bottom)&taken == 0 }
