package bot

import (
	"math/rand/v2"
	"time"
)

// The pauses before coming back: with full jitter between 0 and a bound that grows from first by factor, to early at most
// while the cut is young, and to late after that. A connection that has lived for settled begins anew.
const (
	backoffFirst   = 250 * time.Millisecond
	backoffFactor  = 1.7
	backoffEarly   = 2 * time.Second
	backoffYoung   = 30 * time.Second
	backoffLate    = 8 * time.Second
	backoffSettled = 5 * time.Second
)

// backoff is the pauses of one client. It is not safe for concurrent use.
type backoff struct {
	rand  *rand.Rand
	bound time.Duration // of the next pause
}

// next gives the next pause of a cut that has lasted for a time.
func (b *backoff) next(cut time.Duration) time.Duration {
	limit := backoffLate
	if cut < backoffYoung {
		limit = backoffEarly
	}
	b.bound = min(max(b.bound, backoffFirst), limit)
	pause := time.Duration(b.rand.Int64N(int64(b.bound) + 1))
	b.bound = time.Duration(float64(b.bound) * backoffFactor)
	return pause
}

// lived is told how long a connection has lived.
func (b *backoff) lived(uptime time.Duration) {
	if uptime >= backoffSettled {
		b.bound = 0
	}
}
