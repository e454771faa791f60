package game_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/tictactoe"
)

// told is a table of two after the start (event 1) and the given events.
func told(t *testing.T, rules game.Rules, events ...game.Event) *game.Table {
	t.Helper()
	table := game.NewTable(rules, game.Spec{Game: rules.Info().ID, Seats: []game.Seat{{Player: "a"}, {Player: "b"}}})
	for _, e := range append([]game.Event{{Kind: game.EventStarted, N: 1, Seed: &game.Seed{}}}, events...) {
		if err := table.Apply(&e); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

func moved(seat int, move string) game.Event {
	return game.Event{Kind: game.EventMoved, Seat: seat, Move: move}
}

func offered(seat int, what string) game.Event {
	return game.Event{Kind: game.EventOffered, Seat: seat, What: what}
}

func declined(seat int, what string) game.Event {
	return game.Event{Kind: game.EventAnswered, Seat: seat, What: what}
}

func codeOfRefusal(r *game.Refusal) game.Code {
	if r == nil {
		return ""
	}
	return r.Code
}

// coop and forever are tictactoe but for what they say of themselves.
type (
	coop    struct{ tictactoe.Rules }
	forever struct{ tictactoe.Rules }
)

func (c coop) Info() game.Info {
	info := c.Rules.Info()
	info.Coop = true
	return info
}

func (f forever) Info() game.Info {
	info := f.Rules.Info()
	info.Takeback = false
	return info
}

// TestOffers is the table of who may offer and answer what, and when.
func TestOffers(t *testing.T) {
	const draw, takeback = game.OfferDraw, game.OfferTakeback
	for name, test := range map[string]struct {
		rules  game.Rules
		events []game.Event
		seat   int
		what   string
		may    game.Code // offer it
		answer game.Code // what the other has offered
	}{
		"a draw at once":                        {seat: 0, what: draw, answer: game.CodeStale},
		"a draw out of turn":                    {seat: 1, what: draw, answer: game.CodeStale},
		"a draw where nobody wins alone":        {rules: coop{}, what: draw, may: game.CodeBadRequest, answer: game.CodeStale},
		"a takeback before a move":              {seat: 0, what: takeback, may: game.CodeTooEarly, answer: game.CodeStale},
		"a takeback of the other's move":        {events: []game.Event{moved(0, "1")}, seat: 1, what: takeback, may: game.CodeTooEarly, answer: game.CodeStale},
		"a takeback of the own":                 {events: []game.Event{moved(0, "1")}, seat: 0, what: takeback, answer: game.CodeStale},
		"a takeback where there is none":        {rules: forever{}, events: []game.Event{moved(0, "1")}, what: takeback, may: game.CodeBadRequest, answer: game.CodeStale},
		"an answer to a draw":                   {events: []game.Event{offered(0, draw)}, seat: 1, what: draw},
		"an answer to oneself":                  {events: []game.Event{offered(0, draw)}, seat: 0, what: draw, may: game.CodeTooEarly, answer: game.CodeStale},
		"a draw when the offerer has moved":     {events: []game.Event{offered(0, draw), moved(0, "1")}, seat: 1, what: draw},
		"a draw when the other has moved":       {events: []game.Event{moved(0, "1"), offered(0, draw), moved(1, "2")}, seat: 1, what: draw, answer: game.CodeStale},
		"a draw declined by a move, again":      {events: []game.Event{moved(0, "1"), offered(0, draw), moved(1, "2")}, seat: 0, what: draw, may: game.CodeTooEarly, answer: game.CodeStale},
		"a draw declined, again":                {events: []game.Event{offered(0, draw), declined(1, draw)}, seat: 0, what: draw, may: game.CodeTooEarly, answer: game.CodeStale},
		"a draw declined, from the other":       {events: []game.Event{offered(0, draw), declined(1, draw)}, seat: 1, what: draw, answer: game.CodeStale},
		"a draw declined, after a move":         {events: []game.Event{offered(0, draw), declined(1, draw), moved(0, "1")}, seat: 0, what: draw, answer: game.CodeStale},
		"a takeback when somebody has moved":    {events: []game.Event{moved(0, "1"), offered(0, takeback), moved(1, "2")}, seat: 1, what: takeback, answer: game.CodeStale},
		"a takeback to be answered":             {events: []game.Event{moved(0, "1"), offered(0, takeback)}, seat: 1, what: takeback, may: game.CodeTooEarly},
		"a takeback is no draw":                 {events: []game.Event{moved(0, "1"), offered(0, takeback)}, seat: 1, what: draw, answer: game.CodeStale},
		"a takeback declined, again":            {events: []game.Event{moved(0, "1"), offered(0, takeback), declined(1, takeback)}, seat: 0, what: takeback, may: game.CodeTooEarly, answer: game.CodeStale},
		"a takeback further back, once granted": {events: []game.Event{moved(0, "1"), moved(1, "2"), moved(0, "3"), offered(0, takeback), {Kind: game.EventTakenBack, To: 3}}, seat: 0, what: takeback, answer: game.CodeStale},
		"a takeback of all, and once more":      {events: []game.Event{moved(0, "1"), offered(0, takeback), {Kind: game.EventTakenBack, To: 1}}, seat: 0, what: takeback, may: game.CodeTooEarly, answer: game.CodeStale},
	} {
		if test.rules == nil {
			test.rules = tictactoe.Rules{}
		}
		table := told(t, test.rules, test.events...)
		if r := table.MayOffer(test.seat, test.what); codeOfRefusal(r) != test.may {
			t.Errorf("%s: offering is %q: %v", name, codeOfRefusal(r), r)
		}
		if r := table.MayAnswer(test.seat, test.what); codeOfRefusal(r) != test.answer {
			t.Errorf("%s: answering is %q: %v", name, codeOfRefusal(r), r)
		}
	}
}

// TestTakenBack: the position is that of before, byte for byte but for the
// phase, and what was undone is no move any more.
func TestTakenBack(t *testing.T) {
	table := told(t, connect4.Rules{}, moved(0, "4"))
	want := table.Position.Save()
	phases := []int{phaseOf(t, table)}
	for _, e := range []game.Event{moved(1, "4"), moved(0, "3"), {Kind: game.EventTakenBack, To: 2}, moved(1, "1"), {Kind: game.EventTakenBack, To: 5}} {
		if err := table.Apply(&e); err != nil {
			t.Fatal(err)
		}
		phases = append(phases, phaseOf(t, table))
	}
	if got := table.Position.Save(); string(got) != string(want) {
		t.Errorf("the position is %s, not %s", got, want)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, phases); diff != "" {
		t.Errorf("phases:\n%s", diff)
	}
	var undone []bool
	for _, m := range table.Moves {
		undone = append(undone, m.Undone)
	}
	if diff := cmp.Diff([]bool{false, true, true, true}, undone); diff != "" {
		t.Errorf("undone:\n%s", diff)
	}
	if !table.Stale(6) || table.Stale(7) {
		t.Error("what was meant for the position before the takeback is not stale, or what is meant for this one is")
	}
}

// TestTakebacksAreLimited: what was undone is kept, so there is not much of it.
func TestTakebacksAreLimited(t *testing.T) {
	table := told(t, tictactoe.Rules{})
	for n := range 101 {
		e := moved(0, "5")
		if err := table.Apply(&e); err != nil {
			t.Fatal(err)
		}
		want := game.Code("")
		if n == 100 {
			want = game.CodeForbidden
		}
		if r := table.MayOffer(0, game.OfferTakeback); codeOfRefusal(r) != want {
			t.Fatalf("after %d takebacks: %v", n, r)
		}
		e = game.Event{Kind: game.EventTakenBack, To: 1}
		if err := table.Apply(&e); err != nil {
			t.Fatal(err)
		}
	}
}

func phaseOf(t *testing.T, table *game.Table) int {
	t.Helper()
	view := string(table.AppendView(nil, game.Watcher))
	phase := 0
	for _, c := range view[strings.Index(view, `"phase":`)+len(`"phase":`):] {
		if c < '0' || c > '9' {
			break
		}
		phase = 10*phase + int(c-'0')
	}
	return phase
}

// TestClaim is the table of who may claim a game. Seat 0 owes the move.
func TestClaim(t *testing.T) {
	for name, test := range map[string]struct {
		rules  game.Rules
		seat   int
		absent []game.Absence
		want   game.Code
	}{
		"nobody is away":            {seat: 1, want: game.CodeTooEarly},
		"long enough":               {seat: 1, absent: []game.Absence{{Seat: 0, For: 30_000}}},
		"not long enough":           {seat: 1, absent: []game.Absence{{Seat: 0, For: 29_999}}, want: game.CodeTooEarly},
		"from oneself":              {seat: 0, absent: []game.Absence{{Seat: 0, For: 90_000}}, want: game.CodeTooEarly},
		"from who owes nothing":     {seat: 0, absent: []game.Absence{{Seat: 1, For: 90_000}}, want: game.CodeTooEarly},
		"both are away":             {seat: 1, absent: []game.Absence{{Seat: 1, For: 1}, {Seat: 0, For: 30_001}}},
		"seats that there are not":  {seat: 1, absent: []game.Absence{{Seat: 7, For: 90_000}, {Seat: -1, For: 90_000}}, want: game.CodeTooEarly},
		"where they play together":  {rules: coop{}, seat: 1, absent: []game.Absence{{Seat: 0, For: 90_000}}, want: game.CodeBadRequest},
		"where both owe a move":     {rules: pick{}, seat: 0, absent: []game.Absence{{Seat: 1, For: 30_000}}},
		"where both owe, too early": {rules: pick{}, seat: 0, absent: []game.Absence{{Seat: 1, For: 10}}, want: game.CodeTooEarly},
	} {
		if test.rules == nil {
			test.rules = tictactoe.Rules{}
		}
		r, refused := told(t, test.rules).Claim(test.seat, test.absent)
		if codeOfRefusal(refused) != test.want {
			t.Errorf("%s: %v", name, refused)
		}
		if want := (&game.Result{Kind: game.Win, Reason: game.ReasonClaim, Winners: []int{test.seat}}); test.want == "" && !cmp.Equal(want, r) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestScore(t *testing.T) {
	var s *game.SeriesScore
	for _, r := range []*game.Result{nil, game.WonBy(1, game.ReasonLine), game.Drawn(game.ReasonAgreed), {Kind: game.Void, Reason: game.ReasonFlag}, game.WonBy(1, game.ReasonClaim), game.WonBy(0, game.ReasonFlag)} {
		s = s.With(r, 2)
	}
	if diff := cmp.Diff(&game.SeriesScore{Won: []int{1, 2}, Drawn: 1}, s); diff != "" {
		t.Error(diff)
	}
}
