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
	first.do(chromedp.Reload()) // and after a reload, from where it was
	first.until(`/opponent, 0:\d\d$/.test(probe.el("searching").textContent)`)

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

// TestBrowser_SearchOutlivesReload: the ticket is the tab's, and the time that was waited is the server's.
func TestBrowser_SearchOutlivesReload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second := s.window("first"), s.window("second")
	first.goTo(s.url)
	first.click("quick-match")
	first.says("waiting-window", "rating points of you")
	first.until(`Number(probe.text("waiting-time").slice(2)) >= 2`)
	first.do(chromedp.Reload())
	first.says("waiting-window", "rating points of you")
	first.until(`Number(probe.text("waiting-time").slice(2)) >= 2`)
	first.click("cancel-search")
	first.until(`!probe.el("waiting")`)
	first.do(chromedp.Reload())
	first.shows("open-matches")
	if eval[bool](first, `!!probe.el("waiting")`) {
		t.Error("a search that was cancelled is back")
	}
	first.click("quick-match")
	first.says("waiting-window", "rating points of you")
	first.do(chromedp.Reload())
	second.goTo(s.url)
	second.click("quick-match")
	first.shows("ready-check")
	second.shows("ready-check")
	first.do(chromedp.Reload()) // the match is found, and found once
	first.click("ready")
	second.click("ready")
	first.playing()
	second.playing()
}

// TestBrowser_WhoWasReadyGoesOnWaiting: a match is called off because one of two was not ready. The other one has the
// place in the queue again, and meets the next.
func TestBrowser_WhoWasReadyGoesOnWaiting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second, third := s.window("first"), s.window("second"), s.window("third")
	for _, w := range []*window{first, second} {
		w.goTo(s.url)
		w.click("quick-match")
	}
	first.click("ready")
	first.says("ready-left", "Waiting for")
	second.shows("ready-check")
	first.do(chromedp.Reload())
	first.says("ready-left", "Waiting for")
	for range 2 { // half a minute is longer than one patience
		eval[bool](first, `probe.until(() => probe.el("void-match"), 15_500).then((found) => !!found)`)
	}
	for _, w := range []*window{first, second} {
		w.says("void-match", "Somebody was not ready.")
	}
	first.says("waiting-window", "rating points of you")
	second.says("notice", "You were not ready, so the search is over.")
	third.goTo(s.url)
	third.click("quick-match")
	for _, w := range []*window{first, third} {
		w.click("ready")
	}
	first.playing()
	third.playing()
}
