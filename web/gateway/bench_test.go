package gateway

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// rawClient is a socket that costs a benchmark as little as can be: no goroutine, no decoding.
type rawClient struct {
	nc  net.Conn
	br  *bufio.Reader
	out []byte
	in  []byte
}

func (h *house) rawClient(p guest) *rawClient {
	h.t.Helper()
	nc, err := net.Dial("tcp", h.http.Listener.Addr().String())
	h.must(err)
	h.t.Cleanup(func() { nc.Close() })
	_, err = fmt.Fprintf(nc, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\nAuthorization: Bearer %s\r\n\r\n", wire.Subprotocol, p.token)
	h.must(err)
	c := &rawClient{nc: nc, br: bufio.NewReaderSize(nc, 512)}
	res, err := http.ReadResponse(c.br, nil)
	h.must(err)
	if res.StatusCode != http.StatusSwitchingProtocols {
		h.t.Fatalf("status %d", res.StatusCode)
	}
	h.must(c.until(`"hello"`))
	return c
}

func (c *rawClient) send(f wire.ClientFrame) error {
	text := f.Append(c.in[:0])
	c.out = append(c.out[:0], 0x81)
	if len(text) <= maxShort {
		c.out = append(c.out, 0x80|byte(len(text)))
	} else {
		c.out = binary.BigEndian.AppendUint16(append(c.out, 0x80|126), uint16(len(text)))
	}
	c.out = append(append(c.out, 0, 0, 0, 0), text...) // a mask of zeros
	_, err := c.nc.Write(c.out)
	return err
}

// until reads frames until one has the text in it.
func (c *rawClient) until(text string) error {
	for {
		head, err := c.br.Peek(2)
		if err != nil {
			return err
		}
		op, size, skip := head[0], int(head[1]), 2
		if size == 126 {
			if head, err = c.br.Peek(4); err != nil {
				return err
			}
			size, skip = int(binary.BigEndian.Uint16(head[2:])), 4
		}
		if _, err := c.br.Discard(skip); err != nil {
			return err
		}
		if cap(c.in) < size {
			c.in = make([]byte, size)
		}
		if _, err := io.ReadFull(c.br, c.in[:size]); err != nil {
			return err
		}
		if op == opClose {
			return fmt.Errorf("closed: %q", c.in[:size])
		}
		if strings.Contains(string(c.in[:size]), text) {
			return nil
		}
	}
}

// BenchmarkMove is a move from the frame to its ack over a loopback socket, with the whole engine on memstore, by one
// player who also watches. No game has more than 1,000 moves.
func BenchmarkMove(b *testing.B) {
	h := openHouse(b, setup{loud: true, options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	c := h.rawClient(ann)
	var m string
	n := 0
	begin := func() {
		m = h.match("tally", ann)
		h.must(c.send(wire.Watch{Match: m}))
		h.must(c.until(`"sync"`))
	}
	b.ReportAllocs()
	for b.Loop() {
		if n%1000 == 0 {
			b.StopTimer()
			if n > 0 {
				h.must(c.send(wire.Unwatch{Match: m}))
			}
			begin()
			b.StartTimer()
		}
		n++
		h.must(c.send(wire.Move{ID: strconv.Itoa(n), Match: m, Move: "+"}))
		h.must(c.until(`"ack"`))
	}
}

// BenchmarkMoves is the same by 100 players, each in a match of its own, each waiting for its ack.
func BenchmarkMoves(b *testing.B) {
	const players = 100
	h := openHouse(b, setup{loud: true, options: func(o *Options) { o.NoRateLimits = true }})
	clients, matches := make([]*rawClient, players), make([]string, players)
	for i := range clients {
		p := h.guest("Ann")
		matches[i] = h.match("tally", p)
		clients[i] = h.rawClient(p)
		h.must(clients[i].send(wire.Watch{Match: matches[i]}))
		h.must(clients[i].until(`"sync"`))
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := h.gate.stats.writes.Load()
	done := make(chan error, players)
	for i, c := range clients {
		go func() {
			var err error
			for n := i; n < b.N && err == nil; n += players {
				if err = c.send(wire.Move{ID: fmt.Sprint("k", n), Match: matches[i], Move: "+"}); err == nil {
					err = c.until(`"ack"`)
				}
			}
			done <- err
		}()
	}
	for range clients {
		h.must(<-done)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "moves/s")
	b.ReportMetric(float64(h.gate.stats.writes.Load()-before)/float64(b.N), "writes/move")
}

// BenchmarkWatchers is one event to 2,000 watchers: until the last of them has it.
func BenchmarkWatchers(b *testing.B) {
	const watchers = 2000
	h := openHouse(b, setup{loud: true, options: func(o *Options) { o.NoRateLimits = true }})
	ann, cat := h.guest("Ann"), h.guest("Cat")
	m := h.match("tally", ann)
	clients := make([]*rawClient, watchers)
	for i := range clients {
		clients[i] = h.rawClient(cat)
		h.must(clients[i].send(wire.Watch{Match: m}))
		h.must(clients[i].until(`"sync"`))
	}
	for b.ResetTimer(); b.Loop(); {
		h.add(m, ann, 1)
		for _, c := range clients {
			h.must(c.until(`"ev"`))
		}
	}
}

// BenchmarkResume is a socket that comes back to a match and lacks a few events.
func BenchmarkResume(b *testing.B) {
	h := openHouse(b, setup{loud: true, options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.rawClient(ann)
	h.must(c.send(wire.Watch{Match: m}))
	h.must(c.until(`"sync"`))
	h.add(m, ann, 20)
	b.ReportAllocs()
	for b.ResetTimer(); b.Loop(); {
		h.must(c.send(wire.Watch{Match: m, After: wire.Some(12)}))
		h.must(c.until(`"live"`))
	}
}

// BenchmarkIdleSockets is the memory of sockets that only stay: heap, stacks and all, of the server (the benchmark's own
// end of a socket is some 1.5 KB of it).
func BenchmarkIdleSockets(b *testing.B) {
	const sockets = 4000
	for b.Loop() {
		h := openHouse(b, setup{options: func(o *Options) { o.NoRateLimits = true }})
		ann := h.guest("Ann")
		before := memory()
		for range sockets {
			h.rawClient(ann)
		}
		b.ReportMetric(float64(memory()-before)/sockets, "B/socket")
		h.must(h.gate.Close())
	}
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	time.Sleep(10 * time.Millisecond) // the sweepers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
