// Package memstore is a [durable.Store] in memory, for tests and simulations:
// a disk that forgets, fails and tells on demand.
//
// By default a commit is applied, and its done called, before Commit returns.
// With Options.Manual commits only queue, and the test decides what becomes of
// each: see [Store.Resolve]. A manual store starts no goroutine, reads no clock
// and throws no dice, so that a single-threaded simulation replays exactly.
package memstore
