package game_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

func TestParseCode(t *testing.T) {
	for in, want := range map[string]string{
		"ABCD": "ABCD", "abcd": "ABCD", "aB2z": "AB2Z", "2345": "2345", "": "", "ABC": "", "ABCDE": "", "AB0D": "", "ABOD": "", "AB1D": "",
		"ABID": "", "ABLD": "", "ABLd": "", "AB D": "", "ÄBC": "", "AB\xffD": "",
	} {
		if want == "" {
			if code, ok := game.ParseCode(in); ok {
				t.Errorf("%q is read as %s", in, code)
			}
			continue
		}
		if code, ok := game.ParseCode(in); !ok || code != want {
			t.Errorf("%q is read as %q, %v", in, code, ok)
		}
	}
}

func TestCodeLeads(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	for name, test := range map[string]struct {
		match string
		until int64
		want  bool
	}{
		"never used": {"", 0, false}, "kept": {"m", 0, true}, "claimed": {"m", 1_000_001, true}, "claim over": {"m", 1_000_000, false}, "freed": {"m", 1, false},
	} {
		if got := game.CodeLeads(test.match, test.until, now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCodeLife(t *testing.T) {
	h := openHouse(t)
	claim := func(match string) error {
		_, err := game.CodeClaim.Do(ctx, h.entities, "ABCD", game.CodeUse(match))
		return err
	}
	leadsTo := func(want string) {
		t.Helper()
		id, err := h.Resolve("abcd")
		if want == "" && refusalOf(err) != game.CodeNotFound || want != "" && (err != nil || id != want) {
			t.Errorf("the code leads to %q, %v, not %q", id, err, want)
		}
	}
	taken := func(match string) {
		t.Helper()
		var f *orchestrator.Failure
		if err := claim(match); !errors.As(err, &f) || f.Code != orchestrator.CodeConflict {
			t.Errorf("%s claims it: %v", match, err)
		}
	}
	leadsTo("")
	h.must(claim("one"))
	h.must(claim("one")) // a repetition
	taken("two")
	leadsTo("one")
	_, err := game.CodeFree.Do(ctx, h.entities, "ABCD", game.CodeUse("two")) // not its own
	h.must(err)
	_, err = game.CodeKeep.Do(ctx, h.entities, "ABCD", game.CodeUse("one"))
	h.must(err)
	taken("two")
	leadsTo("one")
	h.must(claim("one")) // the start of the match is repeated: it stays kept
	taken("two")
	_, err = game.CodeFree.Do(ctx, h.entities, "ABCD", game.CodeUse("one"))
	h.must(err)
	leadsTo("")
	h.must(claim("two"))
	_, err = game.CodeKeep.Do(ctx, h.entities, "ABCD", game.CodeUse("one")) // too late
	h.must(err)
	leadsTo("two")
}

func TestResolveRefuses(t *testing.T) {
	h := openHouse(t)
	id := strings.Repeat("a", 26)
	if got, err := h.Resolve(id); err != nil || got != id {
		t.Errorf("an id: %s, %v", got, err)
	}
	if _, _, err := h.Match(id); refusalOf(err) != game.CodeNotFound {
		t.Errorf("a match that is not there: %v", err)
	}
	for _, bad := range []string{"", "ABCDE", id[1:], id + "a", strings.Repeat("A", 26), strings.Repeat("1", 26), "../../../../../../../etc/pw", "QQQQ"} {
		if _, err := h.Resolve(bad); refusalOf(err) != game.CodeNotFound {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := h.do(id, h.player("Ann"), "1", game.Command{Kind: game.CommandMove, Move: "5"}); refusalOf(err) != game.CodeNotFound {
		t.Errorf("a move there: %v", err)
	}
}

// TestCommandOrderOfChecks: what no match understands is refused first of all.
func TestCommandOrderOfChecks(t *testing.T) {
	h := openHouse(t)
	ann, cleo := h.player("Ann"), h.player("Cleo")
	id := h.match(game.NewMatch{Game: "tictactoe"}, ann).ID
	for name, test := range map[string]struct {
		match string
		who   game.Player
		c     game.Command
		want  game.Code
	}{
		"unknown act nowhere":   {strings.Repeat("a", 26), cleo, game.Command{Kind: game.CommandAct, Act: "dance"}, game.CodeBadRequest},
		"unknown kind":          {id, cleo, game.Command{Kind: "dance"}, game.CodeBadRequest},
		"a stranger's move":     {id, cleo, game.Command{Kind: game.CommandMove, Move: "x"}, game.CodeNotAPlayer},
		"a stranger resigns":    {id, cleo, game.Command{Kind: game.CommandAct, Act: game.ActResign}, game.CodeNotAPlayer},
		"a move before all sit": {id, ann, game.Command{Kind: game.CommandMove, Move: "x"}, game.CodeNotYourTurn},
		"nobody joins":          {id, game.Player{}, game.Command{Kind: game.CommandJoin}, game.CodeBadRequest},
	} {
		if _, err := h.do(test.match, test.who, "1", test.c); refusalOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCreateRefuses is the table of what cannot be asked for.
func TestCreateRefuses(t *testing.T) {
	h := openHouse(t)
	ann := h.player("Ann")
	for name, in := range map[string]game.NewMatch{
		"unknown game":     {Game: "chess"},
		"too few seats":    {Game: "tictactoe", Seats: []string{}},
		"too many seats":   {Game: "tictactoe", Seats: []string{"open", "open"}},
		"a strange seat":   {Game: "tictactoe", Seats: []string{"bot:4"}},
		"a bot unnumbered": {Game: "tictactoe", Seats: []string{"bot"}},
		"rated with a bot": {Game: "tictactoe", Seats: []string{"bot:1"}, Rated: true},
		"a short clock":    {Game: "tictactoe", Clock: &game.ClockSpec{Initial: 1}},
		"unknown option":   {Game: "tictactoe", Options: []byte(`{"size":4}`)},
		"no options":       {Game: "tictactoe", Options: []byte(`[]`)},
	} {
		if _, err := h.Create(ctx, ann, in, name); refusalOf(err) != game.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCreateAtTheSameTime: one key is one match and one code, however many ask
// at once, and it stays so after a restart.
func TestCreateAtTheSameTime(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	in := game.NewMatch{Game: "tictactoe", Options: []byte(" {} ")}
	made := make([]game.Made, 16)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() {
			for err := error(&orchestrator.Failure{}); err != nil; {
				made[i], err = h.Create(ctx, ann, in, "key")
				var f *orchestrator.Failure
				if err != nil && (!errors.As(err, &f) || f.Code != orchestrator.CodeBusy) {
					t.Errorf("request %d: %v", i, err)
					return
				}
			}
		})
	}
	group.Wait()
	h.restart()
	again, err := h.Create(ctx, ann, in, "key")
	h.must(err)
	for i, m := range made {
		if m != again {
			t.Errorf("request %d made %v, another %v", i, m, again)
		}
	}
	if id, err := h.Resolve(again.Code); err != nil || id != again.ID {
		t.Errorf("the code leads to %s, %v", id, err)
	}
	if list, _, err := h.List(game.Query{Limit: 10}); err != nil || len(list) != 1 {
		t.Errorf("%d matches, %v", len(list), err)
	}
	if _, err := h.Create(ctx, ann, game.NewMatch{Game: "tictactoe", Private: true}, "key"); refusalOf(err) != game.CodeConflict {
		t.Errorf("the key for another request: %v", err)
	}
	other, err := h.Create(ctx, bea, in, "key")
	h.must(err)
	if other.ID == again.ID {
		t.Error("the key of another player is the same match")
	}
}

// TestListings: pages are complete and disjoint, private matches in none, and
// matches move from list to list with their state.
func TestListings(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	want := map[string][]string{} // by query, oldest first
	add := func(id string, queries ...string) {
		for _, q := range queries {
			want[q] = append(want[q], id)
		}
	}
	for n := range 12 {
		in := game.NewMatch{Game: []string{"tictactoe", "connect4"}[n%2], Private: n == 5}
		players := []game.Player{ann, bea}[:1+n%3/2] // every third is full
		made := h.match(in, players...)
		if in.Private {
			continue
		}
		state := "open"
		if len(players) == 2 {
			state = "playing"
			add(made.ID, "bea")
			if n > 6 {
				h.act(made.ID, ann, "x", game.ActResign)
				state = "finished"
			}
		}
		add(made.ID, "all", "ann", state, in.Game, in.Game+" "+state, "ann "+in.Game)
	}
	for name, q := range map[string]game.Query{
		"all": {}, "ann": {Player: ann.ID}, "bea": {Player: bea.ID}, "open": {State: game.StateOpen}, "playing": {State: game.StatePlaying},
		"finished": {State: game.StateFinished}, "void": {State: game.StateVoid}, "tictactoe": {Game: "tictactoe"}, "connect4": {Game: "connect4"},
		"tictactoe open": {Game: "tictactoe", State: game.StateOpen}, "connect4 finished": {Game: "connect4", State: game.StateFinished},
		"ann connect4": {Player: ann.ID, Game: "connect4"},
	} {
		for _, q.Limit = range []int{1, 3, 100} {
			got := map[string]int{}
			count := 0
			newer := int64(1 << 62)
			q.After = orchestrator.Cursor{}
			for {
				page, after, err := h.List(q)
				h.must(err)
				if len(page) > q.Limit {
					t.Errorf("%s: %d matches in a page of %d", name, len(page), q.Limit)
				}
				for _, m := range page {
					got[m.ID]++
					count++
					if m.Created > newer {
						t.Errorf("%s: not newest first", name)
					}
					newer = m.Created
				}
				if after == q.After {
					break
				}
				q.After = after
			}
			wanted := map[string]int{}
			for _, id := range want[name] {
				wanted[id] = 1
			}
			if diff := cmp.Diff(wanted, got); diff != "" || count != len(wanted) {
				t.Errorf("%s by %d:\n%s", name, q.Limit, diff)
			}
		}
	}
	list, _, err := h.List(game.Query{State: game.StateFinished, Limit: 1})
	h.must(err)
	s, _, err := h.Match(list[0].ID)
	h.must(err)
	if row := list[0]; row.Code != s.Code || row.Result.Reason != s.Result.Reason || row.Created != s.Created || fmt.Sprint(row.Seats) != fmt.Sprint(s.Seats) {
		t.Errorf("the row %+v of the match %+v", list[0], s)
	}
}
