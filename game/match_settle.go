package game

// settleRatings has the ratings of the players follow from a rated game that was
// won or drawn.
func (m *match) settleRatings() {}
