package game

import (
	"context"
	"fmt"

	"github.com/everturn/everturn/orchestrator"
)

// Numbered is an event with its number.
type Numbered struct {
	Event
	Seq  uint64
	Time int64 // wall milliseconds
}

// Follower follows a match: it has the table as of the last event it gave, and
// gives each further one once, in order. It belongs to one goroutine; Close may
// be called from any.
type Follower struct {
	// Table is the match as of the last event given. It changes only in Next.
	Table *Table

	id      string
	watcher *orchestrator.Watcher
}

// Follow begins to follow a match. The table is up to date with what is
// committed now. CodeNotFound if there is no such match.
func (d *Desk) Follow(ctx context.Context, id string) (*Follower, error) {
	s, seq, err := d.Match(id)
	if err != nil {
		return nil, err
	}
	rules, err := d.Games.Get(s.Game)
	if err != nil {
		return nil, err
	}
	t := TableOf(rules, s)
	w, err := d.client.Watch(id, t.Seq)
	if err != nil {
		return nil, err
	}
	f := &Follower{Table: t, id: id, watcher: w}
	for f.Table.Seq < seq {
		if _, err := f.Next(ctx); err != nil {
			w.Close()
			return nil, err
		}
	}
	return f, nil
}

// Next waits for the next events and takes them into the table. They come in
// one piece if one commit made them. An error ends the following: ctx's,
// orchestrator.ErrSlow (follow again), orchestrator.ErrClosed, or that the
// events are not those of a match.
func (f *Follower) Next(ctx context.Context) ([]Numbered, error) {
	for {
		u, err := f.watcher.Next(ctx)
		if err != nil {
			return nil, err
		}
		list, err := f.take(u)
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
}

func (f *Follower) take(u orchestrator.Update) ([]Numbered, error) {
	list := make([]Numbered, 0, len(u.Events))
	for _, p := range u.Events {
		if p.Number <= f.Table.Seq {
			continue
		}
		e, err := numbered(p)
		if err == nil {
			err = f.Table.take(&e)
		}
		if err != nil {
			return nil, fmt.Errorf("match %s: %w", f.id, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// take is Apply for an event whose number and time are known.
func (t *Table) take(e *Numbered) error {
	if e.Seq != t.Seq+1 {
		return fmt.Errorf("game: event %d does not follow event %d", e.Seq, t.Seq)
	}
	if err := t.Apply(&e.Event); err != nil {
		return err
	}
	if n := len(t.Moves); n > 0 && t.Moves[n-1].Seq == e.Seq {
		t.Moves[n-1].At = e.Time
	}
	return nil
}

func numbered(p orchestrator.Published) (Numbered, error) {
	e, err := DecodeEvent(p.Body)
	if err != nil {
		return Numbered{}, fmt.Errorf("event %d: %w", p.Number, err)
	}
	return Numbered{Event: e, Seq: p.Number, Time: p.Time}, nil
}

// Close ends the following. It is idempotent.
func (f *Follower) Close() { f.watcher.Close() }

// Events gives up to limit events of a match after a number.
func (d *Desk) Events(id string, after uint64, limit int) ([]Numbered, error) {
	published, err := d.client.Events(id, after, limit)
	if err != nil {
		return nil, err
	}
	list := make([]Numbered, 0, len(published))
	for _, p := range published {
		e, err := numbered(p)
		if err != nil {
			return nil, fmt.Errorf("match %s: %w", id, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// ClockNow is a match's clock, or its phase's, for a viewer: what is left at a moment of the
// server's wall clock, which lies ahead while the clocks stand still after a
// start. Nil if the match has no clock, or no game has begun.
type ClockNow struct {
	Left               []int64
	Increment, PerMove int64
	Running            []int
	Now                int64 // wall milliseconds at which Left is true
}

// Clock gives the clock of a followed match as of now. The deadline of a phase
// shows as a clock of so much for each move, while it runs.
func (d *Desk) Clock(id string, t *Table) *ClockNow {
	spec := t.Spec.Clock
	switch {
	case t.Time == nil, spec == nil && len(t.Time.Running) == 0:
		return nil
	case spec == nil:
		spec = &ClockSpec{PerMove: t.Position.Deadline().Milliseconds()}
	}
	now := d.client.Now(id)
	c := t.Time.At(now.Uptime)
	return &ClockNow{
		Left: c.Left, Increment: spec.Increment, PerMove: spec.PerMove, Running: c.Running,
		Now: now.Wall + d.client.Standing(id).Milliseconds(),
	}
}
