package entities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// settle does everything that can be done without time passing.
func (w *simWorld) settle() {
	for calm := 0; calm < 2 && w.err == nil; calm++ {
		commits := w.host.Stats().Commits.Load()
		for _, call := range slices.Clone(w.caller.open) {
			if !call.settled && len(call.tries) == 0 {
				w.caller.post(call)
			}
		}
		for w.host.Waiting() > 0 {
			w.work()
		}
		for _, lane := range w.host.Lanes() {
			w.must("message", w.host.Carry(lane, 1<<20, false))
		}
		for n := range w.store.Partitions() {
			w.after(w.host.Step(n))
		}
		for len(w.store.Pending()) > 0 {
			w.resolve()
		}
		w.caller.collect()
		if w.host.Stats().Commits.Load() != commits || !w.host.Idle() {
			calm = -1
		}
	}
}

// drain ends the faults and lets everything come to its end: no orchestration
// may be left that has not ended.
func (w *simWorld) drain() {
	w.quiet = true
	closed := false
	for round, rest := 0, 0; rest < 3; round++ {
		w.settle()
		if w.err != nil {
			return
		}
		running := w.instances(orchestrator.Pending, orchestrator.Running, orchestrator.Suspended)
		if round > 400 {
			w.violate("it does not come to rest: %v, %d calls", running, len(w.caller.open))
			return
		}
		for _, id := range w.instances(orchestrator.Suspended) {
			w.caller.admin("resume", id, func(ctx context.Context, c *orchestrator.Client) error { return c.Resume(ctx, id, "") })
		}
		errands := slices.DeleteFunc(slices.Clone(running), func(id string) bool { return strings.HasPrefix(id, "desk") })
		switch {
		case len(errands) == 0 && round > 10 && !closed:
			closed = true
			for n := range simDesks {
				id := fmt.Sprint("desk", n)
				w.caller.admin("close", id, func(ctx context.Context, c *orchestrator.Client) error { return c.Raise(ctx, id, "close", nil) })
			}
		case closed && len(running) == 0:
			rest++
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// admin makes one call of an administrator.
func (c *simCallers) admin(kind, id string, do func(ctx context.Context, c *orchestrator.Client) error) {
	call := &simCall{label: kind, kind: kind, target: id}
	call.do = func(ctx context.Context, _ *simCall) (string, error) { return "", do(ctx, c.world.orch) }
	c.open = append(c.open, call)
	c.post(call)
}

// pages reads a listing to its end, a few rows at a time.
func (w *simWorld) pages(list func(after orchestrator.Cursor, limit int) ([]orchestrator.Item, error)) (ids []string) {
	var after orchestrator.Cursor
	for {
		items, err := list(after, 1+w.rng.IntN(30))
		if w.must("list", err); err != nil || len(items) == 0 {
			return ids
		}
		for _, x := range items {
			ids = append(ids, x.ID.Key)
		}
		last := items[len(items)-1]
		after = orchestrator.Cursor{Time: last.Time, ID: last.ID}
	}
}

// instances are the orchestrations in some states.
func (w *simWorld) instances(states ...orchestrator.State) (ids []string) {
	for _, s := range states {
		ids = append(ids, w.pages(func(after orchestrator.Cursor, limit int) ([]orchestrator.Item, error) {
			return w.orch.List(s, after, limit)
		})...)
	}
	return ids
}

// ledgers are the counts of all ledgers.
func (w *simWorld) ledgers() map[string]map[string]int {
	all := map[string]map[string]int{}
	keys := w.pages(func(after orchestrator.Cursor, limit int) ([]orchestrator.Item, error) {
		return w.host.List(entities.Listing(simLedgers.Name()), after, limit)
	})
	for _, key := range keys {
		counts, _, _, err := simLedgers.Read(w.ents, key)
		w.must("ledger", err)
		all[key] = counts
		for label, n := range counts {
			if n != 1 {
				w.violate("ledger %s has %q %d times", key, label, n)
			}
			if strings.Contains(label, "failed operation") || key == label[:min(len(label), len(key))] {
				w.violate("ledger %s has %q, of an operation that failed", key, label)
			}
		}
	}
	return all
}

// checkEnd compares what is stored with what everybody was told.
func (w *simWorld) checkEnd() {
	ledgers := w.ledgers()
	w.checkVaults()
	for _, state := range []orchestrator.State{orchestrator.Completed, orchestrator.Failed, orchestrator.Terminated} {
		for _, id := range w.instances(state) {
			s, err := w.orch.Status(id)
			if err != nil || s.State != state {
				w.violate("%s is listed as %v, and is %v (%v)", id, state, s.State, err)
				return
			}
			w.figures.Generations += uint64(s.Generation)
			w.checkEnded(id, &s, ledgers)
		}
	}
	w.checkOnly(ledgers["only"])
	w.checkQuiet()
	w.checkCalls(ledgers)
}

func (w *simWorld) checkEnded(id string, s *orchestrator.Status, ledgers map[string]map[string]int) {
	w.checkEvents(id, s.Events)
	if !s.Expires.IsZero() {
		w.violate("%s was to be erased at %v, and is there", id, s.Expires)
	}
	switch {
	case s.State == orchestrator.Terminated && s.Failure != nil:
		w.checkCancelled(id, ledgers[id])
	case s.State == orchestrator.Terminated:
		w.figures.Terminated++
	case s.State == orchestrator.Failed:
		w.figures.Failed++
		if !planned(s.Failure) && !w.caller.ofChild(id, s.Failure) {
			w.violate("%s failed: %w", id, s.Failure)
		}
	case s.Name == simErrand.Name():
		w.figures.Ended++
		var done []string
		w.must("output", json.Unmarshal(s.Output, &done))
		for _, label := range done {
			kind, key := splitLabel(label)
			if n := ledgers[key][label]; kind != "chore" && n != 1 {
				w.violate("%s did %q, ledger %s has it %d times", id, label, key, n)
			}
			if kind == "chore" && w.did[label] == 0 {
				w.violate("%s did %q, which nobody ever did", id, label)
			}
		}
	}
}

// splitLabel gives the kind of what was done, and who did it.
func splitLabel(label string) (kind, id string) {
	kind, rest, _ := strings.Cut(label, " ")
	id, _, _ = strings.Cut(rest, "/")
	return kind, id
}

func (w *simWorld) checkEvents(id string, want uint64) (labels []string) {
	list, err := w.orch.Events(id, 0, 1<<20)
	if err != nil || uint64(len(list)) != want {
		w.violate("%s has %d events, its head says %d (%v)", id, len(list), want, err)
	}
	for i, e := range list {
		if e.Number != uint64(i)+1 {
			w.violate("event %d of %s is in place %d", e.Number, id, i+1)
		}
		labels = append(labels, string(e.Body))
	}
	w.figures.Events += uint64(len(list))
	return labels
}

// checkVaults counts the money; no lock may be left, and nobody who waits for one.
func (w *simWorld) checkVaults() {
	money := 0
	for n := range simAccounts {
		key := fmt.Sprint("v", n)
		snap, err := w.host.Read(simVaults.ID(key))
		w.must("read", err)
		if snap.Exists {
			info, err := entities.DecodeInfo(snap.Head)
			w.must("head", err)
			if info.Lock != nil || info.Waiting > 0 {
				w.violate("%s is locked by %+v in the end, and %d wait", key, info.Lock, info.Waiting)
			}
		}
		v, _, exists, err := simVaults.Read(w.ents, key)
		w.must("vault", err)
		if !exists {
			v.Balance = simBalance
		}
		if v.Broken > 0 {
			w.violate("%s was written %d times by somebody who had read before another wrote", key, v.Broken)
		}
		money += v.Balance
	}
	if money != simAccounts*simBalance {
		w.violate("there is %d money, there must be %d", money, simAccounts*simBalance)
	}
}

// checkCalls counts what calls did.
func (w *simWorld) checkCalls(ledgers map[string]map[string]int) {
	published := map[string]int{}
	for n := range simDesks {
		id := fmt.Sprint("desk", n)
		s, err := w.orch.Status(id)
		w.must("desk", err)
		for _, label := range w.checkEvents(id, s.Events) {
			published[label]++
		}
	}
	for _, call := range w.caller.list {
		n := 0
		switch call.kind {
		case "ask desk":
			n = published[call.label]
		case "coin to desk":
			n = ledgers["coins"][call.label]
		case "note", "signal":
			n = ledgers[call.target][call.label]
		default:
			continue
		}
		if n > 1 && (call.named || call.posts == 1) || n == 0 && call.accepted {
			w.violate("%s (%s %s, named %t) was done %d times in %d posts, accepted %t", call.label, call.kind, call.target, call.named, n, call.posts, call.accepted)
		}
	}
}

// checkLocks sees that whoever holds a vault is there, or that the release is
// under way: then the lock is gone before long.
func (w *simWorld) checkLocks() {
	for n := range simAccounts {
		snap, err := w.host.Read(simVaults.ID(fmt.Sprint("v", n)))
		if w.must("read", err); err != nil || !snap.Exists {
			continue
		}
		info, err := entities.DecodeInfo(snap.Head)
		if w.must("head", err); err != nil || info.Lock == nil {
			continue
		}
		owner, err := w.host.Read(info.Lock.Owner)
		w.must("owner", err)
		if !owner.Exists && !w.caller.knows(info.Lock.Owner) {
			w.violate("v%d is locked by %v, who never was", n, info.Lock)
		}
	}
}

// simRest is a suspended errand as it was seen last.
type simRest struct {
	incarnation uint64
	generation  uint32
	events      uint64
	custom      string
}

// checkSuspended sees that who is suspended rests: between two looks, unless
// somebody resumed it meanwhile.
func (w *simWorld) checkSuspended() {
	for _, id := range w.caller.ids[max(0, len(w.caller.ids)-12):] {
		snap, err := w.host.Read(orchestrator.InstanceID(id))
		w.must("read", err)
		life := w.caller.life(id)
		if !snap.Exists {
			life.rest = nil
			continue
		}
		s, err := orchestrator.StatusOf(snap)
		w.must("status", err)
		resuming := slices.ContainsFunc(w.caller.open, func(c *simCall) bool { return c.kind == "resume" && c.target == id })
		now := &simRest{snap.Incarnation, s.Generation, s.Events, string(s.Custom)}
		switch was := life.rest; {
		case s.State != orchestrator.Suspended || resuming || life.resumed:
			life.rest, life.resumed = nil, false
			continue
		case was != nil && was.incarnation == now.incarnation && *was != *now:
			w.violate("%s is suspended, and went from %+v to %+v", id, was, now)
		}
		life.rest = now
	}
}

// knows says whether clients have heard of an instance.
func (c *simCallers) knows(id durable.ID) bool {
	root, _, _ := strings.Cut(id.Key, ":")
	return c.started[root] != nil
}
