package gateway

import (
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// presence is which players of a match have a socket that watches it. It is memory of the gateway, and lost with it: to a
// room that has just opened all players have just left. The match is told what its viewers are to know, and makes events
// of it: see room.look. It is under the room's lock.
type presence struct {
	left  []time.Time // by seat: since when none of its player's sockets watches; zero while one does
	shown []bool      // by seat: the match's last word is that its player is gone
	told  []time.Time // by seat: when the match was told otherwise than it has shown since
	timer *time.Timer // for the next look; nil or stopped while nothing is to come
}

// begin is the opening of a room.
func (p *presence) begin(t *game.Table, now time.Time) {
	p.left, p.told = make([]time.Time, len(t.Seats)), make([]time.Time, len(t.Seats))
	for seat := range p.left {
		p.left[seat] = now
	}
	p.notice(t)
}

// notice takes in what the match says.
func (p *presence) notice(t *game.Table) {
	p.shown = make([]bool, len(t.Seats))
	copy(p.shown, t.Away)
}

func (p *presence) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// came is the first socket of a seat, went its last.
func (r *room) came(k kind) { r.presence.left[k.seat()] = time.Time{} }
func (r *room) went(k kind) { r.presence.left[k.seat()] = r.g.opts.Now() }

// look compares who is here with what the match has shown, and tells the match what viewers do not know: that a player
// has been gone for a while, or is back. There has to be a viewer beside that player, and a game under way. For what is
// to be told later it sets the room's one timer. The room's lock is held.
func (r *room) look() {
	p := &r.presence
	p.stop()
	if !r.open || r.now.State != game.StatePlaying || r.empty() {
		return
	}
	now, all := r.g.opts.Now(), r.viewers()
	next := time.Duration(-1)
	later := func(d time.Duration) {
		if next < 0 || d < next {
			next = d
		}
	}
	for seat, s := range r.now.Seats {
		mine := len(r.kinds[kindOf(seat)])
		gone := mine == 0
		switch {
		case s.Player == "": // a bot is always here
		case gone == p.shown[seat]:
			p.told[seat] = time.Time{}
		case all == mine: // nobody else sees it
		case gone && now.Sub(p.left[seat]) < wire.GoneAfter:
			later(wire.GoneAfter - now.Sub(p.left[seat]))
		case now.Sub(p.told[seat]) >= wire.GoneAfter: // not yet, or it got lost
			p.told[seat] = now
			r.g.opts.Desk.Presence(r.id, seat, !gone)
			later(wire.GoneAfter)
		default:
			later(wire.GoneAfter - now.Sub(p.told[seat]))
		}
	}
	if next >= 0 {
		r.lookIn(next)
	}
}

func (r *room) lookIn(d time.Duration) {
	if r.presence.timer != nil {
		r.presence.timer.Reset(d)
		return
	}
	r.presence.timer = time.AfterFunc(d, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.look()
	})
}

// changesPresence says whether an event is a reason to look.
func changesPresence(k game.EventKind) bool {
	switch k {
	case game.EventJoined, game.EventStarted, game.EventGone, game.EventBack, game.EventEnded:
		return true
	}
	return false
}

// absent is for how long the players of a match have been away who are, and how long it is until the first of those who
// owe a move may be claimed against. Nothing is known of a match that nobody watches.
func (g *Gateway) absent(match string) (list []game.Absence, wait time.Duration) {
	wait = retryTooEarly
	g.mu.Lock()
	r := g.rooms[match]
	g.mu.Unlock()
	if r == nil {
		return nil, wait
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.open || r.kinds == nil {
		return nil, wait
	}
	now := r.g.opts.Now()
	first := wire.ClaimAfter
	for seat, s := range r.now.Seats {
		if left := r.presence.left[seat]; s.Player != "" && !left.IsZero() {
			away := now.Sub(left)
			list = append(list, game.Absence{Seat: seat, For: away.Milliseconds()})
			first = min(first, wire.ClaimAfter-away)
		}
	}
	if len(list) > 0 {
		wait = max(wait, first)
	}
	return list, wait
}
