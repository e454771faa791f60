package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// fleet is where a window's own ships lie, in their order, as the page shows it.
func (w *window) fleet() []string {
	w.t.Helper()
	return eval[[]string](w, `probe.all(".bs-placing .bs-laid, .bs-waiting .bs-laid, .bs-home .bs-picture .bs-laid").map((e) => e.dataset.place)`)
}

// fleetCells are the names of the cells of a fleet.
func fleetCells(places []string) (cells []string) {
	for i, place := range places {
		col, row := place[0], place[1:len(place)-1]
		var n int
		_, _ = fmt.Sscan(row, &n) // a place has its row
		for k := range []int{5, 4, 3, 3, 2}[i] {
			if strings.HasSuffix(place, "h") {
				cells = append(cells, fmt.Sprintf("%c%d", int(col)+k, n))
			} else {
				cells = append(cells, fmt.Sprintf("%c%d", col, n+k))
			}
		}
	}
	return cells
}

// shuffleApart shuffles the second fleet until no ship lies where one of the first does.
func shuffleApart(first, second *window) {
	first.t.Helper()
	ours := first.fleet()
	for range 50 {
		if !slices.ContainsFunc(second.fleet(), func(place string) bool { return slices.Contains(ours, place) }) {
			return
		}
		second.click("shuffle")
	}
	second.fail("50 random fleets, and each had a ship like %q", ours)
}

// shoot fires at a cell with the mouse, and waits until the shot is on the board.
func (w *window) shoot(cell string) {
	w.t.Helper()
	w.myTurn()
	w.click("cell-" + cell)
	w.until(`/, (hit|missed)/.test(probe.el("cell-" + %s).ariaLabel)`, cell)
}

// Ships that are afloat are nowhere at the enemy's, nor at a watcher's: not in a frame, on the page, in what scripts can
// reach or in storage. A sunk ship is; and at the end all are.
func TestBrowser_30_EnemyShipsAreNowhereUntilSunkOrTheEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("battleship", blue, amber)
	watcher.goTo(s.url + "/m/" + id)
	watcher.playing()
	shuffleApart(blue, amber)
	secret := amber.fleet()
	cells := fleetCells(secret)
	for _, w := range []*window{amber, blue} {
		w.click("place-fleet")
	}
	nowhere := func(when string, places []string) {
		t.Helper()
		for _, w := range []*window{blue, watcher} {
			texts, _ := w.got()
			everything := strings.Join(texts, "\n") + eval[string](w, `(() => {
				const seen = [document.documentElement.outerHTML, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
				for (const key of Object.getOwnPropertyNames(window)) {
					try { seen.push(key, JSON.stringify(window[key])); } catch {}
				}
				return seen.join("\n");
			})()`)
			for _, place := range places {
				if strings.Contains(everything, place) {
					t.Errorf("%s: %s has the ship at %s", when, w.name, place)
				}
			}
			if strings.Contains(strings.Join(texts, ""), "seed") {
				t.Errorf("%s: %s received a seed", when, w.name)
			}
		}
	}
	blue.myTurn()
	nowhere("before the first shot", secret)
	water := slices.DeleteFunc(boardCells(), func(cell string) bool { return slices.Contains(fleetCells(blue.fleet()), cell) })
	destroyer := cells[len(cells)-2:]
	blue.shoot(destroyer[0])
	amber.shoot(water[0])
	nowhere("after a hit", secret)
	blue.shoot(destroyer[1])
	for _, w := range []*window{blue, watcher} {
		w.until(`probe.all('.bs-laid[data-place=' + JSON.stringify(%s) + ']').length === 1`, secret[4])
	}
	nowhere("after the destroyer is sunk", secret[:4])
	blue.until(`probe.all('[data-sunk="true"]').map((e) => e.dataset.ship).join() === "destroyer"`)

	amber.click("resign")
	amber.click("resign-confirm")
	blue.says("headline", "You won")
	for i, place := range secret {
		blue.until(`probe.all('.bs-target .bs-laid').some((e) => e.dataset.place === %s)`, place)
		if i == 4 {
			watcher.until(`probe.all('.bs-laid').some((e) => e.dataset.place === %s)`, place)
		}
	}
}

// boardCells are the names of all cells, row by row.
func boardCells() (cells []string) {
	for row := 1; row <= 10; row++ {
		for col := 'a'; col <= 'j'; col++ {
			cells = append(cells, fmt.Sprintf("%c%d", col, row))
		}
	}
	return cells
}

