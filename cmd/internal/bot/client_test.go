package bot

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/everturn/everturn/web/wire"
)

// script is a server that answers as a test says: each connection is served by the next function of the list.
type script struct {
	t     *testing.T
	turns []func(*talk)
	next  int
}

// talk is one connection, as the script sees it.
type talk struct {
	t    *testing.T
	conn *websocket.Conn
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil || s.next >= len(s.turns) {
		return
	}
	turn := s.turns[s.next]
	s.next++
	k := &talk{s.t, conn}
	k.say(wire.Hello{Proto: 1, Boot: "b", Server: "s", Player: "p", Epoch: 1})
	turn(k)
	conn.Close()
}

func (k *talk) say(f wire.ServerFrame) {
	if err := k.conn.WriteMessage(websocket.TextMessage, f.Append(nil)); err != nil {
		k.t.Error(err)
	}
}

// hear wants this frame next.
func (k *talk) hear(want wire.ClientFrame) {
	k.t.Helper()
	_, data, err := k.conn.ReadMessage()
	if err != nil {
		k.t.Error(err)
		return
	}
	got, refused := wire.Decode(data)
	if diff := cmp.Diff(want, got); refused != nil || diff != "" {
		k.t.Errorf("%s: %v (-want +got)\n%s", data, refused, diff)
	}
}

// wait lasts until the client is gone.
func (k *talk) wait() {
	for {
		if _, _, err := k.conn.ReadMessage(); err != nil {
			return
		}
	}
}

const testMatch = "m7Qk2XvT9bLr4Ws1"

var testView = []byte(`{"actors":[0],"moves":["1"],"phase":0,"result":null}`)

// listener is a handler that tells a test what it hears.
type listener struct {
	synced chan int64
	acked  chan Command
}

func (l listener) Synced(m *Watched) error        { l.synced <- m.Seq; return nil }
func (l listener) Event(*Watched, wire.Ev) error  { return nil }
func (l listener) Acked(c Command, _ int64) error { l.acked <- c; return nil }
func (l listener) Nacked(c Command, n wire.Nack) error {
	return errors.New(string(n.Code) + " for " + c.ID)
}

// play runs a client against a script until the client ends, and gives why.
func play(t *testing.T, do func(*Client, listener), turns ...func(*talk)) error {
	t.Helper()
	server := httptest.NewServer(&script{t: t, turns: turns})
	t.Cleanup(server.Close)
	l := listener{make(chan int64, 16), make(chan Command, 16)}
	c := NewClient(Options{URL: server.URL, Token: "t", Handler: l, Rand: rand.New(rand.NewPCG(1, 2))})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() { do(c, l); cancel() }()
	return c.Run(ctx)
}

func fullView(seq int64) wire.Sync {
	return wire.Sync{Match: testMatch, Seq: seq, View: testView, Info: []byte(`{}`)}
}

// TestComingBack: after a cut the client watches behind the last event it has, and sends what was not answered, in order
// and with the same ids; what was answered it does not send.
func TestComingBack(t *testing.T) {
	move := func(id, move string) wire.Move { return wire.Move{ID: id, Match: testMatch, Move: move} }
	err := play(t, func(c *Client, l listener) {
		c.Watch(testMatch, false)
		<-l.synced
		for _, m := range []string{"1", "2", "3"} {
			c.Move(testMatch, m, wire.Optional{})
		}
		for _, id := range []string{"k1", "k2", "k3"} {
			if got := <-l.acked; got.ID != id {
				t.Errorf("%s is acked, not %s", got.ID, id)
			}
		}
	}, func(k *talk) {
		k.hear(wire.Watch{Match: testMatch})
		k.say(fullView(4))
		k.hear(move("k1", "1"))
		k.hear(move("k2", "2"))
		k.hear(move("k3", "3"))
		k.say(wire.Ack{ID: "k1", Match: testMatch, Seq: 5})
		k.say(wire.Ev{Match: testMatch, Seq: 5, Kind: wire.KindMoved})
	}, func(k *talk) {
		k.hear(wire.Watch{Match: testMatch, After: wire.Some(5), Epoch: wire.Some(1)})
		k.hear(move("k2", "2"))
		k.hear(move("k3", "3"))
		k.say(wire.Nack{ID: "k2", Match: testMatch, Code: wire.CodeBusy, Msg: "Later.", Retry: 1})
		k.hear(move("k2", "2"))
		k.say(wire.Ack{ID: "k2", Match: testMatch, Seq: 6})
		k.say(wire.Ack{ID: "k3", Match: testMatch, Seq: 7})
		k.wait()
	})
	if err != nil {
		t.Error(err)
	}
}

