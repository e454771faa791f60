package game_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/rps"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// runs is how many runs of chance a test makes: a third where only short tests are to be run, under the race detector.
func runs(n uint64) uint64 {
	if testing.Short() {
		return (n + 2) / 3
	}
	return n
}

// TestRandomMatches plays whole matches of random commands: legal, illegal, out
// of turn, stale, repeated, resigning, drawing, taking back, claiming, talking,
// coming and going, asking for rematches, from strangers, against people and
// bots, in one generation or in many. Everybody who folds the events must agree.
func TestRandomMatches(t *testing.T) {
	for seed := range runs(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := newPlay(t, seed)
			for range 90 {
				p.step()
			}
			p.check()
		})
	}
}

// TestRandomMatchesUnderFaults has commits fail in every way and the server
// start again in between. Clients ask again under the same id: nothing that was
// acknowledged is lost, and nothing is done twice.
func TestRandomMatchesUnderFaults(t *testing.T) {
	for seed := range runs(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := newPlay(t, seed)
			p.faults = true
			p.h.level = zerolog.Disabled // the failures are wanted
			p.h.restart()
			p.follow()
			for range 60 {
				if p.rnd.IntN(3) == 0 {
					outcome := []memstore.Outcome{memstore.Untold, memstore.Lost, memstore.Refused}[p.rnd.IntN(3)]
					p.h.store.FailCommit(1+p.rnd.IntN(3), outcome)
				}
				if p.rnd.IntN(15) == 0 {
					p.h.restart()
					p.f.Close()
					p.follow()
				}
				p.step()
			}
			p.check()
		})
	}
}

// play is a random match, and what its players and watchers have seen of it.
type play struct {
	*testing.T
	h        *house
	rnd      *rand.Rand
	faults   bool
	id       string
	game     string
	bot      bool
	people   []game.Player // by seat
	stranger game.Player
	f        *game.Follower
	phase    int                 // the highest that was seen
	seen     map[uint64][]string // hashes of the views of seats -1, 0, 1 after an event
	asked    map[string]asked    // by player and request
	done     map[uint64]string   // which request an event comes from
	ids      []string            // requests that were acknowledged
}

type asked struct {
	who game.Player
	id  string
	c   game.Command
	ack game.Ack
}

const noAct = "dance" // refused before anybody looks at the request's id

func wellFormed(c game.Command) bool {
	return c.Act != noAct && (c.Kind != game.CommandChat || c.Text == "hello")
}

func newPlay(t *testing.T, seed uint64) *play {
	h := openHouse(t, tictactoe.Rules{}, connect4.Rules{}, rps.Rules{}, battleship.Rules{})
	if seed%2 == 1 {
		h.history = 7
		h.restart()
	}
	p := &play{
		T: t, h: h, rnd: rand.New(rand.NewPCG(seed, 1)), seen: map[uint64][]string{}, asked: map[string]asked{}, done: map[uint64]string{},
		people: []game.Player{h.player("Ann")}, stranger: h.player("Cleo"),
	}
	p.game = []string{"tictactoe", "connect4", "rps", "battleship"}[seed/2%4]
	in := game.NewMatch{Game: p.game, Private: p.rnd.IntN(2) == 0}
	if p.bot = seed%3 == 0; p.bot {
		in.Seats = []string{fmt.Sprintf("bot:%d", 1+p.rnd.IntN(2))}
	} else {
		p.people = append(p.people, h.player("Bea"))
	}
	if seed%3 == 1 { // of the queue
		p.id = h.queued(p.game, p.people...)
	} else {
		p.id = h.match(in, p.people[:1]...).ID
	}
	p.follow()
	return p
}

func (p *play) follow() {
	p.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	p.read(func() (err error) {
		p.f, err = p.h.Follow(ctx, p.id)
		return err
	})
	p.Cleanup(p.f.Close)
	p.look()
}

// look remembers what is to be seen now.
func (p *play) look() {
	var hashes []string
	for seat := game.Watcher; seat < 2; seat++ {
		hashes = append(hashes, game.Hash(p.f.Table.AppendView(nil, seat)))
	}
	p.seen[p.f.Table.Seq] = hashes
	var view struct{ Phase int }
	p.h.must(json.Unmarshal(p.f.Table.AppendView(nil, game.Watcher), &view))
	if view.Phase < p.phase {
		p.Fatalf("after event %d the phase is %d, and was %d", p.f.Table.Seq, view.Phase, p.phase)
	}
	p.phase = view.Phase
}