// tabTo presses Tab until the focused element has such a name.
func (w *window) tabTo(prefix string) {
	w.t.Helper()
	for range 40 {
		if eval[bool](w, `(document.activeElement.dataset.testid ?? "").startsWith(%s)`, prefix) {
			return
		}
		w.press("\t")
	}
	w.fail("Tab does not lead to %s", prefix)
}

// walkTo moves the focus within a board by arrows.
func (w *window) walkTo(prefix, cell string) {
	w.t.Helper()
	at := strings.TrimPrefix(eval[string](w, `document.activeElement.dataset.testid`), prefix)
	from, to := slices.Index(boardCells(), at), slices.Index(boardCells(), cell)
	right, down := to%10-from%10, to/10-from/10
	w.press(strings.Repeat(kb.ArrowRight, max(right, 0)) + strings.Repeat(kb.ArrowLeft, max(-right, 0)) +
		strings.Repeat(kb.ArrowDown, max(down, 0)) + strings.Repeat(kb.ArrowUp, max(-down, 0)))
	w.until(`document.activeElement.dataset.testid === %s`, prefix+cell)
}

// A whole game by keyboard alone.
func TestBrowser_BattleshipByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("battleship", blue, amber)
	for _, w := range []*window{blue, amber} {
		w.tabTo("place-")
		// A ship is chosen, turned and put somewhere else by Enter, R and arrows.
		place := w.fleet()[4]
		w.walkTo("place-", place[:len(place)-1])
		w.press(kb.Enter)
		w.says("placing-state", "Destroyer: ")
		w.press("r")
		w.until(`probe.all(".bs-laid")[4].dataset.place !== %s`, place)
		for eval[bool](w, `probe.el("place-fleet").disabled`) { // wherever it does not lie over another one
			w.click("shuffle")
		}
		w.tabTo("place-fleet")
		w.press(kb.Enter)
	}
	amber.announces("Blue has placed the fleet, your turn.")
	ships, water := fleetCells(amber.fleet()), boardCells()
	blue.myTurn()
	blue.tabTo("cell-")
	blue.walkTo("cell-", ships[0])
	for i, cell := range ships {
		blue.myTurn()
		blue.walkTo("cell-", cell)
		blue.press([]string{kb.Enter, " "}[i%2])
		blue.until(`probe.el("cell-" + %s).ariaLabel.includes(", hit")`, cell)
		if i == len(ships)-1 {
			break
		}
		amber.myTurn()
		if i == 0 {
			amber.tabTo("cell-")
		}
		amber.walkTo("cell-", water[i])
		amber.press(kb.Enter)
		amber.until(`/, (hit|missed)/.test(probe.el("cell-" + %s).ariaLabel)`, water[i])
	}
	blue.announces(fmt.Sprintf("You hit at %s.", strings.ToUpper(ships[0])))
	amber.announces(fmt.Sprintf("Blue shot at %s.", strings.ToUpper(ships[0])))
	amber.announces("A hit, your turn.")
	blue.announces(fmt.Sprintf("You sank the carrier with %s.", strings.ToUpper(ships[4])))
	amber.announces("A hit: your carrier is sunk, your turn.")
	blue.announces("You won. The whole fleet is sunk.")
	amber.says("headline", "You lost")
	if n := eval[int](blue, `probe.all('[data-sunk="true"]').length`); n != 5 {
		t.Errorf("blue lists %d sunk ships", n)
	}
	if n := eval[int](amber, `probe.all(".bs-target .bs-laid").length`); n != 5 {
		t.Errorf("at the end amber sees %d of blue's ships", n)
	}
	if got := s.recorded(id); len(got) != 2+2*17-1 {
		t.Errorf("recorded: %q", got)
	}
}

