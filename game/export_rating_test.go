package game

import (
	"context"
	"math"
	"strconv"

	"github.com/everturn/everturn/entities"
)

// Expectation and Period are the steps of a rating, as the paper numbers them.
var Expectation = expectation

// Period gives φ, v, Δ and σ' of a rating period.
func Period(r Rating, games []Outcome) (phi, v, delta, sigma float64) {
	p := periodOf(r, games)
	return p.phi, p.variance, p.delta, p.volatility(r.Volatility)
}

// Shown rounds a rating as everybody is shown it.
var Shown = shown

// StoredRating is a player's rating as it is kept, and when its last game was.
func StoredRating(c *entities.Client, player, game string) (Rating, int64, bool) {
	s, _, _, err := players.Read(c, player)
	if r := s.Rated[game]; err == nil && r != nil {
		return r.Rating, r.Last, true
	}
	return Rating{}, 0, false
}

// PlaceOnBoard tells a leaderboard how a player stands.
func PlaceOnBoard(ctx context.Context, c *entities.Client, game, player, name string, r Rating, last int64, told uint64) error {
	_, err := boardPlace.Do(ctx, c, game, place{Player: player, Name: name, Rating: r, Games: 1, Last: last, Told: told})
	return err
}

// Rate tells a player of a rated game.
func Rate(ctx context.Context, c *entities.Client, player, game, match string, n int, opponent Rating, score Points) error {
	_, err := playerRate.Do(ctx, c, player, ratingChange{Game: game, Match: match, N: n, Score: score, Opponent: opponent, At: c.Now().UnixMilli()})
	return err
}

// EncodeBoard is the stored form of a leaderboard of so many players.
func EncodeBoard(players int) ([]byte, error) {
	var s boardState
	for n := range players {
		s.Places = append(s.Places, place{
			Player: strconv.Itoa(n), Name: "Zoë", Rating: Rating{Rating: 1500.5 - float64(n), Deviation: 60, Volatility: 0.06},
			Games: n, Last: -int64(n), Told: math.MaxUint64,
		})
	}
	return s.AppendState(nil)
}

// ReadBoard reads a stored leaderboard and stores it again.
func ReadBoard(b []byte) ([]byte, error) {
	var s boardState
	if err := s.LoadState(b); err != nil {
		return nil, err
	}
	return s.AppendState(nil)
}
