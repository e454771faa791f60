package orchestrator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Purging. What one instance stores goes in one turn; trees and many instances
// are loops of the client. They purge children before their parents, whose
// histories name them, so that a loop that is cut short leaves what a repetition
// finds.

// PurgeOption is an option of a purge.
type PurgeOption func(*purge)

type purge struct{ force, trees bool }

// Force terminates what still runs, instead of refusing to purge it.
func Force() PurgeOption { return func(p *purge) { p.force = true } }

// Trees has [Client.PurgeWhere] purge the sub-orchestrations too, as
// [Client.PurgeTree] does, whatever the query says of them.
func Trees() PurgeOption { return func(p *purge) { p.trees = true } }

// Bounds of the loops.
const (
	purgeAtOnce   = 200         // messages on their way
	childPatience = time.Second // for sub-orchestrations whose start is on its way
)

// Purge forgets an instance that has ended, with all that is stored of it:
// history, published events, kept answers, timers, rows of listings. One that
// runs is a conflict, unless forced; one that is not there is not_found. Its
// sub-orchestrations stay.
func (c *Client) Purge(ctx context.Context, id string, opts ...PurgeOption) error {
	p := purging(opts)
	if p.force {
		if err := c.end(ctx, []string{id}); err != nil {
			return err
		}
	}
	return c.ask(ctx, newMessage(id, OpPurge, "", nil))
}

// PurgeTree purges an instance with its sub-orchestrations, theirs, and so on,
// and gives how many that were. If one of them still runs it is a conflict, and
// nothing is purged, unless forced.
//
// Sub-orchestrations are known by the history of the instance's last generation,
// and those of earlier generations by their ids if these were made up. Others,
// of earlier generations and under ids of their own, stay. If it fails half way
// it may be repeated.
func (c *Client) PurgeTree(ctx context.Context, id string, opts ...PurgeOption) (int, error) {
	return c.purgeTree(ctx, id, 0, purging(opts).force)
}

// purgeTree is PurgeTree of one incarnation of an instance, or (0) of any.
func (c *Client) purgeTree(ctx context.Context, id string, incarnation uint64, force bool) (count int, err error) {
	snap, err := c.hub.Read(InstanceID(id))
	switch {
	case err != nil:
		return 0, err
	case !snap.Exists || incarnation != 0 && incarnation != snap.Incarnation:
		return 0, missing(id)
	case force:
		if err := c.end(ctx, []string{id}); err != nil {
			return 0, err
		}
	}
	how := treeEnded
	if force {
		how = treeForced
	}
	levels, err := c.tree(ctx, id, how)
	if err != nil {
		return 0, err
	}
	for _, level := range slices.Backward(levels) {
		ms := make([]durable.Message, len(level))
		for i, id := range level {
			ms[i] = newMessage(id, OpPurge, "", nil)
		}
		n, err := c.askAll(ctx, ms, CodeNotFound)
		if count += n; err != nil {
			return count, err
		}
	}
	return count, nil
}

// PurgeResult is what [Client.PurgeWhere] did.
type PurgeResult struct {
	Count    int  // instances that were purged
	Complete bool // false if the time was up before all were
}

// PurgeWhere purges the instances that are as a query says, whose Limit and
// Cursor do not matter. Without States those that have ended are meant, or all
// of them if it is forced; a query for states that have not ended must be forced.
// It stops, incomplete, once the budget of time is used up (0: none), but not
// before it has done something: repeat it.
//
// An instance that is started anew meanwhile is another one, and stays; so does,
// with [Trees], one that has a sub-orchestration that still runs, unless forced.
func (c *Client) PurgeWhere(ctx context.Context, q Query, budget time.Duration, opts ...PurgeOption) (result PurgeResult, err error) {
	p := purging(opts)
	switch {
	case p.force:
	case len(q.States) == 0:
		q.States = []State{Completed, Failed, Terminated}
	case slices.ContainsFunc(q.States, func(s State) bool { return !s.Final() }):
		return PurgeResult{}, Fail(CodeBadRequest, "instances that have not ended are purged by force only")
	}
	limit := ctx
	if budget > 0 {
		var cancel context.CancelFunc
		limit, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
	}
	q.Limit, q.Cursor = purgeAtOnce, ""
	for {
		page, err := c.Search(q)
		if err != nil {
			return result, err
		}
		do := c.purgeEach
		if p.trees {
			do = c.purgeTrees
		}
		n, all, err := do(ctx, limit, page.Items, p.force)
		result.Count += n
		switch {
		case err != nil:
			return result, err
		case all && page.Cursor == "":
			result.Complete = true
			return result, nil
		case limit.Err() != nil:
			return result, ctx.Err()
		}
		q.Cursor = page.Cursor
	}
}

// purgeEach purges what a page gave, and says whether it is done with it.
func (c *Client) purgeEach(ctx, _ context.Context, items []Summary, force bool) (count int, all bool, err error) {
	var ends, ms []durable.Message
	for _, x := range items {
		m := newMessage(x.ID, OpPurge, "", nil)
		m.Incarnation = x.incarnation
		ms = append(ms, m)
		if force && !x.State.Final() {
			m.Op, m.Body = OpTerminate, []byte(purged)
			ends = append(ends, m)
		}
	}
	if _, err := c.askAll(ctx, ends, CodeNotFound, CodeGone); err != nil {
		return 0, false, err
	}
	count, err = c.askAll(ctx, ms, CodeNotFound, CodeGone, CodeConflict)
	return count, true, err
}

