package battleship

import "math/bits"

const (
	size  = 10 // cells across and down
	total = size * size
)

// cells is a set of cells: bit i%64 of word i/64 is the cell i, counted row by
// row from the top left.
type cells [2]uint64

func (c cells) has(i int) bool { return c[i/64]>>(i%64)&1 == 1 }

func (c cells) with(i int) cells {
	c[i/64] |= 1 << (i % 64)
	return c
}

func (c cells) or(d cells) cells { return cells{c[0] | d[0], c[1] | d[1]} }

func (c cells) and(d cells) cells { return cells{c[0] & d[0], c[1] & d[1]} }

func (c cells) without(d cells) cells { return cells{c[0] &^ d[0], c[1] &^ d[1]} }

func (c cells) count() int { return bits.OnesCount64(c[0]) + bits.OnesCount64(c[1]) }

func (c cells) empty() bool { return c == cells{} }

// first is the lowest cell of a set that is not empty.
func (c cells) first() int {
	if c[0] != 0 {
		return bits.TrailingZeros64(c[0])
	}
	return 64 + bits.TrailingZeros64(c[1])
}

// names has the cells' names: the column's letter and the row's number.
var names = func() (names [total]string) {
	for i := range names {
		names[i] = string(rune('a'+i%size)) + []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}[i/size]
	}
	return names
}()

// cellNamed finds the cell of a name such as "b7".
func cellNamed(name string) (i int, ok bool) {
	if len(name) < 2 || len(name) > 3 || name[0] < 'a' || name[0] > 'j' || name[1] < '1' || name[1] > '9' {
		return 0, false
	}
	row := int(name[1] - '1')
	if len(name) == 3 {
		row = size - 1
	}
	i = row*size + int(name[0]-'a')
	return i, names[i] == name
}
