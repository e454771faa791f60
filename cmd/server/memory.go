package main

import "github.com/KimMachineGun/automemlimit/memlimit"

// Bounds of what instances may take of the memory.
const (
	leastInstanceMemory = 64 << 20
	mostInstanceMemory  = 2 << 30
)

// instanceMemory is how much of the machine's memory, or of what its container may have, instances may take before the least
// recently used are put away: a sixteenth. An instance in use that must be read back from the disk at each turn costs a hundred
// times its turn (a match that has been played for long keeps the last 256 answers of either player, and is some 60 KB), so this
// is generous; what lies unused leaves anyway.
func instanceMemory() int {
	total, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil {
		return leastInstanceMemory
	}
	return int(min(max(total/16, leastInstanceMemory), mostInstanceMemory)) //nolint:gosec // at most 2 GiB
}