// purgeTrees is purgeEach with all that is below.
func (c *Client) purgeTrees(ctx, limit context.Context, items []Summary, force bool) (count int, all bool, err error) {
	for i, x := range items {
		if i > 0 && limit.Err() != nil {
			return count, false, nil
		}
		n, err := c.purgeTree(ctx, x.ID, x.incarnation, force)
		count += n
		if f := ToFailure(err); err != nil && f.Code != CodeNotFound && f.Code != CodeConflict {
			return count, false, err
		}
	}
	return count, true, nil
}

func purging(opts []PurgeOption) (p purge) {
	for _, o := range opts {
		o(&p)
	}
	return p
}

// purged is why a purge by force terminates.
const purged = "purged"

// end terminates instances that still run.
func (c *Client) end(ctx context.Context, ids []string) error {
	ms := make([]durable.Message, len(ids))
	for i, id := range ids {
		ms[i] = newMessage(id, OpTerminate, "", []byte(purged))
	}
	_, err := c.askAll(ctx, ms, CodeNotFound, CodeGone)
	return err
}

// askAll sends messages, some at a time, and counts those that were done. Failures
// of the codes given are none.
func (c *Client) askAll(ctx context.Context, ms []durable.Message, fine ...Code) (done int, failed error) {
	for some := range slices.Chunk(ms, purgeAtOnce) {
		answers := make(chan durable.Answer, len(some))
		for _, m := range some {
			c.hub.Post(m, func(a durable.Answer) { answers <- a })
		}
		for range some {
			select {
			case a := <-answers:
				switch {
				case a.Fail == nil:
					done++
				case !slices.Contains(fine, a.Fail.Code):
					failed = cmp.Or(failed, a.Err())
				}
			case <-ctx.Done():
				return done, ctx.Err()
			}
		}
		if failed != nil {
			return done, failed
		}
	}
	return done, nil
}

// How a tree is walked.
type walk byte

const (
	treeAsItIs walk = iota
	treeEnded       // one that runs is a conflict
	treeForced      // those that run are terminated on the way
)

// tree finds an instance and all below it, level by level.
func (c *Client) tree(ctx context.Context, id string, how walk) (levels [][]string, err error) {
	seen := map[string]bool{id: true}
	level := []string{id}
	for len(level) > 0 {
		levels = append(levels, level)
		var next []string
		for _, id := range level {
			children, err := c.children(ctx, id, how)
			if err != nil {
				return nil, err
			}
			for _, child := range children {
				if !seen[child] {
					seen[child] = true
					next = append(next, child)
				}
			}
		}
		if how == treeForced {
			if err := c.end(ctx, next); err != nil {
				return nil, err
			}
		}
		level = next
	}
	return levels, nil
}

// children are the sub-orchestrations of an instance that there are.
func (c *Client) children(ctx context.Context, id string, how walk) (list []string, err error) {
	snap, log, err := c.hub.Log(InstanceID(id))
	switch {
	case err != nil || !snap.Exists:
		return nil, err
	case how == treeEnded:
		h, err := decodeHead(snap.Head)
		if err != nil {
			return nil, err
		}
		if !h.state.Final() {
			return nil, Fail(CodeConflict, fmt.Sprintf("orchestration %q has not ended: terminate it first", id))
		}
	}
	started, open := startedIn(log)
	patient, cancel := context.WithTimeout(ctx, childPatience)
	defer cancel()
	for _, child := range started {
		is, err := c.isChild(child, id)
		if err == nil && !is && how == treeForced && open[child] && c.appears(patient, child) {
			is, err = c.isChild(child, id)
		}
		if err != nil {
			return nil, err
		}
		if is {
			list = append(list, child)
		}
	}
	prefix := InstanceID(id + ":") // as childID makes them
	for after := (durable.ID{}); ; {
		items, err := c.hub.ListIDs(prefix, after, purgeAtOnce)
		if err != nil || len(items) == 0 {
			return list, err
		}
		for _, x := range items {
			after = x.ID
			is, err := c.isChild(x.ID.Key, id)
			if err != nil {
				return nil, err
			}
			if is {
				list = append(list, x.ID.Key)
			}
		}
	}
}

// startedIn reads a history for the sub-orchestrations that it started, and
// which of them have not come back. One that is broken is read as far as it can
// be: the instance is to go all the same.
func startedIn(log [][]byte) (list []string, open map[string]bool) {
	tasks := map[uint64]string{}
	cur := newCursor(log)
	for {
		var r record
		more, err := cur.next(&r)
		switch {
		case err != nil || !more:
			open = map[string]bool{}
			for _, id := range tasks {
				open[id] = true
			}
			return list, open
		case r.kind == kChildCreated:
			list = append(list, r.to.Key)
			tasks[r.task] = r.to.Key
		case r.kind == kChildCompleted || r.kind == kChildFailed:
			delete(tasks, r.task)
		}
	}
}

func (c *Client) isChild(id, parent string) (bool, error) {
	h, err := c.headOf(id)
	return h != nil && h.parent == parent, err
}

// headOf reads an instance's head, nil if there is none.
func (c *Client) headOf(id string) (*head, error) {
	snap, err := c.hub.Read(InstanceID(id))
	if err != nil || !snap.Exists {
		return nil, err
	}
	return decodeHead(snap.Head)
}

// appears waits for an instance whose start is on its way.
func (c *Client) appears(ctx context.Context, id string) bool {
	w, err := c.hub.Watch(InstanceID(id), noEvents)
	if err != nil {
		return false
	}
	defer w.Close()
	for {
		u, err := w.Next(ctx)
		if err != nil || u.Exists {
			return err == nil
		}
	}
}
