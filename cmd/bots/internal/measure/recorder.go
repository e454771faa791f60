package measure

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// MatchEvent is what happened to a match. A match is one game; a rematch is
// another match.
type MatchEvent int

// What happens to matches.
const (
	Started  MatchEvent = iota
	Finished            // by its rules: somebody won, or nobody
	Aborted             // the bots left it, or could not go on
	matchEvents
)

// examples is how many examples of each kind of fault are kept.
const examples = 5

// Recorder counts what happens. All of it may be called concurrently.
type Recorder struct {
	shards []shard // of what happens with every move

	mu       sync.Mutex // of what happens seldom:
	start    time.Time
	matches  [matchEvents]int64
	bots     int64
	most     int64
	nacks    map[string]int64
	closes   map[int]int64
	failures map[string]int64
	faults   [faults]int64
	examples [faults][]string

	gathering sync.Mutex // of what snapshots keep from one to the next:
	total     *tally
	before    Snapshot
}

// New gives a Recorder of a run that starts, or started, at the given time.
func New(start time.Time) *Recorder {
	r := &Recorder{
		start: start, shards: make([]shard, 4*runtime.GOMAXPROCS(0)), total: newTally(),
		nacks: map[string]int64{}, closes: map[int]int64{}, failures: map[string]int64{},
	}
	for i := range r.shards {
		r.shards[i].tally = newTally()
	}
	return r
}

// Started is when the run started.
func (r *Recorder) Started() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.start
}

// Begin says that the run starts only now: what was counted stays, and time counts from here. It is for before the first
// Snapshot.
func (r *Recorder) Begin(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start = now
}

// Ack takes the time from the sending of a move until it is known to be on
// disk. In an open loop it is from when the move was meant to be sent, so that
// a bot that waits for the server is no excuse. It counts as a move.
func (r *Recorder) Ack(d time.Duration) { r.took(ack, d) }

// Screen takes the time from the sending of a move until the opponent's client
// has it.
func (r *Recorder) Screen(d time.Duration) { r.took(screen, d) }

// Watcher takes the time from the sending of a move until a spectator has it.
func (r *Recorder) Watcher(d time.Duration) { r.took(watcher, d) }

// Connected takes the time from dialing to the server's hello.
func (r *Recorder) Connected(d time.Duration) { r.took(connect, d) }

// Back takes the time from a cut until everything that was followed is live
// again.
func (r *Recorder) Back(d time.Duration) { r.took(back, d) }

func (r *Recorder) took(what timed, d time.Duration) {
	us := micros(d)
	s := r.shard()
	s.Lock()
	defer s.Unlock()
	s.tally.record(what, us)
}

// Bytes counts what came and went on sockets.
func (r *Recorder) Bytes(in, out int) {
	s := r.shard()
	s.Lock()
	defer s.Unlock()
	s.tally.in += int64(in)
	s.tally.out += int64(out)
}

// Match counts what happened to a match.
func (r *Recorder) Match(what MatchEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.matches[what]++
}

// Nack counts a command that was refused.
func (r *Recorder) Nack(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nacks[code]++
}

// Close counts a socket that ended; 1006 is one that was cut.
func (r *Recorder) Close(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closes[code]++
}

// Failed counts an error that is no nack: a dial that was refused, an answer
// over HTTP. Errors are counted by their text, which should therefore be one
// of few.
func (r *Recorder) Failed(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures[what]++
}

// Bots counts bots that are connected now: 1 more, 1 less.
func (r *Recorder) Bots(delta int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bots += int64(delta)
	r.most = max(r.most, r.bots)
}

// Fault counts a broken promise, and keeps the first few examples of each kind.
func (r *Recorder) Fault(kind Fault, example string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[kind]++
	if len(r.examples[kind]) < examples {
		r.examples[kind] = append(r.examples[kind], example)
	}
}

// shard gives any shard. Chance is cheaper than any order that many goroutines
// would have to agree on: the generator is each thread's own.
func (r *Recorder) shard() *shard { return &r.shards[rand.IntN(len(r.shards))] }

// shard is a part of what happens with every move.
type shard struct {
	sync.Mutex
	tally *tally
	_     [48]byte // shards share no cache line
}
