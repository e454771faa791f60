// Package tracing records the engine's spans with OpenTelemetry. It needs the
// API only; the program chooses the SDK and its exporter:
//
//	provider := sdktrace.NewTracerProvider(
//		sdktrace.WithBatcher(exporter),
//		sdktrace.WithIDGenerator(tracing.IDs{}),
//	)
//	host, err := durable.Open(store, durable.Options{Tracer: tracing.New(provider, log), …})
//
// The spans of turns have ids that the turns decided, long before they are
// recorded: that is what [IDs] is for. A sampler should follow its parent
// (sdktrace.ParentBased, the default): whether a trace is recorded is decided
// where it begins.
package tracing

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/everturn/everturn/orchestrator/durable"
)

// scope names the tracer, as OpenTelemetry wants it: the module.
const scope = "github.com/everturn/everturn"

// New makes a tracer for a host (see durable.Options). The provider must give
// ids by [IDs]; one that does not has its spans of turns recorded with wrong ids,
// and the log says so, once.
func New(p trace.TracerProvider, log zerolog.Logger) durable.Tracer {
	return &tracer{tracer: p.Tracer(scope), log: log}
}

type tracer struct {
	tracer trace.Tracer
	log    zerolog.Logger
	wrong  sync.Once
}

var kinds = [...]trace.SpanKind{
	durable.SpanInternal: trace.SpanKindInternal, durable.SpanServer: trace.SpanKindServer,
	durable.SpanClient: trace.SpanKindClient, durable.SpanProducer: trace.SpanKindProducer,
}

// Begin is as of [durable.Tracer].
func (t *tracer) Begin(ctx context.Context, at durable.TraceContext, s *durable.Span) (context.Context, durable.TraceContext, func(*durable.Failure)) {
	if !at.IsZero() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, outward(at))
	}
	ctx, span := t.tracer.Start(ctx, s.Name, trace.WithSpanKind(kinds[s.Kind]), trace.WithAttributes(attributes(s)...))
	return ctx, inward(span.SpanContext()), func(f *durable.Failure) {
		fail(span, f)
		span.End()
	}
}

// Record is as of [durable.Tracer].
func (t *tracer) Record(s *durable.Span) {
	above := s.At
	above.Span = s.Parent
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), outward(above))
	options := []trace.SpanStartOption{
		trace.WithSpanKind(kinds[s.Kind]), trace.WithAttributes(attributes(s)...), trace.WithTimestamp(time.UnixMilli(s.Start)),
	}
	if !s.Link.IsZero() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: outward(s.Link)}))
	}
	_, span := t.tracer.Start(context.WithValue(ctx, wanted{}, trace.SpanID(s.At.Span)), s.Name, options...)
	if span.IsRecording() && span.SpanContext().SpanID() != s.At.Span {
		t.wrong.Do(func() {
			t.log.Error().Str("span", s.Name).Msg("the trace provider does not use tracing.IDs: spans have wrong ids, and their children no parent")
		})
	}
	fail(span, s.Fail)
	span.End(trace.WithTimestamp(time.UnixMilli(max(s.Start, s.End))))
}

func fail(span trace.Span, f *durable.Failure) {
	if f != nil {
		span.SetStatus(codes.Error, f.Error())
		span.SetAttributes(attribute.String("error.type", string(f.Code)))
	}
}

func attributes(s *durable.Span) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, len(s.Attributes))
	for _, a := range s.Attributes {
		if a.Value != "" {
			list = append(list, attribute.String(a.Key, a.Value))
		}
	}
	return list
}

func outward(t durable.TraceContext) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: t.Trace, SpanID: t.Span, TraceFlags: trace.TraceFlags(t.Flags), Remote: true})
}

func inward(c trace.SpanContext) durable.TraceContext {
	if !c.IsValid() {
		return durable.TraceContext{}
	}
	return durable.TraceContext{Trace: c.TraceID(), Span: c.SpanID(), Flags: byte(c.TraceFlags())}
}
