package report

import (
	"math"
	"slices"
)

// Figures are what a server tells about itself at one moment. Counters start
// at 0 with its process.
type Figures struct {
	Started    float64 // of the process, in seconds since 1970: another one is another process
	Memory     float64 // resident, in bytes
	Goroutines float64
	CPU        float64 // seconds of processor time so far

	CommitTurns   Distribution // turns of a commit
	CommitBytes   Distribution // keys and values of a commit, in bytes
	CommitSeconds Distribution // how long a commit took
}

// Distribution is a histogram as Prometheus has it.
type Distribution struct {
	Sum, Count float64
	Buckets    []Bucket // by their edges
}

// Bucket is how many observations were at most so much.
type Bucket struct{ Edge, Count float64 }

// since is what was counted from the figures before until these. Another
// process has started from 0: what the one before did after its last figures
// is not known.
func (f Figures) since(before *Figures) Figures {
	if f.Started != before.Started {
		return f
	}
	f.CPU -= before.CPU
	f.CommitTurns = f.CommitTurns.plus(before.CommitTurns, -1)
	f.CommitBytes = f.CommitBytes.plus(before.CommitBytes, -1)
	f.CommitSeconds = f.CommitSeconds.plus(before.CommitSeconds, -1)
	return f
}

// plus adds what was counted in more; the gauges are those of more.
func (f Figures) plus(more *Figures) Figures {
	sum := *more
	sum.CPU += f.CPU
	sum.CommitTurns = f.CommitTurns.plus(more.CommitTurns, 1)
	sum.CommitBytes = f.CommitBytes.plus(more.CommitBytes, 1)
	sum.CommitSeconds = f.CommitSeconds.plus(more.CommitSeconds, 1)
	return sum
}

// plus adds the other one so many times. The edges of one server's histograms
// do not change; where only one has buckets, they are its.
func (d Distribution) plus(other Distribution, times float64) Distribution {
	sum := Distribution{Sum: d.Sum + times*other.Sum, Count: d.Count + times*other.Count, Buckets: slices.Clone(d.Buckets)}
	if len(d.Buckets) == 0 {
		sum.Buckets = make([]Bucket, len(other.Buckets))
	}
	for i := range min(len(sum.Buckets), len(other.Buckets)) {
		sum.Buckets[i].Edge = other.Buckets[i].Edge
		sum.Buckets[i].Count += times * other.Buckets[i].Count
	}
	return sum
}

// mean is the average of the observations; NaN if there are none.
func (d Distribution) mean() float64 { return d.Sum / d.Count }

// quantile is what the given part (0 to 1) of the observations did not exceed,
// as if they were spread evenly within their bucket; NaN if there are none, and
// the last edge for what is beyond it.
func (d Distribution) quantile(q float64) float64 {
	if d.Count == 0 || len(d.Buckets) == 0 {
		return math.NaN()
	}
	rank := q * d.Count
	var low Bucket
	for _, b := range d.Buckets {
		if b.Count >= rank && b.Count > low.Count {
			return low.Edge + (b.Edge-low.Edge)*(rank-low.Count)/(b.Count-low.Count)
		}
		low = b
	}
	return low.Edge
}
