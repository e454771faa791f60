package orchestratortest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// Call is one time that an activity was done: an attempt of a call.
type Call[I any] struct {
	In       I
	Instance string // the orchestration's id
	At       time.Time
}

// call is a Call whose input is as it was sent.
type call struct {
	in       []byte
	instance string
	at       time.Time
	by       *mock // nil where the activity itself did it
}

// Mock has a function do an activity from now on, in the place of the activity
// or of an earlier mock of it. The function is called as the activity's would
// be: from many goroutines at once, with a deadline, with
// [orchestrator.InfoOf], and a panic in it is a failure. Unless what is returned
// says otherwise it must be called at least once, or the test fails at its end.
func Mock[I, O any](h *Hub, a *orchestrator.Activity[I, O], fn func(ctx context.Context, in I) (O, error)) *Mocked[I] {
	h.t.Helper()
	registry, err := orchestrator.NewRegistry(orchestrator.DefineActivity(a.Name(), fn))
	if err != nil {
		h.t.Fatal(err)
	}
	m := &mock{name: a.Name(), worker: registry.Worker(), least: 1, most: -1}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mocks[strings.ToLower(m.name)] = m
	h.all = append(h.all, m)
	return &Mocked[I]{h: h, m: m}
}

// Calls are the times that an activity was done so far, mocked or not, in the
// order in which they began.
func Calls[I, O any](h *Hub, a *orchestrator.Activity[I, O]) []Call[I] {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Call[I]
	for _, c := range h.calls[strings.ToLower(a.Name())] {
		var in I
		if len(c.in) > 0 {
			if err := json.Unmarshal(c.in, &in); err != nil {
				h.t.Fatalf("the input of activity %q is not a %T: %v", a.Name(), in, err)
			}
		}
		list = append(list, Call[I]{In: in, Instance: c.instance, At: c.at})
	}
	return list
}

// work does the activities of the hub's engine.
func (h *Hub) work(ctx context.Context, w durable.Work) durable.Answer {
	h.running.Add(1)
	defer func() {
		h.running.Add(-1)
		select {
		case h.worked <- struct{}{}:
		default:
		}
	}()
	return h.workerOf(w)(ctx, w)
}

// workerOf notes the call and says who does it.
func (h *Hub) workerOf(w durable.Work) durable.Worker {
	key := strings.ToLower(w.Name)
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mocks[key]
	h.calls[key] = append(h.calls[key], call{in: w.Input, instance: w.ID.Key, at: time.Now().UTC(), by: m})
	if m == nil {
		return h.worker
	}
	return m.worker
}
