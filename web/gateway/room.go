package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

// recentEvents is how many events a room keeps at least, for viewers who come back after a short cut.
const (
	recentEvents = 64
	recentSlack  = 16 // dropped at once, so that not every event moves the others
)

// How long a room waits before it tries to follow its match again.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
)

// room is a match that is watched here. Its goroutine follows the match; the rest is under mu, where other goroutines
// admit viewers and serve them.
type room struct {
	g      *Gateway
	id     string
	cancel context.CancelFunc

	mu      sync.Mutex
	open    bool      // the match is known
	waiting []*viewer // until it is
	kinds   [][]*viewer
	idle    *time.Timer // set while empty

	// now is the match as it is shown. It is a copy: the follower's table changes while it waits for events. A
	// position, a result and a clock are values that never change, and the seats are cloned; the table's other slices
	// are not looked at here.
	now      game.Table
	presence presence
	recent   []game.Numbered // the last events, up to now.Seq
	early    []*viewer       // who have events that are not shown yet: see ahead
	views    []view          // by kind, as of now.Seq
	data     []byte          // scratch
	frames   []byte          // scratch
}

type view struct {
	json []byte
	at   uint64
	ok   bool
}

// run is the room's goroutine: it follows the match until the room ends, and again if the following breaks off.
func (r *room) run(ctx context.Context) {
	defer r.g.wg.Done()
	defer r.cancel()
	wait := retryFirst
	for ctx.Err() == nil {
		err := r.follow(ctx, func() { wait = retryFirst })
		if ctx.Err() != nil {
			return
		}
		if code, msg, lasting := r.hopeless(err); lasting {
			r.dissolve(code, msg)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
	}
}

// hopeless says whether the match cannot be shown, now or for good: then it is the viewers who may ask again. A room
// that has been open keeps its viewers while the engine recovers, or has cut it off for being slow.
func (r *room) hopeless(err error) (wire.Code, string, bool) {
	code, msg, known := verdict(err)
	switch {
	case known && code != wire.CodeBusy && code != wire.CodeUnavailable:
		return code, msg, true
	case known, errors.Is(err, orchestrator.ErrSlow), errors.Is(err, orchestrator.ErrClosed):
		r.mu.Lock()
		defer r.mu.Unlock()
		return wire.CodeUnavailable, wire.CodeUnavailable.Sentence(), !r.open
	}
	r.g.opts.Logger.Error().Err(err).Str("match", r.id).Msg("a match cannot be shown")
	return wire.CodeInternal, "This match cannot be shown.", true
}

// panicked is a panic of a game's rules as an error: a game that cannot be shown takes its own room with it, no more.
func panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

// broken ends a room in which the rules failed elsewhere than in its goroutine.
func (r *room) broken(err error) {
	code, msg, _ := r.hopeless(err)
	r.dissolve(code, msg)
	r.cancel()
}

// follow shows the match until the following breaks off.
func (r *room) follow(ctx context.Context, begun func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	f, err := r.g.opts.Desk.Follow(ctx, r.id)
	if err != nil {
		return err
	}
	defer f.Close()
	begun()
	r.opened(f.Table)
	for {
		list, err := f.Next(ctx)
		if err != nil {
			return err
		}
		r.show(f.Table, list)
	}
}

// opened is the match as it stands when the following begins. At the first time those who wait are let in; later, all
// that was missed in between is made good by syncs.
func (r *room) opened(t *game.Table) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open && t.Seq == r.now.Seq {
		return // nothing was missed
	}
	list := r.waiting
	for _, of := range r.kinds {
		list = append(list, of...)
	}
	first := !r.open
	r.open, r.waiting, r.recent, r.early = true, nil, nil, nil
	r.now = *t
	r.now.Seats = slices.Clone(t.Seats)
	r.kinds = make([][]*viewer, len(t.Seats)+1)
	r.views = make([]view, len(t.Seats)+1)
	if first {
		r.presence.begin(t, r.g.opts.Now())
	} else {
		r.presence.notice(t)
	}
	for _, v := range list {
		if first {
			r.admit(v)
			continue
		}
		r.place(v)
		v.conn.out.pull(v, stale)
	}
	r.look()
}

