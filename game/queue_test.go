package game_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

var (
	casual = game.NewTicket{Game: "tictactoe"}
	rated  = game.NewTicket{Game: "tictactoe", Rated: true}
)

// queued is a person with a ticket.
type queued struct {
	game.Player
	h  *house
	id string
}

// enqueue gives a person a ticket.
func (h *house) enqueue(p game.Player, in game.NewTicket) queued {
	h.t.Helper()
	t, err := h.Enqueue(ctx, p, in, "")
	h.must(err)
	return queued{p, h, t.ID}
}

// enqueueRated gives a ticket to somebody who plays so well.
func (h *house) enqueueRated(p game.Player, rating float64) queued {
	h.t.Helper()
	id, err := h.EnqueueRated(ctx, p, rated, rating)
	h.must(err)
	return queued{p, h, id}
}

// stands is how the ticket stands now.
func (q queued) stands() game.TicketState {
	q.h.t.Helper()
	t, err := q.h.Ticket(ctx, q.Player.ID, q.id, 0)
	q.h.must(err)
	return t.State
}

// is wants the ticket to become so within a long while, and gives it.
func (q queued) is(state game.TicketState) game.Ticket {
	q.h.t.Helper()
	t, err := q.h.Ticket(ctx, q.Player.ID, q.id, 20*time.Second)
	q.h.must(err)
	if t.State != state {
		q.h.t.Fatalf("the ticket of %s is %s, not %s", q.Name, t.State, state)
	}
	return t
}

func TestQueueMakesAMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann := h.enqueue(h.player("Ann"), casual)
		first := ann.is(game.TicketWaiting)
		if diff := cmp.Diff(game.Ticket{ID: ann.id, State: game.TicketWaiting, Game: "tictactoe", Waited: first.Waited}, first); diff != "" || first.Waited != 20_000 {
			t.Errorf("after 20 s of waiting: %+v\n%s", first, diff)
		}
		bea := h.enqueue(h.player("Bea"), casual)
		a, b := ann.is(game.TicketMatched), bea.is(game.TicketMatched)
		if a.Match != b.Match || a.Match == "" || a.Waited != 20_000 || b.Waited != 0 {
			t.Errorf("Ann %+v, Bea %+v", a, b)
		}
		s, _, err := h.Match(a.Match) // who is told of a match finds it there
		h.must(err)
		if s.SeatOf(ann.Player.ID)+s.SeatOf(bea.Player.ID) != 1 || len(s.Seats) != 2 || s.Rated || s.Code == "" || s.Created == 0 {
			t.Errorf("%+v", s)
		}
		if id, err := h.Resolve(s.Code); err != nil || id != a.Match {
			t.Errorf("its code leads to %s, %v", id, err)
		}
		for _, name := range s.Seats {
			if name.Name != "Ann" && name.Name != "Bea" {
				t.Errorf("somebody is called %q", name.Name)
			}
		}
	})
}

// TestQueueWindowWidens: two who are far apart meet at the moment at which each
// is within the window of the other, and neither earlier nor later.
func TestQueueWindowWidens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann := h.enqueueRated(h.player("Ann"), 1500)
		time.Sleep(7 * time.Second)
		bea := h.enqueueRated(h.player("Bea"), 1640) // within 150: after 10 s of hers
		if a := ann.is(game.TicketMatched); a.Waited != 17_000 {
			t.Errorf("Ann has waited %d ms", a.Waited)
		}
		if b := bea.is(game.TicketMatched); b.Waited != 10_000 {
			t.Errorf("Bea has waited %d ms", b.Waited)
		}
	})
}

// TestQueueWindowStandsStillWhileTheServerIsDown: a restart widens no window and
// expires no ticket.
func TestQueueWindowStandsStillWhileTheServerIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann := h.enqueueRated(h.player("Ann"), 1500)
		bea := h.enqueueRated(h.player("Bea"), 1640)
		time.Sleep(4 * time.Second)
		h.must(h.host.Close())
		time.Sleep(time.Hour)
		h.store = h.store.Reopen()
		h.open()
		begun := time.Now()
		ann.is(game.TicketMatched)
		bea.is(game.TicketMatched)
		if took := time.Since(begun); took < 5*time.Second || took > 7*time.Second { // of uptime, what was not stored is lost
			t.Errorf("they met %v after the restart, not 6 s", took)
		}
	})
}

