package durable

import (
	"fmt"
	"slices"
)

// actorState is the head of a simulated instance.
type actorState struct {
	incarnation uint64
	generation  uint32
	balance     int64
	entries     uint64 // of the history of this generation
	sum         uint32 // of their bytes
	events      uint64
	lastTask    uint64
	tasks       []simTask
	waits       []simWait
	in, out     sequences
	pad         int
}

// simTask is a timer, a piece of work or a call that is not complete.
type simTask struct {
	task, group uint64
	kind        byte
	due         Due
	fresh       bool // armed by this turn; not stored
}

const (
	taskTimer byte = iota
	taskWork
	taskCall
)

// simWait is a request that is answered when all tasks of its group are complete.
type simWait struct {
	group uint64
	left  int
	ret   Return
	label string
}

// simSequence is how far the messages to or from another instance have come.
type simSequence struct {
	id             ID
	incarnation, n uint64
}

type sequences []simSequence

func (s sequences) get(id ID) *simSequence {
	for i := range s {
		if s[i].id == id {
			return &s[i]
		}
	}
	return nil
}

func (s *sequences) set(q simSequence) {
	if old := s.get(q.id); old != nil {
		*old = q
		return
	}
	*s = append(*s, q)
}

func (s *actorState) append() []byte {
	b := AppendUint(nil, s.incarnation)
	b = AppendUint(b, uint64(s.generation))
	b = AppendInt(b, s.balance)
	b = AppendUint(AppendUint(b, s.entries), uint64(s.sum))
	b = AppendUint(AppendUint(b, s.events), s.lastTask)
	b = AppendUint(b, uint64(len(s.tasks)))
	for _, x := range s.tasks {
		b = append(AppendUint(AppendUint(b, x.task), x.group), x.kind, byte(x.due.Clock))
		b = AppendInt(b, x.due.At)
	}
	b = AppendUint(b, uint64(len(s.waits)))
	for _, w := range s.waits {
		b = AppendString(AppendReturn(AppendUint(AppendUint(b, w.group), uint64(w.left)), w.ret), w.label)
	}
	for _, list := range []sequences{s.in, s.out} {
		b = AppendUint(b, uint64(len(list)))
		for _, q := range list {
			b = AppendUint(AppendUint(AppendID(b, q.id), q.incarnation), q.n)
		}
	}
	return AppendBytes(b, make([]byte, s.pad))
}

func parseActor(head []byte) (s actorState, err error) {
	d := NewDecoder(head)
	s.incarnation, s.generation, s.balance = d.Uint(), uint32(d.Uint()), d.Int()
	s.entries, s.sum = d.Uint(), uint32(d.Uint())
	s.events, s.lastTask = d.Uint(), d.Uint()
	for n := d.Count(); n > 0; n-- {
		s.tasks = append(s.tasks, simTask{task: d.Uint(), group: d.Uint(), kind: d.Byte(), due: Due{Clock: d.clock(), At: d.Int()}})
	}
	for n := d.Count(); n > 0; n-- {
		s.waits = append(s.waits, simWait{group: d.Uint(), left: int(d.Uint()), ret: d.Return(), label: d.String()})
	}
	for _, list := range []*sequences{&s.in, &s.out} {
		for n := d.Count(); n > 0; n-- {
			*list = append(*list, simSequence{id: d.ID(), incarnation: d.Uint(), n: d.Uint()})
		}
	}
	s.pad = len(d.Bytes())
	return s, d.Done()
}

// index is the rows under which the instance must be listed.
func (s *actorState) index(id ID) []Index {
	list := []Index{{Name: "all", Time: int64(len(id.Key)), Data: fmt.Append(nil, s.balance)}}
	if s.balance%3 != 0 {
		list = append(list, Index{Name: fmt.Sprint("mod", s.balance%3), Time: s.balance})
	}
	return list
}

// simBody is the body of a message between simulated instances.
type simBody struct {
	incarnation uint64 // of the sender
	n           uint64 // 1, 2, 3… to this receiver; 0 if it is delayed
	amount      int64
	due         Due
	pad         int
}

func (b simBody) append() []byte {
	body := AppendInt(AppendUint(AppendUint(nil, b.incarnation), b.n), b.amount)
	body = AppendInt(append(body, byte(b.due.Clock)), b.due.At)
	return AppendBytes(body, make([]byte, b.pad))
}

func parseBody(body []byte) (b simBody, err error) {
	d := NewDecoder(body)
	b = simBody{incarnation: d.Uint(), n: d.Uint(), amount: d.Int(), due: Due{Clock: d.clock(), At: d.Int()}}
	b.pad = len(d.Bytes())
	return b, d.Done()
}

// simRequest is the body of a client's message.
type simRequest struct {
	verb  verb
	to    ID
	a, b  int
	clock Clock
	delay int64
}

func (r simRequest) append() []byte {
	b := AppendID([]byte{byte(r.verb)}, r.to)
	b = AppendUint(AppendUint(b, uint64(r.a)), uint64(r.b))
	return AppendInt(append(b, byte(r.clock)), r.delay)
}

