package durable

import (
	"sync"
	"sync/atomic"
)

// Stats counts what a host does, since it was opened. Each partition has one of
// its own, that no other writes; [Host.Stats] adds them up.
type Stats struct {
	Turns       atomic.Uint64
	Commits     atomic.Uint64 // batches
	Rows        atomic.Uint64
	Bytes       atomic.Uint64
	CacheHits   atomic.Uint64
	CacheMisses atomic.Uint64
	Evicted     atomic.Uint64
	Repeats     atomic.Uint64 // requests that had been made before
	Duplicates  atomic.Uint64 // messages between partitions that we had
	Gaps        atomic.Uint64 // messages between partitions that came too early; always 0
	Dropped     atomic.Uint64 // results nobody waits for, messages over a limit
	Corrupt     atomic.Uint64 // rows that could not be read
	Quarantined atomic.Uint64 // times that an instance was set aside
	Busy        atomic.Uint64 // messages refused at the door
	Recoveries  atomic.Uint64
	Refused     atomic.Uint64 // commits refused by the store
	Watchers    atomic.Int64
	Working     atomic.Int64 // activities running now

	reasons sync.Map // ID -> string: why an instance is in quarantine

	_ [64]byte // so that no two partitions share a cache line
}

// Quarantine gives the instances that are set aside now, and why.
func (s *Stats) Quarantine() map[ID]string {
	m := map[ID]string{}
	s.reasons.Range(func(k, v any) bool {
		m[k.(ID)] = v.(string)
		return true
	})
	return m
}
