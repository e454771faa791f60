package game_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// kinds are the kinds of a match's events after a number, with what they say to
// a watcher.
func (h *house) kinds(match string, after uint64) (list []string) {
	for _, e := range h.events(match)[after:] {
		d, _ := e.AppendFor(nil, game.Watcher)
		list = append(list, string(e.Kind)+" "+string(d))
	}
	return list
}

func (h *house) told(match string, after uint64, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.kinds(match, after)); diff != "" {
		h.t.Errorf("the events after %d:\n%s", after, diff)
	}
}

func TestDraws(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	open := h.match(game.NewMatch{Game: "connect4"}, ann).ID
	h.refused(game.CodeNotYourTurn, open, ann, act(game.ActDrawOffer))
	id := h.match(game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 600_000, Increment: 1000}}, ann, bea).ID
	h.move(id, ann, "1", "4")
	h.refused(game.CodeStale, id, bea, act(game.ActDrawAccept))
	first := h.act(id, ann, "2", game.ActDrawOffer)
	if again := h.act(id, ann, "3", game.ActDrawOffer); again != first {
		t.Errorf("offered again: %v, not %v", again, first)
	}
	h.refused(game.CodeStale, id, ann, act(game.ActDrawAccept))
	h.act(id, bea, "1", game.ActDrawDecline)
	h.refused(game.CodeTooEarly, id, ann, act(game.ActDrawOffer))
	h.move(id, bea, "2", "4")
	h.act(id, bea, "3", game.ActDrawOffer)
	agreed := h.act(id, ann, "4", game.ActDrawOffer) // both want it
	h.refused(game.CodeGameOver, id, ann, act(game.ActDrawOffer))
	h.told(id, 3, `moved {"seat":0,"move":"4"}`, `offered {"seat":0,"what":"draw"}`, `answered {"seat":1,"what":"draw","yes":false}`,
		`moved {"seat":1,"move":"4"}`, `offered {"seat":1,"what":"draw"}`, `answered {"seat":0,"what":"draw","yes":true}`,
		`ended {"result":{"kind":"draw","reason":"agreed","winners":[]}}`)
	if agreed.Seq != 9 {
		t.Errorf("the agreement is event %d", agreed.Seq)
	}
	if clock := h.follow(id).Table.Time; len(clock.Running) > 0 {
		t.Errorf("the clock runs on: %+v", clock)
	}
	if r, err := h.Record(id, "", 0); err != nil || !cmp.Equal(r.Score, &game.SeriesScore{Won: []int{0, 0}, Drawn: 1}) {
		t.Errorf("score %+v, %v", r.Score, err)
	}
}

func TestTakebacks(t *testing.T) {
	for name, clock := range map[string]*game.ClockSpec{"no clock": nil, "increment": {Initial: 600_000, Increment: 7000}, "per move": {PerMove: 90_000}} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			ann, bea := h.player("Ann"), h.player("Bea")
			id := h.match(game.NewMatch{Game: "tictactoe", Clock: clock}, ann, bea).ID
			f := h.follow(id)
			h.refused(game.CodeTooEarly, id, ann, act(game.ActTakebackAsk))
			first := h.move(id, ann, "1", "5")
			h.until(f, func(t *game.Table) bool { return t.Seq == first.Seq })
			before := f.Table.Time
			view, err := h.Position(id, "", first.Seq, nil, false)
			h.must(err)
			second := h.move(id, bea, "1", "1")
			third := h.move(id, ann, "2", "2")
			h.act(id, bea, "2", game.ActTakebackAsk)
			asked := h.act(id, ann, "3", game.ActTakebackAccept)
			h.until(f, func(t *game.Table) bool { return t.Seq == asked.Seq+1 })
			h.told(id, third.Seq, `offered {"seat":1,"what":"takeback"}`, `answered {"seat":0,"what":"takeback","yes":true}`, fmt.Sprintf(`takenback {"to":%d}`, first.Seq))
			if clock != nil && (!cmp.Equal(f.Table.Time.Left, before.Left) || !cmp.Equal(f.Table.Time.Running, []int{1}) || f.Table.Time.Since < before.Since) {
				t.Errorf("the clock is %+v, and was %+v", f.Table.Time, before)
			}
			if _, err := h.do(id, bea, "3", game.Command{Kind: game.CommandMove, Move: "9", Seq: &third.Seq}); refusalOf(err) != game.CodeStale {
				t.Errorf("a move for the position before: %v", err)
			}
			h.move(id, bea, "4", "1") // as before
			if at, err := h.Position(id, "", first.Seq, nil, false); err != nil || at.Hash != view.Hash {
				t.Errorf("the position after event %d: %s, not %s (%v)", first.Seq, at.View, view.View, err)
			}
			then, err := h.Position(id, "", second.Seq, nil, false)
			h.must(err)
			now, err := h.Position(id, "", 0, nil, false)
			h.must(err)
			if phase := phaseOf(t, f.Table) + 1; string(now.View) != strings.Replace(string(then.View), `"phase":2`, fmt.Sprintf(`"phase":%d`, phase), 1) {
				t.Errorf("the same move again leads to %s, not to %s in phase %d", now.View, then.View, phase)
			}
			h.act(id, ann, "5", game.ActTakebackAsk)
			h.act(id, bea, "5", game.ActTakebackDecline)
			h.refused(game.CodeTooEarly, id, ann, act(game.ActTakebackAsk))
			r, err := h.Record(id, "", 0)
			h.must(err)
			var moves []string
			for _, m := range r.Moves {
				moves = append(moves, fmt.Sprint(m.Move, m.Undone))
			}
			if diff := cmp.Diff([]string{"5false", "1true", "2true", "1false"}, moves); diff != "" {
				t.Errorf("the record:\n%s", diff)
			}
		})
	}
}

