package orchestrator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// List is as of [durable.Host].
func (h *testHub) List(name string, after durable.Cursor, limit int) ([]durable.Item, error) {
	return h.ListRange(durable.Range{Listings: []string{name}, After: after}, limit)
}

// ListRange is as of [durable.Host].
func (h *testHub) ListRange(s durable.Range, limit int) (items []durable.Item, err error) {
	for id, in := range h.instances {
		for _, x := range in.index {
			item := durable.Item{ID: id, Time: x.Time, Data: x.Data}
			if slices.Contains(s.Listings, x.Name) && x.Time >= s.From && (s.To == 0 || x.Time < s.To) &&
				(s.After == durable.Cursor{} || compareItems(item, durable.Item{Time: s.After.Time, ID: s.After.ID}) > 0) {
				items = append(items, item)
			}
		}
	}
	slices.SortFunc(items, compareItems)
	return items[:min(limit, len(items))], nil
}

func compareItems(a, b durable.Item) int {
	return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.ID.Key, b.ID.Key))
}

// ListIDs is as of [durable.Host].
func (h *testHub) ListIDs(prefix, after durable.ID, limit int) (items []durable.Item, err error) {
	for id, in := range h.instances {
		if in.Exists && strings.HasPrefix(id.Key, prefix.Key) && id.Key > after.Key {
			items = append(items, durable.Item{ID: id})
		}
	}
	slices.SortFunc(items, compareItems)
	return items[:min(limit, len(items))], nil
}

// Listings is as of [durable.Host].
func (h *testHub) Listings(prefix string) (names []string, err error) {
	for _, in := range h.instances {
		for _, x := range in.index {
			if strings.HasPrefix(x.Name, prefix) {
				names = append(names, x.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
