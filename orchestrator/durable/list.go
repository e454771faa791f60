package durable

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// Range is a part of one or more listings, read as one: newest first by time,
// then by ID.
type Range struct {
	Listings []string
	After    Cursor // the zero value is the beginning
	// From and To bound the rows' time, in wall milliseconds: From <= Time < To.
	// 0 is no bound.
	From, To int64
}

// List gives up to limit rows of a listing, newest first, after a cursor: the
// partitions' rows merged by time, then by ID. An empty answer is the end.
// Pages are complete and disjoint as long as the rows stay as they are; what is
// listed or changed meanwhile is seen on one side of the cursor or not at all.
func (h *Host) List(name string, after Cursor, limit int) ([]Item, error) {
	return h.ListRange(Range{Listings: []string{name}, After: after}, limit)
}

// ListRange is [Host.List] of several listings and a range of time. An instance
// that is in two of them under one time is given once. It reads little more rows
// than it gives, wherever in the listings they are.
func (h *Host) ListRange(s Range, limit int) ([]Item, error) {
	var sources []*source
	for n := range h.partitions {
		for _, name := range s.Listings {
			sources = append(sources, s.source(uint16(n), name))
		}
	}
	return h.merge(sources, limit)
}

// ListIDs gives up to limit instances in the order of their IDs, after an ID:
// those of the prefix's kind and name whose keys begin with the prefix's key,
// or all of its kind if the prefix has neither. The zero ID is before all. Pages
// are complete and disjoint for what exists all the while. Items have no Time
// and no Data.
func (h *Host) ListIDs(prefix, after ID, limit int) ([]Item, error) {
	sources := make([]*source, len(h.partitions))
	for n := range h.partitions {
		p := uint16(n)
		start, end := prefixRange(recordPrefix(p, prefix))
		if !after.IsZero() {
			start = latest(start, append(recordKey(p, after), 0))
		}
		sources[n] = &source{start: start, end: end, read: readIDRow}
	}
	return h.merge(sources, limit)
}

// Listings gives the names of the listings that begin with a prefix and have
// rows, sorted. It reads a row for each of them and partition.
func (h *Host) Listings(prefix string) ([]string, error) {
	var names []string
	err := h.view(func(rd Reader) error {
		for n := range h.partitions {
			start, end := prefixRange(append(rowKey(uint16(n), tagIndex, len(prefix)), prefix...))
			for found := true; found; {
				found = false
				err := rd.Scan(start, end, false, func(k, _ []byte) bool {
					k = k[3:]
					if i := bytes.IndexByte(k, 0); i >= 0 {
						found = true
						names = append(names, string(k[:i]))
					}
					return false
				})
				if err != nil {
					return err
				}
				if found { // go on behind all rows of this listing
					_, start = prefixRange(indexPrefix(uint16(n), names[len(names)-1]))
				}
			}
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

// compareIDs orders IDs as their rows are ordered.
func compareIDs(a, b ID) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
}

// compareItems is the order of a listing; where there are no times, of IDs.
func compareItems(a, b Item) int {
	return cmp.Or(cmp.Compare(b.Time, a.Time), compareIDs(a.ID, b.ID))
}

// source is one range of rows of a merge: those that were read and not given
// yet, and where to read on.
type source struct {
	start, end []byte
	read       func(k, v []byte) (Item, error)
	items      []Item
}

// source is the part of one listing in one partition.
func (s *Range) source(p uint16, name string) *source {
	prefix := indexPrefix(p, name)
	start, end := prefixRange(prefix)
	if s.To != 0 {
		start = binary.BigEndian.AppendUint64(slices.Clip(prefix), reversed(s.To-1))
	}
	if s.From != 0 {
		end = binary.BigEndian.AppendUint64(slices.Clip(prefix), reversed(s.From-1))
	}
	if s.After != (Cursor{}) { // just behind it
		start = latest(start, append(indexKey(p, name, s.After.Time, s.After.ID), 0))
	}
	return &source{start: start, end: end, read: func(k, v []byte) (Item, error) { return readIndexRow(k[len(prefix):], v) }}
}

func latest(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return b
	}
	return a
}

func readIndexRow(rest, v []byte) (Item, error) {
	if len(rest) < 9 {
		return Item{}, ErrCorrupt
	}
	id, err := parseIDKey(rest[8:])
	return Item{ID: id, Time: int64(reversed(int64(binary.BigEndian.Uint64(rest)))), Data: append([]byte(nil), v...)}, err
}

func readIDRow(k, _ []byte) (Item, error) {
	id, err := parseIDKey(k[3:])
	return Item{ID: id}, err
}

// merge gives the first rows of all sources. Each source is read a few rows at
// a time, so that many of them cost little more than one.
func (h *Host) merge(sources []*source, limit int) (list []Item, err error) {
	if limit <= 0 || len(sources) == 0 {
		return nil, nil
	}
	few := min(limit, max(4, 2*limit/len(sources)))
	err = h.view(func(rd Reader) error {
		for len(list) < limit {
			var first *source
			for i := 0; i < len(sources); i++ {
				s := sources[i]
				if len(s.items) == 0 {
					if err := s.refill(rd, few); err != nil {
						return err
					}
				}
				if len(s.items) == 0 { // it has no more
					sources = slices.Delete(sources, i, i+1)
					i--
					continue
				}
				if first == nil || compareItems(s.items[0], first.items[0]) < 0 {
					first = s
				}
			}
			if first == nil {
				return nil
			}
			if n := len(list); n == 0 || compareItems(list[n-1], first.items[0]) != 0 {
				list = append(list, first.items[0])
			}
			first.items = first.items[1:]
		}
		return nil
	})
	return list, err
}

// refill reads up to n rows, and goes on behind them the next time.
func (s *source) refill(rd Reader, n int) (failed error) {
	if bytes.Compare(s.start, s.end) >= 0 {
		return nil
	}
	err := rd.Scan(s.start, s.end, false, func(k, v []byte) bool {
		if len(s.items) == n {
			return false
		}
		var x Item
		if x, failed = s.read(k, v); failed != nil {
			return false
		}
		s.items = append(s.items, x)
		s.start = append(append(s.start[:0:0], k...), 0)
		return true
	})
	if len(s.items) < n {
		s.start = s.end
	}
	return cmp.Or(failed, err)
}
