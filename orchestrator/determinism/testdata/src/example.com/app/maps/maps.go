package maps

import (
	"maps"
	"slices"
	"sort"

	"github.com/everturn/everturn/orchestrator"
)

func flow(c *orchestrator.Context, m map[string]int) (any, error) {
	// In any order the same.
	sum, most, found := 0, 0, false
	other := map[string]int{}
	for k, v := range m {
		if v < 0 {
			continue
		}
		sum += v
		most = max(most, v)
		if v == 7 {
			found = true
		}
		twice := 2 * v
		other[k] = twice
		delete(m, k)
	}
	for range m {
		c.Publish(nil) // as many times as there are
	}
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var more []string
	for k := range m {
		more = append(more, k)
	}
	sort.Slice(more, func(i, j int) bool { return more[i] < more[j] })
	for _, k := range slices.Sorted(maps.Keys(m)) {
		c.Publish([]byte(k))
	}
	collected := slices.Collect(maps.Keys(m))
	slices.Sort(collected)
	for k := range maps.Keys(m) {
		other[k]++
	}
	has := func() bool {
		for _, v := range m {
			if v == 1 {
				return true
			}
		}
		return false
	}
	_ = maps.Clone(m)

	// Not.
	for k := range m { // want `ranging over a map in function flow: the order of a map differs from run to run`
		c.Publish([]byte(k))
	}
	var list []string
	for k := range m { // want `ranging over a map in function flow`
		list = append(list, k)
	}
	var early []string
	slices.Sort(early)
	for k := range m { // want `ranging over a map in function flow`
		early = append(early, k)
	}
	text := ""
	for k := range m { // want `ranging over a map in function flow`
		text += k
	}
	var float float64
	for _, v := range m { // want `ranging over a map in function flow`
		float += float64(v)
	}
	for k, v := range m { // want `ranging over a map in function flow`
		if v == 1 {
			return k, nil
		}
	}
	last := ""
	for k := range m { // want `ranging over a map in function flow`
		last = k
	}
	for k := range m { // want `ranging over a map in function flow`
		other[k] = publish(c, k)
	}
	for k := range m { // want `ranging over a map in function flow`
		text = k
		break
	}
	for k := range maps.Keys(m) { // want `maps.Keys, whose order is random, in function flow`
		c.Publish([]byte(k))
	}
	unsorted := slices.Collect(maps.Values(m)) // want `maps.Values, whose order is random, in function flow`
	return []any{sum, most, found, has, list, text, float, last, unsorted, early}, nil
}

func publish(c *orchestrator.Context, k string) int { return int(c.Publish([]byte(k))) }
