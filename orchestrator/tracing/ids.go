package tracing

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// IDs is the id generator for the SDK's provider (sdktrace.WithIDGenerator): it
// gives the spans of turns the ids that the turns decided, and random ones to
// all others. The zero value is ready; it may be used concurrently.
type IDs struct{}

// wanted is where a context has the id for the next span.
type wanted struct{}

// NewIDs gives the ids of a span that begins a trace.
func (IDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	var t trace.TraceID
	for !t.IsValid() {
		binary.LittleEndian.PutUint64(t[:8], random())
		binary.LittleEndian.PutUint64(t[8:], random())
	}
	return t, newSpanID()
}

// NewSpanID gives the id of a span below another.
func (IDs) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	if id, ok := ctx.Value(wanted{}).(trace.SpanID); ok {
		return id
	}
	return newSpanID()
}

func newSpanID() (s trace.SpanID) {
	for !s.IsValid() {
		binary.LittleEndian.PutUint64(s[:], random())
	}
	return s
}

func random() uint64 {
	return rand.Uint64() //nolint:forbidigo // not in a turn: ids of spans that begin outside of them
}
