package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// frame is what of a received frame these tests look at.
type frame struct {
	T    string          `json:"t"`
	Kind string          `json:"k"`
	Seq  int64           `json:"seq"`
	D    json.RawMessage `json:"d"`
	View json.RawMessage `json:"view"`
}

// got are the frames received so far, as texts and as what is in them.
func (w *window) got() (texts []string, frames []frame) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.received {
		var f frame
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			w.t.Fatalf("%s received %q: %v", w.name, text, err)
		}
		frames = append(frames, f)
	}
	return slices.Clone(w.received), frames
}

// Until both have chosen, what the one chose is nowhere at the other's, nor at a watcher's: not in a frame, on the page
// or in the page's memory.
func TestBrowser_29_ChoiceIsNowhereUntilBothAreCommitted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("rps", blue, amber)
	watcher.goTo(s.url + "/m/" + id)
	watcher.playing()
	for round, move := range []string{"paper", "scissors"} {
		before := map[*window]int{}
		for _, w := range []*window{amber, watcher} {
			texts, _ := w.got()
			before[w] = len(texts)
		}
		blue.myTurn()
		blue.click("choice-" + move)
		blue.until(`probe.el("card-0").dataset.state === "locked" && probe.el("card-0").dataset.card === %s`, move)
		for _, w := range []*window{amber, watcher} {
			w.until(`probe.text("next-round").includes("has chosen.")`)
			texts, frames := w.got()
			if !slices.ContainsFunc(frames[before[w]:], func(f frame) bool { return f.Kind == "moved" && string(f.D) == `{"seat":0}` }) {
				t.Errorf("%s was not told that blue has moved: %q", w.name, texts[before[w]:])
			}
			for i, text := range texts[before[w]:] {
				view := string(frames[before[w]+i].View)
				if strings.Contains(text, `"`+move+`"`) && !strings.Contains(view, `"moves":["rock","paper","scissors"]`) ||
					view != "" && !strings.Contains(view, `"choices":".."`) {
					t.Errorf("round %d: %s received %s", round+1, w.name, text)
				}
			}
			if card := eval[string](w, `probe.el("card-0").dataset.card`); card == move {
				t.Errorf("%s sees the card %s", w.name, card)
			}
		}
		if n := eval[int](amber, `document.querySelectorAll('[aria-pressed="true"], .mine').length`); n != 0 {
			t.Errorf("amber's page marks %d choices", n)
		}
		amber.click("choice-" + move)
		for _, w := range []*window{blue, amber, watcher} {
			w.until(`probe.all("[data-round]").length === %s`, round+1)
			if got, want := eval[string](w, `probe.all("[data-round]").at(-1).dataset.round`), move[:1]+move[:1]; got != want {
				t.Errorf("%s sees the round %s, want %s", w.name, got, want)
			}
		}
	}
}

// A whole game by keyboard alone, by letters, digits and the buttons.
func TestBrowser_RPSByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("rps", blue, amber)
	for i, keys := range [][2]string{{"r", "1"}, {"p", "1"}, {"2", "s"}, {"S", "p"}} {
		blue.myTurn()
		amber.myTurn()
		blue.press(keys[0])
		blue.until(`probe.el("headline").dataset.tone !== "turn"`)
		amber.press(keys[1])
		for _, w := range []*window{blue, amber} {
			w.until(`probe.all("[data-round]").length === %s`, i+1)
		}
	}
	blue.announces("Amber has chosen.")
	amber.announces("Both chose rock. A drawn round, your choice.")
	blue.announces("Paper beats rock. You won the round, your choice.")
	amber.announces("Scissors beat paper. You won the round, your choice.")
	blue.announces("Scissors beat paper. You won the round.")
	blue.announces("You won. More rounds won.")
	amber.says("headline", "You lost")
	blue.until(`probe.moves().map((m) => m.move).join() === "rock,rock,paper,rock,paper,scissors,scissors,paper"`)
	if got := eval[string](amber, `probe.el("score").getAttribute("aria-label")`); got != "You 1, Opponent 2" {
		t.Errorf("amber's score is said as %q", got)
	}
	if got := s.recorded(id); !slices.Equal(got, []string{"rock", "rock", "paper", "rock", "paper", "scissors", "scissors", "paper"}) {
		t.Errorf("recorded: %q", got)
	}

	w := s.window("by the buttons")
	s.startBot("rps", w)
	w.myTurn()
	for range 14 {
		w.press("\t")
		if eval[bool](w, `document.activeElement.dataset.testid === "choice-paper"`) {
			break
		}
	}
	w.press(" ")
	w.until(`probe.all("[data-round]").length === 1 && probe.all("[data-round]")[0].dataset.round[0] === "p"`)
}

// A choice cannot be changed, and the page says so.
func TestBrowser_RPSChoiceIsLocked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	s.startFriends("rps", blue, amber)
	blue.myTurn()
	blue.press("p")
	blue.until(`probe.moves().length === 1 && !probe.el("pending-move")`) // until then a second key is as a double click
	blue.press("r")
	blue.says("notice", "You have chosen, and a choice cannot be changed.")
	if sent := blue.frames("move"); len(sent) != 1 {
		t.Errorf("blue sent %v", sent)
	}
}
