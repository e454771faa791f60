package measure

import (
	"math"
	"sort"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a histogram tells apart: 1 µs to 60 s, three digits.
const (
	shortest = int64(1) // microseconds
	longest  = int64(time.Minute / time.Microsecond)
	digits   = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

// micros rounds up to a whole microsecond that a histogram takes.
func micros(d time.Duration) int64 {
	up := int64((d + time.Microsecond - 1) / time.Microsecond)
	return min(max(up, shortest), longest)
}

// Latency is how long something took, many times. It does not change, and may
// be read concurrently. The zero value has seen nothing.
type Latency struct{ h *hdrhistogram.Histogram }

// Bar is a part of a Latency: what took longer than From and no longer than To.
type Bar struct {
	From, To time.Duration
	Count    int64
}

// Count is how many times.
func (l Latency) Count() int64 {
	if l.h == nil {
		return 0
	}
	return l.h.TotalCount()
}

// At is what the given percentile (0 to 100) of the times did not exceed; 0 if
// there were none.
func (l Latency) At(percentile float64) time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return clip(l.h.ValueAtPercentile(percentile))
}

// Max is the longest; 0 if there were none.
func (l Latency) Max() time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return clip(l.h.Max())
}

// Mean is the average; 0 if there were none.
func (l Latency) Mean() time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return time.Duration(l.h.Mean() * float64(time.Microsecond))
}

// Bars are the times in classes of which ten make a power of ten, from the
// first class with something in it to the last. Their counts add up to Count.
// There are none if there were no times.
func (l Latency) Bars() []Bar {
	if l.Count() == 0 {
		return nil
	}
	bars := make([]Bar, len(edges)-1)
	for i := range bars {
		bars[i].From, bars[i].To = edges[i], edges[i+1]
	}
	first, last := len(bars), 0
	for _, b := range l.h.Distribution() {
		if b.Count == 0 {
			continue
		}
		n := sort.Search(len(bars), func(i int) bool { return clip(b.To) <= bars[i].To })
		bars[n].Count += b.Count
		first, last = min(first, n), n
	}
	return bars[first : last+1]
}

// edges lie between the classes of Bars: 0, 1 µs, 2 µs… 50 s, a minute.
var edges = func() []time.Duration {
	list := []time.Duration{0}
	for n := 0.0; list[len(list)-1] < time.Minute; n++ {
		edge := clip(int64(math.Round(math.Pow(10, n/10))))
		if edge > list[len(list)-1] {
			list = append(list, edge)
		}
	}
	return list
}()

// clip turns a histogram's microseconds into a time; the last class of a
// histogram reaches beyond what it takes.
func clip(us int64) time.Duration {
	return time.Duration(min(us, longest)) * time.Microsecond
}
