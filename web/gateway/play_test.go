package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

func TestAWholeGame(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann, bob)
	a, b, w := h.connect(ann), h.connect(bob), h.connect(h.guest("Cat"))
	for i, c := range []*client{a, b, w} {
		if s := c.watch(m); s.Seat != []int64{0, 1, wire.SeatWatcher}[i] || s.Seq != 3 {
			t.Fatalf("sync %d is %+v", i, s)
		}
	}
	for i, move := range []string{"1", "4", "2", "5", "3"} {
		mover, seq := []*client{a, b}[i%2], int64(4+i)
		if ack := mover.move(fmt.Sprint("k", i), m, move); ack.Seq != seq {
			t.Fatalf("ack is %+v", ack)
		}
		for _, c := range []*client{a, b, w} {
			ev := expect[wire.Ev](c)
			if ev.Seq != seq || ev.Kind != wire.KindMoved || field(t, ev.Data, "move") != `"`+move+`"` {
				t.Fatalf("event is %+v", ev)
			}
			if last := i == 4; (len(ev.View) == 0) != last {
				t.Fatalf("view with event %d: %s", seq, ev.View)
			}
		}
	}
	for _, c := range []*client{a, b, w} {
		ev := expect[wire.Ev](c)
		if ev.Seq != 9 || ev.Kind != wire.KindEnded || field(t, ev.View, "result") != `{"kind":"win","reason":"line","winners":[0]}` {
			t.Fatalf("the end is %+v", ev)
		}
	}
	for _, c := range []*client{a, b} {
		c.send(wire.Act{ID: "again", Match: m, Act: wire.ActRematch})
		until[wire.Ack](c)
	}
	for {
		if ev := until[wire.Ev](w); ev.Kind == wire.KindStarted {
			if field(t, ev.Data, "n") != "2" || field(t, ev.Data, "first") != "1" {
				t.Fatalf("the rematch is %s", ev.Data)
			}
			break
		}
	}
}

func TestTheMatchObject(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tictactoe", ann)
	w := h.connect(h.guest("Cat"))
	sync := w.watch(m)
	summary, _, err := h.Match(m)
	h.must(err)
	want := fmt.Sprintf(`{"id":%q,"code":%q,"game":"tictactoe","state":"open","seats":[{"player":%q,"name":"Ann","bot":null},`+
		`{"player":null,"name":null,"bot":null}],"result":null,"seq":1,"clock":null,"rated":false,"private":false,"watchers":1,"created":%d}`,
		m, summary.Code, ann.ID, summary.Created)
	if string(sync.Info) != want {
		t.Errorf("match is\n%s\nnot\n%s", sync.Info, want)
	}
	if h.gate.Watchers(m) != 1 || h.gate.Watchers("nothing-like-that-here") != 0 {
		t.Errorf("watchers: %d", h.gate.Watchers(m))
	}
}

// A player with two sockets: acks go to the sender, events to both.
func TestTwoSocketsOfAPlayer(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann, bob)
	one, two := h.connect(ann), h.connect(ann)
	one.watch(m)
	two.watch(m)
	one.move("k1", m, "5")
	if ev := expect[wire.Ev](one); ev.Seq != 4 {
		t.Fatalf("event is %+v", ev)
	}
	if ev := expect[wire.Ev](two); ev.Seq != 4 {
		t.Fatalf("event is %+v", ev)
	}
	if got := two.fence(); len(got) > 0 {
		t.Fatalf("the other socket got %v", got)
	}
}

