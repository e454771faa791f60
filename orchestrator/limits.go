package orchestrator

import (
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// maxPayload is the largest argument, result, event or answer, in bytes.
const maxPayload = 512 << 10

// maxEventName is the longest name of an event or request, in bytes.
const maxEventName = 256

func badEventName(n int) *Failure {
	return Fail(CodeBadRequest, fmt.Sprintf("the name of an event has 1 to %d bytes, not %d", maxEventName, n))
}

// turnBytes leaves room for what the end of an instance adds to its last turn:
// the answers to its open requests, its last messages.
const turnBytes = durable.MaxTurn - 512<<10

// Limits are what one instance may use. Zero values are the defaults. An
// orchestration that goes over one fails with code too_large and a message that
// names the limit.
type Limits struct {
	Actions   int // of the code in one turn: 100,000
	TurnBytes int // that one turn makes, history and messages: durable.MaxTurn less a margin
	History   int // records of one generation: 1,000,000
	Payload   int // bytes of an argument, result, event or answer: 512 KiB, and not more
	Status    int // bytes of the custom status: 64 KiB
	// Events that wait unseen, and requests without an answer: 2,000. More from
	// clients are refused as busy, so that the flooded instance lives.
	Events int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.Actions, 100_000)
	set(&l.TurnBytes, turnBytes)
	set(&l.History, 1_000_000)
	set(&l.Payload, maxPayload)
	set(&l.Status, 64<<10)
	set(&l.Events, 2_000)
	l.Payload = min(l.Payload, maxPayload)
	l.TurnBytes = min(l.TurnBytes, turnBytes)
	return l
}
