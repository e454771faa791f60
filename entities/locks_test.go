package entities

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// owner is an orchestration as the entities see it.
func owner(name string) durable.Return {
	return durable.Return{To: durable.ID{Kind: orchestrator.Kind, Key: name}, Incarnation: 1, Generation: 1}
}

// sink stands for orchestrations in tests that play their part by hand.
type sink struct{ got []durable.Message }

func (s *sink) Turn(_ durable.Time, _ *durable.Instance, ms []durable.Message) (durable.Outcome, error) {
	s.got = append(s.got, ms...)
	return durable.Outcome{Head: []byte{1}}, nil
}

// count is how many results of a task came.
func (s *sink) count(owner durable.Return, task uint64) (n int) {
	for _, m := range s.got {
		if m.To == owner.To && m.Op == durable.OpResult && m.Task == task {
			n++
		}
	}
	return n
}

// lockHub is a hub whose orchestrations are a sink.
func lockHub(t *testing.T) (*hub, *sink) {
	h := newHub(t, accounts)
	s := &sink{}
	h.behaviors[orchestrator.Kind] = s
	for _, name := range []string{"o", "p", "q"} { // so that they are of incarnation 1
		h.instances[owner(name).To] = &durable.Instance{ID: owner(name).To, Exists: true, Incarnation: 1, Generation: 1}
	}
	return h, s
}

// lockOf is the acquisition by an owner of accounts with these keys.
func lockOf(o durable.Return, number uint64, keys ...string) chain {
	ch := chain{key: lockKey{owner: o, number: number}}
	for _, k := range keys {
		ch.ids = append(ch.ids, accounts.ID(k))
	}
	return ch
}

// holders are who holds each account, by the owner's key.
func (h *hub) holders(keys ...string) string {
	var who []string
	for _, k := range keys {
		if l := h.info(accounts.ID(k)).Lock; l != nil {
			who = append(who, l.Owner.Key)
		} else {
			who = append(who, "-")
		}
	}
	return strings.Join(who, "")
}

func (h *hub) wantHolders(want string, keys ...string) {
	h.t.Helper()
	if got := h.holders(keys...); got != want {
		h.t.Fatalf("accounts %v are held by %q, want %q", keys, got, want)
	}
}

func (h *hub) release(o durable.Return, ms ...durable.Message) {
	for _, m := range ms {
		h.from(o, m, 0)
	}
}

func TestDecision_09_OneRequestTravels(t *testing.T) {
	h, s := lockHub(t)
	o, p := owner("o"), owner("p")
	first, second := lockOf(o, 1, "a", "b", "c"), lockOf(p, 1, "b", "c")

	h.from(o, first.request(), 7)
	h.run()
	h.wantHolders("ooo", "a", "b", "c")
	if s.count(o, 7) != 1 {
		t.Fatalf("the owner was told %d times", s.count(o, 7))
	}
	if since := h.info(accounts.ID("b")).Lock.Since; since != h.now.Wall {
		t.Fatalf("held since %d, want %d", since, h.now.Wall)
	}

	// While it is held, others wait, in order; the owner goes first.
	h.from(p, second.request(), 8)
	h.run()
	waits := h.post(mustCall(t, accounts.ID("b"), "get", nil))
	h.run()
	h.from(o, mustCall(t, accounts.ID("b"), "credit", 5), 9)
	h.run()
	if _, early := h.answers[waits]; early || s.count(o, 9) != 1 || s.count(p, 8) != 0 {
		t.Fatal("while it was locked, another's message ran, or the owner's did not")
	}
	if info := h.info(accounts.ID("b")); info.Waiting != 2 {
		t.Fatalf("%d messages wait, want 2", info.Waiting)
	}

	// The next owner has it before what came behind its request.
	h.release(o, first.direct()...)
	h.run()
	h.wantHolders("-pp", "a", "b", "c")
	if _, early := h.answers[waits]; early || s.count(p, 8) != 1 {
		t.Fatal("the request did not have its turn, or what came behind it had")
	}
	h.release(p, second.direct()...)
	h.run()
	h.wantHolders("---", "a", "b", "c")
	wantInt(t, h.answers[waits], 5)
	if h.instances[accounts.ID("a")] != nil || h.instances[accounts.ID("c")] != nil {
		t.Fatal("entities that were only ever locked are left behind")
	}
}

