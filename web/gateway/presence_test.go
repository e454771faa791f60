package gateway

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// quiet is a match in a bubble of synctest: viewers come and go without sockets, and time passes when all wait.
type quiet struct {
	*house
	match    string
	ann, bob guest
}

func inQuiet(t *testing.T, s setup, f func(q *quiet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		linger := s.options
		s.options = func(o *Options) {
			o.Linger = defaultLinger
			if linger != nil {
				linger(o)
			}
		}
		q := &quiet{house: furnish(t, s)}
		q.desk.deaf = true
		q.ann, q.bob = q.guest("Ann"), q.guest("Bob")
		q.match = q.house.match("tictactoe", q.ann, q.bob)
		f(q)
	})
}

// comes is a further socket of a player that watches the match.
func (q *quiet) comes(p guest) *viewer {
	v := &viewer{conn: newConn(q.gate, p.ID, p.token, "")}
	q.gate.watch(q.match, v)
	synctest.Wait()
	return v
}

func (q *quiet) leaves(v *viewer) { v.room.leave(v); synctest.Wait() }

// after waits, and wants to hear exactly this since the last time.
func (q *quiet) after(d time.Duration, want ...string) {
	q.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	q.desk.mu.Lock()
	defer q.desk.mu.Unlock()
	if !slices.Equal(q.desk.heard, want) {
		q.t.Errorf("the match is told %q, not %q", q.desk.heard, want)
	}
	q.desk.heard = nil
}

// says makes the match say that a player is gone or back, where it hears nothing.
func (q *quiet) says(kind game.EventKind, seat int) {
	q.gate.mu.Lock()
	r := q.gate.rooms[q.match]
	q.gate.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := game.Table{Away: slices.Clone(r.presence.shown)}
	t.Seats, t.Away[seat] = r.now.Seats, kind == game.EventGone
	r.presence.notice(&t)
	r.look()
}

const moment = time.Millisecond

func TestWhoIsAwayIsGoneAfterAWhile(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		a, b := q.comes(q.ann), q.comes(q.bob)
		second := q.comes(q.bob)
		q.after(time.Minute)
		q.leaves(b)
		q.after(time.Minute) // another tab is open
		q.leaves(second)
		q.after(wire.GoneAfter - moment)
		q.after(moment, "1 false")
		q.says(game.EventGone, 1)
		q.after(time.Hour) // once is enough

		b = q.comes(q.bob)
		q.after(0, "1 true")
		q.says(game.EventBack, 1)
		q.leaves(b)
		q.after(wire.GoneAfter - moment)
		b = q.comes(q.bob) // a reload is no absence
		q.after(time.Hour)
		q.leaves(a)
		q.leaves(b)
		q.after(time.Hour) // nobody is there to see it
		if n := q.gate.census().rooms; n != 0 {
			t.Errorf("%d rooms are left", n)
		}
	})
}

// Whoever has not been seen since the room opened counts as having left just then.
func TestAllCountAsJustLeftAfterAStart(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		q.after(time.Hour)
		q.comes(q.guest("Cat"))
		q.after(wire.GoneAfter - moment)
		q.comes(q.bob)
		q.after(moment, "0 false")
		q.says(game.EventGone, 0)
		q.after(time.Hour)
	})
}

// Who comes back while nobody else is there is back when somebody comes to see it.
func TestBackIsForOthers(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		a := q.comes(q.ann)
		q.after(wire.GoneAfter, "1 false")
		q.says(game.EventGone, 1)
		q.leaves(a)
		q.comes(q.bob) // within the room's linger
		q.after(moment)
		q.comes(q.ann)
		q.after(0, "1 true")
		q.says(game.EventBack, 1)
		q.after(time.Hour)
	})
}

// What the match was told and has not shown got lost: it is told again, but not in a hurry.
func TestPresenceThatGotLostIsToldAgain(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		q.comes(q.ann)
		q.after(wire.GoneAfter, "1 false")
		q.comes(q.guest("Cat")) // a reason to look is none to repeat
		q.after(wire.GoneAfter - moment)
		q.after(moment, "1 false")
		b := q.comes(q.bob)
		q.after(time.Minute)
		q.says(game.EventGone, 1) // it comes late
		q.after(0, "1 true")
		q.says(game.EventBack, 1)
		q.leaves(b)
		q.after(wire.GoneAfter, "1 false")
	})
}

