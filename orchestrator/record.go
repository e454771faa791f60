package orchestrator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// historyVersion is the first byte of each history entry.
const historyVersion = 1

// kind says what a record of the history is about. The numbers are stored and
// never change.
type kind byte

const (
	kTurnStarted        kind = 1
	kExecutionStarted   kind = 2
	kExecutionBegun     kind = 3
	kTaskScheduled      kind = 4
	kTaskCompleted      kind = 5
	kTaskFailed         kind = 6
	kTimerCreated       kind = 7
	kTimerFired         kind = 8
	kTimerCancelled     kind = 9
	kChildCreated       kind = 10
	kChildCompleted     kind = 11
	kChildFailed        kind = 12
	kCallScheduled      kind = 13
	kCallCompleted      kind = 14
	kCallFailed         kind = 15
	kMessageSent        kind = 16
	kEventSent          kind = 17
	kEventRaised        kind = 18
	kAnswered           kind = 19
	kPublished          kind = 20
	kStatusSet          kind = 21
	kIndexSet           kind = 22
	kSuspended          kind = 23
	kResumed            kind = 24
	kTerminated         kind = 25
	kExecutionCompleted kind = 26
	kDetachedStarted    kind = 27
	kRewound            kind = 28
	kAdopted            kind = 29
	kSideEffect         kind = 30
	kPatched            kind = 31
	kCancelRequested    kind = 32
	kTraced             kind = 35
)

// input says whether a record is something that happened to the orchestration;
// the others are what its code did about it.
func (k kind) input() bool {
	switch k {
	case kTurnStarted, kExecutionStarted, kExecutionBegun, kTaskCompleted, kTaskFailed, kTimerFired, kChildCompleted, kChildFailed,
		kCallCompleted, kCallFailed, kEventRaised, kSuspended, kResumed, kTerminated, kCancelRequested, kTraced,
		kRewound, kAdopted:
		return true
	}
	return false
}

// record is one thing in the history. Which fields it uses is up to its kind:
// encode and decode below are the table.
type record struct {
	kind  kind
	task  uint64 // of a task; of a request (its place among the raised events); of a published event
	name  string
	body  []byte
	fail  *Failure
	due   durable.Due
	to    durable.ID
	op    durable.Op
	ret   durable.Return
	time  durable.Time // of a turn; of an event the stamp
	state State
	start *startFacts
	// rewind is of kRewound.
	rewind *rewindFacts
}

// startFacts are what an execution knows from its beginning.
type startFacts struct {
	version   string
	created   int64 // wall milliseconds of the instance's first generation
	parent    string
	ret       durable.Return // where the outcome goes
	tags      map[string]string
	custom    []byte          // status carried over
	firstTask uint64          // tasks are numbered on across generations, so that a late result finds nobody
	events    uint64          // published before
	deferred  bool            // begins with OpRun, not at once
	index     []durable.Index // rows carried over
	scheduled int64           // wall milliseconds at which the code begins; 0 for no such moment
	chosen    bool            // the version was asked for; it is not just the latest
}

// The bits of a start's flags.
const (
	startDeferred  = 1
	startScheduled = 2
	startChosen    = 4
)

func (s *startFacts) flags() (f byte) {
	if s.deferred {
		f |= startDeferred
	}
	if s.scheduled != 0 {
		f |= startScheduled
	}
	if s.chosen {
		f |= startChosen
	}
	return f
}

// coder writes and reads records. Times are stored as differences from the
// time of their turn, which it keeps.
type coder struct {
	now    durable.Time
	inside bool // a rewind, which keeps records but no rewind
}