// What a seat chose in secret is in no byte that another viewer gets before it is revealed.
func TestHiddenMoves(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("duel", ann, bob)
	a, b, w := h.connect(ann), h.connect(bob), h.connect(h.guest("Cat"))
	for _, c := range []*client{a, b, w} {
		c.watch(m)
	}
	a.move("k1", m, "xylophone")
	if ev := expect[wire.Ev](a); field(t, ev.Data, "move") != `"xylophone"` || field(t, ev.View, "mine") != `"xylophone"` {
		t.Fatalf("the mover gets %+v", ev)
	}
	for _, c := range []*client{b, w} {
		if ev := expect[wire.Ev](c); string(ev.Data) != `{"seat":0}` {
			t.Fatalf("the others get %+v", ev)
		}
		// Coming back shows no more: neither the backlog, nor a fresh view.
		c.resume(m, 2)
		until[wire.Live](c)
		c.watch(m)
		if all := strings.Join(c.raw, "\n"); strings.Contains(all, "xylophone") {
			t.Fatalf("the secret is out:\n%s", all)
		}
	}
	b.move("k1", m, "zebra")
	for _, c := range []*client{a, b, w} {
		ev := until[wire.Ev](c)
		for ev.Kind != wire.KindRevealed {
			ev = until[wire.Ev](c)
		}
		if string(ev.Data) != `{"words":["xylophone","zebra"]}` || field(t, ev.View, "shown") != `["xylophone","zebra"]` {
			t.Fatalf("revealed is %+v", ev)
		}
	}
	if all := strings.Join(append(a.raw, w.raw...), "\n"); strings.Contains(all, "seed") {
		t.Fatalf("a seed is out:\n%s", all)
	}
}

// Two matches that differ in nothing but a secret look the same to others, byte by byte.
func TestSecretsChangeNoByte(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	var seen [2][]string
	for i, secret := range []string{"a", "pneumonoultramicro"} {
		m := h.match("duel", ann, bob)
		a, b, w := h.connect(ann), h.connect(bob), h.connect(h.guest("Cat"))
		b.watch(m)
		w.watch(m)
		a.move("k1", m, secret)
		expect[wire.Ev](b)
		expect[wire.Ev](w)
		b.resume(m, 0)
		until[wire.Live](b)
		w.resume(m, 0)
		until[wire.Live](w)
		summary, _, err := h.Match(m)
		h.must(err)
		same := strings.NewReplacer(m, "M", summary.Code, "CODE", fmt.Sprint(summary.Created), "CREATED")
		for _, c := range []*client{b, w} {
			for _, frame := range c.raw[1:] { // without hello
				seen[i] = append(seen[i], same.Replace(frame))
			}
		}
	}
	if !slices.Equal(seen[0], seen[1]) {
		t.Errorf("not the same:\n%s\n\n%s", strings.Join(seen[0], "\n"), strings.Join(seen[1], "\n"))
	}
}

func TestMatchJSON(t *testing.T) {
	got := string(MatchJSON("m1", game.Summary{
		Game: "connect4", Code: "7KQX", State: game.StateFinished, Created: 5, Rated: true, Private: true,
		Seats:  []game.Seat{{Player: "p1", Name: "Zoë \"<3\""}, {Name: "Bot", Bot: game.Medium}, {}},
		Result: game.WonBy(1, game.ReasonFour), Clock: &game.ClockSpec{PerMove: 5000},
	}, 9, 2))
	want := `{"id":"m1","code":"7KQX","game":"connect4","state":"finished","seats":[{"player":"p1","name":"Zoë \"<3\"","bot":null},` +
		`{"player":null,"name":"Bot","bot":2},{"player":null,"name":null,"bot":null}],"result":{"kind":"win","reason":"four","winners":[1]},` +
		`"seq":9,"clock":{"perMove":5000},"rated":true,"private":true,"watchers":2,"created":5}`
	if got != want {
		t.Errorf("it is\n%s\nnot\n%s", got, want)
	}
}

func TestAClock(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	made, err := h.Create(t.Context(), ann.Player, timed(), "")
	h.must(err)
	c := h.connect(ann)
	sync := c.watch(made.ID)
	clock, err := wire.DecodeClock(sync.Clock)
	h.must(err)
	if len(clock.Left) != 1 || clock.Left[0] > 60_000 || clock.Left[0] < 50_000 || clock.Increment != 500 || clock.Running[0] != 0 {
		t.Errorf("clock is %+v", clock)
	}
	if field(t, sync.Info, "clock") != `{"initial":60000,"increment":500}` {
		t.Errorf("match is %s", sync.Info)
	}
	c.move("k1", made.ID, "+")
	if ev := expect[wire.Ev](c); field(t, ev.Clock, "increment") != "500" {
		t.Errorf("event is %+v", ev)
	}
}