func TestDecision_09_OrderIsKeptWhileLocked(t *testing.T) {
	h, _ := lockHub(t)
	o, id := owner("o"), accounts.ID("a")
	ch := lockOf(o, 1, "a")
	h.from(o, ch.request(), 1)
	h.run()
	for i := range 50 {
		h.post(mustSignal(t, id, "note", fmt.Sprintf("other%02d", i)))
		h.from(o, mustSignal(t, id, "note", fmt.Sprintf("owner%02d", i)), 0)
		h.run()
	}
	h.release(o, ch.direct()...)
	h.run()
	var notes []string
	for i := range 50 {
		notes = append(notes, fmt.Sprintf("%q", fmt.Sprintf("owner%02d", i)))
	}
	for i := range 50 {
		notes = append(notes, fmt.Sprintf("%q", fmt.Sprintf("other%02d", i)))
	}
	if want := strings.Join(notes, ","); !strings.Contains(h.state(id), "["+want+"]") {
		t.Fatalf("state %s\nwant notes %s", h.state(id), want)
	}
}

// The races of a release with its request. In each, the owner ends or gives up
// at some point; afterwards nothing may be held, and the next one must proceed.
func TestBehaviour_108_ReleaseRaces(t *testing.T) {
	o, p, q := owner("o"), owner("p"), owner("q")
	first := lockOf(o, 1, "a", "b", "c")
	for _, c := range []struct {
		name string
		play func(h *hub, s *sink)
	}{
		{"ended before the request arrived", func(h *hub, _ *sink) {
			h.from(o, first.request(), 1)
			h.release(o, first.travelling())
		}},
		{"ended while the request was queued at the first", func(h *hub, _ *sink) {
			other := lockOf(p, 1, "a")
			h.from(p, other.request(), 1)
			h.run()
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.travelling())
			h.run()
			h.wantHolders("p--", "a", "b", "c")
			if h.info(accounts.ID("a")).Waiting != 0 {
				h.t.Fatal("the request still waits")
			}
			h.release(p, other.direct()...)
		}},
		{"ended while the request was queued in the middle", func(h *hub, _ *sink) {
			other := lockOf(p, 1, "b")
			h.from(p, other.request(), 1)
			h.run()
			h.from(o, first.request(), 1)
			h.run()
			h.wantHolders("op-", "a", "b", "c")
			h.release(o, first.travelling())
			h.run()
			h.wantHolders("-p-", "a", "b", "c")
			h.release(p, other.direct()...)
		}},
		{"ended after the last one granted, before it knew", func(h *hub, s *sink) {
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.travelling())
		}},
		{"ended in the section", func(h *hub, _ *sink) {
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.direct()...)
		}},
		{"released twice", func(h *hub, _ *sink) {
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.direct()...)
			h.release(o, first.direct()...)
			h.release(o, first.travelling())
		}},
		{"a late release does not open the next lock of the same owner", func(h *hub, s *sink) {
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.direct()...)
			again := lockOf(o, 2, "b")
			h.from(o, again.request(), 2)
			h.run()
			h.release(o, first.travelling())
			h.release(o, first.direct()...)
			h.run()
			h.wantHolders("-o-", "a", "b", "c")
			h.release(o, again.direct()...)
		}},
		{"given up, and asked for again with other entities", func(h *hub, s *sink) {
			other := lockOf(p, 1, "a")
			h.from(p, other.request(), 1)
			h.run()
			h.from(o, first.request(), 1)
			h.release(o, first.travelling())
			again := lockOf(o, 2, "b", "c")
			h.from(o, again.request(), 2)
			h.run()
			if s.count(o, 1) != 0 || s.count(o, 2) != 1 {
				h.t.Fatal("the first was granted, or the second was not")
			}
			h.release(p, other.direct()...)
			h.release(o, again.direct()...)
		}},
		{"a release of another life of the owner", func(h *hub, s *sink) {
			reborn := owner("o")
			reborn.Incarnation = 2
			now := lockOf(reborn, 1, "b")
			h.from(reborn, now.request(), 1)
			h.run()
			h.release(o, first.travelling())
			h.release(o, first.direct()...)
			h.run()
			h.wantHolders("-o-", "a", "b", "c")
			h.release(reborn, now.direct()...)
		}},
		{"continued as new in the section", func(h *hub, s *sink) {
			h.from(o, first.request(), 1)
			h.run()
			h.release(o, first.direct()...)
			next := owner("o")
			next.Generation = 2
			again := lockOf(next, 1, "a", "c")
			h.from(next, again.request(), 1)
			h.run()
			h.wantHolders("o-o", "a", "b", "c")
			if g := h.info(accounts.ID("c")).Lock.Generation; g != 2 {
				h.t.Fatalf("held by generation %d", g)
			}
			h.release(next, again.direct()...)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, s := lockHub(t)
			c.play(h, s)
			h.run()
			h.wantHolders("---", "a", "b", "c")
			next := lockOf(q, 1, "a", "b", "c")
			h.from(q, next.request(), 5)
			h.run()
			h.wantHolders("qqq", "a", "b", "c")
			if s.count(q, 5) != 1 {
				t.Fatal("the next owner was not told")
			}
		})
	}
}

