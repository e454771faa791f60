package game_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/dungeon"
)

// timed is a game with another Info.
type timed struct {
	game.Rules
	change func(*game.Info)
}

func (r timed) Info() game.Info {
	info := r.Rules.Info()
	r.change(&info)
	return info
}

func limited(rules game.Rules, limit time.Duration) game.Rules {
	return timed{rules, func(info *game.Info) { info.Limit = limit }}
}

func kindsOf(list []game.Numbered) string {
	var kinds []string
	for _, e := range list {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

// TestDeadlineOfAPhase: who owes a move when the phase's time is over lapses.
func TestDeadlineOfAPhase(t *testing.T) {
	h := openHouse(t, dungeon.Rules{Gather: 1100 * time.Millisecond})
	id := h.match(game.NewMatch{Game: "dungeon"}, h.player("Ann")).ID
	f := h.follow(id)
	if c := h.Clock(id, f.Table); c == nil || c.PerMove != 1100 || c.Increment != 0 || len(c.Running) != 1 || c.Left[0] < 1 || c.Left[0] > 1100 {
		t.Errorf("the countdown at the start: %+v", c)
	}
	h.until(f, func(t *game.Table) bool { return t.Over() })
	if got := kindsOf(h.events(id)); got != "joined started lapsed revealed ended" {
		t.Errorf("events %s", got)
	}
	want := &game.Result{Kind: game.Void, Reason: game.ReasonNotReady, Winners: []int{}}
	if diff := cmp.Diff(want, f.Table.Result); diff != "" || f.Table.State != game.StateVoid {
		t.Errorf("state %s, result\n%s", f.Table.State, diff)
	}
	if c := h.Clock(id, f.Table); c != nil {
		t.Errorf("a countdown after the end: %+v", c)
	}
}

// TestDeadlineIsByPhase: each phase has its own time, for those who owe a move.
func TestDeadlineIsByPhase(t *testing.T) {
	h := openHouse(t, dungeon.Rules{Gather: 2 * time.Second, Round: time.Hour})
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "dungeon", Seats: []string{"open"}}, ann, bea).ID
	f := h.follow(id)
	begun := f.Table.Time
	h.move(id, ann, "1", "commit")
	h.until(f, func(t *game.Table) bool { return len(t.Moves) == 1 })
	if c := f.Table.Time; !cmp.Equal(c.Running, []int{1}) || c.Since+c.Left[1] != begun.Since+2000 {
		t.Errorf("when Ann has committed: %+v, at the start %+v", c, begun)
	}
	h.until(f, func(t *game.Table) bool { return t.Position.Phase() == 1 })
	if c := f.Table.Time; !cmp.Equal(c.Running, []int{0}) || c.Left[0] != time.Hour.Milliseconds() {
		t.Errorf("in the first round: %+v", c)
	}
	h.move(id, ann, "2", f.Table.Position.Moves(0)[0])
	h.until(f, func(t *game.Table) bool { return t.Position.Phase() == 2 })
	if c := h.Clock(id, f.Table); !cmp.Equal(c.Running, []int{0}) || c.PerMove != time.Hour.Milliseconds() || c.Left[0] < c.PerMove-10_000 {
		t.Errorf("in the second round: %+v", c)
	}
}

// TestDeadlineStandsStillWhileDown, as clocks do.
func TestDeadlineStandsStillWhileDown(t *testing.T) {
	h := openHouse(t, dungeon.Rules{Gather: 1500 * time.Millisecond})
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "dungeon"}, ann).ID
	h.uptimeDelay = time.Hour
	h.restart()
	<-time.After(2 * time.Second) // it is time itself that the test is about
	h.move(id, ann, "1", "commit")
}

