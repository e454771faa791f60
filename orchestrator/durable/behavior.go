package durable

import (
	"context"
	"fmt"
	"strings"
)

// Behavior is what instances of one kind do with their messages. The kernel
// calls it from the goroutine of the instance's partition, one turn of an
// instance at a time; different instances may turn concurrently.
//
// Turn depends on its arguments alone: no clock, no I/O, no goroutines, no
// package variables. The slice of messages is the behavior's until it returns;
// what they hold it may keep. What it returns becomes durable as a whole or not at all,
// and nobody sees any of it before. A turn that was not committed is forgotten
// together with the Hot value it left.
//
// An error (or a panic) means that the engine cannot run this instance: an
// undecodable row, an unknown version, non-determinism. The instance is
// quarantined: its messages are kept and it is tried again at the next start
// or on request. Author errors are not errors here; they are results.
type Behavior interface {
	Turn(now Time, in *Instance, messages []Message) (Outcome, error)
}

// Salvager is implemented by behaviors that can end an instance which they
// cannot run. A message of which Salvages says so gets its turn although the
// instance is in quarantine. If Turn gives no error then, the quarantine is over;
// else it goes on. Salvages depends on its argument alone.
type Salvager interface{ Salvages(m *Message) bool }

// Instance is what the kernel knows of one instance when its turn comes. The
// behavior reads it and changes nothing in it.
type Instance struct {
	ID ID
	// Incarnation is new at each creation and unique in the partition; it
	// never repeats. Where the instance does not exist, it is the one that it
	// will have if this turn creates it.
	Incarnation uint64
	Exists      bool
	Generation  uint32 // 1, then one more at each continue-as-new
	Turns       uint64 // turns taken in this incarnation, before this one
	Events      uint64 // number of the last published event, 0 for none
	Created     int64  // wall milliseconds of the creation
	// Head is the last head that a turn gave, nil if there is none.
	Head []byte
	// Log is the history of this generation: what turns appended, in order.
	// It is nil while Hot is set.
	Log [][]byte
	// Hot is what the last turn left in memory, nil when the instance is cold.
	Hot any
}

// Releaser is implemented by Hot values that hold something (a coroutine).
// Release is called when the kernel drops the value: at eviction, at the end
// of the instance, after a failed commit, at Close. It must not block, and may
// be called more than once.
type Releaser interface{ Release() }

// Sizer is implemented by Hot values that know roughly how many bytes they
// hold, for the cache's budget.
type Sizer interface{ Size() int }

// Outcome is all that a turn does.
type Outcome struct {
	// Head is the new head; nil leaves it as it is. The first head creates the
	// instance.
	Head []byte
	// Append adds entries to the history.
	Append [][]byte
	// Publish adds events to the published log; the first gets the number
	// Instance.Events+1.
	Publish [][]byte
	// Next begins a new generation with this turn: the history before it is
	// forgotten, and Append is the first of the new one. Messages and timers
	// for the old generation are dropped from now on.
	Next bool
	// Rewrite has Append be the whole history of this generation: what was
	// appended before is forgotten. Unlike Next, the generation goes on, so
	// that its timers and the results of what is under way still find it.
	Rewrite bool
	// Replace begins a new incarnation with this turn: everything that was
	// stored of the instance is erased before Head, Append and Publish apply.
	// The new incarnation's number is kept in the returned instance of the
	// next turn; timers and work of this outcome belong to it.
	Replace bool
	// Erase forgets the instance: head, history, events, results, index rows.
	// With it nothing but Send, Cancel, Drop, Reply and Spans may be set.
	Erase bool
	// Send are messages to instances; From and Stamp are set by the kernel.
	// Per receiver they arrive in order, exactly once.
	Send []Message
	// Timers of this instance to arm, and to cancel (by the same value).
	Timers []Timer
	Cancel []Timer
	// Work to be done outside of turns, at least once; each ends in one
	// OpResult message with its Task.
	Work []Work
	// Drop names tasks of this generation's work whose results nobody wants any
	// more. Each still ends in its message; but its worker hears of it after the
	// commit (see [Work.OnDrop]), and what has not begun may be answered undone.
	Drop []uint64
	// Reply answers messages, of this turn or of earlier ones.
	Reply []Reply
	// Index are the rows under which the instance is listed from now on, if
	// Reindex is set; else they stay as they were.
	Index   []Index
	Reindex bool
	// Spans are what this turn completes of the traces that it is part of. They
	// are recorded after the commit, if the host has a Tracer.
	Spans []Span
	// Hot stays in memory until the next turn; nil leaves the instance cold. One
	// that is a Releaser must be comparable: a pointer.
	Hot any
}

