package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestBrowser_05_ThirdVisitorWatches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber, third := s.window("blue"), s.window("amber"), s.window("third")
	id := s.startFriends("rps", blue, amber)
	third.goTo(s.url + "/m/" + id)
	third.playing()
	third.shows("watching")
	third.says("notice", "All seats are taken")
	if seat := third.match().Seat; seat != -1 {
		t.Errorf("the third visitor has seat %d", seat)
	}
	blue.myTurn()
	blue.press("1")
	third.until(`probe.moves().length === 1`)
	amber.until(`probe.moves().length === 1`)
	// Nothing that was sent to the two who may not know it has a word of the choice.
	for _, w := range []*window{third, amber} {
		w.mu.Lock()
		for _, frame := range w.received {
			if strings.Contains(frame, `"k":"moved"`) && strings.Contains(frame, `"move"`) {
				t.Errorf("%s was sent %s", w.name, frame)
			}
		}
		w.mu.Unlock()
	}
	third.until(`!probe.el("resign") && !probe.el("chat-field")`)
}

func TestBrowser_15_LandscapePhoneShowsBoardAndClock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startTimed(60_000, blue, amber)
	blue.do(chromedp.EmulateViewport(640, 360))
	blue.until(`innerWidth === 640 && innerHeight === 360`)
	for _, id := range []string{"board", "clock-0", "clock-1", "headline"} {
		box := eval[[4]float64](blue, `(({ left, top, right, bottom }) => [left, top, right, bottom])(probe.el(%s).getBoundingClientRect())`, id)
		if box[0] < 0 || box[1] < 0 || box[2] > 640 || box[3] > 360 || box[2]-box[0] < 60 {
			t.Errorf("%s lies at %v", id, box)
		}
	}
	if wide := eval[int](blue, `document.documentElement.scrollWidth`); wide > 640 {
		t.Errorf("it is %d pixels wide", wide)
	}
}

func TestBrowser_26_WinIsClaimedFromWhoIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	line := s.cable(blue, amber)
	alternate("4", blue)
	amber.myTurn()
	s.cut(line)
	blue.leftAlone()
	blue.until(`!probe.el("claim")`)
	first := eval[int](blue, `parseInt(probe.text("grace"))`)
	if first < 10 || first > 20 {
		t.Errorf("the countdown begins at %d s", first)
	}
	blue.until(`parseInt(probe.text("grace")) < %s && !probe.el("claim")`, first)
	blue.announces(fmt.Sprintf("%s has lost the connection.", s.nameOf(blue, 1)))
	if eval[*bool](blue, `probe.until(() => probe.el("claim"), 19_500).then((found) => !!found || null)`) == nil {
		blue.fail("the win cannot be claimed")
	}
	blue.until(`!probe.el("grace")`)
	blue.click("claim")
	blue.says("headline", "You won")
	blue.says("headline", "The opponent was gone.")
}

// cable starts a match in which the second player has a line of its own.
func (s *site) cable(first, second *window) *line {
	s.t.Helper()
	line := s.line()
	first.goTo(s.url)
	first.click("game-connect4")
	first.click("play-friend")
	second.goTo(line.url + "/m/" + await[string](first, `probe.text("code")`))
	first.playing()
	second.playing()
	return line
}

// leftAlone waits until the opponent, on seat 1, counts as gone: ten seconds.
func (w *window) leftAlone() {
	w.t.Helper()
	if eval[*bool](w, `probe.until(() => probe.el("away-1") && probe.el("grace"), 18_000).then((found) => !!found || null)`) == nil {
		w.fail("nobody is gone")
	}
}

// nameOf is what a window calls the player of a seat.
func (s *site) nameOf(w *window, seat int) string {
	s.t.Helper()
	return eval[string](w, `probe.el(%s).querySelector(".seat-name > span").innerText`, fmt.Sprintf("seat-%d", seat))
}

func TestBrowser_26_WhoComesBackIsNoLongerGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("4", blue)
	amber.do(chromedp.Navigate("about:blank"))
	blue.leftAlone()
	amber.goTo(s.url + "/m/" + id)
	blue.until(`!probe.el("away-1") && !probe.el("absent")`)
	alternate("4", amber)
	blue.myTurn()
}

