package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/plug"
	"github.com/everturn/everturn/web/wire"
)

// pullAfter is how long the answer to whoever pulls the plug has to get away.
const pullAfter = 100 * time.Millisecond

// unplugged is the moment that is waited for while none is.
const unplugged = plug.Moment("")

// Pull has this process die at a moment.
func (w *ward) Pull(_ context.Context, m plug.Moment) error {
	c, err := w.count()
	if err != nil {
		return err
	}
	if m == plug.InReplay && len(c.Instances) == 0 {
		return api.Refuse(wire.CodeConflict, "There is nothing to replay: start a match first")
	}
	w.armed.Store(m)
	if m == plug.Now || m == plug.InReplay {
		time.AfterFunc(pullAfter, func() {
			if w.take(m) {
				w.die(&pulledPlug{Moment: m})
			}
		})
	}
	return nil
}

// take says whether this is the moment that is waited for; only one is told so.
func (w *ward) take(m plug.Moment) bool {
	return w.armed.Load() == m && w.fired.CompareAndSwap(false, true)
}

// Leave forgets the moment that is waited for.
func (w *ward) Leave() { w.armed.Store(unplugged) }

// Waiting is that moment.
func (w *ward) Waiting() plug.Moment { return w.armed.Load().(plug.Moment) }

// Last is what came of the last cut.
func (w *ward) Last() *plug.Cut { return w.last.Load() }

// die tells the supervisor how, and is kill -9.
func (w *ward) die(p *pulledPlug) {
	n := &notice{Pulled: p}
	if w.engine != nil {
		n.Uptime = w.uptime()
	}
	w.tell(n)
	killSelf()
}

// fused is a store in which the process can die right before a commit, or right after it.
type fused struct {
	durable.Store
	w *ward
}

// Commit commits a batch, unless this is the moment.
func (f fused) Commit(b *durable.Batch, done func(error)) {
	if b.Turns == 0 {
		f.Store.Commit(b, done)
		return
	}
	if f.w.take(plug.BeforeCommit) {
		f.w.die(pulledAt(plug.BeforeCommit, b))
	}
	if f.w.take(plug.AfterCommit) {
		p := pulledAt(plug.AfterCommit, b)
		f.Store.Commit(b, func(err error) {
			if err == nil {
				f.w.die(p)
			}
			f.w.fired.Store(false) // that one is not stored: the next
			done(err)
		})
		return
	}
	f.Store.Commit(b, done)
}

func pulledAt(m plug.Moment, b *durable.Batch) *pulledPlug {
	p := &pulledPlug{Moment: m, Turns: b.Turns, Rows: len(b.Rows)}
	// The last row that is put is the partition's own, which has the number of the batch: no other batch writes it so.
	for _, r := range slices.Backward(b.Rows) {
		if r.Value != nil {
			p.Row = &storedRow{r.Key, r.Value}
			break
		}
	}
	return p
}

// fuse looks at the database before anything runs on it, and puts itself before it. Without a workshop it does nothing.
func (w *ward) fuse(store durable.Store) (durable.Store, error) {
	if w == nil {
		return store, nil
	}
	w.keys = keysOf(store.Partitions())
	p := w.left.Pulled
	if p == nil || p.Row == nil {
		return fused{store, w}, nil
	}
	err := store.View(func(r durable.Reader) error {
		value, err := r.Get(p.Row.Key)
		w.stored = err == nil && bytes.Equal(value, p.Row.Value)
		if errors.Is(err, durable.ErrNoRow) {
			return nil
		}
		return err
	})
	return fused{store, w}, err
}

// turns are the orchestrations' turns, of which one may be the last.
func (w *ward) turns(b *orchestrator.Behavior) durable.Behavior {
	if w == nil || !w.left.DieInReplay {
		return b
	}
	return &fatalReplay{Behavior: b, w: w}
}

// fatalReplay is the behavior of orchestrations, but that the process dies in the middle of the first replay.
type fatalReplay struct {
	*orchestrator.Behavior
	w *ward
}

// Turn gives an instance that is not in memory the first half of its history, and then comes the end.
func (f *fatalReplay) Turn(now durable.Time, in *durable.Instance, messages []durable.Message) (durable.Outcome, error) {
	if in.Hot != nil || !in.Exists || len(in.Log) == 0 || hasEnded(in) {
		return f.Behavior.Turn(now, in, messages)
	}
	half := *in
	half.Log = in.Log[:(len(in.Log)+1)/2]
	_, _ = f.Behavior.Turn(now, &half, nil) // whatever it says, it is not heard any more
	f.w.die(&pulledPlug{Replay: &plug.Replay{Instance: in.ID.Key, Turns: len(half.Log), Of: len(in.Log)}})
	return durable.Outcome{}, nil
}

func hasEnded(in *durable.Instance) bool {
	s, err := orchestrator.StatusOf(durable.Snapshot{ID: in.ID, Exists: true, Head: in.Head})
	return err != nil || s.State.Final()
}

// wake is a question that no orchestration answers; but each is brought into memory for it.
var wake = orchestrator.DefineQuery[struct{}, struct{}]("workshop: wake up")

// wakeWithin is how long that may take.
const wakeWithin = 5 * time.Second

// replayOne has one of the instances that ran be replayed, and so this process die: the match of which there is most to
// replay, if there is one. It returns if none of them runs any more.
func (w *ward) replayOne(ctx context.Context) {
	c := w.left.Census
	if !w.left.DieInReplay || c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wakeWithin)
	defer cancel()
	slices.SortStableFunc(c.Matches, func(a, b runningMatch) int { return cmp.Compare(b.Seq, a.Seq) })
	for _, m := range c.Matches {
		_, _ = wake.Ask(ctx, w.engine.client, m.ID, struct{}{}) // an answer means that there was no replay
	}
	for _, id := range c.Instances {
		_, _ = wake.Ask(ctx, w.engine.client, id, struct{}{})
	}
}
