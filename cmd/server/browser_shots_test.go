package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// shotsDir names a directory in which pictures of every page are kept, for people to look at.
const shotsDir = "EVERTURN_SHOTS"

// shooter takes pictures of windows, in every size and both themes.
func shooter(t *testing.T) (shoot func(name string, w *window)) {
	dir := os.Getenv(shotsDir)
	if dir == "" {
		t.Skipf("%s does not name a directory for pictures", shotsDir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return func(name string, w *window) {
		for _, size := range [][2]int64{{360, 640}, {640, 360}, {768, 1024}, {1440, 900}} {
			w.do(chromedp.EmulateViewport(size[0], size[1]))
			for _, scheme := range []string{"light", "dark"} {
				w.emulate("prefers-color-scheme", scheme)
				w.until(`innerWidth === %s && matchMedia("(prefers-color-scheme: " + %s + ")").matches`, size[0], scheme)
				w.still()
				picture, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, fmt.Sprintf("%s-%dx%d-%s.png", name, size[0], size[1], scheme))
				if err := os.WriteFile(path, picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.do(chromedp.EmulateViewport(1280, 800))
	}
}

func TestBrowserShots(t *testing.T) {
	shoot := shooter(t)
	s := newSite(t)
	s.everyPage(shoot)

	blue, amber := s.window("blue"), s.window("amber")
	s.startTimed(180_000, blue, amber)
	alternate("445356", blue, amber)
	blue.myTurn()
	s.kill()
	blue.says("banner", "Reconnecting")
	blue.drop("6")
	blue.shows("pending-move")
	shoot("reconnecting", blue)
	s.restart()
	amber.says("banner", "Server restarted, nothing lost")
	shoot("restarted", amber)
}
