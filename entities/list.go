package entities

import (
	"hash/crc32"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Query says which entities a listing gives. What is left zero does not matter.
type Query struct {
	Name      string // in any case
	KeyPrefix string
	// LastOpFrom <= last operation < LastOpTo, in milliseconds. The last
	// operation is the last that changed something, or was asked under a request
	// id: others leave no trace.
	LastOpFrom, LastOpTo time.Time
	WithState            bool // give the states too
	ByKey                bool // in the order of names and keys
	Locked               bool // only those that somebody holds; no index leads to them
	// IncludeDeleted gives also those that do not exist, but still live because
	// they are locked: deleted ones, and ones that never were. All other deleted
	// entities are erased, and nobody knows of them.
	IncludeDeleted bool
	Limit          int    // of a page: 100 if it is 0, at most 1,000
	Cursor         string // of the page before, empty for the first; it goes with the same query
}

// Page is one page of a listing.
type Page struct {
	Items  []Listed
	Cursor string // continues the listing, empty at its end; it may be put into a URL
}

// Listed is one entity of a listing.
type Listed struct {
	ID      durable.ID
	Created time.Time
	LastOp  time.Time
	Info    Info // its State only if it was asked for
}

// List gives the entities that are as a query says, a page at a time. The order
// is that of the last operation by the minute, newest first, and within a minute
// of the keys; LastOp itself is exact. With a Name and a KeyPrefix, or ByKey, the
// order is that of names and keys.
//
// Entities that stay as they are come once. One that is used between two pages
// moves to the front, so that it may come twice. A page looks at 2,000 entities
// at most, so that it may be short, or empty, and yet have a cursor. A bad name,
// limit or cursor is bad_request.
//
// One that was last used by a version of the program whose rows said when it was
// created is found by LastOpFrom from its next operation on.
func (c *Client) List(r *Registry, q Query) (page Page, err error) {
	q.Name = strings.ToLower(q.Name)
	from, to := millisUp(q.LastOpFrom), millisUp(q.LastOpTo)
	rows, err := c.rows(q, from, to)
	if err != nil {
		return Page{}, err
	}
	look := func(x durable.Item) (bool, error) {
		if !strings.HasPrefix(x.ID.Key, q.KeyPrefix) {
			return false, nil
		}
		snap, err := c.host.Read(x.ID)
		if err != nil || !snap.Exists || snap.Updated < from || to != 0 && snap.Updated >= to {
			return false, err
		}
		info, err := describe(r, x.ID, snap.Head, q.WithState)
		if err != nil || !info.Exists && !q.IncludeDeleted || q.Locked && info.Lock == nil {
			return false, err
		}
		page.Items = append(page.Items, Listed{ID: x.ID, Created: time.UnixMilli(snap.Created).UTC(), LastOp: time.UnixMilli(snap.Updated).UTC(), Info: info})
		return true, nil
	}
	paging := durable.Paging{Limit: q.Limit, Cursor: q.Cursor, Sum: q.sum(from, to), Rows: rows, Look: look}
	if page.Cursor, err = paging.Page(); err != nil {
		return Page{}, err
	}
	return page, nil
}

// rows chooses the rows to begin with.
func (c *Client) rows(q Query, from, to int64) (func(durable.Cursor, int) ([]durable.Item, error), error) {
	if q.Name != "" {
		if err := checkName("entity name", q.Name); err != nil {
			return nil, err
		}
	}
	switch {
	case !q.LastOpTo.IsZero() && to <= 0:
		return func(durable.Cursor, int) ([]durable.Item, error) { return nil, nil }, nil
	case q.Name == "" && q.ByKey: // a prefix of keys alone is no range
		return c.records("", ""), nil
	case q.KeyPrefix != "" && q.Name != "", q.ByKey:
		return c.records(q.Name, q.KeyPrefix), nil
	}
	within := durable.Range{From: from - from%listingGrain, To: to}
	for _, prefix := range []string{existListings, goneListings} {
		if prefix == goneListings && !q.IncludeDeleted {
			continue
		}
		if q.Name != "" {
			within.Listings = append(within.Listings, prefix+q.Name)
			continue
		}
		names, err := c.host.Listings(prefix)
		if err != nil {
			return nil, err
		}
		within.Listings = append(within.Listings, names...)
	}
	return func(after durable.Cursor, n int) ([]durable.Item, error) {
		within.After = after
		return c.host.ListRange(within, n)
	}, nil
}

// records are all entities, or those of a name whose keys begin alike, in the
// order of names and keys.
func (c *Client) records(name, prefix string) func(durable.Cursor, int) ([]durable.Item, error) {
	id := durable.ID{Kind: Kind, Name: name, Key: prefix}
	return func(after durable.Cursor, n int) ([]durable.Item, error) { return c.host.ListIDs(id, after.ID, n) }
}

func describe(r *Registry, id durable.ID, head []byte, state bool) (Info, error) {
	if state {
		return r.Describe(id, head)
	}
	info, err := DecodeInfo(head)
	info.State = nil
	return info, err
}

func (q *Query) sum(from, to int64) uint32 {
	b := durable.AppendString(durable.AppendString(nil, q.Name), q.KeyPrefix)
	b = durable.AppendInt(durable.AppendInt(b, from), to)
	if q.IncludeDeleted {
		b = append(b, 1)
	}
	if q.ByKey {
		b = append(b, 2)
	}
	if q.Locked {
		b = append(b, 3)
	}
	return crc32.ChecksumIEEE(b)
}

// millisUp is the first whole millisecond not before t, 0 for none.
func millisUp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}
