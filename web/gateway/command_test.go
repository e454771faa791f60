package gateway

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

func TestAckComesBeforeItsEvent(t *testing.T) {
	h := openHouse(t, setup{options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	for i := range 100 {
		c.send(wire.Move{ID: fmt.Sprint("k", i), Match: m, Move: "+"})
		ack := expect[wire.Ack](c)
		if ev := expect[wire.Ev](c); ev.Seq != ack.Seq || ack.Seq != int64(3+i) {
			t.Fatalf("ack %d, event %d", ack.Seq, ev.Seq)
		}
	}
}

func TestRefusalsOfMoves(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann, bob)
	a, b, w := h.connect(ann), h.connect(bob), h.connect(h.guest("Cat"))
	w.nacked(wire.Move{ID: "k1", Match: m, Move: "1"}, wire.CodeNotAPlayer)
	b.nacked(wire.Move{ID: "k1", Match: m, Move: "1"}, wire.CodeNotYourTurn)
	a.nacked(wire.Move{ID: "k1", Match: m, Move: "10"}, wire.CodeIllegalMove)
	a.move("k1", m, "1") // a nack leaves no trace
	b.nacked(wire.Move{ID: "k1", Match: m, Move: "2", Seq: wire.Some(3)}, wire.CodeStale)
	if n := b.nacked(wire.Act{ID: "k2", Match: m, Act: wire.ActRematch}, wire.CodeTooEarly); n.Retry <= 0 {
		t.Errorf("nack is %+v", n)
	}
	b.send(wire.Act{ID: "k2", Match: m, Act: wire.ActResign})
	until[wire.Ack](b)
	a.nacked(wire.Move{ID: "k2", Match: m, Move: "3"}, wire.CodeGameOver)
}

func TestSameIDSameAnswer(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	first := c.move("k1", m, "+")
	c.move("k2", m, "+")
	if again := c.move("k1", m, "+"); again != first {
		t.Errorf("%+v is not %+v", again, first)
	}
	if other := c.move("k1", m, "never legal"); other != first { // whatever its content
		t.Errorf("%+v is not %+v", other, first)
	}
	c.send(wire.Act{ID: "k1", Match: m, Act: wire.ActResign}) // one id space for moves and acts
	if act := until[wire.Ack](c); act != first {
		t.Errorf("%+v is not %+v", act, first)
	}
	c.ws.Close()
	back := h.connect(ann)
	if again := back.move("k1", m, "+"); again != first {
		t.Errorf("after reconnecting: %+v is not %+v", again, first)
	}
	if s := back.watch(m); s.Seq != 4 {
		t.Errorf("applied twice: %+v", s)
	}
}

// Every act, and chat, is the match's business.
func TestActsAndChatGoToTheDesk(t *testing.T) {
	h := openHouse(t, setup{options: func(o *Options) { o.NoRateLimits = true }})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann, bob)
	h.desk.set(func() {
		h.desk.command = func(_ func(), done func(game.Ack, error)) { done(game.Ack{Seq: 3}, nil) }
	})
	c := h.connect(ann)
	for _, act := range wire.Actions() {
		c.send(wire.Act{ID: string(act), Match: m, Act: act})
		if ack := expect[wire.Ack](c); ack.ID != string(act) || ack.Seq != 3 {
			t.Errorf("ack is %+v", ack)
		}
		last := h.desk.commands[len(h.desk.commands)-1]
		if last.Kind != game.CommandAct || last.Act != string(act) || last.Absent != nil {
			t.Errorf("the desk gets %+v", last)
		}
	}
	c.send(wire.Chat{ID: "c", Match: m, Text: "good game"})
	expect[wire.Ack](c)
	if last := h.desk.commands[len(h.desk.commands)-1]; last.Kind != game.CommandChat || last.Text != "good game" {
		t.Errorf("the desk gets %+v", last)
	}
}

