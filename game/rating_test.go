package game_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
)

// glickman is the worked example of Mark Glickman's "Example of the Glicko-2
// system" (glicko.net/glicko/glicko2.pdf).
var glickman = struct {
	player game.Rating
	games  []game.Outcome
	after  game.Rating
}{
	player: game.Rating{Rating: 1500, Deviation: 200, Volatility: 0.06},
	games: []game.Outcome{
		{Opponent: game.Rating{Rating: 1400, Deviation: 30, Volatility: 0.06}, Score: game.PointsWin},
		{Opponent: game.Rating{Rating: 1550, Deviation: 100, Volatility: 0.06}, Score: game.PointsLoss},
		{Opponent: game.Rating{Rating: 1700, Deviation: 300, Volatility: 0.06}, Score: game.PointsLoss},
	},
	after: game.Rating{Rating: 1464.06, Deviation: 151.52, Volatility: 0.05999},
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) { // also for NaN
		t.Errorf("%s is %v, not %v", what, got, want)
	}
}

func TestGlickmansExample(t *testing.T) {
	// Step 3: g(φj) and E of each opponent, as the paper gives them.
	for i, want := range [][2]float64{{0.9955, 0.639}, {0.9531, 0.432}, {0.7242, 0.303}} {
		weight, expected := game.Expectation(glickman.player, glickman.games[i].Opponent)
		near(t, "g", weight, want[0], 0.00005)
		near(t, "E", expected, want[1], 0.0005)
	}
	phi, v, delta, sigma := game.Period(glickman.player, glickman.games)
	near(t, "φ (step 2)", phi, 1.1513, 0.00005)
	near(t, "v (step 3)", v, 1.7785, 0.0006) // the paper goes on with rounded figures
	near(t, "Δ (step 4)", delta, -0.4834, 0.0006)
	near(t, "σ' (step 5)", sigma, 0.05999, 0.00001)
	near(t, "φ* (step 6)", math.Hypot(phi, sigma), 1.152862, 0.00001)

	after := glickman.player.After(glickman.games...)
	near(t, "r'", after.Rating, glickman.after.Rating, 0.01)
	near(t, "RD'", after.Deviation, glickman.after.Deviation, 0.01)
	near(t, "σ'", after.Volatility, glickman.after.Volatility, 0.00001)
}

// TestRatingProperties: what must hold for any two players and any result.
func TestRatingProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	draw := func() game.Rating {
		return game.Rating{Rating: 4000 * rnd.Float64(), Deviation: 20 + 330*rnd.Float64(), Volatility: 0.01 + 0.2*rnd.Float64()}
	}
	for range 20_000 {
		a, b := draw(), draw()
		win, tie, loss := one(a, b, game.PointsWin), one(a, b, game.PointsDraw), one(a, b, game.PointsLoss)
		for _, r := range []game.Rating{win, tie, loss} {
			if !(r.Deviation > 0 && r.Deviation <= 350) || !(r.Volatility > 0 && r.Volatility < 1) || math.IsNaN(r.Rating) {
				t.Fatalf("%+v against %+v becomes %+v", a, b, r)
			}
		}
		if !(win.Rating > a.Rating && loss.Rating < a.Rating && win.Rating > tie.Rating && tie.Rating > loss.Rating) {
			t.Fatalf("%+v against %+v: %+v by a win, %+v by a draw, %+v by a loss", a, b, win, tie, loss)
		}
		if (tie.Rating < a.Rating) != (a.Rating > b.Rating) {
			t.Fatalf("a draw of %+v with %+v leads to %+v", a, b, tie)
		}
		days := time.Duration(rnd.Int64N(int64(1000 * 24 * time.Hour)))
		later, never := a.Idle(days), a.Idle(-days)
		if later.Deviation < a.Deviation || later.Deviation > 350 || later.Rating != a.Rating || never != a {
			t.Fatalf("%+v idle for %v is %+v", a, days, later)
		}
		halves := a.Idle(days / 2).Idle(days - days/2)
		near(t, "the deviation after two halves", halves.Deviation, later.Deviation, 1e-6)
	}
}

// TestRatingsAreSymmetric: mirrored players change as in a mirror.
func TestRatingsAreSymmetric(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		gap, deviation := 1000*rnd.Float64(), 30+320*rnd.Float64()
		strong := game.Rating{Rating: 1500 + gap, Deviation: deviation, Volatility: 0.06}
		weak := game.Rating{Rating: 1500 - gap, Deviation: deviation, Volatility: 0.06}
		for _, score := range []game.Points{game.PointsWin, game.PointsDraw, game.PointsLoss} {
			up, down := one(strong, weak, score), one(weak, strong, 1-score)
			near(t, "the sum of the ratings", up.Rating+down.Rating, 3000, 1e-6)
			near(t, "the other's deviation", down.Deviation, up.Deviation, 1e-9)
			near(t, "the other's volatility", down.Volatility, up.Volatility, 1e-9)
		}
	}
}

// TestRatingFindsTheStrength: who plays as strong as 1,900 ends there, and is no
// guess any more; who then stays away for a season is one again.
func TestRatingFindsTheStrength(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	truth := game.Rating{Rating: 1900}
	r := game.NewRating()
	if !r.Provisional() {
		t.Error("a newcomer's rating is no guess")
	}
	for range 400 {
		opponent := game.Rating{Rating: 1500 + 600*rnd.Float64(), Deviation: 60, Volatility: 0.06}
		score := game.PointsLoss
		if _, expected := game.Expectation(truth, opponent); rnd.Float64() < expected {
			score = game.PointsWin
		}
		r = one(r, opponent, score)
	}
	near(t, "the rating after 400 games", r.Rating, truth.Rating, 120)
	if r.Provisional() || !r.Idle(100*24*time.Hour).Provisional() {
		t.Errorf("after 400 games: %+v", r)
	}
	near(t, "the deviation of a whole idle period", r.Idle(24*time.Hour).Deviation, r.After().Deviation, 1e-12)
}

func one(r, opponent game.Rating, score game.Points) game.Rating {
	return r.After(game.Outcome{Opponent: opponent, Score: score})
}