// catchUp follows until an event.
func (p *play) catchUp(seq uint64) {
	p.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for p.f.Table.Seq < seq {
		before := p.f.Table.Seq
		list, err := p.f.Next(ctx)
		p.h.must(err)
		for i := range list {
			if list[i].Seq != before+uint64(i)+1 {
				p.Fatalf("event %d after event %d", list[i].Seq, before)
			}
		}
		p.look()
	}
}

// step is one command of somebody, and what must be true of its answer.
func (p *play) step() {
	p.Helper()
	t := p.f.Table
	seat := p.rnd.IntN(len(p.people))
	if actors := t.Actors(); len(actors) > 0 && p.rnd.IntN(4) > 0 {
		if seat = actors[0]; seat >= len(p.people) { // the bot's turn
			p.catchUp(t.Seq + 1)
			return
		}
	}
	if p.rnd.IntN(10) == 0 {
		p.h.Presence(p.id, p.rnd.IntN(4)-1, p.rnd.IntN(2) == 0)
		ack, err := p.ask(p.people[0], fmt.Sprint("after", len(p.asked)), act(game.ActReady)) // one by one
		p.h.must(err)
		p.asked[fmt.Sprint(p.people[0].ID, "/after", len(p.asked))] = asked{}
		p.catchUp(ack.Seq)
	}
	who, c := p.people[seat], p.command(seat)
	if p.rnd.IntN(20) == 0 {
		who = p.stranger
	}
	if len(p.ids) > 0 && p.rnd.IntN(8) == 0 && wellFormed(c) { // a repetition, whatever it asks
		old := p.asked[p.ids[p.rnd.IntN(len(p.ids))]]
		if ack, err := p.ask(old.who, old.id, c); err != nil || ack != old.ack {
			p.Fatalf("%s again: %v, %v, not %v", old.id, ack, err, old.ack)
		}
		return
	}
	p.send(who, fmt.Sprint("r", len(p.asked)), c)
}

func (p *play) command(seat int) game.Command {
	t := p.f.Table
	switch n := p.rnd.IntN(32); {
	case t.State == game.StateOpen && n < 10:
		return game.Command{Kind: game.CommandJoin, Name: "Somebody"}
	case t.State == game.StateReady && n < 10:
		return act(game.ActReady)
	case t.Over() && n < 16:
		return game.Command{Kind: game.CommandAct, Act: game.ActRematch}
	case n == 0:
		return game.Command{Kind: game.CommandAct, Act: game.ActResign}
	case n == 1:
		return game.Command{Kind: game.CommandAct, Act: game.ActReady}
	case n == 2:
		return game.Command{Kind: game.CommandJoin, Name: "Somebody"}
	case n == 3:
		return game.Command{Kind: game.CommandAct, Act: noAct}
	case n < 15:
		c := act([]string{
			game.ActDrawOffer, game.ActDrawDecline, game.ActDrawAccept, game.ActTakebackAsk, game.ActTakebackAsk, game.ActTakebackAccept,
			game.ActTakebackAccept, game.ActTakebackAccept, game.ActTakebackDecline, game.ActClaim,
		}[p.rnd.IntN(10)])
		c.Absent = []game.Absence{{Seat: p.rnd.IntN(2), For: 29_900 + int64(p.rnd.IntN(110))}}
		return c
	case n == 15:
		return game.Command{Kind: game.CommandChat, Text: []string{"hello", "", "a\nb"}[p.rnd.IntN(3)]}
	}
	c := game.Command{Kind: game.CommandMove, Move: fmt.Sprint(p.rnd.IntN(11))}
	if t.Position != nil {
		moves := t.Position.Moves(seat)
		if moves == nil && p.game == "battleship" { // fleets are too many to list
			moves = []string{"fleet:a1h,a2h,a3h,a4h,a5h", "fleet:j1v,i1v,h1v,g1v,f1v"}
		}
		if len(moves) > 0 && p.rnd.IntN(5) > 0 {
			c.Move = moves[p.rnd.IntN(len(moves))]
		}
	}
	if p.rnd.IntN(3) == 0 {
		seq := t.Seq - min(t.Seq, p.rnd.Uint64N(3))
		c.Seq = &seq
	}
	return c
}

