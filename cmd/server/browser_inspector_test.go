package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inspect sends the inspector's server a command, as its page does.
func (s *site) inspect(path string, body any) {
	s.t.Helper()
	if err := s.tell(path, body); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) tell(path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := http.Post(s.url+"/inspector/api"+path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", path, answer.Status)
	}
	return nil
}

// begin starts an orchestration.
func (s *site) begin(name, id string, input any) {
	s.t.Helper()
	s.inspect("/start", map[string]any{"name": name, "id": id, "input": input})
}

// beginMany starts so many, some at a time.
func (s *site) beginMany(n int, which func(i int) (name, id string)) {
	s.t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !s.t.Failed(); i = int(next.Add(1)) - 1 {
				name, id := which(i)
				if err := s.tell("/start", map[string]any{"name": name, "id": id}); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// signal tells an entity to do something.
func (s *site) signal(name, key, op string, input any) {
	s.t.Helper()
	s.inspect("/entities/"+name+"/"+key+"/signal", map[string]any{"op": op, "input": input})
}

// inspector opens a page of the inspector in a new window.
func (s *site) inspector(path string) *window {
	s.t.Helper()
	w := s.window("inspector")
	w.goTo(s.url + "/inspector" + path)
	w.until(`probe.el("pulse").dataset.boot`)
	return w
}

// listed waits until the list has so many lines, and whether there are more to come.
func (w *window) listed(n int, more bool) {
	w.t.Helper()
	w.until(`probe.el("count")?.dataset.count === %s && probe.el("count").dataset.more === %s`, fmt.Sprint(n), fmt.Sprint(more))
}

// ids are those of the rows in sight.
func (w *window) ids() []string {
	w.t.Helper()
	return eval[[]string](w, `probe.all(".list-row code").map((code) => code.textContent)`)
}

// TestBrowser_41_InspectorShowsAMoveAsItHappens: a move is in the timeline within a second, and an entity shows what changed.
func TestBrowser_41_InspectorShowsAMoveAsItHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	w := s.inspector("/i/" + id)
	w.until(`document.querySelector("svg.drawn .lane-events .mark")`)
	// Both clocks are the browser's: from the click on the board to the frame in which the event is drawn. On a busy machine the
	// quickest of a few moves tells what the page does, and not who else computes.
	quickest := math.Inf(1)
	for i, column := range "4352" {
		mover := []*window{blue, amber}[i%2]
		mover.myTurn()
		eval[bool](w, `(window.drawn = probe.until(() => [...document.querySelectorAll("svg.drawn .lane-events text")]
			.some((t) => t.textContent.startsWith("command move " + %s)), 15000).then((seen) => seen && Date.now()), true)`, string(column))
		played := eval[float64](mover, `Date.now()`)
		mover.drop(string(column))
		drawn := eval[*float64](w, `window.drawn`)
		if drawn == nil {
			w.fail("the move %c is not in the timeline", column)
		}
		if quickest = min(quickest, *drawn-played); quickest < 1000 {
			break
		}
	}
	if quickest > 1000 {
		t.Errorf("a move is in the timeline after %.0f ms", quickest)
	}
	t.Logf("a move is in the timeline after %.0f ms", quickest)

	s.signal("counter", "moves", "add", 3)
	e := s.inspector("/e/counter/moves")
	e.says("version", "1")
	e.says("tree", "3")
	if n := eval[int](e, `document.querySelectorAll('.tree [data-mark="changed"]').length`); n != 0 {
		t.Errorf("before the change, %d marks", n)
	}
	s.signal("counter", "moves", "add", 4)
	e.says("version", "2")
	e.until(`document.querySelector('.tree [data-mark="changed"]')?.innerText.includes("changed:")`) // in words, not by colour alone
	e.says("changes", "3 → 7")
}

// TestBrowser_41_InspectorHistoryViews: what an orchestration did is drawn in four ways, and saved as a file.
func TestBrowser_41_InspectorHistoryViews(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin("hello", "greet", []string{"Tokyo", "Oslo"})
	w := s.inspector("/i/greet")
	w.until(`probe.el("instance").dataset.state === "Completed"`)
	w.until(`document.querySelectorAll(".lane-activities .span.done").length === 2`)
	w.click("tab-sequence")
	w.until(`[...document.querySelectorAll("svg.drawn .said")].some((t) => t.textContent.includes("Hello, Tokyo!"))`)
	w.until(`location.search === "?view=sequence"`)
	w.press(kb.ArrowRight) // on the tab: the next one
	w.until(`document.querySelector("svg.drawn .node.self .box-name")?.textContent === "hello"`)
	w.click("tab-history")
	w.until(`[...document.querySelectorAll(".list-row.history b")].filter((b) => b.textContent === "TaskCompleted").length === 2`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".list-row.history").focus()`))
	w.press(kb.ArrowDown + kb.ArrowDown)
	w.says("picked", "TaskCompleted")
	w.click("tab-timeline")
	w.until(`document.querySelector("svg.drawn .picked")`)

	dir := t.TempDir()
	call(w, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
		Behavior: downloads.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		BrowserContextID: chromedp.FromContext(w.ctx).BrowserContextID,
	})
	w.click("save-svg")
	var drawing []byte
	w.eventually(func() bool {
		drawing, _ = os.ReadFile(filepath.Join(dir, "timeline-greet.svg"))
		return bytes.Contains(drawing, []byte("</svg>"))
	})
	for _, part := range []string{`xmlns="http://www.w3.org/2000/svg"`, `fill="rgb(`, "say-hello"} {
		if !bytes.Contains(drawing, []byte(part)) {
			t.Errorf("the saved drawing has no %s", part)
		}
	}
	if bytes.Contains(drawing, []byte("class=")) || bytes.Contains(drawing, []byte("var(")) {
		t.Error("the saved drawing depends on the page's styles")
	}
}

