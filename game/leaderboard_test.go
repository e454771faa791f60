package game_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
)

func (h *house) place(player, name string, r game.Rating, last time.Time, told uint64) {
	h.t.Helper()
	h.must(game.PlaceOnBoard(ctx, h.entities, "tictactoe", player, name, r, last.UnixMilli(), told))
}

func (h *house) names(limit int) (names []string) {
	h.t.Helper()
	list, err := h.Leaderboard("tictactoe", limit)
	h.must(err)
	for i, row := range list {
		if row.Rank != i+1 {
			h.t.Errorf("rank %d is the line %d", row.Rank, i+1)
		}
		names = append(names, row.Name)
	}
	return names
}

func TestLeaderboardOrder(t *testing.T) {
	h := openHouse(t)
	sure := func(r float64) game.Rating { return game.Rating{Rating: r, Deviation: 60, Volatility: 0.06} }
	now := time.Now()
	h.place("a", "Ann", sure(1600), now, 1)
	h.place("b", "Bea", sure(1700), now, 1)
	h.place("c", "Cleo", game.Rating{Rating: 1900, Deviation: 200, Volatility: 0.06}, now, 1)
	h.place("d", "Dora", sure(1800), now.Add(-200*24*time.Hour), 1) // so long ago that nobody knows
	h.place("e", "Eve", sure(1600), now, 1)
	check := func(when, want string) {
		t.Helper()
		if got := fmt.Sprint(h.names(10)); got != want {
			t.Errorf("%s: %s, not %s", when, got, want)
		}
	}
	check("at first", "[Bea Ann Eve Cleo Dora]")
	h.place("a", "Annie", sure(1750), now, 2)
	check("after a win", "[Annie Bea Eve Cleo Dora]")
	h.place("a", "Ann", sure(1600), now, 1)
	check("after old news", "[Annie Bea Eve Cleo Dora]")
	h.restart()
	check("after a restart", "[Annie Bea Eve Cleo Dora]")
	if list := h.names(2); len(list) != 2 {
		t.Errorf("the best two are %v", list)
	}
	list, err := h.Leaderboard("tictactoe", 10)
	h.must(err)
	if !list[3].Provisional || !list[4].Provisional || list[2].Provisional || list[4].Deviation < 110 {
		t.Errorf("provisional: %+v", list)
	}
	if _, err := h.Leaderboard("chess", 10); refusalOf(err) != game.CodeBadRequest {
		t.Errorf("an unknown game: %v", err)
	}
}

// TestLeaderboardIsBounded: of more than it keeps, the last one goes.
func TestLeaderboardIsBounded(t *testing.T) {
	h := openHouse(t)
	for n := range game.BoardSize + 3 {
		r := game.Rating{Rating: 1000 + float64((n*7)%(game.BoardSize+3)), Deviation: 60, Volatility: 0.06}
		h.place(fmt.Sprint(n), fmt.Sprint(r.Rating), r, time.Now(), 1)
	}
	names := h.names(2 * game.BoardSize)
	if len(names) != game.BoardSize || names[0] != "2002" || names[game.BoardSize-1] != "1003" {
		t.Errorf("%d players, from %s to %s", len(names), names[0], names[len(names)-1])
	}
}

// TestLeaderboardsAreStoredWhole: what is stored is read again as it was, and
// anything less, or more, is refused.
func TestLeaderboardsAreStoredWhole(t *testing.T) {
	for _, players := range []int{0, 1, 3} {
		b, err := game.EncodeBoard(players)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := game.ReadBoard(b); err != nil || string(again) != string(b) {
			t.Errorf("%d players: %x becomes %x, %v", players, b, again, err)
		}
		for n := range b {
			if _, err := game.ReadBoard(b[:n]); err == nil {
				t.Errorf("%d players: %d of %d bytes are a leaderboard", players, n, len(b))
			}
		}
		if _, err := game.ReadBoard(append(b, 0)); err == nil {
			t.Errorf("%d players: a byte too much is read", players)
		}
	}
}

// TestRenamingReachesTheLeaderboard, also where the player plays no more.
func TestRenamingReachesTheLeaderboard(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.playOut(id, "a", lineOf, ann, bea)
	h.untilSettled(id, 1)
	_, err := h.Rename(ctx, ann.ID, "Annie")
	h.must(err)
	h.eventually("the new name", func() bool { return fmt.Sprint(h.names(10)) == "[Annie Bea]" })
}

// TestRatedHistoryIsBounded: the last games are remembered one by one, all of them
// are counted.
func TestRatedHistoryIsBounded(t *testing.T) {
	h := openHouse(t)
	ann := h.player("Ann")
	for n := range game.MaxHistory + 5 {
		h.must(game.Rate(ctx, h.entities, ann.ID, "tictactoe", "m", n+1, game.NewRating(), game.Points(n%2)))
	}
	p, err := h.Profile(ann.ID)
	h.must(err)
	if len(p.History) != game.MaxHistory || p.History[0].N != 6 || p.History[game.MaxHistory-1].N != game.MaxHistory+5 {
		t.Errorf("%d games from %d on", len(p.History), p.History[0].N)
	}
	if p.Ratings["tictactoe"].Games != game.MaxHistory+5 || p.Rated["tictactoe"].Won+p.Rated["tictactoe"].Lost != game.MaxHistory+5 {
		t.Errorf("counted: %+v, %+v", p.Ratings, p.Rated)
	}
}

// BenchmarkSettle is a settlement with what follows from it: both players'
// entities with full histories, and a full leaderboard.
func BenchmarkSettle(b *testing.B) {
	h := openHouse(b)
	for n := range game.BoardSize {
		h.place(fmt.Sprintf("%026d", n), fmt.Sprint("Player ", n), game.NewRating(), time.Now(), 1)
	}
	ann, bea := h.player("Ann"), h.player("Bea")
	for n := range game.MaxHistory {
		for _, p := range []game.Player{ann, bea} {
			h.must(game.Rate(ctx, h.entities, p.ID, "tictactoe", "mmmmmmmmmmmmmmmmmmmmmmmmmm", n+1, game.NewRating(), game.PointsDraw))
		}
	}
	for b.Loop() {
		b.StopTimer()
		id := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
		h.playOut(id, "a", lineOf[:4], ann, bea)
		f := h.follow(id)
		b.StartTimer()
		h.move(id, ann, "win", lineOf[4])
		for h.until(f, (*game.Table).Over); f.Table.Seq < 10; {
			_, err := f.Next(ctx)
			h.must(err)
		}
	}
}

// BenchmarkPlace is a full leaderboard that hears of a player.
func BenchmarkPlace(b *testing.B) {
	h := openHouse(b)
	for n := range game.BoardSize {
		h.place(fmt.Sprintf("%026d", n), fmt.Sprint("Player ", n), game.NewRating(), time.Now(), 1)
	}
	for n := uint64(2); b.Loop(); n++ {
		h.place(fmt.Sprintf("%026d", n%game.BoardSize), "Somebody", game.NewRating(), time.Now(), n)
	}
}

// BenchmarkLeaderboard is the reading of a full leaderboard.
func BenchmarkLeaderboard(b *testing.B) {
	h := openHouse(b)
	for n := range game.BoardSize {
		h.place(fmt.Sprintf("%026d", n), fmt.Sprint("Player ", n), game.NewRating(), time.Now(), 1)
	}
	for b.Loop() {
		h.names(50)
	}
}
