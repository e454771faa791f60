package main

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// requireBrowser makes a test that finds no browser fail instead of being skipped.
const requireBrowser = "EVERTURN_REQUIRE_BROWSER"

// browser is the one browser process of all tests. It is started when it is first needed; every window has a profile of
// its own in it, so that tests share nothing but the time that a start takes.
var browser struct {
	once  sync.Once
	ctx   context.Context
	close context.CancelFunc
	err   error
}

var errNoBrowser = errors.New("there is no chromium-headless-shell, chromium, chromium-browser or google-chrome")

// browserTime is the least time that a test of the browser is begun with: the longest takes half of it on a slow machine.
const browserTime = 150 * time.Second

// timeLeft is how long until go test ends these tests, which without a flag is after ten minutes.
func timeLeft(t testing.TB) time.Duration {
	if timed, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, limited := timed.Deadline(); limited {
			return time.Until(end)
		}
	}
	return math.MaxInt64
}

// theBrowser gives the context of the browser, and skips the test where there is none, or where only short ones are to be
// run: under the race detector, which slows our server and not the browser, they would be most of the time.
func theBrowser(t testing.TB) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is no short test")
	}
	if os.Getenv(requireBrowser) != "1" && timeLeft(t) < browserTime {
		t.Skip("NOT TESTED: this machine is slow, and go test would end at its time limit: go test -timeout 30m ./cmd/server")
	}
	browser.once.Do(startBrowser)
	switch {
	case errors.Is(browser.err, errNoBrowser) && os.Getenv(requireBrowser) != "1":
		t.Skipf("NOT TESTED: %v (%s=1 makes this a failure)", browser.err, requireBrowser)
	case browser.err != nil:
		t.Fatal(browser.err)
	}
	return browser.ctx
}

func startBrowser() {
	path, err := findBrowser()
	if err != nil {
		browser.err = err
		return
	}
	// The parts that draw and load are threads of the browser, not processes of their own: a tenth less of the processor.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("in-process-gpu", true), chromedp.Flag("enable-features", "NetworkServiceInProcess2"))
	for _, name := range []string{
		"disable-quic", "disable-component-update", "disable-domain-reliability", "disable-component-extensions-with-background-pages",
	} {
		options = append(options, chromedp.Flag(name, true))
	}
	allocator, free := chromedp.NewExecAllocator(context.Background(), options...) // in a fresh profile directory
	ctx, stop := chromedp.NewContext(allocator)
	browser.ctx, browser.err = ctx, chromedp.Do(ctx)
	browser.close = func() { stop(); free() }
}

func findBrowser() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// closeBrowser ends the browser, if it was started, and removes its profile.
func closeBrowser() {
	if browser.close != nil {
		browser.close()
	}
}
