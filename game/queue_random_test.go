package game_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// TestRandomQueue has people come, look, leave and say that they are ready at
// random, while commits fail in every way and the server starts again. Whatever
// happens: a ticket has one outcome and leads to one match, its owner sits there
// once, what an answer said stays true, and nobody waits for ever.
func TestRandomQueue(t *testing.T) {
	for seed := range runs(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, seed)
				for range 150 {
					c.step()
				}
				c.comeTogether()
				c.check()
			})
		})
	}
}

// crowd is many people who use the queue, and what they were told.
type crowd struct {
	*testing.T
	h       *house
	rnd     *rand.Rand
	people  []game.Player
	ratings []float64
	tickets map[string]*held
	ids     []string // of the tickets, in the order in which they were seen
}

// held is a ticket as its owner was last told of it.
type held struct {
	owner int
	want  game.NewTicket
	told  game.Ticket
}

var wishes = []game.NewTicket{casual, rated, {Game: "connect4", Clock: &game.ClockSpec{PerMove: 60_000}}}

func newCrowd(t *testing.T, seed uint64) *crowd {
	c := &crowd{T: t, h: openHouse(t), rnd: rand.New(rand.NewPCG(seed, 2)), tickets: map[string]*held{}}
	c.h.level = zerolog.Disabled              // the failures are wanted
	c.h.slow = rand.New(rand.NewPCG(seed, 3)) // so that there is always something under way
	c.h.restart()
	for n := range 7 {
		c.people = append(c.people, c.h.player(fmt.Sprint("Player ", n)))
		c.ratings = append(c.ratings, 1200+600*c.rnd.Float64())
	}
	return c
}

