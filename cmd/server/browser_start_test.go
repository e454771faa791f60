package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Each test of the browser is named after the acceptance point that it is about.

func TestBrowser_01_PlayableInTwoClicks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, clicks := range map[string][]string{
		"at once":      {"play-bot"},
		"after a tile": {"game-tictactoe", "play-bot"},
	} {
		w := s.window(name)
		began := time.Now()
		w.do(chromedp.Navigate(s.url))
		for _, id := range clicks {
			w.click(id)
		}
		w.myTurn()
		w.until(`probe.all('[data-testid^="cell-"][aria-disabled="false"]').length > 0`)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: a playable board took %s", name, took)
		}
		if n := eval[int](w, `document.forms.length + document.querySelectorAll("main input").length`); n != 0 {
			t.Errorf("%s: there is a form before the board", name)
		}
		w.press("5")
		w.until(`probe.moves().length >= 2`) // the bot answers
	}
}

func TestBrowser_02_GuestNameAndSessionPersist(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("guest")
	s.startBot("tictactoe", w)
	me := func() string {
		return eval[string](w, `fetch("/api/players/me").then((r) => r.json()).then((a) => (a.player ?? a).id)`)
	}
	player, guest := me(), w.text("player-name")
	if guest == "" || guest != w.text("seat-0")[:len(guest)] {
		t.Errorf("the header says %q, the seat %q", guest, w.text("seat-0"))
	}
	w.checkSessionCookie()

	w.do(chromedp.Reload())
	w.playing()
	if got := w.text("player-name"); got != guest || me() != player {
		t.Errorf("after a reload %q is %q", guest, got)
	}

	w.click("player-name")
	w.press("Ada of Loopback") // the name is selected, and is typed over
	w.click("name-save")
	w.says("player-name", "Ada of Loopback")
	w.do(chromedp.Reload())
	w.playing()
	w.says("player-name", "Ada of Loopback")
	w.says("seat-0", "Ada of Loopback")
	if me() != player {
		t.Error("the name was changed, and the player with it")
	}
	w.goTo(s.url)
	w.click("play-friend")
	m, err := s.api.Match(t.Context(), await[string](w, `probe.text("code")`))
	if err != nil || m.Seats[0].Name != "Ada of Loopback" || m.Seats[0].Player != player {
		t.Errorf("in the next match others see %+v, %v", m.Seats, err)
	}
}

// checkSessionCookie: scripts cannot see it, and no other site can send it along.
func (w *window) checkSessionCookie() {
	w.t.Helper()
	if seen := eval[string](w, `document.cookie`); seen != "" {
		w.t.Errorf("scripts see the cookie %q", seen)
	}
	cookies := call(w, network.GetCookies, network.GetCookiesParams{}).Cookies
	i := slices.IndexFunc(cookies, func(c *network.Cookie) bool { return c.Name == "everturn_session" })
	if i < 0 || !cookies[i].HTTPOnly || cookies[i].SameSite != network.CookieSameSiteLax || cookies[i].Session {
		w.t.Errorf("the cookies are %+v", cookies)
	}
}

func TestBrowser_03_PlayAFriendByLinkOrCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.window("host")
	host.goTo(s.url)
	host.click("play-friend")
	host.shows("invitation")
	code := host.text("code")
	link := eval[string](host, `probe.el("share-link").value`)
	if !regexp.MustCompile(`^[2-9A-HJKMNP-Z]{4}$`).MatchString(code) || link != s.url+"/m/"+code {
		t.Fatalf("code %q, link %q", code, link)
	}
	guest := s.window("guest")
	guest.goTo(link)
	for seat, w := range []*window{host, guest} {
		w.playing()
		if got := w.match().Seat; got != seat {
			t.Errorf("%s sits on seat %d", w.name, got)
		}
	}
	if host.matchID() != guest.matchID() {
		t.Errorf("%s and %s", host.matchID(), guest.matchID())
	}

	t.Run("by code", func(t *testing.T) {
		host.click("resign")
		host.click("resign-confirm")
		host.click("new-game")
		host.click("play-friend")
		typist := s.window("typist")
		typist.goTo(s.url)
		typist.click("join-code")
		code := await[string](host, `probe.text("code")`)
		typist.press(strings.ToLower(code)) // case does not matter
		typist.click("join")
		typist.playing()
		if got := typist.match().Seat; got != 1 {
			t.Errorf("who typed the code sits on seat %d", got)
		}
	})
}

func TestBrowser_37_DeepLinksBackAndForward(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host, guest := s.window("host"), s.window("guest")
	host.goTo(s.url)
	host.click("play-friend")
	code := await[string](host, `probe.text("code")`)
	guest.goTo(s.url + "/m/" + strings.ToLower(code))
	guest.playing()
	host.playing()
	id := guest.matchID()
	if strings.EqualFold(id, code) || len(id) < 16 {
		t.Errorf("the address that stays is %q", id)
	}
	alternate("4", host, guest)

	// Back and forward go between the pages without loading the document again.
	eval[bool](host, `(window.marker = true)`)
	for range 2 {
		host.do(back)
		host.shows("home")
		host.do(forward)
		host.playing()
		host.until(`probe.moves().length === 1`)
	}
	host.click("resign") // what a page that came back shows also works
	host.shows("resign-confirm")
	host.press("\x1b")
	if !eval[bool](host, `window.marker === true`) {
		t.Error("the document was loaded again")
	}

	// The lasting address, a fragment, and the code all lead to the same place from outside.
	for _, path := range []string{"/m/" + id, "/m/" + id + "#12", "/m/" + code, "/m/" + id + "/"} {
		host.goTo(s.url + path)
		host.playing()
		host.until(`probe.moves().length === 1`)
		if got := host.matchID(); got != id || host.match().Seat != 0 {
			t.Errorf("%s leads to %s, seat %d", path, got, host.match().Seat)
		}
	}
}

// Go as the buttons of the browser do. Within one document there is no load to wait for.
var (
	back    = chromedp.Evaluate[chromedp.Void]("history.back()")
	forward = chromedp.Evaluate[chromedp.Void]("history.forward()")
)

func TestBrowser_38_UnknownAndFinishedLinksHelp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w, friend := s.window("visitor"), s.window("friend")
	w.expect("status of 404")
	for _, path := range []string{"/m/ZZZZ", "/m/0OIL", "/m/0000000000000000", "/m/%3Cimg%20src=x%3E", "/m/%FF"} {
		w.goTo(s.url + path)
		w.shows("unknown-match")
		w.shows("join-code")
		if eval[bool](w, `!!probe.el("board")`) {
			t.Errorf("%s shows a board", path)
		}
	}
	w.goTo(s.url + "/no/such/page")
	w.until(`document.body.innerText.length > 20 && document.querySelector('a[href="/"]')`)

	id := s.startFriends("connect4", w, friend)
	m, err := s.api.Match(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	alternate("4", w, friend)
	friend.click("resign")
	friend.click("resign-confirm")
	w.says("headline", "You won")
	stranger := s.window("stranger")
	for _, path := range []string{"/m/" + id, "/m/" + m.Code} {
		stranger.goTo(s.url + path)
		stranger.until(`probe.match().state === "finished" && probe.moves().length === 1`)
		stranger.says("headline", "By resignation")
		stranger.until(`probe.cells().join().includes("blue")`)
		stranger.shows("new-game")
		if got := stranger.match().Seat; got != -1 {
			t.Errorf("%s: a stranger has seat %d", path, got)
		}
	}
}
