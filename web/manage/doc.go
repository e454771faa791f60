// Package manage is the management API: orchestrations and entities by name and
// id, over HTTP, as Azure Durable Functions serves it. A client that was written
// for a Durable Functions host works against this one unchanged; where the two
// could differ, the original's routes, statuses and field names count.
//
// The original's rules are those of its public HTTP API reference (Microsoft
// Learn, "HTTP APIs in Durable Functions"). What goes beyond it never changes
// what it does: long polls by Prefer, live histories by Accept, Idempotency-Key,
// entity tags, and calls of entities that give the answer.
//
// Who may come here at all is decided in front of this package.
package manage