// sure asks until the outcome is known, as clients do.
func sure[T any](c *crowd, ask func() (T, error)) T {
	c.Helper()
	for range 10_000 {
		v, err := ask()
		var f *orchestrator.Failure
		if err == nil {
			return v
		}
		if !errors.As(err, &f) {
			c.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	panic("nothing is ever known")
}

// step is something that somebody does, or that happens to the server.
func (c *crowd) step() {
	c.Helper()
	if c.rnd.IntN(4) == 0 {
		c.h.store.FailCommit(1+c.rnd.IntN(5), []memstore.Outcome{memstore.Untold, memstore.Lost, memstore.Refused}[c.rnd.IntN(3)])
	}
	switch n := c.rnd.IntN(20); {
	case n < 8:
		c.enter(c.rnd.IntN(len(c.people)), wishes[c.rnd.IntN(len(wishes))])
	case n == 8:
		c.h.restart()
	case n == 9:
		time.Sleep(time.Duration(c.rnd.IntN(30_000)) * time.Millisecond)
	case len(c.ids) == 0:
	case n < 12:
		c.look(c.ids[c.rnd.IntN(len(c.ids))])
	case n < 15:
		c.leave(c.ids[c.rnd.IntN(len(c.ids))])
	case n < 16: // at the same time as somebody comes
		var both sync.WaitGroup
		id := c.ids[len(c.ids)-1]
		owner := c.rnd.IntN(len(c.people))
		both.Go(func() { c.h.Enqueue(ctx, c.people[owner], c.tickets[id].want, "") }) //nolint:errcheck // whether it worked is seen below
		left := sure(c, func() (game.Ticket, error) { return c.h.Unqueue(ctx, c.people[c.tickets[id].owner].ID, id) })
		both.Wait()
		c.told(id, left)
		c.enter(owner, c.tickets[id].want)
	default:
		c.ready(c.ids[c.rnd.IntN(len(c.ids))])
	}
}

func (c *crowd) enter(who int, want game.NewTicket) {
	c.Helper()
	got := sure(c, func() (game.Ticket, error) {
		if !want.Rated {
			return c.h.Enqueue(ctx, c.people[who], want, "")
		}
		id, err := c.h.EnqueueRated(ctx, c.people[who], want, c.ratings[who])
		if err != nil {
			return game.Ticket{}, err
		}
		return c.h.Ticket(ctx, c.people[who].ID, id, 0)
	})
	if c.tickets[got.ID] == nil {
		c.tickets[got.ID] = &held{owner: who, want: want}
		c.ids = append(c.ids, got.ID)
	}
	if h := c.tickets[got.ID]; h.owner != who || h.want.Matchmaker() != want.Matchmaker() {
		c.Fatalf("the ticket %s of %d for %v is given to %d for %v", got.ID, h.owner, h.want, who, want)
	}
	c.told(got.ID, got)
}

func (c *crowd) look(id string) {
	c.Helper()
	c.told(id, sure(c, func() (game.Ticket, error) { return c.h.Ticket(ctx, c.people[c.tickets[id].owner].ID, id, 0) }))
}

func (c *crowd) leave(id string) {
	c.Helper()
	left := sure(c, func() (game.Ticket, error) { return c.h.Unqueue(ctx, c.people[c.tickets[id].owner].ID, id) })
	if left.State == game.TicketWaiting {
		c.Fatalf("after leaving: %+v", left)
	}
	c.told(id, left)
}

// ready has the owner of a ticket say to be there.
func (c *crowd) ready(id string) {
	c.Helper()
	c.look(id)
	h := c.tickets[id]
	if h.told.Match == "" {
		return
	}
	for {
		_, err := c.h.do(h.told.Match, c.people[h.owner], "ready", game.Command{Kind: game.CommandAct, Act: game.ActReady})
		var f *orchestrator.Failure
		if !errors.As(err, &f) {
			break // said, or too late
		}
		time.Sleep(time.Millisecond)
	}
}

// told compares what is told of a ticket with what was told before.
func (c *crowd) told(id string, now game.Ticket) {
	c.Helper()
	was := c.tickets[id].told
	if over := was.State == game.TicketCancelled || was.State == game.TicketExpired; over && (now.State != was.State || now.Match != was.Match) {
		c.Fatalf("ticket %s was %s, and is %s", id, was.State, now.State)
	}
	if (now.Match != "") != (now.State == game.TicketMatched) {
		c.Fatalf("ticket %s: %+v", id, now)
	}
	c.tickets[id].told = now
}

// comeTogether has all who wait look on, until nobody waits who could meet
// anybody.
func (c *crowd) comeTogether() {
	c.Helper()
	for range 14 {
		time.Sleep(10 * time.Second)
		for _, id := range c.ids {
			c.ready(id)
		}
	}
	alone := map[string]string{}
	for _, id := range c.ids {
		c.look(id)
		if h := c.tickets[id]; h.told.State == game.TicketWaiting {
			pool := h.want.Matchmaker()
			if alone[pool] != "" {
				c.Errorf("%s and %s wait in %s, and never meet", alone[pool], id, pool)
			}
			alone[pool] = id
		}
	}
}

// check reads all matches there are, and looks whether they are those of the
// tickets.
func (c *crowd) check() {
	c.Helper()
	time.Sleep(time.Hour) // nobody looks
	client := orchestrator.NewClient(c.h.host)
	matches, _, err := c.h.List(game.Query{Limit: game.MaxListed})
	c.h.must(err)
	played, made := map[string]string{}, 0
	for _, m := range matches {
		made++
		raw, err := client.Input(m.ID)
		c.h.must(err)
		var spec game.Spec
		c.h.must(json.Unmarshal(raw, &spec))
		calledOff := m.State == game.StateVoid && m.N == 0
		if len(spec.Tickets) != 2 || spec.Seats[0].Player == spec.Seats[1].Player {
			c.Errorf("match %s of %+v", m.ID, spec)
		}
		for seat, id := range spec.Tickets {
			h := c.tickets[id]
			switch {
			case h == nil:
				c.Errorf("match %s of a ticket %s that nobody has", m.ID, id)
				continue
			case spec.Seats[seat].Player != c.people[h.owner].ID || spec.Game != h.want.Game || spec.Rated != h.want.Rated:
				c.Errorf("match %s: seat %d is not as the ticket %+v", m.ID, seat, h)
			case !calledOff && played[id] != "":
				c.Errorf("ticket %s is in two matches, %s and %s", id, played[id], m.ID)
			}
			if !calledOff {
				played[id] = m.ID
			}
		}
	}
	for _, id := range c.ids {
		c.look(id)
		status, err := client.Status(id)
		c.h.must(err)
		if h := c.tickets[id]; status.State != orchestrator.Completed || h.told.State == game.TicketWaiting || h.told.Match != played[id] {
			c.Errorf("at last ticket %s is %s, %+v, and its match %q", id, status.State, h.told, played[id])
		}
	}
	if c.Logf("%d tickets, %d matches, %d begun", len(c.ids), made, len(played)/2); len(played) == 0 || made == game.MaxListed {
		c.Error("too little happens, or too much")
	}
}
