package game

import "slices"

// SeriesScore is how a match stands over its games: "2 – 1". Games that were void do
// not count. Scores are values: methods give new ones.
type SeriesScore struct {
	Won   []int `json:"won"` // games, by seat
	Drawn int   `json:"drawn"`
}

// With is the score after another game; a game that is not over changes
// nothing. It may be called on nil, the score before the first.
func (s *SeriesScore) With(r *Result, seats int) *SeriesScore {
	next := &SeriesScore{Won: make([]int, seats)}
	if s != nil {
		copy(next.Won, s.Won)
		next.Drawn = s.Drawn
	}
	switch {
	case r == nil || r.Kind == Void:
	case r.Kind == Draw:
		next.Drawn++
	default:
		for seat := range next.Won {
			if slices.Contains(r.Winners, seat) {
				next.Won[seat]++
			}
		}
	}
	return next
}
