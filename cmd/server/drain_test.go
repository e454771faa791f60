package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

// connect opens a socket, and waits for the hello.
func connect(t *testing.T, url, token string) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/ws", http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		t.Fatal(err, response)
	}
	t.Cleanup(func() { conn.Close() })
	if f, err := read(conn); err != nil || f.Type() != wire.TypeHello {
		t.Fatalf("%v, %v", f, err)
	}
	return conn
}

func read(conn *websocket.Conn) (wire.ServerFrame, error) {
	if err := conn.SetReadDeadline(time.Now().Add(startTimeout)); err != nil {
		return nil, err
	}
	_, data, err := conn.ReadMessage()
	if err != nil {
		return nil, err
	}
	return wire.DecodeServer(data)
}

// TestDrain: at a SIGTERM sockets are told, a move that is under way is answered or not taken, and the process is gone
// within 5 s, with success and a database that was closed cleanly.
func TestDrain(t *testing.T) {
	data := newData(t)
	c := startServer(t, data, "--addr", "127.0.0.1:0")
	api := &bot.API{URL: c.url}
	ann, err := api.NewPlayer(t.Context(), "Ann")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, c.url, ann.Token)
	began := time.Now()
	c.signal(terminate)
	f, err := read(conn)
	if restarting, ok := f.(wire.Restarting); !ok || restarting.In > 5000 {
		t.Errorf("told %#v, %v", f, err)
	}
	var closed *websocket.CloseError
	if _, err := read(conn); !errors.As(err, &closed) || wire.CloseCode(closed.Code) != wire.CloseRestart {
		t.Errorf("closed with %v", err)
	}
	if code := c.end(5 * time.Second); code != 0 {
		t.Errorf("exit code %d:\n%s", code, c.log.String())
	}
	t.Logf("gone after %s", time.Since(began).Round(time.Millisecond))
	if code, out, errOut := run(t, nil, "verify", "--data", data); code != 0 {
		t.Errorf("verify: %s%s", out, errOut)
	}
}

// stuck is a request that never ends: a drain waits for it.
func stuck(t *testing.T, c *child) {
	t.Helper()
	address := strings.TrimPrefix(c.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /api/players HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", address)
	if err != nil {
		t.Fatal(err)
	}
	// An answer to a later request shows that the server has read this far.
	waitStatus(t, c.url+"/healthz", http.StatusOK)
}

// TestDrainDoesNotWaitForEver: whoever holds a request open does not keep the server from ending in time.
func TestDrainDoesNotWaitForEver(t *testing.T) {
	c := startServer(t, newData(t), "--addr", "127.0.0.1:0")
	stuck(t, c)
	began := time.Now()
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("exit code %d:\n%s", code, c.log.String())
	}
	if took := time.Since(began); took > 5*time.Second+detectorPause {
		t.Errorf("it took %s", took)
	}
}

// TestSecondSignal ends at once what the first one would wait for.
func TestSecondSignal(t *testing.T) {
	c := startServer(t, newData(t), "--addr", "127.0.0.1:0")
	stuck(t, c)
	c.signal(terminate)
	waitFor(t, func() bool { return strings.Contains(c.log.String(), "stopping") }, func() string { return "the first signal does nothing" })
	began := time.Now()
	c.signal(terminate)
	if code := c.end(startTimeout); code != exitFailed {
		t.Errorf("exit code %d:\n%s", code, c.log.String())
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestNoSecretsInLogs: whatever is asked, and however wrong, no token and no key of a client is in the log, even of a
// server that logs all it can.
func TestNoSecretsInLogs(t *testing.T) {
	data := newData(t)
	c := startServer(t, data, "--addr", "127.0.0.1:0", "--log-level", "trace")
	api := &bot.API{URL: c.url}
	ann, err := api.NewPlayer(t.Context(), "Ann")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, ok := strings.Cut(ann.Token, ".")
	if !ok || len(secret) < 16 {
		t.Fatalf("%q is no token as this test knows them", ann.Token)
	}
	if _, err := api.NewMatch(t.Context(), ann, "tictactoe", "an-idempotency-key"); err != nil {
		t.Fatal(err)
	}
	connect(t, c.url, ann.Token).Close()
	wrong := ann
	wrong.Token += "x" // and so refused, with the true one in it
	if _, err := api.NewMatch(t.Context(), wrong, "tictactoe", ""); err == nil {
		t.Error("a wrong token is a session")
	}
	if _, err := api.Join(t.Context(), ann, "no-such-match"); err == nil {
		t.Error("a match that is not there was joined")
	}
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("exit code %d", code)
	}
	log := c.log.String()
	if !strings.Contains(log, `"level":"debug"`) {
		t.Errorf("the log has no details, so this test says nothing:\n%s", log)
	}
	for _, s := range []string{secret, "an-idempotency-key", "Bearer"} {
		if strings.Contains(log, s) {
			t.Errorf("%q is in the log:\n%s", s, log)
		}
	}
}
