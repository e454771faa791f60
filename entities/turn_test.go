package entities

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

func TestBehaviour_092_SignalThenCall(t *testing.T) {
	h := newHub(t, accounts)
	h.post(mustSignal(t, accounts.ID("ann"), "credit", 5))
	wantInt(t, h.ask(mustCall(t, accounts.ID("ann"), "get", nil)), 5)
}

func TestBehaviour_093_BatchedSignals(t *testing.T) {
	h := newHub(t, accounts)
	const n = 500
	for i := range n {
		h.post(mustSignal(t, accounts.ID("ann"), "note", fmt.Sprint(i)))
	}
	h.run()
	if h.turns != 1 || h.heads != 1 {
		t.Fatalf("%d turns and %d heads for one batch", h.turns, h.heads)
	}
	var s account
	if err := json.Unmarshal([]byte(h.state(accounts.ID("ann"))), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Notes) != n {
		t.Fatalf("%d signals were applied, want %d", len(s.Notes), n)
	}
	for i, text := range s.Notes {
		if text != fmt.Sprint(i) {
			t.Fatalf("signal %d came as %s", i, text)
		}
	}
	if v := h.info(accounts.ID("ann")).Version; v != n {
		t.Fatalf("version %d after %d changes", v, n)
	}
}

func TestBehaviour_095_CreateDeleteRecreate(t *testing.T) {
	id := accounts.ID("ann")
	h := newHub(t, accounts)
	wantInt(t, h.ask(mustCall(t, id, "credit", 5)), 5)
	if info := h.info(id); !info.Exists || info.Version != 1 {
		t.Fatalf("after its creation: %+v", info)
	}
	if a := h.ask(mustCall(t, id, "delete", nil)); a.Fail != nil {
		t.Fatal(a.Fail)
	}
	if h.instances[id] != nil || h.listed[id] != nil {
		t.Fatal("something is left of a deleted entity")
	}
	wantInt(t, h.ask(mustCall(t, id, "get", nil)), 0)
	if !h.info(id).Exists {
		t.Fatal("the next operation did not create it again")
	}

	// In one batch, the operation behind the delete sees fresh state.
	h.post(mustSignal(t, id, "credit", 7))
	h.post(mustSignal(t, id, "delete", nil))
	wantInt(t, h.ask(mustCall(t, id, "credit", 1)), 1)
}

func TestBehaviour_096_NonExisting(t *testing.T) {
	id := accounts.ID("nobody")
	h := newHub(t, accounts)
	if a := h.ask(mustCall(t, id, "delete", nil)); a.Fail != nil {
		t.Fatal(a.Fail)
	}
	wantCode(t, h.ask(mustCall(t, id, "spoil", "error")), orchestrator.ToFailure(errPoor).Code)
	if h.instances[id] != nil || h.info(id).Exists {
		t.Fatal("a delete or a failed operation created the entity")
	}
}

func TestBehaviour_097_FaultyOperation(t *testing.T) {
	id := accounts.ID("ann")
	for _, how := range []string{"error", "panic", "nan", "large", "delete"} {
		t.Run(how, func(t *testing.T) {
			h := newHub(t, accounts)
			h.post(mustSignal(t, id, "credit", 10))
			h.post(mustSignal(t, id, "note", "good"))
			bad := h.post(mustCall(t, id, "spoil", how))
			after := h.post(mustCall(t, id, "note", "good"))
			h.run()
			if h.answers[bad].Fail == nil {
				t.Fatalf("the caller got %s, no error", h.answers[bad].Body)
			}
			wantInt(t, h.answers[after], 2)
			want := `{"balance":10,"notes":["good","good"],"tags":{"good":2},"last":{"text":"good"}}`
			if got := h.state(id); got != want {
				t.Fatalf("state %s\n want %s", got, want)
			}
			// Also when the faulty one is the last of its batch, and the only one.
			h.ask(mustCall(t, id, "spoil", how))
			if got := h.state(id); got != want {
				t.Fatalf("state %s\n want %s", got, want)
			}
			wantInt(t, h.ask(mustCall(t, id, "get", nil)), 10)
		})
	}
}

func TestBehaviour_097_PanicHasItsStack(t *testing.T) {
	h := newHub(t, accounts)
	a := h.ask(mustCall(t, accounts.ID("ann"), "spoil", "panic"))
	wantCode(t, a, durable.CodeInternal)
	if !strings.Contains(a.Fail.Message, "spoilt") || !strings.Contains(a.Fail.Stack, "account_test.go") || len(a.Fail.Stack) > maxStack {
		t.Fatalf("message %q, stack of %d bytes:\n%s", a.Fail.Message, len(a.Fail.Stack), a.Fail.Stack)
	}
}