// ask asks until the outcome is known, as clients do.
func (p *play) ask(who game.Player, id string, c game.Command) (ack game.Ack, err error) {
	for range 10_000 {
		ack, err = p.h.do(p.id, who, id, c)
		var f *orchestrator.Failure
		if !p.faults || !errors.As(err, &f) {
			return ack, err
		}
	}
	return ack, err
}

// send sends a new request. One that is accepted is done once and for all; one
// that is refused changes nothing.
func (p *play) send(who game.Player, id string, c game.Command) {
	p.Helper()
	key := who.ID + "/" + id
	before := p.last()
	ack, err := p.ask(who, id, c)
	var refusal *game.Refusal
	switch {
	case errors.As(err, &refusal):
		p.asked[key] = asked{}
		if now := p.last(); !p.bot && now != before {
			p.Fatalf("%+v was refused (%v), and made event %d", c, refusal, now)
		}
		return
	case err != nil:
		p.Fatalf("%+v: %v", c, err)
	}
	p.asked[key] = asked{who, id, c, ack}
	p.ids = append(p.ids, key)
	p.catchUp(ack.Seq)
	e, made := p.event(ack), p.f.Table.SeatOf(who.ID)
	switch {
	case ack.Seat != made:
		p.Fatalf("%+v of seat %d was acknowledged to seat %d", c, made, ack.Seat)
	case c.Kind != game.CommandMove:
	case e.Kind != game.EventMoved || e.Seat != ack.Seat || e.Move != c.Move || ack.Seq <= before && !p.faults:
		p.Fatalf("%+v was acknowledged as event %d: %+v", c, ack.Seq, e)
	case p.done[ack.Seq] != "":
		p.Fatalf("event %d is of %s and of %s", ack.Seq, p.done[ack.Seq], key)
	default:
		p.done[ack.Seq] = key
	}
}

// read reads until it can: while the store recovers, nobody can.
func (p *play) read(fn func() error) {
	p.Helper()
	err := fn()
	for tries := 0; p.faults && err != nil && tries < 10_000; tries++ {
		runtime.Gosched()
		err = fn()
	}
	p.h.must(err)
}

func (p *play) last() (seq uint64) {
	p.Helper()
	p.read(func() (err error) {
		_, seq, err = p.h.Match(p.id)
		return err
	})
	return seq
}

func (p *play) event(ack game.Ack) (e game.Numbered) {
	p.Helper()
	var list []game.Numbered
	p.read(func() (err error) {
		list, err = p.h.Events(p.id, ack.Seq-1, 1)
		return err
	})
	if len(list) != 1 || list[0].Seq != ack.Seq {
		p.Fatalf("event %d: %+v", ack.Seq, list)
	}
	return list[0]
}

// check ends the match and compares all that can be known of it.
func (p *play) check() {
	p.Helper()
	if p.f.Table.State == game.StatePlaying {
		if ack, err := p.ask(p.people[0], "end", game.Command{Kind: game.CommandAct, Act: game.ActResign}); err == nil {
			p.catchUp(ack.Seq)
		}
	}
	for p.f.Table.State == game.StatePlaying { // the bot was faster
		p.catchUp(p.f.Table.Seq + 1)
	}
	last := p.last()
	s, _, err := p.h.Match(p.id)
	p.h.must(err)
	p.catchUp(last)
	fresh := p.h.follow(p.id).Table
	for name, table := range map[string]*game.Table{"a follower from the start": p.f.Table, "a follower from now": fresh} {
		if diff := cmp.Diff(s, table.Summary()); diff != "" {
			p.Errorf("the match and the table of %s:\n%s", name, diff)
		}
		if diff := cmp.Diff(p.f.Table, table, cmpopts.IgnoreUnexported(game.Table{}), cmpopts.IgnoreFields(game.Table{}, "Position")); diff != "" {
			p.Errorf("the table of %s:\n%s", name, diff)
		}
	}
	events := p.h.events(p.id)
	moved := map[int][]game.RecordMove{}
	n, starts := 0, uint64(0)
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			p.Fatalf("event %d is at place %d", e.Seq, i+1)
		}
		switch {
		case e.Kind == game.EventStarted:
			n, starts = e.N, e.Seq
		case e.Kind == game.EventTakenBack:
			if e.To < starts {
				p.Errorf("event %d goes back to %d, before the start", e.Seq, e.To)
			}
			for i := range moved[n] {
				moved[n][i].Undone = moved[n][i].Undone || moved[n][i].Seq > e.To
			}
		case e.Kind == game.EventMoved:
			moved[n] = append(moved[n], game.RecordMove{Seq: e.Seq, Seat: e.Seat, Move: e.Move, At: e.Time})
			if e.Seat < len(p.people) && p.done[e.Seq] == "" {
				p.Errorf("event %d is a move that nobody asked for: %+v", e.Seq, e)
			}
		}
	}
	if uint64(len(events)) != last || n != s.N {
		p.Errorf("%d events of %d games, the match says %d of %d", len(events), n, last, s.N)
	}
	p.checkRecords(s, moved)
	p.checkViews(s)
}

