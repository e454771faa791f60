package main

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// contrast is the ratio of two colours as WCAG 2 has it; the page resolves what CSS says to what is painted.
const contrast = `(a, b) => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const light = (colour) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = colour;
		canvas.fillRect(0, 0, 1, 1);
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
	return (bright + 0.05) / (dark + 0.05);
}`

func TestBrowser_10_PiecesDifferByShapeAndStandOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w, friend := s.window("blue"), s.window("amber")
	s.startFriends("connect4", w, friend)
	alternate("4433", w, friend)
	shapes := eval[[]string](w, `[0, 1].map((seat) => probe.el("board").querySelector(".seat-" + seat + " .sign").tagName)`)
	if shapes[0] == shapes[1] {
		t.Errorf("both seats' pieces have the sign of a %s", shapes[0])
	}
	// The pieces against the holes that they lie in and against the plate around them.
	const ratios = `(() => {
		const contrast = ` + contrast + `;
		const board = document.querySelector(".c4");
		const painted = (name) => {
			const sample = Object.assign(document.createElement("i"), { className: "sample" });
			board.append(sample);
			sample.style.setProperty("color", "var(" + name + ")");
			const { color } = getComputedStyle(sample);
			sample.remove();
			return color;
		};
		return [0, 1].flatMap((seat) => ["--hole", "--plate"].map((under) =>
			contrast(getComputedStyle(board.querySelector(".seat-" + seat)).color, painted(under))));
	})()`
	seen := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		w.emulate("prefers-color-scheme", scheme)
		w.until(`matchMedia("(prefers-color-scheme: " + %s + ")").matches`, scheme)
		for range 2 { // the other palette, and back
			w.click("settings")
			w.click("palette")
			w.click("settings-close")
			w.still()
			palette := eval[string](w, `document.documentElement.dataset.palette ?? "calm"`)
			for i, ratio := range eval[[]float64](w, ratios) {
				if ratio < 3 {
					t.Errorf("%s, %s: the contrast %d is %.2f to 1", scheme, palette, i, ratio)
				}
			}
			seen[scheme+" "+palette] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("looked at %v", seen)
	}
}

func TestBrowser_12_ThemeFollowsTheSystemUntilChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("reader")
	paper := func() string { return eval[string](w, `getComputedStyle(document.body).backgroundColor`) }
	w.goTo(s.url)
	w.emulate("prefers-color-scheme", "light")
	light := paper()
	w.emulate("prefers-color-scheme", "dark")
	dark := paper()
	if light == dark {
		t.Fatalf("both schemes have the page %s", light)
	}
	for _, c := range []struct{ choice, system, want string }{
		{"theme-choice-light", "dark", light},
		{"theme-choice-dark", "light", dark},
		{"theme-choice-auto", "light", light},
	} {
		w.click("settings")
		w.click(c.choice)
		w.click("settings-close")
		w.emulate("prefers-color-scheme", c.system)
		for range 2 { // and after a reload
			if got := paper(); got != c.want {
				t.Errorf("%s with a %s system shows %s, not %s", c.choice, c.system, got, c.want)
			}
			w.do(chromedp.Reload())
			w.shows("home")
		}
	}
	w.click("theme") // the button in the header chooses, too
	w.until(`document.documentElement.dataset.theme === "dark"`)
	w.do(chromedp.Reload())
	w.until(`document.documentElement.dataset.theme === "dark"`)
}

func TestBrowser_34_SoundsAfterAGestureAndMute(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w, friend := s.window("listener"), s.window("friend")
	// How many tones have been started, and when the page first asked to make any.
	const listen = `{
		window.tones = 0;
		window.contexts = 0;
		const { start } = AudioScheduledSourceNode.prototype;
		AudioScheduledSourceNode.prototype.start = function (...args) { window.tones++; return start.apply(this, args); };
		window.AudioContext = class extends AudioContext {
			constructor(...args) { super(...args); window.contexts++; window.device = this; }
		};
	}`
	w.before(listen)
	w.goTo(s.url)
	w.shows("open-matches")
	if n := eval[int](w, `window.contexts`); n != 0 {
		t.Error("the page prepares sounds before any gesture")
	}
	s.startFriends("connect4", w, friend)
	w.until(`window.contexts === 1`)
	quiet := `window.device.state === "suspended"` // it plays no silence, which would cost a battery
	w.until(quiet)
	before := eval[int](w, `window.tones`)
	alternate("4", w)
	w.until(`window.tones > %s && window.device.currentTime > 0`, before)
	w.until(quiet)
	heard := eval[float64](w, `window.device.currentTime`)
	alternate("4", friend)
	w.until(`window.tones > %s + 1 && window.device.currentTime > %s + 0.05`, before, heard)
	// What was heard was also said.
	w.announces("Amber dropped in column 4, your turn.")

	w.click("mute")
	w.until(`probe.el("mute").ariaPressed === "true"`)
	w.do(chromedp.Reload())
	w.playing()
	w.until(`probe.el("mute").ariaPressed === "true"`)
	alternate("33", w, friend)
	w.myTurn()
	if n := eval[int](w, `window.tones + window.contexts`); n != 0 {
		t.Errorf("muted, the page makes %d tones", n)
	}
	w.click("mute")
	w.until(`window.tones > 0`)
}

