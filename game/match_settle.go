package game

import (
	"errors"
	"slices"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// ratingsPatch guards what a rated match does at the end of a game since there
// are ratings: one that was over before stays as it was.
const ratingsPatch = "ratings"

// lockAgain is how long a match waits before it asks once more for players whom
// too many others are waiting for.
const lockAgain = time.Second

// settleRatings changes the ratings of both players by the result of the game
// that is over, and publishes them. Both are locked meanwhile, so that of two
// matches that end at once one is settled after the other; both changes leave
// with one commit, so that there are both or none. What people ask of the match
// meanwhile waits in its mailbox. To take a match down does not interrupt it.
func (m *match) settleRatings() {
	if !m.t.countsForRatings() || !m.c.Patched(ratingsPatch) {
		return
	}
	orchestrator.Shielded(m.c, func() {
		unlock := m.lockPlayers()
		before, after := m.rate()
		unlock()
		m.publish(Event{Kind: EventSettled, Before: before, After: after})
	})
}

// countsForRatings says whether the game that is over changes ratings: somebody
// won or nobody did, of two people, each of whom has made a move. Who gives up,
// or stays away, before that has not played.
func (t *Table) countsForRatings() bool {
	if !t.Rated || t.Result == nil || t.Result.Kind != Win && t.Result.Kind != Draw || len(t.Seats) != 2 {
		return false
	}
	for seat, s := range t.Seats {
		if s.Player == "" || !t.hasMoved(seat) {
			return false
		}
	}
	return true
}

func (t *Table) hasMoved(seat int) bool {
	for i := range t.Moves {
		if m := &t.Moves[i]; m.Seat == seat && !m.Lapsed {
			return true
		}
	}
	return false
}

// lockPlayers begins a critical section over both players. It may be refused
// where too much waits for one of them already; then it is asked for again.
func (m *match) lockPlayers() (unlock func()) {
	for {
		unlock, err := entities.Lock(m.c, players.ID(m.t.Seats[0].Player), players.ID(m.t.Seats[1].Player))
		if err == nil {
			return unlock
		}
		if !passes(err) {
			panic(err)
		}
		_, err = m.c.Timer(lockAgain).Get()
		must(err)
	}
}

// passes says whether an error is one that goes away by itself.
func passes(err error) bool {
	var f *orchestrator.Failure
	return errors.As(err, &f) && (f.Code == orchestrator.CodeBusy || f.Code == orchestrator.CodeUnavailable)
}

// rate asks both players how they stand, and tells each of the game. It gives
// the ratings by seat, as they are shown.
func (m *match) rate() (before, after []float64) {
	at := m.c.Now().UnixMilli()
	was := make([]*entities.Future[Rating], len(m.t.Seats))
	for seat, s := range m.t.Seats {
		was[seat] = playerRating.Go(m.c, s.Player, ratingNow{Game: m.t.Game, At: at})
	}
	ratings, err := entities.All(was...)
	must(err)
	match := m.c.InstanceID()
	if m.t.Private {
		match = "" // it is nobody else's to find
	}
	is := make([]*entities.Future[Rating], len(m.t.Seats))
	for seat, s := range m.t.Seats {
		is[seat] = playerRate.Go(m.c, s.Player, ratingChange{
			Game: m.t.Game, Match: match, N: m.t.N, Score: m.t.Result.score(seat), Opponent: ratings[1-seat], At: at,
		})
	}
	rated, err := entities.All(is...)
	must(err)
	return shownAll(ratings), shownAll(rated)
}

// score is what a result is worth to a seat.
func (r *Result) score(seat int) Points {
	switch {
	case r.Kind == Draw:
		return PointsDraw
	case slices.Contains(r.Winners, seat):
		return PointsWin
	}
	return PointsLoss
}

func shownAll(ratings []Rating) []float64 {
	list := make([]float64, len(ratings))
	for i, r := range ratings {
		list[i] = shown(r.Rating)
	}
	return list
}
