package orchestrator

import "testing"

// A request id names one start, and one event: whatever else comes under it is told so, and does not happen.
func TestRequestIDNamesOneRequest(t *testing.T) {
	o, other := collector(), Define("other", func(*Context, int) (None, error) { return None{}, nil })
	h, c := newHub(t, o, other)
	id, err := o.Begin(t.Context(), c, 2, WithRequestID("ann", "1"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := o.Begin(t.Context(), c, 2, WithRequestID("ann", "1")); err != nil || again != id {
		t.Errorf("repeated: %s, not %s: %v", again, id, err)
	}
	_, err = o.Begin(t.Context(), c, 3, WithRequestID("ann", "1"))
	wantCode(t, err, CodeConflict)
	_, err = o.Begin(t.Context(), c, 3, WithRequestID("ann", "1"), Reuse(UseExisting))
	wantCode(t, err, CodeConflict)
	_, err = other.Begin(t.Context(), c, 2, WithRequestID("ann", "1"))
	wantCode(t, err, CodeConflict)
	raise := func(name, body string) error { return c.Raise(t.Context(), id, name, Raw(body), RequestID("ann", "e")) }
	before := len(h.rows(id))
	if err := raise("unheard", "1"); err != nil {
		t.Fatal(err)
	}
	after := len(h.rows(id))
	if err := raise("unheard", "1"); err != nil {
		t.Errorf("repeated: %v", err)
	}
	wantCode(t, raise("unheard", "2"), CodeConflict)
	wantCode(t, raise("item", "1"), CodeConflict)
	if now := len(h.rows(id)); now != after || after <= before {
		t.Errorf("%d records, %d after the event, and %d in the end", before, after, now)
	}
}

// A start that comes to raise its event is answered with that, and is no conflict.
func TestRequestIDOfStartOrSignal(t *testing.T) {
	o := collector()
	_, c := newHub(t, o)
	for range 2 {
		for _, request := range []string{"1", "2"} {
			if _, err := o.Begin(t.Context(), c, 5, WithID("a"), Reuse(UseRunning), WithEvent("item", len(request)), WithRequestID("ann", request)); err != nil {
				t.Fatal(request, err)
			}
		}
	}
}