// Only while a game is played; and a bot is always there.
func TestPresenceIsForGamesUnderWay(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		made, err := q.Create(q.t.Context(), q.ann.Player, game.NewMatch{Game: "tictactoe", Seats: []string{"open"}}, "")
		q.must(err)
		q.match = made.ID
		q.comes(q.ann)
		q.after(time.Hour)
		_, err = q.Join(q.t.Context(), made.ID, q.bob.Player)
		q.must(err)
		q.after(wire.GoneAfter - moment)
		q.after(moment, "1 false")
		done := make(chan error, 1)
		q.Command(made.ID, q.bob.ID, "r", game.Command{Kind: game.CommandAct, Act: game.ActResign}, func(_ game.Ack, err error) { done <- err })
		q.must(<-done)
		q.after(time.Minute)

		made, err = q.Create(q.t.Context(), q.ann.Player, game.NewMatch{Game: "tictactoe", Seats: []string{"bot:1"}}, "")
		q.must(err)
		q.match = made.ID
		q.comes(q.ann)
		q.after(time.Hour)
	})
}

// A claim carries who has been away for how long; what is too early says when it no longer is.
func TestAClaimTellsWhoIsAway(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		if list, wait := q.gate.absent(q.match); list != nil || wait != retryTooEarly {
			t.Errorf("nobody watches: %v, %v", list, wait)
		}
		a, b := q.comes(q.ann), q.comes(q.bob)
		if list, _ := q.gate.absent(q.match); list != nil {
			t.Errorf("all are here: %v", list)
		}
		q.leaves(b)
		time.Sleep(12 * time.Second)
		q.desk.set(func() {
			q.desk.command = func(_ func(), done func(game.Ack, error)) {
				done(game.Ack{}, &game.Refusal{Code: game.CodeTooEarly, Message: "Not yet"})
			}
		})
		a.conn.act(wire.Act{ID: "k", Match: q.match, Act: wire.ActClaim})
		want := game.Command{Kind: game.CommandAct, Act: game.ActClaim, Absent: []game.Absence{{Seat: 1, For: 12_000}}}
		if got := q.desk.commands[len(q.desk.commands)-1]; !slices.Equal(got.Absent, want.Absent) || got.Act != want.Act || got.Kind != want.Kind {
			t.Errorf("the desk gets %+v", got)
		}
		data, _, _, _ := a.conn.out.take(nil)
		f, err := wire.DecodeServer(data[2:])
		q.must(err)
		if n, ok := f.(wire.Nack); !ok || n.Code != wire.CodeTooEarly || n.Retry != 18_000 {
			t.Errorf("the answer is %s", data)
		}
	})
}

// With a match that hears: what it makes of it are events, once each, also for a room that opens later; and a claim.
func TestPresenceBecomesEvents(t *testing.T) {
	inQuiet(t, setup{}, func(q *quiet) {
		q.desk.deaf = false
		var told []string
		hear := func(want ...string) {
			q.t.Helper()
			synctest.Wait()
			list, err := q.Events(q.match, uint64(3+len(told)), 100)
			q.must(err)
			var got []string
			for _, e := range list {
				got = append(got, fmt.Sprint(e.Kind, e.Seat))
			}
			if !slices.Equal(got, want) {
				q.t.Errorf("the events are %q, not %q", got, want)
			}
			told = append(told, got...)
		}
		a, b := q.comes(q.ann), q.comes(q.bob)
		q.leaves(b)
		time.Sleep(wire.GoneAfter)
		hear("gone1")
		b = q.comes(q.bob)
		hear("back1")
		q.leaves(b)
		time.Sleep(wire.GoneAfter)
		hear("gone1")
		q.leaves(a)
		time.Sleep(time.Hour) // the room is gone; what the match has said stays
		q.comes(q.bob)
		hear()
		q.comes(q.guest("Cat"))
		hear("back1")

		claim := func(id string, p guest) error {
			list, _ := q.gate.absent(q.match)
			done := make(chan error, 1)
			q.Command(q.match, p.ID, id, game.Command{Kind: game.CommandAct, Act: game.ActClaim, Absent: list}, func(_ game.Ack, err error) { done <- err })
			return <-done
		}
		time.Sleep(wire.GoneAfter)
		hear("gone0")
		var refusal *game.Refusal
		if err := claim("early", q.bob); !errors.As(err, &refusal) || refusal.Code != game.CodeTooEarly {
			q.t.Errorf("a claim too early: %v", err)
		}
		time.Sleep(wire.ClaimAfter - wire.GoneAfter)
		q.must(claim("late", q.bob))
		hear("ended0")
	})
}
