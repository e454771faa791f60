package entities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// What becomes of errands beside doing their script: they are rewound, asked to
// end, replaced, restarted, kept for a while or erased, and queried.

// somebody is an errand that clients know, or somewhat more seldom one of the
// sub-orchestrations in some states.
func (c *simCallers) somebody(states ...orchestrator.State) string {
	if c.world.chance(3) {
		if ids := c.world.instances(states...); len(ids) > 0 {
			return ids[c.world.rng.IntN(len(ids))]
		}
	}
	return c.errand()
}

// life is what clients did to an orchestration; that of a sub-orchestration is
// its root's.
func (c *simCallers) life(id string) *simLife {
	root, _, _ := strings.Cut(id, ":")
	if c.started[root] == nil {
		c.started[root] = &simLife{}
	}
	return c.started[root]
}

// rewind mends what fails of the mending, and has who failed go on.
func (c *simCallers) rewind(call *simCall) {
	call.named = false
	failed := c.world.instances(orchestrator.Failed)
	if len(failed) == 0 {
		return
	}
	call.target = failed[c.world.rng.IntN(len(failed))]
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		c.life(call.target).mended = true
		return "", c.world.orch.Rewind(ctx, call.target, call.label)
	}
}

func (c *simCallers) cancel(call *simCall) {
	call.named = false
	if call.target = c.somebody(orchestrator.Running, orchestrator.Pending, orchestrator.Suspended); strings.HasPrefix(call.target, "desk") {
		call.target = c.errand()
	}
	if call.target != "" {
		call.do = func(ctx context.Context, call *simCall) (string, error) {
			return "", c.world.orch.Cancel(ctx, call.target, simCancelled+call.label)
		}
	}
}

// restart has an errand begin again, in its own place or beside it.
func (c *simCallers) restart(call *simCall) {
	from := c.errand()
	if from == "" || c.life(from).scheduled { // a restart is not, and its script would wonder
		return
	}
	call.named, call.target = false, from
	var opts []orchestrator.StartOption
	if c.world.chance(2) {
		call.target = fmt.Sprint("e", len(c.ids))
		c.ids, c.started[call.target] = append(c.ids, call.target), &simLife{}
		opts = append(opts, orchestrator.WithID(call.target))
	}
	call.do = func(ctx context.Context, _ *simCall) (string, error) {
		return c.world.orch.Restart(ctx, from, opts...)
	}
}

// startOptions are some of those that a start can have.
func (c *simCallers) startOptions(id string, script *simScript) (opts []orchestrator.StartOption) {
	w := c.world
	if w.chance(3) {
		opts = append(opts, orchestrator.Reuse([]orchestrator.Reusing{
			orchestrator.RefuseAlways, orchestrator.TerminateAndReplace, orchestrator.TerminateAndReplace, orchestrator.UseExisting, orchestrator.UseRunning,
		}[w.rng.IntN(5)]))
	}
	if w.chance(5) {
		d := time.Duration(w.rng.IntN(300)) * time.Millisecond
		c.life(id).scheduled, script.Due = true, time.Now().Add(d).UnixMilli()
		opts = append(opts, orchestrator.StartAfter(d))
	}
	if w.chance(4) {
		c.life(id).erased = true
		opts = append(opts, orchestrator.RetainFor(time.Duration(w.rng.IntN(200))*time.Millisecond))
	}
	return opts
}

// retain changes how long somebody is kept.
func (c *simCallers) retain(call *simCall) {
	call.named = false
	if call.target = c.somebody(orchestrator.Running, orchestrator.Completed); call.target == "" || strings.HasPrefix(call.target, "desk") {
		return
	}
	d := time.Duration(c.world.rng.IntN(200)) * time.Millisecond
	if c.world.chance(3) {
		d = orchestrator.Forever
	} else {
		c.life(call.target).erased = true
	}
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		return "", c.world.orch.Retain(ctx, call.target, d)
	}
}