func parseRequest(body []byte) (r simRequest, err error) {
	d := NewDecoder(body)
	r = simRequest{verb: verb(d.Byte()), to: d.ID(), a: int(d.Uint()), b: int(d.Uint()), clock: d.clock(), delay: d.Int()}
	return r, d.Done()
}

// serve does what a client asks for.
func (t *simTurn) serve(m *Message) {
	r, err := parseRequest(m.Body)
	if err != nil {
		t.violate("request %s: %v", m.Name, err)
		return
	}
	due := Due{Clock: r.clock, At: t.now.At(r.clock) + r.delay}
	switch r.verb {
	case verbPeek:
		t.o.Reply = append(t.o.Reply, Reply{To: m.Return, Body: []byte("peek"), Forget: true})
		return
	case verbPay:
		if t.s.balance < int64(r.a) {
			t.o.Reply = append(t.o.Reply, Reply{To: m.Return, Fail: Fail(CodeConflict, "not enough money"), Forget: true})
			return
		}
		t.s.balance -= int64(r.a)
		pay := Message{To: r.to, Op: opCredit}
		if r.delay > 0 {
			pay.Due = due
		}
		t.send(pay, simBody{amount: int64(r.a), pad: r.b})
	case verbBurst:
		for range r.a {
			t.send(Message{To: r.to, Op: opCredit}, simBody{pad: r.b})
		}
	case verbTimer:
		t.wait(m, 1)
		t.arm(due, t.s.lastTask)
		return
	case verbTimers:
		for i := range r.a {
			t.arm(Due{Clock: r.clock, At: due.At + int64(i*r.b)}, 0)
		}
	case verbCancel:
		t.cancelSome()
	case verbRearm:
		for _, x := range t.s.tasks {
			if x.kind == taskTimer && !x.fresh && t.ahead(x) {
				if x.task%2 == 0 {
					t.o.Cancel = append(t.o.Cancel, Timer{Due: x.due, Task: x.task})
				}
				t.o.Timers = append(t.o.Timers, Timer{Due: x.due, Task: x.task})
			}
		}
	case verbWork:
		n := max(r.a, 1) // a relay may ask for none, and nobody would end the wait
		t.wait(m, n)
		group := t.s.lastTask
		for range n {
			task := t.task(taskWork, group)
			t.o.Work = append(t.o.Work, Work{Task: task, Name: "echo", Input: []byte{byte(task)}})
		}
		return
	case verbCall:
		t.wait(m, 1)
		task := t.task(taskCall, t.s.lastTask)
		t.send(Message{To: r.to, Op: opAsk, Return: Return{To: t.in.ID, Incarnation: t.s.incarnation, Generation: t.in.Generation, Task: task}}, simBody{pad: r.b})
		return
	case verbRelay:
		for i := range 1 + r.a%3 {
			ask := simRequest{verb: verb(r.a*7+r.b*3+i*5) % verbRelay, to: t.in.ID, a: r.a, b: 7, clock: r.clock, delay: r.delay}
			t.o.Send = append(t.o.Send, Message{To: r.to, Op: opClient, Body: ask.append()}, Message{To: t.in.ID, Op: opClient, Body: ask.append()})
		}
	case verbNext:
		t.next = true
	case verbHead:
		t.s.pad = r.a
	case verbHistory:
		t.o.Append = append(t.o.Append, make([]byte, r.a))
	case verbRewrite:
		t.rewrite = true
	case verbReplace:
		t.replace = t.in.ID.Kind == kindMortal
	case verbErase:
		t.erase, t.heir = t.in.ID.Kind == kindMortal || t.world.purging, r.to
	}
	t.answer(m.Return, m.Name)
}

// wait opens a group of tasks, of which the request's answer waits for.
func (t *simTurn) wait(m *Message, tasks int) {
	t.s.lastTask++
	t.s.waits = append(t.s.waits, simWait{group: t.s.lastTask, left: tasks, ret: m.Return, label: m.Name})
}

func (t *simTurn) task(kind byte, group uint64) uint64 {
	t.s.lastTask++
	t.s.tasks = append(t.s.tasks, simTask{task: t.s.lastTask, group: group, kind: kind, fresh: true})
	return t.s.lastTask
}

func (t *simTurn) arm(due Due, group uint64) {
	task := t.task(taskTimer, group)
	t.s.tasks[len(t.s.tasks)-1].due = due
	t.o.Timers = append(t.o.Timers, Timer{Due: due, Task: task})
}

// ahead says that a timer cannot be on its way to us yet.
func (t *simTurn) ahead(x simTask) bool { return x.due.At > t.now.At(x.due.Clock) }

// cancelSome cancels timers that nobody waits for; those that this very turn
// armed are not armed at all.
func (t *simTurn) cancelSome() {
	t.s.tasks = slices.DeleteFunc(t.s.tasks, func(x simTask) bool {
		if x.kind != taskTimer || x.group != 0 || x.task%2 == 0 || !t.ahead(x) {
			return false
		}
		timer := Timer{Due: x.due, Task: x.task}
		t.o.Timers = slices.DeleteFunc(t.o.Timers, func(y Timer) bool { return y == timer })
		if !x.fresh {
			t.o.Cancel = append(t.o.Cancel, timer)
		}
		return true
	})
}