func TestBehaviour_098_RollbackOfSignals(t *testing.T) {
	h := newHub(t, accounts)
	h.post(mustSignal(t, accounts.ID("ann"), "spoil", "error"))
	h.post(mustSignal(t, accounts.ID("ann"), "spoil", ""))
	h.post(mustSignal(t, accounts.ID("ann"), "spoil", "panic"))
	h.run()
	if len(h.sent) != 2 || h.state(accounts.ID("other")) != `{"balance":1}` {
		t.Fatalf("%d messages were sent, other is %s", len(h.sent), h.state(accounts.ID("other")))
	}
}

func TestBehaviour_099_UnserializableState(t *testing.T) {
	h := newHub(t, accounts)
	wantInt(t, h.ask(mustCall(t, accounts.ID("ann"), "credit", 5)), 5)
	a := h.ask(mustCall(t, accounts.ID("ann"), "spoil", "nan"))
	wantCode(t, a, durable.CodeInternal)
	if !strings.Contains(a.Fail.Message, "cannot be encoded") {
		t.Fatal(a.Fail)
	}
	if got := h.state(accounts.ID("ann")); got != `{"balance":5}` {
		t.Fatal(got)
	}
}

func TestBehaviour_101_ScheduledSignals(t *testing.T) {
	type clock struct{ Ticks []int64 }
	clocks := Define("clock", func(string) clock { return clock{} })
	var tick *Op[clock, int, struct{}]
	tick = On(clocks, "tick", func(c *Context, s *clock, left int) (struct{}, error) {
		s.Ticks = append(s.Ticks, c.Now().UnixMilli())
		if left == 0 {
			return struct{}{}, nil
		}
		return struct{}{}, tick.Signal(c, c.Key(), left-1, After(10*time.Second))
	})
	burst := On(clocks, "burst", func(c *Context, s *clock, n int) (struct{}, error) {
		for i := range n {
			opts := []SignalOption{At(c.Now().Add(time.Minute))}
			if i%2 == 0 {
				opts = nil
			}
			if err := tick.Signal(c, "far", 0, opts...); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})

	h := newHub(t, clocks)
	start := h.now.Wall
	h.ask(mustCall(t, clocks.ID("a"), tick.Name(), 3))
	for range 60 {
		h.advance(1000)
		h.run()
	}
	want := fmt.Sprintf(`{"Ticks":[%d,%d,%d,%d]}`, start, start+10_000, start+20_000, start+30_000)
	if got := h.state(clocks.ID("a")); got != want {
		t.Fatalf("ticks %s, want %s", got, want)
	}
	h.ask(mustCall(t, clocks.ID("b"), burst.Name(), 100))
	if v := h.info(clocks.ID("far")).Version; v != 50 {
		t.Fatalf("%d of 50 signals without delay came", v)
	}
	h.advance(59_999)
	h.run()
	if v := h.info(clocks.ID("far")).Version; v != 50 {
		t.Fatalf("%d signals came, some early", v)
	}
	h.advance(1)
	h.run()
	if v := h.info(clocks.ID("far")).Version; v != 100 {
		t.Fatalf("%d of 100 signals came", v)
	}
}

func TestDue(t *testing.T) {
	now := time.UnixMilli(5000)
	for _, c := range []struct {
		name    string
		options []SignalOption
		want    int64
	}{
		{"none", nil, 0},
		{"past", []SignalOption{At(now.Add(-time.Hour))}, 0},
		{"zero", []SignalOption{After(0)}, 0},
		{"a nanosecond is never early", []SignalOption{After(1)}, 5001},
		{"a millisecond", []SignalOption{After(time.Millisecond)}, 5001},
		{"the last counts", []SignalOption{After(time.Hour), At(now.Add(2 * time.Millisecond))}, 5002},
	} {
		if got := due(now, c.options); got.At != c.want {
			t.Errorf("%s: due at %d, want %d", c.name, got.At, c.want)
		}
	}
}

func TestBehaviour_102_LargeState(t *testing.T) {
	id := accounts.ID("ann")
	h := newHub(t, accounts)
	text := strings.Repeat("x", 300<<10)
	wantInt(t, h.ask(mustCall(t, id, "note", text)), 1)
	before := h.state(id)
	wantCode(t, h.ask(mustCall(t, id, "note", strings.Repeat("y", 300<<10))), durable.CodeTooLarge)
	if h.state(id) != before {
		t.Fatal("a refused state was kept")
	}
	wantInt(t, h.ask(mustCall(t, id, "get", nil)), 0)
}

func TestBehaviour_103_NamesAndKeys(t *testing.T) {
	h := newHub(t, accounts)
	for i, key := range []string{"ann", "Ann", "", "$", "a/b", `\#?`, "@x@y", " ", "ключ", "🎲"} {
		id, err := NewID("aCCount", key)
		if err != nil {
			t.Fatal(err)
		}
		if id != accounts.ID(key) {
			t.Fatalf("%v is not %v", id, accounts.ID(key))
		}
		wantInt(t, h.ask(mustCall(t, id, "CREDIT", i+1)), i+1) // a key met before would have more
	}
	for _, key := range []string{"\x00", "a\nb", "\xff", strings.Repeat("x", durable.MaxIDChars+1)} {
		if _, err := NewID("account", key); err == nil {
			t.Errorf("key %q was taken", key)
		}
		if err := credit.Signal(&Context{}, key, 1); err == nil {
			t.Errorf("a signal to key %q was sent", key)
		}
	}
	for _, name := range []string{"", "a/b", "@a", strings.Repeat("x", MaxNameBytes+1)} {
		if _, err := NewID(name, "k"); err == nil {
			t.Errorf("name %q was taken", name)
		}
	}
}

func TestBehaviour_104_Dispatch(t *testing.T) {
	id := accounts.ID("ann")
	for _, c := range []struct {
		name, op, body string
		code           durable.Code
		says           string
	}{
		{"an operation", "credit", "1", "", ""},
		{"in another case", "CrEdIt", "1", "", ""},
		{"unknown", "debit", "1", durable.CodeNotFound, `no operation "debit", only credit, delete, get,`},
		{"nameless", "", "", durable.CodeNotFound, "no operation"},
		{"missing input is the zero value", "credit", "", "", ""},
		{"null is the zero value", "credit", "null", "", ""},
		{"of the wrong type", "credit", `"five"`, durable.CodeBadRequest, "input of operation credit of account"},
		{"not JSON", "credit", "{", durable.CodeBadRequest, "input of operation credit of account"},
		{"two values", "credit", "1 2", durable.CodeBadRequest, "input of operation credit of account"},
		{"a fraction for an integer", "credit", "1.5", durable.CodeBadRequest, "input"},
		{"no input wanted, none given", "get", "", "", ""},
		{"no input wanted, an object given", "get", "{}", "", ""},
		{"no answer", "set", "3", "", ""},
		{"the implicit delete", "delete", "", "", ""},
		{"the implicit delete ignores input", "Delete", "17", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, accounts)
			a := h.ask(callMessage(id, c.op, json.RawMessage(c.body)))
			if c.code == "" && a.Fail != nil {
				t.Fatal(a.Fail)
			}
			if c.code != "" {
				wantCode(t, a, c.code)
				if !strings.Contains(a.Fail.Message, c.says) {
					t.Fatalf("%q does not say %q", a.Fail.Message, c.says)
				}
			}
		})
	}
	t.Run("an entity that nobody defined", func(t *testing.T) {
		h := newHub(t, accounts)
		a := h.ask(callMessage(durable.ID{Kind: Kind, Name: "acount", Key: "x"}, "get", nil))
		wantCode(t, a, durable.CodeNotFound)
		if !strings.Contains(a.Fail.Message, "only account") {
			t.Fatal(a.Fail)
		}
	})
	t.Run("a message that is not for entities", func(t *testing.T) {
		h := newHub(t, accounts)
		wantCode(t, h.ask(durable.Message{To: id, Op: 200}), durable.CodeBadRequest)
	})
	t.Run("an entity's own delete", func(t *testing.T) {
		own := Define("own", func(string) int { return 0 })
		On(own, "Delete", func(_ *Context, s *int, _ struct{}) (int, error) {
			*s++
			return *s, nil
		})
		h := newHub(t, own)
		h.ask(callMessage(own.ID("x"), "delete", nil))
		wantInt(t, h.ask(callMessage(own.ID("x"), "DELETE", nil)), 2)
	})
}

