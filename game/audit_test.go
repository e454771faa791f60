package game_test

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

// bout is one game of one match.
type bout struct {
	match string
	n     int
}

// audit computes the ratings of these players afresh, from the records of the
// matches alone, and compares them with what the players, the settlements and
// the leaderboards say. The order in which a player's games were settled, and
// when, is the player's to tell; which games, and how they ended, is not.
func (h *house) audit(games, matches []string, people ...game.Player) {
	h.t.Helper()
	type side struct {
		player string
		rating game.Rating
		last   int64
	}
	for _, g := range games {
		var told map[bout]game.Numbered
		var due map[bout]game.Record
		var seats map[string][]game.Seat
		h.eventually("every game that counts is settled", func() bool {
			told, due, seats = h.settlements(g, matches)
			return len(told) >= len(due)
		})
		if len(told) != len(due) {
			h.t.Errorf("%s: %d games are settled of %d that count", g, len(told), len(due))
		}

		sides, queues, ats := map[string]*side{}, map[string][]game.RatedGame{}, map[bout]int64{}
		for _, p := range people {
			sides[p.ID] = &side{p.ID, game.NewRating(), 0}
			profile, err := h.Profile(p.ID)
			h.must(err)
			for _, r := range profile.History {
				if r.Game == g {
					queues[p.ID] = append(queues[p.ID], r)
					ats[bout{r.Match, r.N}] = r.At
				}
			}
		}
		// A game is next if it is the next of both of its players.
		for left := len(due); left > 0; left-- {
			found := false
			for _, p := range people {
				q := queues[p.ID]
				if len(q) == 0 {
					continue
				}
				b := bout{q[0].Match, q[0].N}
				other := seats[b.match][0].Player
				if other == p.ID {
					other = seats[b.match][1].Player
				}
				if oq := queues[other]; len(oq) == 0 || (bout{oq[0].Match, oq[0].N}) != b {
					continue
				}
				found = true
				var before, after [2]game.Rating
				for seat, s := range seats[b.match] {
					x := sides[s.Player]
					before[seat] = x.rating
					if x.last > 0 {
						before[seat] = x.rating.Idle(time.Duration(ats[b]-x.last) * time.Millisecond)
					}
				}
				for seat, s := range seats[b.match] {
					score := game.PointsLoss
					switch result := due[b].Result; {
					case result == nil:
						h.t.Fatalf("%v was settled and does not count", b)
					case result.Kind == game.Draw:
						score = game.PointsDraw
					case result.Winners[0] == seat:
						score = game.PointsWin
					}
					after[seat] = before[seat].After(game.Outcome{Opponent: before[1-seat], Score: score})
					x := sides[s.Player]
					x.rating, x.last = after[seat], max(x.last, ats[b])
					if got := queues[s.Player][0]; got.Score != score || got.Rating != game.Shown(after[seat].Rating) {
						h.t.Errorf("%v of %s: %+v, not %v", b, s.Name, got, after[seat])
					}
					queues[s.Player] = queues[s.Player][1:]
				}
				e := told[b]
				if diff := cmp.Diff(
					[]float64{game.Shown(before[0].Rating), game.Shown(before[1].Rating), game.Shown(after[0].Rating), game.Shown(after[1].Rating)},
					append(append([]float64{}, e.Before...), e.After...)); diff != "" {
					h.t.Errorf("the settlement of %v:\n%s", b, diff)
				}
				break
			}
			if !found {
				h.t.Fatalf("%s: %d games that count are in nobody's history, or in two orders", g, left)
			}
		}

		entries := 0
		for _, p := range people {
			x := sides[p.ID]
			if len(queues[p.ID]) > 0 {
				h.t.Errorf("%s has games that do not count: %+v", p.Name, queues[p.ID])
			}
			rating, last, ok := game.StoredRating(h.entities, p.ID, g)
			if x.last == 0 && ok || x.last != 0 && (rating != x.rating || last != x.last) {
				h.t.Errorf("%s has %+v of %d, by the records %+v of %d", p.Name, rating, last, x.rating, x.last)
			}
			if x.last != 0 {
				entries++
			}
		}
		// The leaderboard hears of it a moment later.
		h.eventually(fmt.Sprintf("a leaderboard of %s that agrees", g), func() bool {
			list, err := h.Leaderboard(g, game.BoardSize)
			h.must(err)
			if len(list) != entries {
				return false
			}
			for i, row := range list {
				x := sides[row.Player]
				p, err := h.Player(row.Player)
				h.must(err)
				if x == nil || row.Rating != game.Shown(x.rating.Rating) || row.Rank != i+1 || row.Games != p.Ratings[g].Games || row.Name != p.Name {
					return false
				}
			}
			return true
		})
	}
}

// settlements are those of the matches of a game, the games that are to have
// one, and who sits in the matches.
func (h *house) settlements(g string, matches []string) (told map[bout]game.Numbered, due map[bout]game.Record, seats map[string][]game.Seat) {
	h.t.Helper()
	told, due, seats = map[bout]game.Numbered{}, map[bout]game.Record{}, map[string][]game.Seat{}
	for _, id := range matches {
		s, _, err := h.Match(id)
		h.must(err)
		if s.Game != g {
			continue
		}
		seats[id] = s.Seats
		n := 0
		for _, e := range h.events(id) {
			switch e.Kind {
			case game.EventStarted:
				n = e.N
			case game.EventSettled:
				if _, twice := told[bout{id, n}]; twice {
					h.t.Errorf("game %d of %s is settled twice", n, id)
				}
				told[bout{id, n}] = e
			}
		}
		for n := 1; n <= s.N; n++ {
			r, err := h.Record(id, "", n)
			h.must(err)
			moved := [2]bool{}
			for _, m := range r.Moves {
				moved[m.Seat] = true
			}
			if s.Rated && r.Result != nil && moved == [2]bool{true, true} {
				due[bout{id, n}] = r
			}
		}
	}
	return told, due, seats
}