// TestBotsAnswer: a bot plays on, and gives moves back.
func TestBotsAnswer(t *testing.T) {
	h := openHouse(t)
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "connect4", Seats: []string{"bot:1"}}, ann).ID
	f := h.follow(id)
	h.move(id, ann, "1", "4")
	h.until(f, func(t *game.Table) bool { return len(t.Moves) == 2 })
	offer := h.act(id, ann, "2", game.ActDrawOffer)
	h.act(id, ann, "3", game.ActTakebackAsk)
	h.told(id, offer.Seq-1, `offered {"seat":0,"what":"draw"}`, `answered {"seat":1,"what":"draw","yes":false}`,
		`offered {"seat":0,"what":"takeback"}`, `answered {"seat":1,"what":"takeback","yes":true}`, `takenback {"to":2}`)
	// While the bot thinks: what it finds is for a position that is no more.
	h.gate.hold()
	answers := make(chan error, 2)
	for n, c := range []game.Command{{Kind: game.CommandMove, Move: "1"}, act(game.ActTakebackAsk)} {
		h.Command(id, ann.ID, fmt.Sprint("held ", n), c, func(_ game.Ack, err error) { answers <- err })
		if n == 0 {
			h.stuck(id)
		}
	}
	h.gate.release()
	for range 2 {
		h.must(<-answers)
	}
	h.move(id, ann, "6", "2")
	h.until(f, func(t *game.Table) bool {
		n := len(t.Moves)
		return n > 1 && t.Moves[n-1].Seat == 1 && t.Moves[n-2].Move == "2"
	})
}

func TestClaimAndPresence(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "connect4"}, ann).ID
	h.Presence(id, 0, false) // nobody is there to see it
	_, err := h.Join(ctx, id, bea)
	h.must(err)
	for _, here := range []bool{true, false, false, true, false} {
		h.Presence(id, 0, here)
	}
	h.Presence(id, 7, false)
	h.Presence(id, -1, false)
	claim := act(game.ActClaim)
	claim.Absent = []game.Absence{{Seat: 0, For: 29_000}}
	_, err = h.do(id, bea, "1", claim)
	if refusalOf(err) != game.CodeTooEarly || !strings.Contains(err.Error(), "29 seconds") {
		t.Errorf("a claim too early: %v", err)
	}
	claim.Absent[0].For = 31_000
	_, err = h.do(id, bea, "1", claim)
	h.must(err)
	h.Presence(id, 0, true) // too late
	h.act(id, bea, "2", game.ActReady)
	h.told(id, 3, `gone {"seat":0}`, `back {"seat":0}`, `gone {"seat":0}`, `ended {"result":{"kind":"win","reason":"claim","winners":[1]}}`)
	if _, err := h.do(id, bea, "3", game.Command{Kind: "presence"}); refusalOf(err) != game.CodeBadRequest {
		t.Errorf("a player says who is here: %v", err)
	}
}

