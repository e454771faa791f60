package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/tracing"
)

// flushWithin is the longest that the end of the server waits for the collector.
const flushWithin = time.Second

// openTraces begins to export traces, if the flags ask for it, and gives what
// ends it. A collector that is not there stops nobody: spans that it does not
// take are dropped, and the log says so.
func openTraces(s *settings, log zerolog.Logger) (durable.Tracer, func() error, error) {
	if s.Otel == "" {
		return nil, func() error { return nil }, nil
	}
	endpoint, err := url.JoinPath(string(s.Otel), "v1/traces")
	if err != nil {
		return nil, nil, fmt.Errorf("--otel: %w", err)
	}
	exporter, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, nil, fmt.Errorf("--otel: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn().Err(err).Msg("traces are not exported") }))
	name := os.Getenv("OTEL_SERVICE_NAME")
	if name == "" {
		name = "everturn"
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithIDGenerator(tracing.IDs{}),
		sdktrace.WithResource(resource.NewSchemaless(
			append(resource.Environment().Attributes(), attribute.String("service.name", name), attribute.String("service.version", version()))...)),
	)
	log.Info().Str("to", endpoint).Msg("traces are exported")
	return tracing.New(provider, log), func() error {
		ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn().Err(err).Msg("the last traces were not exported")
		}
		return nil
	}, nil
}

// otelURL is http or https and a host, or empty.
type otelURL string

func (o otelURL) check() error {
	if o == "" {
		return nil
	}
	u, err := url.Parse(string(o))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("name the address of a collector, as in http://127.0.0.1:4318")
	}
	return nil
}