func TestLockAdmitsOnlyThisLifeOfItsOwner(t *testing.T) {
	h, s := lockHub(t)
	o, id := owner("o"), accounts.ID("a")
	o.Incarnation = 2
	h.instances[o.To].Incarnation = 2
	ch := lockOf(o, 1, "a")
	h.from(o, ch.request(), 1)
	h.run()

	old := owner("o")
	h.from(old, mustCall(t, id, "credit", 1), 2)
	stray := mustSignal(t, id, "credit", 1)
	stampSender(&stray, old.Incarnation)
	h.from(old, stray, 0)
	own := mustSignal(t, id, "credit", 10)
	stampSender(&own, o.Incarnation)
	h.from(o, own, 0)
	h.from(o, mustCall(t, id, "get", nil), 3)
	h.run()
	if s.count(o, 3) != 1 || h.state(id) != `{"balance":10}` || h.info(id).Waiting != 2 {
		t.Fatalf("state %s with %d waiting", h.state(id), h.info(id).Waiting)
	}
	h.release(o, ch.direct()...)
	h.run()
	if h.state(id) != `{"balance":12}` {
		t.Fatalf("state %s after the release", h.state(id))
	}
}

// A call that its owner made before it asked for the lock may reach the entity
// behind the request, which came over other entities. It must run, since the
// owner may wait for it.
func TestOwnersEarlierCallsRunInTheSection(t *testing.T) {
	h, s := lockHub(t)
	o, p, id := owner("o"), owner("p"), accounts.ID("b")
	other, ch := lockOf(p, 1, "b"), lockOf(o, 1, "a", "b")
	h.from(p, other.request(), 1)
	h.run()
	h.from(o, ch.request(), 1)
	h.run()
	h.from(o, mustCall(t, id, "credit", 1), 2)
	behind := h.post(mustCall(t, id, "get", nil))
	h.run()
	if s.count(o, 2) != 0 || h.info(id).Waiting != 3 {
		t.Fatal("it did not wait for the other's lock")
	}
	h.release(p, other.direct()...)
	h.run()
	if s.count(o, 1) != 1 || s.count(o, 2) != 1 || h.info(id).Waiting != 1 {
		t.Fatal("the owner has the lock, and its call still waits")
	}
	h.release(o, ch.direct()...)
	h.run()
	wantInt(t, h.answers[behind], 1)
}

func TestLockedEntityIsDeletedByItsOwner(t *testing.T) {
	h, s := lockHub(t)
	o, id := owner("o"), accounts.ID("a")
	ch := lockOf(o, 1, "a")
	h.ask(mustCall(t, id, "credit", 3))
	h.from(o, ch.request(), 1)
	h.run()
	h.from(o, mustCall(t, id, "delete", nil), 2)
	h.run()
	if info := h.info(id); info.Exists || info.Lock == nil || len(h.listed[id]) != 1 || h.listed[id][0].Name != "e/gone/account" {
		t.Fatalf("deleted and locked: %+v, listed %v", info, h.listed[id])
	}
	h.from(o, mustCall(t, id, "get", nil), 3)
	h.run()
	if s.got[len(s.got)-1].Task != 3 || string(s.got[len(s.got)-1].Body) != "0" || len(h.listed[id]) != 1 {
		t.Fatal("the owner's next operation did not find a fresh one, or it is not listed again")
	}
	h.from(o, mustCall(t, id, "delete", nil), 4)
	h.release(o, ch.direct()...)
	h.run()
	if h.instances[id] != nil {
		t.Fatal("something is left")
	}
}

