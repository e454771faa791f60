package orchestrator

import (
	"context"
	"errors"
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// The kernel's types that readers meet, for packages that do not see the
// kernel.
type (
	// Published is one event of an instance's published log.
	Published = durable.Event
	// Update is what a [Watcher] gives.
	Update = durable.Update
	// Watcher follows one instance.
	Watcher = durable.Watcher
	// Item is one row of a listing.
	Item = durable.Item
	// Cursor is a place in a listing; the zero value is its beginning.
	Cursor = durable.Cursor
	// Answer is a result or a failure.
	Answer = durable.Answer
)

func missing(id string) error {
	return Fail(CodeNotFound, fmt.Sprintf("there is no orchestration %q", id))
}

// Status is the last committed state of an instance.
func (c *Client) Status(id string) (Status, error) {
	s, err := c.hub.Read(InstanceID(id))
	switch {
	case err != nil:
		return Status{}, err
	case !s.Exists:
		return Status{}, missing(id)
	}
	return StatusOf(s)
}

// Wait waits until an instance has ended and gives its status then. It need not
// exist yet; one that is purged or erases itself meanwhile is not_found. One that
// was erased before is as one that does not exist yet: it is waited for as long as
// ctx lets, so an instance whose retention is 0 is to be waited for from before
// its end, and even then may be gone before its status is read.
func (c *Client) Wait(ctx context.Context, id string) (Status, error) {
	for {
		s, err := c.waitOnce(ctx, id)
		if !errors.Is(err, durable.ErrSlow) {
			return s, err
		}
	}
}

func (c *Client) waitOnce(ctx context.Context, id string) (Status, error) {
	w, err := c.hub.Watch(InstanceID(id), noEvents)
	if err != nil {
		return Status{}, err
	}
	defer w.Close()
	for seen := w.Existed(); ; {
		u, err := w.Next(ctx)
		if err != nil {
			return Status{}, err
		}
		if !u.Exists {
			if seen {
				return Status{}, missing(id) // purged while it was waited for
			}
			continue
		}
		seen = true
		h, err := decodeHead(u.Head)
		if err != nil {
			return Status{}, err
		}
		if h.state.Final() {
			return c.Status(id)
		}
	}
}

// noEvents is after all events that there will ever be.
const noEvents = 1<<64 - 1

// StateIn reads an instance's state out of an update's head.
func StateIn(u Update) (State, error) {
	if !u.Exists {
		return 0, nil
	}
	h, err := decodeHead(u.Head)
	if err != nil {
		return 0, err
	}
	return h.state, nil
}

// Input is what an instance's current generation was started with.
func (c *Client) Input(id string) (Raw, error) {
	s, log, err := c.hub.Log(InstanceID(id))
	switch {
	case err != nil:
		return nil, err
	case !s.Exists:
		return nil, missing(id)
	}
	r, err := beginning(id, log)
	return r.body, err
}

// History is the history of an instance's current generation.
func (c *Client) History(id string) ([]Row, error) {
	s, log, err := c.hub.Log(InstanceID(id))
	switch {
	case err != nil:
		return nil, err
	case !s.Exists:
		return nil, missing(id)
	}
	return History(log)
}

// HistoryPage is a part of a history.
type HistoryPage struct {
	Generation uint32
	Rows       []Row
	Total      int // rows of this generation
}

// HistoryPage gives up to limit rows of the history of an instance's current
// generation, behind the first so many. It reads the whole history, but makes
// readable only what it gives.
func (c *Client) HistoryPage(id string, after, limit int) (HistoryPage, error) {
	s, log, err := c.hub.Log(InstanceID(id))
	switch {
	case err != nil:
		return HistoryPage{}, err
	case !s.Exists:
		return HistoryPage{}, missing(id)
	}
	page := HistoryPage{Generation: s.Generation}
	cur := newCursor(log)
	var r record
	for {
		more, err := cur.next(&r)
		if err != nil || !more {
			page.Total = cur.count
			return page, err
		}
		if cur.count > after && len(page.Rows) < limit {
			page.Rows = append(page.Rows, r.row(cur.coder.now))
		}
	}
}

// Events gives up to limit published events of an instance after a number.
func (c *Client) Events(id string, after uint64, limit int) ([]Published, error) {
	return c.hub.Events(InstanceID(id), after, limit)
}

// Watch follows an instance: first what is, with the published events after a
// number, then each commit that changes it, without a gap. It need not exist
// yet.
func (c *Client) Watch(id string, after uint64) (*Watcher, error) {
	return c.hub.Watch(InstanceID(id), after)
}