func TestDecision_07_FailedOperation(t *testing.T) {
	t.Run("others of the batch stay, each effect once", func(t *testing.T) {
		h := newHub(t, accounts)
		id := accounts.ID("ann")
		var bad []uint64
		for i := range 30 {
			h.post(mustSignal(t, id, "credit", 1))
			if i%3 == 0 {
				bad = append(bad, h.post(mustCall(t, id, "spoil", []string{"error", "panic", "nan"}[i/3%3])))
			}
		}
		h.run()
		if got := h.state(id); got != `{"balance":30}` || len(h.sent) != 0 {
			t.Fatalf("state %s, %d messages sent", got, len(h.sent))
		}
		for _, token := range bad {
			if h.answers[token].Fail == nil {
				t.Fatal("a failed operation answered success")
			}
		}
	})
	t.Run("a zero value is a value", func(t *testing.T) {
		h := newHub(t, accounts)
		h.ask(mustCall(t, accounts.ID("ann"), "set", 0))
		if info := h.info(accounts.ID("ann")); !info.Exists || string(info.State) != `{"balance":0}` {
			t.Fatalf("%+v", info)
		}
	})
	t.Run("an operation deletes and answers", func(t *testing.T) {
		h := newHub(t, accounts)
		h.post(mustSignal(t, accounts.ID("ann"), "credit", 9))
		wantInt(t, h.ask(mustCall(t, accounts.ID("ann"), "remove", nil)), 9)
		if len(h.instances) != 0 {
			t.Fatal("it is still there")
		}
	})
	t.Run("a panic in the making of a fresh state", func(t *testing.T) {
		d := Define("odd", func(key string) int {
			if key == "bad" {
				panic("no such thing")
			}
			return 1
		})
		On(d, "get", func(_ *Context, s *int, _ struct{}) (int, error) { return *s, nil })
		h := newHub(t, d)
		wantCode(t, h.ask(callMessage(d.ID("bad"), "get", nil)), durable.CodeInternal)
		wantInt(t, h.ask(callMessage(d.ID("good"), "get", nil)), 1)
	})
}

