package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/web/wire"
)

// Handler is what a client does with what it hears. Its methods are called from the client's goroutine, one at a time and
// never after Run has returned; they may call the client's methods. An error ends Run.
type Handler interface {
	// Synced: all of a match is known as of its last event. It follows a sync, and a live.
	Synced(m *Watched) error
	// Event: an event has come; the view is the newest there is, perhaps of before the event.
	Event(m *Watched, e wire.Ev) error
	// Acked: a command is on disk.
	Acked(c Command, seq int64) error
	// Nacked: a command was refused for good. (Those to be tried again, the client tries again.)
	Nacked(c Command, n wire.Nack) error
}

// Options of a client.
type Options struct {
	URL     string // of the server, http://…
	Token   string
	Handler Handler
	Rand    *rand.Rand // the client's alone
	// Cut and Live are told, where they are set, when a connection is lost, and when after that everything that is
	// watched is live again.
	Cut, Live func()
	// Breach is told of broken promises, where it is set, and the client goes on as well as it can. Without it the first
	// breach ends Run.
	Breach func(*Breach)
	// Opened and Closed are told, where they are set, of each connection: how long it took from the dial to the hello, and
	// with which code it ended (1006: without one). Refused is told of a dial that led to no connection.
	Opened  func(time.Duration)
	Closed  func(code int)
	Refused func(error)
	// Traffic is told, where it is set, of the bytes of each frame's payload that came in or went out.
	Traffic func(in, out int)
}

// Client is one player's connection. Its methods may be called from any goroutine.
type Client struct {
	o       Options
	backoff backoff

	mu       sync.Mutex
	conn     *websocket.Conn // nil while there is none
	hello    wire.Hello
	watched  map[string]*Watched
	commands commands
	dead     bool   // the connection is there, but a write to it failed
	frame    []byte // scratch
}

// NewClient makes a client. Run connects it.
func NewClient(o Options) *Client {
	return &Client{
		o: o, watched: map[string]*Watched{}, commands: commands{known: map[string]*Command{}},
		backoff: backoff{rand: rand.New(rand.NewPCG(o.Rand.Uint64(), o.Rand.Uint64()))}, // Run's own: o.Rand is behind mu
	}
}

// Promise is a kind of what a server must keep.
type Promise int

// The promises that can be seen to be broken on a connection.
const (
	Other  Promise = iota // of none of the kinds below
	NoGap                 // event numbers leave nothing out
	NoStep                // event numbers do not come again
	NoLoss                // what was told has happened
)

// Breach is a promise that the server has broken.
type Breach struct {
	Promise Promise
	What    string
}

// Error says which.
func (b *Breach) Error() string { return "the server broke its word: " + b.What }

func breach(p Promise, format string, args ...any) error {
	return &Breach{p, fmt.Sprintf(format, args...)}
}

// forgive gives nil for a breach where somebody wants to hear of all of them.
func (c *Client) forgive(err error) error {
	var b *Breach
	if c.o.Breach == nil || !errors.As(err, &b) {
		return err
	}
	c.o.Breach(b)
	return nil
}

// Run connects, and connects again, until the context ends (then it gives nil), the handler fails or the server breaks a
// promise.
func (c *Client) Run(ctx context.Context) error {
	for cut := time.Now(); ; {
		uptime, err := c.connection(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if uptime > 0 {
			cut = time.Now()
			if c.o.Cut != nil {
				c.o.Cut()
			}
		}
		c.backoff.lived(uptime)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.backoff.next(time.Since(cut))):
		}
	}
}

var dialer = websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 5 * time.Second}

// connection is the life of one connection; 0 if there was none. Its loss is no error.
func (c *Client) connection(ctx context.Context) (time.Duration, error) {
	header := http.Header{"Authorization": {"Bearer " + c.o.Token}}
	dialed := time.Now()
	conn, response, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.o.URL, "http")+"/ws", header)
	if err != nil {
		if response != nil && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
			return 0, fmt.Errorf("the server refuses the connection: %s", response.Status)
		}
		if c.o.Refused != nil && ctx.Err() == nil {
			c.o.Refused(err)
		}
		return 0, nil
	}
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // the reader notices
	defer stop()
	defer c.disconnect(conn)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(wire.ReadDeadline)); err != nil {
			c.tellClosed(ctx, err)
			return time.Since(began), nil
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			c.tellClosed(ctx, err)
			return max(time.Since(began), 1), closed(err)
		}
		if c.o.Traffic != nil {
			c.o.Traffic(len(data), 0)
		}
		frame, err := wire.DecodeServer(data)
		if err != nil {
			err = breach(Other, "%v in %s", err, data)
		} else {
			err = c.take(conn, frame)
		}
		if _, first := frame.(wire.Hello); first && c.o.Opened != nil {
			c.o.Opened(time.Since(dialed))
		}
		if err := c.forgive(err); err != nil {
			return time.Since(began), err
		}
	}
}

