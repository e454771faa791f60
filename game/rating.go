package game

import (
	"math"
	"time"
)

// Rating is how strong a player is at a game, by Glicko-2 (Mark Glickman,
// "Example of the Glicko-2 system", glicko.net/glicko/glicko2.pdf), on the scale
// that people see: the strength is most likely within two deviations of the
// rating. The volatility is how much the strength is expected to change.
type Rating struct {
	Rating     float64 `json:"rating"`
	Deviation  float64 `json:"deviation"`
	Volatility float64 `json:"volatility"`
}

// NewRating is that of a player of whom nothing is known.
func NewRating() Rating { return Rating{Rating: 1500, Deviation: maxDeviation, Volatility: 0.06} }

const (
	// maxDeviation is that of a newcomer: nobody can be less known.
	maxDeviation = 350
	// provisionalDeviation is above which a rating is still a guess; the number
	// is lichess.org's.
	provisionalDeviation = 110
	// ratingTau is how fast volatilities change; Glickman advises 0.3 to 1.2.
	ratingTau = 0.5
	// idlePeriod without a rated game is a rating period in which nothing was
	// learnt: the deviation grows. A rated game is a period of its own.
	idlePeriod = 24 * time.Hour
	// glickoScale is between the scale that people see and the paper's own.
	glickoScale = 173.7178
)

// Points are what a game was worth to a player.
type Points float64

// The points of a game.
const (
	PointsLoss Points = 0
	PointsDraw Points = 0.5
	PointsWin  Points = 1
)

// Outcome is one game of a rating period: against whom, and the score.
type Outcome struct {
	Opponent Rating
	Score    Points
}

// Provisional says whether the rating is still a guess.
func (r Rating) Provisional() bool { return r.Deviation > provisionalDeviation }

// Idle is the rating after a time without a game, in which it gets less sure:
// the paper's step 6 for each period, in proportion for parts of one.
func (r Rating) Idle(d time.Duration) Rating {
	if d <= 0 {
		return r
	}
	periods := float64(d) / float64(idlePeriod)
	sigma := r.Volatility * glickoScale
	r.Deviation = min(math.Sqrt(r.Deviation*r.Deviation+periods*sigma*sigma), maxDeviation)
	return r
}

// After is the rating after one period with these games, all of them against
// opponents as they were when it began. Without games it is a period idle.
func (r Rating) After(games ...Outcome) Rating {
	if len(games) == 0 {
		return r.Idle(idlePeriod)
	}
	p := periodOf(r, games)
	sigma := p.volatility(r.Volatility)
	// Steps 6 to 8: the deviation grows by the volatility, shrinks by what was
	// learnt, and the rating moves the more, the less it was sure.
	grown := p.phi*p.phi + sigma*sigma
	phi := 1 / math.Sqrt(1/grown+1/p.variance)
	return Rating{
		Rating:     r.Rating + glickoScale*phi*phi*p.surprise,
		Deviation:  min(phi*glickoScale, maxDeviation),
		Volatility: sigma,
	}
}

// period is a rating period on the paper's scale: its steps 2 to 4.
type period struct {
	phi      float64
	variance float64 // v: of the rating, as far as the games tell
	surprise float64 // sum of g(φ)(score − expected)
	delta    float64 // Δ = v × surprise: the improvement that the games suggest
}

func periodOf(r Rating, games []Outcome) period {
	p := period{phi: r.Deviation / glickoScale}
	information := 0.0
	for _, game := range games {
		weight, expected := expectation(r, game.Opponent)
		information += weight * weight * expected * (1 - expected)
		p.surprise += weight * (float64(game.Score) - expected)
	}
	p.variance = 1 / information
	p.delta = p.variance * p.surprise
	return p
}

// expectation is the score to expect against an opponent, and how much the game
// weighs: g(φ), the less the less is known of the opponent.
func expectation(r, opponent Rating) (weight, expected float64) {
	phi := opponent.Deviation / glickoScale
	weight = 1 / math.Sqrt(1+3*phi*phi/(math.Pi*math.Pi))
	return weight, 1 / (1 + math.Exp(-weight*(r.Rating-opponent.Rating)/glickoScale))
}

// volatility is step 5: the root of the paper's f by the Illinois method.
func (p *period) volatility(sigma float64) float64 {
	const (
		tolerance = 1e-6
		enough    = 100 // steps; it takes a few
	)
	phi2, delta2 := p.phi*p.phi, p.delta*p.delta
	a := math.Log(sigma * sigma)
	f := func(x float64) float64 {
		e := math.Exp(x)
		d := phi2 + p.variance + e
		return e*(delta2-d)/(2*d*d) - (x-a)/(ratingTau*ratingTau)
	}
	low, high := a, 0.0
	if delta2 > phi2+p.variance {
		high = math.Log(delta2 - phi2 - p.variance)
	} else {
		for high = a - ratingTau; f(high) < 0; {
			high -= ratingTau
		}
	}
	atLow, atHigh := f(low), f(high)
	for n := 0; math.Abs(high-low) > tolerance && n < enough; n++ {
		x := low + (low-high)*atLow/(atHigh-atLow)
		at := f(x)
		if at*atHigh <= 0 {
			low, atLow = high, atHigh
		} else {
			atLow /= 2
		}
		high, atHigh = x, at
	}
	return math.Exp(low / 2)
}

// shown rounds a rating or deviation to the tenth that everybody is shown.
func shown(x float64) float64 { return math.Round(x*10) / 10 }
