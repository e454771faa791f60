package durable

// Op says what a message asks of its receiver. Values below OpUser are the
// kernel's; the packages above it number their own from there.
type Op byte

// The kernel's own operations.
const (
	// OpResult completes a task of the receiver: the answer to a call, or the
	// outcome of work.
	OpResult Op = 1
	// OpTimer says that a timer of the receiver is due.
	OpTimer Op = 2
	// OpUser is the first operation that belongs to the behaviors.
	OpUser Op = 16
)

// Clock names one of the two clocks, both in milliseconds and both monotone
// within a partition.
type Clock byte

// Wall is the calendar, milliseconds since 1970 UTC. Uptime stands still while
// the server is down.
const (
	Wall   Clock = 0
	Uptime Clock = 1
)

// Time is a moment on both clocks.
type Time struct {
	Wall   int64 // milliseconds since 1970 UTC
	Uptime int64 // milliseconds the partition has been up, over its whole life
}

// At is the moment on one of the clocks.
func (t Time) At(c Clock) int64 {
	if c == Uptime {
		return t.Uptime
	}
	return t.Wall
}

// Due is when a message or timer is to be delivered. The zero value is at once.
type Due struct {
	Clock Clock
	At    int64 // milliseconds on Clock
}

// Message is all that ever moves between instances, and between them and the
// world. A message that was sent is never changed.
type Message struct {
	To   ID
	From ID // zero: from outside
	Op   Op
	Name string // of the event or operation
	Body []byte // the argument or the result
	Fail *Failure
	Due  Due
	// Incarnation and Generation of the receiver that the message is meant
	// for; zero means any. A message for another one is dropped and counted.
	Incarnation uint64
	Generation  uint32
	// Task of the receiver that an OpResult or OpTimer completes.
	Task uint64
	// Return is where the answer goes.
	Return Return
	// Stamp is when the message was let in; the kernel sets it.
	Stamp Time
	// Meta is the behaviors' own (tags, versions, trace context).
	Meta []byte
}

// Return is where an answer goes: to a task of an instance, or to a client
// outside. The zero value means that nobody waits. Behaviors keep it as it is
// and hand it back in a [Reply]; they may store it.
type Return struct {
	// To is the instance that waits, if it is one.
	To          ID
	Incarnation uint64
	Generation  uint32
	Task        uint64

	// Token names a waiting client of this run of the process.
	Token uint64
	// Caller and Request are what an outside client called itself and its
	// request. With them the answer is kept, so that a retry gets it again.
	Caller  string
	Request string
}

// IsZero says whether nobody waits for an answer.
func (r Return) IsZero() bool { return r == Return{} }

// Answer is what a client gets: a result or a failure.
type Answer struct {
	Body []byte
	Fail *Failure
}

// Err is the failure as an error, nil for success.
func (a Answer) Err() error {
	if a.Fail == nil {
		return nil
	}
	return a.Fail
}
