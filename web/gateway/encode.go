package gateway

import (
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// appendEvents appends the frames of events that go to a kind of viewers together. With state the last one that they may
// see carries view and clock. The room's lock is held, and its match is as of the last event of the list if state is set.
func (r *room) appendEvents(dst []byte, list []game.Numbered, k kind, state bool, clock []byte) []byte {
	last := -1
	if state {
		last = r.lastVisible(list, k)
	}
	for i := range list {
		e := &list[i]
		f := wire.Ev{Match: r.id, Seq: int64(e.Seq)}
		var visible bool
		if r.data, visible = e.AppendFor(r.data[:0], k.seat()); visible {
			f.Kind, f.Data = wire.Kind(e.Kind), r.data
		}
		if i == last {
			f.View, f.Clock = r.view(k), clock
		}
		dst = appendFrame(dst, f)
	}
	return dst
}

// lastVisible is the place of the last event that a kind of viewers may see, or -1.
func (r *room) lastVisible(list []game.Numbered, k kind) int {
	for i := len(list) - 1; i >= 0; i-- {
		var visible bool
		if r.data, visible = list[i].AppendFor(r.data[:0], k.seat()); visible {
			return i
		}
	}
	return -1
}

// appendSync appends the full view of a viewer.
func (r *room) appendSync(dst []byte, v *viewer) []byte {
	r.g.stats.sent(wire.TypeSync, 1)
	f := wire.Sync{
		Match: r.id, Seq: int64(r.now.Seq), Seat: int64(v.kind.seat()),
		View: r.view(v.kind), Info: r.info(), Clock: r.clock(), Reset: v.reset,
	}
	v.reset = false
	return appendFrame(dst, f)
}

// view is the current view of a kind of viewers, encoded once. It is good until the room's lock is released.
func (r *room) view(k kind) []byte {
	v := &r.views[k]
	if !v.ok || v.at != r.now.Seq {
		v.json, v.at, v.ok = r.now.AppendView(v.json[:0], k.seat()), r.now.Seq, true
	}
	return v.json
}

// clock is the match's clock as of now; nil if it has none.
func (r *room) clock() []byte {
	c := r.g.opts.Desk.Clock(r.id, &r.now)
	if c == nil {
		return nil
	}
	out := wire.Clock{Left: c.Left, Increment: c.Increment, PerMove: c.PerMove, Running: make([]int64, len(c.Running)), Now: c.Now}
	for i, seat := range c.Running {
		out.Running[i] = int64(seat)
	}
	return out.Append(nil)
}

// info is the field match.
func (r *room) info() []byte {
	return MatchJSON(r.id, r.now.Summary(), r.now.Seq, r.watchers())
}
