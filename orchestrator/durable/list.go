package durable

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// List gives up to limit rows of a listing, newest first, after a cursor: the
// partitions' rows merged by time, then by ID. An empty answer is the end.
// Pages are complete and disjoint as long as the rows stay as they are; what is
// listed or changed meanwhile is seen on one side of the cursor or not at all.
func (h *Host) List(name string, after Cursor, limit int) ([]Item, error) {
	var all []Item
	err := h.view(func(rd Reader) error {
		for n := range h.partitions {
			list, err := listPartition(rd, uint16(n), name, after, limit)
			if err != nil {
				return err
			}
			all = append(all, list...)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b Item) int {
		if c := cmp.Compare(b.Time, a.Time); c != 0 {
			return c
		}
		return compareIDs(a.ID, b.ID)
	})
	return all[:min(limit, len(all))], err
}

// compareIDs orders IDs as their rows are ordered.
func compareIDs(a, b ID) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
}

func listPartition(rd Reader, p uint16, name string, after Cursor, limit int) ([]Item, error) {
	prefix := indexPrefix(p, name)
	start, end := prefixRange(prefix)
	if after != (Cursor{}) {
		start = append(indexKey(p, name, after.Time, after.ID), 0) // just behind it
	}
	var (
		list   []Item
		failed error
	)
	err := rd.Scan(start, end, false, func(k, v []byte) bool {
		if len(list) == limit {
			return false
		}
		rest := k[len(prefix):]
		if len(rest) < 9 {
			failed = ErrCorrupt
			return false
		}
		id, err := parseIDKey(rest[8:])
		if failed = err; err != nil {
			return false
		}
		list = append(list, Item{ID: id, Time: int64(reversed(int64(binary.BigEndian.Uint64(rest)))), Data: append([]byte(nil), v...)})
		return true
	})
	if failed != nil {
		return nil, failed
	}
	return list, err
}
