package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestBrowser_TwoByKeyboardAlone: two people choose a game, meet by its code, play it to its end and begin another one,
// and nobody touches a mouse. One moves by arrows, the other by digits. The games in which both choose at the same time
// have tests of their own: TestBrowser_RPSByKeyboardAlone, TestBrowser_BattleshipByKeyboardAlone and
// TestBrowser_DungeonByKeyboardOnly.
func TestBrowser_TwoByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		game  string
		moves string   // digits
		walk  []string // of the first player: how arrows lead from each move to the next, the first time from where Tab leads
	}{
		{"tictactoe", "51723", []string{"", kb.ArrowDown + kb.ArrowLeft, kb.ArrowUp + kb.ArrowUp + kb.ArrowRight + kb.ArrowRight}},
		{"connect4", "4142434", []string{"", "", "", ""}},
	} {
		first, second := s.window(c.game+", first"), s.window(c.game+", second")
		id := s.meetByKeyboard(c.game, first, second)
		for i, digit := range strings.Split(c.moves, "") {
			w := []*window{first, second}[i%2]
			w.myTurn()
			if w == second {
				w.press(digit)
			} else {
				w.tabTo("cell-")
				w.press(c.walk[i/2] + []string{kb.Enter, " "}[i/2%2])
			}
			for _, w := range []*window{first, second} {
				w.until(`probe.moves().length === %s && !probe.el("pending-move")`, i+1)
			}
		}
		first.says("headline", "You won")
		second.says("headline", "You lost")
		if got := s.recorded(id); !slices.Equal(got, strings.Split(c.moves, "")) {
			t.Errorf("%s: recorded: %q", c.game, got)
		}
		for _, w := range []*window{first, second} {
			w.tabTo("rematch")
			w.press(kb.Enter)
		}
		second.myTurn()
		if n := len(second.moves()); n != 0 {
			t.Errorf("%s: the rematch has %d moves", c.game, n)
		}
	}
}

// meetByKeyboard makes a match with the keys of the start page; the second player types its code there.
func (s *site) meetByKeyboard(game string, first, second *window) (id string) {
	s.t.Helper()
	first.goTo(s.url)
	first.shows("open-matches")
	first.tabTo("game-")
	for range 5 {
		if eval[bool](first, `document.activeElement.dataset.testid === %s`, "game-"+game) {
			break
		}
		first.press(kb.ArrowRight)
	}
	first.until(`probe.el(%s).checked`, "game-"+game)
	first.tabTo("play-friend")
	first.press(kb.Enter)
	code := await[string](first, `probe.text("code")`)
	second.goTo(s.url)
	second.shows("open-matches")
	second.tabTo("join-code")
	second.press(code + kb.Enter)
	first.playing()
	second.playing()
	return first.matchID()
}
