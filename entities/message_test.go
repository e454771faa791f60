package entities

import (
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

func TestSenderIncarnationIsReadBehindATrace(t *testing.T) {
	var m durable.Message
	stampSender(&m, 7)
	if got := senderIncarnation(&m); got != 7 {
		t.Error(got)
	}
	m.Meta = durable.WithTrace(m.Meta, durable.TraceContext{Trace: [16]byte{1}, Span: [8]byte{1}})
	if got := senderIncarnation(&m); got != 7 {
		t.Error("behind a trace:", got)
	}
	m = durable.Message{Return: durable.Return{Incarnation: 8}, Meta: durable.WithTrace(nil, durable.TraceContext{})}
	if got := senderIncarnation(&m); got != 8 {
		t.Error("of a call:", got)
	}
}