// TestBreaches: each way in which a server can break its word ends the client.
func TestBreaches(t *testing.T) {
	ack := func(id string, seq int64) wire.Ack { return wire.Ack{ID: id, Match: testMatch, Seq: seq} }
	begin := func(k *talk) {
		k.hear(wire.Watch{Match: testMatch})
		k.say(fullView(4))
		k.hear(wire.Move{ID: "k1", Match: testMatch, Move: "1"})
	}
	for name, frames := range map[string][]wire.ServerFrame{
		"gap":                 {wire.Ev{Match: testMatch, Seq: 6}},
		"repeat":              {wire.Ev{Match: testMatch, Seq: 5}, wire.Ev{Match: testMatch, Seq: 5}},
		"back":                {fullView(3)},
		"reset":               {wire.Sync{Match: testMatch, Seq: 3, View: testView, Info: []byte(`{}`), Reset: true}},
		"live elsewhere":      {wire.Live{Match: testMatch, Seq: 5, View: testView, Info: []byte(`{}`)}},
		"unknown id":          {ack("k2", 5)},
		"two acks":            {ack("k1", 5), ack("k1", 5)},
		"ack and nack":        {ack("k1", 5), wire.Nack{ID: "k1", Match: testMatch, Code: wire.CodeStale, Msg: "No."}},
		"ack of another one":  {wire.Ack{ID: "k1", Match: "Zr8_-dK0pYh3NcUe5GfA2x", Seq: 5}},
		"a second hello":      {wire.Hello{Proto: 1, Boot: "b", Server: "s", Player: "p", Epoch: 1}},
		"nack of nothing":     {wire.Nack{ID: "k9", Match: testMatch, Code: wire.CodeStale, Msg: "No."}},
		"an ack for a repeat": nil, // below
	} {
		t.Run(name, func(t *testing.T) {
			err := play(t, func(c *Client, l listener) {
				c.Watch(testMatch, false)
				<-l.synced
				c.Move(testMatch, "1", wire.Optional{})
				if frames == nil {
					<-l.acked
					c.Repeat()
				}
				<-t.Context().Done()
			}, func(k *talk) {
				begin(k)
				if frames == nil {
					k.say(ack("k1", 5))
					k.hear(wire.Move{ID: "k1", Match: testMatch, Move: "1"})
					k.say(ack("k1", 6))
				}
				for _, f := range frames {
					k.say(f)
				}
				k.wait()
			})
			var b *Breach
			if !errors.As(err, &b) {
				t.Errorf("%v is no breach", err)
			}
		})
	}
}

// TestBackoff: pauses are between 0 and a bound that grows to 2 s, to 8 s after half a minute, and begins anew after a
// connection that lasted.
func TestBackoff(t *testing.T) {
	b := backoff{rand: rand.New(rand.NewPCG(3, 4))}
	most := func(cut time.Duration) (longest time.Duration) {
		for range 200 {
			longest = max(longest, b.next(cut))
		}
		return longest
	}
	if p := b.next(0); p > backoffFirst {
		t.Errorf("the first pause is %s", p)
	}
	if p := b.next(0); p > 425*time.Millisecond {
		t.Errorf("the second pause is %s", p)
	}
	if p := most(time.Second); p > backoffEarly || p < backoffEarly*9/10 {
		t.Errorf("the longest pause of a young cut is %s", p)
	}
	if p := most(time.Minute); p > backoffLate || p < backoffLate*9/10 {
		t.Errorf("the longest pause of an old cut is %s", p)
	}
	b.lived(4 * time.Second)
	if b.bound < backoffLate {
		t.Error("a short connection begins anew")
	}
	b.lived(6 * time.Second)
	if p := b.next(0); p > backoffFirst {
		t.Errorf("the pause after a long connection is %s", p)
	}
}
