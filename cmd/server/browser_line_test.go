package main

import (
	"net"
	"sync"
	"testing"
)

// line is a wire between browsers and a server that tests can cut. To a browser it is the server.
type line struct {
	url    string
	server string // address
	listen net.Listener
	wg     sync.WaitGroup

	mu    sync.Mutex
	cond  *sync.Cond
	state lineState
	conns map[net.Conn]bool
}

type lineState int

const (
	lineUp     lineState = iota
	lineSilent           // bytes wait
	lineCut              // connections are closed, and new ones, too
	lineGone
)

func newLine(t testing.TB, server string) *line {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: "http://" + listen.Addr().String(), server: server, listen: listen, conns: map[net.Conn]bool{}}
	l.cond = sync.NewCond(&l.mu)
	l.wg.Go(l.accept)
	t.Cleanup(func() {
		_ = listen.Close()
		l.set(lineGone)
		l.wg.Wait()
	})
	return l
}

// set changes the state. What waited while the line was silent goes on when it is up again.
func (l *line) set(state lineState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
	if state >= lineCut {
		for conn := range l.conns {
			_ = conn.Close()
		}
		clear(l.conns)
	}
	l.cond.Broadcast()
}

func (l *line) accept() {
	for {
		client, err := l.listen.Accept()
		if err != nil {
			return
		}
		if !l.keep(client) {
			continue
		}
		server, err := net.Dial("tcp", l.server)
		if err != nil || !l.keep(server) {
			_ = client.Close()
			continue
		}
		l.wg.Go(func() { l.copy(server, client) })
		l.wg.Go(func() { l.copy(client, server) })
	}
}

// keep takes a connection in, or closes it where the line is cut.
func (l *line) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state >= lineCut {
		_ = conn.Close()
		return false
	}
	l.conns[conn] = true
	return true
}

// copy brings bytes from one end to the other until one of them is closed.
func (l *line) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.mu.Lock()
		for l.state == lineSilent {
			l.cond.Wait()
		}
		l.mu.Unlock()
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}
