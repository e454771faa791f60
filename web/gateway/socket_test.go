package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

func (h *house) refused(d *websocket.Dialer, header http.Header) (int, string, http.Header) {
	h.t.Helper()
	_, res, err := d.Dial(h.url(), header)
	if err == nil || res == nil {
		h.t.Fatalf("not refused: %v", err)
	}
	defer res.Body.Close()
	var problem struct {
		Status int
		Code   string
		Detail string
	}
	body, err := io.ReadAll(res.Body)
	h.must(err)
	h.must(json.Unmarshal(body, &problem))
	if res.Header.Get("Content-Type") != "application/problem+json" || problem.Status != res.StatusCode || problem.Detail == "" {
		h.t.Errorf("answer is %v %s", res.Header, body)
	}
	return res.StatusCode, problem.Code, res.Header
}

func TestTheDoor(t *testing.T) {
	h := openHouse(t, setup{options: func(o *Options) { o.SocketsPerAddress = 2 }})
	ann := h.guest("Ann")
	for name, test := range map[string]struct {
		protocols []string
		header    http.Header
		status    int
		code      string
	}{
		"no subprotocol":    {nil, bearer(ann.token), 400, "bad_request"},
		"other subprotocol": {[]string{"everturn.v2"}, bearer(ann.token), 400, "bad_request"},
		"foreign origin": {[]string{wire.Subprotocol}, http.Header{
			"Origin": {"http://elsewhere.example"}, "Authorization": {"Bearer " + ann.token},
		}, 403, "forbidden"},
		"no session":  {[]string{wire.Subprotocol}, nil, 401, "unauthorized"},
		"bad session": {[]string{wire.Subprotocol}, bearer(ann.ID + ".nonsense"), 401, "unauthorized"},
	} {
		d := h.dialer()
		d.Subprotocols = test.protocols
		if status, code, _ := h.refused(d, test.header); status != test.status || code != test.code {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	req, err := http.NewRequest(http.MethodGet, h.http.URL, nil)
	h.must(err)
	req.Header.Set("Sec-WebSocket-Protocol", wire.Subprotocol)
	req.Header.Set("Authorization", "Bearer "+ann.token)
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	res.Body.Close()
	if res.StatusCode != 400 || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("no handshake: %d", res.StatusCode)
	}

	one := h.connect(ann)
	h.connect(ann)
	if status, code, header := h.refused(h.dialer(), bearer(ann.token)); status != 429 || code != "rate_limited" || header.Get("Retry-After") == "" {
		t.Errorf("third socket of the address: %d %s", status, code)
	}
	one.ws.Close()
	h.eventually("the address has room again", func() bool { return h.gate.census().sockets < 2 })
	h.connect(ann)
}

func TestHello(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	ws, res, err := h.dialer().Dial(h.url(), bearer(ann.token))
	h.must(err)
	defer ws.Close()
	if ws.Subprotocol() != wire.Subprotocol || res.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("handshake is %v", res.Header)
	}
	c := &client{t: t, ws: ws}
	hello := expect[wire.Hello](c)
	if time.Since(time.UnixMilli(hello.Now)).Abs() > time.Minute {
		t.Errorf("now is %d", hello.Now)
	}
	hello.Now = 0
	if want := (wire.Hello{Proto: 1, Boot: "boot-1", Epoch: 7, Server: "test", Player: ann.ID, Ping: 15000, Max: 8192}); hello != want {
		t.Errorf("hello is %+v", hello)
	}
}

func TestPings(t *testing.T) {
	h := openHouse(t, setup{})
	c := h.connect(h.guest("Ann"))
	c.send(wire.Ping{C: 42})
	if p := expect[wire.Pong](c); p.C != 42 || p.Now == 0 {
		t.Errorf("pong is %+v", p)
	}
	ponged, pinged := "", false
	c.ws.SetPongHandler(func(s string) error { ponged = s; return nil })
	c.ws.SetPingHandler(func(string) error { pinged = true; return nil })
	h.must(c.ws.WriteControl(websocket.PingMessage, []byte("hey"), time.Now().Add(patience)))
	c.fence()
	c.fence() // the pong of the control frame has gone out before this one's
	if ponged != "hey" {
		t.Errorf("pong is %q", ponged)
	}
	conn := h.gate.everybody()[0]
	conn.out.duePing() // as the timer does
	c.fence()
	c.fence()
	if !pinged {
		t.Error("no ping from the server")
	}
}

func TestCloseIsAnswered(t *testing.T) {
	h := openHouse(t, setup{})
	for _, code := range []int{websocket.CloseNormalClosure, websocket.CloseGoingAway} {
		c := h.connect(h.guest("Ann"))
		h.must(c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(patience)))
		c.closed(wire.CloseCode(code))
	}
	c := h.connect(h.guest("Ann"))
	h.must(c.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(patience)))
	c.closed(websocket.CloseNoStatusReceived)
	h.eventually("all sockets are forgotten", func() bool { return h.gate.census() == census{} })
}

func TestSessionEnd(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	one, two, other := h.connect(ann), h.connect(ann), h.connect(bob)
	h.must(h.Desk.EndSession(t.Context(), ann.token))
	h.gate.EndSession(ann.token)
	one.closed(wire.CloseSession)
	two.closed(wire.CloseSession)
	other.fence()
}

