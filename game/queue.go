package game

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// NewTicket is what is asked of the queue: a match of two in a game.
type NewTicket struct {
	Game  string
	Rated bool
	Clock *ClockSpec
}

// pool is where such a ticket is paired.
func (in NewTicket) pool() pool { return pool(in) }

// seenAgain is how old the sight of a ticket must be to be noted anew, well below
// ticketUnseen: whoever asks all the time writes nothing.
const seenAgain = 10 * time.Second

// Enqueue gives the player a ticket of the queue: the open one, if there is one
// for the same game, rating and clock; else a new one. What cannot be asked for is
// a Refusal with CodeBadRequest; a pool that is full fails with
// orchestrator.CodeBusy. With a key (the client's idempotency key) a repetition
// finds the ticket that was made under it, also when that is over; the same key
// for another request is a Refusal with CodeConflict.
func (d *Desk) Enqueue(ctx context.Context, player Player, in NewTicket, key string) (Ticket, error) {
	if err := d.checkTicket(player, in); err != nil {
		return Ticket{}, err
	}
	p := in.pool()
	ask := entry{Ticket: newID(), Player: player.ID, Name: player.Name}
	if key != "" {
		ask.Ticket = derivedID(player.ID, "queue\x00"+key)
		switch s, err := d.ownTicket(player.ID, ask.Ticket); {
		case err == nil && s.pool.id() != p.id():
			return Ticket{}, refuse(CodeConflict, "This idempotency key was used for another request")
		case err == nil || !isRefusal(err, CodeNotFound):
			return s.at(ask.Ticket, d.client.Now(ask.Ticket).Uptime), err
		}
	}
	if in.Rated {
		var err error
		if ask.Rating, err = d.rating(player.ID, in.Game); err != nil {
			return Ticket{}, err
		}
	}
	for {
		id, err := d.enter(ctx, p, ask)
		if err != nil {
			return Ticket{}, err
		}
		status, err := d.awaitTicket(ctx, id, func(ticketStatus) bool { return true })
		if err != nil {
			return Ticket{}, err
		}
		if status.State.Final() && id != ask.Ticket { // and the matchmaker is just about to hear of it
			ask.Ended = id
			continue
		}
		s, err := ticketOf(status)
		if err == nil {
			err = d.see(ctx, id, &s)
		}
		return s.at(id, d.client.Now(id).Uptime), err
	}
}

// checkTicket refuses what no match could be made of.
func (d *Desk) checkTicket(player Player, in NewTicket) error {
	rules, err := d.Games.Get(in.Game)
	if err != nil {
		return err
	}
	switch info := rules.Info(); {
	case info.MinSeats > 2 || info.MaxSeats < 2:
		return refuse(CodeBadRequest, fmt.Sprintf("The queue makes matches of two, and %s is for %s", info.Name, seatRange(info)))
	case in.Rated && (info.Coop || info.MaxSeats > 2):
		return refuse(CodeBadRequest, info.Name+` is not played for a rating; ask with "rated": false`)
	}
	_, err = d.spec("", player, NewMatch{Game: in.Game, Seats: []string{"open"}, Clock: in.Clock, Rated: in.Rated})
	return err
}

// enter asks the matchmaker of a pool, and opens the pool if it is closed.
func (d *Desk) enter(ctx context.Context, p pool, ask entry) (ticket string, err error) {
	for {
		got, err := entries.Do(ctx, d.client, p.id(), ask)
		if !isCode(err, orchestrator.CodeNotFound) && !isCode(err, orchestrator.CodeGone) && !isCode(err, orchestrator.CodeEnded) {
			return got.Ticket, err
		}
		if _, err := d.queue.Begin(ctx, d.client, matchmakerInput{pool: p}, orchestrator.WithID(p.id()), orchestrator.Reuse(orchestrator.UseRunning)); err != nil {
			return "", err
		}
	}
}