func TestChat(t *testing.T) {
	h := openHouse(t)
	ann, bea, cleo := h.player("Ann"), h.player("Bea"), h.player("Cleo")
	say := func(text string) game.Command { return game.Command{Kind: game.CommandChat, Text: text} }
	id := h.match(game.NewMatch{Game: "tictactoe"}, ann).ID
	for n, state := range []string{"open", "playing", "finished"} {
		if state == "playing" {
			_, err := h.Join(ctx, id, bea)
			h.must(err)
		}
		if state == "finished" {
			h.act(id, bea, "end", game.ActResign)
		}
		_, before, err := h.Match(id)
		h.must(err)
		ack, err := h.do(id, ann, fmt.Sprint(n), say(strings.Repeat("é", 200)))
		h.must(err)
		if ack.Seq != before+1 {
			t.Errorf("%s: event %d after %d", state, ack.Seq, before)
		}
		h.told(id, before, `chat {"seat":0,"text":"`+strings.Repeat("é", 200)+`"}`)
	}
	for _, bad := range []string{"", "  ", "\u00a0", "a\x00", "a\nb", "\xff", strings.Repeat("a", 201)} {
		h.refused(game.CodeBadRequest, id, ann, say(bad))
	}
	h.refused(game.CodeNotAPlayer, id, cleo, say("hello"))
}

// queued makes a match as the queue does.
func (h *house) queued(id string, players ...game.Player) string {
	h.t.Helper()
	rules, err := h.Games.Get(id)
	h.must(err)
	options, err := rules.Info().Options.Parse(nil)
	h.must(err)
	spec := game.Spec{Game: id, Code: "ABCD", Options: options, Ready: true, Tickets: []string{"one", "two"}}
	for _, p := range players {
		spec.Seats = append(spec.Seats, game.Seat{Player: p.ID, Name: p.Name})
	}
	id = game.NewID()
	h.must(h.Begin(ctx, id, spec))
	return id
}

func TestReadyCheck(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.queued("tictactoe", ann, bea)
	h.refused(game.CodeNotYourTurn, id, ann, game.Command{Kind: game.CommandMove, Move: "5"})
	h.refused(game.CodeNotYourTurn, id, ann, act(game.ActResign))
	if s, _, err := h.Match(id); err != nil || s.State != game.StateReady || h.follow(id).Table.State != game.StateReady {
		t.Errorf("the match: %+v, %v", s, err)
	}
	if list, _, err := h.List(game.Query{State: game.StateReady, Limit: 10}); err != nil || len(list) != 1 {
		t.Errorf("the listing: %+v, %v", list, err)
	}
	h.act(id, bea, "1", game.ActReady)
	h.act(id, bea, "2", game.ActReady)
	h.restart()
	h.act(id, ann, "1", game.ActReady)
	h.told(id, 2, `ready {"seat":1}`, `ready {"seat":0}`, `started {"n":1,"first":0}`)
	if timers := h.timers(id); timers != 0 {
		t.Errorf("%d timers are left behind", timers)
	}
	h.act(id, ann, "2", game.ActResign)
	h.act(id, ann, "3", game.ActRematch)
	h.act(id, bea, "3", game.ActRematch)
	h.move(id, bea, "4", "5") // nobody is asked again
	if r, err := h.Record(id, "", 0); err != nil || !cmp.Equal(r.Score, &game.SeriesScore{Won: []int{0, 1}}) {
		t.Errorf("score %+v, %v", r.Score, err)
	}
}

func TestReadyCheckFails(t *testing.T) {
	h := openHouse(t)
	h.hurry = 200 * time.Millisecond
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.queued("tictactoe", ann, bea)
	h.act(id, bea, "1", game.ActReady)
	h.ended(id)
	h.told(id, 3, `ended {"result":{"kind":"void","reason":"not_ready","winners":[]}}`)
	if s, _, err := h.Match(id); err != nil || s.State != game.StateVoid {
		t.Errorf("%+v, %v", s, err)
	}
}

// timers are how many timers of this generation of a match are armed.
func (h *house) timers(match string) (n int) {
	h.t.Helper()
	rows, err := orchestrator.NewClient(h.host).History(match)
	h.must(err)
	for _, row := range rows {
		switch row.Type {
		case "TimerCreated":
			n++
		case "TimerFired", "TimerCancelled":
			n--
		}
	}
	return n
}