func (c *coder) encode(b []byte, r *record) []byte {
	b = append(b, byte(r.kind))
	switch r.kind {
	case kTurnStarted:
		b = durable.AppendInt(b, r.time.Wall-c.now.Wall)
		b = durable.AppendInt(b, r.time.Uptime-c.now.Uptime)
		c.now = r.time
	case kExecutionStarted:
		b = durable.AppendString(b, r.name)
		b = durable.AppendBytes(b, r.body)
		b = c.encodeStart(b, r.start)
	case kExecutionBegun, kStatusSet, kIndexSet:
	case kTaskScheduled:
		b = appendTask(b, r)
		b = durable.AppendBytes(b, r.body)
	case kTaskCompleted, kChildCompleted, kCallCompleted:
		b = durable.AppendUint(b, r.task)
		b = durable.AppendBytes(b, r.body)
	case kTaskFailed, kChildFailed, kCallFailed:
		b = durable.AppendUint(b, r.task)
		b = durable.AppendFailure(b, r.fail)
	case kTimerCreated:
		b = durable.AppendUint(b, r.task)
		b = append(b, byte(r.due.Clock))
		b = durable.AppendInt(b, r.due.At-c.now.At(r.due.Clock))
	case kTimerFired, kTimerCancelled, kPublished:
		b = durable.AppendUint(b, r.task)
	case kChildCreated:
		b = appendTask(b, r)
		b = durable.AppendString(b, r.to.Key)
		b = durable.AppendBytes(b, r.body)
	case kDetachedStarted:
		b = durable.AppendString(b, r.name)
		b = durable.AppendString(b, r.to.Key)
		b = durable.AppendBytes(b, r.body)
	case kCallScheduled:
		b = appendTask(b, r)
		b = appendTarget(b, r)
	case kMessageSent, kEventSent:
		b = durable.AppendString(b, r.name)
		b = appendTarget(b, r)
	case kEventRaised:
		b = durable.AppendString(b, r.name)
		b = durable.AppendBytes(b, r.body)
		b = durable.AppendInt(b, c.now.Wall-r.time.Wall)
		b = durable.AppendInt(b, c.now.Uptime-r.time.Uptime)
		b = durable.AppendReturn(b, r.ret)
	case kAnswered:
		b = durable.AppendUint(b, r.task)
		b = durable.AppendFailure(b, r.fail)
	case kSuspended, kResumed, kTerminated, kCancelRequested, kTraced:
		b = durable.AppendBytes(b, r.body)
	case kSideEffect:
		b = durable.AppendBytes(b, r.body)
		b = durable.AppendFailure(b, r.fail)
	case kPatched:
		b = durable.AppendString(b, r.name)
	case kExecutionCompleted:
		b = append(b, byte(r.state))
		b = durable.AppendBytes(b, r.body)
		b = durable.AppendFailure(b, r.fail)
	case kRewound:
		b = durable.AppendBytes(b, r.body)
		b = durable.AppendReturn(b, r.ret)
		b = c.encodeRewind(b, r.rewind)
	case kAdopted:
		b = durable.AppendReturn(b, r.ret)
	}
	return b
}

// decode reads the next record. Byte strings are slices of the input.
func (c *coder) decode(d *durable.Decoder, r *record) error {
	*r = record{kind: kind(d.Byte())}
	switch r.kind {
	case kTurnStarted:
		r.time.Wall = c.now.Wall + d.Int()
		r.time.Uptime = c.now.Uptime + d.Int()
		c.now = r.time
	case kExecutionStarted:
		r.name = d.String()
		r.body = d.Bytes()
		r.start = c.decodeStart(d)
	case kExecutionBegun, kStatusSet, kIndexSet:
	case kTaskScheduled:
		readTask(d, r)
		r.body = d.Bytes()
	case kTaskCompleted, kChildCompleted, kCallCompleted:
		r.task = d.Uint()
		r.body = d.Bytes()
	case kTaskFailed, kChildFailed, kCallFailed:
		r.task = d.Uint()
		r.fail = d.Failure()
	case kTimerCreated:
		r.task = d.Uint()
		r.due.Clock = durable.Clock(d.Byte())
		r.due.At = c.now.At(r.due.Clock) + d.Int()
	case kTimerFired, kTimerCancelled, kPublished:
		r.task = d.Uint()
	case kChildCreated:
		readTask(d, r)
		r.to = InstanceID(d.String())
		r.body = d.Bytes()
	case kDetachedStarted:
		r.name = d.String()
		r.to = InstanceID(d.String())
		r.body = d.Bytes()
	case kCallScheduled:
		readTask(d, r)
		readTarget(d, r)
	case kMessageSent, kEventSent:
		r.name = d.String()
		readTarget(d, r)
	case kEventRaised:
		r.name = d.String()
		r.body = d.Bytes()
		r.time.Wall = c.now.Wall - d.Int()
		r.time.Uptime = c.now.Uptime - d.Int()
		r.ret = d.Return()
	case kAnswered:
		r.task = d.Uint()
		r.fail = d.Failure()
	case kSuspended, kResumed, kTerminated, kCancelRequested, kTraced:
		r.body = d.Bytes()
	case kSideEffect:
		r.body = d.Bytes()
		r.fail = d.Failure()
	case kPatched:
		r.name = d.String()
	case kExecutionCompleted:
		r.state = State(d.Byte())
		r.body = d.Bytes()
		r.fail = d.Failure()
	case kRewound:
		if c.inside {
			return corruptPool(r.kind)
		}
		r.body = d.Bytes()
		r.ret = d.Return()
		var err error
		if r.rewind, err = c.decodeRewind(d); err != nil {
			return err
		}
	case kAdopted:
		r.ret = d.Return()
	default:
		if d.Err() == nil {
			return fmt.Errorf("%w: history record of unknown kind %d", durable.ErrCorrupt, r.kind)
		}
	}
	return d.Err()
}

