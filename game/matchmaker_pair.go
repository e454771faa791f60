package game

import (
	"cmp"
	"math"
	"slices"
)

// Who may meet whom. A ticket takes an opponent whose rating is within its
// window, and the window widens with waiting: from firstWindow by widenBy every
// widenEvery, until after anybodyAfter it is everything. Two meet when each is
// within the window of the other, so the younger of the two decides when.
const (
	firstWindow  = 100
	widenBy      = 25
	widenEvery   = 5_000   // milliseconds
	anybodyAfter = 120_000 // milliseconds
)

// window is how far from a ticket's own rating an opponent may be after so many
// milliseconds of waiting: +Inf for anybody.
func window(waited int64) float64 {
	if waited >= anybodyAfter {
		return math.Inf(1)
	}
	return float64(firstWindow + widenBy*(max(waited, 0)/widenEvery))
}

// waitFor is the other way round: the milliseconds of waiting after which a
// window has so great a difference in it.
func waitFor(difference float64) int64 {
	steps := math.Ceil((difference - firstWindow) / widenBy)
	return int64(min(max(steps, 0)*widenEvery, anybodyAfter))
}

// meet is the moment from which two tickets may be paired.
func meet(a, b *queued) int64 {
	return max(a.Since, b.Since) + waitFor(apart(a, b))
}

// pair finds opponents among the tickets that wait, which are in the order in
// which they came: the oldest chooses first, the nearest in rating of those that
// it may meet by now, and of equals the oldest. It gives places in the list, each
// at most once, the older of a pair in front.
//
// Who can be paired is, at once, so those who are left over are far apart: there
// are few within the reach of any, and a long list costs little more than sorting.
func pair(waiting []*queued, now int64) (pairs [][2]int) {
	order := byRating(waiting)
	taken := make([]bool, len(waiting))
	place := make([]int, len(waiting)) // in the order
	for n, i := range order {
		place[i] = n
	}
	nearest := func(i int) int {
		best, least := -1, window(now-waiting[i].Since)
		for _, step := range []int{-1, 1} {
			for n := place[i] + step; n >= 0 && n < len(order); n += step {
				j := order[n]
				difference := apart(waiting[i], waiting[j])
				if difference > least {
					break
				}
				if taken[j] || waiting[i].Player == waiting[j].Player || meet(waiting[i], waiting[j]) > now {
					continue
				}
				if best < 0 || difference < least || j < best {
					best, least = j, difference
				}
			}
		}
		return best
	}
	for i := range waiting {
		if taken[i] {
			continue
		}
		if j := nearest(i); j >= 0 {
			taken[i], taken[j] = true, true
			pairs = append(pairs, [2]int{i, j})
		}
	}
	return pairs
}

// nextMeeting is the moment at which the first two of the tickets that wait may
// be paired, if nothing else happens. It is false where there are no two.
func nextMeeting(waiting []*queued) (at int64, ok bool) {
	second := slices.IndexFunc(waiting, func(q *queued) bool { return q.Player != waiting[0].Player })
	if second < 0 {
		return 0, false
	}
	at = waiting[second].Since + anybodyAfter // the two oldest, whoever they are
	order := byRating(waiting)
	for n, i := range order {
		for _, j := range order[n+1:] {
			a, b := waiting[i], waiting[j]
			if waitFor(apart(a, b)) >= anybodyAfter {
				break
			}
			if a.Player != b.Player {
				at = min(at, meet(a, b))
			}
		}
	}
	return at, true
}

// byRating are the places in the list in the order of ratings.
func byRating(waiting []*queued) []int {
	order := make([]int, len(waiting))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(waiting[i].Rating, waiting[j].Rating), cmp.Compare(i, j))
	})
	return order
}

func apart(a, b *queued) float64 { return math.Abs(a.Rating - b.Rating) }