// admit lets a viewer into an open room, and decides what it is owed.
func (r *room) admit(v *viewer) {
	r.place(v)
	v.asking = true
	after, state := uint64(v.after.N), stale
	switch epoch := r.g.opts.Epoch(); {
	case !v.after.Set:
	case v.epoch.Set && uint64(v.epoch.N) != epoch:
		v.reset = true
	case after+wire.MaxBacklog >= r.now.Seq: // or even after what is shown: see ahead
		state, v.next = behind, after
	}
	v.conn.out.pull(v, state)
}

// place puts a viewer into the list of its kind.
func (r *room) place(v *viewer) {
	v.kind, v.in = kindOf(r.now.SeatOf(v.conn.player)), true
	v.index = len(r.kinds[v.kind])
	r.kinds[v.kind] = append(r.kinds[v.kind], v)
	if v.index == 0 && v.kind != watching {
		r.came(v.kind)
	}
}

func (r *room) remove(v *viewer) {
	list := &r.waiting
	if r.open {
		list = &r.kinds[v.kind]
	}
	last := len(*list) - 1
	moved := (*list)[last]
	(*list)[v.index], moved.index = moved, v.index
	(*list)[last] = nil
	*list = (*list)[:last]
	v.in = false
	if r.open && last == 0 && v.kind != watching {
		r.went(v.kind)
	}
}

func (r *room) empty() bool { return len(r.waiting) == 0 && r.viewers() == 0 }

// viewers is how many there are, of all kinds.
func (r *room) viewers() (n int) {
	for _, of := range r.kinds {
		n += len(of)
	}
	return n
}

// watchers is how many viewers without a seat there are.
func (r *room) watchers() int {
	if !r.open {
		return 0
	}
	return len(r.kinds[watching])
}

// show takes in what one commit did (or several, if the room is late), and pushes it: encoded once for each kind of viewer.
func (r *room) show(t *game.Table, list []game.Numbered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		return // the room has ended
	}
	r.take(t, list)
	if len(list) > wire.OutFrames/2 {
		r.postpone(list[0].Seq - 1)
		return
	}
	clock := r.clock()
	for k, of := range r.kinds {
		if len(of) == 0 {
			continue
		}
		r.frames = r.appendEvents(r.frames[:0], list, kind(k), true, clock)
		f := outFrame{data: slices.Clone(r.frames), n: len(list)}
		r.g.stats.sent(wire.TypeEv, len(list)*len(of))
		for _, v := range of {
			f.viewer = v
			v.conn.push(f)
		}
	}
}

// postpone has viewers pull the events after a number: so many at once come from a room that lagged behind, not from
// viewers that do, and must not overflow their outboxes.
func (r *room) postpone(after uint64) {
	for _, of := range r.kinds {
		for _, v := range of {
			if v.conn.out.postpone(v) {
				v.next = after
			}
		}
	}
}

// take makes the table's state, after the events of the list, the one that is shown.
func (r *room) take(t *game.Table, list []game.Numbered) {
	seats := r.now.Seats
	r.now = *t
	r.now.Seats = seats
	if len(r.recent)+len(list) > recentEvents+recentSlack {
		drop := min(len(r.recent)+len(list)-recentEvents, len(r.recent))
		r.recent = slices.Delete(r.recent, 0, drop)
	}
	r.recent = append(r.recent, list...)
	look := false
	for i := range list {
		if list[i].Kind == game.EventJoined {
			r.now.Seats = slices.Clone(t.Seats)
			r.presence.left[list[i].Seat] = r.g.opts.Now()
			r.reseat(list[i].Player)
		}
		look = look || changesPresence(list[i].Kind)
	}
	if look {
		r.presence.notice(t)
		r.look()
	}
	r.early = slices.DeleteFunc(r.early, func(v *viewer) bool {
		ripe := v.next <= r.now.Seq
		if ripe && v.conn.out.state(v) == behind {
			v.conn.out.pull(v, behind)
		}
		return ripe
	})
}

// reseat moves the viewers of a player who has taken a seat. They get a sync, which stands for this commit's events too.
func (r *room) reseat(player string) {
	for _, v := range slices.Clone(r.kinds[watching]) {
		if v.conn.player == player {
			r.remove(v)
			r.place(v)
			v.conn.out.pull(v, stale)
		}
	}
}
