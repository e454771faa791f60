package orchestrator

import (
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Options of a [Behavior]. Zero values are good defaults.
type Options struct {
	// Strict computes each turn twice, from the coroutine in memory and from the
	// whole history, and quarantines the instance if the outcomes differ. Tests
	// set it.
	Strict bool
	Limits Limits
	// OnReplay, if there is one, is told when the code of an instance that was not
	// in memory (after a crash, a restart, an eviction) was run again over the
	// first so many records of a generation's history, before the turn goes on. It
	// is called from the goroutines of the partitions, so concurrently, must not
	// block, and has no say. Replays that only compare are not told.
	OnReplay func(instance string, generation uint32, records int)
	Logger   zerolog.Logger
}

// Behavior runs the orchestrations of a registry: it is the [durable.Behavior]
// of instances of [Kind]. It may be used concurrently.
type Behavior struct {
	reg    *Registry
	strict bool
	limits Limits
	replay func(instance string, generation uint32, records int)
	logger zerolog.Logger
}

// NewBehavior makes the behavior.
func NewBehavior(reg *Registry, o Options) *Behavior {
	return &Behavior{reg: reg, strict: o.Strict, limits: o.Limits.withDefaults(), replay: o.OnReplay, logger: o.Logger}
}

// Turn is one turn of an instance: see [durable.Behavior].
func (b *Behavior) Turn(now durable.Time, in *durable.Instance, messages []durable.Message) (durable.Outcome, error) {
	if b.strict {
		return b.strictTurn(now, in, messages)
	}
	return b.turn(now, in, messages, false, nil)
}

func (b *Behavior) turn(now durable.Time, in *durable.Instance, messages []durable.Message, quiet bool, drawn *drawn) (durable.Outcome, error) {
	t := &turn{b: b, now: now, in: in, quiet: quiet, drawn: drawn}
	err := t.load()
	for i := 0; i < len(messages) && err == nil; i++ {
		err = t.handle(&messages[i])
	}
	if err != nil {
		if t.x != nil {
			t.x.Release()
		}
		return b.salvage(now, in, messages, quiet, err)
	}
	t.finish()
	return t.out, nil
}
