package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/everturn/everturn/game"
)

// position is what the API says that anybody sees after an event.
func (s *site) position(id string, seq int64) (at game.ViewAt) {
	s.t.Helper()
	answer, err := http.Get(fmt.Sprintf("%s/api/matches/%s/position?seat=-1&seq=%d", s.url, id, seq))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, &at) != nil {
		s.t.Fatalf("position after %d: %d %s %v", seq, answer.StatusCode, body, err)
	}
	return at
}

// replayed waits until the replay page shows a position, and gives its fingerprint.
func (w *window) replayed(k int) (hash string) {
	w.t.Helper()
	return await[string](w, `probe.el("replay").dataset.shown === String(%s) && probe.el("replay").dataset.hash`, k)
}

// pieces are those that a board of Connect Four shows, as the server's view has them.
func (w *window) pieces() (rows []string) {
	w.t.Helper()
	return eval[[]string](w, `[6, 5, 4, 3, 2, 1].map((row) => [1, 2, 3, 4, 5, 6, 7].map((col) => {
		const label = probe.el("cell-" + col + "-" + row).getAttribute("aria-label");
		return label.includes("blue") ? "0" : label.includes("amber") ? "1" : ".";
	}).join(""))`)
}

// playedOut is a match of Connect Four that blue won in seven moves.
func (s *site) playedOut(blue, amber *window) (id string, record game.Record) {
	s.t.Helper()
	id = s.startFriends("connect4", blue, amber)
	alternate("4343434", blue, amber)
	blue.says("headline", "You won")
	amber.says("headline", "You lost")
	answer, err := http.Get(s.url + "/api/matches/" + id + "/record")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&record); err != nil {
		s.t.Fatal(err)
	}
	return id, record
}

func TestBrowser_31_ReplayIsTheServersPositions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id, record := s.playedOut(blue, amber)
	after := func(k int) int64 {
		switch k {
		case 0:
			return int64(record.From)
		case len(record.Moves):
			return int64(record.To)
		}
		return int64(record.Moves[k-1].Seq)
	}
	checkAt := func(k int) {
		t.Helper()
		want := s.position(id, after(k))
		if got := blue.replayed(k); got != want.Hash {
			t.Errorf("position %d has the hash %s, the server's %s", k, got, want.Hash)
		}
		var view struct{ Board []string }
		if err := json.Unmarshal(want.View, &view); err != nil {
			t.Fatal(err)
		}
		if got := blue.pieces(); !slices.Equal(got, view.Board) {
			t.Errorf("position %d shows %q, the server's is %q", k, got, view.Board)
		}
		blue.until(`probe.text("at") === %s && Number(probe.el("slider").value) === %s`, fmt.Sprintf("%d / %d", k, len(record.Moves)), k)
		blue.until(`location.hash === %s`, fmt.Sprintf("#%d", k))
	}

	blue.click("replay")
	blue.shows("slider")
	checkAt(0)
	for k := 1; k <= len(record.Moves); k++ { // by keys, wherever the focus is
		blue.press(kb.ArrowRight)
		checkAt(k)
	}
	blue.announces("Move 7: Blue dropped in column 4.")
	blue.press(kb.ArrowRight) // there is no further
	checkAt(len(record.Moves))
	blue.press(kb.ArrowLeft)
	checkAt(len(record.Moves) - 1)
	blue.press(kb.Home)
	checkAt(0)
	blue.press(kb.End)
	checkAt(len(record.Moves))

	// By the slider, with its own keys.
	eval[bool](blue, `(probe.el("slider").focus(), true)`)
	blue.press(kb.ArrowLeft + kb.ArrowLeft)
	checkAt(len(record.Moves) - 2)
	blue.press(kb.Home)
	checkAt(0)

	// By itself, and by the list of moves.
	eval[bool](blue, `(() => {
		probe.el("speed").value = "4";
		probe.el("speed").dispatchEvent(new Event("change", { bubbles: true }));
		probe.el("slider").focus();
		return true;
	})()`)
	blue.press(" ")
	blue.until(`probe.el("autoplay").dataset.on === "true"`)
	checkAt(len(record.Moves))
	blue.until(`probe.el("autoplay").dataset.on === "false"`)
	eval[bool](blue, `(probe.all('[data-testid="move"] button')[2].click(), true)`)
	checkAt(3)
}

