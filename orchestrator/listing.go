package orchestrator

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Listings. Each instance has one row, by name and state; a listing by state
// alone is those of all names, merged. One with tags has a row for each of the
// first few, which stay as they are while the state changes.

const (
	nameListings = "o/name/"
	tagListings  = "o/tag/"
)

// indexedTags is how many tags of an instance are found by a search.
const indexedTags = 8

func nameListing(name string, s State) string {
	return nameListings + strings.ToLower(name) + "/" + s.String()
}

// tagListing is that of a tag with its value, or of their hash where they are
// too long for a row.
func tagListing(key, value string) string {
	name := tagListings + key + "=" + value
	if len(name) > durable.MaxIndexName || strings.IndexByte(name, 0) >= 0 {
		sum := sha256.Sum256([]byte(name))
		return tagListings + "#" + hex.EncodeToString(sum[:])
	}
	return name
}

// rows are all index rows of an instance.
func (h *head) rows(extra []durable.Index) []durable.Index {
	name := []byte(h.name)
	rows := make([]durable.Index, 0, 1+len(extra)+min(len(h.tags), indexedTags))
	rows = append(rows, durable.Index{Name: nameListing(h.name, h.state), Time: h.created, Data: name})
	rows = append(rows, extra...)
	if len(h.tags) > 0 {
		keys := slices.Sorted(maps.Keys(h.tags))
		for _, k := range keys[:min(len(keys), indexedTags)] {
			rows = append(rows, durable.Index{Name: tagListing(k, h.tags[k]), Time: h.created, Data: name})
		}
	}
	return rows
}

// listings are those of a name (in lower case; empty for all names) in any of
// some states (none for all states).
func (c *Client) listings(name string, states []State) (list []string, err error) {
	if len(states) == 0 {
		states = []State{Pending, Running, Suspended, Completed, Failed, Terminated}
	}
	if name != "" {
		for _, s := range states {
			list = append(list, nameListing(name, s))
		}
		return list, nil
	}
	all, err := c.hub.Listings(nameListings)
	for _, l := range all {
		state := l[strings.LastIndexByte(l, '/')+1:]
		if slices.ContainsFunc(states, func(s State) bool { return s.String() == state }) {
			list = append(list, l)
		}
	}
	return list, err
}

// List gives up to limit instances in a state, newest first, after a cursor;
// an item's Data is the definition's name. An empty answer ends the listing.
func (c *Client) List(state State, after Cursor, limit int) ([]Item, error) {
	names, err := c.listings("", []State{state})
	if err != nil {
		return nil, err
	}
	return c.hub.ListRange(durable.Range{Listings: names, After: after}, limit)
}

// ListByName is List for one definition's instances.
func (c *Client) ListByName(name string, state State, after Cursor, limit int) ([]Item, error) {
	return c.hub.List(nameListing(name, state), after, limit)
}

// Listing gives up to limit rows of a listing that orchestrations set by
// [Context.SetIndex].
func (c *Client) Listing(name string, after Cursor, limit int) ([]Item, error) {
	return c.hub.List(name, after, limit)
}
