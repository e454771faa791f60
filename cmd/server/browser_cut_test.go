package main

import (
	"slices"
	"testing"
	"time"
)

func TestBrowser_19_CutShowsReconnectingAndQueues(t *testing.T) {
	s := newSite(t)
	line := s.line()
	w := s.window("cut off")
	w.goTo(line.url)
	w.click("play-bot")
	w.myTurn()
	w.drop("4")
	w.until(`probe.moves().length === 2`)
	w.myTurn()

	began := time.Now()
	s.cut(line)
	w.says("banner", "Reconnecting (attempt 1)")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the banner came after %s", took)
	}
	w.announces("Connection lost. Reconnecting.")
	w.until(`Number(/attempt (\d+)/.exec(probe.text("banner"))?.[1]) >= 2`)
	w.says("latency", "Offline")

	// What is played meanwhile is queued, and shown as such.
	w.drop("5")
	w.shows("pending-move")
	w.says("headline", "Your move is on its way")
	w.drop("6")
	w.press("7")
	if n := eval[int](w, `probe.all('[data-testid="pending-move"]').length`); n != 1 {
		t.Errorf("%d moves wait", n)
	}
	line.set(lineUp)
	w.until(`!probe.el("banner") && probe.moves()[2]?.move === "5"`)
	if got := s.recorded(w.matchID())[2]; got != "5" {
		t.Errorf("recorded: %q", got)
	}
}

func TestBrowser_20_MissedMovesArriveInOrderOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	line := s.line()
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("connect4", blue, amber)
	watcher.goTo(line.url + "/m/" + id + "?watch")
	watcher.playing()
	alternate("43", blue, amber)
	watcher.until(`probe.moves().length === 2`)

	s.cut(line)
	watcher.shows("banner")
	alternate("4334", blue, amber)
	line.set(lineUp)
	watcher.until(`!probe.el("banner") && probe.match().live && probe.moves().length === 6`)
	alternate("5", blue, amber)
	for _, w := range []*window{watcher, blue} {
		w.until(`probe.moves().length === 7`)
	}
	got := watcher.moves()
	for i, m := range s.record(id).Moves {
		if got[i] != (listed{Seq: m.Seq, Move: m.Move}) {
			t.Fatalf("it lists %v; event %d is %s", got, m.Seq, m.Move)
		}
	}
	if !slices.Equal(got, blue.moves()) || !slices.Equal(watcher.board(), blue.board()) {
		t.Errorf("it shows %q, and blue %q", watcher.board(), blue.board())
	}
	watcher.until(`probe.said.filter((s) => s.startsWith("While you were away: ")).length === 1`)
	watcher.announces("While you were away: Blue dropped in column 4; Amber dropped in column 3; " +
		"Blue dropped in column 3; Amber dropped in column 4.")
	if eval[bool](watcher, `probe.said.some((s) => s.includes("restarted"))`) {
		t.Error("a cut wire is told as a restart of the server")
	}
}

func TestBrowser_21_KilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("44352", blue, amber)
	amber.myTurn()
	windows := []*window{blue, amber}
	boards, moves := make([][]string, 2), make([][]listed, 2)
	for i, w := range windows {
		w.until(`probe.moves().length === 5`)
		eval[bool](w, `(window.marker = true)`)
		boards[i], moves[i] = w.board(), w.moves()
	}
	turn := []string{blue.text("headline"), amber.text("headline")}

	s.kill()
	for _, w := range windows {
		w.says("banner", "Reconnecting")
	}
	s.restart()
	for i, w := range windows {
		w.says("banner", "Server restarted, nothing lost")
		w.until(`probe.match().live`)
		w.until(`probe.said.some((s) => s.startsWith("Server restarted, nothing lost."))`)
		if got := w.board(); !slices.Equal(got, boards[i]) {
			t.Errorf("%s shows %q, before the kill %q", w.name, got, boards[i])
		}
		if got := w.moves(); !slices.Equal(got, moves[i]) {
			t.Errorf("%s lists %v, before the kill %v", w.name, got, moves[i])
		}
		if got := w.text("headline"); got != turn[i] {
			t.Errorf("%s: %q was %q before the kill", w.name, got, turn[i])
		}
	}
	alternate("1", amber) // and the game goes on
	blue.until(`probe.moves().length === 6`)
	for _, w := range windows {
		if !eval[bool](w, `window.marker === true`) {
			t.Errorf("%s was loaded again", w.name)
		}
	}
	if got := s.recorded(id); !slices.Equal(got, []string{"4", "4", "3", "5", "2", "1"}) {
		t.Errorf("recorded: %q", got)
	}
}

func TestBrowser_22_MoveWhileDownIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("43", blue, amber)
	blue.myTurn()
	s.kill()
	blue.drop("5")
	blue.until(`probe.el("pending-move")?.dataset.move === "5" && probe.el("cell-5-1").querySelector(".pending")`)
	blue.drop("5") // impatience
	s.restart()
	for _, w := range []*window{blue, amber} {
		w.says("banner", "Server restarted, nothing lost")
		w.until(`probe.moves().length === 3 && !probe.el("pending-move") && !document.querySelector(".pending")`)
	}
	alternate("6", amber)
	blue.until(`probe.moves().length === 4`)
	if got := s.recorded(id); !slices.Equal(got, []string{"4", "3", "5", "6"}) {
		t.Errorf("recorded: %q", got)
	}

	t.Run("as the server dies", func(t *testing.T) {
		// Sent, and perhaps on disk, but the answer is lost: it is asked again, with the same id.
		blue.myTurn()
		before := len(blue.frames("move"))
		blue.drop("5")
		s.kill()
		s.restart()
		blue.until(`probe.moves().length === 5 && !probe.el("pending-move")`)
		alternate("6", amber)
		blue.until(`probe.moves().length === 6`)
		if got := s.recorded(id); !slices.Equal(got, []string{"4", "3", "5", "6", "5", "6"}) {
			t.Errorf("recorded: %q", got)
		}
		ids := map[any]bool{}
		for _, frame := range blue.frames("move")[before:] {
			ids[frame["id"]] = true
		}
		if len(ids) != 1 {
			t.Errorf("one move was sent with the ids %v", ids)
		}
	})
}
