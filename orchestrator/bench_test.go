package orchestrator

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

type benchMove struct {
	Move string `json:"move"`
	N    int    `json:"n"`
}

type benchAck struct {
	N uint64 `json:"n"`
}

var benchMoves = DefineRequest[benchMove, benchAck]("move")

// matchLike is what a match does at each move: a race of a request with a clock,
// an event published, an answer.
func matchLike() *Orchestration[int, int] {
	return Define("matchlike", func(c *Context, n int) (int, error) {
		for i := range n {
			move, clock := benchMoves.Go(c), c.UptimeTimer(time.Minute)
			if Any(move, clock) == 1 {
				return i, nil
			}
			clock.Cancel()
			r, err := move.Get()
			if err != nil {
				return 0, err
			}
			seq := c.Publish([]byte(`{"type":"move","seat":1,"move":"4"}`))
			r.Answer(benchAck{N: seq})
		}
		return n, nil
	})
}

func benchBehavior(tb testing.TB, defs ...Definition) *Behavior {
	tb.Helper()
	reg, err := NewRegistry(defs...)
	if err != nil {
		tb.Fatal(err)
	}
	return NewBehavior(reg, Options{Limits: Limits{History: 1 << 40}})
}

// benchInstance begins an instance by hand.
func benchInstance(tb testing.TB, b *Behavior, name string, input string) *durable.Instance {
	tb.Helper()
	in := &durable.Instance{ID: InstanceID("bench"), Incarnation: 1, Generation: 1}
	out, err := b.Turn(durable.Time{Wall: 1_800_000_000_000}, in, []durable.Message{{To: in.ID, Op: OpStart, Name: name, Body: []byte(input)}})
	if err != nil {
		tb.Fatal(err)
	}
	in.Exists, in.Head, in.Hot, in.Log = true, out.Head, out.Hot, out.Append
	return in
}

func benchMessage(in *durable.Instance, now durable.Time, i int) durable.Message {
	return durable.Message{
		To: in.ID, Op: OpRequest, Name: "move", Body: []byte(`{"move":"4","n":17}`), Stamp: now,
		Return: durable.Return{Token: 1<<60 + uint64(i), Caller: "0123456789abcdef", Request: fmt.Sprint(i)},
	}
}

func BenchmarkTurn(b *testing.B) {
	behavior := benchBehavior(b, matchLike())
	in := benchInstance(b, behavior, "matchlike", "1000000000")
	now := durable.Time{Wall: 1_800_000_000_000, Uptime: 77_000}
	var bytes int
	messages := make([]durable.Message, 1)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		now.Wall += 750
		now.Uptime += 750
		messages[0] = benchMessage(in, now, i)
		out, err := behavior.Turn(now, in, messages)
		if err != nil || len(out.Reply) != 1 || len(out.Publish) != 1 || len(out.Timers) != 1 || len(out.Cancel) != 1 {
			b.Fatalf("%+v %v", out, err)
		}
		for _, e := range out.Append {
			bytes += len(e)
		}
		in.Events++
		in.Hot = out.Hot
	}
	in.Hot.(durable.Releaser).Release()
	b.ReportMetric(float64(bytes)/float64(i), "historyB/op")
}

// history1000 is a cold instance with a thousand moves behind it.
func history1000(tb testing.TB, b *Behavior) *durable.Instance {
	in := benchInstance(tb, b, "matchlike", "1000000000")
	now := durable.Time{Wall: 1_800_000_000_000, Uptime: 77_000}
	for i := range 1000 {
		now.Wall += 750
		now.Uptime += 750
		out, err := b.Turn(now, in, []durable.Message{benchMessage(in, now, i)})
		if err != nil {
			tb.Fatal(err)
		}
		in.Hot, in.Log = out.Hot, append(in.Log, out.Append...)
		in.Events++
	}
	in.Hot.(durable.Releaser).Release()
	in.Hot = nil
	return in
}

func BenchmarkReplay1k(b *testing.B) {
	behavior := benchBehavior(b, matchLike())
	in := history1000(b, behavior)
	b.ReportAllocs()
	for b.Loop() {
		if err := Replay(behavior, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFanOut10k(b *testing.B) {
	work := DefineActivity("work", func(_ context.Context, n int) (int, error) { return n, nil })
	o := Define("fan", func(c *Context, n int) (int, error) {
		fs := make([]*Future[int], n)
		for i := range fs {
			fs[i] = work.Go(c, i)
		}
		all, err := All(fs...)
		return len(all), err
	})
	behavior := benchBehavior(b, o, work)
	for b.Loop() {
		in := benchInstance(b, behavior, "fan", "10000")
		for i := range uint64(10_000) {
			out, err := behavior.Turn(durable.Time{Wall: 1_800_000_000_001}, in, []durable.Message{{To: in.ID, Op: durable.OpResult, Task: i + 1, Body: []byte("1")}})
			if err != nil {
				b.Fatal(err)
			}
			in.Hot = out.Hot
		}
		if _, ok := in.Hot.(*ended); !ok {
			b.Fatal("not done")
		}
	}
}

func TestHotPathIsSmall(t *testing.T) {
	behavior := benchBehavior(t, matchLike())
	in := benchInstance(t, behavior, "matchlike", "1000000000")
	now, i, most := durable.Time{Wall: 1_800_000_000_000, Uptime: 77_000}, 0, 0
	allocs := testing.AllocsPerRun(200, func() {
		i++
		now.Wall += 750
		now.Uptime += 750
		out, err := behavior.Turn(now, in, []durable.Message{benchMessage(in, now, i)})
		if err != nil {
			t.Fatal(err)
		}
		in.Events++
		in.Hot = out.Hot
		most = max(most, len(out.Append[0]))
	})
	in.Hot.(durable.Releaser).Release()
	if allocs > 40 || most > 250 {
		t.Fatalf("a move makes %.0f allocations and %d bytes of history", allocs, most)
	}
}
