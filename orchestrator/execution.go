package orchestrator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/everturn/everturn/orchestrator/durable"
)

// execution is one generation of an instance: the coroutine and all that the
// engine knows around it. It is a function of the history: what happened
// (inputs) is applied to it, and what the code does about it (actions) is
// recorded, or on replay compared with what was recorded.
//
// It is used by one goroutine at a time, the partition's.
type execution struct {
	b           *Behavior
	id          durable.ID
	incarnation uint64
	generation  uint32
	head        head
	start       *startFacts
	span        *spanFacts // nil: nobody traces it
	input       []byte
	co          *coroutine
	ctx         *Context
	begun       bool
	ended       bool     // the head is final
	over        bool     // ended, or continued as new
	running     bool     // author code may call the Context now
	inside      bool     // the coroutine is what runs
	barred      *Failure // the Context is inert for a while, and why
	dead        bool     // the coroutine is being, or was, taken down: the Context does nothing any more
	inert       int      // calls since then
	quiet       bool     // writes no log lines: the second run of Strict

	now     durable.Time // of the turn that the history is at
	before  durable.Time // of the turn before it
	turn    uint64       // counts the history's turns
	cursor  *cursor      // of the history, while replaying
	broken  error        // non-determinism, or a corrupt history
	aborted *Failure     // a limit that the code ran into

	tasks  map[uint64]*task // scheduled and not done, by number
	last   uint64           // number of the last task
	orders uint64           // tasks done so far
	wake   bool             // a task that the coroutine waits for is done
	boxes  map[string]*mailbox
	raised uint64             // events so far
	open   map[uint64]*raised // events that the author has not seen, and requests without an answer
	held   []record           // inputs that came while suspended

	pool      []*pooled             // what was done in parts of the history that were undone
	trace     *trace                // of a replay for a rewind
	children  map[uint64]durable.ID // running sub-orchestrations by task
	atEnd     []ending              // never changed in place: see giveUp
	guard     func(string) error
	index     []durable.Index
	published uint64
	next      *nextGeneration
	asked     *task    // what waits for the request to end
	canceled  *Failure // the request to end, as waiting gives it
	reason    []byte   // of that request
	shields   int      // calls of Shielded that the code is in
	refused   int      // waits that the request refused
	queries   map[string]queryFunc
	patches   map[string]bool // that the code asked for, and what it was told
	only      bool            // a termination leaves the children alone

	// The live turn; out is nil while replaying.
	out       *durable.Outcome
	turnNow   durable.Time
	journal   journal
	actions   int
	sent      int      // bytes of what the turn does beside its history
	others    int      // messages in the outcome that are not this execution's
	told      int      // and spans
	endings   []ending // atEnd as the turn began
	status    []byte   // the custom status, likewise
	listed    []durable.Index
	answered  []*raised // requests that the turn answered
	drawn     *drawn    // in Strict mode
	dirtyHead bool
	reindex   bool
	records   int      // in the history
	past      [][]byte // the whole history, in Strict mode only
}

// ending are messages kept for the end.
type ending struct {
	key string
	ms  []durable.Message
}

func newExecution(b *Behavior, in *durable.Instance) *execution {
	return &execution{
		b: b, id: in.ID, incarnation: in.Incarnation, generation: max(in.Generation, 1),
		tasks: map[uint64]*task{}, boxes: map[string]*mailbox{}, open: map[uint64]*raised{},
	}
}

// Release is called when the kernel drops the execution from memory.
func (x *execution) Release() {
	x.dead = true
	if x.co != nil {
		x.co.release()
	}
}

// Size is a rough count of the bytes held, for the kernel's cache. A parked
// coroutine's stack is mostly 2 KiB or a little more.
func (x *execution) Size() int {
	n := int(unsafe.Sizeof(*x)) + 3<<10 + len(x.input) + len(x.head.custom) + 256*len(x.tasks)
	for _, box := range x.boxes {
		for _, e := range box.queue {
			n += 128 + len(e.body)
		}
	}
	for i := range x.held {
		n += 256 + len(x.held[i].body)
	}
	for _, e := range x.pool {
		n += 512 + len(e.body) + len(e.result)
	}
	for _, p := range x.past {
		n += len(p)
	}
	return n
}

// beginTurn makes the execution live for one turn.
func (x *execution) beginTurn(now durable.Time, out *durable.Outcome) {
	x.turnNow, x.out = now, out
	x.actions, x.sent, x.others = 0, 0, len(out.Send)
	x.told = len(out.Spans)
	x.endings, x.status, x.listed = x.atEnd, x.head.custom, x.index
}

// endTurn lets go of what only the live turn needs.
func (x *execution) endTurn() {
	clear(x.answered)
	x.out, x.endings, x.answered, x.drawn = nil, nil, x.answered[:0], nil
	x.status, x.listed = nil, nil
}

// happen records an input of the live turn and applies it.
func (x *execution) happen(r *record) error {
	x.write(r)
	return x.apply(r)
}

// write puts a record into the live turn's history entry.
func (x *execution) write(r *record) {
	x.beginEntry()
	x.journal.append(r)
}

