package orchestrator

import (
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Reusing says what a start does when an instance has its id already.
type Reusing byte

// The reuse policies. The numbers are stored in messages.
const (
	// ReplaceFinished replaces an instance that has ended; one that runs makes
	// the start fail with conflict. It is what a start does that says nothing.
	ReplaceFinished Reusing = 0
	// RefuseAlways makes the start fail with conflict, whatever there is. (Once
	// besides has later starts refused.)
	RefuseAlways Reusing = 1
	// TerminateAndReplace terminates an instance that runs, with all that
	// belongs to a termination, and replaces it in the same step.
	TerminateAndReplace Reusing = 2
	// UseExisting leaves what there is alone, running or ended: the start gives
	// its id. An event of the start is raised to it, so one that has ended makes
	// a start with an event fail with gone.
	UseExisting Reusing = 3
	// UseRunning is UseExisting for an instance that runs and ReplaceFinished for
	// one that has ended: with an event it is start-or-signal, in one step.
	UseRunning Reusing = 4
)

// Reuse says what becomes of an instance that has the id already. A
// sub-orchestration that is waited for cannot be one that others have started:
// there, UseExisting and UseRunning are bad_request. An instance that was
// started with [Once] is never replaced.
func Reuse(p Reusing) StartOption {
	return func(s *start) {
		if p > UseRunning {
			s.fail = Fail(CodeBadRequest, fmt.Sprintf("there is no reuse policy %d", p))
		}
		s.policy = p
	}
}

// ReuseUnless makes the start fail with conflict if an instance of the id is in
// one of these states, whatever [Reuse] says.
func ReuseUnless(states ...State) StartOption {
	return func(s *start) {
		for _, state := range states {
			if state < Pending || state > Terminated {
				s.fail = Fail(CodeBadRequest, fmt.Sprintf("there is no state %d", byte(state)))
				return
			}
			s.unless |= 1 << state
		}
	}
}

// StartAt has the code begin at a moment, by the wall clock and never early.
// Until then the instance is there, as Pending: it keeps the events that come,
// and can be terminated, suspended and resumed. One in the past is now.
func StartAt(at time.Time) StartOption {
	return func(s *start) { s.at, s.delay = max(at.UnixMilli(), 0), 0 }
}

// StartAfter is [StartAt] for so long after the start is let in.
func StartAfter(d time.Duration) StartOption {
	return func(s *start) { s.at, s.delay = 0, max(after(0, d), 0) }
}

// startTask is the timer of a scheduled start: tasks are numbered from 1.
const startTask = 0

// What a start carries behind its first fields, each with its number.
const (
	startPolicy byte = 1
	startUnless byte = 2
	startMoment byte = 3 // wall milliseconds
	startDelay  byte = 4 // milliseconds
)

// usual says that a start has none of these.
func (s *startMeta) usual() bool {
	return s.policy == ReplaceFinished && s.unless == 0 && s.at == 0 && s.delay == 0 && s.retain == 0
}

func (s *startMeta) encodeExtras(b []byte) []byte {
	if s.policy != ReplaceFinished {
		b = append(b, startPolicy, byte(s.policy))
	}
	if s.unless != 0 {
		b = append(b, startUnless, s.unless)
	}
	if s.at != 0 {
		b = durable.AppendInt(append(b, startMoment), s.at)
	}
	if s.delay != 0 {
		b = durable.AppendInt(append(b, startDelay), s.delay)
	}
	return s.encodeRetention(b)
}

func (s *startMeta) decodeExtras(d *durable.Decoder) error {
	for d.More() && d.Err() == nil {
		switch what := d.Byte(); what {
		case startPolicy:
			s.policy = Reusing(d.Byte())
		case startUnless:
			s.unless = d.Byte()
		case startMoment:
			s.at = d.Int()
		case startDelay:
			s.delay = d.Int()
		default:
			if !s.decodeRetention(what, d) {
				return unknownField("a start", what)
			}
		}
	}
	return nil
}

// due is when the code is to begin, 0 for at once.
func (s *startMeta) due(m *durable.Message, now durable.Time) int64 {
	at := s.at
	if s.delay > 0 {
		at = max(m.Stamp.Wall, 0) + min(s.delay, 1<<52)
	}
	if at <= now.Wall {
		return 0
	}
	return at
}

// state is the instance's, 0 if there is none.
func (t *turn) state() State {
	switch {
	case t.x != nil:
		return t.x.head.state
	case t.rest != nil:
		return t.rest.state
	}
	return 0
}

func (t *turn) unique() bool { return t.x != nil && t.x.head.unique || t.rest != nil && t.rest.unique }

// refusal is why a start of an id that is taken cannot be.
func (t *turn) refusal(meta *startMeta) *Failure {
	id, state := t.in.ID.Key, t.state()
	conflict := func(format string) *Failure { return Fail(CodeConflict, fmt.Sprintf(format, id, state)) }
	switch {
	case meta.unless&(1<<state) != 0:
		return conflict("orchestration %q is %s, and the start is to be refused then")
	case meta.policy == UseExisting, meta.policy == UseRunning && t.x != nil:
		return nil
	case t.unique():
		return Fail(CodeConflict, fmt.Sprintf("orchestration %q has been and may not be started again", id))
	case meta.unique || meta.policy == RefuseAlways:
		return conflict("orchestration %q is there already, %s")
	case t.x != nil && meta.policy != TerminateAndReplace:
		return Fail(CodeConflict, fmt.Sprintf("orchestration %q is running", id))
	}
	return nil
}

// use answers a start with the instance that there is.
func (t *turn) use(m *durable.Message, meta *startMeta) error {
	if meta.first == nil {
		t.answer(m, receipt(m))
		return nil
	}
	event := durable.Message{
		To: m.To, From: m.From, Op: OpEvent, Name: meta.first.name, Body: meta.first.body, Return: m.Return, Stamp: m.Stamp,
	}
	return t.handle(&event)
}

// makeRoom terminates an instance that is to be replaced.
func (t *turn) makeRoom(m *durable.Message) error {
	end := durable.Message{To: m.To, From: m.From, Op: OpTerminate, Body: []byte("replaced by another start")}
	return t.toExecution(&end)
}

// awaitStart has the code wait for its moment.
func (x *execution) awaitStart() {
	if x.start.scheduled == 0 {
		return
	}
	t := &task{kind: tTimer, due: durable.Due{Clock: durable.Wall, At: x.start.scheduled}, turn: x.turn}
	x.tasks[startTask] = t
	if x.out != nil {
		x.out.Timers = append(x.out.Timers, durable.Timer{Due: t.due, Task: startTask})
	}
}

// begins says whether a message has the code begin: an OpRun, or the timer of a
// scheduled start. Of several that are on their way, of earlier lives too, one
// does.
func (x *execution) begins(m *durable.Message) bool {
	if x.begun || (m.Op == durable.OpTimer) != (x.tasks[startTask] != nil) {
		return false
	}
	for i := range x.held {
		if x.held[i].kind == kExecutionBegun {
			return false
		}
	}
	return true
}