func (p *play) checkRecords(s game.Summary, moved map[int][]game.RecordMove) {
	for n := 1; n <= s.N; n++ {
		r, err := p.h.Record(p.id, "", n)
		p.h.must(err)
		var actions []game.Action
		for _, m := range r.Moves {
			if m.At == 0 {
				p.Errorf("game %d: a move without a time", n)
			}
			if !m.Undone {
				actions = append(actions, game.Action{Seat: m.Seat, Move: m.Move, Lapsed: m.Lapsed})
			}
		}
		rules, err := p.h.Games.Get(r.Game)
		p.h.must(err)
		pos, err := game.Replay(rules, game.Setup{Seats: 2, First: r.First, Options: r.Options, Seed: *r.Seed}, actions)
		p.h.must(err)
		if n == s.N && string(pos.Save()) != string(p.f.Table.Position.Save()) {
			p.Errorf("the record of the last game leads to %s, and the game to %s", pos.Save(), p.f.Table.Position.Save())
		}
		if diff := cmp.Diff(moved[n], r.Moves, cmpopts.EquateEmpty()); diff != "" || r.N != n || r.Games != s.N || r.Result == nil || r.Seed == nil {
			p.Errorf("the record of game %d: %+v\n%s", n, r, diff)
		}
	}
}

func (p *play) checkViews(s game.Summary) {
	for seq, hashes := range p.seen {
		for i, hash := range hashes {
			seat := i - 1
			at, err := p.h.Position(p.id, "", seq, &seat, false)
			if seq == 0 {
				continue // the latest, in place of what was before all
			}
			p.h.must(err)
			if at.Hash != hash || at.Seq != seq || at.Hash != game.Hash(at.View) {
				p.Errorf("seat %d after event %d of %d: %s is not what was seen", seat, seq, s.N, at.View)
			}
		}
	}
}

// TestBotGoesOn: a bot moves once, whatever becomes of the server and of the
// commit of the move before.
func TestBotGoesOn(t *testing.T) {
	for name, fault := range map[string]func(*house){
		"restart": func(*house) {}, // right after the move: the bot is thinking
		"lost":    func(h *house) { h.store.FailCommit(1, memstore.Lost) },
		"untold":  func(h *house) { h.store.FailCommit(1, memstore.Untold) },
		"refused": func(h *house) { h.store.FailCommit(1, memstore.Refused) },
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			h.level = zerolog.Disabled // the failures are wanted
			h.restart()
			ann := h.player("Ann")
			id := h.match(game.NewMatch{Game: "connect4", Seats: []string{"bot:1"}}, ann).ID
			for n := range 4 {
				fault(h)
				for err := errors.New("not yet"); err != nil; {
					_, err = h.do(id, ann, fmt.Sprint(n), game.Command{Kind: game.CommandMove, Move: fmt.Sprint(1 + n)})
				}
				if name == "restart" {
					h.restart()
				}
				var f *game.Follower
				for err := errors.New("not yet"); err != nil; {
					f, err = h.Follow(ctx, id)
				}
				t.Cleanup(f.Close)
				h.until(f, func(t *game.Table) bool { return len(t.Moves) == 2*n+2 || t.Over() })
			}
		})
	}
}
