package entities

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// fast is a state with a format of its own.
type fast struct{ N uint64 }

var errFast = errors.New("no such number")

func (f *fast) AppendState(b []byte) ([]byte, error) {
	if f.N == 13 {
		return b, errFast
	}
	return binary.AppendUvarint(b, f.N), nil
}

func (f *fast) LoadState(b []byte) error {
	n, used := binary.Uvarint(b)
	if used != len(b) {
		return errFast
	}
	f.N = n
	return nil
}

func TestStateCodec(t *testing.T) {
	counters := Define("fast", func(string) fast { return fast{} })
	On(counters, "add", func(_ *Context, s *fast, n uint64) (uint64, error) {
		s.N += n
		return s.N, nil
	})
	id := counters.ID("x")
	h := newHub(t, counters)
	h.cold = func() bool { return true }
	wantInt(t, h.ask(mustCall(t, id, "add", 12)), 12)
	wantCode(t, h.ask(mustCall(t, id, "add", 1)), durable.CodeInternal)
	wantInt(t, h.ask(mustCall(t, id, "add", 300)), 312)
	r, err := NewRegistry(counters)
	if err != nil {
		t.Fatal(err)
	}
	if info := h.info(id); !info.Custom || info.State != nil || info.Bytes != 2 {
		t.Fatalf("stored as %+v", info)
	}
	if info, err := r.Describe(id, h.instances[id].Head); err != nil || string(info.State) != `{"N":312}` {
		t.Fatalf("described as %+v, %v", info, err)
	}

	// What was stored as JSON before is read, and stored anew when it changes.
	in := h.instances[id]
	in.Head, in.Hot = (&head{version: 4, exists: true, state: []byte(`{"N":5}`)}).append(nil), nil
	wantInt(t, h.ask(mustCall(t, id, "add", 1)), 6)
	if info := h.info(id); !info.Custom || info.Version != 5 {
		t.Fatalf("stored as %+v", info)
	}
}

func TestRegistryRefuses(t *testing.T) {
	op := func(*Context, *int, int) (int, error) { return 0, nil }
	zero := func(string) int { return 0 }
	twice := Define("twice", zero)
	On(twice, "op", op)
	On(twice, "OP", op)
	odd := Define("odd", zero)
	On(odd, "a/b", op)
	for _, c := range []struct {
		says string
		defs []Definition
	}{
		{"dup is defined twice", []Definition{Define("dup", zero), Define("DUP", zero)}},
		{"twice defines operation op twice", []Definition{twice}},
		{"operation name", []Definition{odd}},
		{"entity name is empty", []Definition{Define("", zero)}},
		{"starts with @", []Definition{Define("@x", zero)}},
		{"more than 64", []Definition{Define(strings.Repeat("x", 65), zero)}},
	} {
		if _, err := NewRegistry(c.defs...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
	r, err := NewRegistry(Define("B", zero), accounts)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); !slices.Equal(got, []string{"account", "b"}) {
		t.Errorf("names %v", got)
	}
	if got := r.Operations("b"); !slices.Equal(got, []string{"delete"}) || r.Operations("c") != nil {
		t.Errorf("operations %v", got)
	}
}

// blobs answer and send as much as they are asked to.
func blobs() *Entity[int] {
	b := Define("blob", func(string) int { return 0 })
	On(b, "answer", func(_ *Context, s *int, n int) (string, error) {
		*s++
		return strings.Repeat("x", n), nil
	})
	take := On(b, "take", func(_ *Context, s *int, _ string) (struct{}, error) {
		*s++
		return struct{}{}, nil
	})
	On(b, "send", func(c *Context, s *int, n int) (struct{}, error) {
		*s++
		return struct{}{}, take.Signal(c, "other", strings.Repeat("x", n))
	})
	return b
}

func TestDecision_13_OneOperationsOutputIsBounded(t *testing.T) {
	b := blobs()
	h := newHub(t, b)
	for _, op := range []string{"answer", "send"} {
		a := h.ask(mustCall(t, b.ID("x"), op, MaxOutputBytes))
		wantCode(t, a, durable.CodeTooLarge)
		if !strings.Contains(a.Fail.Message, fmt.Sprint(MaxOutputBytes)) {
			t.Fatalf("%v does not name the limit", a.Fail)
		}
	}
	if len(h.instances) != 0 {
		t.Fatal("a failed operation left something")
	}
}

// A batch that makes more than one turn may is done in several, in order, and
// the hub checks each as the kernel does.
func TestDecision_13_LargeBatchesTakeSeveralTurns(t *testing.T) {
	for _, op := range []string{"answer", "send"} {
		b := blobs()
		h := newHub(t, b)
		id := b.ID("x")
		var tokens []uint64
		for range 40 {
			tokens = append(tokens, h.post(mustCall(t, id, op, 200<<10)))
		}
		last := h.post(mustSignal(t, id, "take", ""))
		h.run()
		if _, early := h.answers[tokens[39]]; early || h.info(id).Waiting == 0 {
			t.Fatal("all was done in one turn")
		}
		for i := 0; len(h.timers) > 0; i++ {
			if i > 10 {
				t.Fatal("no end of turns")
			}
			h.advance(0)
			h.run()
		}
		for i, token := range append(tokens, last) {
			if a, ok := h.answers[token]; !ok || a.Fail != nil {
				t.Fatalf("%s %d: %v %v", op, i, ok, a.Fail)
			}
		}
		if got := h.state(id); got != "41" {
			t.Fatalf("%s: %s operations ran, want 41", op, got)
		}
	}
}

func TestStrictRefusesWhatIsNotInTheStore(t *testing.T) {
	type leaky struct{ N int }
	var kept *leaky
	d := Define("leaky", func(string) leaky { return leaky{} })
	On(d, "keep", func(_ *Context, s *leaky, _ struct{}) (int, error) {
		s.N++
		kept = s
		return s.N, nil
	})
	r, err := NewRegistry(d)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBehavior(r, Options{Strict: true})
	in := &durable.Instance{ID: d.ID("x"), Incarnation: 1}
	ms := []durable.Message{{To: in.ID, Op: orchestrator.OpCall, Name: "keep"}}
	out, err := b.Turn(durable.Time{Wall: 1}, in, ms)
	if err != nil {
		t.Fatal(err)
	}
	in.Exists, in.Head, in.Hot = true, out.Head, out.Hot
	kept.N = 99 // behind the engine's back
	if _, err := b.Turn(durable.Time{Wall: 2}, in, ms); err == nil || !strings.Contains(err.Error(), "outside of an operation") {
		t.Fatalf("it went unnoticed: %v", err)
	}

	odd := Define("odd", func(string) oddState { return oddState{} })
	On(odd, "set", func(_ *Context, s *oddState, n int) (int, error) {
		s.n = n
		return n, nil
	})
	if r, err = NewRegistry(odd); err != nil {
		t.Fatal(err)
	}
	in = &durable.Instance{ID: odd.ID("x"), Incarnation: 1}
	ms = []durable.Message{{To: in.ID, Op: orchestrator.OpCall, Name: "set", Body: []byte("3")}}
	if _, err := NewBehavior(r, Options{Strict: true}).Turn(durable.Time{Wall: 1}, in, ms); err == nil || !strings.Contains(err.Error(), "survive") {
		t.Fatalf("it went unnoticed: %v", err)
	}
}

// oddState writes more than it reads back.
type oddState struct{ n int }

func (o oddState) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%d", o.n), nil }

func (o *oddState) UnmarshalJSON([]byte) error { return nil }
