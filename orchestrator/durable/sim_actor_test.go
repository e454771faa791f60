package durable

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// The simulated instances. Banks begin with money and live for ever; mortals
// begin with none, and are replaced and erased.
const (
	kindBank   Kind = 'b'
	kindMortal Kind = 'm'

	simCapital = 1000

	opClient Op = OpUser     // from outside; the body begins with a verb
	opCredit Op = OpUser + 1 // money from another instance
	opAsk    Op = OpUser + 2 // a call from another instance
)

// What clients ask for.
type verb byte

const (
	verbNote    verb = iota // publish the request's name
	verbPeek                // answer, change nothing
	verbPay                 // to, amount, padding, delay: send money
	verbBurst               // to, count, padding: send many messages
	verbTimer               // clock, delay: answer when a timer is due
	verbTimers              // count, spread: arm many timers
	verbCancel              // cancel every other timer that nobody waits for
	verbRearm               // cancel and arm the same timers, or arm them twice
	verbWork                // count: answer when all work is done
	verbCall                // to: answer when another instance answers
	verbNext                // continue as new
	verbHead                // size of the head
	verbHistory             // size of an entry of the history
	verbRewrite             // write the history anew
	verbReplace             // mortals only
	verbErase               // mortals only; to: who inherits
	verbRelay               // to: ask instances for other things, so that some turn twice in one batch
	verbs
)

// simHot is what an actor leaves in memory.
type simHot struct {
	world *world
	head  []byte
}

func (h *simHot) Release()  { delete(h.world.hot, h) }
func (h *simHot) Size() int { return len(h.head) }

// actor is the behavior of all simulated instances. It checks what the kernel
// promises to behaviors.
type actor struct{ world *world }

// simTurn is one turn of an actor.
type simTurn struct {
	world   *world
	now     Time
	in      *Instance
	s       actorState
	o       Outcome
	next    bool
	replace bool
	rewrite bool
	erase   bool
	heir    ID
}

func (a actor) Turn(now Time, in *Instance, messages []Message) (Outcome, error) {
	if a.world.poison[in.ID] {
		if in.Turns%2 == 0 {
			panic("poison")
		}
		return Outcome{}, errors.New("poison")
	}
	t := &simTurn{world: a.world, now: now, in: in}
	t.begin()
	for i := range messages {
		t.take(&messages[i])
	}
	return t.end(), nil
}

func (t *simTurn) violate(format string, args ...any) {
	t.world.violate("%s at %v: %s", t.in.ID, t.now, fmt.Sprintf(format, args...))
}

// begin reads the state and compares it with what the kernel says.
func (t *simTurn) begin() {
	in := t.in
	if t.now.Wall > t.world.highest {
		t.violate("the wall clock never was at %d", t.now.Wall)
	}
	if !in.Exists {
		t.s.incarnation = in.Incarnation
		if in.ID.Kind == kindBank {
			t.s.balance = simCapital
		}
		return
	}
	s, err := parseActor(in.Head)
	if err != nil {
		t.violate("head: %v", err)
		return
	}
	t.s = s
	if s.incarnation != in.Incarnation || s.events != in.Events || s.generation != in.Generation {
		t.violate("incarnation %d, events %d, generation %d; its head says %d, %d, %d", in.Incarnation, in.Events, in.Generation, s.incarnation, s.events, s.generation)
	}
	if in.Hot == nil {
		if n, sum := sumEntries(0, 0, in.Log); n != s.entries || sum != s.sum {
			t.violate("history has %d entries (sum %x), it appended %d (sum %x)", n, sum, s.entries, s.sum)
		}
		return
	}
	h := in.Hot.(*simHot)
	if !t.world.hot[h] {
		t.violate("hot value was released before")
	}
	if !bytes.Equal(h.head, in.Head) || in.Log != nil {
		t.violate("hot value of another turn, or with a history of %d entries", len(in.Log))
	}
}

func sumEntries(n uint64, sum uint32, entries [][]byte) (uint64, uint32) {
	for _, e := range entries {
		n, sum = n+1, crc32.Update(sum, crc32.IEEETable, e)
	}
	return n, sum
}