func TestBrowser_32_RecordIsSavedAndOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id, record := s.playedOut(blue, amber)
	dir := t.TempDir()
	call(blue, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
		Behavior: downloads.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		BrowserContextID: chromedp.FromContext(blue.ctx).BrowserContextID,
	})
	blue.goTo(s.url + "/m/" + id + "/replay#7")
	want := blue.replayed(len(record.Moves))
	blue.click("save-record")
	name := filepath.Join(dir, "everturn-connect4-1.txt")
	var text []byte
	blue.eventually(func() bool {
		var err error
		text, err = os.ReadFile(name)
		return err == nil && strings.HasSuffix(string(text), "\nwin 0 four\n")
	})

	// Pasted by somebody who was not there.
	other := s.window("somebody else")
	other.goTo(s.url + "/replay")
	other.click("record-text")
	eval[bool](other, `(() => {
		probe.el("record-text").value = %s;
		return true;
	})()`, string(text))
	other.click("record-open")
	if got := other.replayed(len(record.Moves)); got != want {
		t.Errorf("the end of the record has the hash %s, that of the match %s", got, want)
	}
	if got, want := other.pieces(), blue.pieces(); !slices.Equal(got, want) {
		t.Errorf("the end of the record is %q, that of the match %q", got, want)
	}
	other.press(kb.ArrowLeft)
	if got := other.replayed(6); got != s.position(id, int64(record.Moves[5].Seq)).Hash {
		t.Errorf("one move before the end it has the hash %s", got)
	}

	// Dropped as a file.
	other.click("replay-close")
	other.shows("record-text")
	eval[bool](other, `(() => {
		const data = new DataTransfer();
		data.items.add(new File([%s], "record.txt", { type: "text/plain" }));
		probe.el("record-text").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
		return true;
	})()`, string(text))
	if got := other.replayed(len(record.Moves)); got != want {
		t.Errorf("dropped, its end has the hash %s, not %s", got, want)
	}

	// What is no record is refused, with the place.
	other.expect("status of 400")
	other.click("replay-close")
	other.shows("record-text")
	eval[bool](other, `((probe.el("record-text").value = %s), true)`, strings.Replace(string(text), "3. 0 4", "3. 0 9", 1))
	other.click("record-open")
	other.says("notice", "Move 3 cannot be played")
}

func TestBrowser_37_ReplayHasDeepLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id, _ := s.playedOut(blue, amber)
	m, err := s.api.Match(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	stranger := s.window("stranger")
	for path, k := range map[string]int{
		"/m/" + id + "/replay#5": 5, "/m/" + m.Code + "/replay#2": 2, "/m/" + strings.ToLower(m.Code) + "/replay/#99": 7, "/m/" + id + "/replay": 0,
	} {
		stranger.goTo(s.url + path)
		stranger.replayed(k)
		stranger.until(`location.pathname === %s`, "/m/"+id+"/replay")
	}
	// The number in the address is changed by hand; and there is a way back to the match.
	eval[bool](stranger, `((location.hash = "#6"), true)`)
	stranger.replayed(6)
	eval[bool](blue, `(window.marker = true)`)
	blue.click("replay")
	blue.replayed(0)
	blue.press(kb.ArrowRight)
	blue.replayed(1)
	blue.do(back)
	blue.until(`probe.match().state === "finished"`)
	blue.do(forward)
	blue.replayed(1)
	if !eval[bool](blue, `window.marker === true`) {
		t.Error("the document was loaded again")
	}
	stranger.expect("status of 404")
	stranger.goTo(s.url + "/m/ZZZZ/replay")
	stranger.shows("unknown-match")
}
