package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// showcaseDir names the directory of the pictures that the documentation shows:
//
//	EVERTURN_SHOWCASE=$PWD/static/shots go test ./cmd/server -run TestBrowserShowcase
const showcaseDir = "EVERTURN_SHOWCASE"

// TestBrowserShowcase takes them anew.
func TestBrowserShowcase(t *testing.T) {
	dir := os.Getenv(showcaseDir)
	if dir == "" {
		t.Skipf("%s does not name a directory for the pictures of the documentation", showcaseDir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	w, friend := s.window("Ada"), s.window("Grace")
	shootOf := func(w *window, name, scheme string) {
		const most = 60 << 10 // bytes: the repository keeps every version
		w.emulate("prefers-color-scheme", scheme, "prefers-reduced-motion", "reduce")
		w.until(`matchMedia("(prefers-color-scheme: " + %s + ")").matches`, scheme)
		w.still()
		quality := int64(80)
		picture := call(w, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality}).Data
		if len(picture) > most {
			t.Errorf("%s has %d bytes, more than %d", name, len(picture), most)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".webp"), picture, 0o644); err != nil { //nolint:gosec // read by everybody
			t.Fatal(err)
		}
	}
	shoot := func(name, scheme string) { shootOf(w, name, scheme) }
	for i, name := range []string{"Ada", "Grace"} {
		player := []*window{w, friend}[i]
		player.do(chromedp.EmulateViewport(1180, 800))
		player.goTo(s.url + "/p/me")
		player.click("rename")
		player.press(name)
		player.click("name-save")
		player.says("profile-name", name)
	}
	for _, player := range []*window{w, friend} {
		player.goTo(s.url)
		player.click("game-connect4")
		player.click("quick-match")
	}
	w.click("ready")
	friend.click("ready")
	w.playing()
	friend.playing()
	first, second := w, friend
	if second.match().Seat == 0 {
		first, second = friend, w
	}
	alternate("443", first, second)
	s.expectCuts()
	s.kill()
	s.restart()
	alternate("5362", second, first)
	second.myTurn()
	shoot("connect4", "light")
	operator := s.inspector("")
	operator.do(chromedp.EmulateViewport(1180, 800))
	operator.goTo(s.url + "/inspector/i/" + w.matchID() + "?view=timeline")
	operator.until(`document.querySelector("svg.drawn .hollow")`)
	shootOf(operator, "inspector", "dark")
	friend.click("resign")
	friend.click("resign-confirm")
	for _, winner := range []*window{friend, w} { // two more, so that the ratings have a course
		for _, player := range []*window{w, friend} {
			player.click("rematch")
		}
		first, second = second, first
		alternate("45", first, second)
		loser := map[*window]*window{w: friend, friend: w}[winner]
		loser.click("resign")
		loser.click("resign-confirm")
		winner.until(`/\([+−]/.test(probe.text("rating-0"))`)
	}

	s.startFriends("battleship", w, friend)
	for _, player := range []*window{w, friend} {
		player.click("place-fleet")
	}
	exchange(w, friend)
	shoot("battleship", "dark")
	s.startBot("rps", w)
	for _, n := range []int{1, 2} {
		w.myTurn()
		w.press("p")
		w.until(`probe.all("[data-round]").length >= %s`, n)
	}
	shoot("rps", "light")
	s.startDungeon([]string{"bot:3", "bot:2", "bot:1"}, w)
	for round := range 3 {
		w.until(canAct)
		w.press("1")
		w.until(phaseNow+` > %s`, round)
	}
	w.until(canAct)
	shoot("dungeon", "dark")
	w.goTo(s.url)
	w.click("game-connect4")
	w.shows("leaderboard")
	shoot("home", "light")
	w.goTo(s.url + "/p/me")
	w.shows("recent-match")
	shoot("profile", "dark")
}
