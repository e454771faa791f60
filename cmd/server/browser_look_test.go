package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axe names the file axe.min.js of axe-core; without it that check is left out, or fails where it is required.
const (
	axeFile    = "EVERTURN_AXE"
	requireAxe = "EVERTURN_REQUIRE_AXE"
)

// everyPage brings windows to each kind of page, one after the other, and looks at it.
func (s *site) everyPage(look func(name string, w *window)) {
	s.t.Helper()
	w, friend := s.window("looker"), s.window("friend")
	w.expect("status of 404")
	w.goTo(s.url)
	w.shows("open-matches")
	look("home", w)
	w.click("settings")
	w.shows("settings-close")
	look("settings", w)
	w.click("settings-close")
	w.click("quick-match")
	w.says("waiting-window", "rating points")
	look("searching", w)
	w.click("my-profile")
	w.shows("searching")
	w.until(`document.querySelector("main .hint a")`) // what a profile says last: that nothing was played yet
	look("profile of who searches", w)
	w.click("searching")
	w.click("cancel-search")
	w.click("play-friend")
	w.shows("invitation")
	look("waiting", w)
	friend.goTo(await[string](w, `probe.el("share-link").value`))
	w.playing()
	friend.playing()
	alternate("4455", w, friend)
	w.myTurn()
	look("playing", w)
	friend.click("tab-chat")
	friend.click("chat-field")
	friend.press("A draw?\r")
	friend.click("ask-draw")
	w.shows("offer-draw")
	w.click("tab-chat")
	w.says("chat-lines", "A draw?")
	look("offered a draw", w)
	friend.click("resign")
	friend.shows("resign-dialog")
	friend.until(`document.activeElement.dataset.testid === "resign-cancel"`)
	look("resigning", friend)
	friend.click("resign-confirm")
	w.says("headline", "You won")
	look("won", w)
	w.click("replay")
	w.replayed(0)
	w.press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	w.replayed(3)
	look("replay", w)
	w.goTo(s.url + "/replay")
	w.shows("import")
	look("import", w)
	w.goTo(s.url + "/m/ZZZZ")
	w.shows("unknown-match")
	look("unknown match", w)
	s.startBot("tictactoe", w)
	w.myTurn()
	w.press("5")
	w.until(`probe.moves().length === 2`)
	look("tic-tac-toe", w)
	s.startBot("rps", w)
	w.myTurn()
	w.press("p")
	w.until(`probe.all("[data-round]").length === 1`)
	look("rock, paper, scissors", w)
	s.startBot("battleship", w)
	w.shows("placing")
	look("placing a fleet", w)
	w.click("place-fleet")
	w.myTurn()
	w.shoot("e5")
	w.myTurn()
	look("battleship", w)
	s.startDungeon([]string{"bot:3", "bot:2", "bot:1"}, w)
	w.press("1")
	w.until(phaseNow + ` === 1 && ` + canAct)
	look("dungeon", w)
	w.goTo(s.url + "/p/me")
	w.shows("recent-match")
	look("profile", w)
	w.goTo(s.url + "/p/nobody")
	w.shows("unknown-player")
	look("unknown player", w)
	w.goTo(s.url + "/leaderboard")
	w.until(`probe.el("leaderboard") || probe.el("no-leaderboard") || probe.el("empty-leaderboard")`)
	look("leaderboard", w)
	w.goTo(s.url + "/no/such/page")
	w.until(`document.querySelector("h1")`)
	look("unknown page", w)
	w.do(chromedp.Navigate(s.url + "/api#showMatch"))
	w.until(`document.querySelector("#showMatch[open] form")`)
	look("api", w)
	w.goTo(s.url + "/demo/cart")
	w.until(`document.querySelectorAll(".shelf li").length === 6`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".shelf button").click()`))
	w.until(`document.querySelectorAll(".lines li").length === 1`)
	press(w, "Order and pay")
	w.until(`document.querySelectorAll(".steps .done").length === 4`)
	look("shop", w)
	w.goTo(s.url + "/demo/job")
	w.choose("Each step takes", "0")
	press(w, "Start a job")
	w.until(`document.querySelector(".job[data-state=done] .digest")`)
	look("job", w)
	w.goTo(s.url + "/demo/fanout")
	w.choose("Each takes", "0")
	w.choose("Trouble", "always")
	press(w, "Count words")
	w.until(`document.querySelectorAll(".top-words li").length === 20`)
	look("fan-out", w)
	openWorkshop(w, s.url, "03-choose")
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-testid="beside"][aria-pressed="true"]')?.click()`)) // it has a look of its own
	w.until(`!document.querySelector("iframe")`)
	look("workshop", w)
	s.inspectorPages(look)
}

