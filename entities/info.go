package entities

import (
	"encoding/json"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Info is what a head says, for the inspector and the management API.
type Info struct {
	// Version counts the changes of the state in this life of the entity.
	Version uint64
	// Exists is false for one that was deleted, or never used, and lives on
	// only because it is locked.
	Exists bool
	// State is the state as JSON; nil if it does not exist, or if it is stored
	// in the entity's own format (Custom): see [Registry.Describe].
	State  json.RawMessage
	Custom bool
	// Bytes is the size of the stored state.
	Bytes int
	// Lock says who holds the entity; nil while nobody does.
	Lock *LockInfo
	// Waiting is how many messages wait for the lock, Dropped how many signals
	// were lost because more than [MaxWaitingBytes] waited.
	Waiting int
	Dropped uint64
	// Queue are the first [QueueShown] of those that wait, in their order.
	Queue []Queued
}

// QueueShown is how many waiting messages [Info] tells of.
const QueueShown = 20

// Queued is a message that waits for the lock of another.
type Queued struct {
	From durable.ID // zero: somebody outside
	Op   durable.Op // a signal, a call, a lock
	Name string     // of the operation; empty for a lock
}

// LockInfo is a held lock.
type LockInfo struct {
	Owner       durable.ID // the orchestration
	Incarnation uint64
	Generation  uint32
	Since       int64 // wall milliseconds
}

// DecodeInfo reads the head of an entity. An empty head is that of one that
// does not exist.
func DecodeInfo(b []byte) (Info, error) {
	h, err := decodeHead(b)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Version: h.version,
		Exists:  h.exists,
		Custom:  h.format == formatCustom,
		Bytes:   len(h.state),
		Waiting: len(h.waiting),
		Dropped: h.dropped,
	}
	if h.exists && !info.Custom {
		info.State = h.state
	}
	for n := range h.waiting[:min(len(h.waiting), QueueShown)] {
		m := &h.waiting[n]
		from := m.From
		if from.IsZero() {
			from = m.Return.To
		}
		info.Queue = append(info.Queue, Queued{From: from, Op: m.Op, Name: m.Name})
	}
	if h.lock != nil {
		o := h.lock.key.owner
		info.Lock = &LockInfo{Owner: o.To, Incarnation: o.Incarnation, Generation: o.Generation, Since: h.lock.since}
	}
	return info, nil
}
