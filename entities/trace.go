package entities

import (
	"context"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// enterTrace gives an operation that somebody traces a span of its own. Calls of
// one caller are told apart by their Return, and each signal has a span above it
// that is its own.
func (c *Context) enterTrace() {
	c.signals = c.signals[:0]
	above, _ := durable.CutTrace(c.msg.Meta)
	if above.IsZero() {
		c.span = above
		return
	}
	b := durable.AppendID(make([]byte, 0, 128), c.id)
	b = durable.AppendUint(b, c.incarnation)
	b = durable.AppendTime(b, c.now)
	b = durable.AppendUint(b, uint64(c.place))
	c.place++
	b = durable.AppendTime(b, c.msg.Stamp)
	b = durable.AppendReturn(b, c.msg.Return)
	c.span = above.Derive(b)
}

// traceSend has what a traced operation sends say so.
func (c *Context) traceSend(m *durable.Message) {
	if c.span.IsZero() {
		return
	}
	switch m.Op {
	case orchestrator.OpStart:
		m.Meta = durable.WithTrace(m.Meta, c.span)
	case orchestrator.OpSignal:
		signal := c.span.Derive(durable.AppendUint([]byte("signal"), uint64(len(c.send))))
		m.Meta = durable.WithTrace(m.Meta, signal)
		if signal.Sampled() {
			c.signals = append(c.signals, durable.Span{
				Name: "signal_entity:" + m.To.Name + ":" + m.Name, Kind: durable.SpanProducer, At: signal, Parent: c.span.Span,
				Start: c.now.Wall, End: c.now.Wall, Attributes: attributes(m.To, m.Name),
			})
		}
	}
}

// traceOperation completes the span of an operation: from when it was asked for,
// to its turn.
func (t *turn) traceOperation(m *durable.Message, fail *durable.Failure) {
	if !t.ctx.span.Sampled() {
		return
	}
	above, _ := durable.CutTrace(m.Meta)
	t.out.Spans = append(t.out.Spans, durable.Span{
		Name: "entity:" + t.ctx.id.Name + ":" + m.Name, Kind: durable.SpanServer, At: t.ctx.span, Parent: above.Span,
		Start: m.Stamp.Wall, End: t.ctx.now.Wall, Fail: fail, Attributes: attributes(t.ctx.id, m.Name),
	})
	if fail == nil { // else they are not sent
		t.out.Spans = append(t.out.Spans, t.ctx.signals...)
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