// purgeForced purges who runs, too, alone or with the tree.
func (c *simCallers) purgeForced(call *simCall) {
	call.named = false
	if call.target = c.errand(); call.target == "" {
		return
	}
	c.life(call.target).erased = true
	tree := c.world.chance(2)
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		if tree {
			_, err := c.world.orch.PurgeTree(ctx, call.target, orchestrator.Force())
			return "", err
		}
		return "", c.world.orch.Purge(ctx, call.target, orchestrator.Force())
	}
}

// simProgress asks an errand what it has published.
var simProgress = orchestrator.DefineQuery[string, simAnswer]("progress")

func (c *simCallers) query(call *simCall) {
	call.named = false
	if call.target = c.errand(); call.target != "" {
		call.do = func(ctx context.Context, call *simCall) (string, error) {
			a, err := simProgress.Ask(ctx, c.world.orch, call.target, call.label)
			b, _ := json.Marshal(a)
			return string(b), err
		}
	}
}

// checkQuery sees that what a query told is stored.
func (c *simCallers) checkQuery(call *simCall) {
	w := c.world
	var a simAnswer
	if err := json.Unmarshal([]byte(call.body), &a); err != nil || a.Label != call.label {
		w.violate("%s was answered %q (%v)", call.label, call.body, err)
	}
	w.figures.Queried++
	s, err := w.host.Read(orchestrator.InstanceID(call.target))
	w.must("read", err)
	if s.Incarnation == a.Incarnation && s.Exists && s.Events < a.Event {
		w.violate("%s was told of event %d of %s, and %d are stored", call.label, a.Event, call.target, s.Events)
	}
}

// checkRewind sees that a rewind that was refused had a reason: the code is what
// it was, and so does what its history says.
func (c *simCallers) checkRewind(call *simCall, f *durable.Failure) {
	switch {
	case f.Code == durable.CodeNotFound || f.Code == durable.CodeGone:
	case f.Code != durable.CodeConflict || strings.Contains(f.Error(), "non-determinism") || strings.Contains(f.Error(), "corrupt"):
		c.world.violate("%s (rewind %s): %w", call.label, call.target, f)
	default:
		for _, reason := range []string{"nothing to do again", "critical section", "only one that failed"} {
			if strings.Contains(f.Error(), reason) {
				return
			}
		}
		c.world.violate("%s (rewind %s): %w", call.label, call.target, f)
	}
}

// simCancelled begins the reason of a cancellation.
const simCancelled = "cancelled by "

// planned says whether an orchestration failed as its script has it.
func planned(err error) bool {
	if err == nil || strings.Contains(err.Error(), simPlanned) {
		return err != nil
	}
	var f *durable.Failure
	return errors.As(err, &f) && f.Cause != nil && planned(f.Cause)
}

// ofChild says whether an orchestration failed because somebody terminated or
// cancelled a sub-orchestration of it: who was asked to end itself does not fail.
func (c *simCallers) ofChild(id string, f *durable.Failure) bool {
	if f.Code == orchestrator.CodeCanceled {
		_, label, _ := strings.Cut(f.Message, simCancelled)
		return slices.ContainsFunc(c.list, func(call *simCall) bool { return call.label == label && call.target != id })
	}
	return f.Code == orchestrator.CodeTerminated || f.Cause != nil && c.ofChild(id, f.Cause)
}

// simDoMend is the activity that fails for good until somebody has rewound its
// errand or one in its tree; simDoDraw is never the same twice.
var (
	simDoMend func(instance, label string) error
	simDoDraw func() int

	simMend = orchestrator.DefineActivity("simmend", func(ctx context.Context, label string) (string, error) {
		return label, simDoMend(orchestrator.InfoOf(ctx).Instance, label)
	})
	simDraw = orchestrator.DefineActivity("simdraw", func(context.Context, string) (int, error) { return simDoDraw(), nil })
)

func (w *simWorld) mend(instance, label string) error {
	if !w.caller.life(instance).mended {
		return orchestrator.Permanent(errors.New(simPlanned))
	}
	w.chores[label] = label
	w.figures.Mended++
	return nil
}

func (w *simWorld) draw() int {
	w.draws++
	return w.draws
}

