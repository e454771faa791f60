package durable

import (
	"maps"
	"slices"
)

// sortedKeys gives a map's keys in order: maps are never ranged over where the
// order could show.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