// TestBrowser_41_InspectorListsThousands: some thousand orchestrations are searched, narrowed, gone through by keys alone, and
// ended together.
func TestBrowser_41_InspectorListsThousands(t *testing.T) {
	t.Parallel()
	const all, doomed = 1200, 7
	s := newSite(t)
	s.beginMany(all, func(i int) (name, id string) { return "hello", fmt.Sprintf("h%05d", i) })
	s.beginMany(doomed, func(i int) (name, id string) { return "approval", fmt.Sprint("ask-", i) })

	w := s.inspector("?name=approval")
	w.listed(doomed, false)
	w.goTo(s.url + "/inspector")
	w.listed(200, true)
	if n := eval[int](w, `probe.all(".list-row").length`); n > 60 {
		t.Errorf("%d rows are in the document: the list is not virtual", n)
	}
	w.press("/")
	w.until(`document.activeElement.id === "search"`)
	w.press("h0010")
	w.listed(10, false)
	w.until(`location.search === "?prefix=h0010"`)
	w.press(kb.Escape) // out of the field, into the list
	w.press(kb.ArrowDown + kb.ArrowDown + kb.Enter)
	w.until(`probe.el("instance-id")?.textContent === "h00102"`)
	w.press(kb.Escape)
	w.listed(10, false)
	w.until(`document.activeElement.dataset.index === "2"`)
	w.click("search")
	w.do(chromedp.Evaluate[chromedp.Void](`probe.el("search").select()`))
	w.press(kb.Backspace)
	w.listed(200, true)

	// To the very end, page after page.
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".list-row").focus()`))
	for range 8 {
		w.press(kb.End)
		if eval[bool](w, `probe.until(() => probe.el("count").dataset.more === "false", 400).then(Boolean)`) {
			break
		}
	}
	w.listed(all+doomed, false)
	w.press(kb.End)
	w.until(`document.activeElement.dataset.index === %s && document.activeElement.textContent.includes("h000")`, fmt.Sprint(all+doomed-1))

	// A batch, with keys: the words say what becomes of how many.
	w.goTo(s.url + "/inspector?prefix=ask-")
	w.listed(doomed, false)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".list-row").focus()`))
	w.press(" " + kb.ArrowDown + " " + kb.ArrowDown + " ")
	w.says("batch", "3 selected")
	w.click("batch-terminate")
	w.says("dialog", "3 orchestrations end at once")
	w.says("dialog", "This cannot be undone")
	w.press(kb.Escape)
	w.until(`!probe.el("dialog")`)
	w.says("batch", "3 selected") // nothing was done
	w.click("batch-terminate")
	w.click("dialog-confirm")
	w.until(`probe.all(".list-row .Terminated").length === 3`)
	w.click("state-Running")
	w.listed(doomed-3, false)
	if got := strings.Join(w.ids(), " "); strings.Contains(got, "ask-0 ") {
		t.Errorf("after the batch there run %s", got)
	}
}

// TestBrowser_41_InspectorDrawsReplayHollow: the server is killed; the page says so, comes back by itself, names the other boot,
// and draws what was replayed hollow.
func TestBrowser_41_InspectorDrawsReplayHollow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin("approval", "ask", nil)
	w := s.inspector("/i/ask")
	w.until(`document.querySelector(".lane-timers .span.open .bar")`)
	if n := eval[int](w, `document.querySelectorAll("svg.drawn .hollow").length`); n != 0 {
		t.Errorf("before any replay, %d shapes are hollow", n)
	}
	boot := eval[string](w, `probe.el("pulse").dataset.boot`)
	s.kill()
	w.says("banner", "has been away for")
	s.restart()
	w.says("banner", "The server restarted and is back")
	w.says("banner", boot[:8])
	w.until(`probe.el("pulse").dataset.boot !== %s`, boot)

	w.click("do-raise")
	w.says("dialog", "Raise event")
	w.until(`document.activeElement.name === "event"`)
	w.press("Approval\t")
	w.press("yes")
	w.click("dialog-confirm")
	w.says("dialog", "is not JSON") // and it is told where it was asked
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("dialog textarea").focus(); document.querySelector("dialog textarea").select()`))
	w.press(`{"by":"Ann"}`)
	w.click("dialog-confirm")
	w.until(`probe.el("instance").dataset.state === "Completed" && Number(probe.el("instance").dataset.replayed) > 0`)
	w.says("replay-told", "rows were replayed")
	w.until(`document.querySelector(".lane-turns .turn.hollow") && document.querySelector(".lane-turns .turn:not(.hollow)")`)
	w.until(`document.querySelector(".lane-timers .bar.hollow") && document.querySelector("svg.drawn .seam")`)
	w.until(`[...document.querySelectorAll(".lane-events .mark")].some((m) => m.textContent.includes("Approval Ann") && !m.querySelector(".hollow"))`)
	w.click("tab-history")
	w.until(`document.querySelector(".list-row.hollow")?.textContent.includes("replayed")`)
}
