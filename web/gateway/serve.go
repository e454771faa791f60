package gateway

import (
	"slices"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// backlogChunk is how many events of a backlog go out with one write.
const backlogChunk = 128

// serve appends what a viewer lacks: the next chunk of its backlog, or a sync. It is called by the viewer's writer,
// which writes the result before anything that is added to the outbox meanwhile.
func (r *room) serve(v *viewer, dst []byte) (data []byte) {
	before := len(dst)
	defer func() { // after the lock is free
		if p := recover(); p != nil {
			data = dst[:before]
			r.broken(panicked(p))
		}
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.in && v.next > r.now.Seq && v.conn.out.state(v) == behind && r.ahead(v) {
		return dst
	}
	if v.in && v.conn.out.state(v) == behind {
		list, ok := r.backlog(v)
		switch {
		case !v.in || v.conn.out.state(v) != behind: // changed while the lock was free
		case ok:
			return r.appendBacklog(dst, v, list)
		default:
			v.conn.out.pull(v, stale)
			return dst
		}
	}
	if v.in && v.asking && v.kind == watching && r.satDown(v) {
		return dst
	}
	if !v.in || v.conn.out.state(v) != stale {
		return dst
	}
	v.conn.out.served(v)
	dst = r.appendSync(dst, v)
	if v.asking { // a watch is over with a live, also where there is no backlog
		dst = r.appendLive(dst, v, r.clock())
	}
	return dst
}

// satDown says whether a viewer has taken a seat by an event that is not shown yet, as when it watches right after it
// has joined. With that event it gets its sync (see reseat), instead of one as a watcher and then another.
func (r *room) satDown(v *viewer) bool {
	r.mu.Unlock()
	s, _, err := r.g.opts.Desk.Match(r.id)
	r.mu.Lock()
	return v.in && v.kind == watching && err == nil && s.SeatOf(v.conn.player) != game.Watcher
}

// ahead deals with a viewer who has a number that is not shown yet. An ack comes before its event, so the number may be
// right: then the viewer is early, and waits for the event. Otherwise its number is wrong, and it gets a sync. False:
// meanwhile the event is shown.
func (r *room) ahead(v *viewer) bool {
	r.mu.Unlock()
	_, last, err := r.g.opts.Desk.Match(r.id)
	r.mu.Lock()
	switch {
	case v.next <= r.now.Seq:
		return false
	case !v.in:
	case err == nil && v.next <= last:
		r.early = append(r.early, v)
	default:
		v.reset = err == nil
		v.conn.out.pull(v, stale)
	}
	return true
}

// backlog gives the next events of a viewer. It releases the lock where it has to read the database. Not ok: they
// cannot be had, or do not fit.
func (r *room) backlog(v *viewer) (list []game.Numbered, ok bool) {
	missing := r.now.Seq - v.next
	if missing <= uint64(len(r.recent)) {
		list = r.recent[uint64(len(r.recent))-missing:]
		return list[:min(len(list), backlogChunk)], true
	}
	r.mu.Unlock()
	list, err := r.g.opts.Desk.Events(r.id, v.next, int(min(missing, backlogChunk)))
	r.mu.Lock()
	// Without events a viewer gets a sync, which needs no database.
	return list, err == nil && len(list) > 0 && list[0].Seq == v.next+1
}

// appendBacklog appends a chunk of a backlog. With the last one the viewer is live.
func (r *room) appendBacklog(dst []byte, v *viewer, list []game.Numbered) []byte {
	missing := r.now.Seq - v.next
	list = list[:min(uint64(len(list)), missing)] // the database may be ahead of what is shown
	done := uint64(len(list)) == missing
	v.next += uint64(len(list))
	v.seated = v.seated || v.after.N > 0 && slices.ContainsFunc(list, func(e game.Numbered) bool {
		return e.Kind == game.EventJoined && e.Player == v.conn.player
	})
	clock := r.clock()
	r.g.stats.sent(wire.TypeEv, len(list))
	dst = r.appendEvents(dst, list, v.kind, done, clock)
	if !done {
		v.conn.out.pull(v, behind)
		return dst
	}
	v.conn.out.served(v)
	dst = r.appendLive(dst, v, clock)
	if v.seated { // a live does not say which seat the viewer has
		dst = r.appendSync(dst, v)
	}
	return dst
}

// appendLive ends the answer to a watch: the viewer has all there is.
func (r *room) appendLive(dst []byte, v *viewer, clock []byte) []byte {
	v.asking = false
	r.g.stats.sent(wire.TypeLive, 1)
	return appendFrame(dst, wire.Live{Match: r.id, Seq: int64(r.now.Seq), View: r.view(v.kind), Info: r.info(), Clock: clock})
}
