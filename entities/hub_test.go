package entities

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// hub is a task hub in a nutshell, for tests of turns: one thread, no disk, no
// clock. It keeps what the kernel promises (order per sender and receiver,
// exactly once, delayed messages not early, results only for the incarnation
// and generation that asked) and nothing more: across pairs, messages arrive in
// the order that pick chooses. Whatever moves or is kept is encoded, so nothing
// leaks through pointers.
type hub struct {
	t         testing.TB
	behaviors map[durable.Kind]durable.Behavior
	instances map[durable.ID]*durable.Instance
	listed    map[durable.ID][]durable.Index
	streams   map[pair][]durable.Message
	delayed   []durable.Message
	timers    []armed
	now       durable.Time
	births    uint64
	tokens    uint64
	answers   map[uint64]durable.Answer
	turns     int
	sent      []durable.Message // everything that instances sent
	reindexed int               // outcomes that changed a listing
	heads     int               // outcomes that wrote a head

	pick func(n int) int       // which of n streams delivers next; nil is the first
	most func() int            // the most messages of the next turn; nil is all
	cold func() bool           // whether the next turn finds nothing in memory; nil is never
	undo func(durable.ID) bool // whether the next turn is run, forgotten and run again; nil is never
}

// armed is a timer of one generation of an instance.
type armed struct {
	id          durable.ID
	incarnation uint64
	generation  uint32
	timer       durable.Timer
}

// pair is one sender and one receiver.
type pair struct{ from, to durable.ID }

func newHub(t testing.TB, defs ...Definition) *hub {
	t.Helper()
	r, err := NewRegistry(defs...)
	if err != nil {
		t.Fatal(err)
	}
	return &hub{
		t:         t,
		behaviors: map[durable.Kind]durable.Behavior{Kind: NewBehavior(r, Options{Strict: true})},
		instances: map[durable.ID]*durable.Instance{},
		listed:    map[durable.ID][]durable.Index{},
		streams:   map[pair][]durable.Message{},
		answers:   map[uint64]durable.Answer{},
		now:       durable.Time{Wall: 1_000_000, Uptime: 1000},
	}
}

// orchestrate has the hub run orchestrations too, in Strict mode.
func (h *hub) orchestrate(defs ...orchestrator.Definition) *hub {
	h.t.Helper()
	return h.orchestrateWithin(orchestrator.Limits{}, defs...)
}

