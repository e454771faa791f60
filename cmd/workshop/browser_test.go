package workshop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// As in the server's browser tests.
const (
	requireBrowser = "EVERTURN_REQUIRE_BROWSER" // 1: a test that finds no browser fails
	shotsDir       = "EVERTURN_SHOTS"           // keep pictures there
)

// TestBrowserNim: the game that step 8's program brings is played in the browser, and its page runs the step's commands.
func TestBrowserNim(t *testing.T) {
	w := openBrowser(t)
	p := newPlayer(t, "08-nim")
	p.start(0, "./cmd/workshop/08-nim/start", nil)
	url := "http://" + p.addr

	w.goTo(url)
	w.click("game-nim")
	w.click("play-bot")
	w.until(`document.querySelector('[data-testid="stone-c3"][aria-disabled="false"]')`)
	w.shoot("nim-begin")
	w.click("stone-c3") // takes three of the five
	w.until(`document.querySelectorAll(".moves li, .moves tr").length >= 2 || document.querySelector('[data-testid="stone-a1"][aria-disabled="false"]')`)
	w.until(`document.querySelector('[data-testid="stone-c3"]').getAttribute("aria-label").includes("empty")`)
	w.shoot("nim-playing")

	w.goTo(url + "/workshop/08-nim")
	w.until(`document.querySelector("article.text h1")?.textContent.startsWith("Step 8")`)
	w.run(`[...document.querySelectorAll(".command")].find((c) => c.textContent.includes("/api/games")).querySelector("[data-testid=run]").click()`)
	w.until(`document.querySelector("[data-testid=answer]")?.textContent.includes('"nim"')`)
	w.until(`!document.querySelector("[data-testid=other-program]")`)
	w.check()
}

// browserWindow is a window of a browser of its own.
type browserWindow struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string // what the pages complained about
}

func openBrowser(t *testing.T) *browserWindow {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is no short test")
	}
	path := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	switch {
	case path == "" && os.Getenv(requireBrowser) == "1":
		t.Fatal("there is no browser")
	case path == "":
		t.Skipf("NOT TESTED: there is no browser (%s=1 makes this a failure)", requireBrowser)
	}
	w := &browserWindow{t: t}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	allocator, free := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(free)
	window, stop := chromedp.NewContext(allocator, chromedp.WithListener(w.listen))
	t.Cleanup(stop)
	w.ctx = window
	if err := chromedp.Do(window, chromedp.EmulateViewport(1440, 900)); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *browserWindow) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.wrong = append(w.wrong, "uncaught: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.wrong = append(w.wrong, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// check wants the pages not to have complained.
func (w *browserWindow) check() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, what := range w.wrong {
		w.t.Errorf("the console has an error: %s", what)
	}
}

func (w *browserWindow) goTo(url string) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, chromedp.Navigate(url)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *browserWindow) run(script string) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for an expression of the page to be true.
func (w *browserWindow) until(expression string) {
	w.t.Helper()
	script := fmt.Sprintf(`new Promise((done) => {
		const late = performance.now() + %d;
		const look = () => { if (%s) done("yes"); else if (performance.now() > late) done(document.body.innerText); else setTimeout(look, 30); };
		look();
	})`, patience.Milliseconds(), expression)
	got, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil || got != "yes" {
		w.t.Fatalf("%s: %v; the window shows:\n%s\nconsole: %q", expression, err, got, w.wrong)
	}
}

func (w *browserWindow) click(id string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`document.querySelector('[data-testid="%s"]')`, id))
	w.run(fmt.Sprintf(`document.querySelector('[data-testid="%s"]').click()`, id))
}

// shoot keeps a picture, where pictures are asked for.
func (w *browserWindow) shoot(name string) {
	w.t.Helper()
	dir := os.Getenv(shotsDir)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