func TestBrowser_27_ResignDrawAndRematch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("4", blue)

	// A draw is offered, declined, offered again after a move, and accepted.
	blue.click("ask-draw")
	blue.says("ask-draw", "Draw offered")
	amber.shows("offer-draw")
	amber.until(`probe.said.some((s) => s.endsWith("offers a draw."))`)
	amber.click("draw-decline")
	amber.until(`!probe.el("offer-draw")`)
	blue.until(`probe.said.some((s) => s.endsWith("declines the draw.")) && probe.text("ask-draw") === "Draw"`)
	alternate("33", amber, blue)
	amber.myTurn()
	amber.click("ask-draw")
	blue.shows("offer-draw")
	blue.click("draw-accept")
	for _, w := range []*window{blue, amber} {
		w.says("headline", "A draw")
		w.says("headline", "By agreement.")
	}

	// Both want a rematch; the other one begins; the address stays.
	blue.click("rematch")
	amber.says("rematch", "Accept the rematch")
	amber.click("rematch")
	for _, w := range []*window{blue, amber} {
		w.playing()
		w.until(`probe.moves().length === 0`)
		if got := w.matchID(); got != id {
			t.Errorf("%s is at %s", w.name, got)
		}
	}
	amber.myTurn()
	blue.until(`probe.text("score-0") === "½" && probe.text("score-1") === "½"`)

	// Resigning asks first.
	alternate("4", amber)
	blue.myTurn()
	blue.click("resign")
	blue.click("resign-cancel")
	blue.until(`!document.querySelector("dialog[open]")`)
	if state := blue.match().State; state != "playing" {
		t.Errorf("who keeps playing is %s", state)
	}
	blue.click("resign")
	blue.click("resign-confirm")
	blue.says("headline", "You lost")
	amber.says("headline", "You won")
	amber.until(`probe.text("score-1") === "1½"`)
	amber.click("tab-story")
	amber.says("story", "Game 2 begins.")
	amber.says("story", "By resignation.")
}

func TestBrowser_28_TakebackRestoresBoardAndClocks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startTimed(600_000, blue, amber)
	alternate("43", blue, amber)
	blue.myTurn()
	amber.until(`probe.moves().length === 2`)
	board, clocks := blue.board(), blue.clocks()
	alternate("5", blue)
	amber.until(`Number(probe.el("clock-1").dataset.ms) < %s - 1500`, clocks[1]) // which will be given back
	blue.click("ask-takeback")
	amber.shows("offer-takeback")
	amber.click("takeback-accept")
	for _, w := range []*window{blue, amber} {
		w.until(`probe.moves().length === 2 && probe.el("clock-0").matches(".running")`)
		if got := w.board(); w == blue && strings.Join(got, "\n") != strings.Join(board, "\n") {
			t.Errorf("%s shows %q, before the move it was %q", w.name, got, board)
		}
		// Amber has what there was; of blue's time, what was used in between may be given back, and runs.
		if left := w.clocks(); math.Abs(left[1]-clocks[1]) > 200 || left[0] > clocks[0]+5000 || left[0] < clocks[0]-5000 {
			t.Errorf("%s: the clocks are %v, before the move they were %v", w.name, left, clocks)
		}
	}
	blue.announces("Moves were taken back, your turn.")
	// A takeback that is declined changes nothing, and the game goes on.
	alternate("2", blue)
	amber.myTurn()
	blue.click("ask-takeback")
	amber.shows("offer-takeback")
	amber.click("takeback-decline")
	blue.until(`probe.said.some((s) => s.endsWith("declines the takeback."))`)
	alternate("1", amber)
	blue.until(`probe.moves().length === 4`)
}