func (c *coder) encodeStart(b []byte, s *startFacts) []byte {
	b = durable.AppendString(b, s.version)
	b = durable.AppendInt(b, s.created)
	b = durable.AppendString(b, s.parent)
	b = durable.AppendReturn(b, s.ret)
	b = appendMap(b, s.tags)
	b = durable.AppendBytes(b, s.custom)
	b = durable.AppendUint(b, s.firstTask)
	b = durable.AppendUint(b, s.events)
	b = append(b, s.flags())
	if s.scheduled != 0 {
		b = durable.AppendInt(b, s.scheduled)
	}
	b = durable.AppendUint(b, uint64(len(s.index)))
	for _, r := range s.index {
		b = durable.AppendString(b, r.Name)
		b = durable.AppendInt(b, r.Time)
		b = durable.AppendBytes(b, r.Data)
	}
	return b
}

func (c *coder) decodeStart(d *durable.Decoder) *startFacts {
	s := &startFacts{
		version: d.String(), created: d.Int(), parent: d.String(), ret: d.Return(), tags: readMap(d), custom: d.Bytes(),
		firstTask: d.Uint(), events: d.Uint(),
	}
	flags := d.Byte()
	s.deferred, s.chosen = flags&startDeferred != 0, flags&startChosen != 0
	if flags&startScheduled != 0 {
		s.scheduled = d.Int()
	}
	for range d.Count() {
		s.index = append(s.index, durable.Index{Name: d.String(), Time: d.Int(), Data: d.Bytes()})
	}
	return s
}

func appendTask(b []byte, r *record) []byte {
	return durable.AppendString(durable.AppendUint(b, r.task), r.name)
}

func readTask(d *durable.Decoder, r *record) {
	r.task = d.Uint()
	r.name = d.String()
}

func appendTarget(b []byte, r *record) []byte {
	b = durable.AppendID(b, r.to)
	b = append(b, byte(r.op), byte(r.due.Clock))
	b = durable.AppendInt(b, r.due.At)
	return durable.AppendBytes(b, r.body)
}

func readTarget(d *durable.Decoder, r *record) {
	r.to = d.ID()
	r.op = durable.Op(d.Byte())
	r.due = durable.Due{Clock: durable.Clock(d.Byte()), At: d.Int()}
	r.body = d.Bytes()
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendMap(b []byte, m map[string]string) []byte {
	b = durable.AppendUint(b, uint64(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b = durable.AppendString(b, k)
		b = durable.AppendString(b, m[k])
	}
	return b
}

func readMap(d *durable.Decoder) map[string]string {
	n := d.Count()
	if n == 0 {
		return nil
	}
	m := make(map[string]string, min(n, 64))
	for range n {
		k := d.String()
		m[k] = d.String()
	}
	return m
}