func TestDecision_08_AnswersAndVersions(t *testing.T) {
	h := newHub(t, accounts)
	id := accounts.ID("ann")
	for want := range 3 {
		h.ask(mustCall(t, id, "credit", 1))
		if v := h.info(id).Version; v != uint64(want+1) {
			t.Fatalf("version %d after %d changes", v, want+1)
		}
	}
	heads := h.heads
	wantInt(t, h.ask(mustCall(t, id, "get", nil)), 3)
	wantInt(t, h.ask(mustCall(t, id, "credit", 0)), 3)
	h.ask(mustCall(t, id, "spoil", "error"))
	if v := h.info(id).Version; v != 3 || h.heads != heads {
		t.Fatalf("what changed nothing wrote %d heads, version %d", h.heads-heads, v)
	}
}

func TestBehaviour_111_Listing(t *testing.T) {
	h := newHub(t, accounts)
	id := accounts.ID("ann")
	for range 10 {
		h.ask(mustCall(t, id, "credit", 1))
	}
	if h.reindexed != 1 || len(h.listed[id]) != 1 || h.listed[id][0].Name != "e/name/account" || h.listed[id][0].Name != Listing("ACCOUNT") {
		t.Fatalf("listed %d times as %v", h.reindexed, h.listed[id])
	}
	h.ask(mustCall(t, id, "delete", nil))
	if len(h.listed[id]) != 0 {
		t.Fatal("a deleted entity is listed")
	}
}

func TestNewIDs(t *testing.T) {
	h := newHub(t, accounts)
	seen := map[string]bool{}
	for _, key := range []string{"a", "b"} {
		for range 3 { // several turns, of the same millisecond
			for _, m := range []durable.Message{mustCall(t, accounts.ID(key), "newid", 3), mustCall(t, accounts.ID(key), "newid", 3)} {
				var ids []string
				if err := json.Unmarshal(h.ask(m).Body, &ids); err != nil {
					t.Fatal(err)
				}
				for _, id := range ids {
					if seen[id] || len(id) != 36 || id[14] != '8' {
						t.Fatalf("id %s is not new or not a UUID", id)
					}
					seen[id] = true
				}
			}
		}
	}
	if len(seen) != 36 {
		t.Fatalf("%d ids", len(seen))
	}
}

func TestTurnIsAFunctionOfItsArguments(t *testing.T) {
	dice := Define("dice", func(string) []int { return nil })
	On(dice, "roll", func(c *Context, s *[]int, n int) (string, error) {
		for r := c.Rand(); n > 0; n-- {
			*s = append(*s, r.IntN(1_000_000))
		}
		return c.NewID(), nil
	})
	r, err := NewRegistry(dice)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBehavior(r, Options{})
	in := &durable.Instance{ID: dice.ID("d"), Incarnation: 7}
	ms := []durable.Message{{To: in.ID, Op: orchestrator.OpCall, Name: "roll", Body: []byte("5"), Return: durable.Return{Token: 1}}}
	now := durable.Time{Wall: 1, Uptime: 1}
	one, err := b.Turn(now, in, ms)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Turn(now, in, ms)
	if err != nil {
		t.Fatal(err)
	}
	if string(one.Head) != string(two.Head) || string(one.Reply[0].Body) != string(two.Reply[0].Body) {
		t.Fatal("two runs of one turn differ")
	}
}
