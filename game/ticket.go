package game

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/everturn/everturn/orchestrator"
)

// TicketState is what has become of a ticket; the values are the wire's.
type TicketState string

// The states of a ticket. Matched is its end as soon as the match is under way;
// a match that is called off because somebody was not ready gives the tickets of
// those who were back to the queue.
const (
	TicketWaiting   TicketState = "waiting"
	TicketMatched   TicketState = "matched"
	TicketCancelled TicketState = "cancelled"
	TicketExpired   TicketState = "expired"
)

// Ticket is a place in the queue, as its owner sees it.
type Ticket struct {
	ID     string      `json:"id"`
	State  TicketState `json:"state"`
	Match  string      `json:"match,omitempty"`
	Game   string      `json:"game"`
	Rated  bool        `json:"rated"`
	Clock  *ClockSpec  `json:"clock"`
	Waited int64       `json:"waited"` // milliseconds that the server was up
	// Window is how far from the player's rating an opponent may be by now; absent
	// where it may be anybody.
	Window *int `json:"window,omitempty"`
}

// pool is what tickets are paired in: who asks for the same meets.
type pool struct {
	Game  string     `json:"game"`
	Rated bool       `json:"rated,omitempty"`
	Clock *ClockSpec `json:"clock,omitempty"`
}

// id is that of the pool's matchmaker.
func (p *pool) id() string {
	kind, clock := "casual", "no-clock"
	if p.Rated {
		kind = "rated"
	}
	switch c := p.Clock; {
	case c == nil:
	case c.PerMove > 0:
		clock = fmt.Sprint(c.PerMove, "-per-move")
	default:
		clock = fmt.Sprintf("%d+%d", c.Initial, c.Increment)
	}
	return "queue:" + p.Game + ":" + kind + ":" + clock
}

// ticketStatus is the custom status of a ticket's orchestration: all that is
// known of the ticket, to its owner and to nobody else.
type ticketStatus struct {
	pool
	Player string      `json:"player"`
	State  TicketState `json:"state"`
	Match  string      `json:"match,omitempty"`
	Since  int64       `json:"since"`           // uptime at which it began to wait
	Seen   int64       `json:"seen"`            // uptime at which its owner last asked for it
	Until  int64       `json:"until,omitempty"` // uptime at which it stopped waiting
}

// at is the ticket as its owner sees it at a moment.
func (s *ticketStatus) at(id string, now int64) Ticket {
	t := Ticket{ID: id, State: s.State, Match: s.Match, Game: s.Game, Rated: s.Rated, Clock: s.Clock}
	if s.State != TicketWaiting {
		now = s.Until
	}
	t.Waited = max(now-s.Since, 0)
	if w := window(t.Waited); s.Rated && s.State == TicketWaiting && !math.IsInf(w, 1) {
		t.Window = new(int(w))
	}
	return t
}

// ticketOf reads the status of an instance that should be a ticket.
func ticketOf(status orchestrator.Status) (s ticketStatus, err error) {
	if status.Name != ticketName || len(status.Custom) == 0 {
		return s, noTicket()
	}
	if err := json.Unmarshal(status.Custom, &s); err != nil {
		return s, fmt.Errorf("game: status of ticket %s: %w", status.ID, err)
	}
	if status.State.Final() && s.State == TicketWaiting { // an operator has ended it
		s.State, s.Until = TicketCancelled, s.Seen
	}
	return s, nil
}

func noTicket() *Refusal { return &Refusal{CodeNotFound, "There is no such ticket"} }
