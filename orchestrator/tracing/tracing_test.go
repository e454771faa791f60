package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/orchestrator/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a server that can go away and come back, with all spans that it
// recorded. Nothing stays in its memory between two turns, and all is strict.
type house struct {
	t        *testing.T
	defs     []orchestrator.Definition
	store    *memstore.Store
	host     *durable.Host
	client   *orchestrator.Client
	spans    *tracetest.SpanRecorder
	provider *sdktrace.TracerProvider
}

func openHouse(t *testing.T, defs ...orchestrator.Definition) *house {
	t.Helper()
	h := &house{t: t, defs: defs, store: memstore.New(memstore.Options{Partitions: 2}), spans: tracetest.NewSpanRecorder()}
	h.provider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(h.spans), sdktrace.WithIDGenerator(tracing.IDs{}))
	h.open(tracing.New(h.provider, zerolog.Nop()))
	t.Cleanup(func() { h.host.Close() })
	return h
}

func (h *house) open(tracer durable.Tracer) {
	h.t.Helper()
	reg, err := orchestrator.NewRegistry(h.defs...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.host, err = durable.Open(h.store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true})},
		Worker:    reg.Worker(), UptimeDelay: -1, CacheBytes: 1, Tracer: tracer,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.client = orchestrator.NewClient(h.host)
}

// crash has the server die and come back.
func (h *house) crash() {
	h.t.Helper()
	h.store.Crash()
	_ = h.host.Close() // it says that the store is gone
	h.store = h.store.Reopen()
	h.open(tracing.New(h.provider, zerolog.Nop()))
}

// test is a context inside the span of a test, and what ends it.
func (h *house) test() (context.Context, func()) {
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	ctx, span := h.provider.Tracer("test").Start(ctx, "test")
	return ctx, func() { span.End(); cancel() }
}

