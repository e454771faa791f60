package orchestrator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// act records an action of the code; on replay it must be the one that the
// history has next, and gets its due time from there. It does not return if it
// is another. True means that it was done before a rewind, and is not to be done
// again.
func (x *execution) act(r *record) (done bool) {
	if len(x.pool) > 0 {
		done = x.takeOver(r)
	}
	if x.cursor == nil {
		x.actions++
		if x.actions > x.b.limits.Actions {
			x.abort(Fail(CodeTooLarge, fmt.Sprintf("more than %d actions in one turn", x.b.limits.Actions)))
		}
		x.write(r)
		x.spend(0)
		return done
	}
	var got record
	more, err := x.cursor.next(&got)
	switch {
	case err != nil:
		x.broken = err
	case !more:
		_ = x.differ("nothing more", "asked for "+r.String())
	case !same(&got, r):
		_ = x.differ(got.String(), "asked for "+r.String())
	default:
		r.due = got.due
		if r.kind == kSideEffect {
			r.body, r.fail = got.body, got.fail
		}
		return done
	}
	panic(unwind{})
}

// spend counts bytes that the live turn makes beside its history, the way the
// kernel counts them.
func (x *execution) spend(n int) {
	x.sent += n
	if x.out != nil && x.journal.size()+x.sent > x.b.limits.TurnBytes {
		x.abort(Fail(CodeTooLarge, fmt.Sprintf("one turn makes more than %d bytes", x.b.limits.TurnBytes)))
	}
}

// differ notes non-determinism.
func (x *execution) differ(history, code string) error {
	if x.broken == nil {
		x.dead = true
		x.broken = &NonDeterminismError{Instance: x.id.Key, History: history, Code: code}
	}
	return x.broken
}

// abort fails the orchestration from inside one of its calls.
func (x *execution) abort(f *Failure) {
	x.aborted, x.dead = f, true
	panic(abort{f})
}

// giveUp fails an execution that ran into a limit, or whose author's code
// panicked inside one of the engine's calls. What this turn did beyond its
// inputs is dropped: it may be too much to store. So are the answers that tell
// of it, and its changes to the status, the listings and what is kept for the
// end.
func (x *execution) giveUp() {
	if x.out != nil {
		x.beginEntry() // where the limit was met before the turn wrote anything
		x.takeBack()
		x.atEnd, x.head.custom, x.index = x.endings, x.status, x.listed
		x.out.Send, x.out.Work, x.out.Timers, x.out.Publish = x.out.Send[:x.others], nil, nil, nil
		x.untell()
		maps.DeleteFunc(x.tasks, func(_ uint64, t *task) bool { return t.turn == x.turn })
		x.journal.coder.now = x.before
		x.journal.begin(x.now)
		if x.records == 0 {
			if x.span != nil {
				x.journal.append(&record{kind: kTraced, body: x.span.encode()})
			}
			x.journal.append(&record{kind: kExecutionStarted, name: x.head.name, body: x.input, start: x.start})
		}
	}
	x.next = nil
	x.finish(Failed, nil, x.aborted)
}

// takeBack drops the answers of this turn: their requests are open again.
// Refusals stand, since they say that nothing was done.
func (x *execution) takeBack() {
	for _, e := range x.answered {
		x.out.Reply = slices.DeleteFunc(x.out.Reply, func(r durable.Reply) bool { return r.To == e.ret })
		x.open[e.number] = e
	}
	x.answered = nil
}