func TestBrowser_33_LatencyHasWordsAndColours(t *testing.T) {
	s := newSite(t)
	line := s.line()
	w := s.window("far away")
	w.goTo(line.url)
	w.click("play-bot")
	w.myTurn()
	w.until(`probe.el("latency").dataset.tone === "good" && /^\d+ ms$/.test(probe.text("latency"))`)
	for _, c := range []struct {
		ms          int
		tone, words string
	}{{300, "slow", "slow"}, {700, "bad", "very slow"}} {
		line.set(lineSilent)
		pings := len(w.frames("ping"))
		w.eventually(func() bool { return len(w.frames("ping")) > pings })
		eval[bool](w, `new Promise((done) => setTimeout(() => done(true), %s))`, c.ms)
		line.set(lineUp)
		w.until(`probe.el("latency").dataset.tone === %s && probe.text("latency").endsWith("ms, " + %s)`, c.tone, c.words)
		if ms := eval[int](w, `parseInt(probe.text("latency"))`); ms < c.ms-20 {
			t.Errorf("%d ms are shown as %d", c.ms, ms)
		}
		w.until(`probe.el("latency").dataset.tone === "good"`)
	}
}

func TestBrowser_35_HiddenTabSaysYourMove(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	amber.before(`Object.defineProperty(document, "hidden", { get: () => true });
		Object.defineProperty(document, "visibilityState", { get: () => "hidden" });`)
	s.startFriends("connect4", blue, amber)
	const quiet, loud = `!document.title.includes("Your move") && document.querySelector("link[rel=icon]").href.endsWith("/favicon.svg")`,
		`document.title.startsWith("● Your move") && document.querySelector("link[rel=icon]").href.endsWith("/favicon-turn.svg")`
	amber.until(quiet)
	blue.until(loud)
	alternate("4", blue)
	amber.until(loud)
	blue.until(quiet)
	alternate("4", amber)
	amber.until(quiet)
	blue.click("resign")
	blue.click("resign-confirm")
	for _, w := range []*window{blue, amber} {
		w.says("headline", "By resignation")
		w.until(quiet)
	}
}

func TestBrowser_39_ChatIsTextAndLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("connect4", blue, amber)
	watcher.goTo(s.url + "/m/" + id + "?watch")
	watcher.playing()
	say := func(w *window, text string) {
		w.click("tab-chat")
		w.click("chat-field")
		w.do(chromedp.KeyEvent(text))
		w.press("\r")
	}
	const injected = `<img src=x onerror="window.hacked=1">`
	say(blue, injected)
	amber.says("unread", "1")
	for _, w := range []*window{blue, amber, watcher} {
		w.click("tab-chat")
		w.says("chat-lines", injected)
		if eval[bool](w, `!!window.hacked || probe.all('[data-testid="chat-lines"] img').length > 0`) {
			t.Errorf("%s: the text is taken for HTML", w.name)
		}
	}
	amber.until(`!probe.el("unread")`)
	amber.until(`probe.said.some((s) => s.endsWith(": " + %s))`, injected)
	watcher.until(`!probe.el("chat-field")`)

	// 200 characters fit in, and no more.
	amber.click("chat-field")
	eval[bool](amber, `document.execCommand("insertText", false, "x".repeat(260))`)
	amber.until(`probe.el("chat-field").value.length === 200 && probe.text("chat-left") === "0"`)
	amber.press("\r")
	blue.until(`probe.all('[data-testid="chat-line"]').length === 2`)
	// Keys of a message are no moves.
	amber.click("chat-field")
	amber.press("4")
	if n := len(amber.frames("move")); n != 0 {
		t.Errorf("typing made %d moves", n)
	}

	// Who writes too much is told so, and has the text back.
	blue.click("tab-chat")
	blue.click("chat-field")
	eval[bool](blue, `(async () => { // by the page itself: keys that come from outside may be slower than the limit
		const rest = () => new Promise((done) => setTimeout(done, 10));
		for (let i = 0; i < 20 && probe.el("chat-field").value === ""; i++) {
			document.execCommand("insertText", false, "flood " + i);
			await rest();
			probe.el("chat-field").form.requestSubmit();
			await rest();
		}
		return true;
	})()`)
	blue.says("notice", "Your message was not sent")
	blue.until(`probe.el("chat-field").value.startsWith("flood")`)
}
