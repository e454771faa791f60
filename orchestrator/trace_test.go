package orchestrator

import (
	"errors"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

var someTrace = durable.TraceContext{Trace: [16]byte{1, 2, 3}, Span: [8]byte{4}, Flags: 1}

// tracedStart is a start that belongs to a trace.
func tracedStart(name, input string, meta startMeta) durable.Message {
	return durable.Message{To: InstanceID("x"), Op: OpStart, Name: name, Body: []byte(input), Meta: durable.WithTrace(meta.encode(), someTrace)}
}

// oneTurn takes a turn of an instance, and leaves what it left.
func oneTurn(t *testing.T, b *Behavior, in *durable.Instance, messages ...durable.Message) durable.Outcome {
	t.Helper()
	out, err := b.Turn(durable.Time{Wall: 1_800_000_000_000}, in, messages)
	if err != nil {
		t.Fatal(err)
	}
	in.Exists, in.Hot, in.Log, in.Turns = true, out.Hot, append(in.Log, out.Append...), in.Turns+1
	if out.Head != nil {
		in.Head = out.Head
	}
	return out
}

func TestSpansOfATurnThatIsGivenUp(t *testing.T) {
	loud := Define("loud", func(c *Context, n int) (int, error) {
		for range n * 5 {
			if err := Raise(c, "ear", "noise", 1); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	reg, err := NewRegistry(loud)
	if err != nil {
		t.Fatal(err)
	}
	in := &durable.Instance{ID: InstanceID("x"), Incarnation: 1, Generation: 1}
	out := oneTurn(t, NewBehavior(reg, Options{Strict: true, Limits: Limits{Actions: 3}}), in, tracedStart("loud", "1", startMeta{}))
	if len(out.Send) != 0 || len(out.Spans) != 1 || out.Spans[0].Name != "orchestration:loud" || out.Spans[0].Fail.Code != CodeTooLarge {
		t.Fatalf("%d messages, spans %+v", len(out.Send), out.Spans)
	}
	rows, err := History(in.Log)
	if err != nil || rows[1].Type != "TraceContext" || rows[1].Name != out.Spans[0].At.String() {
		t.Fatalf("%+v %v", rows, err)
	}
}

func TestSpanOfAnEndThatIsReplacedInItsTurn(t *testing.T) {
	reg, err := NewRegistry(waiter())
	if err != nil {
		t.Fatal(err)
	}
	b := NewBehavior(reg, Options{Strict: true})
	in := &durable.Instance{ID: InstanceID("x"), Incarnation: 1, Generation: 1}
	name := waiter().Name()
	oneTurn(t, b, in, tracedStart(name, "", startMeta{parent: "p"}))
	out := oneTurn(t, b, in, durable.Message{To: in.ID, Op: OpTerminate}, tracedStart(name, "", startMeta{}))
	if !out.Replace || len(out.Spans) != 1 || out.Spans[0].Fail == nil || out.Spans[0].Fail.Code != CodeTerminated {
		t.Fatalf("replaced %v, spans %+v", out.Replace, out.Spans)
	}
	second := out.Hot.(*execution)
	defer second.Release()
	if second.span.own == out.Spans[0].At || second.span.parent != someTrace.Span {
		t.Fatalf("%+v is not a span of its own below %v", second.span, someTrace)
	}
}

func TestTraceOfADamagedHistory(t *testing.T) {
	var c coder
	entry := []byte{historyVersion}
	for _, r := range []*record{{kind: kTurnStarted}, {kind: kTraced, body: []byte("short")}} {
		entry = c.encode(entry, r)
	}
	reg, err := NewRegistry(waiter())
	if err != nil {
		t.Fatal(err)
	}
	in := &durable.Instance{ID: InstanceID("x"), Incarnation: 1, Generation: 1, Log: [][]byte{entry}}
	if err := Replay(NewBehavior(reg, Options{}), in); !errors.Is(err, durable.ErrCorrupt) {
		t.Fatal(err)
	}
}
