package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/plug"
)

// newWorkshop is a site in a workshop.
func newWorkshop(t testing.TB) *site {
	t.Helper()
	return newSiteIn(t, []string{"EVERTURN_WORKSHOP=true"})
}

// openPlug opens the inspector, which has the plug in its header.
func openPlug(s *site, name string) *window {
	s.t.Helper()
	w := s.window(name)
	w.do(chromedp.Navigate(s.url + "/inspector"))
	w.shows("plug")
	return w
}

// TestBrowserPlugShots looks at the plug as TestBrowserShots looks at all that is there without a workshop.
func TestBrowserPlugShots(t *testing.T) {
	t.Parallel()
	see := looker(t)
	tourPlug(newWorkshop(t), see)
}

// tourPlug brings a window to the plug, in every state that looks different.
func tourPlug(s *site, see look) {
	w := openPlug(s, "teacher")
	s.expectCuts()
	w.click("plug")
	w.shows("plug-now")
	see("plug-choice", w, usual[0], usual[2], projector)
	w.click("plug-before-commit")
	w.click("plug-confirm")
	w.shows("plug-waiting") // as nothing runs yet, nothing is committed
	see("plug-waiting", w, usual[0], projector)
	w.click("plug-leave")
	w.shows("plug-now")
	s.startTimed(300_000, s.window("blue"), s.window("amber"))
	s.expectCuts()
	w.click("plug-now")
	w.click("plug-confirm")
	w.shows("plug-back")
	see("plug-back", w, usual[0], usual[2], projector)
}

// TestBrowser_42_PlugNeedsConfirmAndShowsDownAndUp: the button alone kills nothing; then the page tells that the server is
// away, that it is back, and that all that ran runs again; and who is in the middle of a match just plays on.
func TestBrowser_42_PlugNeedsConfirmAndShowsDownAndUp(t *testing.T) {
	t.Parallel()
	s := newWorkshop(t)
	blue, amber := s.window("blue"), s.window("amber")
	id := s.startFriends("connect4", blue, amber)
	alternate("43", blue, amber)
	w := openPlug(s, "teacher")
	before := s.server.plug()

	w.click("plug")
	w.shows("plug-dialog")
	if got := eval[int](w, `document.querySelectorAll(".plug-moments input").length`); got != 4 {
		t.Errorf("%d moments are offered", got)
	}
	w.click("plug-cancel")
	w.until(`!probe.el("plug-dialog").open`)
	if now := s.server.plug(); now.Boot != before.Boot || now.Waiting != nil {
		t.Fatalf("it was cancelled, and %+v", now)
	}

	s.expectCuts()
	eval[bool](w, `(window.wasDown = [], new MutationObserver(() => {
		const down = probe.el("plug-down");
		if (down) wasDown.push(down.innerText);
	}).observe(document.body, { subtree: true, childList: true, characterData: true }), true)`)
	w.press("\r") // the focus is where it was: on the button
	w.shows("plug-dialog")
	w.click("plug-now")
	w.click("plug-confirm")
	w.shows("plug-back")
	if got := eval[string](w, `wasDown[0] ?? "nothing"`); !strings.HasPrefix(got, "down") {
		t.Errorf("while it was away the page said %q", got)
	}
	for _, what := range []string{"matches", "instances"} {
		w.says("plug-"+what, "1 of 1")
	}
	w.says("plug-moves", "0")
	w.says("plug-moves", "of 2 acknowledged")
	w.until(`probe.el("plug-said").textContent.includes("1 of 1 running matches recovered")`)
	w.until(`document.activeElement.dataset.testid === "plug-close"`)
	cut := s.server.plug().Last
	if cut == nil || cut.Matches != (plug.Recovered{Before: 1, Recovered: 1}) || cut.Moves != (plug.Moves{Acked: 2}) || cut.Instances.Before != cut.Instances.Recovered {
		t.Errorf("the server says %+v", cut)
	}

	// At the next commit: it waits for the move, and the player notices nothing but the pause.
	w.click("plug-again")
	w.click("plug-after-commit")
	w.click("plug-confirm")
	w.shows("plug-waiting")
	blue.myTurn()
	blue.drop("5")
	w.shows("plug-back")
	w.until(`document.querySelector(".plug-story").innerText.includes("is on disk")`)
	for _, player := range []*window{blue, amber} {
		player.until(`probe.moves().length === 3 && !probe.el("pending-move")`)
	}
	if got := strings.Join(s.recorded(id), ""); got != "435" {
		t.Errorf("recorded: %s", got)
	}
}