// take handles one message.
func (t *simTurn) take(m *Message) {
	if m.To != t.in.ID || m.Incarnation != 0 && (m.Incarnation != t.s.incarnation || m.Generation != t.in.Generation) {
		t.violate("got a message for %s, incarnation %d, generation %d", m.To, m.Incarnation, m.Generation)
	}
	switch m.Op {
	case OpTimer, OpResult:
		t.complete(m)
	case opCredit, opAsk:
		t.receive(m)
	case opClient:
		t.serve(m)
	default:
		t.violate("got operation %d", m.Op)
	}
}

// receive takes a message of another instance: each once, in order.
func (t *simTurn) receive(m *Message) {
	b, err := parseBody(m.Body)
	if err != nil {
		t.violate("message of %s: %v", m.From, err)
		return
	}
	if b.n == 0 { // delayed
		if b.due.At > t.now.At(b.due.Clock) {
			t.violate("message of %s came at %v, was due at %v", m.From, t.now, b.due)
		}
	} else {
		last := t.s.in.get(m.From)
		switch {
		case last == nil && b.n != 1 && t.in.ID.Kind == kindBank, last != nil && last.incarnation == b.incarnation && b.n != last.n+1,
			last != nil && last.incarnation < b.incarnation && b.n != 1, last != nil && last.incarnation > b.incarnation:
			t.violate("message %d of %s (incarnation %d) follows %v", b.n, m.From, b.incarnation, last)
		}
		t.s.in.set(simSequence{id: m.From, incarnation: b.incarnation, n: b.n})
	}
	t.s.balance += b.amount
	if m.Op == opAsk {
		t.o.Reply = append(t.o.Reply, Reply{To: m.Return, Body: []byte("pong")})
	}
}

// complete takes the result of a timer, of work, or of a call: each once, and
// timers not early.
func (t *simTurn) complete(m *Message) {
	i := slices.IndexFunc(t.s.tasks, func(x simTask) bool { return x.task == m.Task })
	if i < 0 {
		t.violate("task %d completed (op %d, from %q), which is not open in generation %d", m.Task, m.Op, m.From, t.in.Generation)
		return
	}
	task := t.s.tasks[i]
	t.s.tasks = slices.Delete(t.s.tasks, i, i+1)
	switch {
	case task.kind == taskTimer && m.Op != OpTimer, task.kind != taskTimer && m.Op != OpResult:
		t.violate("task %d of kind %d completed by op %d", m.Task, task.kind, m.Op)
	case task.kind == taskTimer && task.due.At > t.now.At(task.due.Clock):
		t.violate("timer %d fired at %v, due %v", m.Task, t.now, task.due)
	case task.kind == taskWork && !bytes.Equal(m.Body, []byte{byte(m.Task)}) && m.Fail == nil:
		t.violate("work %d came back with %x", m.Task, m.Body)
	}
	if task.kind == taskTimer {
		t.world.figures.timers++
	}
	for i := range t.s.waits {
		if w := &t.s.waits[i]; w.group == task.group {
			if w.left--; w.left == 0 {
				t.answer(w.ret, w.label)
				t.s.waits = slices.Delete(t.s.waits, i, i+1)
			}
			break
		}
	}
}

// answer publishes that a request was done, and answers it.
func (t *simTurn) answer(to Return, label string) {
	t.publish(label)
	t.o.Reply = append(t.o.Reply, Reply{To: to, Body: fmt.Appendf(nil, "%s %d.%d", label, t.in.Turns, t.s.events)})
}

func (t *simTurn) publish(text string) {
	t.s.events++
	t.o.Publish = append(t.o.Publish, []byte(text))
}

func (t *simTurn) send(m Message, b simBody) {
	if m.Due == (Due{}) {
		last := t.s.out.get(m.To)
		if last != nil {
			b.n = last.n
		}
		b.n++
		t.s.out.set(simSequence{id: m.To, n: b.n})
	}
	b.incarnation, b.due = t.s.incarnation, m.Due
	if m.Due.Clock == Uptime { // another partition has another uptime
		b.due = Due{}
	}
	m.Body = b.append()
	t.o.Send = append(t.o.Send, m)
}

