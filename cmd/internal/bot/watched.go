package bot

import (
	"encoding/json"
	"fmt"
	"slices"

	gojson "github.com/goccy/go-json"

	"github.com/everturn/everturn/web/wire"
)

// Watched is a match as a client knows it. It belongs to the client's handler.
type Watched struct {
	ID   string
	Seq  int64 // of the last event; -1 while nothing is known
	From int64 // of the last sync: every event after it was seen
	Seat int64
	View View

	fromStart bool // asks for all events, from the first on
	isLive    bool
}

// View is the part of every view that all games have.
type View struct {
	Actors []int64         `json:"actors"`
	Moves  []string        `json:"moves"`
	Phase  int64           `json:"phase"`
	Result json.RawMessage `json:"result"` // nil until the game is over
}

// Over says whether the game is over.
func (v *View) Over() bool { return len(v.Result) > 0 && string(v.Result) != "null" }

// Owes says whether a seat owes a move.
func (v *View) Owes(seat int64) bool { return slices.Contains(v.Actors, seat) }

// Watch begins to follow a match, from its first event on or from a fresh view.
func (c *Client) Watch(match string, fromStart bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &Watched{ID: match, fromStart: fromStart}
	m.forget()
	c.watched[match] = m
	if c.conn != nil {
		c.write(m.watch(c.hello.Epoch))
	}
}

// Unwatch ends it.
func (c *Client) Unwatch(match string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watched, match)
	if c.conn != nil {
		c.write(wire.Unwatch{Match: match})
	}
}

func (m *Watched) forget() {
	m.Seq = -1
	if m.fromStart {
		m.Seq = 0
	}
}

func (m *Watched) watch(epoch int64) wire.Watch {
	w := wire.Watch{Match: m.ID}
	if m.Seq >= 0 {
		w.After, w.Epoch = wire.Some(m.Seq), wire.Some(epoch)
	}
	return w
}

// known gives a match that is watched; nil where it is not any more.
func (c *Client) known(match string) *Watched {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watched[match]
}

func (c *Client) sync(f wire.Sync) error {
	m := c.known(f.Match)
	if m == nil {
		return nil
	}
	if f.Seq < m.Seq && !f.Reset {
		if err := c.forgive(breach(NoStep, "match %s: a sync at %d after event %d, without a reset", m.ID, f.Seq, m.Seq)); err != nil {
			return err
		}
	}
	if f.Reset {
		if err := c.forgive(breach(NoLoss, "match %s: a reset at %d: event %d was never made, the server says", m.ID, f.Seq, m.Seq)); err != nil {
			return err
		}
	}
	m.Seq, m.From, m.Seat = f.Seq, f.Seq, f.Seat
	return c.upToDate(m, f.View)
}

func (c *Client) event(f wire.Ev) error {
	m := c.known(f.Match)
	if m == nil {
		return nil
	}
	switch {
	case f.Seq <= m.Seq:
		return breach(NoStep, "match %s: event %d after event %d", m.ID, f.Seq, m.Seq)
	case f.Seq > m.Seq+1:
		if err := c.forgive(breach(NoGap, "match %s: event %d after event %d", m.ID, f.Seq, m.Seq)); err != nil {
			return err
		}
	}
	m.Seq = f.Seq
	if len(f.View) > 0 {
		if err := m.show(f.View); err != nil {
			return err
		}
	}
	return c.o.Handler.Event(m, f)
}

func (c *Client) live(f wire.Live) error {
	m := c.known(f.Match)
	if m == nil {
		return nil
	}
	if f.Seq != m.Seq {
		if err := c.forgive(breach(NoGap, "match %s: live at %d after event %d", m.ID, f.Seq, m.Seq)); err != nil {
			return err
		}
		m.Seq = f.Seq
	}
	return c.upToDate(m, f.View)
}

// upToDate takes in a view after which there is no backlog: that of a sync, or of a live.
func (c *Client) upToDate(m *Watched, view json.RawMessage) error {
	m.isLive = true
	if err := m.show(view); err != nil {
		return err
	}
	if c.o.Live != nil && c.allLive() {
		c.o.Live()
	}
	return c.o.Handler.Synced(m)
}

func (c *Client) allLive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.watched {
		if !m.isLive {
			return false
		}
	}
	return true
}

func (m *Watched) show(view json.RawMessage) error {
	m.View = View{} // what the JSON leaves out must not stay
	if err := gojson.Unmarshal(view, &m.View); err != nil {
		return fmt.Errorf("match %s: view: %w", m.ID, err)
	}
	return nil
}
