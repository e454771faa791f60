package game

// firstRating is the rating of a player who has not played a game rated yet.
const firstRating = 1500

// rating is a player's rating in a game: firstRating until there is another. It
// reads the player, and fails as [Desk.Player] does.
func (d *Desk) rating(player, game string) (float64, error) {
	p, err := d.Player(player)
	if err != nil {
		return 0, err
	}
	if r, rated := p.Ratings[game]; rated {
		return r.Rating, nil
	}
	return firstRating, nil
}
