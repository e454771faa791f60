package entities_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

const simDesks = 3

// simFigures are what a simulation did.
type simFigures struct {
	Steps, Commits, Turns, Crashes, Unsure, Refused         uint64
	Calls, Repeats, Accepted, Chores, Events, Evicted       uint64
	Ended, Failed, Terminated, Purged, Generations, Watched uint64
	Rewound, Mended, Cancelled, Restarted, Queried          uint64
}

func (f *simFigures) addTo(g *simFigures) {
	from, to := f.all(), g.all()
	for i := range from {
		*to[i] += *from[i]
	}
}

func (f *simFigures) all() []*uint64 {
	return []*uint64{
		&f.Steps, &f.Commits, &f.Turns, &f.Crashes, &f.Unsure, &f.Refused, &f.Calls, &f.Repeats, &f.Accepted, &f.Chores, &f.Events,
		&f.Evicted, &f.Ended, &f.Failed, &f.Terminated, &f.Purged, &f.Generations, &f.Watched,
		&f.Rewound, &f.Mended, &f.Cancelled, &f.Restarted, &f.Queried,
	}
}

// simWorld is one simulation: the engine and its clients on one thread. What it
// decides comes from rng, so that a seed replays exactly. The clients' calls are
// goroutines of a synctest bubble, which the world waits for before it goes on.
type simWorld struct {
	rng   *rand.Rand
	store *memstore.Store
	host  *durable.Manual
	run   uint32

	orch   *orchestrator.Client
	ents   *entities.Client
	reg    *orchestrator.Registry
	life   context.Context // of the process
	die    context.CancelFunc
	caller *simCallers

	watches []*simWatch
	chores  map[string]string // what was done, by its key
	did     map[string]int    // how often, by label
	draws   int

	figures simFigures
	trace   []string
	err     error // the first broken promise; the simulation stops there
	quiet   bool  // the end: no new faults
}

func newSimWorld(seed uint64, partitions int) *simWorld {
	w := &simWorld{
		rng: rand.New(rand.NewPCG(seed, 3)), store: memstore.New(memstore.Options{Partitions: partitions, Manual: true}),
		chores: map[string]string{}, did: map[string]int{},
	}
	w.caller = &simCallers{world: w, started: map[string]*simLife{}}
	simDoChore, simDoMend, simDoDraw = w.chore, w.mend, w.draw
	w.boot()
	return w
}

// violate notes the first broken promise; the simulation stops there.
func (w *simWorld) violate(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
		w.note("VIOLATION %v", w.err)
	}
}

func (w *simWorld) note(format string, args ...any) {
	if len(w.trace) >= 200 {
		w.trace = append(w.trace[:0], w.trace[100:]...)
	}
	w.trace = append(w.trace, fmt.Sprintf("%7d %s", w.figures.Steps, fmt.Sprintf(format, args...)))
}

func (w *simWorld) chance(oneIn int) bool { return w.rng.IntN(oneIn) == 0 }

// must notes an error that nothing excuses.
func (w *simWorld) must(what string, err error) {
	if err != nil {
		w.violate("%s: %w", what, err)
	}
}

// boot starts the server on what the store has. Now and then it has so little
// memory that nobody stays in it.
func (w *simWorld) boot() {
	ents, err := entities.NewRegistry(simVaults, simLedgers)
	w.must("entities", err)
	w.reg, err = orchestrator.NewRegistry(simErrand, simDesk, simChore, simMend, simDraw)
	w.must("orchestrations", err)
	w.run++
	w.host, err = durable.OpenManual(w.store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(w.reg, orchestrator.Options{Strict: true}),
		},
		CacheBytes: w.store.Partitions() * (1 + w.rng.IntN(60_000)), UptimeDelay: time.Duration(w.rng.IntN(50)) * time.Millisecond, Logger: zerolog.Nop(),
	}, w.run)
	if err != nil {
		w.violate("open: %w", err)
		return
	}
	w.orch, w.ents = orchestrator.NewClient(w.host.Host), entities.NewClient(w.host.Host)
	w.life, w.die = context.WithCancel(context.Background())
}

