package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// TraceContext is a place in a distributed trace, after W3C Trace Context: which
// trace, which span of it. The zero value is outside of all traces.
//
// It travels in Meta, of messages and of work ([WithTrace]), and behaviors store
// it with their instances: so whoever is asked for something long after, and by
// another process, still knows on whose behalf. The vendors' tracestate does not
// travel.
type TraceContext struct {
	Trace [16]byte
	Span  [8]byte
	Flags byte // of the traceparent
}

// flagSampled is the flag of a trace whose spans are recorded.
const flagSampled = 1

// IsZero says that it is outside of all traces.
func (t TraceContext) IsZero() bool { return t.Trace == [16]byte{} || t.Span == [8]byte{} }

// Sampled says whether the spans of the trace are recorded. The others are only
// passed on.
func (t TraceContext) Sampled() bool { return !t.IsZero() && t.Flags&flagSampled != 0 }

// String is the traceparent of W3C Trace Context.
func (t TraceContext) String() string {
	return fmt.Sprintf("00-%s-%x-%02x", t.TraceID(), t.Span, t.Flags)
}

// TraceID is the trace in hexadecimal, the way tools show it.
func (t TraceContext) TraceID() string { return hex.EncodeToString(t.Trace[:]) }

// Derive is a span below this one whose id is made of this one's and of what
// tells it from its siblings. That is how turns name spans: by their arguments,
// so that a turn that is computed again names the same ones.
func (t TraceContext) Derive(identity []byte) TraceContext {
	b := append(make([]byte, 0, 256), t.Trace[:]...)
	b = append(append(b, t.Span[:]...), identity...)
	sum := sha256.Sum256(b)
	copy(t.Span[:], sum[:])
	if t.Span == [8]byte{} { // W3C has no such span
		t.Span[0] = 1
	}
	return t
}

// traceMark begins a Meta that holds a trace context. As a varint it is a zero
// in a longer form than anybody writes, so that no other Meta begins like it.
const traceMark = "\x80\x00"

// traceLen is how many bytes a trace context takes, with its mark.
const traceLen = len(traceMark) + 16 + 8 + 1

// WithTrace puts a trace context before what a Meta holds, in place of one that
// it holds already.
func WithTrace(meta []byte, t TraceContext) []byte {
	_, meta = CutTrace(meta)
	b := append(make([]byte, 0, traceLen+len(meta)), traceMark...)
	return append(t.Append(b), meta...)
}

// CutTrace gives the trace context that a Meta begins with (the zero value if it
// does not), and the rest.
func CutTrace(meta []byte) (TraceContext, []byte) {
	if len(meta) < traceLen || string(meta[:len(traceMark)]) != traceMark {
		return TraceContext{}, meta
	}
	return ReadTrace(meta[len(traceMark):]), meta[traceLen:]
}

// Append writes the trace context: 25 bytes.
func (t TraceContext) Append(b []byte) []byte {
	return append(append(append(b, t.Trace[:]...), t.Span[:]...), t.Flags)
}

// ReadTrace reads what Append wrote; b has at least 25 bytes.
func ReadTrace(b []byte) (t TraceContext) {
	copy(t.Trace[:], b)
	copy(t.Span[:], b[16:])
	t.Flags = b[24]
	return t
}

// SpanKind says which side of a call a span is.
type SpanKind byte

// The kinds of OpenTelemetry.
const (
	SpanInternal SpanKind = iota
	SpanServer
	SpanClient
	SpanProducer
)

// Span is one piece of work of a trace.
type Span struct {
	Name string
	Kind SpanKind
	// At is the span itself and Parent the one above it, in the same trace.
	At     TraceContext
	Parent [8]byte
	// Link is another span that this one goes on from; zero if there is none.
	Link       TraceContext
	Start, End int64    // wall milliseconds
	Fail       *Failure // nil where it went well
	Attributes []Attribute
}

// Attribute is a property of a span.
type Attribute struct{ Key, Value string }

// Tracer records spans: see package tracing for the one of OpenTelemetry. Its
// methods may be called concurrently, and must not block.
type Tracer interface {
	// Begin begins a span around a call that is not part of a turn: of a client,
	// whose span is below that of ctx, or of work, whose span is below at. Of s
	// it takes Name, Kind and Attributes. It gives a context with the span in
	// it, where the span is (zero: it is not traced), and what ends the span, to
	// be called once.
	Begin(ctx context.Context, at TraceContext, s *Span) (context.Context, TraceContext, func(*Failure))
	// Record records a span of a turn, after the turn is stored.
	Record(s *Span)
}

// traceWork has work that belongs to a trace done inside a span. A panic goes
// on to the caller.
func traceWork(t Tracer, work Worker) Worker {
	if t == nil || work == nil {
		return work
	}
	return func(ctx context.Context, w Work) (a Answer) {
		at, _ := CutTrace(w.Meta)
		if at.IsZero() {
			return work(ctx, w)
		}
		ctx, _, end := t.Begin(ctx, at, &Span{Name: "activity:" + w.Name, Kind: SpanServer, Attributes: []Attribute{
			{"durabletask.type", "activity"},
			{"durabletask.task.name", w.Name},
			{"durabletask.task.instance_id", w.ID.Key},
			{"durabletask.task.task_id", fmt.Sprint(w.Task)},
		}})
		a.Fail = Fail(CodeInternal, "the worker panicked")
		defer func() { end(a.Fail) }()
		a = work(ctx, w)
		return a
	}
}

// record hands on the spans of turns that are durable now. Where the process
// dies between the commit and this, they are lost: a span is told at most once,
// as opposed to everything else.
func (b *batch) record(t Tracer) {
	for i := range b.spans {
		t.Record(&b.spans[i])
	}
}
