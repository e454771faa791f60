package orchestrator

import "github.com/everturn/everturn/orchestrator/durable"

// Kind is the kind of an orchestration's instances.
const Kind durable.Kind = 'o'

// The operations of orchestrations, and those that orchestrations send to
// entities. The numbers are stored, so they never change; 25 is free.
const (
	// OpStart begins an instance: Name is the definition, Body its input, Meta
	// the rest (see [StartOption]). A Return to an instance (the parent) gets
	// the outcome; one to a client hears that it has started.
	OpStart = durable.OpUser + 0
	// OpEvent is an external event: Name and Body. A Return hears that the
	// event is kept.
	OpEvent = durable.OpUser + 1
	// OpTerminate ends an instance: Body is the reason; a Meta of one byte 1
	// leaves its children alone.
	OpTerminate = durable.OpUser + 2
	// OpSuspend and OpResume stop and continue an instance: Body is the reason.
	OpSuspend = durable.OpUser + 3
	OpResume  = durable.OpUser + 4
	// OpPurge forgets an instance that has ended.
	OpPurge = durable.OpUser + 5
	// OpRun begins a generation that the last turn prepared: after
	// continue-as-new, and after the replacement of a finished instance.
	OpRun = durable.OpUser + 6
	// OpRequest is an external event whose Return hears what the orchestration
	// answers, or that it ended before it answered.
	OpRequest = durable.OpUser + 7
	// OpRewind has an instance that failed go on: Body is the reason. A Return
	// to an instance (the parent, which is rewound itself) gets the outcome.
	OpRewind = durable.OpUser + 8
	// OpQuery asks the code of a running instance the question Name, with Body as
	// its argument. It leaves no trace.
	OpQuery = durable.OpUser + 11
	// OpCancel asks an instance to end of itself: Body is the reason.
	OpCancel = durable.OpUser + 12

	// OpRetain says how long an instance is kept after its end.
	OpRetain = durable.OpUser + 13

	// OpSignal and OpCall ask an entity for the operation Name, without and
	// with an answer. OpLock and OpRelease are its critical sections, and OpFree
	// takes it from an owner that is gone.
	OpSignal  = durable.OpUser + 16
	OpCall    = durable.OpUser + 17
	OpLock    = durable.OpUser + 18
	OpRelease = durable.OpUser + 19
	OpFree    = durable.OpUser + 20
)

// InstanceID is the kernel's name of the orchestration with an instance id.
func InstanceID(id string) durable.ID { return durable.ID{Kind: Kind, Key: id} }
