package entities

import (
	"context"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// Signaler is what a signal can be sent through: an entity's or an
// orchestration's Context, or a [Client].
type Signaler interface {
	SendTo(m durable.Message)
	Now() time.Time
}

// SignalOption says when a signal is delivered.
type SignalOption func(now time.Time) time.Time

// After delivers the signal when d has passed, by the calendar.
func After(d time.Duration) SignalOption {
	return func(now time.Time) time.Time { return now.Add(d) }
}

// At delivers the signal at a time, or at once if it has passed.
func At(t time.Time) SignalOption { return func(time.Time) time.Time { return t } }

// due is the moment that the options ask for, rounded up to a millisecond, since
// nothing fires early.
func due(now time.Time, options []SignalOption) durable.Due {
	at := now
	for _, o := range options {
		at = o(now)
	}
	if !at.After(now) {
		return durable.Due{}
	}
	return durable.Due{Clock: durable.Wall, At: at.Add(time.Millisecond - 1).UnixMilli()}
}

// Signal asks the entity with this key for the operation, one way: nobody hears
// what becomes of it. Through a Context it is sent with the commit of the turn,
// and the error says that it cannot be sent: a bad key, an input that cannot be
// encoded. Through a client it also waits until the signal is stored, and the
// error may be busy or unavailable.
func (o *Op[S, In, Out]) Signal(s Signaler, key string, in In, options ...SignalOption) error {
	m, err := o.message(key, in)
	if err != nil {
		return err
	}
	m.Op, m.Due = orchestrator.OpSignal, due(s.Now(), options)
	switch s := s.(type) {
	case *Client:
		_, err := s.traced(context.Background(), m) // the host answers in any case
		return err
	case *orchestrator.Context:
		stampSender(&m, s.Self().Incarnation)
	}
	s.SendTo(m)
	return nil
}