// TestBrowser_07_11_14_40_EveryPage looks at each kind of page: does Tab reach every control and ring it (07), does a small
// screen show everything, large enough for fingers (14), and is it accessible, with contrasts (11, 40)? It is one test because the way to the
// pages is most of its time. That no window logs an error or asks for anything elsewhere (40) is looked at in every test,
// when its windows are closed.
func TestBrowser_07_11_14_40_EveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.checkPolicies()
	axe := readAxe(t)
	keep := keeper(t)
	s.everyPage(func(name string, w *window) {
		w.checkSmall(name, keep)
		w.checkAccessible(name, axe, keep)
		w.checkRings(name)
	})
}

// checkRings: Tab reaches all controls of a page, and each shows that it has the focus.
func (w *window) checkRings(name string) {
	w.t.Helper()
	// The ring may be around what stands for the control, as with a radio button that hides behind its label.
	const ring = `(() => {
		const control = document.activeElement;
		if (control === document.body || control.id === "main") return null;
		const shown = [control, ...(control.matches("input[type=radio]") ? probe.face(control).querySelectorAll("*") : [])];
		const ringed = shown.some((e) => {
			const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(e);
			return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\)|transparent/.test(outlineColor);
		});
		control.dataset.ring = "seen";
		return { ringed, control: control.outerHTML.slice(0, 160) };
	})()`
	for rounds, presses := 0, 0; rounds < 2 && presses < 80; presses++ { // from where the focus is to the end, and around
		w.press("\t")
		got := eval[*struct {
			Ringed  bool
			Control string
		}](w, ring)
		if got == nil {
			rounds++
			continue
		}
		if !got.Ringed {
			w.t.Errorf("%s: no focus ring on %s", name, got.Control)
		}
	}
	// Tab stops once at a group of radio buttons and at a board, which arrows move in; all else must have been met.
	const missed = `probe.controls().filter((c) => !c.dataset.ring && c.tabIndex >= 0 && !c.matches("input[type=radio]")
		&& !(document.querySelector("dialog[open]") && !c.closest("dialog"))).map((c) => c.outerHTML.slice(0, 160))`
	for _, control := range eval[[]string](w, missed) {
		w.t.Errorf("%s: Tab does not reach %s", name, control)
	}
}

// checkSmall: on the screen of a phone nothing is too wide, and fingers hit every control.
func (w *window) checkSmall(name string, keep func(name string, w *window)) {
	w.t.Helper()
	// Ten columns of 44 pixels are wider than a phone: in Battleship a finger takes aim, and a button of full size fires.
	const small = `probe.controls().filter((c) => !c.matches(".skip, .bs-cells button")).flatMap((control) => {
		const { width, height } = probe.face(control).getBoundingClientRect();
		return width >= 44 && height >= 44 ? [] : [width.toFixed(1) + " x " + height.toFixed(1) + ": " + control.outerHTML.slice(0, 120)];
	})`
	w.do(chromedp.EmulateViewport(360, 640))
	w.until(`innerWidth === 360`)
	if wide := eval[int](w, `document.documentElement.scrollWidth`); wide > 360 {
		w.t.Errorf("%s: it is %d pixels wide", name, wide)
	}
	for _, control := range eval[[]string](w, small) {
		w.t.Errorf("%s: %s", name, control)
	}
	keep(name+", small", w)
	w.do(chromedp.EmulateViewport(1280, 800))
}

// checkPolicies: whatever is served forbids the browser to load anything from elsewhere.
func (s *site) checkPolicies() {
	s.t.Helper()
	for _, path := range []string{"/", "/m/ZZZZ", "/js/main.js", "/api/games", "/no/such/page"} {
		answer, err := http.Get(s.url + path)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = answer.Body.Close()
		policy := answer.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			s.t.Errorf("%s: the content policy is %q", path, policy)
		}
	}
}

