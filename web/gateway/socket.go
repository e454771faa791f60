package gateway

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/everturn/everturn/web/wire"
)

// closeWait is how long a client has to answer our close frame before its connection is cut.
const closeWait = time.Second

// conn is a socket of a player.
type conn struct {
	g       *Gateway
	player  string
	token   string
	address string
	out     outbox
	limit   *rate.Limiter // nil: none

	ws      *websocket.Conn // read pump
	nc      net.Conn        // the writer's; closed by either
	open    atomic.Bool     // ws and nc are there
	written chan struct{}   // nothing is written any more

	viewers map[string]*viewer // by match; the read pump's own
	chats   *rate.Limiter      // nil until the first line; the read pump's own
}

func newConn(g *Gateway, player, token, address string) *conn {
	c := &conn{g: g, player: player, token: token, address: address, written: make(chan struct{})}
	c.out.busy, c.out.start = true, func() { go c.write() } // busy until start
	if !g.opts.NoRateLimits {
		c.limit = rate.NewLimiter(wire.FramesPerSecond, wire.FrameBurst)
	}
	return c
}

// start says hello, and begins to read.
func (c *conn) start(ws *websocket.Conn) {
	c.ws, c.nc = ws, ws.NetConn()
	ws.SetCloseHandler(func(int, string) error { return nil }) // the writer answers: see lost
	ws.SetPingHandler(func(payload string) error { c.out.control(payload); return nil })
	ws.SetPongHandler(func(string) error { return c.alive() })
	send(c, wire.TypeHello, wire.Hello{
		Proto: wire.Proto, Boot: c.g.opts.Boot, Epoch: int64(c.g.opts.Epoch()), Server: c.g.opts.Server, Player: c.player,
		Ping: wire.PingEvery.Milliseconds(), Max: wire.MaxInbound, Now: c.g.opts.Now().UnixMilli(),
	})
	c.g.stats.opened.Add(1)
	c.open.Store(true)
	c.out.beat()
	go c.write()
	go c.read()
}

// send puts a frame that must not be dropped.
func send[F wire.ServerFrame](c *conn, t wire.Type, f F) {
	c.g.stats.sent(t, 1)
	c.settle(c.out.add(frameOf(f), c.g.opts.Now))
}

// push puts events of a viewer of this socket. The room's lock may be held.
func (c *conn) push(f outFrame) {
	c.settle(c.out.push(f, c.g.opts.Now))
}

// settle does what adding to the outbox has led to.
func (c *conn) settle(what fate) {
	switch what {
	case overflow:
		c.g.stats.overflows.Add(1)
	case tooSlow:
		c.g.stats.overflows.Add(1)
		c.end(wire.CloseTooSlow, wire.CloseTooSlow.Reason())
	}
}

// end closes the socket: what waits goes out, then the close frame. Only the first ending counts.
func (c *conn) end(code wire.CloseCode, reason string) {
	if c.out.end(closeFrame(code, reason), time.Now()) {
		c.g.stats.closed(int(code))
	}
}

func (c *conn) endSession() { c.end(wire.CloseSession, wire.CloseSession.Reason()) }

// cut ends the socket without a word. One that is not open yet ends by itself when it is.
func (c *conn) cut() {
	c.out.abort()
	if c.open.Load() {
		c.nc.Close() //nolint:errcheck // the read pump and the writer see it
	}
}

// read is the read pump.
func (c *conn) read() {
	defer c.g.leave(c)
	var err error
	for err == nil {
		err = c.readFrame()
	}
	c.lost(err)
	<-c.written
	c.nc.Close() //nolint:errcheck // it is over either way
	for _, v := range c.viewers {
		v.room.leave(v)
	}
}

// lost is the end of the reading half: the client's close frame is answered, and all else is a connection that broke.
func (c *conn) lost(err error) {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed) && closed.Code == websocket.CloseNoStatusReceived:
		if c.out.end(closeFrame(0, ""), time.Now()) {
			c.g.stats.closed(closed.Code)
		}
	case errors.As(err, &closed):
		c.end(wire.CloseCode(closed.Code), "")
	default:
		if c.out.abort() {
			c.g.stats.closed(websocket.CloseAbnormalClosure)
		}
	}
}

// inBuffers hold a frame while it is read and judged; a frame keeps nothing of it.
var inBuffers = sync.Pool{New: func() any { return new([wire.MaxInbound + 1]byte) }}

// readFrame reads a frame and deals with it. An error is the end of the connection.
func (c *conn) readFrame() error {
	if err := c.alive(); err != nil {
		return err
	}
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return err
	}
	if c.out.closing() {
		return nil // it could not be answered; what is left is read for the sake of a clean end
	}
	if kind != websocket.TextMessage {
		c.end(wire.CloseMalformed, "Frames are text, not binary.")
		return nil
	}
	buf := inBuffers.Get().(*[wire.MaxInbound + 1]byte)
	defer inBuffers.Put(buf)
	// One byte more than allowed is enough to know; the rest is skipped unread by the next NextReader.
	n, err := io.ReadFull(r, buf[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	c.receive(buf[:n])
	return nil
}

// alive gives the client time until the read deadline.
func (c *conn) alive() error { return c.ws.SetReadDeadline(time.Now().Add(wire.ReadDeadline)) }

// outBuffers hold what goes out with one write.
var outBuffers = sync.Pool{New: func() any { return new([]byte) }}

// write is the writer. It lets others go first: of one commit come an answer, and events by way of a room, and what is
// there by then goes out with one system call.
func (c *conn) write() {
	runtime.Gosched()
	if !c.flush() {
		close(c.written)
	}
}

// flush writes until nothing waits. It is false when nothing more is to come.
func (c *conn) flush() bool {
	buf := outBuffers.Get().(*[]byte)
	defer outBuffers.Put(buf)
	for {
		data, serve, last, endBy := c.out.take((*buf)[:0])
		if serve != nil {
			data = serve.room.serve(serve, data)
		}
		*buf = data
		switch {
		case last:
			c.finish(data, endBy)
			return false
		case len(data) > 0:
			if !c.transmit(data, endBy) {
				return false
			}
		case serve == nil:
			return true
		}
	}
}

// transmit writes within the write deadline. A connection that cannot be written to is cut.
func (c *conn) transmit(data []byte, endBy time.Time) bool {
	c.g.stats.writes.Add(1)
	deadline := time.Now().Add(wire.WriteDeadline)
	if !endBy.IsZero() && endBy.Before(deadline) {
		deadline = endBy
	}
	err := c.nc.SetWriteDeadline(deadline)
	if err == nil {
		_, err = c.nc.Write(data)
	}
	if err != nil {
		c.nc.Close() //nolint:errcheck // the read pump sees it and cleans up
	}
	return err == nil
}

// finish writes the last of a socket, and gives the client a moment to take it: a connection that is closed with input
// unread is reset, and then the client might never see the close frame.
func (c *conn) finish(data []byte, endBy time.Time) {
	if len(data) == 0 || !c.transmit(data, endBy) {
		c.nc.Close() //nolint:errcheck // the read pump cleans up
		return
	}
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		half.CloseWrite() //nolint:errcheck // the connection is closed below at the latest
	}
	time.AfterFunc(closeWait, func() { c.nc.Close() }) //nolint:errcheck // mostly it is closed by then
}
