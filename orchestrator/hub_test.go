package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
)

// testHub is a kernel in one goroutine: it routes messages, timers and work, has
// time skipped when nothing else is to do, and now and then drops an instance
// from memory. It checks what the kernel relies on.
type testHub struct {
	t         *testing.T
	behavior  *Behavior
	worker    durable.Worker
	now       durable.Time
	rng       *rand.Rand
	instances map[durable.ID]*testInstance
	queue     []durable.Message
	timers    []testTimer
	work      []durable.Work
	holdWork  bool
	waiting   map[uint64]func(durable.Answer)
	done      map[string]durable.Answer // by caller and request
	lives     uint64
	turns     int
	elsewhere []durable.Message // for instances of other kinds
	broken    map[durable.ID]error
	dropped   []uint64 // tasks that nobody wants any more
	logs      *countingLog
}

type testInstance struct {
	durable.Instance
	published [][]byte
	index     []durable.Index
}

type testTimer struct {
	durable.Timer
	id          durable.ID
	incarnation uint64
	generation  uint32
}

// countingLog counts log lines by their text.
type countingLog struct{ lines []string }

func (l *countingLog) Write(b []byte) (int, error) {
	l.lines = append(l.lines, string(b))
	return len(b), nil
}

// newHub is a hub with definitions, and a client of it. All of it is strict.
func newHub(t *testing.T, defs ...Definition) (*testHub, *Client) {
	t.Helper()
	return newHubWith(t, Options{}, defs...)
}

func newHubWith(t *testing.T, o Options, defs ...Definition) (*testHub, *Client) {
	t.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	h := &testHub{
		t: t, worker: reg.Worker(), now: durable.Time{Wall: 1_800_000_000_000, Uptime: 5_000},
		rng: rand.New(rand.NewPCG(1, 2)), instances: map[durable.ID]*testInstance{}, waiting: map[uint64]func(durable.Answer){},
		done: map[string]durable.Answer{}, broken: map[durable.ID]error{}, logs: &countingLog{},
	}
	o.Strict, o.Logger = true, zerolog.New(h.logs)
	h.behavior = NewBehavior(reg, o)
	t.Cleanup(h.dropAll)
	return h, &Client{hub: h}
}

// redefine goes on with other definitions, as after a deployment.
func (h *testHub) redefine(defs ...Definition) {
	h.t.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.dropAll()
	h.worker = reg.Worker()
	h.behavior = NewBehavior(reg, Options{Strict: true, Logger: h.behavior.logger, Limits: h.behavior.limits})
}

func (h *testHub) dropAll() {
	for _, in := range h.instances {
		h.drop(in)
	}
}

func (h *testHub) drop(in *testInstance) {
	if r, ok := in.Hot.(durable.Releaser); ok {
		r.Release()
		r.Release() // idempotent
	}
	in.Hot = nil
}

// settle lets everything happen that does not need time to pass.
func (h *testHub) settle() {
	h.t.Helper()
	for len(h.queue) > 0 || len(h.work) > 0 && !h.holdWork {
		for len(h.queue) > 0 {
			h.step()
		}
		if len(h.work) > 0 && !h.holdWork {
			w := h.work[0]
			h.work = h.work[1:]
			h.finishWork(w, h.worker(context.Background(), w))
		}
	}
}

func (h *testHub) finishWork(w durable.Work, a durable.Answer) {
	h.queue = append(h.queue, durable.Message{
		To: w.ID, Op: durable.OpResult, Task: w.Task, Incarnation: w.Incarnation, Generation: w.Generation, Body: a.Body, Fail: a.Fail,
	})
}

// run is settle that has time pass until nothing is left to happen.
func (h *testHub) run() {
	h.t.Helper()
	for h.settle(); len(h.timers) > 0; h.settle() {
		h.advance(h.nextTimer())
	}
}

func (h *testHub) nextTimer() time.Duration {
	at := func(x testTimer) int64 { return x.Due.At - h.now.At(x.Due.Clock) }
	first := slices.MinFunc(h.timers, func(a, b testTimer) int { return cmp.Compare(at(a), at(b)) })
	return time.Duration(max(at(first), 0)) * time.Millisecond
}