// checkAccessible: axe-core finds nothing that matters, in both themes.
func (w *window) checkAccessible(name, axe string, keep func(name string, w *window)) {
	w.t.Helper()
	if axe != "" && !eval[bool](w, `"axe" in window`) { // a page that was not loaded anew has it
		eval[bool](w, axe+"; true")
	}
	for _, scheme := range []string{"light", "dark"} {
		w.emulate("prefers-reduced-motion", "reduce", "prefers-color-scheme", scheme) // colours as they are, not half way
		w.until(`matchMedia("(prefers-color-scheme: " + %s + ")").matches`, scheme)
		w.still()
		if axe != "" {
			w.runAxe(name + ", " + scheme)
		}
		keep(name+", "+scheme, w)
	}
	w.emulate("prefers-color-scheme", "light")
}

func TestBrowser_13_ReducedMotion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	// The longest of what moves anywhere at any time, watched from each frame.
	const watch = `(() => {
		window.longest = 0;
		const look = () => {
			for (const animation of document.getAnimations()) {
				const { duration, delay, iterations } = animation.effect.getTiming();
				window.longest = Math.max(window.longest, Math.min(delay + duration * iterations, 60_000)); // some go on for ever
			}
			requestAnimationFrame(look);
		};
		look();
		return true;
	})()`
	longest := func(reduced string) float64 {
		blue.emulate("prefers-reduced-motion", reduced)
		amber.emulate("prefers-reduced-motion", reduced)
		s.startFriends("connect4", blue, amber)
		eval[bool](blue, watch)
		alternate("4343434", blue, amber)
		blue.says("headline", "You won")
		blue.still()
		return eval[float64](blue, `window.longest`)
	}
	if ms := longest("no-preference"); ms < 100 {
		t.Errorf("with motion, nothing moves for longer than %.2f ms: this test sees nothing", ms)
	}
	if ms := longest("reduce"); ms > 10 {
		t.Errorf("with reduced motion, something moves for %.2f ms", ms)
	}
	const styles = `Math.max(...probe.all("*").flatMap((e) => ["", "::before", "::after"].flatMap((part) => {
		const style = getComputedStyle(e, part);
		return [style.animationDuration, style.transitionDuration].flatMap((d) => d.split(",").map(parseFloat));
	})))`
	if seconds := eval[float64](blue, styles); seconds > 0.01 {
		t.Errorf("with reduced motion, a style has a duration of %.3f s", seconds)
	}
}

// TestBrowser_HomeBeginsInSight: nobody has to scroll to the first button that starts a game.
func TestBrowser_HomeBeginsInSight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("visitor")
	w.goTo(s.url)
	w.shows("open-matches")
	for _, size := range [][2]int64{{360, 640}, {768, 1024}, {1366, 768}, {1440, 900}} {
		w.do(chromedp.EmulateViewport(size[0], size[1]))
		w.until(`innerWidth === %s && innerHeight === %s`, size[0], size[1])
		for _, id := range []string{"game-dungeon", "play-bot"} {
			if end := eval[float64](w, `probe.face(probe.el(%s)).getBoundingClientRect().bottom`, id); end > float64(size[1]) {
				t.Errorf("%v: %s ends at %.0f", size, id, end)
			}
		}
	}
}

// still waits until nothing moves any more, in a frame that was drawn so.
func (w *window) still() {
	w.t.Helper()
	eval[bool](w, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	w.until(`document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity)`)
}

func readAxe(t *testing.T) string {
	t.Helper()
	path := os.Getenv(axeFile)
	if path == "" {
		if os.Getenv(requireAxe) == "1" {
			t.Fatalf("%s does not name the file axe.min.js", axeFile)
		}
		t.Logf("NOT TESTED: what axe-core finds, because %s does not name the file axe.min.js", axeFile)
		return ""
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// runAxe reports what axe-core finds serious or critical in the window.
func (w *window) runAxe(name string) {
	w.t.Helper()
	type finding struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML, FailureSummary string
		}
	}
	found := eval[[]finding](w, `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations)`)
	for _, f := range found {
		if !slices.Contains([]string{"serious", "critical"}, f.Impact) {
			w.t.Logf("%s: %s: %s (%s)", name, f.Impact, f.Help, f.ID)
			continue
		}
		text := fmt.Sprintf("%s: %s: %s (%s)", name, f.Impact, f.Help, f.ID)
		for _, n := range f.Nodes {
			text += fmt.Sprintf("\n  %s\n  %s", n.HTML, n.FailureSummary)
		}
		w.t.Error(text)
	}
}
