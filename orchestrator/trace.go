package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// The names and attributes of spans are those of the Durable Task Framework
// (its distributed tracing specification), so that dashboards made for it work.
// Where it makes two spans of one thing, one for each side of a queue, this
// engine makes one, of the side that did it.

// spanFacts is where a generation of an instance stands in a trace. Its span is
// decided at its beginning and stored, so that what it starts at any time, also
// after a crash, is below it; it is recorded once, at its end.
type spanFacts struct {
	own    durable.TraceContext
	parent [8]byte
	before [8]byte // the span of the generation before, zero in the first
}

const spanFactsLen = 25 + 8 + 8

func (s *spanFacts) encode() []byte {
	b := s.own.Append(make([]byte, 0, spanFactsLen))
	return append(append(b, s.parent[:]...), s.before[:]...)
}

// traced takes the facts from the history, before it begins.
func (x *execution) traced(r *record) error {
	if len(r.body) != spanFactsLen {
		return fmt.Errorf("%w: trace of %s has %d bytes, not %d", durable.ErrCorrupt, x.id, len(r.body), spanFactsLen)
	}
	x.span = &spanFacts{own: durable.ReadTrace(r.body)}
	copy(x.span.parent[:], r.body[25:])
	copy(x.span.before[:], r.body[33:])
	return nil
}

// enterTrace notes which trace a start belongs to, if any. The incarnation is
// known only after this turn, so that the span is named by all that tells this
// start from others.
func (t *turn) enterTrace(m *durable.Message) error {
	above, _ := durable.CutTrace(m.Meta)
	if above.IsZero() {
		return nil
	}
	b := durable.AppendID(make([]byte, 0, 128), t.in.ID)
	b = durable.AppendUint(b, t.in.Incarnation)
	b = durable.AppendUint(b, t.in.Turns)
	b = durable.AppendTime(b, t.now)
	b = durable.AppendTime(b, m.Stamp)
	b = durable.AppendID(b, m.From)
	b = durable.AppendReturn(b, m.Return)
	s := spanFacts{own: above.Derive(b), parent: above.Span}
	return t.x.happen(&record{kind: kTraced, body: s.encode()})
}

// followTrace gives the generation after one that is traced a span of its own,
// beside that one's and linked with it.
func (x *execution) followTrace(y *execution) error {
	if x.span == nil {
		return nil
	}
	s := spanFacts{own: x.span.own.Derive([]byte("next")), parent: x.span.parent, before: x.span.own.Span}
	return y.happen(&record{kind: kTraced, body: s.encode()})
}

// traceEnd completes the span of the generation.
func (x *execution) traceEnd(status string, fail *Failure) {
	if x.span == nil || x.out == nil || !x.span.own.Sampled() {
		return
	}
	s := durable.Span{
		Name: "orchestration:" + x.head.name, Kind: durable.SpanServer, At: x.span.own, Parent: x.span.parent,
		Start: x.head.started, End: x.turnNow.Wall, Fail: fail,
		Attributes: append(x.attributes("orchestration", x.head.name),
			durable.Attribute{Key: "durabletask.task.version", Value: x.head.version},
			durable.Attribute{Key: "durabletask.task.status", Value: status},
			durable.Attribute{Key: "everturn.generation", Value: strconv.FormatUint(uint64(x.generation), 10)}),
	}
	if x.span.before != [8]byte{} {
		s.Link = x.span.own
		s.Link.Span = x.span.before
	}
	x.out.Spans = append(x.out.Spans, s)
}

// traceAgain gives a generation that goes on after its end a span of its own:
// the one that it had was recorded.
func (x *execution) traceAgain() {
	if s := x.span; s != nil {
		x.span = &spanFacts{own: s.own.Derive([]byte("rewound")), parent: s.parent, before: s.own.Span}
	}
}

