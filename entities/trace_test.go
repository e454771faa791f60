package entities_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/orchestrator/tracing"
)

var (
	lamps = entities.Define("lamp", func(string) int { return 0 })
	burn  = entities.On(lamps, "burn", func(_ *entities.Context, s *int, n int) (int, error) {
		if n < 0 {
			return 0, errors.New("darkness")
		}
		*s += n
		return *s, nil
	})
	// pass lights another lamp and has an orchestration look after it; where n is
	// negative it thinks better of it.
	pass = entities.On(lamps, "pass", func(c *entities.Context, _ *int, n int) (struct{}, error) {
		if err := burn.Signal(c, "second", n); err != nil {
			return struct{}{}, err
		}
		if n < 0 {
			return struct{}{}, errors.New("never mind")
		}
		_, err := entities.Start(c, keeper, 0, orchestrator.WithID("keeper"))
		return struct{}{}, err
	})
	keeper = orchestrator.Define("keeper", func(*orchestrator.Context, int) (int, error) { return 1, nil })
	walk   = orchestrator.Define("walk", func(c *orchestrator.Context, _ int) (int, error) {
		unlock, err := entities.Lock(c, lamps.ID("first"))
		if err != nil {
			return 0, err
		}
		defer unlock()
		// The lamp that is locked knows its owner's signal by its incarnation,
		// which travels beside the trace.
		if err := burn.Signal(c, "first", 1); err != nil {
			return 0, err
		}
		if _, err := burn.Call(c, "first", -1); err == nil {
			return 0, errors.New("it burns with nothing")
		}
		all, err := entities.All(burn.Go(c, "first", 1), burn.Go(c, "first", 1))
		return all[1], err
	})
)

func TestBehaviour_124_SpansOfEntities(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithIDGenerator(tracing.IDs{}))
	ents, err := entities.NewRegistry(lamps)
	if err != nil {
		t.Fatal(err)
	}
	reg, err := orchestrator.NewRegistry(walk, keeper)
	if err != nil {
		t.Fatal(err)
	}
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 2}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: true}),
		},
		UptimeDelay: -1, CacheBytes: 1, Tracer: tracing.New(provider, zerolog.Nop()),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	orch, client := orchestrator.NewClient(host), entities.NewClient(host)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ctx, root := provider.Tracer("test").Start(ctx, "test")
	if _, err := walk.Begin(ctx, orch, 0, orchestrator.WithID("walk")); err != nil {
		t.Fatal(err)
	}
	if n, err := walk.Result(ctx, orch, "walk"); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if _, err := pass.Do(ctx, client, "first", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := pass.Do(ctx, client, "first", -2); err == nil {
		t.Fatal("a change of mind is no error")
	}
	if err := client.Signal(ctx, lamps.ID("third"), "burn", []byte("7")); err != nil {
		t.Fatal(err)
	}
	if _, err := keeper.Result(ctx, orch, "keeper"); err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil { // after which all that is stored is recorded
		t.Fatal(err)
	}
	root.End()
	const w = "orchestration:walk > "
	want := []string{
		"test", "test > create_orchestration:walk", "create_orchestration:walk > orchestration:walk",
		w + "signal_entity:lamp:burn", "signal_entity:lamp:burn > entity:lamp:burn",
		w + "entity:lamp:burn: darkness", w + "entity:lamp:burn", w + "entity:lamp:burn",
		"test > call_entity:lamp:pass", "call_entity:lamp:pass > entity:lamp:pass",
		"entity:lamp:pass > signal_entity:lamp:burn", "signal_entity:lamp:burn > entity:lamp:burn",
		"entity:lamp:pass > orchestration:keeper",
		"test > call_entity:lamp:pass: never mind", "call_entity:lamp:pass > entity:lamp:pass: never mind",
		"test > signal_entity:lamp:burn", "signal_entity:lamp:burn > entity:lamp:burn",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, edges(t, spans.Ended())); diff != "" {
		t.Errorf("spans, wanted (-) and recorded (+):\n%s", diff)
	}
}

// edges are the spans, each behind the one above it, and with what is wrong with
// them. None may be there twice.
func edges(t *testing.T, spans []sdktrace.ReadOnlySpan) (list []string) {
	t.Helper()
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		id := s.SpanContext().SpanID()
		if names[id] != "" {
			t.Errorf("two spans are %s: %s and %s", id, names[id], s.Name())
		}
		names[id] = s.Name()
	}
	for _, s := range spans {
		line := s.Name()
		if above, ok := names[s.Parent().SpanID()]; ok {
			line = above + " > " + line
		}
		if s.Status().Code == codes.Error {
			line += ": " + s.Status().Description
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}
