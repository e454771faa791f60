package game_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

// lineOf are the moves of a game of tic-tac-toe that seat 0 wins.
var lineOf = []string{"1", "4", "2", "5", "3"}

var drawOf = []string{"1", "2", "3", "5", "4", "6", "8", "7", "9"}

// playOut plays a game of tic-tac-toe, seat 0 first.
func (h *house) playOut(match, id string, moves []string, people ...game.Player) {
	h.t.Helper()
	for n, move := range moves {
		h.move(match, people[n%2], fmt.Sprint(id, n), move)
	}
}

// settled are the settlements of a match.
func (h *house) settled(match string) (list []game.Numbered) {
	for _, e := range h.events(match) {
		if e.Kind == game.EventSettled {
			list = append(list, e)
		}
	}
	return list
}

// untilSettled waits for the nth settlement of a match.
func (h *house) untilSettled(match string, n int) {
	h.t.Helper()
	f := h.follow(match)
	for len(h.settled(match)) < n {
		_, err := f.Next(ctx)
		h.must(err)
	}
}

// eventually waits for what comes soon after something else, and of which nobody
// tells.
func (h *house) eventually(what string, is func() bool) {
	h.t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			h.t.Fatal("never: ", what)
		}
	}
}

func TestRatedMatchSettles(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.playOut(id, "a", lineOf, ann, bea)
	h.untilSettled(id, 1)
	events := h.events(id)
	last := events[len(events)-1]
	if d, _ := last.AppendFor(nil, game.Watcher); string(d) != `{"before":[1500,1500],"after":[1662.3,1337.7]}` {
		t.Errorf("settled: %s", d)
	}
	if events[len(events)-2].Kind != game.EventEnded {
		t.Errorf("before it: %+v", events[len(events)-2])
	}
	want := map[string]game.Standing{"tictactoe": {Rating: 1662.3, Deviation: 290.3, Games: 1, Provisional: true}}
	for range 2 {
		p, err := h.Profile(ann.ID)
		h.must(err)
		if diff := cmp.Diff(want, p.Ratings); diff != "" {
			t.Errorf("Ann's ratings:\n%s", diff)
		}
		if len(p.History) != 1 || p.History[0].At == 0 {
			t.Fatalf("Ann's history: %+v", p.History)
		}
		at := p.History[0].At
		if diff := cmp.Diff([]game.RatedGame{{Game: "tictactoe", Match: id, N: 1, Score: 1, Rating: 1662.3, At: at}}, p.History); diff != "" {
			t.Errorf("Ann's history:\n%s", diff)
		}
		if diff := cmp.Diff(map[string]game.Tally{"tictactoe": {Won: 1}}, p.Rated); diff != "" {
			t.Errorf("Ann's tally:\n%s", diff)
		}
		h.restart()
	}

	// The rematch is rated as well, and in it Bea moves first.
	h.act(id, ann, "r", game.ActRematch)
	h.act(id, bea, "r", game.ActRematch)
	h.until(h.follow(id), func(t *game.Table) bool { return t.N == 2 })
	h.playOut(id, "b", drawOf, bea, ann)
	h.untilSettled(id, 2)
	second := h.settled(id)[1]
	if diff := cmp.Diff([]float64{1662.3, 1337.7}, second.Before); diff != "" || second.After[0] >= 1662.3 || second.After[1] <= 1337.7 {
		t.Errorf("a draw: %v after %v", second.After, second.Before)
	}
	p, err := h.Profile(bea.ID)
	h.must(err)
	if p.Rated["tictactoe"] != (game.Tally{Drawn: 1, Lost: 1}) || p.Ratings["tictactoe"].Rating != second.After[1] {
		t.Errorf("Bea: %+v", p)
	}
}

