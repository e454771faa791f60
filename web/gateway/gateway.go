package gateway

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Gateway serves WebSockets: see the package. It is an http.Handler for GET /ws and a prometheus.Collector, and may be
// used concurrently. End it with Drain or Close.
type Gateway struct {
	opts     Options
	upgrader websocket.Upgrader
	stats    stats
	pending  pending

	ctx    context.Context // of the rooms
	cancel context.CancelFunc
	wg     sync.WaitGroup // rooms, and the read pumps of sockets

	draining  atomic.Bool
	inflight  atomic.Int64  // commands that have no answer yet
	quiet     chan struct{} // closed once no command is in flight while draining
	quietOnce sync.Once

	mu        sync.Mutex
	closed    bool // no socket or room begins any more
	conns     map[*conn]struct{}
	sessions  map[string][]*conn // by token
	addresses map[string]int     // sockets, by IP address
	rooms     map[string]*room   // by match id
}

// New makes a gateway.
func New(o Options) *Gateway {
	o.fill()
	g := &Gateway{
		opts:      o,
		conns:     map[*conn]struct{}{},
		sessions:  map[string][]*conn{},
		addresses: map[string]int{},
		rooms:     map[string]*room{},
		quiet:     make(chan struct{}),
	}
	g.pending.count = map[pendingKey]int{}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.upgrader = g.newUpgrader()
	return g
}

// EndSession closes the sockets of a session with 4401. Call it after the session has ended at the desk: a socket that
// is just being opened is checked against the desk once more after it could be found here, so none slips through.
func (g *Gateway) EndSession(token string) {
	g.mu.Lock()
	list := slices.Clone(g.sessions[token])
	g.mu.Unlock()
	for _, c := range list {
		c.endSession()
	}
}

// Watchers is how many viewers without a seat a match has here, counted by sockets.
func (g *Gateway) Watchers(match string) int {
	g.mu.Lock()
	r := g.rooms[match]
	g.mu.Unlock()
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watchers()
}

// enter books a socket. It is false if the gateway is closed, or the address has too many.
func (g *Gateway) enter(c *conn) (closed, full bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed || g.draining.Load():
		return true, false
	case !g.opts.NoRateLimits && g.addresses[c.address] >= g.opts.SocketsPerAddress:
		return false, true
	}
	g.addresses[c.address]++
	g.conns[c] = struct{}{}
	g.sessions[c.token] = append(g.sessions[c.token], c)
	g.wg.Add(1)
	return false, false
}

// leave is the end of a socket that has entered.
func (g *Gateway) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if g.addresses[c.address]--; g.addresses[c.address] == 0 {
		delete(g.addresses, c.address)
	}
	list := slices.DeleteFunc(g.sessions[c.token], func(other *conn) bool { return other == c })
	if len(list) == 0 {
		delete(g.sessions, c.token)
	} else {
		g.sessions[c.token] = list
	}
	g.wg.Done()
}

// everybody is all sockets there are now.
func (g *Gateway) everybody() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		list = append(list, c)
	}
	return list
}