// edges are the spans, each behind the one above it, and with what is wrong with
// them. All must be of one trace, and none may be there twice.
func (h *house) edges() (list []string) {
	h.t.Helper()
	names, one := map[trace.SpanID]string{}, trace.TraceID{}
	for _, s := range h.spans.Ended() {
		id := s.SpanContext()
		if names[id.SpanID()] != "" {
			h.t.Errorf("two spans are %s: %s and %s", id.SpanID(), names[id.SpanID()], s.Name())
		}
		if one.IsValid() && id.TraceID() != one {
			h.t.Errorf("%s is of another trace", s.Name())
		}
		names[id.SpanID()], one = s.Name(), id.TraceID()
	}
	for _, s := range h.spans.Ended() {
		line := s.Name()
		if above, ok := names[s.Parent().SpanID()]; ok {
			line = above + " > " + line
		} else if s.Parent().IsValid() {
			line = "? > " + line
		}
		if s.Status().Code == codes.Error {
			line += ": " + s.Status().Description
		}
		if s.EndTime().Before(s.StartTime()) {
			line += " (ends before it starts)"
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

func (h *house) want(want ...string) {
	h.t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, h.edges()); diff != "" {
		h.t.Errorf("spans, wanted (-) and recorded (+):\n%s", diff)
	}
}

func (h *house) named(name string) (list []sdktrace.ReadOnlySpan) {
	for _, s := range h.spans.Ended() {
		if s.Name() == name {
			list = append(list, s)
		}
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func attributeOf(s sdktrace.ReadOnlySpan, key string) string {
	for _, a := range s.Attributes() {
		if a.Key == attribute.Key(key) {
			return a.Value.AsString()
		}
	}
	return ""
}

var (
	hello = orchestrator.DefineActivity("hello", func(ctx context.Context, who string) (string, error) {
		_, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("author").Start(ctx, "inside hello")
		span.End()
		return "Hello, " + who, nil
	})
	broken = orchestrator.DefineActivity("broken", func(context.Context, int) (int, error) { return 0, errors.New("no luck") },
		orchestrator.WithRetry(orchestrator.Retry{Attempts: 2}))
	child = orchestrator.Define("child", func(c *orchestrator.Context, who string) (string, error) { return hello.Call(c, who) })
	wreck = orchestrator.Define("wreck", func(*orchestrator.Context, int) (int, error) { return 0, errors.New("wrecked") })
	ear   = orchestrator.Define("ear", func(c *orchestrator.Context, _ int) (int, error) { return orchestrator.Event[int](c, "word") })
	ask   = orchestrator.DefineRequest[int, int]("ask")
	whole = orchestrator.Define("whole", func(c *orchestrator.Context, _ int) (int, error) {
		_, err := orchestrator.All(hello.Go(c, "a"), hello.Go(c, "b"), hello.Go(c, "c"))
		if err != nil {
			return 0, err
		}
		if _, err := broken.Call(c, 0); err == nil {
			return 0, errors.New("broken is not broken")
		}
		if _, err := child.Call(c, "d"); err != nil {
			return 0, err
		}
		if _, err := wreck.Call(c, 0); err == nil {
			return 0, errors.New("wreck is no wreck")
		}
		if err := c.Sleep(time.Millisecond); err != nil {
			return 0, err
		}
		c.Timer(time.Hour).Cancel()
		if _, err := orchestrator.Event[int](c, "go"); err != nil { // here the server dies
			return 0, err
		}
		if err := orchestrator.Raise(c, "the-ear", "word", 5); err != nil {
			return 0, err
		}
		if _, err := hello.Call(c, "again"); err != nil {
			return 0, err
		}
		r, err := ask.Wait(c)
		if err != nil {
			return 0, err
		}
		r.Answer(r.In + 1)
		return r.In, nil
	})
)

var definitions = []orchestrator.Definition{hello, broken, child, wreck, ear, whole}

func TestBehaviour_124_SpansOfAWholeOrchestration(t *testing.T) {
	h := openHouse(t, definitions...)
	ctx, end := h.test()
	_, err := ear.Begin(ctx, h.client, 0, orchestrator.WithID("the-ear"))
	must(t, err)
	_, err = whole.Begin(ctx, h.client, 0, orchestrator.WithID("w"))
	must(t, err)
	for len(h.named("orchestration:whole:timer")) == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if n := len(h.named("orchestration:whole")); n != 0 {
		t.Fatalf("it has %d spans before its end", n)
	}
	h.crash()
	must(t, h.client.Raise(ctx, "w", "go", orchestrator.Raw("1")))
	got, err := ask.Do(ctx, h.client, "w", 6)
	if err != nil || got != 7 {
		t.Fatal(got, err)
	}
	_, err = whole.Result(ctx, h.client, "w")
	must(t, err)
	_, err = ear.Result(ctx, h.client, "the-ear")
	must(t, err)
	must(t, h.host.Close()) // after which all that is stored is recorded
	end()
	const w = "orchestration:whole > "
	h.want(
		"test",
		"test > create_orchestration:whole", "test > create_orchestration:ear",
		"test > orchestration_event:go", "test > orchestration_request:ask",
		"create_orchestration:ear > orchestration:ear",
		"create_orchestration:whole > orchestration:whole",
		w+"activity:hello", w+"activity:hello", w+"activity:hello", w+"activity:hello",
		w+"activity:broken: no luck", w+"activity:broken: no luck",
		w+"orchestration:child", w+"orchestration:wreck: wrecked",
		w+"orchestration:whole:timer", w+"orchestration_event:word",
		"orchestration:child > activity:hello",
		"activity:hello > inside hello", "activity:hello > inside hello", "activity:hello > inside hello",
		"activity:hello > inside hello", "activity:hello > inside hello",
	)
	s := h.named("orchestration:whole")[0]
	if s.SpanKind() != trace.SpanKindServer || attributeOf(s, "durabletask.task.instance_id") != "w" || attributeOf(s, "durabletask.task.status") != "Completed" {
		t.Errorf("%v %v", s.SpanKind(), s.Attributes())
	}
	if s.StartTime().After(h.named("activity:hello")[0].StartTime().Add(time.Millisecond)) {
		t.Error("it starts after its first activity")
	}
}

func TestBehaviour_124_ContinueAsNewIsAFreshSpan(t *testing.T) {
	loop := orchestrator.Define("loop", func(c *orchestrator.Context, n int) (int, error) {
		if _, err := hello.Call(c, "x"); err != nil {
			return 0, err
		}
		if n < 2 {
			return 0, orchestrator.ContinueAsNew(c, n+1)
		}
		return n, nil
	})
	h := openHouse(t, hello, loop)
	ctx, end := h.test()
	id, err := loop.Begin(ctx, h.client, 0)
	must(t, err)
	_, err = loop.Result(ctx, h.client, id)
	must(t, err)
	must(t, h.host.Close())
	end()
	const l = "orchestration:loop > "
	h.want("test", "test > create_orchestration:loop",
		"create_orchestration:loop > orchestration:loop", "create_orchestration:loop > orchestration:loop", "create_orchestration:loop > orchestration:loop",
		l+"activity:hello", l+"activity:hello", l+"activity:hello",
		"activity:hello > inside hello", "activity:hello > inside hello", "activity:hello > inside hello")
	generations, activities := h.named("orchestration:loop"), h.named("activity:hello")
	for i, s := range generations {
		status := "ContinuedAsNew"
		if i == 2 {
			status = "Completed"
		}
		if attributeOf(s, "everturn.generation") != fmt.Sprint(i+1) || attributeOf(s, "durabletask.task.status") != status {
			t.Errorf("generation %d: %v", i+1, s.Attributes())
		}
		if activities[i].Parent().SpanID() != s.SpanContext().SpanID() {
			t.Errorf("the activity of generation %d is below another", i+1)
		}
		if i > 0 && s.StartTime().Before(generations[i-1].StartTime()) {
			t.Errorf("generation %d starts before the one before", i+1)
		}
		switch links := s.Links(); {
		case i == 0 && len(links) == 0:
		case i > 0 && len(links) == 1 && links[0].SpanContext.SpanID() == generations[i-1].SpanContext().SpanID():
		default:
			t.Errorf("generation %d has links %v", i+1, links)
		}
	}
}

// The end is refused, and turned again; another is stored, but the server dies
// before it tells anybody; and one that is replaced while it ends.
func TestBehaviour_124_OnlyWhatIsStoredIsToldAndOnce(t *testing.T) {
	h := openHouse(t, ear)
	ctx, end := h.test()
	start := func(id string) {
		t.Helper()
		_, err := ear.Begin(ctx, h.client, 0, orchestrator.WithID(id))
		must(t, err)
	}
	start("a")
	h.store.FailCommit(1, memstore.Refused)
	if err := h.client.Raise(ctx, "a", "word", orchestrator.Raw("1")); err == nil {
		t.Fatal("a refused commit was told as done")
	}
	if n := len(h.named("orchestration:ear")); n != 0 {
		t.Fatalf("%d spans of an end that is not stored", n)
	}
	must(t, h.client.Raise(ctx, "a", "word", orchestrator.Raw("1")))
	_, err := ear.Result(ctx, h.client, "a")
	must(t, err)
	start("a") // in its place
	must(t, h.client.Terminate(ctx, "a", "enough"))
	must(t, h.client.Purge(ctx, "a"))
	must(t, h.host.Close())
	end()
	h.want("test", "test > create_orchestration:ear", "test > create_orchestration:ear",
		"test > orchestration_event:word", "test > orchestration_event:word: durable: commit refused: the test says so",
		"create_orchestration:ear > orchestration:ear",
		`create_orchestration:ear > orchestration:ear: terminated: "enough"`)
}

func TestBehaviour_124_OffLeavesNoTrace(t *testing.T) {
	h := openHouse(t, definitions...)
	ctx, end := h.test()
	must(t, h.host.Close())
	h.store = h.store.Reopen()
	h.open(nil)
	id, err := child.Begin(ctx, h.client, "x")
	must(t, err)
	_, err = child.Result(ctx, h.client, id)
	must(t, err)
	rows, err := h.client.History(id)
	must(t, err)
	for _, r := range rows {
		if r.Type == "TraceContext" {
			t.Error("there is a trace in the history, though nobody traces")
		}
	}
	end()
	h.want("test")
}

func TestUnsampledTracesArePassedOnButNotRecorded(t *testing.T) {
	var seen atomic.Pointer[trace.SpanContext]
	look := orchestrator.DefineActivity("look", func(ctx context.Context, _ int) (int, error) {
		at := trace.SpanContextFromContext(ctx)
		seen.Store(&at)
		return 0, nil
	})
	o := orchestrator.Define("o", func(c *orchestrator.Context, _ int) (int, error) { return look.Call(c, 0) })
	h := openHouse(t, o, look)
	h.provider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(h.spans), sdktrace.WithIDGenerator(tracing.IDs{}),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())))
	h.crash()
	ctx, end := h.test()
	defer end()
	id, err := o.Begin(ctx, h.client, 0)
	must(t, err)
	_, err = o.Result(ctx, h.client, id)
	must(t, err)
	if at := seen.Load(); at.TraceID() != trace.SpanContextFromContext(ctx).TraceID() || at.IsSampled() {
		t.Errorf("the activity is in %v, not in %v", at, trace.SpanContextFromContext(ctx))
	}
	must(t, h.host.Close())
	h.want()
}

func TestWrongProviderIsSaid(t *testing.T) {
	var log bytes.Buffer
	spans := tracetest.NewSpanRecorder()
	tr := tracing.New(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), zerolog.New(&log))
	at := durable.TraceContext{Trace: [16]byte{1}, Span: [8]byte{2}, Flags: 1}
	for range 2 {
		tr.Record(&durable.Span{Name: "x", At: at.Derive([]byte("x")), Parent: at.Span, Start: 5, End: 4})
	}
	if n := strings.Count(log.String(), "tracing.IDs"); n != 1 || len(spans.Ended()) != 2 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}
