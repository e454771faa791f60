package web

import (
	"container/list"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// The limits of one address, and for how many addresses they are remembered.
const (
	newPerSecond = 20 // players, and matches
	newBurst     = 200

	// Records and positions are played through for each answer. A replay of a long
	// game asks for hundreds, and may.
	playedPerSecond    = 50
	playedBurst        = 200
	playbacksPerSecond = 2 // records that are played back
	playbackBurst      = 20

	missesPerMinute = 30 // codes that lead nowhere, so that nobody tries them all

	maxAddresses = 10_000
)

// limits are the rate limits by address. Nil lifts them all.
type limits struct {
	players, matches, played, playbacks, misses *buckets
}

func newLimits() *limits {
	return &limits{
		players:   newBuckets(newPerSecond, newBurst, maxAddresses),
		matches:   newBuckets(newPerSecond, newBurst, maxAddresses),
		played:    newBuckets(playedPerSecond, playedBurst, maxAddresses),
		playbacks: newBuckets(playbacksPerSecond, playbackBurst, maxAddresses),
		misses:    newBuckets(rate.Limit(missesPerMinute)/60, missesPerMinute, maxAddresses),
	}
}

// newPlayer counts a new player, or refuses it.
func (l *limits) newPlayer(now time.Time, r *http.Request) error {
	if l == nil {
		return nil
	}
	return l.players.take(now, api.AddressOf(r))
}

// newMatch counts a new match, or refuses it.
func (l *limits) newMatch(now time.Time, r *http.Request) error {
	if l == nil {
		return nil
	}
	return l.matches.take(now, api.AddressOf(r))
}

// playThrough counts a game that is played through for an answer, or refuses it.
func (l *limits) playThrough(now time.Time, r *http.Request) error {
	if l == nil {
		return nil
	}
	return l.played.take(now, api.AddressOf(r))
}

// newPlayback counts a record that is to be played back, or refuses it.
func (l *limits) newPlayback(now time.Time, r *http.Request) error {
	if l == nil {
		return nil
	}
	return l.playbacks.take(now, api.AddressOf(r))
}

// lookUp refuses to look up a code after too many that led nowhere.
func (l *limits) lookUp(now time.Time, r *http.Request) error {
	if l == nil {
		return nil
	}
	return l.misses.may(now, api.AddressOf(r))
}

// missed counts a code that led nowhere. Look-ups at the same time may overdraw
// the account; the debt is waited for.
func (l *limits) missed(now time.Time, r *http.Request) {
	if l != nil {
		l.misses.charge(now, api.AddressOf(r))
	}
}

// buckets are token buckets by address, in bounded memory: full ones are
// forgotten, as a new one is full, and beyond the bound the least recently used.
// They may be used concurrently.
type buckets struct {
	limit rate.Limit
	burst int
	most  int

	mu        sync.Mutex
	byAddress map[netip.Prefix]*list.Element
	recent    *list.List // of *bucket, the last used in front
}

type bucket struct {
	address netip.Prefix
	tokens  *rate.Limiter
}

func newBuckets(limit rate.Limit, burst, most int) *buckets {
	return &buckets{limit: limit, burst: burst, most: most, byAddress: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

// take takes a token, or refuses with rate_limited and the time until there is
// one.
func (b *buckets) take(now time.Time, address netip.Prefix) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.of(now, address)
	if t.AllowN(now, 1) {
		return nil
	}
	return b.refuse(now, t)
}

// may refuses as take does, and takes nothing.
func (b *buckets) may(now time.Time, address netip.Prefix) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, known := b.byAddress[address]; known {
		if t := e.Value.(*bucket).tokens; t.TokensAt(now) < 1 {
			return b.refuse(now, t)
		}
	}
	return nil
}

// charge takes a token even if there is none.
func (b *buckets) charge(now time.Time, address netip.Prefix) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(now, address).ReserveN(now, 1)
}

func (b *buckets) refuse(now time.Time, t *rate.Limiter) error {
	p := api.SayNo(wire.CodeRateLimited, nil)
	p.Retry = time.Duration((1 - t.TokensAt(now)) / float64(b.limit) * float64(time.Second))
	return p
}

// of is the bucket of an address, made if need be.
func (b *buckets) of(now time.Time, address netip.Prefix) *rate.Limiter {
	if e, known := b.byAddress[address]; known {
		b.recent.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	for oldest := b.recent.Back(); oldest != nil; oldest = b.recent.Back() {
		full := oldest.Value.(*bucket).tokens.TokensAt(now) >= float64(b.burst)
		if !full && b.recent.Len() < b.most {
			break
		}
		delete(b.byAddress, oldest.Value.(*bucket).address)
		b.recent.Remove(oldest)
	}
	made := &bucket{address: address, tokens: rate.NewLimiter(b.limit, b.burst)}
	b.byAddress[address] = b.recent.PushFront(made)
	return made.tokens
}
