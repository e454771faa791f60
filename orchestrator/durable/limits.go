package durable

// Bounds inside a partition. They are variables for one reason: the simulation
// makes them small, so that a few messages reach what millions would. Nothing
// else sets them.
var (
	// drainMessages and drainBytes bound what one batch takes.
	drainMessages = 2000
	drainBytes    = 1 << 20

	// A batch that is over one of these takes no further turn, so that it fits
	// into a commit with room for one more turn of the largest size and for
	// messages that are kept.
	batchBytes = 2 << 20
	batchRows  = 20_000
	batchTurns = 8_000

	// laneMessages and laneBytes are the most that is in flight from one
	// partition to another.
	laneMessages = 1024
	laneBytes    = 4 << 20

	// maxTimers is how many timers of a partition are kept in memory, the
	// earliest of each clock; the others are on disk only.
	maxTimers = 4096

	// workHandOut is how much of a partition's work is handed out at a time.
	workHandOut = 1024

	// collectRows is how many rows of garbage one batch deletes at most, and
	// trimAtOnce how many log rows one turn may delete itself; more are left to
	// the collector.
	collectRows = 500
	trimAtOnce  = 256

	// outboxSlack is how many passed outbox rows gather before they are deleted
	// without another reason for a batch.
	outboxSlack = 64
)