// advance has both clocks go on, and fires what is due.
func (h *testHub) advance(d time.Duration) {
	h.t.Helper()
	h.now.Wall += d.Milliseconds()
	h.now.Uptime += d.Milliseconds()
	var due []testTimer
	h.timers = slices.DeleteFunc(h.timers, func(x testTimer) bool {
		if x.Due.At <= h.now.At(x.Due.Clock) {
			due = append(due, x)
			return true
		}
		return false
	})
	slices.SortStableFunc(due, func(a, b testTimer) int { return cmp.Compare(a.Due.At, b.Due.At) })
	for _, x := range due {
		h.queue = append(h.queue, durable.Message{
			To: x.id, Op: durable.OpTimer, Task: x.Task, Due: x.Due, Incarnation: x.incarnation, Generation: x.generation,
		})
	}
	h.settle()
}

// step gives one instance a turn with some of its messages.
func (h *testHub) step() {
	h.t.Helper()
	id := h.queue[0].To
	most := 1 + h.rng.IntN(4)
	var batch []durable.Message
	in := h.instances[id]
	if in == nil {
		in = &testInstance{Instance: durable.Instance{ID: id}}
		h.instances[id] = in
	}
	h.queue = slices.DeleteFunc(h.queue, func(m durable.Message) bool {
		if m.To != id || len(batch) == most {
			return false
		}
		if in.Exists && (m.Incarnation != 0 && m.Incarnation != in.Incarnation || m.Generation != 0 && m.Generation != in.Generation) {
			return true
		}
		m.Due = durable.Due{}
		batch = append(batch, m)
		return true
	})
	salvaged := slices.ContainsFunc(batch, func(m durable.Message) bool { return h.behavior.Salvages(&m) })
	if len(batch) > 0 && (h.broken[id] == nil || salvaged) {
		delete(h.broken, id)
		h.turn(in, batch)
	}
}

func (h *testHub) turn(in *testInstance, batch []durable.Message) {
	h.t.Helper()
	arg := in.Instance
	if !arg.Exists {
		arg.Incarnation, arg.Generation = h.lives+1, 1
	}
	if arg.Hot != nil {
		arg.Log = nil
	}
	h.turns++
	out, err := h.behavior.Turn(h.now, &arg, batch)
	if err != nil {
		h.broken[in.ID] = err
		h.drop(in)
		return
	}
	if f := out.Check(); f != nil {
		h.t.Fatalf("the kernel refuses the turn: %v", f)
	}
	h.apply(in, &out)
	if in.Hot != nil && h.rng.IntN(3) == 0 {
		h.drop(in)
	}
}

func (h *testHub) apply(in *testInstance, out *durable.Outcome) {
	h.t.Helper()
	if in.Hot != nil && in.Hot != out.Hot {
		h.drop(in)
	}
	for _, c := range out.Cancel {
		n := len(h.timers)
		h.timers = slices.DeleteFunc(h.timers, func(x testTimer) bool {
			return x.id == in.ID && x.Timer == c && x.incarnation == in.Incarnation && x.generation == in.Generation
		})
		_ = n // one that has just fired is not there any more
	}
	id := in.ID
	switch {
	case out.Erase && (out.Head != nil || out.Append != nil || out.Publish != nil || out.Timers != nil || out.Work != nil):
		h.t.Fatal("a turn erases and stores")
	case out.Replace && out.Next:
		h.t.Fatal("a turn replaces and continues")
	case out.Rewrite && (out.Next || out.Replace || out.Erase || !in.Exists):
		h.t.Fatal("a turn rewrites a history that it ends")
	case out.Erase || out.Replace:
		if slices.ContainsFunc(h.timers, func(x testTimer) bool { return x.id == id }) {
			h.t.Fatal("an instance goes and leaves a timer in the store")
		}
		*in = testInstance{Instance: durable.Instance{ID: id}}
	}
	if out.Head == nil && !in.Exists && (out.Append != nil || out.Timers != nil || out.Work != nil) {
		h.t.Fatal("a turn stores something of an instance that it does not create")
	}
	if !in.Exists && out.Head != nil {
		h.lives++
		in.Exists, in.Incarnation, in.Generation, in.Created = true, h.lives, 1, h.now.Wall
	} else if out.Next {
		h.forgetTimers(id)
		in.Generation++
		in.Log = nil
	}
	if out.Rewrite {
		in.Log = nil
	}
	if out.Head != nil {
		in.Head = out.Head
	}
	in.Log = append(in.Log, out.Append...)
	in.published = append(in.published, out.Publish...)
	in.Events = uint64(len(in.published))
	in.Turns++
	in.Hot = out.Hot
	if out.Reindex {
		in.index = out.Index
	}
	for _, x := range out.Timers {
		h.timers = append(h.timers, testTimer{x, id, in.Incarnation, in.Generation})
	}
	for _, w := range out.Work {
		w.ID, w.Incarnation, w.Generation = id, in.Incarnation, in.Generation
		h.work = append(h.work, w)
	}
	h.dropped = append(h.dropped, out.Drop...)
	for _, m := range out.Send {
		m.From, m.Stamp = id, h.now
		if m.To.Kind != Kind {
			h.elsewhere = append(h.elsewhere, m)
			continue
		}
		h.queue = append(h.queue, m)
	}
	for _, r := range out.Reply {
		h.reply(id, r)
	}
}

