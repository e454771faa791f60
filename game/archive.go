package game

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/everturn/everturn/orchestrator"
)

// Query asks for matches. Empty fields do not restrict.
type Query struct {
	State  State
	Game   string
	Player string
	After  orchestrator.Cursor
	Limit  int
}

// MaxListed is the most matches of one page.
const MaxListed = 100

// Listed is a match in a listing, as of a moment ago.
type Listed struct {
	ID      string
	Created int64
	Summary
}

// List gives a page of the matches that are not private, newest first, and the
// cursor after it. The end is where the cursor stays where it was: a page may
// have fewer matches than the limit, or none, where a filter (game or state,
// beside player) passes few. Pages are complete and disjoint; a match that
// changes its state meanwhile is on one page or the other, or none.
func (d *Desk) List(q Query) ([]Listed, orchestrator.Cursor, error) {
	q.Limit = min(max(q.Limit, 1), MaxListed)
	var all []orchestrator.Item
	for _, name := range q.listings() {
		items, err := d.client.Listing(name, q.After, q.Limit)
		if err != nil {
			return nil, q.After, err
		}
		all = append(all, items...)
	}
	slices.SortStableFunc(all, func(a, b orchestrator.Item) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.ID.Key, b.ID.Key))
	})
	all = newestRows(all)
	all = all[:min(len(all), q.Limit)]
	list := make([]Listed, 0, len(all))
	for _, item := range all {
		q.After = orchestrator.Cursor{Time: item.Time, ID: item.ID}
		m, err := d.listed(item)
		if err != nil {
			return nil, q.After, err
		}
		if (q.Game == "" || m.Game == q.Game) && (q.State == "" || m.State == q.State) {
			list = append(list, m)
		}
	}
	return list, q.After, nil
}

// newestRows leaves one row of a match that has changed from one listing to the
// next between the reading of the two: the later one.
func newestRows(sorted []orchestrator.Item) []orchestrator.Item {
	rows := sorted[:0]
	for _, item := range sorted {
		if n := len(rows); n > 0 && rows[n-1].ID == item.ID {
			rows[n-1] = item
			continue
		}
		rows = append(rows, item)
	}
	return rows
}

// listings are the rows to read for a query, in the order of a match's life.
func (q *Query) listings() []string {
	if q.Player != "" {
		return []string{playerListing(q.Player)}
	}
	states := []State{StateOpen, StateReady, StatePlaying, StateFinished, StateVoid}
	if q.State != "" {
		states = []State{q.State}
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = stateListing(s)
		if q.Game != "" {
			names[i] = gameListing(q.Game, s)
		}
	}
	return names
}

// listed is what the row says of a match, or the match itself where the row has
// no room for it.
func (d *Desk) listed(item orchestrator.Item) (Listed, error) {
	m := Listed{ID: item.ID.Key, Created: item.Time}
	if len(item.Data) == 0 {
		s, _, err := d.Match(m.ID)
		m.Summary = s
		return m, err
	}
	var row lobbyRow
	if err := json.Unmarshal(item.Data, &row); err != nil {
		return m, err
	}
	m.Summary = Summary{
		Game: row.Game, Code: row.Code, Seats: row.Seats, Clock: row.Clock, Rated: row.Rated,
		State: row.State, Result: row.Result, Created: item.Time,
	}
	return m, nil
}
