package web

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A page under our Content-Security-Policy can do what the client does: load a
// module, post, and open the socket; and an inline script does not run.
func TestBrowserUnderThePolicy(t *testing.T) {
	path := chromium(t)
	h := openHouse(t, nil)
	h.files.byName["probe.html"] = newFile("probe.html", []byte(
		`<!doctype html><script>document.title = "inline"</script><p id="told"></p><script type="module" src="/probe.js"></script>`))
	h.files.byName["probe.js"] = newFile("probe.js", []byte(`
		const say = (text) => { const p = document.querySelector("#told"); p.textContent = text; p.dataset.done = "yes"; };
		await fetch("/api/players", { method: "POST" });
		const ws = new WebSocket("ws://" + location.host + "/ws", "everturn.v1");
		ws.onmessage = (m) => say(JSON.parse(m.data).t + " " + document.title + document.cookie);
		ws.onerror = () => say("error");`))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx, closeBrowser := chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.NoSandbox))
	defer closeBrowser()
	h.must(chromedp.Do(ctx, chromedp.Navigate(h.url+"/probe.html")))
	told, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#told[data-done]")))
	h.must(err)
	if told != "hello" { // with the title of an inline script, or the cookie, it would be longer
		t.Errorf("the page tells %q", told)
	}
}

// chromium finds the browser, or skips loudly; with EVERTURN_REQUIRE_BROWSER=1
// it must be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("EVERTURN_REQUIRE_BROWSER") == "1" {
		t.Fatal("there is no Chromium, and EVERTURN_REQUIRE_BROWSER=1")
	}
	t.Skip("SKIPPED: there is no Chromium")
	return ""
}
