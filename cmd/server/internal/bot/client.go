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
	dead     bool // the connection is there, but a write to it failed
}

// NewClient makes a client. Run connects it.
func NewClient(o Options) *Client {
	return &Client{
		o: o, watched: map[string]*Watched{}, commands: commands{known: map[string]*Command{}},
		backoff: backoff{rand: rand.New(rand.NewPCG(o.Rand.Uint64(), o.Rand.Uint64()))}, // Run's own: o.Rand is behind mu
	}
}

// Breach is a promise that the server has broken.
type Breach struct{ What string }

// Error says which.
func (b *Breach) Error() string { return "the server broke its word: " + b.What }

func breach(format string, args ...any) error { return &Breach{fmt.Sprintf(format, args...)} }

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
	conn, response, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.o.URL, "http")+"/ws", header)
	if err != nil {
		if response != nil && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
			return 0, fmt.Errorf("the server refuses the connection: %s", response.Status)
		}
		return 0, nil
	}
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // the reader notices
	defer stop()
	defer c.disconnect(conn)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(wire.ReadDeadline)); err != nil {
			return time.Since(began), nil
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			return max(time.Since(began), 1), closed(err)
		}
		frame, err := wire.DecodeServer(data)
		if err != nil {
			return time.Since(began), breach("%v in %s", err, data)
		}
		if err := c.take(conn, frame); err != nil {
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
		return fmt.Errorf("the server says %s: %s (match %q)", f.Code, f.Msg, f.Match)
	case wire.Pong, wire.Restarting:
		return nil // a restarting server closes soon
	}
	return breach("a frame of an unknown type: %T", frame)
}

// welcome answers a hello: what is watched goes on, then what is not answered is sent again.
func (c *Client) welcome(conn *websocket.Conn, h wire.Hello) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Proto != wire.Proto {
		return breach("protocol %d", h.Proto)
	}
	if c.conn != nil {
		return breach("a second hello")
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
		err = c.conn.WriteMessage(websocket.TextMessage, f.Append(nil))
	}
	if err != nil {
		c.dead = true
		c.conn.Close() //nolint:errcheck // the reader notices and comes back
	}
}
