package durable

import (
	"bytes"
	"context"
	"testing"
)

func TestTraceInMeta(t *testing.T) {
	at := TraceContext{Trace: [16]byte{0xa0, 1}, Span: [8]byte{0xb0, 7}, Flags: 1}
	if got := at.String(); got != "00-a0010000000000000000000000000000-b007000000000000-01" {
		t.Error(got)
	}
	for _, meta := range [][]byte{nil, {1}, AppendUint(nil, 300), bytes.Repeat([]byte{0x80}, 40)} {
		if got, rest := CutTrace(meta); !got.IsZero() || !bytes.Equal(rest, meta) {
			t.Errorf("%x: trace %v, rest %x", meta, got, rest)
		}
		with := WithTrace(WithTrace(meta, at.Derive([]byte("old"))), at)
		if got, rest := CutTrace(with); got != at || !bytes.Equal(rest, meta) || len(with) != len(meta)+27 {
			t.Errorf("%x: trace %v, rest %x", with, got, rest)
		}
	}
	a, b := at.Derive([]byte("a")), at.Derive([]byte("b"))
	if a == b || a == at || a.Trace != at.Trace || a.Flags != at.Flags || a != at.Derive([]byte("a")) {
		t.Error(a, b)
	}
}

type countingTracer struct{ ends []*Failure }

func (c *countingTracer) Begin(ctx context.Context, at TraceContext, _ *Span) (context.Context, TraceContext, func(*Failure)) {
	return ctx, at, func(f *Failure) { c.ends = append(c.ends, f) }
}

func (c *countingTracer) Record(*Span) {}

func TestWorkThatPanicsEndsItsSpan(t *testing.T) {
	c := &countingTracer{}
	work := traceWork(c, func(context.Context, Work) Answer { panic("no") })
	w := Work{Name: "w", Meta: WithTrace(nil, TraceContext{Trace: [16]byte{1}, Span: [8]byte{1}})}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		work(t.Context(), w)
	}()
	if len(c.ends) != 1 || c.ends[0] == nil {
		t.Errorf("ends: %v", c.ends)
	}
	if traceWork(nil, nil) != nil {
		t.Error("no worker became one")
	}
}
