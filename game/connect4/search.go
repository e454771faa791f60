package connect4

// The strongest bot always looks minDepth moves ahead, and further while it
// has looked at fewer than maxNodes positions: counting work instead of time
// keeps its choice a function of its arguments. On a 2020s core, maxNodes take
// some 20 ms.
const (
	minDepth = 8
	maxNodes = 400_000
)

// won, less the number of pieces on the board when it happens, is the value of
// a forced win, so that near wins are worth more than far ones.
const (
	won      = 1000
	infinity = won + 1
)

// centreFirst is the order in which columns are tried: good moves early let
// alpha-beta cut most.
var centreFirst = [columns]int{3, 2, 4, 1, 5, 0, 6}

// search is one search for the best move by negamax with alpha-beta on the
// bitboards. Positions are (own, taken): the pieces of the seat to move, and
// all pieces.
type search struct {
	table   []entry // by hash of the position; nil: none
	nodes   int
	limit   int // of nodes; beyond it stopped is set and values mean nothing
	stopped bool
}

// entry remembers a position that was searched depth moves deep: its value, or
// only a bound of it.
type entry struct {
	key   uint64
	value int16
	depth int8
	bound int8 // -1: the value is at most that; +1: at least; 0: exactly
}

const tableBits = 16

// best gives all columns whose value, depth moves deep, is the highest.
func (s *search) best(own, taken board, depth int) []int {
	var best []int
	value := -infinity
	for _, column := range centreFirst {
		piece := taken.drop(column)
		if piece == 0 {
			continue
		}
		// One below the best so far, so that an equal value comes out exact.
		v := s.afterMove(own, taken, piece, depth, value-1)
		if v > value {
			best, value = best[:0], v
		}
		if v == value {
			best = append(best, column)
		}
	}
	return best
}

func (s *search) afterMove(own, taken, piece board, depth, alpha int) int {
	if (own | piece).hasFour() {
		return won - taken.count() - 1
	}
	return -s.value(taken&^own, taken|piece, depth-1, -infinity, -max(alpha, -infinity))
}

// deepen searches deeper and deeper, as far as the node budget allows.
func (s *search) deepen(own, taken board) []int {
	s.table = make([]entry, 1<<tableBits)
	var best []int
	left := rows*columns - taken.count()
	for depth := min(minDepth, left); depth <= left; depth++ {
		if depth > minDepth {
			s.limit = maxNodes
		}
		found := s.best(own, taken, depth)
		if s.stopped {
			break
		}
		best = found
	}
	return best
}

// value is what the position is worth to the seat to move, looking depth moves
// ahead; outside of alpha and beta it is only a bound.
func (s *search) value(own, taken board, depth, alpha, beta int) int {
	s.nodes++
	if s.limit > 0 && s.nodes > s.limit {
		s.stopped = true
	}
	candidates, value, known := forced(own, taken)
	switch {
	case known || s.stopped:
		return value
	case depth <= 0:
		return estimate(own, taken)
	}
	if e := s.remembered(own, taken, depth); e != nil {
		v := int(e.value)
		if e.bound == 0 || e.bound > 0 && v >= beta || e.bound < 0 && v <= alpha {
			return v
		}
	}
	from, best := alpha, -infinity
	for _, column := range centreFirst {
		piece := candidates & columnOf(column)
		if piece == 0 {
			continue
		}
		best = max(best, -s.value(taken&^own, taken|piece, depth-1, -beta, -alpha))
		alpha = max(alpha, best)
		if alpha >= beta {
			break
		}
	}
	s.remember(own, taken, depth, best, from, beta)
	return best
}

// forced sees two moves ahead without searching. Either the value is known (a
// full board, a win at once, a loss at the opponent's next move), or it gives
// the moves that do not lose at once.
func forced(own, taken board) (candidates board, value int, known bool) {
	candidates = (taken + bottom) & full
	if candidates == 0 {
		return 0, 0, true
	}
	if own.threats(taken)&candidates != 0 {
		return 0, won - taken.count() - 1, true
	}
	dangers := (taken &^ own).threats(taken)
	if block := dangers & candidates; block != 0 {
		candidates = block
		if block&(block-1) != 0 { // one piece cannot block two
			candidates = 0
		}
	}
	candidates &^= dangers >> 1 // a piece below a danger is the opponent's step up to it
	if candidates == 0 {
		return 0, -(won - taken.count() - 2), true
	}
	return candidates, 0, false
}

// threats are the free cells that would complete four of b in a line.
func (b board) threats(taken board) board {
	cells := b << 1 & (b << 2) & (b << 3)
	for _, d := range directions[1:] {
		pair := b << d & (b << (2 * d))
		cells |= pair & (b<<(3*d) | b>>d)
		pair = b >> d & (b >> (2 * d))
		cells |= pair & (b>>(3*d) | b<<d)
	}
	return cells & full &^ taken
}

// The middle columns take part in more lines.
var (
	middle = columnOf(3)
	inner  = columnOf(2) | columnOf(3) | columnOf(4)
)

// estimate is the value where the search ends: threats count most, then the middle.
func estimate(own, taken board) int {
	other := taken &^ own
	return 8*(own.threats(taken).count()-other.threats(taken).count()) +
		(own & inner).count() - (other & inner).count() +
		(own & middle).count() - (other & middle).count()
}

// slot finds a position's place in the table. Its key is unique: own+taken
// +bottom marks each column's height and the pieces below.
func (s *search) slot(own, taken board) (*entry, uint64) {
	if s.table == nil {
		return nil, 0
	}
	key := uint64(own + taken + bottom)
	return &s.table[key*0x9E3779B97F4A7C15>>(64-tableBits)], key
}

func (s *search) remembered(own, taken board, depth int) *entry {
	e, key := s.slot(own, taken)
	if e == nil || e.key != key || int(e.depth) != depth {
		return nil
	}
	return e
}

func (s *search) remember(own, taken board, depth, value, alpha, beta int) {
	e, key := s.slot(own, taken)
	if e == nil || s.stopped {
		return
	}
	*e = entry{key: key, value: int16(value), depth: int8(depth)}
	switch {
	case value <= alpha:
		e.bound = -1
	case value >= beta:
		e.bound = 1
	}
}
