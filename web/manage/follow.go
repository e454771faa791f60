package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
)

// followGap is the least time between two looks at a history that grows: to look
// reads all of it.
const followGap = 100 * time.Millisecond

// follow streams an instance (text/event-stream): an event "history" for each
// row, with its number as id, and "status" whenever that changes. It ends with
// the instance. A client that comes again says the id that it had last, and gets
// the rest, unless the history has begun anew: then comes "restarted", and all
// of it.
func (m *Manager) follow(r *request) error {
	s, body, err := m.look(r)
	if err != nil {
		return err
	}
	w, err := m.Orchestrations.Watch(s.InstanceID, allEvents)
	if err != nil {
		return err
	}
	defer w.Close()
	ctx, cancel := api.UntilStop(r.Request().Context())
	defer cancel()
	f := &follower{m: m, Stream: api.NewStream(r.Response()), id: s.InstanceID, bodies: r.query.flag("showHistoryOutput", false)}
	f.resume(r.Request().Header.Get("Last-Event-Id"))
	for known := ""; ; {
		if err := f.catchUp(); err != nil {
			return nil // the client is gone, or the instance: the stream ends
		}
		if string(body) != known {
			if known = string(body); f.Send("status", "", body) != nil {
				return nil
			}
		}
		if s.state.Final() || !next(ctx, w) {
			return nil
		}
		if s, body, err = m.look(r); err != nil {
			return nil
		}
	}
}

// next waits for a change, and for the gap.
func next(ctx context.Context, w *orchestrator.Watcher) bool {
	if _, err := w.Next(ctx); err != nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(followGap):
		return true
	}
}

// follower is one stream of a history.
type follower struct {
	*api.Stream
	m          *Manager
	id         string
	bodies     bool
	generation uint32
	sent       int // rows of this generation
}

// resume takes the id of the last event that the client had.
func (f *follower) resume(last string) {
	// What is no id of ours begins at the beginning.
	if n, _ := fmt.Sscanf(last, "%d-%d", &f.generation, &f.sent); n != 2 || f.sent < 0 {
		f.generation, f.sent = 0, 0
	}
}

// catchUp sends the rows that the client has not.
func (f *follower) catchUp() error {
	s, err := f.m.Orchestrations.Status(f.id)
	if err != nil {
		return err
	}
	rows, err := f.m.Orchestrations.History(f.id)
	if err != nil {
		return err
	}
	if f.generation != s.Generation || f.sent > len(rows) {
		if f.generation != 0 {
			if err := f.Send("restarted", "", fmt.Appendf(nil, `{"generation":%d}`, s.Generation)); err != nil {
				return err
			}
		}
		f.generation, f.sent = s.Generation, 0
	}
	for ; f.sent < len(rows); f.sent++ {
		row := &rows[f.sent]
		if unseen[row.Type] {
			continue
		}
		data, err := json.Marshal(eventOf(row, f.bodies))
		if err != nil {
			return err
		}
		if err := f.Send("history", fmt.Sprintf("%d-%d", f.generation, f.sent+1), data); err != nil {
			return err
		}
	}
	return nil
}
