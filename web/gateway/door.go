package gateway

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// readBuffer is a socket's own; it holds the longest control frame, and longer frames are read past it. Most frames of
// clients have some 100 bytes.
const readBuffer = 256

// newUpgrader leaves the writing half to the writer of the socket: gorilla's write buffer is used for the rare close frame of its
// own only, and comes from a pool.
func (g *Gateway) newUpgrader() websocket.Upgrader {
	return websocket.Upgrader{
		ReadBufferSize: readBuffer, WriteBufferSize: readBuffer, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: wire.WriteDeadline,
		Subprotocols:     []string{wire.Subprotocol},
		CheckOrigin:      func(*http.Request) bool { return true }, // done before
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			g.opts.Problem(w, r, wire.CodeBadRequest, reason.Error())
		},
	}
}

// ServeHTTP opens a socket for GET /ws. It refuses, in this order: no subprotocol everturn.v1 (400), a foreign origin
// (403), no session (401), a gateway that is closing (503), too many sockets of the address (429), and what is no
// WebSocket handshake (400).
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(websocket.Subprotocols(r), wire.Subprotocol) {
		g.opts.Problem(w, r, wire.CodeBadRequest, "Ask for the WebSocket subprotocol "+wire.Subprotocol+".")
		return
	}
	if !g.opts.OriginAllowed(r) {
		g.opts.Problem(w, r, wire.CodeForbidden, "Pages of this origin may not connect.")
		return
	}
	player, token, err := g.opts.Authenticate(r)
	if err != nil {
		code, msg := doorRefusal(err)
		g.opts.Problem(w, r, code, msg)
		return
	}
	c := newConn(g, player.ID, token, address(r))
	switch closed, full := g.enter(c); {
	case closed:
		g.opts.Problem(w, r, wire.CodeUnavailable, "The server is restarting; try again in a moment.")
		return
	case full:
		g.opts.Problem(w, r, wire.CodeRateLimited, "Too many connections from this address.")
		return
	}
	ws, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil { // answered, or the client is gone
		g.leave(c)
		return
	}
	c.start(ws)
	if _, _, err := g.opts.Authenticate(r); err != nil {
		c.endSession()
	}
}

func doorRefusal(err error) (wire.Code, string) {
	var refusal *game.Refusal
	if errors.As(err, &refusal) && wire.Code(refusal.Code).Known() {
		return wire.Code(refusal.Code), refusal.Message
	}
	return wire.CodeUnavailable, wire.CodeUnavailable.Sentence()
}

// address is the peer's IP address.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// writeProblem is the default of Options.Problem.
func writeProblem(w http.ResponseWriter, _ *http.Request, code wire.Code, detail string) {
	body, err := json.Marshal(struct {
		Type   string    `json:"type"`
		Title  string    `json:"title"`
		Status int       `json:"status"`
		Code   wire.Code `json:"code"`
		Detail string    `json:"detail"`
	}{"about:blank", http.StatusText(code.Status()), code.Status(), code, detail})
	if err != nil {
		http.Error(w, code.Sentence(), code.Status())
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if code.RetryAfter() {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(code.Status())
	w.Write(body) //nolint:errcheck // the client is gone: nobody is left to tell
}