func (h *testHub) forgetTimers(id durable.ID) {
	h.timers = slices.DeleteFunc(h.timers, func(x testTimer) bool { return x.id == id })
}

func (h *testHub) reply(from durable.ID, r durable.Reply) {
	if !r.To.To.IsZero() {
		h.queue = append(h.queue, durable.Message{
			To: r.To.To, From: from, Op: durable.OpResult, Task: r.To.Task, Incarnation: r.To.Incarnation, Generation: r.To.Generation,
			Body: r.Body, Fail: r.Fail,
		})
		return
	}
	a := durable.Answer{Body: r.Body, Fail: r.Fail}
	if r.To.Request != "" && !r.Forget {
		h.done[r.To.Caller+"/"+r.To.Request] = a
	}
	if done := h.waiting[r.To.Token]; done != nil {
		delete(h.waiting, r.To.Token)
		done(a)
	} else if r.To.Token != 0 {
		h.t.Fatalf("%s answers a client twice", from)
	}
}

// Post is as of [durable.Host].
func (h *testHub) Post(m durable.Message, done func(durable.Answer)) {
	if a, ok := h.done[m.Return.Caller+"/"+m.Return.Request]; ok && m.Return.Request != "" {
		done(a)
		return
	}
	m.Stamp = h.now
	m.Return.Token = h.rng.Uint64() | 1
	h.waiting[m.Return.Token] = done
	h.queue = append(h.queue, m)
}

var errNoAnswer = errors.New("no answer yet")

// Ask is as of [durable.Host], without waiting for time to pass.
func (h *testHub) Ask(_ context.Context, m durable.Message) (durable.Answer, error) {
	a, got := durable.Answer{}, false
	h.Post(m, func(answer durable.Answer) { a, got = answer, true })
	h.settle()
	if !got {
		if err := h.broken[m.To]; err != nil {
			return a, Fail(CodeUnavailable, err.Error())
		}
		return a, errNoAnswer
	}
	return a, a.Err()
}

// Read is as of [durable.Host].
func (h *testHub) Read(id durable.ID) (durable.Snapshot, error) {
	in := h.instances[id]
	if in == nil {
		return durable.Snapshot{ID: id}, nil
	}
	return durable.Snapshot{
		ID: id, Exists: in.Exists, Incarnation: in.Incarnation, Generation: in.Generation, Turns: in.Turns, Events: in.Events,
		Created: in.Created, Updated: h.now.Wall, Head: in.Head,
	}, nil
}

// Log is as of [durable.Host].
func (h *testHub) Log(id durable.ID) (durable.Snapshot, [][]byte, error) {
	s, err := h.Read(id)
	if in := h.instances[id]; in != nil {
		return s, in.Log, err
	}
	return s, nil, err
}

// Events is as of [durable.Host].
func (h *testHub) Events(id durable.ID, after uint64, limit int) (list []durable.Event, err error) {
	if in := h.instances[id]; in != nil {
		for i, b := range in.published {
			if n := uint64(i) + 1; n > after && len(list) < limit {
				list = append(list, durable.Event{Number: n, Body: b})
			}
		}
	}
	return list, nil
}

// Watch needs a real host.
func (h *testHub) Watch(durable.ID, uint64) (*durable.Watcher, error) {
	return nil, errors.New("the test hub has no watchers")
}