// Ticket is a ticket of the player's as it stands; it counts as asked for. Where
// it waits for a match, and wait is not 0, that is waited for so long, or until
// ctx is done. A ticket of somebody else is a Refusal with CodeNotFound, as one
// that is not there.
func (d *Desk) Ticket(ctx context.Context, player, id string, wait time.Duration) (Ticket, error) {
	s, err := d.ownTicket(player, id)
	if err != nil {
		return Ticket{}, err
	}
	if err := d.see(ctx, id, &s); err != nil {
		return Ticket{}, err
	}
	if wait > 0 && s.State == TicketWaiting {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		_, err := d.awaitTicket(waiting, id, func(s ticketStatus) bool { return s.State != TicketWaiting })
		if err != nil && waiting.Err() == nil {
			return Ticket{}, err
		}
		if s, err = d.ownTicket(player, id); err != nil {
			return Ticket{}, err
		}
	}
	return s.at(id, d.client.Now(id).Uptime), nil
}

// Unqueue ends the waiting of a ticket of the player's and tells how it stands
// then, for good: cancelled, or what it was before. One for which an opponent is
// found already is matched.
func (d *Desk) Unqueue(ctx context.Context, player, id string) (Ticket, error) {
	s, err := d.ownTicket(player, id)
	if err != nil {
		return Ticket{}, err
	}
	told, err := cancels.Do(ctx, d.client, id, orchestrator.None{})
	switch {
	case err == nil:
		s = told
	case isCode(err, orchestrator.CodeGone), isCode(err, orchestrator.CodeEnded):
		s, err = d.ownTicket(player, id)
	}
	if err != nil {
		return Ticket{}, err
	}
	return s.at(id, d.client.Now(id).Uptime), nil
}

// ownTicket reads a ticket, for its owner.
func (d *Desk) ownTicket(player, id string) (s ticketStatus, err error) {
	if !validID(id) {
		return s, noTicket()
	}
	status, err := d.client.Status(id)
	if isCode(err, orchestrator.CodeNotFound) {
		return s, noTicket()
	}
	if err == nil {
		s, err = ticketOf(status)
	}
	if err == nil && s.Player != player {
		err = noTicket()
	}
	return s, err
}

// see notes that a ticket that waits was asked for by its owner.
func (d *Desk) see(ctx context.Context, id string, s *ticketStatus) error {
	if s.State != TicketWaiting || d.client.Now(id).Uptime-s.Seen < seenAgain.Milliseconds() {
		return nil
	}
	err := d.client.Raise(ctx, id, seenEvent, nil)
	if isCode(err, orchestrator.CodeGone) || isCode(err, orchestrator.CodeNotFound) {
		return nil // it has ended meanwhile
	}
	return err
}

// awaitTicket waits until a ticket is there and is as wanted, or has ended.
func (d *Desk) awaitTicket(ctx context.Context, id string, wanted func(ticketStatus) bool) (orchestrator.Status, error) {
	for {
		status, err := d.watchTicket(ctx, id, wanted)
		if !errors.Is(err, orchestrator.ErrSlow) {
			return status, err
		}
	}
}

func (d *Desk) watchTicket(ctx context.Context, id string, wanted func(ticketStatus) bool) (orchestrator.Status, error) {
	w, err := d.client.Watch(id, 0) // a ticket publishes nothing
	if err != nil {
		return orchestrator.Status{}, err
	}
	defer w.Close()
	for {
		u, err := w.Next(ctx)
		if err != nil {
			return orchestrator.Status{}, err
		}
		if !u.Exists {
			continue
		}
		status, err := d.client.Status(id)
		if err != nil {
			return status, err
		}
		s, err := ticketOf(status)
		if err != nil || status.State.Final() || wanted(s) {
			return status, err
		}
	}
}

// Queues tells how many tickets wait in each pool that is open, as of a moment
// ago.
func (d *Desk) Queues() ([]QueueStatus, error) {
	var all []QueueStatus
	q := orchestrator.Query{Name: matchmakerName, States: []orchestrator.State{orchestrator.Pending, orchestrator.Running}, Limit: 1_000}
	for {
		page, err := d.client.Search(q)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			status, err := d.client.Status(item.ID)
			if isCode(err, orchestrator.CodeNotFound) || err == nil && status.Custom == nil {
				continue // closed meanwhile, or just opened
			}
			if err != nil {
				return nil, err
			}
			var s QueueStatus
			if err := json.Unmarshal(status.Custom, &s); err != nil {
				return nil, fmt.Errorf("game: status of matchmaker %s: %w", item.ID, err)
			}
			all = append(all, s)
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return all, nil
		}
	}
}
