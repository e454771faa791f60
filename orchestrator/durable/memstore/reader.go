package memstore

import (
	"bytes"

	"github.com/everturn/everturn/orchestrator/durable"
)

// reader reads one snapshot, which nobody changes any more.
type reader struct{ rows *tree }

func (r reader) Get(key []byte) ([]byte, error) {
	row, ok := r.rows.Get(durable.Row{Key: key})
	if !ok {
		return nil, durable.ErrNoRow
	}
	return row.Value, nil
}

func (r reader) Scan(start, end []byte, reverse bool, fn func(key, value []byte) bool) error {
	if !reverse {
		r.rows.Ascend(durable.Row{Key: start}, func(row durable.Row) bool {
			return (end == nil || bytes.Compare(row.Key, end) < 0) && fn(row.Key, row.Value)
		})
		return nil
	}
	down := func(row durable.Row) bool {
		if end != nil && bytes.Compare(row.Key, end) >= 0 {
			return true // end itself, which is excluded
		}
		return bytes.Compare(row.Key, start) >= 0 && fn(row.Key, row.Value)
	}
	if end == nil {
		r.rows.Reverse(down)
	} else {
		r.rows.Descend(durable.Row{Key: end}, down)
	}
	return nil
}
