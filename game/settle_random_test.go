package game_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// TestRandomRatedGames plays a thousand rated games, several at once, of a few
// people against each other, with rematches, renamings, and people who give up,
// some before they have moved. Each game that counts is settled exactly once, and
// everybody agrees on what came of it.
func TestRandomRatedGames(t *testing.T) {
	h := openHouse(t)
	r := newRatedPlay(h, 12)
	games := 1000
	if testing.Short() {
		games = 150
	}
	r.play(games, 8)
	h.audit(ratedGames, r.matches, r.people...)
}

// TestRandomRatedGamesUnderFaults is the same while commits fail in every way
// and the server starts again and again, in the middle of settlements too.
func TestRandomRatedGamesUnderFaults(t *testing.T) {
	for seed := range runs(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := openHouse(t)
			h.level = zerolog.Disabled // the failures are wanted
			h.restart()
			r := newRatedPlay(h, 4)
			r.faults = rand.New(rand.NewPCG(seed, 9))
			for range 4 {
				r.play(8, 4)
				h.restart() // while the last games are being settled
			}
			h.audit(ratedGames, r.matches, r.people...)
		})
	}
}

var ratedGames = []string{"tictactoe", "connect4"}

// ratedPlay is a club whose members play each other.
type ratedPlay struct {
	h      *house
	people []game.Player
	faults *rand.Rand // where commits fail

	mu      sync.Mutex
	matches []string
}

func newRatedPlay(h *house, people int) *ratedPlay {
	r := &ratedPlay{h: h}
	for n := range people {
		r.people = append(r.people, h.player(fmt.Sprint("Player ", n)))
	}
	return r
}

// play plays so many games, at most so many at once.
func (r *ratedPlay) play(games, at int) {
	r.h.t.Helper()
	first := len(r.matches)
	var tables sync.WaitGroup
	for table := range at {
		tables.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(first), uint64(table)))
			for n := table; n < games; {
				n += at * r.match(rnd, (games-n+at-1)/at)
			}
		})
	}
	tables.Wait()
}

// match plays a match of one to three games, at most limit, and says how many.
func (r *ratedPlay) match(rnd *rand.Rand, limit int) (games int) {
	i := rnd.IntN(len(r.people))
	j := (i + 1 + rnd.IntN(len(r.people)-1)) % len(r.people)
	people := []game.Player{r.people[i], r.people[j]}
	in := game.NewMatch{Game: ratedGames[rnd.IntN(2)], Rated: rnd.IntN(10) > 0}
	key := fmt.Sprint(rnd.Uint64())
	var id string
	r.insist(rnd, func() error {
		made, err := r.h.Create(ctx, people[0], in, key)
		id = made.ID
		return err
	})
	r.insist(rnd, func() error { _, err := r.h.Join(ctx, id, people[1]); return err })
	r.mu.Lock()
	r.matches = append(r.matches, id)
	r.mu.Unlock()
	for games < limit && games < 1+rnd.IntN(3) {
		games++
		if games > 1 {
			for _, p := range people {
				r.ask(rnd, id, p, game.Command{Kind: game.CommandAct, Act: game.ActRematch})
			}
		}
		r.game(rnd, id, games, people)
	}
	return games
}

// game plays game n of a match to its end.
func (r *ratedPlay) game(rnd *rand.Rand, id string, n int, people []game.Player) {
	var f *game.Follower
	r.insist(rnd, func() (err error) { f, err = r.h.Follow(ctx, id); return err })
	defer func() { f.Close() }()
	next := func() {
		r.insist(rnd, func() error {
			_, err := f.Next(ctx)
			if errors.Is(err, orchestrator.ErrSlow) { // as a room does: follow again
				f.Close()
				r.insist(rnd, func() (err error) { f, err = r.h.Follow(ctx, id); return err })
				return nil
			}
			return err
		})
	}
	for f.Table.N < n || !f.Table.Over() {
		if f.Table.N < n || f.Table.State != game.StatePlaying {
			next()
			continue
		}
		seat := f.Table.Actors()[0]
		c := game.Command{Kind: game.CommandAct, Act: game.ActResign}
		if rnd.IntN(25) > 0 {
			moves := f.Table.Position.Moves(seat)
			c = game.Command{Kind: game.CommandMove, Move: moves[rnd.IntN(len(moves))]}
		}
		ack := r.ask(rnd, id, people[seat], c)
		for f.Table.Seq < ack.Seq {
			next()
		}
	}
	if rnd.IntN(5) == 0 {
		name := fmt.Sprint("Player ", rnd.IntN(1000))
		r.insist(rnd, func() error { _, err := r.h.Rename(ctx, people[0].ID, name); return err })
	}
}

// ask asks until the outcome is known.
func (r *ratedPlay) ask(rnd *rand.Rand, id string, p game.Player, c game.Command) (ack game.Ack) {
	key := fmt.Sprint(rnd.Uint64())
	r.insist(rnd, func() (err error) { ack, err = r.h.do(id, p, key, c); return err })
	return ack
}

// insist does something again until it is done, with commits that fail on the
// way. What is refused is a mistake of the test.
func (r *ratedPlay) insist(rnd *rand.Rand, do func() error) {
	r.h.t.Helper()
	r.fail()
	err := do()
	var refused *game.Refusal
	for end := time.Now().Add(time.Minute); err != nil && r.faults != nil && !errors.As(err, &refused) && time.Now().Before(end); {
		runtime.Gosched()
		err = do()
	}
	if err != nil {
		r.h.t.Error(err)
		panic(err)
	}
}

// fail has one of the next commits fail, now and then.
func (r *ratedPlay) fail() {
	if r.faults == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults.IntN(6) == 0 {
		outcome := []memstore.Outcome{memstore.Untold, memstore.Lost, memstore.Refused}[r.faults.IntN(3)]
		r.h.store.FailCommit(1+r.faults.IntN(6), outcome)
	}
}
