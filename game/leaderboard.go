package game

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/everturn/everturn/entities"
)

// BoardSize is how many players a game's leaderboard keeps.
const BoardSize = 1000

// boardState is the leaderboard of one game as an entity. Players' entities tell
// it of every change, with the commit that makes the change, so that it has
// nothing of its own to lose. It keeps the best BoardSize of those it heard of:
// who fell out comes back with the next rated game. Its places are in no order,
// since a rating gets less sure, and the order another, by time alone.
type boardState struct {
	Places []place
}

// place is what a leaderboard knows of a player.
type place struct {
	Player string `json:"player"`
	Name   string `json:"name"`
	Rating
	Games int    `json:"games"`
	Last  int64  `json:"last"` // rated game, wall milliseconds
	Told  uint64 `json:"told"` // grows with everything that the player tells
}

var leaderboards = entities.Define("leaderboard", func(string) boardState { return boardState{} })

// boardPlace takes in how a player stands now. What is older than what is known
// changes nothing.
var boardPlace = entities.On(leaderboards, "place", func(c *entities.Context, s *boardState, in place) (struct{}, error) {
	i := slices.IndexFunc(s.Places, func(p place) bool { return p.Player == in.Player })
	switch {
	case i < 0:
		s.Places = append(s.Places, in)
	case in.Told > s.Places[i].Told:
		s.Places[i] = in
	}
	if len(s.Places) > BoardSize {
		s.dropLast(c.Now().UnixMilli())
	}
	return struct{}{}, nil
})

func (s *boardState) dropLast(now int64) {
	last := 0
	for i := range s.Places {
		if s.Places[last].compare(&s.Places[i], now) < 0 {
			last = i
		}
	}
	s.Places = slices.Delete(s.Places, last, last+1)
}

// compare says which of two is ahead at a moment, as a negative number if p is.
// Those whose rating is established are ahead of those whose is provisional: a
// newcomer's two lucky games are no first place.
func (p *place) compare(q *place, now int64) int {
	if p.at(now).Provisional() != q.at(now).Provisional() {
		if q.at(now).Provisional() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(q.Rating.Rating, p.Rating.Rating), cmp.Compare(p.Player, q.Player))
}

func (p *place) at(now int64) Rating { return p.Idle(time.Duration(now-p.Last) * time.Millisecond) }

// Ranked is a line of a leaderboard.
type Ranked struct {
	Rank   int    `json:"rank"` // from 1
	Player string `json:"player"`
	Name   string `json:"name"`
	Standing
}

// Leaderboard gives the best players of a game as of now, at most limit: those
// with established ratings, best first, then the provisional ones. An unknown
// game is a Refusal with CodeBadRequest.
func (d *Desk) Leaderboard(game string, limit int) ([]Ranked, error) {
	if _, err := d.Games.Get(game); err != nil {
		return nil, err
	}
	s, _, _, err := leaderboards.Read(d.entities, game)
	if err != nil {
		return nil, fmt.Errorf("game: leaderboard of %s: %w", game, err)
	}
	now := d.now()
	slices.SortFunc(s.Places, func(p, q place) int { return p.compare(&q, now) })
	list := make([]Ranked, 0, min(limit, len(s.Places)))
	for i := range s.Places[:min(limit, len(s.Places))] {
		p := &s.Places[i]
		list = append(list, Ranked{Rank: i + 1, Player: p.Player, Name: p.Name, Standing: standing(p.at(now), p.Games)})
	}
	return list, nil
}