func TestChatRate(t *testing.T) {
	var mu sync.Mutex
	now := time.Unix(1_700_000_000, 0)
	h := openHouse(t, setup{options: func(o *Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	}})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	h.desk.set(func() {
		h.desk.command = func(_ func(), done func(game.Ack, error)) { done(game.Ack{Seq: 2}, nil) }
	})
	c, other := h.connect(ann), h.connect(ann)
	say := func(c *client) { c.send(wire.Chat{ID: "k", Match: m, Text: "hi"}); expect[wire.Ack](c) }
	for range wire.ChatBurst {
		say(c)
	}
	if n := c.nacked(wire.Chat{ID: "more", Match: m, Text: "hi"}, wire.CodeRateLimited); n.Retry != 1000 || !strings.Contains(n.Msg, "lines") {
		t.Errorf("nack is %+v", n)
	}
	c.send(wire.Move{ID: "m", Match: m, Move: "+"}) // other frames have another limit
	expect[wire.Ack](c)
	say(other) // and so have other sockets
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	say(c)
	c.nacked(wire.Chat{ID: "more", Match: m, Text: "hi"}, wire.CodeRateLimited)
}

func TestThirtyTwoUnanswered(t *testing.T) {
	h := openHouse(t, setup{options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	m, other := h.match("tally", ann), h.match("tally", ann)
	var mu sync.Mutex
	var held []func()
	h.desk.set(func() {
		h.desk.command = func(next func(), _ func(game.Ack, error)) {
			mu.Lock()
			defer mu.Unlock()
			held = append(held, next)
		}
	})
	one, two := h.connect(ann), h.connect(ann)
	for i := range wire.MaxPending { // over all sockets of the player
		[]*client{one, two}[i%2].send(wire.Move{ID: fmt.Sprint("k", i), Match: m, Move: "+"})
	}
	one.fence()
	two.fence()
	if n := two.nacked(wire.Move{ID: "more", Match: m, Move: "+"}, wire.CodeBusy); n.Retry <= 0 || !strings.Contains(n.Msg, "32") {
		t.Errorf("nack is %+v", n)
	}
	two.send(wire.Move{ID: "other", Match: other, Move: "+"}) // counted for each match
	two.fence()
	h.desk.set(func() { h.desk.command = nil })
	mu.Lock()
	for _, next := range held {
		next()
	}
	mu.Unlock()
	for range wire.MaxPending / 2 {
		until[wire.Ack](one)
	}
	for range wire.MaxPending/2 + 1 {
		until[wire.Ack](two)
	}
	two.move("more", m, "+")
}

func TestFailuresOfTheEngine(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	for _, code := range []orchestrator.Code{orchestrator.CodeBusy, orchestrator.CodeUnavailable, orchestrator.CodeInternal} {
		h.desk.set(func() {
			h.desk.command = func(_ func(), done func(game.Ack, error)) {
				done(game.Ack{}, orchestrator.Fail(code, "row 7 of partition 3"))
			}
		})
		n := c.nacked(wire.Move{ID: "k", Match: m, Move: "+"}, wire.Code(code))
		if (n.Retry > 0) != (code == orchestrator.CodeBusy) || strings.Contains(n.Msg, "partition") {
			t.Errorf("nack is %+v", n)
		}
	}
	h.desk.set(func() { h.desk.command = nil })
	if n := c.nacked(wire.Move{ID: "k", Match: m, Move: "bang"}, wire.CodeInternal); strings.Contains(n.Msg, "secret") {
		t.Errorf("nack is %+v", n)
	}
	c.move("k", m, "+")
}

// Nobody knows whether it was applied: no answer, close 1012; with the same id the client finds out.
func TestUnsureIsNoAnswer(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c, other := h.connect(ann), h.connect(ann)
	h.desk.set(func() {
		h.desk.command = func(_ func(), done func(game.Ack, error)) {
			h.Command(m, ann.ID, "k", game.Command{Kind: game.CommandMove, Move: "+"}, func(game.Ack, error) {
				done(game.Ack{}, orchestrator.Fail(orchestrator.CodeUnsure, "a commit was cut short"))
			})
		}
	})
	c.send(wire.Move{ID: "k", Match: m, Move: "+"})
	c.closed(wire.CloseRestart)
	if all := strings.Join(c.raw, ""); strings.Contains(all, `"ack"`) || strings.Contains(all, `"nack"`) {
		t.Errorf("it was answered: %s", all)
	}
	h.desk.set(func() { h.desk.command = nil })
	if got := other.fence(); len(got) > 0 {
		t.Errorf("the player's other socket got %v", got)
	}
	if ack := h.connect(ann).move("k", m, "+"); ack.Seq != 3 {
		t.Errorf("ack is %+v", ack)
	}
}

func TestMalformed(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	for name, text := range map[string]string{
		"no JSON": "nonsense", "no object": `["watch"]`, "no t": `{"m":"x"}`, "t is no text": `{"t":7}`, "not UTF-8": "{\"t\":\"\xff\"}", "empty": "",
	} {
		c := h.connect(ann)
		c.sendText(text)
		_, err := c.read()
		if err == nil || !strings.Contains(err.Error(), "4400") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := h.connect(ann)
	h.must(c.ws.WriteMessage(2, []byte(`{"t":"ping","c":1}`)))
	c.closed(wire.CloseMalformed)
	c = h.connect(ann)
	c.sendText(`{"t":"ping","c":1` + strings.Repeat(" ", wire.MaxInbound) + "}")
	c.closed(wire.CloseTooBig)
	c = h.connect(ann)
	text := `{"t":"ping","c":1`
	c.sendText(text + strings.Repeat(" ", wire.MaxInbound-len(text)-1) + "}") // as big as may be
	expect[wire.Pong](c)
}

func TestFramesThatDoNotFit(t *testing.T) {
	h := openHouse(t, setup{})
	c := h.connect(h.guest("Ann"))
	const m = "nothinglikethathereatall22"
	for _, test := range []struct {
		text  string
		nack  string // the id of the nack; empty: an error
		match string
	}{
		{`{"t":"dance"}`, "", ""},
		{`{"t":"dance","id":"k","m":"` + m + `"}`, "", m},
		{`{"t":"watch"}`, "", ""},
		{`{"t":"watch","m":"` + m + `","after":-1}`, "", m},
		{`{"t":"watch","m":"` + m + `","extra":1}`, "", m},
		{`{"t":"move","id":"k","m":"` + m + `"}`, "k", m},
		{`{"t":"move","id":"k","m":"` + m + `","move":7}`, "k", m},
		{`{"t":"move","id":"","m":"` + m + `","move":"1"}`, "", m},
		{`{"t":"move","m":"` + m + `","move":"1"}`, "", m},
		{`{"t":"act","id":"k","m":"` + m + `","act":"dance"}`, "k", m},
		{`{"t":"chat","id":"k","m":"` + m + `","text":""}`, "k", m},
		{`{"t":"ping"}`, "", ""},
	} {
		c.sendText(test.text)
		switch f := c.next().(type) {
		case wire.Nack:
			if f.ID != test.nack || f.Match != test.match || f.Code != wire.CodeBadRequest {
				t.Errorf("%s: %+v", test.text, f)
			}
		case wire.Error:
			if test.nack != "" || f.Match != test.match || f.Code != wire.CodeBadRequest {
				t.Errorf("%s: %+v", test.text, f)
			}
		default:
			t.Errorf("%s: %T", test.text, f)
		}
	}
	c.fence() // the socket is still open
}

func TestFrameRate(t *testing.T) {
	var mu sync.Mutex
	now := time.Unix(1_700_000_000, 0)
	h := openHouse(t, setup{options: func(o *Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	}})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	for i := range wire.FrameBurst {
		if i%2 == 0 {
			c.move(fmt.Sprint("k", i), m, "+")
		} else {
			c.sendText(`{"t":"dance"}`) // what is refused counts too
			expect[wire.Error](c)
		}
		c.fence() // pings do not
	}
	if n := c.nacked(wire.Move{ID: "more", Match: m, Move: "+"}, wire.CodeRateLimited); n.Retry != 100 {
		t.Errorf("nack is %+v", n)
	}
	if n := c.nacked(wire.Chat{ID: "more", Match: m, Text: "hi"}, wire.CodeRateLimited); n.Retry != 100 {
		t.Errorf("nack is %+v", n)
	}
	for _, text := range []string{`{"t":"dance"}`, `{"t":"unwatch","m":"` + m + `"}`, `{"t":"watch","m":"` + m + `"}`} {
		c.sendText(text)
		if e := expect[wire.Error](c); e.Code != wire.CodeRateLimited {
			t.Errorf("%s: %+v", text, e)
		}
	}
	mu.Lock()
	now = now.Add(100 * time.Millisecond)
	mu.Unlock()
	c.move("more", m, "+") // the refused one left no trace
	c.nacked(wire.Move{ID: "yet more", Match: m, Move: "+"}, wire.CodeRateLimited)
}
