package orchestrator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// nextGeneration is what an orchestration asked for by ContinueAsNew.
type nextGeneration struct {
	input   []byte
	version string
	discard bool // events that nobody has seen
}

// finish ends the instance, in one of the final states.
func (x *execution) finish(state State, output []byte, fail *Failure) {
	if x.over {
		return
	}
	x.Release()
	if !x.conclude(&record{kind: kExecutionCompleted, state: state, body: output, fail: fail}) {
		return
	}
	x.ended, x.over = true, true
	x.setState(state, "")
	x.head.output, x.head.fail = output, fail
	if x.out == nil {
		return
	}
	x.cancelTimers()
	x.sendEndings()
	if state == Terminated {
		if fail == nil { // else it was cancelled, and so were the children, who may be cleaning up
			fail = bounded(Fail(CodeTerminated, "terminated: "+string(output)))
			x.terminateChildren(output)
		}
		x.dropWork()
	}
	x.traceEnd(state.String(), fail)
	for _, e := range x.unseen() {
		x.end(e.ret)
	}
	x.refuseHeld()
	if !x.start.ret.To.IsZero() {
		x.reply(x.start.ret, output, fail, false)
	}
}

// conclude records an action that is the execution's own, not its code's.
func (x *execution) conclude(r *record) bool {
	if x.cursor == nil {
		x.write(r)
		return true
	}
	var got record
	more, err := x.cursor.next(&got)
	switch {
	case err != nil:
		x.broken = err
	case !more:
		_ = x.differ("nothing more", "came to "+r.String())
	case !same(&got, r):
		_ = x.differ(got.String(), "came to "+r.String())
	default:
		return true
	}
	return false
}

// continueAsNew ends this generation: the turn goes on with the next.
func (x *execution) continueAsNew() {
	if x.cursor != nil {
		var got record
		history := "nothing more"
		if more, err := x.cursor.next(&got); err == nil && more {
			history = got.String()
		}
		_ = x.differ(history, "continued as new")
		return
	}
	x.over = true
	x.Release()
	x.traceEnd("ContinuedAsNew", nil)
	x.sendEndings()
	x.out.Timers, x.out.Cancel = nil, nil // they belong to this generation, and go with it
}

// successor is the generation after this one, with its history begun: it takes
// along what nobody has seen, in order.
func (x *execution) successor(in *durable.Instance) (*execution, error) {
	y := newExecution(x.b, in)
	y.incarnation, y.generation, y.quiet = x.incarnation, x.generation, x.quiet
	first := x.last
	if in.Exists {
		y.generation++
	} else { // one that is made in this very turn has no generation behind it yet
		first++ // so that its identity is another all the same: see Context.seed
	}
	y.head.unique, y.head.retain = x.head.unique, x.head.retain
	y.beginTurn(x.turnNow, x.out)
	y.drawn = x.drawn
	if err := x.followTrace(y); err != nil {
		return nil, err
	}
	version, chosen := x.head.version, x.start.chosen
	if x.next.version != "" {
		version, chosen = x.next.version, true
	}
	err := y.happen(&record{kind: kExecutionStarted, name: x.head.name, body: x.next.input, start: &startFacts{
		version: version, created: x.head.created, parent: x.head.parent, ret: x.start.ret, tags: x.head.tags,
		custom: x.head.custom, firstTask: first, events: x.published, deferred: true, index: x.index, chosen: chosen,
	}})
	if err != nil {
		return nil, err
	}
	reason, canceled := x.reason, x.canceled != nil
	events := x.unseen()
	for i := range x.held {
		switch r := &x.held[i]; r.kind {
		case kEventRaised:
			events = append(events, &raised{name: r.name, body: r.body, ret: r.ret, stamp: r.time})
		case kCancelRequested:
			reason, canceled = r.body, true
		}
	}
	if canceled { // it has not ended yet
		if err := y.happen(&record{kind: kCancelRequested, body: reason}); err != nil {
			return nil, err
		}
	}
	for _, e := range events {
		if x.next.discard && !e.request() {
			continue
		}
		if err := y.happen(e.record()); err != nil {
			return nil, err
		}
	}
	return y, nil
}

// unseen are the events that the author has not seen and the requests without
// an answer, in the order in which they were raised.
func (x *execution) unseen() []*raised {
	return slices.SortedFunc(maps.Values(x.open), func(a, b *raised) int { return int(a.number) - int(b.number) })
}

// refuseHeld ends the requests that came while the instance was suspended.
func (x *execution) refuseHeld() {
	if !x.ended || x.out == nil {
		return
	}
	for i := range x.held {
		if r := &x.held[i]; r.kind == kEventRaised {
			x.end(r.ret)
		}
	}
	x.held = nil
}

// end answers a request that nobody will answer any more.
func (x *execution) end(ret durable.Return) {
	x.reply(ret, nil, Fail(CodeEnded, fmt.Sprintf("orchestration %q ended before it answered", x.id.Key)), false)
}

func (x *execution) reply(to durable.Return, body []byte, fail *Failure, forget bool) {
	if to.To.IsZero() && to.Token == 0 && to.Request == "" {
		return // nobody, or one who has been answered
	}
	if x.out != nil {
		x.out.Reply = append(x.out.Reply, durable.Reply{To: to, Body: body, Fail: fail, Forget: forget})
	}
}

// cancelTimers takes the timers that are still armed out of the store.
func (x *execution) cancelTimers() {
	for _, id := range slices.Sorted(maps.Keys(x.tasks)) {
		if t := x.tasks[id]; t.kind == tTimer {
			x.disarm(t)
		}
	}
}

// disarm cancels a timer, or has it not armed if that was in this very turn.
func (x *execution) disarm(t *task) {
	if x.out == nil {
		return
	}
	timer := durable.Timer{Due: t.due, Task: t.id}
	if t.turn == x.turn {
		if i := slices.Index(x.out.Timers, timer); i >= 0 {
			x.out.Timers = slices.Delete(x.out.Timers, i, i+1)
			return
		}
	}
	if len(x.out.Cancel) < maxTurnTimers { // one beyond that fires for nobody
		x.out.Cancel = append(x.out.Cancel, timer)
	}
}

func (x *execution) sendEndings() {
	if x.out == nil {
		return
	}
	for _, e := range x.atEnd {
		x.out.Send = append(x.out.Send, e.ms...)
	}
}

// dropWork has the activities know that nobody waits for them. (Those of an
// orchestration that ends of itself go on: it may have begun them in passing.)
func (x *execution) dropWork() {
	for _, id := range slices.Sorted(maps.Keys(x.tasks)) {
		if x.tasks[id].kind == tActivity {
			x.out.Drop = append(x.out.Drop, id)
		}
	}
}

func (x *execution) terminateChildren(reason []byte) {
	if x.only {
		return
	}
	for _, task := range slices.Sorted(maps.Keys(x.children)) {
		x.out.Send = append(x.out.Send, durable.Message{To: x.children[task], Op: OpTerminate, Body: reason})
	}
}
