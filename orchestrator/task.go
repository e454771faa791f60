package orchestrator

import (
	"github.com/everturn/everturn/orchestrator/durable"
)

// taskKind says what a task waits for.
type taskKind byte

const (
	tActivity taskKind = iota
	tTimer
	tChild
	tCall
	tEvent    // an external event: no record of its own
	tComputed // of other tasks (retries), or done from the start
)

// task is something that the orchestration may wait for.
type task struct {
	id      uint64
	kind    taskKind
	name    string
	due     durable.Due // timer
	at      int64       // wall milliseconds when it was made
	to      durable.ID  // child
	turn    uint64      // in which it was made
	done    bool
	order   uint64 // when it was done, among all tasks
	awaited bool   // the coroutine waits for it
	read    bool   // its result was seen by the author
	held    bool   // its result came while the instance was suspended
	body    []byte
	fail    *Failure
	event   *raised
	whole   *task // what this is an attempt of
	// take is asked when an event comes for the task; an error refuses it.
	take func(*raised) *Failure
	// then is called when the task is done, before the author sees it.
	then func(*task)
	// drop is called when the author cancels the task before it is done.
	drop func()
}
