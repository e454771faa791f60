package orchestrator

import (
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Query says which instances a search gives. What is left zero does not matter;
// an instance must be as all the rest says.
type Query struct {
	States   []State // any of them
	Name     string  // the definition's, in any case
	IDPrefix string
	// CreatedFrom <= created < CreatedTo.
	CreatedFrom, CreatedTo time.Time
	// Tags that the instance must have, with these values. Of an instance's tags
	// the first eight by name are indexed: one that is found by a single tag
	// must have it among those.
	Tags map[string]string
	// Error is a part of the failure's code or message, in any case. No index leads
	// to it: name the states, and what else is known.
	Error string
	// ByID gives them in the order of their ids, unless there are Tags.
	ByID bool
	// Limit is the most items of a page: 100 if it is 0, at most 1,000.
	Limit int
	// Cursor is that of the page before, empty for the first. It goes with the
	// same query only; the limit may change.
	Cursor string
}

// Page is one page of a search.
type Page struct {
	Items []Summary
	// Cursor continues the search, empty at its end. It may be put into a URL.
	Cursor string
}

// Summary is what a search gives of an instance.
type Summary struct {
	ID         string
	Name       string
	Version    string
	State      State
	Parent     string
	Tags       map[string]string
	Created    time.Time
	Updated    time.Time
	Failure    *Failure
	Quarantine string // why the engine cannot run it; empty while it can

	incarnation uint64
}

// Search gives the instances that are as a query says, a page at a time, newest
// first; with an IDPrefix or ByID, and no Tags, in the order of their ids.
//
// It begins at the rows of an index and never looks at all instances: at those
// of the first tag by name, else at the ids with the prefix, else at the
// listings of the name and the states within the time. What else is asked is
// looked up in each instance found there, at 2,000 of them a page at most, so
// that a page may be short, or empty, and yet have a cursor to go on with.
//
// Instances that stay as they are appear on one page, once. One that changes
// between two pages is seen as it was, as it is, or not at all. A malformed
// query, or a cursor of another one, is bad_request.
func (c *Client) Search(q Query) (page Page, err error) {
	s := &search{c: c, q: q, name: strings.ToLower(q.Name), from: millisUp(q.CreatedFrom), to: millisUp(q.CreatedTo)}
	for _, state := range q.States {
		if state < Pending || state > Terminated {
			return Page{}, Fail(CodeBadRequest, fmt.Sprintf("there is no state %d", state))
		}
	}
	rows, err := s.plan()
	if err != nil {
		return Page{}, err
	}
	paging := durable.Paging{Limit: q.Limit, Cursor: q.Cursor, Sum: s.sum(), Rows: rows, Look: func(x Item) (bool, error) {
		found, ok, err := s.look(x)
		if ok {
			page.Items = append(page.Items, found)
		}
		return ok, err
	}}
	if page.Cursor, err = paging.Page(); err != nil {
		return Page{}, err
	}
	return page, nil
}

// search is a query being answered.
type search struct {
	c        *Client
	q        Query
	name     string
	from, to int64 // wall milliseconds; 0 for no bound
}

// plan chooses the rows to begin with.
func (s *search) plan() (rows func(Cursor, int) ([]Item, error), err error) {
	within := durable.Range{From: s.from, To: s.to}
	switch {
	case !s.q.CreatedTo.IsZero() && s.to <= 0: // nothing is as old as that
		return func(Cursor, int) ([]Item, error) { return nil, nil }, nil
	case len(s.q.Tags) > 0:
		first := slices.Min(slices.Collect(maps.Keys(s.q.Tags)))
		within.Listings = []string{tagListing(first, s.q.Tags[first])}
	case s.q.IDPrefix != "" || s.q.ByID:
		prefix := InstanceID(s.q.IDPrefix)
		return func(after Cursor, n int) ([]Item, error) { return s.c.hub.ListIDs(prefix, after.ID, n) }, nil
	default:
		if within.Listings, err = s.c.listings(s.name, s.q.States); err != nil {
			return nil, err
		}
	}
	return func(after Cursor, n int) ([]Item, error) {
		within.After = after
		return s.c.hub.ListRange(within, n)
	}, nil
}

// look reads an instance and says whether it is as the query wants it.
func (s *search) look(x Item) (Summary, bool, error) {
	if !strings.HasPrefix(x.ID.Key, s.q.IDPrefix) || s.name != "" && x.Data != nil && strings.ToLower(string(x.Data)) != s.name {
		return Summary{}, false, nil
	}
	snap, err := s.c.hub.Read(x.ID)
	if err != nil || !snap.Exists {
		return Summary{}, false, err
	}
	h, err := decodeHead(snap.Head)
	if err != nil {
		return Summary{}, false, fmt.Errorf("instance %q: %w", x.ID.Key, err)
	}
	return Summary{
		ID: x.ID.Key, Name: h.name, Version: h.version, State: h.state, Parent: h.parent, Tags: h.tags,
		Created: timeOf(snap.Created), Updated: timeOf(snap.Updated), Failure: h.fail, Quarantine: snap.Quarantine,
		incarnation: snap.Incarnation,
	}, s.wants(h), nil
}

func (s *search) wants(h *head) bool {
	switch {
	case s.name != "" && strings.ToLower(h.name) != s.name,
		len(s.q.States) > 0 && !slices.Contains(s.q.States, h.state),
		h.created < s.from, s.to != 0 && h.created >= s.to,
		s.q.Error != "" && !mentions(h.fail, s.q.Error):
		return false
	}
	for k, v := range s.q.Tags {
		if got, ok := h.tags[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// mentions says whether a failure's code or message has a text in it.
func mentions(f *Failure, text string) bool {
	text = strings.ToLower(text)
	return f != nil && (strings.Contains(strings.ToLower(f.Message), text) || strings.Contains(string(f.Code), text))
}

// millisUp is the first whole millisecond not before t, 0 for none.
func millisUp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}

// sum is the checksum of what is asked for.
func (s *search) sum() uint32 {
	var b []byte
	for _, state := range slices.Compact(slices.Sorted(slices.Values(s.q.States))) {
		b = append(b, byte(state))
	}
	b = durable.AppendString(append(b, 0), s.name)
	b = durable.AppendString(b, s.q.IDPrefix)
	b = durable.AppendInt(durable.AppendInt(b, s.from), s.to)
	b = appendBool(durable.AppendString(b, s.q.Error), s.q.ByID)
	return crc32.ChecksumIEEE(appendMap(b, s.q.Tags))
}