// only notes what must be the same whenever this step is done: see
// simWorld.checkOnly.
func (r *simRun) only(what string, v any) error {
	return simNote.Signal(r.c, "only", fmt.Sprintf("%s %s = %v", what, r.label, v))
}

// draw is given a number by an activity: one that it keeps, also by a rewind.
func (r *simRun) draw() error {
	n, err := simDraw.Call(r.c, r.label)
	if err != nil {
		return err
	}
	return r.only("draw", n)
}

// side draws a number in the turn: a replay is given the same, or the call would
// be of another entity.
func (r *simRun) side() error {
	n, err := orchestrator.SideEffect(r.c, func() (int, error) { return simDoDraw(), nil })
	if err != nil {
		return err
	}
	_, err = simNote.Call(r.c, fmt.Sprint("side", n%5), fmt.Sprintf("side %s %d", r.label, n))
	return err
}

// each does chores, a few at a time.
func (r *simRun) each() error {
	items := make([]string, 2*r.step.N)
	for k := range items {
		items[k] = fmt.Sprintf("chore %s.%d", r.label, k)
	}
	for k, s := range orchestrator.EachSettled(r.c, items, 1+r.step.MS%4, func(label string) *orchestrator.Future[string] {
		return simChore.Go(r.c, label)
	}) {
		switch {
		case s.Err != nil && !planned(s.Err):
			return s.Err
		case s.Err == nil && s.Value != items[k]:
			return fmt.Errorf("%w: %q was done, not %q", errBroken, s.Value, items[k])
		case s.Err == nil:
			r.done = append(r.done, items[k])
		}
	}
	return nil
}

// shielded cleans up after itself, whoever asks it to end meanwhile.
func (r *simRun) shielded() (err error) {
	_ = simNote.Signal(r.c, r.c.InstanceID(), "enter "+r.label) // in the turn that leaves the clean-up to be done
	defer orchestrator.Shielded(r.c, func() {
		if n, failed := simNote.Call(r.c, r.c.InstanceID(), "clean "+r.label); failed != nil || n != 1 {
			err = fmt.Errorf("%w: cleaning up gave %d, %w", errBroken, n, failed)
		}
	})
	if r.step.N%2 == 0 {
		return r.chores(2)
	}
	return r.c.Sleep(time.Duration(r.step.MS) * time.Millisecond)
}

// checkOnly sees that a step was given one thing, however often it was done.
func (w *simWorld) checkOnly(ledger map[string]int) {
	had := map[string]string{}
	for label := range ledger {
		what, v, _ := strings.Cut(label, " = ")
		if was, twice := had[what]; twice {
			w.violate("%s was %s, and %s", what, was, v)
		}
		had[what] = v
	}
}

// checkCancelled sees that who was asked to end has cleaned up.
func (w *simWorld) checkCancelled(id string, ledger map[string]int) {
	w.figures.Cancelled++
	snap, err := w.host.Read(orchestrator.InstanceID(id))
	w.must("read", err)
	for label := range ledger {
		what, rest, _ := strings.Cut(label, " ")
		var incarnation uint64
		if parts := strings.Split(rest, "/"); what != "enter" || len(parts) != 5 {
			continue
		} else if _, err := fmt.Sscan(parts[2], &incarnation); err != nil || incarnation != snap.Incarnation {
			continue
		}
		if ledger["clean "+rest] != 1 {
			w.violate("%s was cancelled, and %q was done %d times", id, "clean "+rest, ledger["clean "+rest])
		}
	}
}

// checkQuiet sees that nothing is armed for nobody once all have ended.
func (w *simWorld) checkQuiet() {
	for n := range simDesks {
		if d, ok, err := w.host.NextDue(); ok || err != nil {
			w.violate("a timer is armed in %v, and nobody is there (%v)", d, err)
		}
		_, log, err := w.host.Log(orchestrator.InstanceID(fmt.Sprint("desk", n)))
		if err != nil || len(log) == 0 {
			w.violate("desk %d has no history: %w", n, err)
		}
	}
}