// end makes the outcome.
func (t *simTurn) end() Outcome {
	if t.erase && t.in.Exists {
		return t.endErased()
	}
	if t.replace && t.in.Exists {
		t.endReplaced()
	} else if t.next && t.in.Exists {
		t.endGeneration()
	} else if t.rewrite && t.in.Exists {
		t.o.Rewrite = true
		t.s.entries, t.s.sum = 0, 0
	}
	if !t.o.Rewrite && len(t.o.Append) == 0 && len(t.o.Publish) == 0 && len(t.o.Send) == 0 && len(t.o.Timers) == 0 && len(t.o.Work) == 0 && t.in.Exists && bytes.Equal(t.s.append(), t.in.Head) {
		t.o.Hot = t.in.Hot
		return t.o
	}
	t.s.generation = t.in.Generation
	if t.o.Next {
		t.s.generation++
		t.s.entries, t.s.sum = 0, 0
	}
	if t.o.Replace || !t.in.Exists {
		t.s.generation, t.s.entries, t.s.sum = 1, 0, 0
	}
	if t.s.incarnation%3 != 0 { // some keep no history
		t.o.Append = append(t.o.Append, []byte{byte(t.in.Turns)})
	}
	t.s.entries, t.s.sum = sumEntries(t.s.entries, t.s.sum, t.o.Append)
	t.o.Head = t.s.append()
	t.o.Index, t.o.Reindex = t.s.index(t.in.ID), true
	if t.in.Turns%8 < 6 {
		h := &simHot{world: t.world, head: t.o.Head}
		t.world.hot[h] = true
		t.o.Hot = h
	}
	return t.o
}

// cancelAll cancels the timers of this generation.
func (t *simTurn) cancelAll() {
	t.o.Timers = nil
	for _, x := range t.s.tasks {
		if x.kind == taskTimer && !x.fresh {
			t.o.Cancel = append(t.o.Cancel, Timer{Due: x.due, Task: x.task})
		}
	}
}

func (t *simTurn) answerAll() {
	for _, w := range t.s.waits {
		t.answer(w.ret, w.label)
	}
	t.s.waits = nil
}

func (t *simTurn) endErased() Outcome {
	t.cancelAll()
	t.answerAll()
	if t.s.balance != 0 && !t.heir.IsZero() {
		t.send(Message{To: t.heir, Op: opCredit}, simBody{amount: t.s.balance})
	}
	return Outcome{Erase: true, Cancel: t.o.Cancel, Send: t.o.Send, Reply: t.o.Reply}
}

func (t *simTurn) endReplaced() {
	t.cancelAll()
	t.answerAll()
	t.o.Work, t.o.Publish = nil, [][]byte{[]byte("replaced")}
	t.o.Replace = true
	t.s = actorState{incarnation: t.world.parts[t.in.ID.Partition(len(t.world.parts))].meta.incarnation + 1, balance: t.s.balance, events: 1, in: t.s.in}
	for i := range t.o.Send { // this incarnation says it
		b, err := parseBody(t.o.Send[i].Body)
		if t.o.Send[i].Op == opClient || err != nil || b.n == 0 {
			continue
		}
		last := t.s.out.get(t.o.Send[i].To)
		b.n, b.incarnation = 1, t.s.incarnation
		if last != nil {
			b.n = last.n + 1
		}
		t.s.out.set(simSequence{id: t.o.Send[i].To, n: b.n})
		t.o.Send[i].Body = b.append()
	}
	kept := t.o.Send[:0]
	for _, m := range t.o.Send { // their answers would be for the old one
		if m.Op == opAsk {
			m.Op, m.Return = opCredit, Return{}
		}
		kept = append(kept, m)
	}
	t.o.Send = kept
}

// endGeneration hands the timers on to the new generation; calls and work are
// forgotten, and who waited for them is answered.
func (t *simTurn) endGeneration() {
	t.cancelAll()
	t.o.Next, t.o.Work = true, nil
	var tasks []simTask
	for _, x := range t.s.tasks {
		if x.kind == taskTimer {
			t.o.Timers = append(t.o.Timers, Timer{Due: x.due, Task: x.task})
			tasks = append(tasks, x)
		}
	}
	t.s.tasks = tasks
	var waits []simWait
	for _, w := range t.s.waits {
		if slices.ContainsFunc(tasks, func(x simTask) bool { return x.group == w.group }) {
			waits = append(waits, w)
		} else {
			t.answer(w.ret, w.label)
		}
	}
	t.s.waits = waits
	for i := range t.o.Send { // answers to calls of this turn would be for the old generation
		if t.o.Send[i].Op == opAsk {
			t.o.Send[i].Op, t.o.Send[i].Return = opCredit, Return{}
		}
	}
}
