package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

func TestNewPlayersAreLimited(t *testing.T) {
	h := openHouse(t, nil)
	enter := call{method: "POST", path: "/api/players"}
	var last entered
	for range newBurst {
		h.ok(enter, 201, &last)
	}
	r, _ := h.refused(enter, 429, wire.CodeRateLimited)
	if got := r.Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %s", got)
	}
	h.ok(call{method: "POST", path: "/api/players", token: last.Token}, 200, nil) // not a new one
	h.pass(time.Second)
	for range newPerSecond {
		h.ok(enter, 201, nil)
	}
	h.refused(enter, 429, wire.CodeRateLimited)
}

func TestNewMatchesAreLimited(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	create := call{method: "POST", path: "/api/matches", body: `{"game":"tictactoe"}`, token: ann.token}
	for range newBurst {
		h.ok(create, 201, nil)
	}
	h.refused(create, 429, wire.CodeRateLimited)
	h.pass(50 * time.Millisecond)
	h.ok(create, 201, nil)
	h.refused(create, 429, wire.CodeRateLimited)
}

func TestRecordsAndPositionsAreLimited(t *testing.T) {
	h := openHouse(t, nil)
	ann, bob := h.enter("Ann"), h.enter("Bob")
	made := h.create(ann, `{"game":"tictactoe"}`)
	h.ok(call{method: "POST", path: "/api/matches/" + made.ID + "/join", token: bob.token}, 200, nil)
	asks := []call{{method: "GET", path: "/api/matches/" + made.ID + "/record"}, {method: "GET", path: "/api/matches/" + made.ID + "/position?seq=3"}}
	for i := range playedBurst {
		h.ok(asks[i%2], 200, nil)
	}
	for _, ask := range asks {
		if r, _ := h.refused(ask, 429, wire.CodeRateLimited); r.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %s", r.Header.Get("Retry-After"))
		}
	}
	h.ok(call{method: "GET", path: "/api/matches/" + made.ID}, 200, nil) // how it stands costs nothing
	h.pass(time.Second / playedPerSecond)
	h.ok(asks[0], 200, nil)
	h.refused(asks[1], 429, wire.CodeRateLimited)
}

func TestMissedCodesAreLimited(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	made := h.create(ann, `{"game":"tictactoe"}`)
	miss := "/api/matches/2222" // one of 800,000; the one match there is has another
	if made.Code == "2222" {
		miss = "/api/matches/3333"
	}
	for range 5 * missesPerMinute { // hits cost nothing
		h.ok(call{method: "GET", path: "/api/matches/" + made.Code}, 200, nil)
	}
	for i := range missesPerMinute {
		c := []call{{method: "GET", path: miss}, {method: "GET", path: miss + "/record"}, {method: "POST", path: miss + "/join", token: ann.token}}[i%3]
		h.refused(c, 404, wire.CodeNotFound)
	}
	r, _ := h.refused(call{method: "GET", path: miss}, 429, wire.CodeRateLimited)
	if got := r.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %s", got)
	}
	h.refused(call{method: "GET", path: "/api/matches/" + made.Code}, 429, wire.CodeRateLimited) // nor is a hit told
	h.ok(call{method: "GET", path: "/api/matches/" + made.ID}, 200, nil)                         // ids cannot be guessed
	h.pass(2 * time.Second)
	h.ok(call{method: "GET", path: "/api/matches/" + made.Code}, 200, nil)
	h.refused(call{method: "GET", path: miss}, 404, wire.CodeNotFound)
	h.refused(call{method: "GET", path: miss}, 429, wire.CodeRateLimited)
}

func TestNoRateLimits(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.NoRateLimits = true })
	for range newBurst + 20 {
		h.ok(call{method: "POST", path: "/api/players"}, 201, nil)
	}
	made := h.create(h.enter("Ann"), `{"game":"tictactoe","seats":["bot:1"]}`)
	for range playedBurst + 20 {
		h.ok(call{method: "GET", path: "/api/matches/" + made.ID + "/record"}, 200, nil)
	}
	for range missesPerMinute + 5 {
		h.refused(call{method: "GET", path: "/api/matches/2222"}, 404, wire.CodeNotFound)
	}
}

func TestAddresses(t *testing.T) {
	for at, want := range map[string]string{
		"10.1.2.3:99": "10.1.2.3/32", "[::ffff:10.1.2.3]:99": "10.1.2.3/32", "[2001:db8:1:2:3::4]:1": "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::]:1": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64", "@": "invalid Prefix",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = at
		if got := api.AddressOf(r).String(); got != want {
			t.Errorf("%s is limited as %s, not %s", at, got, want)
		}
	}
}

func TestBuckets(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	address := func(i int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("10.0.%d.%d/32", i/256, i%256)) }
	refusedFor := func(err error) time.Duration {
		var p *api.Problem
		if !errors.As(err, &p) {
			return 0
		}
		return p.Retry.Round(time.Millisecond)
	}

	t.Run("one address does not pay for another", func(t *testing.T) {
		b := newBuckets(1, 1, 10)
		if b.take(start, address(1)) != nil || b.take(start, address(2)) != nil {
			t.Error("the first is refused")
		}
		if got := refusedFor(b.take(start, address(1))); got != time.Second {
			t.Errorf("the second waits %v", got)
		}
	})
	t.Run("debts are paid", func(t *testing.T) {
		b := newBuckets(1, 2, 10)
		for range 5 {
			b.charge(start, address(1))
		}
		if got := refusedFor(b.may(start, address(1))); got != 4*time.Second {
			t.Errorf("after five of two: wait %v", got)
		}
		if err := b.may(start.Add(4*time.Second), address(1)); err != nil {
			t.Error(err)
		}
	})
	t.Run("full ones are forgotten", func(t *testing.T) {
		b := newBuckets(1, 5, 1000)
		for i := range 100 {
			b.charge(start, address(i))
		}
		b.charge(start.Add(time.Second), address(100))
		if got := b.recent.Len(); got != 1 || len(b.byAddress) != 1 {
			t.Errorf("%d are remembered", got)
		}
	})
	t.Run("bounded", func(t *testing.T) {
		b := newBuckets(1, 1, 50)
		for i := range 200 {
			b.charge(start, address(i))
		}
		if len(b.byAddress) != 50 || b.recent.Len() != 50 {
			t.Errorf("%d are remembered", len(b.byAddress))
		}
		if b.may(start, address(199)) == nil || b.may(start, address(0)) != nil {
			t.Error("not the latest are remembered")
		}
	})
}
