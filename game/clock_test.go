package game_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

func TestClockArithmetic(t *testing.T) {
	increment := game.ClockSpec{Initial: 60_000, Increment: 2_000}
	perMove := game.ClockSpec{PerMove: 10_000}
	begun := func(s game.ClockSpec, actors ...int) *game.Clock { return s.Begin(2, actors, 1_000) }
	for name, test := range map[string]struct{ got, want *game.Clock }{
		"begins full":                     {begun(increment, 0), &game.Clock{Left: []int64{60_000, 60_000}, Running: []int{0}, Since: 1_000}},
		"per move begins full":            {begun(perMove, 1), &game.Clock{Left: []int64{10_000, 10_000}, Running: []int{1}, Since: 1_000}},
		"time runs for who owes a move":   {begun(increment, 0).At(4_000), &game.Clock{Left: []int64{57_000, 60_000}, Running: []int{0}, Since: 4_000}},
		"for both in a simultaneous turn": {begun(increment, 0, 1).At(4_000), &game.Clock{Left: []int64{57_000, 57_000}, Running: []int{0, 1}, Since: 4_000}},
		"never back":                      {begun(increment, 0).At(500), begun(increment, 0)},
		"never below nothing":             {begun(increment, 0).At(99_000), &game.Clock{Left: []int64{0, 60_000}, Running: []int{0}, Since: 99_000}},
		"a move gives the increment":      {begun(increment, 0).Moved(increment, 0, []int{1}, 4_000), &game.Clock{Left: []int64{59_000, 60_000}, Running: []int{1}, Since: 4_000}},
		"an instant move gains":           {begun(increment, 0).Moved(increment, 0, []int{1}, 1_000), &game.Clock{Left: []int64{62_000, 60_000}, Running: []int{1}, Since: 1_000}},
		"per move is full again":          {begun(perMove, 0).Moved(perMove, 0, []int{1}, 9_000), &game.Clock{Left: []int64{10_000, 10_000}, Running: []int{1}, Since: 9_000}},
		"the other runs on":               {begun(perMove, 0, 1).Moved(perMove, 0, []int{1}, 4_000), &game.Clock{Left: []int64{10_000, 7_000}, Running: []int{1}, Since: 4_000}},
		"stopped":                         {begun(increment, 0).Stopped(4_000), &game.Clock{Left: []int64{57_000, 60_000}, Since: 4_000}},
		"stopped stands":                  {begun(increment, 0).Stopped(4_000).At(9_000), &game.Clock{Left: []int64{57_000, 60_000}, Since: 9_000}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestClockFlag(t *testing.T) {
	both := &game.Clock{Left: []int64{5_000, 3_000, 1_000}, Running: []int{0, 1}, Since: 1_000}
	at, ok := both.Flag()
	if at != 4_000 || !ok {
		t.Errorf("the first flag falls at %d, %v; seat 2 does not run", at, ok)
	}
	for at, want := range map[int64][]int{3_999: nil, 4_000: {1}, 5_999: {1}, 6_000: {0, 1}} {
		if diff := cmp.Diff(want, both.Fallen(at)); diff != "" {
			t.Errorf("fallen at %d:\n%s", at, diff)
		}
	}
	if at, ok := both.Stopped(2_000).Flag(); ok {
		t.Errorf("a clock that stands has a flag at %d", at)
	}
}

func TestClockLimits(t *testing.T) {
	const day = 24 * 3_600_000
	for spec, good := range map[game.ClockSpec]bool{
		{}:                                     false,
		{Initial: 1_000}:                       true,
		{Initial: 999}:                         false,
		{Initial: -1_000}:                      false,
		{Initial: 7 * day}:                     true,
		{Initial: 7*day + 1}:                   false,
		{Initial: 1_000, Increment: 3_600_000}: true,
		{Initial: 1_000, Increment: 3_600_001}: false,
		{Initial: 1_000, Increment: -1}:        false,
		{Increment: 1_000}:                     false,
		{PerMove: 1_000}:                       true,
		{PerMove: 999}:                         false,
		{PerMove: -1}:                          false,
		{PerMove: 7*day + 1}:                   false,
		{PerMove: 1_000, Initial: 1_000}:       false,
		{PerMove: 1_000, Increment: 1}:         false,
	} {
		if err := spec.Check(); (err == nil) != good || err != nil && refusalOf(err) != game.CodeBadRequest {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

func TestClockIsForGamesThatHaveOne(t *testing.T) {
	h := openHouse(t, described{info: game.Info{ID: "slow", Name: "Slow", MinSeats: 2, MaxSeats: 2}})
	_, err := h.Create(ctx, h.player("Ann"), game.NewMatch{Game: "slow", Clock: &game.ClockSpec{PerMove: 1000}}, "")
	if refusalOf(err) != game.CodeBadRequest {
		t.Errorf("a clock for a game without one: %v", err)
	}
}

// TestClockStandsStillWhileDown: after a start uptime waits, so that nobody loses
// time to an outage, and moves count at once.
func TestClockStandsStillWhileDown(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 60_000}}, ann, bea).ID
	h.move(id, ann, "1", "4")
	before := h.Clock(id, h.follow(id).Table)
	asked := time.Now()
	h.uptimeDelay = time.Hour
	h.restart()
	ran := time.Since(asked).Milliseconds()

	f := h.follow(id)
	after := h.Clock(id, f.Table)
	if after.Left[0] != before.Left[0] || after.Left[1] > before.Left[1]+250 || after.Left[1] < before.Left[1]-ran {
		t.Errorf("%v were left, after the restart %v; the server ran for %d ms in between", before.Left, after.Left, ran)
	}
	if ahead := time.Until(time.UnixMilli(after.Now)); ahead < 50*time.Minute || ahead > time.Hour {
		t.Errorf("what is left is said to be true in %v, when the clocks go on", ahead)
	}
	h.move(id, bea, "1", "4")
	h.until(f, func(t *game.Table) bool { return len(t.Moves) == 2 })
	if moved := f.Table.Time; moved.Left[1] != after.Left[1] || moved.Running[0] != 0 {
		t.Errorf("Bea moved while the clocks stood still: %+v, before %v", moved, after.Left)
	}
}

// TestClockMoveAgainstFlag: what counts is when the server let a move in, not
// when it came to deal with it.
func TestClockMoveAgainstFlag(t *testing.T) {
	for name, test := range map[string]struct {
		inTime   bool
		oneBatch bool // the flag's timer is armed in the very batch that has the move which is too late
	}{
		"before the flag":                   {inTime: true},
		"after the flag":                    {},
		"before the flag, dealt with later": {inTime: true, oneBatch: true},
		"after the flag, in one batch":      {oneBatch: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			ann, bea := h.player("Ann"), h.player("Bea")
			id := h.match(game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 1000}}, ann, bea).ID
			f := h.follow(id)
			answers := make(chan error, 3)
			move := func(p game.Player, request, move string) {
				h.Command(id, p.ID, request, game.Command{Kind: game.CommandMove, Move: move}, func(_ game.Ack, err error) { answers <- err })
			}
			h.gate.hold() // the server is very slow
			if test.oneBatch {
				move(bea, "0", "not her turn")
				h.stuck(id)
			}
			move(ann, "1", "4")
			if test.inTime {
				move(bea, "1", "4")
			}
			<-time.After(2100 * time.Millisecond) // it is time itself that the test is about
			if !test.inTime {
				move(bea, "1", "4")
			}
			h.gate.release()
			if test.oneBatch {
				if err := <-answers; refusalOf(err) != game.CodeNotYourTurn {
					t.Errorf("what kept the server busy: %v", err)
				}
			}
			h.must(<-answers)
			err := <-answers
			if test.inTime && err != nil || !test.inTime && refusalOf(err) != game.CodeGameOver {
				t.Errorf("Bea's move: %v", err)
			}
			h.until(f, func(t *game.Table) bool { return t.Over() })
			winner, played := 0, 2 // Ann's move, and Bea's lapse
			if test.inTime {
				winner, played = 1, 3
			}
			if r := f.Table.Result; r.Reason != game.ReasonFlag || r.Winners[0] != winner || len(f.Table.Moves) != played {
				t.Errorf("result %+v after %d moves and lapses", r, len(f.Table.Moves))
			}
		})
	}
}
