package gateway

import (
	"context"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// watch brings a viewer into the room of a match, and makes the room if there is none. False: the gateway is closed.
func (g *Gateway) watch(match string, v *viewer) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	r := g.rooms[match]
	if r == nil {
		ctx, cancel := context.WithCancel(g.ctx)
		r = &room{g: g, id: match, cancel: cancel}
		g.rooms[match] = r
		g.wg.Add(1)
		go r.run(ctx)
	}
	v.room = r
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle != nil {
		r.idle.Stop()
		r.idle = nil
	}
	if r.open {
		r.admit(v)
		r.look()
	} else {
		v.in, v.index = true, len(r.waiting)
		r.waiting = append(r.waiting, v)
	}
	return true
}

// leave takes a viewer out of its room. It may be called again, or after the room's end.
func (r *room) leave(v *viewer) {
	r.mu.Lock()
	if v.in {
		r.remove(v)
		r.look()
		if r.empty() {
			r.idle = time.AfterFunc(r.g.opts.Linger, r.endIfEmpty)
		}
	}
	r.mu.Unlock()
	v.conn.out.forget(v)
}

// endIfEmpty ends a room that nobody came back to.
func (r *room) endIfEmpty() {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.empty() && r.g.rooms[r.id] == r {
		delete(r.g.rooms, r.id)
		r.cancel()
	}
}

// dissolve ends a room whose match cannot be shown, and tells its viewers why.
func (r *room) dissolve(code wire.Code, msg string) {
	for _, v := range r.clear() {
		v.conn.out.forget(v)
		v.conn.error(r.id, code, msg)
	}
}

func (r *room) clear() []*viewer {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.g.rooms[r.id] == r {
		delete(r.g.rooms, r.id)
	}
	list := r.waiting
	for _, of := range r.kinds {
		list = append(list, of...)
	}
	r.waiting, r.kinds = nil, nil
	r.presence.stop()
	for _, v := range list {
		v.in = false
		v.gone.Store(true)
	}
	return list
}
