package entities

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// BenchmarkTurn is the engine's part of calls of one hot entity with a small
// state: n messages in one turn. One op is one call.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) { benchTurn(b, n, false) })
	}
	b.Run("messages=1/cold", func(b *testing.B) { benchTurn(b, 1, true) })
}

func benchTurn(b *testing.B, n int, cold bool) {
	r, err := NewRegistry(accounts)
	if err != nil {
		b.Fatal(err)
	}
	behavior := NewBehavior(r, Options{})
	in := &durable.Instance{ID: accounts.ID("ann"), Incarnation: 1, Generation: 1}
	ms := make([]durable.Message, n)
	for i := range ms {
		ms[i] = durable.Message{
			To: in.ID, Op: orchestrator.OpCall, Name: "credit", Body: []byte("1"), Return: durable.Return{Token: uint64(i + 1)},
		}
	}
	calls := 0
	b.ReportAllocs()
	for calls < b.N {
		out, err := behavior.Turn(durable.Time{Wall: 1, Uptime: 1}, in, ms)
		if err != nil || len(out.Reply) != n {
			b.Fatal(err, len(out.Reply))
		}
		in.Exists, in.Head, in.Hot = true, out.Head, out.Hot
		if cold {
			in.Hot = nil
		}
		calls += n
	}
	h, err := decodeHead(in.Head)
	if err != nil {
		b.Fatal(err)
	}
	if want := fmt.Sprintf(`{"balance":%d}`, calls); string(h.state) != want {
		b.Fatalf("state %s, want %s", h.state, want)
	}
}

// BenchmarkLock is the engine's part of one uncontended lock and release of one
// entity.
func BenchmarkLock(b *testing.B) {
	r, err := NewRegistry(accounts)
	if err != nil {
		b.Fatal(err)
	}
	behavior := NewBehavior(r, Options{})
	in := &durable.Instance{ID: accounts.ID("ann"), Incarnation: 1, Generation: 1, Exists: true}
	in.Head = (&head{version: 1, exists: true, state: []byte(`{"balance":5}`)}).append(nil)
	o := owner("o")
	b.ReportAllocs()
	for i := range b.N {
		ch := lockOf(o, uint64(i), "ann", "bob")
		lock := ch.request()
		lock.Return = o
		for _, m := range []durable.Message{lock, ch.direct()[0]} {
			out, err := behavior.Turn(durable.Time{Wall: 1, Uptime: 1}, in, []durable.Message{m})
			if err != nil {
				b.Fatal(err)
			}
			in.Head, in.Hot = out.Head, out.Hot
		}
	}
}

// BenchmarkJSON is what of a call is JSON: the input, the answer, the state.
func BenchmarkJSON(b *testing.B) {
	s := account{Balance: 5}
	b.ReportAllocs()
	for b.Loop() {
		var n int
		if err := json.Unmarshal([]byte("17"), &n); err != nil {
			b.Fatal(err)
		}
		s.Balance += n
		if _, err := json.Marshal(s.Balance); err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(&s); err != nil {
			b.Fatal(err)
		}
	}
}