// TestDeadlinesThatPassedMeanwhile: a server that was slow has all rounds lapse
// that were over before it let a move in.
func TestDeadlinesThatPassedMeanwhile(t *testing.T) {
	h := openHouse(t, dungeon.Rules{Gather: time.Minute, Round: time.Second})
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "dungeon"}, ann).ID
	answers := make(chan error, 3)
	move := func(request, move string) {
		h.Command(id, ann.ID, request, game.Command{Kind: game.CommandMove, Move: move}, func(_ game.Ack, err error) { answers <- err })
	}
	h.gate.hold()
	move("0", "dance")
	h.stuck(id)
	move("1", "commit")
	<-time.After(2500 * time.Millisecond) // it is time itself that the test is about
	move("2", "take bread")
	h.gate.release()
	if err := <-answers; refusalOf(err) != game.CodeIllegalMove {
		t.Errorf("what kept the server busy: %v", err)
	}
	h.must(<-answers)
	h.must(<-answers)
	if got := kindsOf(h.events(id)); !strings.HasPrefix(got, "joined started moved revealed lapsed revealed lapsed revealed moved revealed") {
		t.Errorf("events %s", got)
	}
}

// TestLimitOfAGame: a game that lasts too long ends for all.
func TestLimitOfAGame(t *testing.T) {
	hour := dungeon.Rules{Gather: time.Hour}
	for name, test := range map[string]struct {
		rules game.Rules
		kind  game.Kind
	}{
		"co-operative, with phases": {limited(hour, time.Second), game.Coop},
		"against each other":        {limited(connect4.Rules{}, time.Second), game.Draw},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, test.rules)
			ann, bea := h.player("Ann"), h.player("Bea")
			id := h.match(game.NewMatch{Game: test.rules.Info().ID, Seats: []string{"open"}}, ann, bea).ID
			f := h.follow(id)
			if test.kind == game.Draw {
				if c := h.Clock(id, f.Table); c != nil {
					t.Errorf("a clock to be seen: %+v", c)
				}
			}
			h.until(f, func(t *game.Table) bool { return t.Over() })
			want := &game.Result{Kind: test.kind, Reason: game.ReasonFlag, Winners: []int{}}
			if diff := cmp.Diff(want, f.Table.Result); diff != "" || len(f.Table.Moves) != 0 {
				t.Errorf("after %d moves and lapses:\n%s", len(f.Table.Moves), diff)
			}
			for _, p := range []game.Player{ann, bea} {
				h.act(id, p, "again", game.ActRematch)
			}
			h.until(f, func(t *game.Table) bool { return t.N == 2 && t.Over() })
		})
	}
}

// TestClockComesBeforeDeadlines: where the players chose a clock, it rules.
func TestClockComesBeforeDeadlines(t *testing.T) {
	h := openHouse(t, timed{dungeon.Rules{Gather: time.Millisecond}, func(info *game.Info) { info.Clock = true }})
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "dungeon", Clock: &game.ClockSpec{PerMove: 60_000}}, ann).ID
	h.move(id, ann, "1", "commit")
	f := h.follow(id)
	if c := f.Table.Time; c.Left[0] != 60_000 || c.Until == 0 {
		t.Errorf("clock %+v", c)
	}
}

// TestDungeonWithBotsAndRematch plays whole games through the match.
func TestDungeonWithBotsAndRematch(t *testing.T) {
	h := openHouse(t, dungeon.Rules{})
	ann := h.player("Ann")
	id := h.match(game.NewMatch{Game: "dungeon", Seats: []string{"bot:1", "bot:2", "bot:3"}}, ann).ID
	f := h.follow(id)
	for n := 1; n <= 2; n++ {
		h.until(f, func(t *game.Table) bool { return t.N == n })
		for f.Table.N == n && !f.Table.Over() {
			seq := f.Table.Seq
			if moves := f.Table.Position.Moves(0); moves != nil {
				seq = h.move(id, ann, fmt.Sprint(f.Table.Seq), moves[0]).Seq - 1 // the bots' may be there before it
			}
			h.until(f, func(t *game.Table) bool { return t.Seq > seq })
		}
		if r := f.Table.Result; r.Kind != game.Coop {
			t.Errorf("game %d: %+v", n, r)
		}
		h.act(id, ann, fmt.Sprint("again ", n), game.ActRematch)
	}
}
