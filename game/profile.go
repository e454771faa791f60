package game

import (
	"cmp"
	"maps"
	"slices"
)

// Standing is a player's rating in one game as everybody may know it: rounded to
// a tenth, as sure as it is now.
type Standing struct {
	Rating      float64 `json:"rating"`
	Deviation   float64 `json:"deviation"`
	Games       int     `json:"games"`
	Provisional bool    `json:"provisional"` // the deviation is above 110: a guess
}

func standing(r Rating, games int) Standing {
	return Standing{Rating: shown(r.Rating), Deviation: shown(r.Deviation), Games: games, Provisional: r.Provisional()}
}

// Profile is what everybody may know of a player and the rated games.
type Profile struct {
	Player
	Rated   map[string]Tally `json:"rated"`   // by game
	History []RatedGame      `json:"history"` // oldest first, at most MaxHistory of each game
}

// Tally is what rated games came to.
type Tally struct {
	Won   int `json:"won"`
	Drawn int `json:"drawn"`
	Lost  int `json:"lost"`
}

// RatedGame is a game that changed a rating, and the rating after it.
type RatedGame struct {
	Game   string  `json:"game"`
	Match  string  `json:"match,omitempty"` // empty for one that is private
	N      int     `json:"n"`               // which game of the match
	Score  Points  `json:"score"`           // 1, 0.5 or 0
	Rating float64 `json:"rating"`
	At     int64   `json:"at"` // wall milliseconds
}

// Profile gives a player's profile; CodeNotFound if there is no such player.
func (d *Desk) Profile(id string) (Profile, error) {
	s, err := d.readPlayer(id)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{Player: s.public(id, d.now()), Rated: map[string]Tally{}, History: []RatedGame{}}
	for _, game := range slices.Sorted(maps.Keys(s.Rated)) {
		r := s.Rated[game]
		p.Rated[game] = Tally{Won: r.Won, Drawn: r.Drawn, Lost: r.Lost}
		for _, g := range r.History {
			p.History = append(p.History, RatedGame{Game: game, Match: g.Match, N: g.N, Score: g.Score, Rating: g.Rating, At: g.At})
		}
	}
	slices.SortStableFunc(p.History, func(a, b RatedGame) int { return cmp.Compare(a.At, b.At) })
	return p, nil
}
