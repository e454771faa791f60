package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowser_QuickMatchRatesAndRanks: two visitors meet in the queue, play a rated game, and find themselves on the
// leaderboard and their ratings in their profiles.
func TestBrowser_QuickMatchRatesAndRanks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second := s.window("first"), s.window("second")
	first.goTo(s.url)
	first.shows("empty-leaderboard")
	first.click("game-connect4")
	first.click("quick-match")
	first.shows("waiting")
	first.says("waiting-window", "rating points of you")
	first.until(`probe.text("waiting-time") !== "0:00"`)
	first.announces("Looking for an opponent.")
	// A search goes on while its player looks around, and can be given up.
	first.click("cancel-search")
	first.until(`!probe.el("waiting")`)
	first.click("quick-match")
	first.says("waiting-window", "rating points of you")
	first.click("my-profile")
	first.shows("profile")

	second.goTo(s.url)
	second.click("game-connect4")
	second.click("quick-match")
	for _, w := range []*window{first, second} {
		w.announces("Opponent found.")
		w.click("ready")
	}
	for _, w := range []*window{first, second} {
		w.playing()
	}
	mover, other := first, second
	if second.match().Seat == 0 {
		mover, other = second, first
	}
	alternate("4343434", mover, other)
	mover.says("headline", "You won")
	mover.goTo(s.url)
	mover.until(`probe.el("leaderboard").tBodies[0].rows.length === 2`)
	mover.until(`probe.el("leaderboard").tBodies[0].rows[0].classList.contains("own")`)
	mover.goTo(s.url + "/leaderboard?game=connect4")
	mover.until(`probe.el("leaderboard").tBodies[0].rows[0].innerText.includes("?")`) // one game is a guess
	other.goTo(s.url + "/p/me")
	other.shows("rating-connect4")
	other.until(`Number.parseInt(probe.el("rating-connect4").querySelector(".rating").innerText) < 1500`)
	other.says("counts", "lost\n1")
	other.do(chromedp.Navigate(s.url + "/leaderboard?game=rps"))
	other.shows("empty-leaderboard")
}
