package game

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWindow(t *testing.T) {
	for waited, want := range map[int64]float64{
		-1: 100, 0: 100, 4_999: 100, 5_000: 125, 9_999: 125, 10_000: 150, 60_000: 400, 119_999: 675, 120_000: math.Inf(1), 600_000: math.Inf(1),
	} {
		if got := window(waited); got != want {
			t.Errorf("after %d ms: %v, not %v", waited, got, want)
		}
	}
}

// TestWaitForIsWindowTheOtherWayRound: it is the first moment at which the
// difference is within the window.
func TestWaitForIsWindowTheOtherWayRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		difference := rapid.Float64Range(0, 3_000).Draw(t, "difference")
		at := waitFor(difference)
		if window(at) < difference {
			t.Fatalf("after %d ms the window is %v", at, window(at))
		}
		if at > 0 && window(at-1) >= difference {
			t.Fatalf("after %d ms the window is %v already", at-1, window(at-1))
		}
	})
}

// waiters reads "a 1500 0": player, rating, since.
func waiters(lines ...string) (all []*queued) {
	for _, line := range lines {
		q := &queued{Waits: true}
		if _, err := fmt.Sscan(line, &q.Player, &q.Rating, &q.Since); err != nil {
			panic(err)
		}
		q.Ticket = fmt.Sprint(q.Player, q.Since)
		all = append(all, q)
	}
	return all
}

func TestPair(t *testing.T) {
	for name, test := range map[string]struct {
		waiting []*queued
		now     int64
		want    []string // players
		next    int64    // of those who are left
	}{
		"nobody":                       {nil, 0, nil, 0},
		"one":                          {waiters("a 1500 0"), 1_000, nil, 0},
		"two alike":                    {waiters("a 1500 0", "b 1500 0"), 0, []string{"ab"}, 0},
		"on the edge of the window":    {waiters("a 1500 0", "b 1600 0"), 0, []string{"ab"}, 0},
		"beyond it":                    {waiters("a 1500 0", "b 1601 0"), 0, nil, 5_000},
		"just before it widens":        {waiters("a 1500 0", "b 1601 0"), 4_999, nil, 5_000},
		"when it has widened":          {waiters("a 1500 0", "b 1601 0"), 5_000, []string{"ab"}, 0},
		"the younger's window decides": {waiters("a 1500 0", "b 1601 4000"), 5_000, nil, 9_000},
		"anybody in the end":           {waiters("a 100 0", "b 3000 1000"), 121_000, []string{"ab"}, 0},
		"not anybody before":           {waiters("a 100 0", "b 3000 1000"), 120_999, nil, 121_000},
		"the nearest":                  {waiters("a 1500 0", "b 1590 1", "c 1510 2"), 2, []string{"ac"}, 0},
		"of equals the oldest":         {waiters("a 1500 0", "b 1510 1", "c 1490 2"), 2, []string{"ab"}, 0},
		"the oldest chooses first":     {waiters("a 1500 0", "b 1560 1", "c 1560 2", "d 1500 3"), 3, []string{"ad", "bc"}, 0},
		"never oneself":                {waiters("a 1500 0", "a 1500 1"), 300_000, nil, 0},
		"never oneself, but others":    {waiters("a 1500 0", "a 1500 1", "b 1700 2"), 300_000, []string{"ab"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			left := slices.Clone(test.waiting)
			for _, p := range pair(test.waiting, test.now) {
				a, b := test.waiting[p[0]], test.waiting[p[1]]
				got = append(got, a.Player+b.Player)
				left = slices.DeleteFunc(left, func(q *queued) bool { return q.Ticket == a.Ticket || q.Ticket == b.Ticket })
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if next, ok := nextMeeting(left); next != test.next || ok != (test.next != 0) {
				t.Errorf("the next meet at %d, %v, not at %d", next, ok, test.next)
			}
		})
	}
}

// TestPairProperties: whoever waits, nobody is paired twice or with oneself or
// too early, nobody who could be paired is left over, and the next meeting is the
// first moment at which there is another pair.
func TestPairProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var waiting []*queued
		var since int64
		for n := range rapid.IntRange(0, 12).Draw(t, "tickets") {
			since += rapid.Int64Range(0, 30_000).Draw(t, "later")
			waiting = append(waiting, &queued{
				Ticket: fmt.Sprint(n), Player: fmt.Sprint(rapid.IntRange(0, 8).Draw(t, "player")),
				Rating: rapid.Float64Range(100, 3_000).Draw(t, "rating"), Since: since, Waits: true,
			})
		}
		now := since + rapid.Int64Range(0, 150_000).Draw(t, "now")
		left := map[int]bool{}
		for i := range waiting {
			left[i] = true
		}
		for _, p := range pair(waiting, now) {
			a, b := waiting[p[0]], waiting[p[1]]
			difference := math.Abs(a.Rating - b.Rating)
			switch {
			case !left[p[0]] || !left[p[1]]:
				t.Fatalf("%v: paired twice", p)
			case a.Player == b.Player:
				t.Fatalf("%v: one player", p)
			case difference > window(now-a.Since) || difference > window(now-b.Since):
				t.Fatalf("%v: %v apart, within %v and %v", p, difference, window(now-a.Since), window(now-b.Since))
			}
			delete(left, p[0])
			delete(left, p[1])
		}
		var rest []*queued
		for i := range waiting {
			if left[i] {
				rest = append(rest, waiting[i])
			}
		}
		if again := pair(rest, now); again != nil {
			t.Fatalf("%v could be paired, too", again)
		}
		next, ok := nextMeeting(rest)
		switch {
		case !ok:
			if forever := pair(rest, 1<<50); forever != nil {
				t.Fatalf("%v can meet, and nobody knows when", forever)
			}
		case next <= now:
			t.Fatalf("the next meet at %d, before %d", next, now)
		case pair(rest, next-1) != nil:
			t.Fatalf("there is a pair before %d", next)
		case pair(rest, next) == nil:
			t.Fatalf("there is no pair at %d", next)
		}
	})
}

// BenchmarkPair is what an event costs where a thousand wait who are all too far
// apart.
func BenchmarkPair(b *testing.B) {
	var waiting []*queued
	for n := range int64(1_000) {
		waiting = append(waiting, &queued{Player: fmt.Sprint(n), Rating: float64(n * 7_919 % 1_000 * 101), Since: n})
	}
	for b.Loop() {
		if pairs := pair(waiting, 1_000); pairs != nil {
			b.Fatal(pairs)
		}
		nextMeeting(waiting)
	}
}