// crash ends the process at any moment: what the store did not apply is gone,
// and some of what it did apply nobody was told.
func (w *simWorld) crash() {
	w.figures.Crashes++
	for len(w.store.Pending()) > 0 && w.chance(2) {
		w.store.Resolve(0, memstore.Untold)
	}
	w.end()
	w.store.Crash()
	w.store = w.store.Reopen()
	w.boot()
	w.note("crash; reopened")
}

// end takes the process down.
func (w *simWorld) end() {
	w.sum()
	w.die()
	w.host.Abandon()
	w.watches = nil
	synctest.Wait()
	w.caller.crashed()
}

// sum adds what the process did, and sees that it was well: nobody may have been
// set aside, which is what a replay that does not agree ends in.
func (w *simWorld) sum() {
	s := w.host.Stats()
	w.figures.Turns += s.Turns.Load()
	w.figures.Commits += s.Commits.Load()
	w.figures.Evicted += s.Evicted.Load()
	w.checkStats()
}

func (w *simWorld) checkStats() {
	if s := w.host.Stats(); s.Quarantined.Load() > 0 || s.Gaps.Load() > 0 || s.Corrupt.Load() > 0 {
		w.violate("%d set aside (%v), %d gaps, %d corrupt rows", s.Quarantined.Load(), s.Quarantine(), s.Gaps.Load(), s.Corrupt.Load())
		for id := range s.Quarantine() {
			rows, err := w.orch.History(id.Key)
			w.note("history of %s (%v):", id, err)
			for _, row := range rows {
				w.note("    %+v", row)
			}
		}
	}
}

// after handles what the host says of a step: after a commit whose outcome is
// unknown, the store is opened again.
func (w *simWorld) after(err error) {
	switch {
	case errors.Is(err, durable.ErrUnsure):
		w.must("recover", w.host.Recover())
	case err != nil:
		w.violate("step: %w", err)
	}
}

// resolve gives one pending batch its outcome.
func (w *simWorld) resolve() {
	pending := w.store.Pending()
	if len(pending) == 0 {
		return
	}
	i := w.rng.IntN(len(pending))
	switch n := w.rng.IntN(250); {
	case w.quiet || n >= 4:
		w.store.Resolve(i, memstore.Applied)
	case n >= 1:
		w.figures.Refused++
		w.store.Resolve(i, memstore.Refused)
	default:
		w.unsure()
		return
	}
	w.after(w.host.Settle(int(pending[i].Partition)))
}

// unsure fails a group of commits: any of what is pending is on disk, and nobody
// is told which.
func (w *simWorld) unsure() {
	w.figures.Unsure++
	for n := 1 + w.rng.IntN(len(w.store.Pending())); n > 0; n-- {
		o := memstore.Untold
		if w.chance(2) {
			o = memstore.Lost
		}
		w.store.Resolve(w.rng.IntN(len(w.store.Pending())), o) // a partition has one batch at most
	}
	w.note("unsure")
	w.must("recover", w.host.Recover())
}

// carry lets some of what is under way between two partitions arrive, and some
// of it twice.
func (w *simWorld) carry() {
	if lanes := w.host.Lanes(); len(lanes) > 0 {
		w.must("message", w.host.Carry(lanes[w.rng.IntN(len(lanes))], 1+w.rng.IntN(8), w.chance(10)))
	}
}

// work does an activity, now and then twice.
func (w *simWorld) work() {
	if n := w.host.Waiting(); n > 0 {
		i := w.rng.IntN(n)
		w.figures.Chores++
		w.host.Finish(i, w.reg.Worker()(context.Background(), w.host.Work()[i]), !w.quiet && w.chance(20))
	}
}

// chore is what the activity does: it fails now and then, before or after its
// effect, and sees that a key always means the same.
func (w *simWorld) chore(info orchestrator.ActivityInfo, label string) error {
	fails := w.rng.IntN(6)
	if fails == 0 {
		return errors.New(simPlanned)
	}
	if was, ok := w.chores[info.Key]; ok && was != label {
		w.violate("key %s was given to %q and to %q", info.Key, was, label)
	}
	if info.Attempt < 1 || info.Attempt > 4 {
		w.violate("attempt %d of %q", info.Attempt, label)
	}
	w.chores[info.Key] = label
	w.did[label]++
	switch fails {
	case 1:
		return errors.New(simPlanned)
	case 2:
		if info.Attempt == 2 {
			return orchestrator.Permanent(errors.New(simPlanned))
		}
	}
	return nil
}