// TestHistoryIsBounded: whatever players ask, for however long, who wakes the
// match has little to replay, and the match is as it would have been. The
// deadline that was armed first stays the deadline.
func TestHistoryIsBounded(t *testing.T) {
	h := openHouse(t)
	h.history = 20
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "connect4"}, ann).ID
	due := h.due(id)
	longest := 0
	spam := func(who game.Player, n int, c game.Command) {
		for i := range n {
			_, _ = h.do(id, who, fmt.Sprint(c, i), c)
			rows, err := orchestrator.NewClient(h.host).History(id)
			h.must(err)
			longest = max(longest, len(rows))
		}
	}
	chat := game.Command{Kind: game.CommandChat, Text: "hello"}
	spam(ann, 50, chat)
	if again := h.due(id); !again.Equal(due) {
		t.Errorf("the match waits until %v, and not until %v", again, due)
	}
	_, err := h.Join(ctx, id, bea)
	h.must(err)
	h.move(id, ann, "4", "4")
	spam(ann, 50, game.Command{Kind: game.CommandMove, Move: "1"}) // not her turn
	early, late := uint64(53), uint64(54)                          // before Ann's move, and after it
	for seq, want := range map[uint64]game.Code{early: game.CodeStale, late: game.CodeIllegalMove} {
		h.refused(want, id, bea, game.Command{Kind: game.CommandMove, Move: "99", Seq: &seq})
	}
	h.act(id, bea, "ask", game.ActDrawOffer)
	spam(bea, 50, game.Command{Kind: game.CommandMove, Move: "99"})
	h.Presence(id, 1, false)
	spam(ann, 50, act(game.ActReady))
	h.Presence(id, 1, false) // known, also in the generations since
	h.act(id, ann, "agree", game.ActDrawAccept)
	due = h.due(id)
	spam(bea, 50, chat)
	if again := h.due(id); !again.Equal(due) {
		t.Errorf("the rematch is waited for until %v, and not until %v", again, due)
	}
	var rest []string
	for _, kind := range h.kinds(id, 51) {
		if !strings.HasPrefix(kind, "chat") {
			rest = append(rest, kind[:strings.Index(kind, " ")])
		}
	}
	if diff := cmp.Diff([]string{"joined", "started", "moved", "offered", "gone", "answered", "ended"}, rest); diff != "" {
		t.Errorf("what happened:\n%s", diff)
	}
	if longest > 150 {
		t.Errorf("a history has %d rows", longest)
	}
}

// TestLongGameStaysInItsGeneration: a game with more moves than fit into what a
// generation hands on goes on where it is, and is put behind when it is over.
func TestLongGameStaysInItsGeneration(t *testing.T) {
	h := openHouse(t)
	h.history, h.midway = 4, 400
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "connect4"}, ann).ID
	_, err := h.Join(ctx, id, bea)
	h.must(err)
	generation := func() uint32 {
		s, err := orchestrator.NewClient(h.host).Status(id)
		h.must(err)
		return s.Generation
	}
	var seen []uint32
	for i := range 20 {
		h.move(id, []game.Player{ann, bea}[i%2], fmt.Sprint("long", i), fmt.Sprint(1+i%7)) // row by row: nobody wins
		seen = append(seen, generation())
	}
	if first, last := seen[3], seen[len(seen)-1]; first < 2 || last > 4 {
		t.Errorf("generations after each move: %v", seen)
	}
	h.restart()
	h.move(id, ann, "once more", "7")
	s, _, err := h.Desk.Match(id)
	h.must(err)
	if s.State != game.StatePlaying {
		t.Errorf("the match is %s", s.State)
	}
}

// due is when the timer of a match that waits for people is due.
func (h *house) due(match string) (at time.Time) {
	h.t.Helper()
	rows, err := orchestrator.NewClient(h.host).History(match)
	h.must(err)
	for _, row := range rows {
		if row.Type == "TimerCreated" {
			at = *row.Due
		}
	}
	if at.IsZero() {
		h.t.Error("no timer is armed")
	}
	return at
}

// TestIdleMatchesCostNothing: a match without a clock in which nobody moves has
// no timer and, once others have taken its place in memory, no coroutine. A
// move wakes it.
func TestIdleMatchesCostNothing(t *testing.T) {
	h := openHouse(t)
	h.cache = 1 // one instance a partition, the last that was used
	h.restart()
	ann, bea := h.player("Ann"), h.player("Bea")
	var ids []string
	for n := range 40 {
		id := h.match(game.NewMatch{Game: "connect4"}, ann, bea).ID
		h.move(id, ann, fmt.Sprint(n), "4")
		ids = append(ids, id)
	}
	h.must(h.store.View(func(rd durable.Reader) error {
		return rd.Scan([]byte{0, 0}, []byte{0, byte(h.store.Partitions())}, false, func(key, value []byte) bool {
			if key[2] == 't' {
				t.Errorf("a timer: %x %x", key, value)
			}
			return true
		})
	}))
	if n := coroutines(); n > h.store.Partitions() {
		t.Errorf("%d coroutines for %d matches", n, len(ids))
	}
	for n, id := range ids {
		h.move(id, bea, fmt.Sprint(n), "4")
	}
}

// coroutines counts the coroutines of orchestrations in this process.
func coroutines() int {
	stacks := make([]byte, 1<<24)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "orchestrator.newCoroutine.func1(")
}