// Placing with the mouse: dragging, choosing a ship and a cell, turning, and what is said of an overlap.
func TestBrowser_BattleshipPlacing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startFriends("battleship", blue, amber)
	blue.shows("placing")
	before := blue.fleet()
	blue.click("shuffle")
	blue.until(`probe.all(".bs-laid").map((e) => e.dataset.place).join() !== %s`, strings.Join(before, ","))

	drag := func(from, to string) {
		a, b := await[[2]float64](blue, `probe.target(%s)`, "place-"+from), await[[2]float64](blue, `probe.target(%s)`, "place-"+to)
		blue.do(
			chromedp.MouseEvent("mousePressed", a[0], a[1], chromedp.ButtonType("left"), chromedp.ClickCount(1)),
			chromedp.MouseEvent("mouseMoved", (a[0]+b[0])/2, (a[1]+b[1])/2, chromedp.ButtonType("left")),
			chromedp.MouseEvent("mouseMoved", b[0], b[1], chromedp.ButtonType("left")),
			chromedp.MouseEvent("mouseReleased", b[0], b[1], chromedp.ButtonType("left"), chromedp.ClickCount(1)),
		)
	}
	at := func(ship int) string { return blue.fleet()[ship] }
	free := func() string { // of ships
		taken := fleetCells(blue.fleet())
		cells := boardCells()
		return cells[slices.IndexFunc(cells, func(cell string) bool { return !slices.Contains(taken, cell) })]
	}

	// The carrier is dragged into the middle of the board, held at its first cell.
	first := at(0)
	drag(first[:len(first)-1], "e5")
	if got := at(0)[:2]; got != "e5" {
		t.Errorf("the carrier was dragged to %s", at(0))
	}
	// A ship is chosen by its button, and put on a free cell by a click.
	blue.click("ship-destroyer")
	cell := free()
	blue.click("place-" + cell)
	blue.until(`probe.text("placing-state").startsWith("Destroyer: ") || probe.text("placing-state").includes("overlap")`)
	if got := at(4); got[:len(got)-1] != cell && !slices.Contains(fleetCells(blue.fleet())[15:], cell) {
		t.Errorf("the destroyer was put on %s and lies at %s", cell, got)
	}
	was := at(4)
	blue.click("rotate")
	if now := at(4); was[len(was)-1] == now[len(now)-1] {
		t.Errorf("the destroyer is not turned: %s, then %s", was, now)
	}
	// Laid over the carrier it is refused here, in words, and cannot be sent.
	destroyer := at(4)
	drag(destroyer[:len(destroyer)-1], "e5")
	blue.says("placing-state", "overlap at")
	blue.until(`probe.el("place-fleet").disabled && probe.all(".bs-laid.wrong").length >= 2`)
	if said := blue.text("placing-state"); !strings.Contains(said, "carrier") || !strings.Contains(said, "destroyer") || !strings.Contains(said, "E5") {
		t.Errorf("the overlap is said as %q", said)
	}
	blue.click("shuffle")
	blue.click("place-fleet")
	blue.until(`probe.el("headline").dataset.tone === "wait" && probe.all(".bs-waiting .bs-laid").length === 5`)
	if sent := blue.frames("move"); len(sent) != 1 || sent[0]["move"] != "fleet:"+strings.Join(blue.fleet(), ",") {
		t.Errorf("blue sent %v", sent)
	}
}

// A finger only takes aim; a button of full size fires.
func TestBrowser_BattleshipByTouch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startFriends("battleship", blue, amber)
	for _, w := range []*window{blue, amber} {
		w.click("place-fleet")
	}
	blue.myTurn()
	blue.do(chromedp.EmulateViewport(360, 640, chromedp.EmulateMobile, chromedp.EmulateTouch))
	blue.emulate("hover", "none", "pointer", "coarse")
	tap := func(id string) {
		at := await[[2]float64](blue, `probe.target(%s)`, id)
		blue.touch(at[0], at[1])
	}
	tap("cell-c4")
	blue.says("fire", "Fire at C4")
	tap("cell-d4")
	blue.says("fire", "Fire at D4")
	if sent := blue.frames("move"); len(sent) != 1 {
		t.Errorf("taking aim has sent %v", sent[1:])
	}
	if size := eval[[2]float64](blue, `(({ width, height }) => [width, height])(probe.el("fire").getBoundingClientRect())`); size[0] < 44 || size[1] < 44 {
		t.Errorf("the button is %v", size)
	}
	if wide := eval[float64](blue, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("the page is %v wide", wide)
	}
	tap("fire")
	blue.until(`/, (hit|missed)/.test(probe.el("cell-d4").ariaLabel)`)
}

// touch taps with a finger.
func (w *window) touch(x, y float64) {
	w.t.Helper()
	at := []*input.TouchPoint{{X: x, Y: y}}
	call(w, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: at})
	call(w, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}