// orchestrateWithin is orchestrate with limits.
func (h *hub) orchestrateWithin(limits orchestrator.Limits, defs ...orchestrator.Definition) *hub {
	h.t.Helper()
	r, err := orchestrator.NewRegistry(defs...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.behaviors[orchestrator.Kind] = orchestrator.NewBehavior(r, orchestrator.Options{Strict: true, Limits: limits})
	h.t.Cleanup(func() {
		for _, in := range h.instances {
			h.cool(in)
		}
	})
	return h
}

// post sends a message from outside and gives the token of its answer.
func (h *hub) post(m durable.Message) uint64 {
	h.tokens++
	m.Return.Token = h.tokens
	h.send(durable.ID{}, m)
	return h.tokens
}

// ask posts, runs everything, and gives the answer.
func (h *hub) ask(m durable.Message) durable.Answer {
	h.t.Helper()
	token := h.post(m)
	h.run()
	a, ok := h.answers[token]
	if !ok {
		h.t.Fatalf("no answer to %s of %s", m.Name, m.To)
	}
	return a
}

func (h *hub) send(from durable.ID, m durable.Message) {
	m.From, m.Stamp = from, h.now
	d := durable.NewDecoder(durable.AppendMessage(nil, &m))
	m = d.Message()
	if err := d.Done(); err != nil {
		h.t.Fatal(err)
	}
	if m.Due.At > h.now.At(m.Due.Clock) {
		h.delayed = append(h.delayed, m)
		return
	}
	p := pair{from, m.To}
	h.streams[p] = append(h.streams[p], m)
}

// advance moves both clocks and delivers what falls due, in the order of due
// times.
func (h *hub) advance(ms int64) {
	h.now.Wall += ms
	h.now.Uptime += ms
	slices.SortStableFunc(h.delayed, func(a, b durable.Message) int { return cmp.Compare(a.Due.At, b.Due.At) })
	rest := h.delayed[:0]
	for _, m := range h.delayed {
		if m.Due.At > h.now.At(m.Due.Clock) {
			rest = append(rest, m)
			continue
		}
		p := pair{m.From, m.To}
		h.streams[p] = append(h.streams[p], m)
	}
	h.delayed = rest
	slices.SortStableFunc(h.timers, func(a, b armed) int { return cmp.Compare(a.timer.Due.At, b.timer.Due.At) })
	asleep := h.timers[:0]
	for _, a := range h.timers {
		if a.timer.Due.At > h.now.At(a.timer.Due.Clock) {
			asleep = append(asleep, a)
			continue
		}
		p := pair{durable.ID{Kind: 't'}, a.id}
		h.streams[p] = append(h.streams[p], durable.Message{
			To: a.id, Op: durable.OpTimer, Task: a.timer.Task, Incarnation: a.incarnation, Generation: a.generation, Stamp: h.now,
		})
	}
	h.timers = asleep
}

// run takes turns until nothing is on its way.
func (h *hub) run() {
	for h.step() {
	}
}

// ready are the streams with messages, in an order that runs repeat.
func (h *hub) ready(match func(pair) bool) []pair {
	var ps []pair
	for p, ms := range h.streams {
		if len(ms) > 0 && match(p) {
			ps = append(ps, p)
		}
	}
	slices.SortFunc(ps, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.to.String(), b.to.String()), cmp.Compare(a.from.String(), b.from.String()))
	})
	return ps
}

// step gives one instance a turn.
func (h *hub) step() bool {
	ps := h.ready(func(pair) bool { return true })
	if len(ps) == 0 {
		return false
	}
	to := ps[h.choose(len(ps))].to
	limit := 1 << 20
	if h.most != nil {
		limit = h.most()
	}
	in, ok := h.instances[to]
	if !ok {
		h.births++
		in = &durable.Instance{ID: to, Incarnation: h.births, Generation: 1, Created: h.now.Wall}
	}
	var batch []durable.Message
	for len(batch) < limit {
		ps := h.ready(func(p pair) bool { return p.to == to })
		if len(ps) == 0 {
			break
		}
		p := ps[h.choose(len(ps))]
		m := h.streams[p][0]
		h.streams[p] = h.streams[p][1:]
		if m.Incarnation != 0 && m.Incarnation != in.Incarnation || m.Generation != 0 && m.Generation != in.Generation {
			continue
		}
		batch = append(batch, m)
	}
	if len(batch) > 0 {
		h.turn(in, batch)
	}
	return true
}

func (h *hub) choose(n int) int {
	if h.pick == nil {
		return 0
	}
	return h.pick(n)
}

// turn runs one turn and does what it says.
func (h *hub) turn(stored *durable.Instance, batch []durable.Message) {
	h.t.Helper()
	in := stored
	b := h.behaviors[in.ID.Kind]
	if h.cold != nil && h.cold() {
		h.cool(in)
	}
	view := *in
	if view.Hot != nil {
		view.Log = nil
	}
	in = &view
	if h.undo != nil && h.undo(in.ID) {
		head := bytes.Clone(in.Head)
		out, err := b.Turn(h.now, in, batch)
		if err != nil {
			h.t.Fatal(err)
		}
		if !bytes.Equal(head, in.Head) {
			h.t.Fatalf("a turn of %s wrote into the stored head", in.ID)
		}
		if r, ok := out.Hot.(durable.Releaser); ok {
			r.Release()
		}
		view = *stored
		view.Hot = nil
		stored.Hot = nil
	}
	out, err := b.Turn(h.now, in, batch)
	if err != nil {
		h.t.Fatalf("turn of %s: %v", in.ID, err)
	}
	h.turns++
	if out.Hot != stored.Hot {
		h.cool(stored)
	}
	h.apply(stored, out)
	for _, m := range out.Send {
		h.sent = append(h.sent, m)
		h.send(in.ID, m)
	}
	for _, r := range out.Reply {
		h.reply(in.ID, r)
	}
}

