// Package durable is Everturn's kernel. It runs addressable, persistent
// instances: it gives each its messages, one turn at a time, and makes the
// outcome of a turn durable before anybody can see it.
//
//	A turn eats messages and emits messages, and nobody sees what it emitted
//	until it is on disk.
//
// The kernel does not know what an orchestration or an entity is: both are a
// [Behavior], a function of the time, the instance and its messages.
//
//	  clients          other partitions      timers    finished work
//	     │ Post             │ streams           │            │
//	     ▼                  ▼                   ▼            ▼
//	┌─ mailbox ───────────────────────────────────────────────────┐
//	│ drain ─► admit ─► turn ─► turn ─► …    one step, one batch  │  partition
//	└────────────────────────────┬────────────────────────────────┘
//	                             ▼
//	        Store.Commit: rows of state, history, events, inbox,
//	        outbox, timers, work, answers, listings; all or nothing
//	                             ▼
//	     release: answers ─► events ─► messages ─► work
//
// # Partitions
//
// Instances are spread over a fixed number of partitions by the hash of their
// ID. A partition is one goroutine that owns all state of its instances; it
// alternates between step, which computes a batch, and waiting for the store to
// make that batch durable. What arrives meanwhile is the next batch, so that the
// busier the server, the more turns share one commit. Step, release and load are
// plain functions of what they are given: the simulation runs the same code on
// one thread with a seed, a store that forgets, and a fabric that delays. So can
// the floors above, which hold a [Manual].
//
// # Threads
//
// A mailbox, a partition's clock and the acks of its streams are shared; all
// else belongs to the goroutine of its partition. Reads ([Host.Read],
// [Host.Log], [Host.Events], [Host.List]) go to the store from the caller's
// goroutine and see what is committed.
//
// # Exactly once
//
// A message is taken and noted in one commit. Between partitions messages are
// numbered per pair: the sender keeps them in its outbox until the receiver has
// stored them, and the receiver's counter drops what it has seen. Clients name
// their requests; an instance keeps the last answers of each caller. Only work
// (activities) is done at least once.
//
// # When a commit fails
//
// A refused commit (no disk space) changed nothing: the partition reads its
// rows again and goes on when there is room. Any other failure leaves the
// outcome unknown for the whole store: all partitions stop, the store is opened
// again from its files, and callers that named their request get the answer
// that the files tell.
package durable