// TestBrowser_43_NoCrashRoutesAndNoForeignPosts: without --workshop there is nothing to pull; and whatever the document says
// that the inspector can do, it does not do for a page of another origin.
func TestBrowser_43_NoCrashRoutesAndNoForeignPosts(t *testing.T) {
	t.Parallel()
	plain, workshop := startServer(t, newData(t), "--addr", "127.0.0.1:0"), startWorkshop(t, newData(t))
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut} {
		if got := askInspector(t, plain.url, method, plug.Path, nil); got != http.StatusNotFound {
			t.Errorf("%s without --workshop: status %d", method, got)
		}
	}
	boot := workshop.plug().Boot
	foreign := []map[string]string{
		{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
	}
	actions := inspectorActions(t, workshop.url)
	if len(actions) < 2 {
		t.Fatalf("the document has only %q", actions)
	}
	for _, action := range actions {
		method, path, _ := strings.Cut(action, " ")
		for _, header := range foreign {
			if got := askInspector(t, workshop.url, method, path, header); got != http.StatusForbidden {
				t.Errorf("%s from %v: status %d", action, header, got)
			}
		}
	}
	if now := workshop.plug(); now.Boot != boot || now.Waiting != nil {
		t.Errorf("something was heard: %+v", now)
	}
}

// inspectorActions are what the document says that can be done in the inspector, with something in place of each name.
func inspectorActions(t *testing.T, url string) (actions []string) {
	t.Helper()
	answer, err := http.Get(url + "/api/openapi.json") //nolint:noctx // of a child on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			if strings.HasPrefix(path, "/inspector/api/") && method != "get" && method != "parameters" {
				actions = append(actions, strings.ToUpper(method)+" "+strings.NewReplacer("{", "", "}", "").Replace(path))
			}
		}
	}
	return actions
}

func askInspector(t *testing.T, url, method, path string, header map[string]string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(`{"moment":"now"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// TestBrowser_44_DevShowsEdits: with --dev a file that is edited is seen at the next refresh; and every module goes over the
// wire as it lies in the folder, so there is nothing to build.
func TestBrowser_44_DevShowsEdits(t *testing.T) {
	t.Parallel()
	theBrowser(t)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "static"), os.DirFS(filepath.FromSlash("../../static"))); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, data: newData(t)}
	c := command(nil, "run", "--dev", "--data", s.data, "--addr", "127.0.0.1:0", "--log-format", "json", "--log-level", "warn")
	c.Dir = dir
	s.server = startCommand(t, c)
	s.url = s.server.url
	s.api = &bot.API{URL: s.url}

	w := s.window("author")
	w.goTo(s.url + "/leaderboard")
	w.shows("my-profile")
	edit := func(file, old, edited string) {
		t.Helper()
		path := filepath.Join(dir, "static", filepath.FromSlash(file))
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte(old)) {
			t.Fatalf("%s has no %q: %v", file, old, err)
		}
		write(t, path, bytes.Replace(text, []byte(old), []byte(edited), 1))
	}
	edit("css/base.css", ":root {", ":root {\n  --edited: 42;")
	edit("js/main.js", "import ", "document.documentElement.dataset.edited = \"yes\";\nimport ")
	w.do(chromedp.Reload())
	w.until(`document.documentElement.dataset.edited === "yes" && getComputedStyle(document.documentElement).getPropertyValue("--edited").trim() === "42"`)
	for _, script := range eval[[]string](w, `performance.getEntriesByType("resource").map((r) => new URL(r.name).pathname).filter((p) => p.endsWith(".js"))`) {
		answer, err := http.Get(s.url + script) //nolint:noctx // of a child on loopback
		if err != nil {
			t.Fatal(err)
		}
		served, err := io.ReadAll(answer.Body)
		lies, readErr := os.ReadFile(filepath.Join(dir, "static", filepath.FromSlash(script)))
		if err := errors.Join(err, readErr, answer.Body.Close()); err != nil || !bytes.Equal(served, lies) {
			t.Errorf("%s is not what lies in the folder: %v", script, err)
		}
	}
	if kinds := eval[string](w, `[...document.scripts].filter((s) => s.type !== "module").map((s) => s.src.split("/").pop()).join()`); kinds != "early.js" {
		t.Errorf("scripts that are no modules: %s", kinds)
	}
}
