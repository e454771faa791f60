// Package orchestrator runs orchestrations: functions that live for minutes or
// years, survive crashes in the middle, and do everything exactly once.
//
// An orchestration is an ordinary Go function that does everything through its
// [Context]. It runs as a coroutine on the kernel (package durable): each turn
// of its instance feeds it what happened (a result, a timer, an event), it runs
// until it waits again, and what it did on the way becomes durable as a whole
// before anybody can see it. What happened and what it did is its history. When
// the instance is not in memory, the function is run again from the history: it
// is given the same inputs, and whatever it does is compared with what it did
// then. That is why it may depend on its input and the Context only; where it
// does otherwise, a [NonDeterminismError] quotes both sides, and the instance
// waits for a fix instead of failing.
//
//	var Greet = orchestrator.DefineActivity("greet", func(ctx context.Context, city string) (string, error) {
//		return "Hello, " + city + "!", nil
//	})
//
//	var Hello = orchestrator.Define("hello", func(c *orchestrator.Context, cities []string) ([]string, error) {
//		var fs []*orchestrator.Future[string]
//		for _, city := range cities {
//			fs = append(fs, Greet.Go(c, city))
//		}
//		return orchestrator.All(fs...)
//	})
//
// Activities ([DefineActivity]) are where effects live: they run outside of
// turns, at least once, with a key that makes them idempotent. Requests
// ([DefineRequest]) are external events that get a typed answer, after the
// commit of the turn that gave it. A [Registry] names the definitions, a
// [Behavior] runs them on a host, and a [Client] speaks to them from outside.
//
// Threading: the engine has no goroutines and no locks. An execution belongs to
// the goroutine of its partition; coroutines run on it. The one exception is
// the worker, which does each activity beside itself so that a stuck one can be
// left behind.
//
// Files: a verb of the authoring API each (activity, heartbeat, orchestration,
// event, request, query, timer, future, each, retry, sideeffect, patch, cancel,
// continue, start, restart, rewind, salvage); turn.go routes a turn's messages;
// execution.go is the engine, end.go its ends, mailbox.go its events;
// record.go and journal.go are the history's format; listing.go and search.go
// are how instances are found, purge.go and retention.go how they are forgotten;
// trace.go is where instances stand in distributed traces, which package tracing
// records.
package orchestrator
