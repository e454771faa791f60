package game_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

var casual = game.NewTicket{Game: "tictactoe"}

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
