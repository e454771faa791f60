package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// tourCart brings a window to the shop, in every state that looks different.
func tourCart(s *site, see look) {
	w := openShop(s)
	see("cart-empty", w)
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".shelf button")].filter((b) => b.textContent === "Into the cart").slice(0, 2).forEach((b) => b.click())`))
	w.until(`document.querySelectorAll(".lines li").length === 2`)
	press(w, "Order and pay")
	w.until(`document.querySelectorAll(".steps .done").length === 4`)
	press(w, "Send 1,000 carts after 100 tickets")
	w.until(`document.querySelector(".rush")?.textContent.includes("100 of 1000 customers have one")`)
	see("cart-rush", w, usual[0], usual[2], projector)
}

func openShop(s *site) *window {
	w := s.window("shopper")
	w.do(chromedp.Navigate(s.url + "/demo/cart"))
	w.until(`document.querySelectorAll(".shelf li").length === 6 && document.querySelectorAll(".carts .panel").length === 2`)
	return w
}

func press(w *window, label string) {
	w.until(`[...document.querySelectorAll("button")].some((b) => b.textContent === %s && !b.disabled)`, label)
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("button")].find((b) => b.textContent === "` + label + `" && !b.disabled).click()`))
}

// TestBrowserCart: two carts race for the last crown and one gets it; the server is killed in the middle of a rush, and
// the page shows that it is away, that it is back, and that the books balance.
func TestBrowserCart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := openShop(s)
	press(w, "Race for the last crown")
	w.until(`document.querySelectorAll(".steps").length === 2`)
	w.until(`document.querySelectorAll(".steps li.done.bad").length === 1 && document.querySelectorAll(".steps li.done").length === 5`)
	press(w, "Send 1,000 carts after 100 tickets")
	w.until(`document.querySelector(".rush progress")?.value > 0`)
	s.expectCuts()
	s.kill()
	w.until(`document.querySelector(".banner")?.textContent.includes("away")`)
	s.restart()
	w.until(`!document.querySelector(".banner")`)
	w.until(`document.querySelector(".rush")?.textContent.includes("100 of 1000 customers have one")`)
	w.until(`document.querySelectorAll(".books .good").length === 2`)
}
