package orchestratortest_test

import (
	"context"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

func TestBehaviour_125_MocksAsserted(t *testing.T) {
	fan := orchestrator.Define("fan", func(c *orchestrator.Context, ns []int) (int, error) {
		for _, n := range ns {
			if _, err := charge.Call(c, n); err != nil {
				return 0, err
			}
		}
		return len(ns), nil
	})
	paid := func(_ context.Context, n int) (string, error) { return "paid", nil }
	for _, tc := range []struct {
		name   string
		inputs []int
		expect func(m *orchestratortest.Mocked[int])
		says   string // nothing: the test passes
	}{
		{"called", []int{1}, func(*orchestratortest.Mocked[int]) {}, ""},
		{"never called", nil, func(*orchestratortest.Mocked[int]) {}, `the mock of activity "charge" was called never; expected was at least once`},
		{"maybe", nil, func(m *orchestratortest.Mocked[int]) { m.Maybe() }, ""},
		{"twice", []int{1, 2}, func(m *orchestratortest.Mocked[int]) { m.Times(2) }, ""},
		{"too few", []int{1}, func(m *orchestratortest.Mocked[int]) { m.Times(2) }, "was called once with 1; expected was 2 times"},
		{"too many", []int{1, 2, 3}, func(m *orchestratortest.Mocked[int]) { m.Times(2) }, "was called 3 times with 1, 2, 3; expected was 2 times"},
		{"forbidden", []int{1}, func(m *orchestratortest.Mocked[int]) { m.Times(0) }, "was called once with 1; expected was never"},
		{"inputs", []int{3, 1, 1}, func(m *orchestratortest.Mocked[int]) { m.With(1, 1, 3) }, ""},
		{"other inputs", []int{3, 1}, func(m *orchestratortest.Mocked[int]) { m.With(1, 1) }, "was called 2 times with 3, 1; expected were 1, 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			said := fails(t, options(fan), func(h *orchestratortest.Hub) {
				tc.expect(orchestratortest.Mock(h, charge, paid))
				if n, err := orchestratortest.Run(h, fan, tc.inputs); n != len(tc.inputs) || err != nil {
					t.Error(n, err)
				}
			})
			if tc.says == "" && said != "" {
				t.Error(said)
			}
			wants(t, said, tc.says)
		})
	}
}

// A mock is an activity in all but what it does: panics, attempts, deadlines.
func TestMocksAreActivities(t *testing.T) {
	retried := orchestrator.DefineActivity("retried", func(context.Context, int) (int, error) { return 0, nil },
		orchestrator.WithRetry(orchestrator.Retry{Attempts: 3, First: time.Hour, Backoff: 2}), orchestrator.WithTimeout(time.Minute))
	def := orchestrator.Define("def", func(c *orchestrator.Context, n int) (int, error) { return retried.Call(c, n) })
	orchestratortest.Test(t, options(def, retried), func(t *testing.T, h *orchestratortest.Hub) {
		began := h.Now()
		orchestratortest.Mock(h, retried, func(ctx context.Context, n int) (int, error) {
			switch orchestrator.InfoOf(ctx).Attempt {
			case 1:
				panic("at first")
			case 2:
				<-ctx.Done() // a minute
				return 0, ctx.Err()
			}
			return n * 2, nil
		}).Times(3)
		if n, err := orchestratortest.Run(h, def, 21); n != 42 || err != nil {
			t.Fatal(n, err)
		}
		if d := h.Now().Sub(began); d != 3*time.Hour+time.Minute {
			t.Error(d)
		}
		// A later mock takes the place of this one.
		orchestratortest.Mock(h, retried, func(context.Context, int) (int, error) { return 1, nil }).Times(1)
		if n, err := orchestratortest.Run(h, def, 21); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	})
}