func TestBrowser_ProjectorFits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	size := func(w *window) float64 {
		return eval[float64](w, `parseFloat(getComputedStyle(document.querySelector("main p")).fontSize)`)
	}
	w := s.window("teacher")
	w.do(chromedp.EmulateViewport(1280, 800))
	w.goTo(s.url)
	usual := size(w)
	w.goTo(s.url + "/?projector")
	if got := size(w); got < 1.3*usual {
		t.Errorf("with ?projector text has %.0f pixels, else %.0f", got, usual)
	}
	w.goTo(s.url)
	w.do(chromedp.EmulateViewport(1920, 1080))
	w.until(`innerWidth === 1920`)
	if got := size(w); got < 1.15*usual {
		t.Errorf("on a wide screen text has %.0f pixels, else %.0f", got, usual)
	}
	for _, width := range []int64{1024, 1280, 1920} {
		w.do(chromedp.EmulateViewport(width, 800))
		w.goTo(s.url + "/?projector")
		w.until(`innerWidth === %s`, width)
		if wide := eval[int64](w, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("at %d the page is %d pixels wide", width, wide)
		}
	}
}

// TestBrowser_NewGameOffersWhatTheServerDoes: the form asks the server for exactly what is chosen in it.
func TestBrowser_NewGameOffersWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("chooser")
	w.goTo(s.url)
	w.click("game-tictactoe")
	eval[bool](w, `((e) => { e.value = "3+2"; return e.dispatchEvent(new Event("change", { bubbles: true })); })(probe.el("pace"))`)
	w.click("rated")
	w.click("play-lobby")
	type made struct {
		Game           string
		Clock          *struct{ Initial, Increment int }
		Rated, Private bool
	}
	asked := func(code string) made {
		return eval[made](w, `fetch("/api/matches/" + %s).then((r) => r.json())`, code)
	}
	code := await[string](w, `probe.text("code")`)
	if m := asked(code); m.Game != "tictactoe" || m.Clock == nil || m.Clock.Initial != 180_000 || m.Clock.Increment != 2_000 || !m.Rated || m.Private {
		t.Errorf("%+v, clock %+v", m, m.Clock)
	}
	other := s.window("visitor")
	other.goTo(s.url)
	other.shows("join-open")
	// What was chosen is chosen again, and a friend's match is nobody else's.
	w.goTo(s.url)
	w.until(`probe.el("game-tictactoe").checked && probe.el("pace").value === "3+2" && probe.el("rated").checked`)
	w.click("play-friend")
	w.until(`probe.text("code") && probe.text("code") !== %s`, code)
	code = w.text("code")
	if m := asked(code); !m.Private {
		t.Errorf("%+v", m)
	}
	listed := eval[[]string](other, `fetch("/api/matches?state=open").then((r) => r.json()).then((a) => a.matches.map((m) => m.code))`)
	if slices.Contains(listed, code) {
		t.Error("the friend's match is in the lobby")
	}
}

func TestBrowser_04_CopyLinkAndQR(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("host")
	w.goTo(s.url)
	w.click("play-friend")
	link := await[string](w, `probe.el("share-link").value`)
	eval[bool](w, `Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } }) && true`)
	w.click("copy-link")
	w.says("copy-link", "Copied")
	w.announces("Link copied.")
	if got := eval[string](w, `window.copied`); got != link {
		t.Errorf("copied %q, not %q", got, link)
	}
	w.until(`probe.el("qr").tagName === "svg" && probe.el("qr").role === "img" && probe.el("qr").ariaLabel.includes(%s)`, link)
	w.until(`probe.el("qr").getBoundingClientRect().width >= 120 && probe.el("qr").querySelector("path").getAttribute("d").length > 500`)
}

func TestBrowser_ProfileListsMatches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("player")
	w.goTo(s.url)
	const played = 12
	eval[bool](w, `(async () => {
		const post = (path, body) => fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
		await post("/api/players", {});
		for (let i = 0; i < %s; i++) await post("/api/matches", { game: "tictactoe", seats: ["bot:1"] });
		return true;
	})()`, played)
	w.goTo(s.url + "/p/me")
	w.until(`probe.all('[data-testid="recent-match"]').length === 10`)
	w.click("more")
	w.until(`probe.all('[data-testid="recent-match"]').length === %s && !probe.el("more")`, played)
	w.says("counts", "12")
	w.click("rename")
	w.press("Grace of Hosts")
	w.click("name-save")
	w.says("profile-name", "Grace of Hosts")
	id := eval[string](w, `fetch("/api/players/me").then((r) => r.json()).then((p) => p.id)`)
	stranger := s.window("stranger")
	stranger.goTo(s.url + "/p/" + id)
	stranger.says("profile-name", "Grace of Hosts")
	stranger.until(`!probe.el("rename")`)
}
