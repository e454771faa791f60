package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// startDungeon makes a match for so many heroes; all but the first come by its address.
func (s *site) startDungeon(seats []string, first *window, others ...*window) (id string) {
	s.t.Helper()
	first.goTo(s.url)
	id = eval[string](first, `(async () => {
		const post = async (path, body) => (await fetch(path, {
			method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
		})).json();
		await post("/api/players", {});
		return (await post("/api/matches", { game: "dungeon", seats: %s })).id;
	})()`, seats)
	for _, w := range append([]*window{first}, others...) {
		w.goTo(s.url + "/m/" + id)
		w.shows("match")
	}
	for _, w := range append([]*window{first}, others...) {
		w.playing()
	}
	return id
}

const (
	canAct   = `probe.match().live && probe.el("action-1")?.getAttribute("aria-disabled") === "false"`
	over     = `probe.match().state === "finished"`
	phaseNow = `Number(probe.el("board").dataset.phase)`
)

// acts waits until a hero may act or can do so no more, which it says.
func (w *window) acts() bool {
	w.t.Helper()
	w.until(`(` + canAct + `) || ` + over + ` || probe.el("hero-" + probe.match().seat).classList.contains("dead")`)
	return eval[bool](w, canAct)
}

// delveOn plays to the end: in each round the windows act one after the other.
func delveOn(turn func(w *window, round int), windows ...*window) (rounds int) {
	for ; ; rounds++ {
		for _, w := range windows {
			w.t.Helper()
			if w.acts() {
				turn(w, rounds)
				w.until(`(`+phaseNow+` > %s || !(`+canAct+`))`, rounds)
			}
		}
		for _, w := range windows {
			w.until(phaseNow+` > %s || `+over, rounds)
		}
		if eval[bool](windows[0], over) {
			return rounds
		}
	}
}

// TestBrowser_DungeonByKeyboardOnly: two heroes play a whole game, one by digits, the other by Tab, arrows, Enter and
// Space. Who has the focus among the actions keeps it from round to round.
func TestBrowser_DungeonByKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rowan, hazel := s.window("rowan"), s.window("hazel")
	id := s.startDungeon([]string{"open"}, rowan, hazel)
	focused := `(document.activeElement.dataset.testid ?? "")`
	rounds := delveOn(func(w *window, round int) {
		switch {
		case w == rowan:
			w.press("1")
		case round == 0:
			for range 20 {
				w.press("\t")
				if eval[bool](w, focused+`.startsWith("action-")`) {
					break
				}
			}
			w.press(kb.Enter)
		case round == 1:
			w.press(kb.ArrowDown)
			if got := eval[string](w, focused); got != "action-2" {
				t.Errorf("down from the first action leads to %q", got)
			}
			w.press(kb.End + kb.Home + " ")
		default:
			if got := eval[string](w, focused); got == "" {
				t.Errorf("round %d: the focus is lost", round)
			}
			w.press(kb.Home + kb.Enter)
		}
	}, rowan, hazel)
	if rounds < 3 || rounds > 60 {
		t.Errorf("it took %d rounds", rounds)
	}
	record := s.record(id)
	result := string(record.Result)
	if result != `{"kind":"coop","reason":"treasure","winners":[0,1]}` && result != `{"kind":"coop","reason":"dead","winners":[]}` {
		t.Errorf("result %s", result)
	}
	for _, w := range []*window{rowan, hazel} {
		w.until(`["won", "lost"].includes(probe.el("headline").dataset.tone)`)
		if n := len(w.moves()); n != len(record.Moves) {
			t.Errorf("%s lists %d moves of %d", w.name, n, len(record.Moves))
		}
	}
	for _, w := range []*window{rowan, hazel} {
		w.click("rematch")
	}
	for _, w := range []*window{rowan, hazel} {
		w.until(phaseNow+` > %s && `+canAct, rounds)
	}
}

// TestBrowser_DungeonAlone: one seat is a match.
func TestBrowser_DungeonAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("alone")
	s.startDungeon([]string{}, w)
	w.until(`document.querySelector('[data-testid="clock-0"].running')`)
	delveOn(func(w *window, _ int) { w.click("action-1") }, w)
	w.until(`probe.text("dungeon-log").length > 20`)
}

// TestBrowser_DungeonNobodyCommits: the match is called off when the time to gather is over.
func TestBrowser_DungeonNobodyCommits(t *testing.T) {
	t.Parallel()
	s := newSiteIn(t, []string{fmt.Sprintf("%s=4s", gatherWait)})
	rowan, hazel := s.window("rowan"), s.window("hazel")
	s.startDungeon([]string{"open"}, rowan, hazel)
	for _, w := range []*window{rowan, hazel} {
		w.until(`document.body.innerText.includes("called off")`)
	}
}
