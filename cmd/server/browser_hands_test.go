package main

import (
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// What people do with a window, and what they see in it.

// eventually waits for what happens outside of the page.
func (w *window) eventually(is func() bool) {
	w.t.Helper()
	for late := time.Now().Add(patience); !is(); {
		if time.Now().After(late) {
			w.fail("it has not become true in time")
		}
		eval[bool](w, `new Promise((done) => setTimeout(() => done(true), 20))`)
	}
}

// goTo loads an address of the site.
func (w *window) goTo(url string) {
	w.t.Helper()
	w.do(chromedp.Navigate(url))
	w.until(`document.querySelector("main").children.length > 0`)
}

// click presses the left button in the middle of an element, once nothing covers it.
func (w *window) click(id string, options ...chromedp.MouseOption) {
	w.t.Helper()
	for {
		at := await[[2]float64](w, `probe.aim(%s)`, id)
		w.do(chromedp.MouseClickXY(at[0], at[1], options...))
		hit, err := tryEval[bool](w, `probe.hit()`)
		if hit || err != nil { // an error: the click has led to another page
			return
		}
	}
}

// press presses keys, one after the other.
func (w *window) press(keys string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(keys))
}

// text is what an element says; empty where it is not there.
func (w *window) text(id string) string {
	w.t.Helper()
	return eval[string](w, `probe.text(%s)`, id)
}

// shows waits until an element is there.
func (w *window) shows(id string) {
	w.t.Helper()
	w.until(`probe.el(%s)`, id)
}

// says waits until an element says something with these words in it.
func (w *window) says(id, words string) {
	w.t.Helper()
	w.until(`probe.text(%s).includes(%s)`, id, words)
}

// announces waits until the live region has said exactly this sentence.
func (w *window) announces(sentence string) {
	w.t.Helper()
	w.until(`probe.said.includes(%s)`, sentence)
}

// emulate sets media features, in pairs of name and value.
func (w *window) emulate(features ...string) {
	w.t.Helper()
	var list []*emulation.MediaFeature
	for i := 0; i < len(features); i += 2 {
		list = append(list, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: list})
}

// seen is what the page of a match says about itself.
type seen struct {
	Seat  int    `json:"seat"`
	State string `json:"state"`
	Seq   int64  `json:"seq"`
	Live  bool   `json:"live"`
}

// listed is a move in the list.
type listed struct {
	Seq  int64  `json:"seq"`
	Move string `json:"move"`
}

func (w *window) match() seen {
	w.t.Helper()
	return eval[seen](w, `probe.match()`)
}

func (w *window) moves() []listed {
	w.t.Helper()
	return eval[[]listed](w, `probe.moves()`)
}

// board is every cell in words.
func (w *window) board() []string {
	w.t.Helper()
	return eval[[]string](w, `probe.cells()`)
}

// matchID is the lasting id in the address.
func (w *window) matchID() string {
	w.t.Helper()
	return await[string](w, `probe.match().state !== "open" && location.pathname.split("/")[2]`)
}

// playing waits until the game is on and everything is known.
func (w *window) playing() {
	w.t.Helper()
	w.until(`probe.match().state === "playing" && probe.match().live && probe.el("board")`)
}

// myTurn waits until it is this window's player's turn.
func (w *window) myTurn() {
	w.t.Helper()
	w.until(`probe.match().live && probe.el("headline").dataset.tone === "turn"`)
}

// drop clicks on a column of Connect Four, where a piece always can be aimed: at its top.
func (w *window) drop(column string) {
	w.t.Helper()
	w.click("cell-" + column + "-6")
}

// startFriends makes a match by the buttons of the home page; the second one comes by the link.
func (s *site) startFriends(game string, first, second *window) (id string) {
	s.t.Helper()
	first.goTo(s.url)
	first.click("game-" + game)
	first.click("play-friend")
	second.goTo(await[string](first, `probe.el("share-link").value`))
	first.playing()
	second.playing()
	return first.matchID()
}

// startBot makes a match against the weakest bot by the buttons of the home page.
func (s *site) startBot(game string, w *window) (id string) {
	s.t.Helper()
	w.goTo(s.url)
	w.click("game-" + game)
	w.click("strength-1")
	w.click("play-bot")
	w.playing()
	return w.matchID()
}

// startTimed makes a match with a clock that the home page does not offer; the second player comes by the address.
func (s *site) startTimed(initial int, first, second *window) (id string) {
	s.t.Helper()
	first.goTo(s.url)
	id = eval[string](first, `(async () => {
		const post = async (path, body) => (await fetch(path, {
			method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
		})).json();
		await post("/api/players", {});
		return (await post("/api/matches", { game: "connect4", clock: { initial: %s, increment: 0 } })).id;
	})()`, initial)
	first.goTo(s.url + "/m/" + id)
	first.shows("match")
	second.goTo(s.url + "/m/" + id)
	first.playing()
	second.playing()
	return id
}

// alternate plays Connect Four from the start of the given columns on: windows[0] has the first of them.
func alternate(columns string, windows ...*window) {
	for i, column := range columns {
		w := windows[i%len(windows)]
		w.t.Helper()
		w.myTurn()
		w.drop(string(column))
		w.until(`probe.el("headline").dataset.tone !== "turn" && !probe.el("pending-move")`)
	}
}
