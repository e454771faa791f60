package entities

import (
	"context"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// operationTrace is where an operation stands in a trace.
type operationTrace struct {
	own     durable.TraceContext
	parent  [8]byte
	signals []durable.Span // of the signals that it sends, if it succeeds
}

// enterTrace gives an operation that somebody traces a span of its own. Calls of
// one caller are told apart by their Return, and each signal has a span above it
// that is its own.
func (c *Context) enterTrace() {
	c.trace = nil
	above, _ := durable.CutTrace(c.msg.Meta)
	if above.IsZero() {
		return
	}
	b := durable.AppendID(make([]byte, 0, 128), c.id)
	b = durable.AppendUint(b, c.incarnation)
	b = durable.AppendTime(b, c.now)
	b = durable.AppendTime(b, c.msg.Stamp)
	b = durable.AppendReturn(b, c.msg.Return)
	c.trace = &operationTrace{own: above.Derive(b), parent: above.Span}
}

// traceSend has what a traced operation sends say so.
func (c *Context) traceSend(m *durable.Message) {
	if c.trace == nil {
		return
	}
	switch m.Op {
	case orchestrator.OpStart:
		m.Meta = durable.WithTrace(m.Meta, c.trace.own)
	case orchestrator.OpSignal:
		signal := c.trace.own.Derive(durable.AppendUint([]byte("signal"), uint64(len(c.send))))
		m.Meta = durable.WithTrace(m.Meta, signal)
		if signal.Sampled() {
			c.trace.signals = append(c.trace.signals, durable.Span{
				Name: "signal_entity:" + m.To.Name + ":" + m.Name, Kind: durable.SpanProducer, At: signal, Parent: c.trace.own.Span,
				Start: c.now.Wall, End: c.now.Wall, Attributes: attributes(m.To, m.Name),
			})
		}
	}
}

// traceOperation completes the span of an operation: from when it was asked for,
// to its turn.
func (t *turn) traceOperation(m *durable.Message, fail *durable.Failure) {
	trace := t.ctx.trace
	if trace == nil || !trace.own.Sampled() {
		return
	}
	t.out.Spans = append(t.out.Spans, durable.Span{
		Name: "entity:" + t.ctx.id.Name + ":" + m.Name, Kind: durable.SpanServer, At: trace.own, Parent: trace.parent,
		Start: m.Stamp.Wall, End: t.ctx.now.Wall, Fail: fail, Attributes: attributes(t.ctx.id, m.Name),
	})
	if fail == nil { // else they are not sent
		t.out.Spans = append(t.out.Spans, trace.signals...)
	}
}

func attributes(id durable.ID, operation string) []durable.Attribute {
	return []durable.Attribute{
		{Key: "durabletask.type", Value: "entity"},
		{Key: "durabletask.task.name", Value: id.Name},
		{Key: "durabletask.task.instance_id", Value: id.String()},
		{Key: "durabletask.entity.operation", Value: operation},
	}
}

// traced posts a message and waits for the answer, inside a span below ctx's,
// which the operation's span will be below.
func (c *Client) traced(ctx context.Context, m durable.Message) (durable.Answer, error) {
	if c.tracer == nil {
		return c.host.Ask(ctx, m)
	}
	s := durable.Span{Name: "call_entity:", Kind: durable.SpanClient}
	if m.Op == orchestrator.OpSignal {
		s = durable.Span{Name: "signal_entity:", Kind: durable.SpanProducer}
	}
	s.Name += m.To.Name + ":" + m.Name
	s.Attributes = attributes(m.To, m.Name)
	ctx, at, end := c.tracer.Begin(ctx, durable.TraceContext{}, &s)
	if !at.IsZero() {
		m.Meta = durable.WithTrace(m.Meta, at)
	}
	a, err := c.host.Ask(ctx, m)
	end(durable.AsFailure(err))
	return a, err
}
