// Package orchestratortest runs orchestrations in tests: on the true engine,
// with a store in memory and a clock that skips ahead.
//
//	func TestApproval(t *testing.T) {
//		orchestratortest.Test(t, orchestratortest.Options{Definitions: Definitions()}, func(t *testing.T, h *orchestratortest.Hub) {
//			orchestratortest.Mock(h, Charge, func(_ context.Context, cents int) (string, error) { return "paid", nil })
//			h.After(3*24*time.Hour, func() { orchestratortest.Raise(h, "order-1", "approved", true) })
//			out, err := orchestratortest.Run(h, Order, 100, orchestrator.WithID("order-1"))
//			…
//		})
//	}
//
// Time is that of testing/synctest: it stands still while anybody does anything,
// and jumps to the next timer when all are idle. That holds for the timers of
// orchestrations, on both clocks, as for time.Sleep, deadlines and time.Now in
// activities. It begins at midnight UTC, January 1, 2000. Idle is exact, there
// is no polling; so an orchestration that waits for what will never come is seen
// at once, and fails the test with what it waits for.
//
// Every turn is computed twice, hot and cold, and compared (Strict). With
// [Options.Crash] the engine loses all that it has in memory after each commit.
//
// Entities, or any other behavior, take part by [Options.Behaviors]. A
// sub-orchestration is replaced by registering another definition of its name.
//
// Threading: a Hub belongs to the goroutine of its test, but for its clients,
// which any goroutine of the bubble may use. Callbacks run on the goroutine that
// drives the hub. What a test gives to activities is shared between goroutines.
//
// Files: hub.go is the hub; drive.go has time pass; mock.go replaces activities,
// expect.go says how often; golden.go records and replays histories; blocked.go
// and table.go say what is wrong.
package orchestratortest
