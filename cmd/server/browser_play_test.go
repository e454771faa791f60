package main

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestBrowser_06_BoardByKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		game  string
		start string // the cell that is in the tab order
		steps []string
		cells []string // where the steps lead
	}{
		{
			"tictactoe", "cell-5",
			[]string{kb.ArrowRight, kb.ArrowRight, kb.ArrowDown, kb.ArrowDown, kb.Home, kb.ArrowUp, kb.ArrowUp, kb.End},
			[]string{"cell-6", "cell-6", "cell-9", "cell-9", "cell-7", "cell-4", "cell-1", "cell-3"},
		},
		{
			"connect4", "cell-4-6",
			[]string{kb.ArrowLeft, kb.ArrowDown, kb.End, kb.ArrowUp, kb.ArrowUp, kb.Home, kb.ArrowRight},
			[]string{"cell-3-6", "cell-3-5", "cell-7-5", "cell-7-6", "cell-7-6", "cell-1-6", "cell-2-6"},
		},
	} {
		w := s.window(c.game)
		s.startBot(c.game, w)
		w.myTurn()
		focused := `document.activeElement.dataset.testid`
		for range 12 {
			w.press("\t")
			if eval[bool](w, `(`+focused+` ?? "").startsWith("cell-")`) {
				break
			}
		}
		if got := eval[string](w, focused+` ?? ""`); got != c.start {
			t.Errorf("%s: Tab leads to %q", c.game, got)
		}
		for i, key := range c.steps {
			w.press(key)
			if got := eval[string](w, focused); got != c.cells[i] {
				t.Errorf("%s: step %d leads to %s, not to %s", c.game, i, got, c.cells[i])
			}
			if n := eval[int](w, `probe.all('[data-testid^="cell-"][tabindex="0"]').length`); n != 1 {
				t.Errorf("%s: %d cells are in the tab order", c.game, n)
			}
		}
		last := c.cells[len(c.cells)-1]
		for i, key := range []string{kb.Enter, " "} {
			w.myTurn()
			if i > 0 && c.game == "tictactoe" { // another free cell
				last = eval[string](w, `probe.all('[data-testid^="cell-"][aria-disabled="false"]')[0].dataset.testid`)
				eval[bool](w, `(probe.el(%s).focus(), true)`, last)
			}
			w.press(key)
			w.until(`probe.moves().filter((m) => m.move === %s).length > 0`, moveOf(last))
		}
	}

	w := s.window("digits")
	s.startBot("connect4", w)
	for _, digit := range []string{"1", "7"} {
		w.myTurn()
		before := len(w.moves())
		w.press(digit)
		w.until(`probe.moves()[%s]?.move === %s`, before, digit)
	}
}

// moveOf is the move that a cell stands for: its own number, or its column.
func moveOf(cell string) string { return cell[len("cell-") : len("cell-")+1] }

func TestBrowser_08_OpponentsMovesAreAnnounced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startFriends("connect4", blue, amber)
	if got := eval[string](amber, `probe.el("announcer").getAttribute("aria-live")`); got != "polite" {
		t.Errorf("the live region is %q", got)
	}
	alternate("43", blue, amber)
	amber.announces("Blue dropped in column 4, your turn.")
	blue.announces("Amber dropped in column 3, your turn.")
	if eval[bool](blue, `probe.said.some((s) => s.includes("Blue dropped"))`) {
		t.Error("a player's own move is announced to them")
	}
}

func TestBrowser_09_IllegalMovesAreExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("111111", blue, amber)
	blue.myTurn()
	board := blue.board()
	blue.press("1")
	blue.announces("Column 1 is full.")
	blue.says("notice", "Column 1 is full.")
	blue.drop("1")
	amber.press("2")
	amber.announces("It is not your turn.")
	for _, w := range []*window{blue, amber} {
		if got := w.board(); !slices.Equal(got, board) {
			t.Errorf("%s: the board has become %q", w.name, got)
		}
	}
	if got := s.recorded(id); len(got) != 6 {
		t.Errorf("recorded: %q", got)
	}
}

// TestBrowser_16_PendingPieceWithin50Milliseconds: what a browser takes by itself from a key to the next frame, where next to
// nothing is to be drawn, is measured beside each move. It counts as far as it is more than the frame of a screen of 60 Hz:
// a machine that is slow, or busy, is no fault of the client's.
func TestBrowser_16_PendingPieceWithin50Milliseconds(t *testing.T) {
	const frame = 1000.0 / 60
	s := newSite(t)
	line := s.line()
	w := s.window("far away")
	w.goTo(line.url)
	w.click("play-bot")
	var times, bare []float64
	for i, column := range []string{"1", "2", "3", "4"} { // before the fourth move nobody can have won
		w.myTurn()
		line.set(lineSilent) // what follows is without a word from the server
		eval[bool](w, `(window.bare = probe.timeBare(), true)`)
		w.press("z")
		bare = append(bare, eval[float64](w, `window.bare`))
		eval[bool](w, `(window.pending = probe.timePending(), true)`)
		if i%2 == 0 {
			w.drop(column)
		} else {
			w.press(column)
		}
		times = append(times, eval[float64](w, `window.pending`)-max(0, bare[i]-frame))
		if eval[bool](w, `probe.moves().at(-1)?.move === %s && !probe.el("pending-move")`, column) {
			t.Fatal("the move is solid before anybody has heard of it")
		}
		line.set(lineUp)
		w.until(`!document.querySelector(".pending") && probe.moves().some((m) => m.move === %s)`, column)
	}
	slices.Sort(times)
	t.Logf("from the click or key to the frame with the piece: %.1f ms; the machine by itself, which is left out beyond a frame: %.1f ms", times, bare)
	if median := times[len(times)/2]; median >= 50 {
		t.Errorf("a pending piece takes %.1f ms", median)
	}
}

