package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// The page of the API shows every route, and sends what can be sent without harm.
func TestBrowserAPIPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("reader")
	w.do(chromedp.Navigate(s.url + "/api#createMatch"))
	w.until(`document.querySelector("#createMatch")?.open`)
	w.until(`document.querySelectorAll("details.route").length >= 12`)
	w.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#listGames summary").click(); document.querySelector("#listGames form button").click()`))
	w.until(`document.querySelector("#listGames pre")?.textContent.includes('"id": "tictactoe"')`)
	w.until(`document.querySelector("#showMatch form button").disabled`) // the address is not whole
	w.until(`document.documentElement.scrollWidth <= innerWidth`)
}
