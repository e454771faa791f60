package orchestrator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Salvages says that an instance which the engine cannot run can still be
// terminated: see [durable.Salvager].
func (b *Behavior) Salvages(m *durable.Message) bool { return m.Op == OpTerminate }

// salvage ends an instance without its code: its history tells who waits, and
// what is to be let go. cause is why it cannot run; it stays in quarantine if
// nobody asks for its end, or not even this can be done. Of the author's index
// rows those that this generation set are lost, since only the code knows them.
func (b *Behavior) salvage(now durable.Time, in *durable.Instance, messages []durable.Message, quiet bool, cause error) (durable.Outcome, error) {
	i := slices.IndexFunc(messages, func(m durable.Message) bool { return m.Op == OpTerminate })
	if i < 0 || !in.Exists || in.Hot != nil {
		return durable.Outcome{}, cause
	}
	left := readLeft(in.Log)
	h, err := decodeHead(in.Head)
	switch {
	case err == nil && h.state.Final():
		return durable.Outcome{}, cause
	case err != nil && left.start == nil:
		return durable.Outcome{}, fmt.Errorf("%w; its head cannot be read either: %w", cause, err)
	case err != nil:
		h = &head{name: left.name, version: left.start.version, parent: left.start.parent, tags: left.start.tags, created: left.start.created, started: left.start.created}
	}
	t := &turn{b: b, now: now, in: in, quiet: quiet}
	t.wreck(h, left, &messages[i])
	for j := 0; j < len(messages); j++ {
		if j == i {
			continue
		}
		if err := t.handle(&messages[j]); err != nil {
			return durable.Outcome{}, err
		}
	}
	t.finish()
	return t.out, nil
}

// wreck is the termination of what cannot run.
func (t *turn) wreck(h *head, left *left, m *durable.Message) {
	reason := reasonJSON(m.Body)
	h.state, h.reason, h.output, h.fail = Terminated, "", reason, nil
	t.rest, t.just = h, true
	t.expireLater(h)
	t.out.Head, t.out.Index, t.out.Reindex = h.encode(), h.rows(left.index), true
	if left.whole {
		var j journal
		j.coder.now = left.now
		j.begin(t.now)
		j.append(&record{kind: kTerminated, body: reason})
		j.append(&record{kind: kExecutionCompleted, state: Terminated, body: reason})
		t.out.Append = j.take()
	}
	t.out.Cancel = left.cancelled()
	t.out.Drop = slices.Sorted(maps.Keys(left.work))
	t.out.Send = append(t.out.Send, left.releases...)
	if len(m.Meta) != 1 || m.Meta[0] != 1 {
		for _, task := range slices.Sorted(maps.Keys(left.children)) {
			t.out.Send = append(t.out.Send, durable.Message{To: left.children[task], Op: OpTerminate, Body: reason})
		}
	}
	for _, n := range slices.Sorted(maps.Keys(left.open)) {
		if ret := left.open[n]; ret.Token != 0 || ret.Request != "" || !ret.To.IsZero() {
			t.reply(ret, nil, Fail(CodeEnded, fmt.Sprintf("orchestration %q ended before it answered", t.in.ID.Key)))
		}
	}
	if !left.ret.To.IsZero() {
		t.reply(left.ret, nil, Fail(CodeTerminated, "terminated: "+string(reason)))
	}
	t.answer(m, nil)
}

// left is what the records of a history leave open.
type left struct {
	name     string
	start    *startFacts
	ret      durable.Return
	index    []durable.Index
	timers   map[uint64]durable.Timer
	work     map[uint64]bool
	children map[uint64]durable.ID
	open     map[uint64]durable.Return // requests without an answer
	releases []durable.Message
	now      durable.Time
	whole    bool // all of it could be read
}

// readLeft reads a history as far as it can be read. For each lock that was ever
// asked for there is a release, which goes the request's way: where the lock was
// released before, or never taken, it does nothing.
func readLeft(log [][]byte) *left {
	l := &left{timers: map[uint64]durable.Timer{}, work: map[uint64]bool{}, children: map[uint64]durable.ID{}, open: map[uint64]durable.Return{}}
	c := newCursor(log)
	raised := uint64(0)
	var r record
	for {
		more, err := c.next(&r)
		if err != nil || !more {
			l.whole, l.now = err == nil, c.coder.now
			return l
		}
		switch r.kind {
		case kExecutionStarted:
			l.name, l.start, l.ret, l.index = r.name, r.start, r.start.ret, r.start.index
			if at := r.start.scheduled; at != 0 {
				l.timers[startTask] = durable.Timer{Due: durable.Due{Clock: durable.Wall, At: at}, Task: startTask}
			}
		case kExecutionBegun:
			delete(l.timers, startTask)
		case kTimerCreated:
			l.timers[r.task] = durable.Timer{Due: r.due, Task: r.task}
		case kTimerFired, kTimerCancelled:
			delete(l.timers, r.task)
		case kTaskScheduled:
			l.work[r.task] = true
		case kTaskCompleted, kTaskFailed:
			delete(l.work, r.task)
		case kChildCreated:
			l.children[r.task] = r.to
		case kChildCompleted, kChildFailed:
			delete(l.children, r.task)
		case kCallScheduled:
			if r.op == OpLock {
				l.releases = append(l.releases, durable.Message{To: r.to, Op: OpRelease, Body: r.body})
			}
		case kEventRaised:
			if raised++; !r.ret.IsZero() {
				l.open[raised] = r.ret
			}
		case kAnswered:
			delete(l.open, r.task)
		case kAdopted:
			l.ret = r.ret
		case kRewound:
			l.rewound(&r)
		}
	}
}

func (l *left) rewound(r *record) {
	if !r.ret.To.IsZero() {
		l.ret = r.ret
	}
	clear(l.open) // they were answered when it failed
	for i := range r.rewind.pool {
		switch e := &r.rewind.pool[i]; {
		case e.done:
		case e.kind == kChildCreated:
			l.children[e.task] = e.to
		case e.kind == kTaskScheduled:
			l.work[e.task] = true
		}
	}
}

func (l *left) cancelled() []durable.Timer {
	list := make([]durable.Timer, 0, len(l.timers))
	for _, task := range slices.Sorted(maps.Keys(l.timers)) {
		if len(list) < maxTurnTimers { // one beyond that fires for nobody
			list = append(list, l.timers[task])
		}
	}
	return list
}
