package web

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// enqueue gives somebody a ticket.
func (h *house) enqueue(who guest, body string) (t game.Ticket) {
	h.t.Helper()
	r := h.ok(call{method: "POST", path: "/api/queue", body: body, token: who.token}, http.StatusAccepted, &t)
	if at := r.Header.Get("Location"); at != "/api/queue/"+t.ID {
		h.t.Errorf("the ticket %s is at %q", t.ID, at)
	}
	return t
}

// ticketCall asks for a ticket, and waits as long as may be.
func ticketCall(who guest, id string) call {
	return call{method: "GET", path: "/api/queue/" + id, token: who.token, header: http.Header{"Prefer": {"wait=20"}}}
}

func TestQueueOverHTTP(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	mine := h.enqueue(ann, `{"game":"connect4","clock":{"initial":60000,"increment":1000}}`)
	hundred := 100
	want := game.Ticket{
		ID: mine.ID, State: game.TicketWaiting, Game: "connect4", Rated: true, Clock: &game.ClockSpec{Initial: 60_000, Increment: 1_000},
		Waited: mine.Waited, Window: &hundred,
	}
	if diff := cmp.Diff(want, mine); diff != "" {
		t.Error(diff)
	}
	if again := h.enqueue(ann, `{"game":"connect4","clock":{"initial":60000,"increment":1000},"rated":true}`); again.ID != mine.ID {
		t.Errorf("asked again, Ann has %s and %s", mine.ID, again.ID)
	}
	if other := h.enqueue(ann, `{"game":"connect4","clock":null}`); other.ID == mine.ID {
		t.Error("another clock is the same ticket")
	}

	var waited sync.WaitGroup
	var first game.Ticket
	waited.Go(func() { h.ok(ticketCall(ann, mine.ID), http.StatusOK, &first) })
	theirs := h.enqueue(bea, `{"game":"connect4","clock":{"initial":60000,"increment":1000}}`)
	var second game.Ticket
	r := h.ok(ticketCall(bea, theirs.ID), http.StatusOK, &second)
	waited.Wait()
	if first.State != game.TicketMatched || second.State != game.TicketMatched || first.Match == "" || first.Match != second.Match {
		t.Errorf("Ann %+v, Bea %+v", first, second)
	}
	if applied := r.Header.Get("Preference-Applied"); applied != "wait=20" {
		t.Errorf("applied: %q", applied)
	}
	var match struct {
		Rated bool
		Clock game.ClockSpec
		Seats []struct{ Player string }
	}
	h.ok(call{method: "GET", path: "/api/matches/" + first.Match}, http.StatusOK, &match)
	if !match.Rated || match.Clock != *want.Clock || len(match.Seats) != 2 {
		t.Errorf("the match %+v", match)
	}
	var late game.Ticket
	h.ok(call{method: "DELETE", path: "/api/queue/" + mine.ID, token: ann.token}, http.StatusOK, &late)
	if late.State != game.TicketMatched || late.Match != first.Match {
		t.Errorf("cancelled too late, it is %+v", late)
	}
}

func TestLeavingTheQueue(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	mine := h.enqueue(ann, `{"game":"tictactoe"}`)
	for range 2 { // again: as it stands
		var left game.Ticket
		h.ok(call{method: "DELETE", path: "/api/queue/" + mine.ID, token: ann.token}, http.StatusOK, &left)
		if left.State != game.TicketCancelled || left.Match != "" || left.ID != mine.ID {
			t.Errorf("%+v", left)
		}
	}
	var now game.Ticket
	h.ok(ticketCall(ann, mine.ID), http.StatusOK, &now) // and nothing to wait for
	if now.State != game.TicketCancelled {
		t.Errorf("%+v", now)
	}
	if next := h.enqueue(ann, `{"game":"tictactoe"}`); next.ID == mine.ID || next.State != game.TicketWaiting {
		t.Errorf("asked anew: %+v", next)
	}
}

func TestQueueKey(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	ask := func(body string) call {
		return call{method: "POST", path: "/api/queue", token: ann.token, body: body, header: http.Header{"Idempotency-Key": {"k"}}}
	}
	var one, again game.Ticket
	h.ok(ask(`{"game":"tictactoe"}`), http.StatusAccepted, &one)
	h.ok(call{method: "DELETE", path: "/api/queue/" + one.ID, token: ann.token}, http.StatusOK, nil)
	h.ok(ask(`{"game":"tictactoe"}`), http.StatusAccepted, &again)
	if again.ID != one.ID || again.State != game.TicketCancelled {
		t.Errorf("the same request: %+v, then %+v", one, again)
	}
	h.refused(ask(`{"game":"tictactoe","rated":false}`), http.StatusConflict, wire.CodeConflict)
}