// traceTimer completes the span of a timer that fired. One that was cancelled
// has none.
func (x *execution) traceTimer(t *task) {
	if x.span == nil || x.out == nil || t.kind != tTimer || !x.span.own.Sampled() {
		return
	}
	s := durable.Span{
		Name: "orchestration:" + x.head.name + ":timer", Kind: durable.SpanInternal,
		At: x.span.own.Derive(durable.AppendUint([]byte("timer"), t.id)), Parent: x.span.own.Span, Start: t.at, End: x.turnNow.Wall,
		Attributes: append(x.attributes("timer", x.head.name),
			durable.Attribute{Key: "durabletask.task.task_id", Value: strconv.FormatUint(t.id, 10)}),
	}
	if t.due.Clock == durable.Wall {
		s.Attributes = append(s.Attributes, durable.Attribute{Key: "durabletask.fire_at", Value: timeOf(t.due.At).Format(time.RFC3339Nano)})
	}
	x.out.Spans = append(x.out.Spans, s)
}

// traceSend has what a traced orchestration sends say so: starts, and operations
// of entities. Events and signals are spans of their own: nobody hears what
// becomes of them.
func (x *execution) traceSend(m *durable.Message) {
	switch m.Op {
	case OpStart, OpCall:
		m.Meta = durable.WithTrace(m.Meta, x.span.own)
	case OpSignal:
		s := x.traceOneWay("signal_entity:"+m.To.Name+":"+m.Name, append(x.attributes("entity", m.To.Name),
			durable.Attribute{Key: "durabletask.entity.operation", Value: m.Name}), m)
		m.Meta = durable.WithTrace(m.Meta, s)
	case OpEvent:
		x.traceOneWay("orchestration_event:"+m.Name, x.attributes("event", m.Name), m)
	}
}

// traceOneWay completes the span of something that is sent one way, and gives
// where it is.
func (x *execution) traceOneWay(name string, attributes []durable.Attribute, m *durable.Message) durable.TraceContext {
	at := x.span.own.Derive(durable.AppendUint(durable.AppendUint([]byte("sent"), x.turn), uint64(len(x.out.Send))))
	if at.Sampled() {
		x.out.Spans = append(x.out.Spans, durable.Span{
			Name: name, Kind: durable.SpanProducer, At: at, Parent: x.span.own.Span, Start: x.turnNow.Wall, End: x.turnNow.Wall,
			Attributes: append(attributes, durable.Attribute{Key: "durabletask.event.target_instance_id", Value: m.To.String()}),
		})
	}
	return at
}

// untell drops the spans of what a turn does not send after all.
func (x *execution) untell() {
	kept := slices.DeleteFunc(x.out.Spans[x.told:], func(s durable.Span) bool { return s.Kind == durable.SpanProducer })
	x.out.Spans = x.out.Spans[:x.told+len(kept)]
}

func (x *execution) attributes(what, name string) []durable.Attribute {
	return []durable.Attribute{
		{Key: "durabletask.type", Value: what},
		{Key: "durabletask.task.name", Value: name},
		{Key: "durabletask.task.instance_id", Value: x.id.Key},
	}
}

// clientSpans are the calls of a client that are spans, by operation.
var clientSpans = map[durable.Op]struct {
	prefix, what string
	kind         durable.SpanKind
}{
	OpStart:   {"create_orchestration:", "orchestration", durable.SpanProducer},
	OpEvent:   {"orchestration_event:", "event", durable.SpanProducer},
	OpRequest: {"orchestration_request:", "request", durable.SpanClient},
}

// traced posts a message and waits for the answer, inside a span below ctx's. A
// start takes it along, so that the orchestration is below it.
func (c *Client) traced(ctx context.Context, m durable.Message) (durable.Answer, error) {
	what, ok := clientSpans[m.Op]
	if c.tracer == nil || !ok {
		return c.hub.Ask(ctx, m)
	}
	s := durable.Span{Name: what.prefix + m.Name, Kind: what.kind, Attributes: []durable.Attribute{
		{Key: "durabletask.type", Value: what.what},
		{Key: "durabletask.task.name", Value: m.Name},
		{Key: "durabletask.task.instance_id", Value: m.To.Key},
	}}
	ctx, at, end := c.tracer.Begin(ctx, durable.TraceContext{}, &s)
	if m.Op == OpStart && !at.IsZero() {
		m.Meta = durable.WithTrace(m.Meta, at)
	}
	a, err := c.hub.Ask(ctx, m)
	end(ToFailure(err))
	return a, err
}