// beginEntry begins the live turn's history entry, unless it has begun.
func (x *execution) beginEntry() {
	if len(x.journal.buf) > 0 {
		return
	}
	x.before, x.now = x.now, x.turnNow
	x.journal.coder.now = x.before
	x.journal.begin(x.now)
	x.turn++
}

// started takes the facts of the beginning; the code begins now or with OpRun.
func (x *execution) started(r *record) error {
	if x.start != nil {
		return fmt.Errorf("%w: history of %s begins twice", durable.ErrCorrupt, x.id)
	}
	x.start, x.input = r.start, r.body
	x.last = x.start.firstTask
	x.published = x.start.events
	x.head = head{
		state: Pending, name: r.name, version: x.start.version, parent: x.start.parent, tags: x.start.tags,
		custom: x.start.custom, created: x.start.created, started: x.now.Wall, unique: x.head.unique,
		retain: x.head.retain,
	}
	x.head.scheduled = x.start.scheduled
	x.index = x.start.index
	x.dirtyHead, x.reindex = true, true
	if x.start.deferred {
		x.awaitStart()
		return nil
	}
	return x.begin()
}

// begin makes the coroutine and runs it for the first time.
func (x *execution) begin() error {
	if x.begun {
		return x.differ("begin of the generation", "has begun already")
	}
	def := x.b.reg.orchestration(x.head.name, x.head.version)
	if def == nil {
		return fmt.Errorf("orchestration %q version %q of instance %s is not registered", x.head.name, x.head.version, x.id)
	}
	x.begun = true
	delete(x.tasks, startTask)
	x.setState(Running, "")
	x.ctx = &Context{x: x}
	x.co = newCoroutine(func() ([]byte, *Failure) { return def.run(x.ctx, x.input) })
	x.wake = true
	return x.run()
}

// run resumes the coroutine if something that it waits for is there, and ends
// the execution if it is done.
func (x *execution) run() error {
	if x.broken != nil || x.over {
		return x.broken
	}
	if x.wake && x.co != nil && !x.co.done {
		x.wake, x.running, x.inside = false, true, true
		x.co.resume()
		x.running, x.inside = false, false
	}
	switch {
	case x.broken != nil:
		return x.broken
	case x.aborted != nil:
		x.giveUp()
	case x.co != nil && x.co.done:
		x.finishBy(x.co)
	}
	return x.broken
}

// finishBy ends the execution the way its function ended.
func (x *execution) finishBy(co *coroutine) {
	switch {
	case co.fail != nil && x.canceled != nil && errors.Is(co.fail, ErrCanceled):
		x.finish(Terminated, x.reason, x.canceled)
	case co.fail != nil && !isContinue(co.fail):
		x.finish(Failed, nil, co.fail)
	case x.next != nil:
		x.continueAsNew()
	case co.fail != nil:
		x.finish(Failed, nil, Fail(CodeFailed, "the error of ContinueAsNew was returned, but of another orchestration"))
	default:
		x.finish(Completed, co.out, nil)
	}
}

// resumed delivers what came while the instance was suspended.
func (x *execution) resumed() error {
	held := x.held
	x.held = nil
	state := Pending
	if x.begun {
		state = Running
	}
	x.setState(state, "")
	for i := range held {
		if x.over {
			x.held = append(x.held, held[i:]...)
			x.refuseHeld()
			return nil
		}
		if r := &held[i]; r.task != 0 && x.tasks[r.task] == nil {
			continue // what was delivered before had the code cancel it
		}
		if err := x.deliver(&held[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) setState(s State, reason string) {
	x.reindex = x.reindex || x.head.state != s
	x.head.state, x.head.reason = s, reason
	x.dirtyHead = true
}

// protect runs engine code that may call the author's (a retry predicate, a
// decoder): a panic in it fails the orchestration.
func (x *execution) protect(fn func()) {
	was := x.running
	x.running = true
	defer func() {
		x.running = was
		switch p := recover().(type) {
		case nil, unwind:
		case abort:
			x.aborted = p.fail
		default:
			x.aborted = panicked(p)
		}
	}()
	fn()
}

// waitingFor says in words what the code waits for.
func (x *execution) waitingFor() string {
	if x.ended {
		return "nothing: it has ended"
	}
	var what []string
	for name, box := range x.boxes {
		if len(box.waiters) > 0 {
			what = append(what, "event "+name)
		}
	}
	for _, t := range x.tasks {
		if t.awaited {
			what = append(what, t.String())
		}
	}
	if len(what) == 0 {
		return "nothing"
	}
	slices.Sort(what)
	return strings.Join(what, ", ")
}

// String says in words what the task is, the way errors quote it.
func (t *task) String() string {
	switch t.kind {
	case tActivity:
		return fmt.Sprintf("activity %s#%d", t.name, t.id)
	case tTimer:
		return fmt.Sprintf("timer #%d", t.id)
	case tChild:
		return fmt.Sprintf("sub-orchestration %s#%d", t.name, t.id)
	case tCall:
		return fmt.Sprintf("call %s#%d", t.name, t.id)
	case tEvent:
		return "event " + t.name
	}
	return "a result"
}
