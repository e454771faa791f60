package game

import (
	"maps"
	"slices"
	"time"

	"github.com/everturn/everturn/entities"
)

// rated is what a player's entity keeps of one game that was played for ratings.
type rated struct {
	Rating
	Games   int         `json:"games"`
	Won     int         `json:"won,omitempty"`
	Drawn   int         `json:"drawn,omitempty"`
	Lost    int         `json:"lost,omitempty"`
	Last    int64       `json:"last"`    // when the last was settled, wall milliseconds
	History []ratedGame `json:"history"` // the latest, oldest first
}

// ratedGame is one game of a match and the rating that it led to. Its names are
// short because a player has hundreds of them.
type ratedGame struct {
	Match  string  `json:"m,omitempty"` // empty for one that is private
	N      int     `json:"n"`
	Score  Points  `json:"s"`
	Rating float64 `json:"r"` // as shown
	At     int64   `json:"at"`
}

// MaxHistory is how many of a player's rated games of one game are remembered
// one by one.
const MaxHistory = 100

// ratingNow asks a player for the rating in a game as of a moment: the operation
// that a settlement begins with.
type ratingNow struct {
	Game string `json:"game"`
	At   int64  `json:"at"` // wall milliseconds
}

var playerRating = entities.On(players, "rating", func(_ *entities.Context, s *playerState, in ratingNow) (Rating, error) {
	if s.Created == 0 {
		return Rating{}, noPlayer()
	}
	return s.ratingAt(in.Game, in.At), nil
})

// ratingChange is a rated game that is over, as one of its players has it.
type ratingChange struct {
	Game     string `json:"game"`
	Match    string `json:"match,omitempty"` // empty for one that is private
	N        int    `json:"n"`
	Score    Points `json:"score"`
	Opponent Rating `json:"opponent"` // before the game
	At       int64  `json:"at"`       // wall milliseconds
}

// playerRate takes a rated game in and gives the rating after it. The arithmetic
// is done here and not by the match, so that a match of long ago replays with
// the numbers of then, whatever the formula and the machine are today. The
// leaderboard hears of it with the same commit.
var playerRate = entities.On(players, "rate", func(c *entities.Context, s *playerState, in ratingChange) (Rating, error) {
	if s.Created == 0 {
		return Rating{}, noPlayer()
	}
	now := s.ratingAt(in.Game, in.At).After(Outcome{Opponent: in.Opponent, Score: in.Score})
	if s.Rated == nil {
		s.Rated = map[string]*rated{}
	}
	r := s.Rated[in.Game]
	if r == nil {
		r = &rated{}
		s.Rated[in.Game] = r
	}
	r.take(in, now)
	return now, s.announce(c, in.Game)
})

// ratingAt is the player's rating in a game at a moment: less sure, the longer
// the last game was ago.
func (s *playerState) ratingAt(game string, at int64) Rating {
	r := s.Rated[game]
	if r == nil {
		return NewRating()
	}
	return r.at(at)
}

func (r *rated) at(at int64) Rating { return r.Idle(time.Duration(at-r.Last) * time.Millisecond) }

// take makes a game that is over the player's last.
func (r *rated) take(in ratingChange, now Rating) {
	r.Rating = now
	r.Games++
	switch in.Score {
	case PointsWin:
		r.Won++
	case PointsDraw:
		r.Drawn++
	default:
		r.Lost++
	}
	r.Last = max(r.Last, in.At) // matches of two partitions may disagree by a moment
	r.History = append(r.History, ratedGame{Match: in.Match, N: in.N, Score: in.Score, Rating: shown(now.Rating), At: in.At})
	if over := len(r.History) - MaxHistory; over > 0 {
		r.History = slices.Clone(r.History[over:])
	}
}

// announce tells the leaderboard of a game how the player stands and is called.
func (s *playerState) announce(c *entities.Context, game string) error {
	r := s.Rated[game]
	s.Told++
	return boardPlace.Signal(c, game, place{Player: c.Key(), Name: s.Name, Rating: r.Rating, Games: r.Games, Last: r.Last, Told: s.Told})
}

// announceAll is announce for all games that the player has a rating in.
func (s *playerState) announceAll(c *entities.Context) error {
	for _, game := range slices.Sorted(maps.Keys(s.Rated)) {
		if err := s.announce(c, game); err != nil {
			return err
		}
	}
	return nil
}
