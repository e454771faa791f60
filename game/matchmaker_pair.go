package game

import "math"

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
	return max(a.Since, b.Since) + waitFor(math.Abs(a.Rating-b.Rating))
}

// pair finds opponents among the tickets that wait, in the order in which they
// came: the oldest chooses first, the nearest in rating of those that it may meet
// by now, and of equals the oldest. It gives places in the list, each at most
// once, the older of a pair in front.
func pair(waiting []queued, now int64) (pairs [][2]int) {
	taken := make([]bool, len(waiting))
	for i := range waiting {
		if taken[i] {
			continue
		}
		best, least := -1, math.Inf(1)
		for j := i + 1; j < len(waiting); j++ {
			a, b := &waiting[i], &waiting[j]
			if taken[j] || a.Player == b.Player || meet(a, b) > now {
				continue
			}
			if difference := math.Abs(a.Rating - b.Rating); difference < least {
				best, least = j, difference
			}
		}
		if best >= 0 {
			taken[i], taken[best] = true, true
			pairs = append(pairs, [2]int{i, best})
		}
	}
	return pairs
}

// nextMeeting is the moment at which the first two of the tickets that wait may
// be paired, if nothing else happens. It is false where there are no two.
func nextMeeting(waiting []queued) (at int64, ok bool) {
	for i := range waiting {
		for j := i + 1; j < len(waiting); j++ {
			if waiting[i].Player == waiting[j].Player {
				continue
			}
			if m := meet(&waiting[i], &waiting[j]); !ok || m < at {
				at, ok = m, true
			}
		}
	}
	return at, ok
}
