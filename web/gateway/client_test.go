package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/web/wire"
)

// patience is how long a test waits for what must come.
const patience = 5 * time.Second

// client is a socket as a browser has it. It checks what holds for every client: frames that fit the protocol, and
// numbers without gap or repeat.
type client struct {
	t    testing.TB
	ws   *websocket.Conn
	seqs map[string]int64
	raw  []string // all that came
}

func (h *house) dialer() *websocket.Dialer {
	return &websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: patience}
}

func (h *house) url() string { return "ws" + strings.TrimPrefix(h.http.URL, "http") }

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// connect opens a socket and takes the hello.
func (h *house) connect(p guest) *client {
	h.t.Helper()
	ws, _, err := h.dialer().Dial(h.url(), bearer(p.token))
	h.must(err)
	c := &client{t: h.t, ws: ws, seqs: map[string]int64{}}
	h.t.Cleanup(func() { ws.Close() })
	if hello := expect[wire.Hello](c); hello.Player != p.ID {
		h.t.Fatalf("hello is %+v", hello)
	}
	return c
}

func (c *client) send(f wire.ClientFrame) {
	c.t.Helper()
	c.sendText(string(f.Append(nil)))
}

func (c *client) sendText(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// read takes the next frame, or the error that ended the socket.
func (c *client) read() (wire.ServerFrame, error) {
	c.t.Helper()
	c.ws.SetReadDeadline(time.Now().Add(patience)) //nolint:errcheck // then reading fails
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	c.raw = append(c.raw, string(data))
	f, err := wire.DecodeServer(data)
	if err != nil {
		c.t.Fatalf("%v: %s", err, data)
	}
	c.check(f, data)
	return f, nil
}

func (c *client) check(f wire.ServerFrame, data []byte) {
	c.t.Helper()
	switch f := f.(type) {
	case wire.Sync:
		c.seqs[f.Match] = f.Seq
	case wire.Ev:
		if last, ok := c.seqs[f.Match]; !ok || f.Seq != last+1 {
			c.t.Fatalf("event %d after %d: %s", f.Seq, last, data)
		}
		c.seqs[f.Match] = f.Seq
	case wire.Live:
		if f.Seq != c.seqs[f.Match] {
			c.t.Fatalf("live at %d after event %d", f.Seq, c.seqs[f.Match])
		}
	}
}

func (c *client) next() wire.ServerFrame {
	c.t.Helper()
	f, err := c.read()
	if err != nil {
		c.t.Fatalf("the socket ended: %v", err)
	}
	return f
}

// expect takes the next frame, which must be an F.
func expect[F wire.ServerFrame](c *client) F {
	c.t.Helper()
	f := c.next()
	want, ok := f.(F)
	if !ok {
		c.t.Fatalf("expected a %T, got %s", want, f.Append(nil))
	}
	return want
}

// until takes frames until an F comes.
func until[F wire.ServerFrame](c *client) F {
	c.t.Helper()
	for {
		if f, ok := c.next().(F); ok {
			return f
		}
	}
}

// closed takes frames until the socket ends, and checks how.
func (c *client) closed(code wire.CloseCode) {
	c.t.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != int(code) {
			c.t.Fatalf("the socket ended with %v, not %d", err, code)
		}
		return
	}
}

// watch follows a match from a fresh view.
func (c *client) watch(match string) wire.Sync {
	c.t.Helper()
	c.send(wire.Watch{Match: match})
	return c.synced()
}

// synced takes the answer to a watch that is a fresh view: a sync, and behind it a live that says the same.
func (c *client) synced() wire.Sync {
	c.t.Helper()
	s := expect[wire.Sync](c)
	if l := expect[wire.Live](c); l.Match != s.Match || l.Seq != s.Seq || string(l.View) != string(s.View) || string(l.Info) != string(s.Info) {
		c.t.Fatalf("a sync %s, and a live %s", s.Append(nil), l.Append(nil))
	}
	return s
}

// resume follows a match from an event on, which the client is taken to have.
func (c *client) resume(match string, after int64) {
	c.t.Helper()
	c.seqs[match] = after
	c.send(wire.Watch{Match: match, After: wire.Some(after), Epoch: wire.Some(7)})
}

// move makes a move and waits for its ack; events may come before and after.
func (c *client) move(id, match, move string) wire.Ack {
	c.t.Helper()
	c.send(wire.Move{ID: id, Match: match, Move: move})
	for {
		switch f := c.next().(type) {
		case wire.Ack:
			if f.ID == id {
				return f
			}
		case wire.Nack:
			c.t.Fatalf("%s is refused: %s %s", move, f.Code, f.Msg)
		}
	}
}

func (c *client) nacked(f wire.ClientFrame, code wire.Code) wire.Nack {
	c.t.Helper()
	c.send(f)
	nack := until[wire.Nack](c)
	if nack.Code != code {
		c.t.Fatalf("nack is %s (%s), not %s", nack.Code, nack.Msg, code)
	}
	return nack
}

// fence waits until all that was sent is dealt with, and gives what came before the pong.
func (c *client) fence() (before []wire.ServerFrame) {
	c.t.Helper()
	c.send(wire.Ping{C: 4711})
	for {
		f := c.next()
		if _, ok := f.(wire.Pong); ok {
			return before
		}
		before = append(before, f)
	}
}

func field(t testing.TB, raw json.RawMessage, name string) string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return string(m[name])
}