func TestWaitingIsBounded(t *testing.T) {
	h, s := lockHub(t)
	o, id := owner("o"), accounts.ID("a")
	ch := lockOf(o, 1, "a")
	h.from(o, ch.request(), 1)
	h.run()
	var calls []uint64
	text := strings.Repeat("x", 10<<10)
	for range 60 {
		calls = append(calls, h.post(mustCall(t, id, "note", text)))
	}
	h.run()
	if info := h.info(id); info.Waiting*10<<10 > MaxWaitingBytes || info.Waiting < 20 {
		t.Fatalf("%d calls wait", info.Waiting)
	}
	wantCode(t, h.answers[calls[59]], durable.CodeBusy)
	if !strings.Contains(h.answers[calls[59]].Fail.Message, fmt.Sprint(MaxWaitingBytes)) {
		t.Fatalf("%v does not name the limit", h.answers[calls[59]].Fail)
	}
	// A client's signals are refused too when even their share is full; others are counted.
	last := uint64(0)
	for range 60 {
		last = h.post(mustSignal(t, id, "note", text))
	}
	h.run()
	wantCode(t, h.answers[last], durable.CodeBusy)
	h.from(owner("p"), mustSignal(t, id, "note", text), 0)
	h.from(owner("p"), lockOf(owner("p"), 1, "a").request(), 4)
	h.run()
	if info := h.info(id); info.Dropped != 1 || s.count(owner("p"), 4) != 1 {
		t.Fatalf("%d dropped; the lock request was answered %d times", info.Dropped, s.count(owner("p"), 4))
	}
	// The owner is never refused, and what waited runs in the end.
	h.from(o, mustCall(t, id, "credit", 1), 5)
	h.release(o, ch.direct()...)
	h.run()
	if s.count(o, 5) != 1 || h.info(id).Waiting != 0 || !strings.HasPrefix(h.state(id), `{"balance":1`) {
		t.Fatalf("%d wait at the end", h.info(id).Waiting)
	}
}

func TestMalformedLockMessages(t *testing.T) {
	h, s := lockHub(t)
	o := owner("o")
	elsewhere := lockOf(o, 1, "b").request()
	elsewhere.To = accounts.ID("a")
	h.from(o, elsewhere, 1)
	h.from(o, durable.Message{To: accounts.ID("a"), Op: orchestrator.OpLock, Body: []byte{0xff}}, 2)
	h.from(o, durable.Message{To: durable.ID{Kind: Kind, Name: "nobody"}, Op: orchestrator.OpLock, Body: chain{ids: []durable.ID{{Kind: Kind, Name: "nobody"}}}.encode()}, 3)
	h.from(o, durable.Message{To: durable.ID{Kind: Kind, Name: "nobody"}, Op: orchestrator.OpRelease, Body: chain{}.encode()}, 0)
	h.run()
	for task := uint64(1); task <= 3; task++ {
		if s.count(o, task) != 1 {
			t.Errorf("request %d was answered %d times", task, s.count(o, task))
		}
	}
	for _, m := range s.got {
		if m.Fail == nil {
			t.Errorf("task %d was granted", m.Task)
		}
	}
	if len(h.instances) != 3 { // the orchestrations
		t.Fatalf("%d instances", len(h.instances))
	}
}

// Each sender's messages are done in its order, whatever overtakes them, and
// through every lock that is taken and given up in between.
func TestBehaviour_110_OrderPerSender(t *testing.T) {
	for seed := range uint64(50) {
		h, _ := lockHub(t)
		r := rand.New(rand.NewPCG(seed, 1))
		h.pick = r.IntN
		h.most = func() int { return 1 + r.IntN(3) }
		senders := []string{"o", "p", "q"}
		locked := map[string]chain{}
		sent := map[string]int{}
		for range 120 {
			name := senders[r.IntN(len(senders))]
			o := owner(name)
			switch ch, has := locked[name]; {
			case r.IntN(6) == 0 && !has:
				locked[name] = lockOf(o, uint64(sent[name]+1), []string{"a", "b"}[r.IntN(2):]...)
				h.from(o, locked[name].request(), 1)
			case r.IntN(6) == 0 && has:
				h.release(o, ch.travelling())
				delete(locked, name)
			default:
				m := mustSignal(t, accounts.ID("b"), "note", fmt.Sprintf("%s%03d", name, sent[name]))
				h.from(o, m, 0)
				sent[name]++
			}
			if r.IntN(2) == 0 {
				h.step()
			}
		}
		for name, ch := range locked {
			h.release(owner(name), ch.travelling())
		}
		h.run()
		var s account
		mustDecode(t, h.info(accounts.ID("b")).State, &s)
		done := map[string]int{}
		for _, text := range s.Notes {
			name := text[:1]
			if text != fmt.Sprintf("%s%03d", name, done[name]) {
				t.Fatalf("seed %d: %s was done as the %dth of %s", seed, text, done[name], name)
			}
			done[name]++
		}
		if fmt.Sprint(done) != fmt.Sprint(sent) {
			t.Fatalf("seed %d: done %v, sent %v", seed, done, sent)
		}
		h.wantHolders("--", "a", "b")
	}
}
