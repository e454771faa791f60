package inspect

import (
	"sync"
	"time"
)

// maxReplays is how many instances' replays are known, at least; there may be
// twice as many.
const maxReplays = 10_000

// Replay is the last time that an instance's code was run again over what its
// history has: the first so many rows of a generation.
type Replay struct {
	Generation uint32
	Rows       int
	At         time.Time
}

// Replays remembers the last replay of the instances that were replayed last. It
// may be used concurrently, by the engine from its turns.
type Replays struct {
	mu         sync.Mutex
	young, old map[string]Replay // a full one grows old, and pushes out the one before
	now        func() time.Time
}

// NewReplays has nothing to remember.
func NewReplays() *Replays { return &Replays{young: map[string]Replay{}, now: time.Now} }

// Note is what an engine tells (orchestrator.Options.OnReplay).
func (r *Replays) Note(instance string, generation uint32, rows int) {
	at := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= maxReplays {
		r.old, r.young = r.young, make(map[string]Replay, maxReplays)
	}
	r.young[instance] = Replay{generation, rows, at}
}

// of is the last replay of an instance's generation, if it is known. One from
// before the instance began was of another one, under the same id.
func (r *Replays) of(instance string, generation uint32, created time.Time) (last Replay, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known = r.young[instance]; !known {
		last, known = r.old[instance]
	}
	return last, known && last.Generation == generation && !last.At.Before(created)
}