// TestWhatIsNotRated: games that change no rating, and matches that cannot be
// for ratings.
func TestWhatIsNotRated(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	unrated := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea).ID
	h.playOut(unrated, "a", lineOf, ann, bea)
	atOnce := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.act(atOnce, bea, "r", game.ActResign)
	early := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.move(early, ann, "1", "5")
	h.act(early, bea, "r", game.ActResign)
	for _, id := range []string{unrated, atOnce, early} {
		for _, p := range []game.Player{ann, bea} { // acknowledged once the game is settled
			h.act(id, p, "again", game.ActRematch)
		}
		if list := h.settled(id); len(list) != 0 {
			t.Errorf("settled: %+v", list)
		}
	}
	p, err := h.Player(ann.ID)
	h.must(err)
	if len(p.Ratings) != 0 {
		t.Errorf("Ann: %+v", p)
	}
	if _, err := h.Create(ctx, ann, game.NewMatch{Game: "tictactoe", Rated: true, Seats: []string{"bot:1"}}, ""); refusalOf(err) != game.CodeBadRequest {
		t.Errorf("rated with a bot: %v", err)
	}
	// Both have moved: it counts, though it was given up.
	late := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.playOut(late, "m", []string{"5", "1"}, ann, bea)
	h.act(late, ann, "r", game.ActResign)
	h.untilSettled(late, 1)
	if after := h.settled(late)[0].After; after[0] != 1337.7 || after[1] != 1662.3 {
		t.Errorf("given up after both had moved: %v", after)
	}
}

// TestPrivateMatchesAreNotTold: a private match counts, and the profiles of its
// players do not say which one it was.
func TestPrivateMatchesAreNotTold(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe", Rated: true, Private: true}, ann, bea).ID
	h.playOut(id, "a", lineOf, ann, bea)
	h.untilSettled(id, 1)
	p, err := h.Profile(bea.ID)
	h.must(err)
	if told, _ := json.Marshal(p); strings.Contains(string(told), id) || len(p.History) != 1 || p.History[0].Rating != 1337.7 {
		t.Errorf("Bea's profile: %s", told)
	}
}

// TestCommandsWhileSettling: what is asked of a match between the last move and
// the settlement is done after it.
func TestCommandsWhileSettling(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	id := h.match(game.NewMatch{Game: "tictactoe", Rated: true}, ann, bea).ID
	h.playOut(id, "a", lineOf[:4], ann, bea)
	done := make(chan error, 3)
	note := func(_ game.Ack, err error) { done <- err }
	h.Command(id, ann.ID, "win", game.Command{Kind: game.CommandMove, Move: lineOf[4]}, note)
	h.Command(id, ann.ID, "again", game.Command{Kind: game.CommandAct, Act: game.ActRematch}, note)
	h.Command(id, bea.ID, "again", game.Command{Kind: game.CommandAct, Act: game.ActRematch}, note)
	for range 3 {
		h.must(<-done)
	}
	h.until(h.follow(id), func(t *game.Table) bool { return t.N == 2 })
	var kinds []game.EventKind
	for _, e := range h.events(id) {
		kinds = append(kinds, e.Kind)
	}
	want := []game.EventKind{game.EventMoved, game.EventEnded, game.EventSettled, game.EventOffered, game.EventOffered, game.EventStarted}
	if diff := cmp.Diff(want, kinds[len(kinds)-len(want):]); diff != "" {
		t.Errorf("the events:\n%s", diff)
	}
}

// TestMatchesSettleTogether: many matches of the same two people, who sit this
// way and that, end at once. Nobody waits for ever, and each counts once.
func TestMatchesSettleTogether(t *testing.T) {
	h := openHouse(t)
	ann, bea := h.player("Ann"), h.player("Bea")
	const matches = 24
	var group sync.WaitGroup
	ids := make([]string, matches)
	for i := range ids {
		people := []game.Player{ann, bea}
		if i%2 == 1 {
			slices.Reverse(people)
		}
		ids[i] = h.match(game.NewMatch{Game: "tictactoe", Rated: true}, people...).ID
		h.playOut(ids[i], "a", lineOf[:4], people...)
		group.Go(func() { _, _ = h.do(ids[i], people[0], "win", game.Command{Kind: game.CommandMove, Move: lineOf[4]}) })
	}
	group.Wait()
	for _, id := range ids {
		h.untilSettled(id, 1)
	}
	h.audit([]string{"tictactoe"}, ids, ann, bea)
	for _, p := range []game.Player{ann, bea} {
		profile, err := h.Profile(p.ID)
		h.must(err)
		if profile.Rated["tictactoe"] != (game.Tally{Won: matches / 2, Lost: matches / 2}) {
			t.Errorf("%s: %+v", p.Name, profile.Rated)
		}
	}
}