func TestBrowser_17_RefusedMoveIsTakenBackWithAReason(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("spoilt")
	id := s.startBot("connect4", w)
	w.myTurn()
	board := w.board()
	// The page means column 3, and the server is asked for a column that there is not.
	eval[bool](w, `(() => {
		const send = WebSocket.prototype.send;
		WebSocket.prototype.send = function (text) {
			if (!text.includes('"t":"move"')) return send.call(this, text);
			WebSocket.prototype.send = send;
			window.sawPending = !!probe.el("pending-move");
			probe.until(() => probe.el("cell-3-1").querySelector(".pending"), 5000).then((seen) => (window.sawPending = !!seen));
			send.call(this, JSON.stringify({ ...JSON.parse(text), move: "9" }));
		};
		return true;
	})()`)
	w.drop("3")
	w.says("notice", "Your move was not played")
	w.until(`window.sawPending === true`)
	w.until(`!document.querySelector(".pending") && !probe.el("pending-move")`)
	reason := w.text("notice")
	w.until(`probe.said.some((s) => s.startsWith("Your move was not played: ") && s.length > 40)`)
	t.Logf("it says: %s", reason)
	if got := w.board(); !slices.Equal(got, board) {
		t.Errorf("the board has become %q", got)
	}
	if got := s.recorded(id); len(got) != 0 {
		t.Errorf("recorded: %q", got)
	}
	w.myTurn()
	w.drop("3")
	w.until(`probe.moves()[0]?.move === "3"`)
}

func TestBrowser_18_DoubleClickIsOneMove(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	for i, twice := range []func(w *window){
		func(w *window) {
			at := await[[2]float64](w, `probe.target("cell-4-6")`)
			w.do(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
		},
		func(w *window) {
			eval[bool](w, `(probe.el("cell-4-6").focus(), true)`)
			w.press(kb.Enter + kb.Enter)
		},
		func(w *window) { w.press("44") },
	} {
		w := []*window{blue, amber}[i%2]
		w.myTurn()
		before := len(w.frames("move"))
		twice(w)
		w.until(`probe.moves().length >= %s && !probe.el("pending-move")`, i+1)
		blue.until(`probe.moves().length >= %s`, i+1)
		amber.until(`probe.moves().length >= %s`, i+1)
		if sent := w.frames("move")[before:]; len(sent) != 1 {
			t.Errorf("%s sent %v", w.name, sent)
		}
	}
	for _, w := range []*window{blue, amber} {
		if n := eval[int](w, `document.querySelectorAll(".c4-plate .c4-mark:not(.ghost)").length`); n != 3 {
			t.Errorf("%s: there are %d pieces on the board", w.name, n)
		}
	}
	if got := s.recorded(id); !slices.Equal(got, []string{"4", "4", "4"}) {
		t.Errorf("recorded: %q", got)
	}
}

func TestBrowser_36_TwoTabsStayInStep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	second := blue.tab("blue's second tab")
	second.goTo(s.url + "/m/" + id)
	second.playing()
	if got := second.match().Seat; got != 0 {
		t.Fatalf("the second tab has seat %d", got)
	}
	alternate("4", blue, amber)
	second.until(`probe.moves().length === 1`)
	inAll := func(w *window, column string, n int) {
		w.myTurn()
		w.drop(column)
		for _, other := range []*window{blue, second, amber} {
			other.until(`probe.moves().length === %s && !probe.el("pending-move")`, n)
		}
	}
	inAll(amber, "3", 2)
	inAll(second, "4", 3)
	inAll(amber, "3", 4)
	inAll(blue, "4", 5)
	for _, w := range []*window{second, amber} {
		if got, want := w.board(), blue.board(); !slices.Equal(got, want) {
			t.Errorf("%s shows %q, and blue %q", w.name, got, want)
		}
		if got, want := w.moves(), blue.moves(); !slices.Equal(got, want) {
			t.Errorf("%s lists %v, and blue %v", w.name, got, want)
		}
	}
	if got := s.recorded(id); !slices.Equal(got, []string{"4", "3", "4", "3", "4"}) {
		t.Errorf("recorded: %q", got)
	}
}
