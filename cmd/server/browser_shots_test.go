package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shotsDir names a directory for pictures of every page, for people to look at: some of each page, by the test that walks
// through all of them; and with shotsAll many more.
const (
	shotsDir = "EVERTURN_SHOTS"
	shotsAll = "EVERTURN_SHOTS_ALL"
)

// usual are the sizes of a phone, a tablet and a laptop; projector is what a class looks at.
var (
	usual     = [][2]int64{{360, 640}, {768, 1024}, {1440, 900}}
	projector = [2]int64{1920, 1080}
)

// look shows a window in sizes, by default the usual ones, and in both themes.
type look func(name string, w *window, sizes ...[2]int64)

// TestBrowserShots brings windows to every page, in every state that looks different, at three sizes and in both themes.
// Nothing may be wider than the window. The pictures are kept in the directory that EVERTURN_SHOTS names. It takes minutes, and
// people to look at what it shows, so it is for them alone: make shots.
func TestBrowserShots(t *testing.T) {
	see := looker(t)
	for name, tour := range map[string]func(s *site, see look){
		"home": tourHome, "friends": tourFriends, "talk": tourTalk, "ranked": tourRanked, "trouble": tourTrouble, "projector": tourProjector,
		"tic-tac-toe": tourTicTacToe, "rock, paper, scissors": tourRPS, "battleship": tourBattleship, "dungeon": tourDungeon,
		"cart": tourCart, "jobs": tourJobs, "workshop": tourWorkshop, "inspector": tourInspector,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tour(newSite(t), see)
		})
	}
}

// looker makes a look that keeps pictures; without a place for them it skips the test.
func looker(t *testing.T) look {
	t.Helper()
	dir := shotsPlace(t)
	if dir == "" || os.Getenv(shotsAll) == "" {
		t.Skip("SKIPPED: pictures of all that looks different: make shots")
	}
	return func(name string, w *window, sizes ...[2]int64) {
		if len(sizes) == 0 {
			sizes = usual
		}
		for _, size := range sizes {
			w.do(chromedp.EmulateViewport(size[0], size[1]))
			for _, scheme := range []string{"light", "dark"} {
				w.emulate("prefers-color-scheme", scheme, "prefers-reduced-motion", "reduce") // so that nothing is half way
				w.until(`innerWidth === %s && matchMedia("(prefers-color-scheme: " + %s + ")").matches`, size[0], scheme)
				if wide := eval[int64](w, `document.documentElement.scrollWidth`); wide > size[0] {
					w.t.Errorf("%s: at %d pixels it is %d wide", name, size[0], wide)
				}
				w.picture(filepath.Join(dir, fmt.Sprintf("%s-%dx%d-%s.jpg", name, size[0], size[1], scheme)))
			}
		}
		w.do(chromedp.EmulateViewport(1280, 800))
	}
}

// keeper keeps a picture of what a window shows, where there is a place for it.
func keeper(t *testing.T) func(name string, w *window) {
	t.Helper()
	dir := shotsPlace(t)
	if dir == "" {
		return func(string, *window) {}
	}
	return func(name string, w *window) { w.picture(filepath.Join(dir, name+".jpg")) }
}

