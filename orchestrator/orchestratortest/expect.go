package orchestratortest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Mocked is a mock of an activity, for saying what is expected of it. What it
// says is checked when the test ends.
type Mocked[I any] struct {
	h *Hub
	m *mock
}

type mock struct {
	name   string
	worker durable.Worker
	least  int
	most   int      // -1: any number
	inputs []string // as JSON, sorted
	listed bool     // the inputs are to be exactly these
}

// Times expects exactly so many calls; 0 expects none.
func (m *Mocked[I]) Times(n int) *Mocked[I] {
	m.m.least, m.m.most = n, n
	return m
}

// Maybe expects nothing: the mock need not be called.
func (m *Mocked[I]) Maybe() *Mocked[I] {
	m.m.least, m.m.most = 0, -1
	return m
}

// With expects exactly one call for each of these inputs, in any order.
func (m *Mocked[I]) With(inputs ...I) *Mocked[I] {
	m.h.t.Helper()
	m.m.inputs, m.m.listed = nil, true
	for _, in := range inputs {
		b, err := json.Marshal(in)
		if err != nil {
			m.h.t.Fatalf("an input expected of activity %q cannot be encoded: %v", m.m.name, err)
		}
		m.m.inputs = append(m.m.inputs, string(b))
	}
	slices.Sort(m.m.inputs)
	return m.Times(len(inputs))
}

// checkMocks reports each mock whose calls were not what was expected.
func (h *Hub) checkMocks() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.all {
		if wrong := m.wrong(h.inputs(m)); wrong != "" {
			h.t.Error(wrong)
		}
	}
}

// inputs are what a mock was called with, in the order of the calls.
func (h *Hub) inputs(m *mock) (inputs []string) {
	for _, c := range h.calls[strings.ToLower(m.name)] {
		if c.by == m {
			inputs = append(inputs, string(c.in))
		}
	}
	return inputs
}

// wrong says what is wrong with the calls of a mock, nothing if they are as
// expected.
func (m *mock) wrong(inputs []string) string {
	got := fmt.Sprintf("was called %s", times(len(inputs)))
	if len(inputs) > 0 {
		got += " with " + strings.Join(inputs, ", ")
	}
	sorted := slices.Sorted(slices.Values(inputs))
	switch {
	case m.listed && !slices.Equal(sorted, m.inputs):
		return fmt.Sprintf("the mock of activity %q %s; expected were %s", m.name, got, strings.Join(m.inputs, ", "))
	case len(inputs) < m.least && m.most < 0:
		return fmt.Sprintf("the mock of activity %q %s; expected was at least once (or Maybe)", m.name, got)
	case len(inputs) < m.least || m.most >= 0 && len(inputs) > m.most:
		return fmt.Sprintf("the mock of activity %q %s; expected was %s", m.name, got, times(m.most))
	}
	return ""
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
