//go:build linux

package entities_test

import (
	"context"
	"testing"

	"github.com/rs/zerolog"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/tracing"
)

// traced records every span and throws it away: what tracing costs the engine,
// without a collector.
func traced(b *testing.B, sampler sdktrace.Sampler) durable.Tracer {
	provider := sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(tracing.IDs{}), sdktrace.WithSampler(sampler),
		sdktrace.WithBatcher(tracetest.NewNoopExporter()))
	b.Cleanup(func() { _ = provider.Shutdown(context.Background()) }) // nothing to export
	return tracing.New(provider, zerolog.Nop())
}

// W1 and W3 with everything traced, and with one trace in a hundred.
func BenchmarkW1_200_Traced(b *testing.B) {
	openBarsTraced(b, traced(b, sdktrace.AlwaysSample())).five(b, 200)
}

func BenchmarkW1_200_TracedOf100(b *testing.B) {
	openBarsTraced(b, traced(b, sdktrace.ParentBased(sdktrace.TraceIDRatioBased(.01)))).five(b, 200)
}

func BenchmarkW3_Call_200_Traced(b *testing.B) {
	openBarsTraced(b, traced(b, sdktrace.AlwaysSample())).calls(b, 200)
}