// TestQueueForgetsWhoHasGone is the disconnect monitor: a ticket that its owner
// asks for lives for ten minutes, another for one.
func TestQueueForgetsWhoHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		begun := time.Now()
		ann, bea := h.player("Ann"), h.player("Bea")
		stays, goes := h.enqueueRated(ann, 1000), h.enqueueRated(bea, 3000)
		after := func() time.Duration { return time.Since(begun).Round(time.Second) }
		time.Sleep(59 * time.Second)
		stays.is(game.TicketWaiting) // waits for 20 s
		if got, err := h.Ticket(ctx, bea.ID, goes.id, 0); err != nil || got.State != game.TicketExpired || got.Waited != 60_000 {
			t.Errorf("after %v without Bea her ticket is %+v, %v", after(), got, err)
		}
		for stays.stands() == game.TicketWaiting {
			time.Sleep(15 * time.Second)
		}
		if now := after(); now < 10*time.Minute || now > 10*time.Minute+15*time.Second {
			t.Errorf("Ann's ticket expired within %v", now)
		}
		if h.enqueueRated(bea, 3000).id == goes.id {
			t.Error("a ticket that has expired is there again")
		}
	})
}

// TestQueueOneTicketForOneWish: a player has one open ticket in a pool, and in
// another pool another.
func TestQueueOneTicketForOneWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann, bea := h.player("Ann"), h.player("Bea")
		one := h.enqueue(ann, casual)
		other := game.NewTicket{Game: "tictactoe", Clock: &game.ClockSpec{PerMove: 5_000}}
		two := h.enqueue(ann, other)
		h.restart()
		if again := h.enqueue(ann, casual); again.id != one.id {
			t.Errorf("asked again: %s, not %s", again.id, one.id)
		}
		if two.id == one.id {
			t.Error("one ticket for two wishes")
		}
		h.enqueue(bea, casual)
		h.enqueue(bea, other)
		if one, two := one.is(game.TicketMatched), two.is(game.TicketMatched); one.Match == two.Match {
			t.Error("one match for two tickets of a player")
		}
		match := one.is(game.TicketMatched).Match
		h.act(match, ann, "here", game.ActReady)
		if again := h.enqueue(ann, casual); again.id != one.id {
			t.Error("another ticket before the match is under way")
		}
		h.act(match, bea, "here", game.ActReady)
		synctest.Wait() // until the ticket has heard of it
		if next := h.enqueue(ann, casual); next.id == one.id {
			t.Error("a ticket that is over is there again")
		}
	})
}

// TestQueueTakesBackWhoWasReady: a match that is called off gives the ticket of
// who was there its old place, in front of those who came later, and ends that of
// who was not.
func TestQueueTakesBackWhoWasReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann, bea := h.enqueueRated(h.player("Ann"), 1500), h.enqueueRated(h.player("Bea"), 1500)
		off := ann.is(game.TicketMatched).Match
		h.act(off, ann.Player, "here", game.ActReady)
		time.Sleep(10 * time.Second)
		cleo := h.enqueueRated(h.player("Cleo"), 1700) // for herself she would wait
		time.Sleep(20*time.Second + time.Millisecond)
		synctest.Wait()
		if got := bea.is(game.TicketExpired); got.Match != "" {
			t.Errorf("Bea, who was not there: %+v", got)
		}
		s, _, err := h.Match(off)
		h.must(err)
		if s.State != game.StateVoid || s.Result.Reason != game.ReasonNotReady {
			t.Errorf("the match that was called off: %+v", s)
		}
		if cleo.is(game.TicketMatched).Match != ann.is(game.TicketMatched).Match {
			t.Error("Ann and Cleo do not meet")
		}
		next := ann.is(game.TicketMatched).Match
		if next == off {
			t.Fatal("Ann is sent where she was")
		}
		h.restart()
		h.act(next, ann.Player, "here too", game.ActReady)
		h.act(next, cleo.Player, "here", game.ActReady)
		if s, _, err = h.Match(next); err != nil || s.State != game.StatePlaying {
			t.Errorf("both are there: %+v, %v", s, err)
		}
		if again := h.enqueueRated(bea.Player, 1500); again.id == bea.id {
			t.Error("a ticket that has expired is there again")
		}
	})
}

// TestQueuePutsThemInFront: who comes back has the place, and the window, of one
// who has waited all the time.
func TestQueuePutsThemInFront(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann, bea := h.enqueueRated(h.player("Ann"), 1500), h.enqueueRated(h.player("Bea"), 1500)
		h.act(ann.is(game.TicketMatched).Match, ann.Player, "here", game.ActReady)
		cleo := h.enqueueRated(h.player("Cleo"), 1760)
		dora := h.enqueueRated(h.player("Dora"), 1240)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		bea.is(game.TicketExpired)
		time.Sleep(5 * time.Second) // both are 260 away: the older of them is taken
		if c, d := cleo.stands(), dora.stands(); c != game.TicketMatched || d != game.TicketWaiting {
			t.Errorf("Cleo is %s, and Dora, who came after her, %s", c, d)
		}
	})
}

