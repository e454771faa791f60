package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// openWorkshop opens a text of the workshop.
func openWorkshop(w *window, url, text string) {
	w.do(chromedp.Navigate(url + "/workshop/" + text))
	w.until(`document.querySelector("article.text h1")`)
}

// tourWorkshop brings a window to the workshop, alone and beside the inspector.
func tourWorkshop(s *site, see look) {
	w := s.window("learner")
	openWorkshop(w, s.url, "03-choose")
	see("workshop", w, usual[0], usual[2])
	w.do(chromedp.EmulateViewport(1440, 900))
	w.do(chromedp.Evaluate[chromedp.Void](`localStorage.setItem("everturn.workshop.inspector", "shown")`))
	openWorkshop(w, s.url, "01-counter")
	w.until(`document.querySelector("iframe").contentDocument?.readyState === "complete"`)
	see("workshop-inspector", w, usual[0], usual[2], projector)
	openWorkshop(w, s.url, "dictionary")
	see("workshop-dictionary", w, usual[0], usual[2])
}

// TestBrowserWorkshop reads a step, runs one of its commands, turns the page by key, and looks at the inspector beside it.
func TestBrowserWorkshop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("learner")
	w.expect("status of 404") // this server has no step's definitions
	w.do(chromedp.EmulateViewport(1440, 900))
	w.do(chromedp.Navigate(s.url + "/workshop"))
	w.until(`document.querySelector("article.text h1")?.textContent.startsWith("Step 0")`)
	w.until(`document.querySelector("iframe").contentDocument?.readyState === "complete"`)
	w.until(`document.querySelector("iframe").contentDocument.location.pathname === "/inspector"`)
	w.until(`document.querySelector("iframe").contentDocument.body.textContent.includes("Orchestrations")`)

	// A command of the text is run, here against what every server has.
	w.until(`!document.body.textContent.includes("localhost:8080")`) // addresses are those of this server
	w.until(`[...document.querySelectorAll(".command")].some((c) => c.textContent.includes("/api/matches") && c.querySelector("[data-testid=run]"))`)
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".command")].find((c) => c.textContent.includes("/api/matches")).querySelector("[data-testid=run]").click()`))
	w.until(`document.querySelector("[data-testid=answer]")?.textContent.includes('"matches"')`)
	// What starts a program is for a terminal.
	w.until(`[...document.querySelectorAll(".command")].some((c) => c.textContent.includes("go run") && !c.querySelector("[data-testid=run]") && c.querySelector("[data-testid=copy]"))`)

	w.press(kb.ArrowRight)
	w.until(`location.pathname === "/workshop/01-counter" && document.querySelector("article.text h1").textContent.startsWith("Step 1")`)
	w.until(`document.querySelector("[data-testid=other-program]")?.textContent.includes("the server itself")`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('article a[href*="/inspector/e/tally/ann"]').click()`))
	w.until(`document.querySelector("iframe").contentDocument?.location.pathname === "/inspector/e/tally/ann"`)

	// Away and back: the page says so, and goes on.
	s.expectCuts()
	s.kill()
	w.until(`document.querySelector("[data-testid=other-program]")?.textContent.includes("No program")`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".command [data-testid=run]").click()`))
	w.until(`document.querySelector("[data-testid=answer].bad")?.textContent.includes("away")`)
	s.restart()
	w.until(`document.querySelector("[data-testid=other-program]")?.textContent.includes("the server itself")`)
	w.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	w.until(`document.querySelector("article.text h1").textContent.startsWith("Step 0")`)
}
