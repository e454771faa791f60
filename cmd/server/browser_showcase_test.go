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
	shoot := func(name, scheme string) {
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
	for i, name := range []string{"Ada", "Grace"} {
		player := []*window{w, friend}[i]
		player.do(chromedp.EmulateViewport(1180, 800))
		player.goTo(s.url + "/p/me")
		player.click("rename")
		player.press(name)
		player.click("name-save")
		player.says("profile-name", name)
	}
	s.startFriends("connect4", w, friend)
	alternate("4435362", w, friend)
	shoot("connect4", "light")
	friend.click("resign")
	friend.click("resign-confirm")
	w.says("headline", "You won")

	s.startBot("battleship", w)
	w.click("place-fleet")
	for _, cell := range []string{"e5", "c3", "h8"} {
		w.myTurn()
		w.click("cell-" + cell)
		w.until(`/, (hit|missed)/.test(probe.el("cell-" + %s).ariaLabel)`, cell)
	}
	w.myTurn()
	shoot("battleship", "dark")
	s.startBot("rps", w)
	w.myTurn()
	w.press("p")
	w.until(`probe.all("[data-round]").length === 1`)
	shoot("rps", "light")
	w.goTo(s.url)
	w.click("game-dungeon")
	w.click("play-bot")
	w.shows("match")
	w.until(`probe.match().state === "playing" && probe.match().live`)
	shoot("dungeon", "dark")
	w.goTo(s.url)
	w.shows("open-matches")
	shoot("home", "light")
	w.goTo(s.url + "/p/me")
	w.shows("recent-match")
	shoot("profile", "dark")
}
