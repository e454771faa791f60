package entities

import (
	"context"
	"hash/crc32"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// LockQuery says which locks to give.
type LockQuery struct {
	Name      string // of the entities, in any case
	KeyPrefix string // of a named entity's keys
	// All gives also the locks that nobody waits for. No index leads to those:
	// a row for each lock would cost more than the lock. Each page looks at
	// 2,000 entities.
	All    bool
	Limit  int    // of a page: 100 if it is 0, at most 1,000
	Cursor string // of the page before, empty for the first; it goes with the same query
}

// LockPage is one page of locks.
type LockPage struct {
	Items  []Held
	Cursor string // continues, empty at the end
}

// Held is one entity that is locked.
type Held struct {
	ID      durable.ID
	Lock    LockInfo // by whom, since when
	Waiting int      // messages that wait for it
}

// Locks gives the entities that are locked now and that somebody waits for, or
// all that are locked, by name and key: who holds what since when. What is
// locked or unlocked between two pages is seen or not.
func (c *Client) Locks(q LockQuery) (page LockPage, err error) {
	q.Name = strings.ToLower(q.Name)
	rows, err := c.lockRows(q)
	if err != nil {
		return LockPage{}, err
	}
	look := func(x durable.Item) (bool, error) {
		if q.Name != "" && (x.ID.Name != q.Name || !strings.HasPrefix(x.ID.Key, q.KeyPrefix)) {
			return false, nil
		}
		_, info, err := c.info(x.ID)
		if err != nil || info.Lock == nil || info.Waiting == 0 && !q.All {
			return false, err
		}
		page.Items = append(page.Items, Held{ID: x.ID, Lock: *info.Lock, Waiting: info.Waiting})
		return true, nil
	}
	paging := durable.Paging{Limit: q.Limit, Cursor: q.Cursor, Sum: q.sum(), Rows: rows, Look: look}
	if page.Cursor, err = paging.Page(); err != nil {
		return LockPage{}, err
	}
	return page, nil
}

func (c *Client) lockRows(q LockQuery) (func(durable.Cursor, int) ([]durable.Item, error), error) {
	switch {
	case q.Name == "" && q.KeyPrefix != "":
		return nil, durable.Fail(durable.CodeBadRequest, "a prefix of keys needs the entities' name")
	case q.Name != "":
		if err := checkName("entity name", q.Name); err != nil {
			return nil, err
		}
	}
	if q.All {
		return c.records(q.Name, q.KeyPrefix), nil
	}
	within := durable.Range{Listings: []string{awaited}}
	return func(after durable.Cursor, n int) ([]durable.Item, error) {
		within.After = after
		return c.host.ListRange(within, n)
	}, nil
}

func (q *LockQuery) sum() uint32 {
	b := durable.AppendString(durable.AppendString(nil, q.Name), q.KeyPrefix)
	if q.All {
		b = append(b, 1)
	}
	return crc32.ChecksumIEEE(b)
}

func (c *Client) info(id durable.ID) (exists bool, info Info, err error) {
	snap, err := c.host.Read(id)
	if err != nil || !snap.Exists {
		return false, Info{}, err
	}
	info, err = DecodeInfo(snap.Head)
	return true, info, err
}

// CleanQuery says which entities [Client.Clean] looks at: those of a name, or
// all if it is empty.
type CleanQuery struct {
	Name   string
	Grace  time.Duration // how long a lock must have been held to be an orphan; 0 is a minute, negative none
	Limit  int           // entities that one page cleans: 100 if it is 0, at most 1,000
	Cursor string        // of the page before, empty for the first; it goes with the same query
}

// CleanPage says what a page of cleaning did.
type CleanPage struct {
	Looked   int // entities that were looked at
	Released int // locks whose owner was gone
	Erased   int // entities that did not exist, and lived on only for such a lock
	Cursor   string
}

// Clean releases the locks whose owner is gone (it has ended, was replaced or
// continued as new, or was purged) and so erases the entities that were there
// for nothing else: a page of the entities at a time. An entity that was deleted
// and is not locked is erased already, and no lock outlives its owner, since the
// commit that ends the owner sends the release: so there is nothing to find here
// unless a database was restored in part, or a program went wrong.
//
// A page that failed half way may be repeated. It may be called while the server
// works: the entity itself compares the lock with the one that was found.
func (c *Client) Clean(ctx context.Context, q CleanQuery) (page CleanPage, err error) {
	q.Name = strings.ToLower(q.Name)
	if q.Name != "" {
		if err := checkName("entity name", q.Name); err != nil {
			return CleanPage{}, err
		}
	}
	grace := q.Grace
	if grace == 0 {
		grace = time.Minute
	}
	look := func(x durable.Item) (bool, error) {
		page.Looked++
		released, err := c.free(ctx, x.ID, max(grace, 0))
		if err != nil || released == 0 {
			return false, err
		}
		page.Released += released
		if exists, _, err := c.info(x.ID); err != nil {
			return false, err
		} else if !exists {
			page.Erased++
		}
		return true, nil
	}
	sum := crc32.ChecksumIEEE([]byte("clean/" + q.Name))
	paging := durable.Paging{Limit: q.Limit, Cursor: q.Cursor, Sum: sum, Rows: c.records(q.Name, ""), Look: look}
	page.Cursor, err = paging.Page()
	return page, err
}

// free takes an entity from owners that are gone, one after the other: the next
// that waits may be gone too.
func (c *Client) free(ctx context.Context, id durable.ID, grace time.Duration) (released int, err error) {
	for {
		snap, err := c.host.Read(id)
		if err != nil || !snap.Exists {
			return released, err
		}
		h, err := decodeHead(snap.Head)
		if err != nil || h.lock == nil || released == 0 && c.Now().Sub(time.UnixMilli(h.lock.since)) < grace {
			return released, err
		}
		gone, err := c.gone(h.lock.key.owner, grace)
		if err != nil || !gone {
			return released, err
		}
		a, err := c.host.Ask(ctx, durable.Message{To: id, Op: orchestrator.OpFree, Body: h.lock.key.append(nil)})
		if err != nil {
			return released, err
		}
		if len(a.Body) > 0 {
			released++
		}
	}
}

// gone says whether the orchestration that took a lock has ended, some time
// ago: the releases of one that has just ended are on their way, behind its last
// signals.
func (c *Client) gone(owner durable.Return, grace time.Duration) (bool, error) {
	snap, err := c.host.Read(owner.To)
	if err != nil || !snap.Exists {
		return err == nil, err
	}
	s, err := orchestrator.StatusOf(snap)
	if err != nil {
		return false, err
	}
	since := s.Started // of what came after it
	if snap.Incarnation == owner.Incarnation && snap.Generation == owner.Generation {
		if !s.State.Final() {
			return false, nil
		}
		since = s.Updated
	}
	return c.Now().Sub(since) >= grace, nil
}

// freed gives up the lock if it is still the one whose owner is gone, and says
// so.
func (t *turn) freed(m *durable.Message) error {
	d := durable.NewDecoder(m.Body)
	key := readLockKey(d)
	if d.Done() != nil {
		t.refuse(m, durable.Fail(durable.CodeBadRequest, "malformed release"))
		return nil
	}
	if t.lock == nil || t.lock.key != key {
		t.answer(m, nil, nil)
		return nil
	}
	t.lock = nil
	t.changed = true
	t.answer(m, []byte("true"), nil)
	return t.admit()
}