func (h *hub) apply(in *durable.Instance, out durable.Outcome) {
	h.t.Helper()
	if out.Erase {
		if out.Head != nil || out.Hot != nil || out.Reindex {
			h.t.Fatalf("%s is erased and kept at once", in.ID)
		}
		delete(h.instances, in.ID)
		delete(h.listed, in.ID)
		return
	}
	if out.Head == nil && !in.Exists {
		if out.Hot != nil || out.Reindex || len(out.Timers) > 0 {
			h.t.Fatalf("%s keeps something and does not exist", in.ID)
		}
		return
	}
	if len(out.Head) > durable.MaxHead {
		h.t.Fatalf("%s has a head of %d bytes", in.ID, len(out.Head))
	}
	if out.Replace {
		h.births++
		in.Incarnation, in.Generation, in.Log, in.Events = h.births, 1, nil, 0
	}
	if out.Next {
		in.Generation++
		in.Log = nil
	}
	if out.Rewrite {
		in.Log = nil
	}
	in.Log = append(in.Log, out.Append...)
	in.Events += uint64(len(out.Publish))
	for _, c := range out.Cancel {
		h.timers = slices.DeleteFunc(h.timers, func(a armed) bool {
			return a.id == in.ID && a.generation == in.Generation && a.timer == c
		})
	}
	for _, timer := range out.Timers {
		h.timers = append(h.timers, armed{in.ID, in.Incarnation, in.Generation, timer})
	}
	if len(out.Work) > 0 {
		h.t.Fatalf("%s has work: this hub does none", in.ID)
	}
	if out.Head != nil {
		in.Head = bytes.Clone(out.Head)
		h.heads++
	}
	if out.Reindex {
		h.listed[in.ID] = out.Index
		h.reindexed++
	}
	in.Exists, in.Hot = true, out.Hot
	if f := out.Check(); f != nil {
		h.t.Fatalf("the kernel would refuse this turn of %s: %v", in.ID, f)
	}
	in.Turns++
	h.instances[in.ID] = in
}

// cool forgets what is in memory of an instance.
func (h *hub) cool(in *durable.Instance) {
	if r, ok := in.Hot.(durable.Releaser); ok {
		r.Release()
	}
	in.Hot = nil
}

func (h *hub) reply(from durable.ID, r durable.Reply) {
	if r.To.Token != 0 {
		if _, twice := h.answers[r.To.Token]; twice {
			h.t.Fatalf("%s answered %d twice", from, r.To.Token)
		}
		h.answers[r.To.Token] = durable.Answer{Body: r.Body, Fail: r.Fail}
		return
	}
	if r.To.To.IsZero() {
		h.t.Fatalf("%s answered nobody", from)
	}
	h.send(from, durable.Message{
		To: r.To.To, Op: durable.OpResult, Body: r.Body, Fail: r.Fail,
		Incarnation: r.To.Incarnation, Generation: r.To.Generation, Task: r.To.Task,
	})
}

// info is what the inspector would see.
func (h *hub) info(id durable.ID) Info {
	h.t.Helper()
	in := h.instances[id]
	if in == nil {
		return Info{}
	}
	info, err := DecodeInfo(in.Head)
	if err != nil {
		h.t.Fatal(err)
	}
	return info
}

// state is an entity's stored state as JSON, "" if it does not exist.
func (h *hub) state(id durable.ID) string { return string(h.info(id).State) }

// from sends a call of an orchestration, whose answer carries the task.
func (h *hub) from(owner durable.Return, m durable.Message, task uint64) {
	if m.Op != orchestrator.OpSignal && m.Op != orchestrator.OpRelease {
		m.Return = owner
		m.Return.Task = task
	}
	h.send(owner.To, m)
}