func TestQueueRefuses(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	mine := h.enqueue(ann, `{"game":"tictactoe"}`)
	for body, sentence := range map[string]string{
		`{}`:                                "missing",
		`{"game":"chess"}`:                  "chess",
		`{"game":"tictactoe","rated":"no"}`: "rated",
		`{"game":"tictactoe","seats":[]}`:   "seats",
		`{"game":"tictactoe","clock":{"initial":1}}`:                "initial",
		`{"game":"tictactoe","clock":{"initial":60000,"per":1}}`:    "per",
		`{"game":"tictactoe","clock":{"initial":9000,"perMove":1}}`: "perMove",
		`{"game":"tictactoe","clock":[]}`:                           "clock",
	} {
		_, detail := h.refused(call{method: "POST", path: "/api/queue", body: body, token: ann.token}, http.StatusBadRequest, wire.CodeBadRequest)
		if !strings.Contains(detail, sentence) {
			t.Errorf("%s: %q does not name %q", body, detail, sentence)
		}
	}
	for _, method := range []string{"GET", "DELETE"} {
		for what, id := range map[string]string{
			"somebody else's": mine.ID, "none": strings.Repeat("a", 26), "no id": "x", "a match": h.create(bea, `{"game":"tictactoe"}`).ID,
		} {
			if _, detail := h.refused(call{method: method, path: "/api/queue/" + id, token: bea.token}, http.StatusNotFound, wire.CodeNotFound); detail != "There is no such ticket" {
				t.Errorf("%s %s: %q", method, what, detail)
			}
		}
		h.refused(call{method: method, path: "/api/queue/" + mine.ID}, http.StatusUnauthorized, wire.CodeUnauthorized)
	}
	h.refused(call{method: "POST", path: "/api/queue", body: `{"game":"tictactoe"}`}, http.StatusUnauthorized, wire.CodeUnauthorized)
	var now game.Ticket
	if h.ok(call{method: "GET", path: "/api/queue/" + mine.ID, token: ann.token}, http.StatusOK, &now); now.State != game.TicketWaiting {
		t.Errorf("after all that it is %+v", now)
	}
}

func TestQueueIsMeasured(t *testing.T) {
	h := openHouse(t, nil)
	h.enqueue(h.enter("Ann"), `{"game":"connect4"}`)
	h.enqueue(h.enter("Bea"), `{"game":"connect4","rated":false}`)
	h.enqueue(h.enter("Cleo"), `{"game":"tictactoe"}`)
	h.enqueue(h.enter("Dora"), `{"game":"tictactoe"}`)
	metrics := ""
	for range 1_000 { // until the tickets are there
		metrics = string(h.do(call{method: "GET", path: "/metrics"}).body)
		if strings.Contains(metrics, "everturn_queue_waiting{game=\"connect4\"} 2\neverturn_queue_waiting{game=\"tictactoe\"} 0\n") {
			return
		}
	}
	t.Errorf("%s", metrics)
}

func TestQueueIsLimited(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	for range newBurst {
		h.enqueue(ann, `{"game":"tictactoe"}`)
	}
	h.refused(call{method: "POST", path: "/api/queue", body: `{"game":"tictactoe"}`, token: ann.token}, http.StatusTooManyRequests, wire.CodeRateLimited)
}

func TestPreferredWait(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"wait=20": 20 * time.Second, "wait=7": 7 * time.Second, "Wait = 7": 7 * time.Second, `wait="7"`: 7 * time.Second, "wait=0": 0, "wait=21": 20 * time.Second,
		"wait=2147483647": 20 * time.Second, "respond-async, wait=7;x=y, wait=9": 7 * time.Second,
		"": -1, "wait": -1, "wait=": -1, "wait=-1": -1, "wait=1.5": -1, "wait=99999999999": -1, "waiting=7": -1,
	} {
		got, given := api.PreferredWait(http.Header{"Prefer": {in}})
		if given != (want >= 0) || given && got != want {
			t.Errorf("%q: %v, %v", in, got, given)
		}
	}
	if got, _ := api.PreferredWait(http.Header{"Prefer": {"respond-async", "wait=7"}}); got != 7*time.Second {
		t.Errorf("in the second line: %v", got)
	}
}

// TestStopEndsTheWaiting: who waits for a match does not hold up a stop, and is
// told how the ticket stands.
func TestStopEndsTheWaiting(t *testing.T) {
	h := openHouse(t, nil)
	ann := h.enter("Ann")
	mine := h.enqueue(ann, `{"game":"tictactoe"}`)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	h.must(err)
	h.url = "http://" + l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx, l) }()
	watchers := h.host.Stats().Watchers.Load()
	var now game.Ticket
	var waited sync.WaitGroup
	waited.Go(func() { h.ok(ticketCall(ann, mine.ID), http.StatusOK, &now) })
	for h.host.Stats().Watchers.Load() == watchers {
		runtime.Gosched() // until it waits
	}
	begun := time.Now()
	stop()
	waited.Wait()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); now.State != game.TicketWaiting || took > 3*time.Second {
		t.Errorf("after %v: %+v", took, now)
	}
}
