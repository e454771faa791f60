package manage

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Teaching are a few orchestrations and an entity that every server has: to try
// the API with, and to hold clients of other hosts against. Each shows one idea.
type Teaching struct {
	entities atomic.Pointer[entities.Client] // for activities; nil until Open
	fragile  *orchestrator.Activity[string, string]
	failing  *orchestrator.Orchestration[string, string]
}

// NewTeaching defines them.
func NewTeaching() *Teaching {
	t := &Teaching{}
	t.fragile = orchestrator.DefineActivity("fragile", t.doFragile)
	t.failing = orchestrator.Define("failing", func(c *orchestrator.Context, key string) (string, error) {
		if key == "" {
			key = "failing"
		}
		return t.fragile.Call(c, key)
	})
	return t
}

// Orchestrations are the definitions.
func (t *Teaching) Orchestrations() []orchestrator.Definition {
	return []orchestrator.Definition{sayHello, hello, approval, eternal, t.fragile, t.failing}
}

// Entities are the entities' definitions.
func (t *Teaching) Entities() []entities.Definition { return []entities.Definition{counter} }

// Open gives the activities their client. One that runs before, left from before
// a crash, fails as it did.
func (t *Teaching) Open(client *entities.Client) { t.entities.Store(client) }

// optional is an input that may be left out. Some clients of the original send an
// empty text for none.
type optional[T any] struct{ Value T }

// UnmarshalJSON is called by encoding/json.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON is called by encoding/json.
func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// Chaining: one activity after the other.
var (
	sayHello = orchestrator.DefineActivity("say-hello", func(_ context.Context, city string) (string, error) {
		return "Hello, " + city + "!", nil
	})
	hello = orchestrator.Define("hello", func(c *orchestrator.Context, cities optional[[]string]) ([]string, error) {
		greetings := make([]string, 0, len(cities.Value))
		for _, city := range cities.Value {
			greeting, err := sayHello.Call(c, city)
			if err != nil {
				return nil, err
			}
			greetings = append(greetings, greeting)
		}
		return greetings, nil
	})
)

// Human interaction: an event, or a timer.
type (
	approvalInput struct {
		Timeout float64 `json:"timeout"` // seconds; 0: three days
	}
	approvalOutput struct {
		Approved bool             `json:"approved"`
		TimedOut bool             `json:"timedOut"`
		Answer   orchestrator.Raw `json:"answer,omitempty"` // what the event carried
	}
)

var approval = orchestrator.Define("approval", func(c *orchestrator.Context, in optional[approvalInput]) (approvalOutput, error) {
	patience := 72 * time.Hour
	if in.Value.Timeout > 0 {
		patience = time.Duration(min(in.Value.Timeout, 1e9) * float64(time.Second))
	}
	answer, timer := orchestrator.EventGo[orchestrator.Raw](c, "Approval"), c.Timer(patience)
	if orchestrator.Any(answer, timer) == 1 {
		return approvalOutput{TimedOut: true}, nil
	}
	timer.Cancel()
	said, err := answer.Get()
	if err != nil {
		return approvalOutput{}, err
	}
	return approvalOutput{Approved: string(said.Value) != "false", Answer: said.Value}, nil
})

// An eternal orchestration: each generation has a history of its own.
var eternal = orchestrator.Define("eternal", func(c *orchestrator.Context, start optional[int]) (int, error) {
	count := start.Value
	c.SetStatus(count)
	stop, tick := orchestrator.EventGo[orchestrator.Raw](c, "stop"), c.Timer(time.Second)
	if orchestrator.Any(stop, tick) == 0 {
		tick.Cancel()
		return count, nil
	}
	return count, orchestrator.ContinueAsNew(c, optional[int]{count + 1})
})

// Rewind: an activity that fails until somebody has counted the counter of its
// key up, and then works.
func (t *Teaching) doFragile(_ context.Context, key string) (string, error) {
	client := t.entities.Load()
	if client == nil {
		return "", errors.New("the server is only just starting")
	}
	n, _, _, err := counter.Read(client, key)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", errors.New("broken: add 1 to the counter " + key + ", then rewind this orchestration")
	}
	return "mended", nil
}

// An entity.
var (
	counter = entities.Define("counter", func(string) float64 { return 0 })
	_       = entities.On(counter, "add", func(_ *entities.Context, n *float64, by float64) (float64, error) {
		*n += by
		return *n, nil
	})
	_ = entities.On(counter, "get", func(_ *entities.Context, n *float64, _ orchestrator.None) (float64, error) { return *n, nil })
	_ = entities.On(counter, "reset", func(_ *entities.Context, n *float64, _ orchestrator.None) (float64, error) {
		*n = 0
		return *n, nil
	})
)