// shotsPlace is the directory for pictures, made where it is missing; empty if there is to be none.
func shotsPlace(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(shotsDir)
	if dir == "" {
		return ""
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// picture keeps what the window shows and what is below, down to its end.
func (w *window) picture(path string) {
	w.t.Helper()
	quality := int64(92)
	shot := call(w, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatJpeg, Quality: &quality, CaptureBeyondViewport: new(true),
		Clip: eval[*page.Viewport](w, `({ x: 0, y: 0, scale: 1, width: innerWidth, height: Math.max(innerHeight, document.documentElement.scrollHeight) })`),
	})
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// tourHome: the start page of somebody new, of somebody who searches, and in the midst of things.
func tourHome(s *site, see look) {
	w, host := s.window("visitor"), s.window("host")
	w.goTo(s.url)
	w.shows("open-matches")
	see("home", w)
	w.click("settings")
	w.shows("settings-close")
	see("settings", w)
	w.click("settings-close")

	host.goTo(s.url)
	host.click("play-lobby")
	host.shows("invitation")
	s.startBot("battleship", host)
	w.goTo(s.url)
	w.shows("live-matches")
	w.click("quick-match")
	w.says("waiting-window", "rating points")
	see("home-searching", w)
	w.click("my-profile")
	w.shows("profile")
	see("profile-searching", w)
	w.goTo(s.url)
	w.click("game-dungeon")
	w.click("players-4")
	w.shows("seat-kind-4-open")
	see("home-dungeon", w)
}

// tourFriends: a match of two who know each other, from the invitation to the replay.
func tourFriends(s *site, see look) {
	blue, amber := s.window("blue"), s.window("amber")
	blue.goTo(s.url)
	blue.click("play-friend")
	blue.shows("invitation")
	see("waiting", blue)
	amber.goTo(await[string](blue, `probe.el("share-link").value`))
	blue.playing()
	see("connect4-begin", blue)
	alternate("445", blue, amber)
	amber.myTurn()
	see("connect4-turn", amber)
	alternate("353", amber, blue)
	blue.myTurn()
	blue.click("resign")
	blue.shows("resign-dialog")
	see("resigning", blue)
	blue.click("resign-confirm")
	amber.says("headline", "You won")
	see("connect4-won", amber)
	blue.click("rematch")
	amber.says("rematch", "Accept the rematch")
	see("rematch-asked", amber)
	see("connect4-lost", blue)
	blue.click("replay")
	blue.replayed(0)
	blue.press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	blue.replayed(3)
	see("replay", blue)
	text := eval[string](amber, `fetch("/api/matches/" + location.pathname.split("/")[2] + "/record", { headers: { Accept: "text/plain" } }).then((r) => r.text())`)
	amber.goTo(s.url + "/replay")
	amber.shows("record-text")
	see("import", amber)
	eval[bool](amber, `((probe.el("record-text").value = %s), true)`, text)
	amber.click("record-open")
	amber.shows("slider")
	see("import-open", amber)
}

// tourTalk: a timed match, what is said in it, and what is asked.
func tourTalk(s *site, see look) {
	blue, amber, third := s.window("blue"), s.window("amber"), s.window("third")
	id := s.startTimed(180_000, blue, amber)
	third.goTo(s.url + "/m/" + id)
	third.playing()
	alternate("4453", blue, amber)
	for i, line := range []string{
		"Hello! Good luck.", "Thanks, you too", "That fourth column again… I should have seen it, and now I have to think for a while about what to do next.", "Take your time :)",
	} {
		w := []*window{blue, amber}[i%2]
		if i < 2 {
			w.click("tab-chat")
		}
		w.click("chat-field")
		w.press(line + "\r")
		blue.until(`probe.all('[data-testid="chat-line"]').length === %s`, i+1)
		amber.until(`probe.all('[data-testid="chat-line"]').length === %s`, i+1)
	}
	see("chat", blue)
	blue.click("tab-story")
	see("story", blue)
	third.says("unread", "4")
	see("watching", third)
	blue.myTurn()
	blue.click("ask-draw")
	amber.shows("offer-draw")
	see("draw-offered", amber)
	amber.click("draw-decline")
	amber.until(`!probe.el("offer-draw")`)
	amber.click("ask-takeback")
	blue.shows("offer-takeback")
	see("takeback-asked", blue)
}

// tourRanked: two who meet in the queue, and what becomes of their ratings.
func tourRanked(s *site, see look) {
	first, second := s.window("first"), s.window("second")
	for _, w := range []*window{first, second} {
		w.goTo(s.url)
		w.click("quick-match")
	}
	first.shows("ready-check")
	see("ready-check", first)
	first.click("ready")
	second.shows("ready-0")
	first.do(chromedp.Reload())
	first.says("ready-check", "You are ready")
	see("ready-check-waiting", first)
	second.click("ready")
	first.playing()
	second.playing()
	mover, other := first, second
	if second.match().Seat == 0 {
		mover, other = second, first
	}
	alternate("4343434", mover, other)
	mover.until(`probe.text("rating-0").includes("+")`)
	see("ranked-won", mover)
	mover.goTo(s.url + "/leaderboard")
	mover.shows("leaderboard")
	see("leaderboard", mover)
	mover.goTo(s.url + "/leaderboard?game=rps")
	mover.shows("empty-leaderboard")
	see("leaderboard-empty", mover)
	mover.goTo(s.url + "/p/me")
	mover.shows("recent-match")
	see("profile", mover)
	other.goTo(s.url)
	other.shows("leaderboard")
	see("home-ranked", other)
}

// tourTrouble: an opponent who is gone, and a server that is; and while the one has to be waited for, pages that help.
func tourTrouble(s *site, see look) {
	blue, amber := s.window("blue"), s.window("amber")
	line := s.cable(blue, amber)
	alternate("4", blue)
	amber.myTurn()
	s.cut(line)
	blue.leftAlone()
	see("opponent-gone", blue)
	tourHelp(s, see)
	if eval[*bool](blue, `probe.until(() => probe.el("claim"), 19_500).then((found) => !!found || null)`) == nil {
		blue.fail("the win cannot be claimed")
	}
	see("claim", blue)
	line.set(lineUp)
	amber.myTurn()
	blue.until(`!probe.el("absent")`)
	s.kill()
	amber.says("banner", "Reconnecting")
	amber.drop("6")
	amber.shows("pending-move")
	see("reconnecting", amber)
	s.restart()
	blue.says("banner", "Server restarted, nothing lost")
	see("restarted", blue)
}

// tourProjector: what a class sees of the wall.
func tourProjector(s *site, see look) {
	w := s.window("teacher")
	w.goTo(s.url + "/?projector")
	w.shows("open-matches")
	see("projector-home", w, projector)
	w.click("play-bot")
	w.myTurn()
	w.press("4")
	w.until(`probe.moves().length === 2`)
	w.myTurn()
	see("projector-connect4", w, projector)
	s.startDungeon([]string{"bot:3", "bot:2", "bot:1"}, w)
	w.goTo(s.url + "/m/" + w.matchID() + "?projector")
	w.until(canAct)
	see("projector-dungeon", w, projector)
	s.startBot("battleship", w)
	w.goTo(s.url + "/m/" + w.matchID() + "?projector")
	w.shows("placing")
	see("projector-placing", w, projector)
}

// tourHelp: addresses that lead nowhere, and the interface for programs.
func tourHelp(s *site, see look) {
	w := s.window("visitor")
	w.expect("status of 404")
	for _, p := range []struct{ name, path, shows string }{
		{"unknown-match", "/m/ZZZZ", "unknown-match"},
		{"unknown-player", "/p/nobody", "unknown-player"},
		{"unknown-page", "/no/such/page", "h1"},
		{"api", "/api#createMatch", "#createMatch[open]"},
	} {
		w.do(chromedp.Navigate(s.url + p.path))
		w.until(`probe.el(%s) || document.querySelector(%s)`, p.shows, p.shows)
		see(p.name, w)
	}
}