// Timer belongs to one generation of an instance and comes back as an OpTimer
// message with its Task, never early, once. Task and Due together name it.
type Timer struct {
	Due  Due
	Task uint64
}

// Work is something to be done outside of turns: an activity. ID, Incarnation,
// Generation and Attempt are filled in by the kernel when it hands it out.
type Work struct {
	Task    uint64
	Name    string
	Input   []byte
	Timeout int64 // milliseconds; 0 means the worker's default
	Meta    []byte

	ID          ID
	Incarnation uint64
	Generation  uint32

	slot *slot // in which it is done
}

// Worker does work. It is called from many goroutines at once. The context
// ends when the host closes; what is returned then is dropped, and the work is
// done again after the next start.
type Worker func(ctx context.Context, w Work) Answer

// Reply is an answer to the message whose Return is To.
type Reply struct {
	To   Return
	Body []byte
	Fail *Failure
	// Forget leaves no trace of the request: the same request id is judged
	// afresh. For refusals.
	Forget bool
}

// Index is a row of a listing: the instance is found under Name, newest first
// by Time, with Data beside it.
type Index struct {
	Name string // which listing; at most 128 bytes
	Time int64  // wall milliseconds
	Data []byte // at most 1 KiB; what a listing shows without reading the head
}

// Limits of one turn. A behavior that could exceed them fails its own instance
// or operation first, with a reason that the author can read.
const (
	// MaxTurn is the most that Append, Publish, Send, Work and Reply of one
	// outcome may hold together, in bytes: enough for 100,000 activities with
	// small arguments.
	MaxTurn = 5 << 20
	// MaxTurnTimers is the most timers that one outcome may arm and cancel:
	// each is a row of its own.
	MaxTurnTimers = 10_000
	// MaxIndex is the most index rows that an instance may have, and
	// MaxIndexData the most bytes beside each.
	MaxIndex     = 24
	MaxIndexName = 128
	MaxIndexData = 1 << 10
)

// Check says which limit the outcome exceeds, nil if none.
func (o *Outcome) Check() *Failure {
	if len(o.Head) > MaxHead {
		return Fail(CodeTooLarge, fmt.Sprintf("the head has %d bytes, more than %d", len(o.Head), MaxHead))
	}
	if n := o.bytes(); n > MaxTurn {
		return Fail(CodeTooLarge, fmt.Sprintf("one turn makes %d bytes, more than %d", n, MaxTurn))
	}
	if n := len(o.Timers) + len(o.Cancel); n > MaxTurnTimers {
		return Fail(CodeTooLarge, fmt.Sprintf("one turn arms and cancels %d timers, more than %d", n, MaxTurnTimers))
	}
	if len(o.Index) > MaxIndex {
		return Fail(CodeTooLarge, fmt.Sprintf("an instance has %d index rows, more than %d", len(o.Index), MaxIndex))
	}
	for i := range o.Send {
		if err := o.Send[i].To.check(); err != nil {
			return Fail(CodeBadRequest, err.Error())
		}
	}
	for _, x := range o.Index {
		if strings.IndexByte(x.Name, 0) >= 0 {
			return Fail(CodeBadRequest, fmt.Sprintf("index name %.40q has a zero byte", x.Name))
		}
		if len(x.Name) > MaxIndexName || len(x.Data) > MaxIndexData {
			return Fail(CodeTooLarge, fmt.Sprintf("index row %.40q has a name of %d bytes (at most %d) and data of %d (at most %d)", x.Name, len(x.Name), MaxIndexName, len(x.Data), MaxIndexData))
		}
	}
	return nil
}

// bytes is about what the outcome takes in rows.
func (o *Outcome) bytes() (n int) {
	for _, e := range o.Append {
		n += 2 + len(e)
	}
	for _, e := range o.Publish {
		n += 2 + len(e)
	}
	for i := range o.Send {
		n += o.Send[i].size()
	}
	for i := range o.Work {
		n += o.Work[i].Size()
	}
	for i := range o.Reply {
		n += 32 + len(o.Reply[i].Body) + o.Reply[i].Fail.size()
	}
	return n
}