// closed says whether the server has closed for a reason that is our fault.
func closed(err error) error {
	var e *websocket.CloseError
	if errors.As(err, &e) {
		switch wire.CloseCode(e.Code) {
		case wire.CloseMalformed, wire.CloseForbidden, wire.CloseSession, wire.CloseTooBig, wire.ClosePolicy:
			return fmt.Errorf("the server has closed the connection: %w", err)
		}
	}
	return nil
}

func (c *Client) tellClosed(ctx context.Context, err error) {
	if c.o.Closed == nil || ctx.Err() != nil {
		return
	}
	code := websocket.CloseAbnormalClosure
	var e *websocket.CloseError
	if errors.As(err, &e) {
		code = e.Code
	}
	c.o.Closed(code)
}

func (c *Client) disconnect(conn *websocket.Conn) {
	c.mu.Lock()
	c.conn, c.dead = nil, false
	for _, command := range c.commands.waiting {
		command.asked = false
	}
	c.mu.Unlock()
	conn.Close() //nolint:errcheck // it is lost already
}

// take deals with one frame.
func (c *Client) take(conn *websocket.Conn, frame wire.ServerFrame) error {
	switch f := frame.(type) {
	case wire.Hello:
		return c.welcome(conn, f)
	case wire.Sync:
		return c.sync(f)
	case wire.Ev:
		return c.event(f)
	case wire.Live:
		return c.live(f)
	case wire.Ack:
		return c.acked(f)
	case wire.Nack:
		return c.nacked(f)
	case wire.Error:
		if f.Code == wire.CodeUnavailable || f.Code == wire.CodeBusy || f.Code == wire.CodeRateLimited {
			return c.hangUp() // and come back: there is no other way to ask for the watch again
		}
		if f.Code == wire.CodeNotFound && c.known(f.Match) != nil {
			return breach(NoLoss, "match %s: there is no such match, the server says", f.Match)
		}
		return fmt.Errorf("the server says %s: %s (match %q)", f.Code, f.Msg, f.Match)
	case wire.Pong, wire.Restarting:
		return nil // a restarting server closes soon
	}
	return breach(Other, "a frame of an unknown type: %T", frame)
}

// welcome answers a hello: what is watched goes on, then what is not answered is sent again.
func (c *Client) welcome(conn *websocket.Conn, h wire.Hello) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Proto != wire.Proto {
		return breach(Other, "protocol %d", h.Proto)
	}
	if c.conn != nil {
		return breach(Other, "a second hello")
	}
	fresh := c.hello.Boot == "" || c.hello.Epoch != h.Epoch
	c.conn, c.hello = conn, h
	for _, m := range c.watched {
		m.isLive = false
		if fresh {
			m.forget()
		}
		c.write(m.watch(h.Epoch))
	}
	for _, command := range c.commands.waiting {
		c.ask(command)
	}
	return nil
}

// Hello is the last one that came.
func (c *Client) Hello() wire.Hello {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hello
}

// Drop cuts the connection from this side, as a bad network would.
func (c *Client) Drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close() //nolint:errcheck // that is what is wanted
	}
}

func (c *Client) hangUp() error { c.Drop(); return nil }

// write sends a frame if there is a connection. What cannot be sent is sent again after the next hello. The caller holds
// mu, which also keeps writes apart.
func (c *Client) write(f wire.ClientFrame) {
	if c.conn == nil || c.dead {
		return
	}
	err := c.conn.SetWriteDeadline(time.Now().Add(wire.WriteDeadline))
	if err == nil {
		c.frame = f.Append(c.frame[:0])
		err = c.conn.WriteMessage(websocket.TextMessage, c.frame)
	}
	if c.o.Traffic != nil {
		c.o.Traffic(0, len(c.frame))
	}
	if err != nil {
		c.dead = true
		c.conn.Close() //nolint:errcheck // the reader notices and comes back
	}
}
