package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// As in the server's browser tests.
const (
	requireBrowser = "EVERTURN_REQUIRE_BROWSER" // 1: a test that finds no browser fails
	shotsDir       = "EVERTURN_SHOTS"           // keep pictures there
)

// TestBrowserPage opens a report from its file: charts are drawn, in both themes and all sizes, nothing is wider than the
// window, the console has no error, and nobody is asked for anything.
func TestBrowserPage(t *testing.T) {
	ctx := browser(t)
	path := os.Getenv("EVERTURN_REPORT") // a report of a real run, to look at
	if path == "" {
		path = filepath.Join(t.TempDir(), "report.html")
		if err := os.WriteFile(path, []byte(samplePage(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := "file://" + path
	heard := &listener{own: url}
	window, closeIt := chromedp.NewContext(ctx, chromedp.WithListener(heard.listen))
	defer closeIt()
	if err := chromedp.Do(window, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int64{{1440, 900}, {360, 640}} {
		for _, scheme := range []string{"light", "dark"} {
			if err := chromedp.Do(window, chromedp.EmulateViewport(size[0], size[1])); err != nil {
				t.Fatal(err)
			}
			call(t, window, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			// Two frames, in which the page fits its charts.
			got, err := chromedp.Run(window, chromedp.Evaluate[string](`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
				const drawn = [...document.querySelectorAll(".chart canvas")].filter((c) => {
					const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
					return pixels.some((v) => v !== 0) && c.getBoundingClientRect().right <= innerWidth;
				});
				const wide = document.documentElement.scrollWidth > innerWidth ? "too wide" : "fits";
				done(drawn.length + " charts, " + wide + ", background " + getComputedStyle(document.body).backgroundColor);
			})))`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			background := map[string]string{"light": "rgb(245, 244, 240)", "dark": "rgb(21, 24, 28)"}[scheme]
			want := fmt.Sprintf("%d charts, fits, background %s", len(charts)+len(serverCharts), background)
			if got != want {
				t.Errorf("%d wide, %s: %s; want %s", size[0], scheme, got, want)
			}
			shoot(t, window, fmt.Sprintf("report-%dx%d-%s.png", size[0], size[1], scheme))
		}
	}
	heard.check(t)
}

// call sends the browser a command about the window.
func call[P, R any](t *testing.T, window context.Context, c cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Run(window, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, c, params)
	}); err != nil {
		t.Fatal(err)
	}
}

func shoot(t *testing.T, window context.Context, name string) {
	dir := os.Getenv(shotsDir)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(window, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// browser starts one of its own.
func browser(t *testing.T) context.Context {
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	allocator, free := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(free)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// listener hears what a page complains about, and whom it asks.
type listener struct {
	own string

	mu     sync.Mutex
	loaded bool
	wrong  []string
}

func (l *listener) listen(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		l.wrong = append(l.wrong, "uncaught: "+e.ExceptionDetails.Text)
		if e.ExceptionDetails.Exception != nil {
			l.wrong = append(l.wrong, e.ExceptionDetails.Exception.Description)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			l.wrong = append(l.wrong, "console."+string(e.Type))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			l.wrong = append(l.wrong, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		l.loaded = l.loaded || e.Request.URL == l.own
		if e.Request.URL != l.own && e.Request.URL != "data:," {
			l.wrong = append(l.wrong, "it asked for "+e.Request.URL)
		}
	}
}

func (l *listener) check(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, what := range l.wrong {
		t.Error(what)
	}
	if !l.loaded {
		t.Error("nothing was heard of the page's own request")
	}
}
