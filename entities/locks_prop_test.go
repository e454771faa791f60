package entities

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// order is a transfer of money, and how its orchestration goes about it.
type order struct {
	From, To string
	Also     string // locked as well
	Amount   int
	Rounds   int
	Patience int  // ms; 0 is for ever
	Careless bool // leaves the unlocking to the end of the generation
	Pause    int  // ms between reading and writing
	Greedy   int  // where it runs into a limit, and is ended in the middle of a turn
}

// Where a greedy transfer runs into the limit.
const (
	greedyInside    = 1 + iota // the section
	greedyAfter                // unlocking
	greedyImpatient            // when it gave up waiting for the locks
)

// maxActions is the limit: no other transfer comes near it in one turn.
const maxActions = 50

// grab runs into the limit if this is the place for it.
func (o *order) grab(c *orchestrator.Context, place int) {
	for i := 0; o.Greedy == place && i <= maxActions; i++ {
		_ = credit.Signal(c, o.From, 1_000_000) // dropped with the turn
	}
}

// transfer reads two accounts and writes both, under locks. The writes go out
// in one turn, so that it is done or not however it ends. Without the locks, any
// two transfers that overlap would lose or make money.
var transfer = orchestrator.Define("transfer", func(c *orchestrator.Context, o order) (string, error) {
	for ; o.Rounds > 0; o.Rounds-- {
		unlock, err := LockWithin(c, time.Duration(o.Patience)*time.Millisecond, accounts.ID(o.From), accounts.ID(o.To), accounts.ID(o.Also))
		if errors.Is(err, durable.Fail(durable.CodeTimeout, "")) {
			o.grab(c, greedyImpatient)
			o.Patience *= 2
			o.Rounds++
			o.Also, o.To = o.To, o.Also // often other entities than those that are being given up
			if o.Patience%4 == 0 {
				o.Also = o.To
			}
			continue
		}
		if err != nil {
			return "", err
		}
		if err := move(c, o); err != nil {
			return "", err
		}
		o.grab(c, greedyInside)
		if o.Careless {
			o.Rounds--
			return "", orchestrator.ContinueAsNew(c, o)
		}
		unlock()
		o.grab(c, greedyAfter)
		o.From, o.Also = o.Also, o.From
	}
	return "done", nil
})

// move is what is done under the locks.
func move(c *orchestrator.Context, o order) error {
	a, err := get.Call(c, o.From, struct{}{})
	if err != nil {
		return err
	}
	b, err := get.Call(c, o.To, struct{}{})
	if err != nil {
		return err
	}
	if o.Pause > 0 {
		if err := c.Sleep(time.Duration(o.Pause) * time.Millisecond); err != nil {
			return err
		}
	}
	if o.From == o.To {
		return nil
	}
	return errors.Join(set.Signal(c, o.From, a-o.Amount), set.Signal(c, o.To, b+o.Amount))
}

// checkHolders checks that whoever holds a lock lives, or has its release on
// the way: at no moment may a lock be orphaned.
func checkHolders(h *hub) {
	h.t.Helper()
	for id, in := range h.instances {
		if id.Kind != Kind {
			continue
		}
		head, err := decodeHead(in.Head)
		if err != nil {
			h.t.Fatal(err)
		}
		if head.lock == nil {
			continue
		}
		key := head.lock.key
		o := h.instances[key.owner.To]
		if o.Incarnation == key.owner.Incarnation && o.Generation == key.owner.Generation && !h.status(key.owner.To.Key).State.Final() {
			continue
		}
		if !h.releaseUnderWay(key) {
			h.t.Fatalf("%s is held by %v, which has ended, and no release is on its way", id, key)
		}
	}
}

func (h *hub) releaseUnderWay(key lockKey) bool {
	for _, ms := range h.streams {
		for _, m := range ms {
			if m.Op != orchestrator.OpRelease {
				continue
			}
			if ch, err := decodeChain(m.Body); err == nil && ch.key == key {
				return true
			}
		}
	}
	return false
}

// TestBehaviour_106_LockedTransfers plays random schedules: many transfers over
// few accounts, among them some that give up, continue as new, run into limits,
// are terminated or started again under the same id, while clients go on paying
// money in.
// Messages of different pairs overtake each other, turns are lost and repeated,
// and memory is forgotten, all at random.
func TestBehaviour_106_LockedTransfers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHub(t, accounts).orchestrateWithin(orchestrator.Limits{Actions: maxActions}, transfer)
		keys := []string{"", "a", "A", "b", "c"}[:rapid.IntRange(2, 5).Draw(rt, "accounts")]
		seed := rapid.Uint64().Draw(rt, "seed")
		next := func(n int) int { // a fast generator: rapid's own draws are for the shape of the case
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed>>33) % n
		}
		h.pick = next
		h.most = func() int { return 1 + next(4) }
		h.cold = func() bool { return next(4) == 0 }
		h.undo = func(id durable.ID) bool { return id.Kind == Kind && next(5) == 0 }

		const each = 1000
		for _, k := range keys {
			h.post(mustSignal(t, accounts.ID(k), "set", each))
		}
		h.run()

		starts := rapid.IntRange(1, 12).Draw(rt, "transfers")
		paid := 0
		for i := range starts {
			start(h, transfer, fmt.Sprint("t", i), order{
				From: keys[next(len(keys))], To: keys[next(len(keys))], Also: keys[next(len(keys))], Amount: 1 + next(50),
				Rounds: 1 + next(3), Patience: next(3) * 5, Careless: next(2) == 0, Pause: next(3) * 3,
				Greedy: next(8),
			})
			for range next(10) {
				disturb(h, next, starts, keys, &paid)
				h.step()
				checkHolders(h)
			}
		}
		for range 100_000 {
			if !h.step() {
				if len(h.timers) == 0 {
					break
				}
				h.advance(1)
			}
			checkHolders(h)
			if next(10) == 0 {
				h.advance(1)
			}
		}

		sum := 0
		for _, k := range keys {
			info := h.info(accounts.ID(k))
			if info.Lock != nil || info.Waiting > 0 || info.Dropped > 0 {
				t.Fatalf("account %q at the end: %+v", k, info)
			}
			var s account
			mustDecode(t, info.State, &s)
			sum += s.Balance
		}
		if want := each*len(keys) + paid; sum != want {
			t.Fatalf("the accounts have %d, want %d", sum, want)
		}
		for i := range starts {
			s := h.status(fmt.Sprint("t", i))
			greedy := s.State == orchestrator.Failed && s.Failure.Code == durable.CodeTooLarge
			if s.State != orchestrator.Completed && s.State != orchestrator.Terminated && !greedy {
				t.Fatalf("transfer %d is %s: %v", i, s.State, s.Failure)
			}
		}
	})
}

// disturb does something from outside, maybe.
func disturb(h *hub, next func(int) int, starts int, keys []string, paid *int) {
	switch next(12) {
	case 0:
		h.terminate(fmt.Sprint("t", next(starts)))
	case 1: // replaces it if it has ended
		start(h, transfer, fmt.Sprint("t", next(starts)), order{From: keys[0], To: keys[1], Also: keys[1], Amount: 7, Rounds: 1})
	case 2, 3:
		h.post(mustSignal(h.t, accounts.ID(keys[next(len(keys))]), "credit", 3))
		*paid += 3
	case 4:
		h.post(mustCall(h.t, accounts.ID(keys[next(len(keys))]), "spoil", "panic"))
	}
}