// A session that ends while its socket is being opened.
func TestSessionEndsInTheDoor(t *testing.T) {
	var calls atomic.Int32
	h := openHouse(t, setup{})
	h.gate.opts.Authenticate = func(r *http.Request) (game.Player, string, error) {
		if calls.Add(1) == 2 {
			return game.Player{}, "", &game.Refusal{Code: game.CodeUnauthorized, Message: "It has ended"}
		}
		return h.authenticate(r)
	}
	h.connect(h.guest("Ann")).closed(wire.CloseSession)
}

func TestDrain(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	hold := make(chan func(), 1)
	h.desk.set(func() {
		h.desk.command = func(next func(), _ func(game.Ack, error)) { hold <- next }
	})
	c, idle := h.connect(ann), h.connect(ann)
	c.send(wire.Move{ID: "k", Match: m, Move: "+"})
	next := <-hold
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	drained := make(chan error, 2)
	for range 2 { // idempotent
		go func() { drained <- h.gate.Drain(ctx) }()
	}
	for _, each := range []*client{c, idle} {
		if f := expect[wire.Restarting](each); f.In <= 0 || f.In > 4000 {
			t.Errorf("restarting is %+v", f)
		}
	}
	if status, code, _ := h.refused(h.dialer(), bearer(ann.token)); status != 503 || code != "unavailable" {
		t.Errorf("a new socket: %d %s", status, code)
	}
	idle.send(wire.Move{ID: "late", Match: m, Move: "+"}) // no answer: to be sent again after
	idle.fence()
	select {
	case err := <-drained:
		t.Fatalf("it did not wait for the answer: %v", err)
	default:
	}
	next()
	if ack := expect[wire.Ack](c); ack.ID != "k" {
		t.Errorf("ack is %+v", ack)
	}
	c.closed(wire.CloseRestart)
	idle.closed(wire.CloseRestart)
	for range 2 {
		h.must(<-drained)
	}
	if len(hold) > 0 {
		t.Error("a command was let in while draining")
	}
}

func TestDrainThatRunsOutOfTime(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	held := make(chan struct{})
	h.desk.set(func() {
		h.desk.command = func(func(), func(game.Ack, error)) { close(held) } // never answered
	})
	c := h.connect(ann)
	c.send(wire.Move{ID: "k", Match: m, Move: "+"})
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.gate.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("drain: %v", err)
	}
	if s := h.gate.census(); s.sockets != 0 {
		t.Errorf("left: %+v", s)
	}
}

func TestAClientThatDoesNotRead(t *testing.T) {
	h := openHouse(t, setup{loud: true})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tally", ann)
	fast, slow := h.connect(bob), h.connect(ann)
	pipe := <-h.http.Listener.(*valves).last
	fast.watch(m)
	slow.watch(m)
	pipe.shut.Lock()
	slow.send(wire.Move{ID: "k", Match: m, Move: "+"})
	// flood plays until the slow one's queue overflows. The fast one is not delayed: it gets each event at once.
	flood := func(overflows uint64) {
		for h.gate.stats.overflows.Load() < overflows {
			expect[wire.Ev](fast)
			h.add(m, ann, 1)
		}
	}
	flood(1)
	pipe.shut.Unlock()
	sync, last := until[wire.Sync](slow), fast.seqs[m]+1 // events without a gap, then this
	if sync.Seq < last-1 {
		t.Errorf("sync at %d of %d", sync.Seq, last)
	}
	for slow.seqs[m] < last {
		expect[wire.Ev](slow)
	}
	if all := strings.Join(slow.raw, ""); !strings.Contains(all, `{"t":"ack","id":"k"`) {
		t.Error("the ack was dropped")
	}
	pipe.shut.Lock()
	flood(2)
	pipe.shut.Unlock()
	slow.closed(wire.CloseTooSlow)
}

func TestMetrics(t *testing.T) {
	if len(wire.ClientTypes()) != clientTypes || len(wire.ServerTypes()) != serverTypes || len(wire.Codes()) != nackCodes {
		t.Fatal("the lists of wire have changed")
	}
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	c.move("k", m, "+")
	expect[wire.Ev](c)
	c.nacked(wire.Move{ID: "x", Match: m, Move: "-"}, wire.CodeIllegalMove)
	reg := prometheus.NewPedanticRegistry()
	h.must(reg.Register(h.gate))
	families, err := reg.Gather()
	h.must(err)
	got := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			name := f.GetName()
			for _, l := range metric.GetLabel() {
				name += "/" + l.GetValue()
			}
			got[name] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"sockets": 1, "rooms": 1, "viewers/seat": 1, "viewers/watcher": 0, "frames_in_total/move": 2, "frames_out_total/ack": 1,
		"frames_out_total/ev": 1, "frames_out_total/sync": 1, "nacks_total/illegal_move": 1, "sockets_opened_total": 1,
	} {
		if got["everturn_gateway_"+name] != want {
			t.Errorf("%s is %v, not %v", name, got["everturn_gateway_"+name], want)
		}
	}
}
