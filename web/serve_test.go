package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/web/wire"
)

// dial opens a socket as a player.
func dial(t *testing.T, url string, who guest, header http.Header) (*websocket.Conn, *http.Response) {
	t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Cookie", sessionCookie+"="+who.token)
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, r, err := d.Dial("ws"+strings.TrimPrefix(url, "http")+"/ws", header)
	if err != nil && r == nil {
		t.Fatal(err)
	}
	if ws != nil {
		t.Cleanup(func() { ws.Close() })
	}
	return ws, r
}

// closeCode reads a socket until it is closed, and gives what it got before.
func closeCode(t *testing.T, ws *websocket.Conn) (code int, frames []string) {
	t.Helper()
	for {
		_, data, err := ws.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code, frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, string(data))
	}
}

func TestSocketDoor(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	if _, r := dial(t, h.url, guest{token: "x"}, nil); r.StatusCode != 401 || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("without a session: %d %v", r.StatusCode, r.Header)
	}
	if _, r := dial(t, h.url, ann, http.Header{"Origin": {"http://evil.example"}}); r.StatusCode != 403 {
		t.Errorf("from elsewhere: %d", r.StatusCode)
	}
	h.refused(call{method: "GET", path: "/ws", token: ann.token}, 400, wire.CodeBadRequest) // no subprotocol
	ws, r := dial(t, h.url, ann, http.Header{"Origin": {h.url}})
	if r.StatusCode != 101 || ws.Subprotocol() != wire.Subprotocol {
		t.Fatalf("the handshake: %d", r.StatusCode)
	}
	_, hello, err := ws.ReadMessage()
	h.must(err)
	var f struct{ T, Boot, Server, Player string }
	h.must(json.Unmarshal(hello, &f))
	if f.T != "hello" || f.Boot != "b1" || f.Server != "test" || f.Player != ann.id {
		t.Errorf("hello: %s", hello)
	}
	h.ok(call{method: "DELETE", path: "/api/session", token: ann.token}, 204, nil)
	if code, _ := closeCode(t, ws); code != int(wire.CloseSession) {
		t.Errorf("after the session's end: closed with %d", code)
	}
	if _, r := dial(t, h.url, ann, nil); r.StatusCode != 401 {
		t.Errorf("with the ended session: %d", r.StatusCode)
	}
	m := h.ok(call{method: "GET", path: "/metrics"}, 200, nil)
	if !strings.Contains(string(m.body), `route="/ws",status="101"} 1`) {
		t.Errorf("the socket is not counted:\n%s", seriesIn(m.body))
	}
}

func TestServeStopsGracefully(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.Serve(ctx, l) }()
	url := "http://" + l.Addr().String()
	ws, r := dial(t, url, ann, nil)
	if r.StatusCode != 101 {
		t.Fatalf("the handshake: %d", r.StatusCode)
	}
	cancel()
	code, frames := closeCode(t, ws)
	if code != int(wire.CloseRestart) || !strings.Contains(frames[len(frames)-1], `"restarting"`) {
		t.Errorf("closed with %d after %v", code, frames)
	}
	h.must(<-done)
	h.refused(call{method: "GET", path: "/readyz"}, 503, wire.CodeUnavailable)
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is still open")
	}
	h.must(h.Close()) // again
}

func TestServeSaysWhyItCannot(t *testing.T) {
	h := openHouse(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	h.must(l.Close())
	if err := h.Serve(context.Background(), l); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("serving a closed listener: %v", err)
	}
}