// TestCancelRacesAMatch: one leaves while another comes. Whatever the leaver is
// told is true: cancelled, and the other still waits; or matched, with the other.
func TestCancelRacesAMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		h.slow = rand.New(rand.NewPCG(1, 1))
		h.restart()
		outcomes := map[game.TicketState]int{}
		for n := range 60 {
			ann, bea := h.player("Ann"), h.player("Bea")
			wish := game.NewTicket{Game: "tictactoe", Clock: &game.ClockSpec{PerMove: 1000 + int64(n)}}
			goes, comes := h.enqueue(ann, wish), queued{}
			var coming sync.WaitGroup
			coming.Go(func() { comes = h.enqueue(bea, wish) })
			time.Sleep(time.Duration(n) * time.Millisecond)
			left, err := h.Unqueue(ctx, ann.ID, goes.id)
			h.must(err)
			coming.Wait()
			time.Sleep(time.Second)
			other, err := h.Ticket(ctx, bea.ID, comes.id, 0)
			h.must(err)
			outcomes[left.State]++
			want := game.TicketMatched
			if left.State == game.TicketCancelled {
				want = game.TicketWaiting
			}
			if other.State != want || other.Match != left.Match || goes.stands() != left.State {
				t.Errorf("round %d: Ann was told %s, her ticket is %s, and that of Bea %s", n, left.State, goes.stands(), other.State)
			}
		}
		if outcomes[game.TicketCancelled] == 0 || outcomes[game.TicketMatched] == 0 || len(outcomes) != 2 {
			t.Errorf("the race is none: %v", outcomes)
		}
	})
}

// TestQueueGoesOnForEver: the matchmaker begins anew with an empty history, and
// everybody keeps the place.
func TestQueueGoesOnForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		first := h.enqueueRated(h.player("First"), 1500)
		ann := h.player("Ann")
		for range game.EventsPerGeneration/4 + 1 { // enters, is here, leaves, and is gone
			left, err := h.Unqueue(ctx, ann.ID, h.enqueueRated(ann, 3000).id)
			h.must(err)
			if left.State != game.TicketCancelled {
				t.Fatalf("%+v", left)
			}
		}
		status, err := orchestrator.NewClient(h.host).Status(rated.Matchmaker())
		h.must(err)
		if status.Generation < 2 {
			t.Errorf("generation %d after %d events", status.Generation, game.EventsPerGeneration)
		}
		second := h.enqueueRated(h.player("Second"), 1500)
		third := h.enqueueRated(h.player("Third"), 1500)
		first.is(game.TicketMatched)
		second.is(game.TicketMatched)
		third.is(game.TicketWaiting)
	})
}

// TestQueueClosesWhenNobodyComes: a pool that nobody has asked for in an hour is
// not kept, and opens again for the next.
func TestQueueClosesWhenNobodyComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHouse(t)
		ann := h.enqueue(h.player("Ann"), casual)
		left, err := h.Unqueue(ctx, ann.Player.ID, ann.id)
		h.must(err)
		open := func() int {
			all, err := h.Queues()
			h.must(err)
			return len(all)
		}
		time.Sleep(game.PoolKept - time.Second)
		if n := open(); n != 1 || left.State != game.TicketCancelled {
			t.Fatalf("%d pools, the ticket %+v", n, left)
		}
		time.Sleep(2 * time.Second)
		if n := open(); n != 0 {
			t.Fatalf("%d pools", n)
		}
		ann = h.enqueue(ann.Player, casual)
		synctest.Wait() // until the ticket is there
		all, err := h.Queues()
		h.must(err)
		if diff := cmp.Diff([]game.QueueStatus{{Game: "tictactoe", Waiting: 1}}, all); diff != "" {
			t.Error(diff)
		}
		h.enqueue(h.player("Bea"), casual)
		ann.is(game.TicketMatched)
	})
}

// TestQueueIsBounded: a pool that is full says so, and goes on.
func TestQueueIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a pool")
	}
	h := openHouse(t)
	h.quick = true
	h.restart()
	long := strings.Repeat("<", game.MaxNameChars) // six bytes each in JSON
	for n := range game.MaxQueued {
		_, err := h.EnqueueRated(ctx, game.Player{ID: fmt.Sprintf("%026d", n), Name: long}, rated, float64(n*10_000)+1.0/3)
		h.must(err)
	}
	ann := h.player("Ann")
	_, err := h.EnqueueRated(ctx, ann, rated, 0)
	var f *orchestrator.Failure
	if !errors.As(err, &f) || f.Code != orchestrator.CodeBusy {
		t.Fatalf("one more: %v", err)
	}
	h.restart()
	status, err := orchestrator.NewClient(h.host).Status(rated.Matchmaker())
	h.must(err)
	if status.State != orchestrator.Running || status.Generation < 2 {
		t.Errorf("the matchmaker of a full pool is %s, generation %d: %v", status.State, status.Generation, status.Failure)
	}
}
