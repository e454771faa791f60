package orchestrator

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func (h *testHub) status(id string) Status {
	h.t.Helper()
	if err := h.broken[InstanceID(id)]; err != nil {
		h.t.Fatalf("%s is quarantined: %v", id, err)
	}
	s, err := (&Client{hub: h}).Status(id)
	if err != nil {
		h.t.Fatalf("status of %s: %v", id, err)
	}
	return s
}

func (h *testHub) rows(id string, kinds ...string) (list []Row) {
	h.t.Helper()
	rows, err := (&Client{hub: h}).History(id)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range rows {
		if len(kinds) == 0 || slices.Contains(kinds, r.Type) {
			list = append(list, r)
		}
	}
	return list
}

// begin starts an instance with an id.
func begin[I, O any](t *testing.T, c *Client, o *Orchestration[I, O], id string, in I, opts ...StartOption) {
	t.Helper()
	got, err := o.Begin(t.Context(), c, in, append(opts, WithID(id))...)
	if err != nil || got != id {
		t.Fatalf("start of %s: %q, %v", id, got, err)
	}
}

// output is what a completed instance gave.
func output[I, O any](h *testHub, _ *Orchestration[I, O], id string) O {
	h.t.Helper()
	s := h.status(id)
	if s.State != Completed {
		h.t.Fatalf("%s is %v (failure %v), not completed", id, s.State, s.Failure)
	}
	v, err := decode[O]("output", s.Output)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *testHub) wantState(id string, want State) Status {
	h.t.Helper()
	s := h.status(id)
	if s.State != want {
		h.t.Fatalf("%s is %v (failure %v), not %v", id, s.State, s.Failure, want)
	}
	return s
}

func raise(t *testing.T, c *Client, id, name string, v any) {
	t.Helper()
	body, fail := encode("event", v, maxPayload)
	if fail != nil {
		t.Fatal(fail)
	}
	if err := c.Raise(t.Context(), id, name, body); err != nil {
		t.Fatalf("raise %s: %v", name, err)
	}
}

func codeOf(err error) Code {
	var f *Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return Code(fmt.Sprint(err))
}

func wantCode(t *testing.T, err error, want Code) {
	t.Helper()
	if codeOf(err) != want {
		t.Fatalf("error %v (code %q), want code %q", err, codeOf(err), want)
	}
}

func same2[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
