package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/everturn/everturn/game"
)

type seedCommand struct {
	Games int `env:"-" default:"100" placeholder:"N" help:"How many games to play (default ${default})."`
}

// seedNames are the players that a seed brings along. Every other one plays better than chance, so that the ratings say
// something.
var seedNames = []string{
	"Ada", "Alan", "Barbara", "Claude", "Donald", "Edsger", "Frances", "Grace", "Hedy", "John", "Katherine", "Leslie", "Margaret", "Niklaus", "Radia", "Tony",
}

// seedTables is how many games are played at once: enough for commits that carry many moves.
const seedTables = 32

// Run plays finished games into the data directory: all kinds in turn, rated where they can be, by players of their own.
// What is there already stays.
func (c *seedCommand) Run(ctx context.Context, s *settings, io streams) error {
	if c.Games < 1 || c.Games > 1_000_000 {
		return fmt.Errorf("--games: %d is not from 1 to 1000000", c.Games)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	e, err := openEngine(s, newLogger(s, io.err))
	if err != nil {
		return err
	}
	began := time.Now()
	sd := &seeder{engine: e}
	err = sd.play(ctx, c.Games, io.out)
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped; what was played so far is there")
	}
	played := sd.done.Load()
	io.out.say("%d games of %d players are in %s, in %.1f s.\n", played, len(sd.players), mustAbs(s.Data), time.Since(began).Seconds())
	return errors.Join(err, e.Close())
}

// seeder plays games at the desk, as people do: each sees its own view only.
type seeder struct {
	*engine
	players []game.Player
	done    atomic.Int64
}

func (s *seeder) play(ctx context.Context, games int, out printer) error {
	for _, name := range seedNames {
		p, _, err := s.desk.Register(ctx, name)
		if err != nil {
			return err
		}
		s.players = append(s.players, p)
	}
	tables, ctx := errgroup.WithContext(ctx)
	tables.SetLimit(seedTables)
	told := time.Now()
	for n := range games {
		if ctx.Err() != nil {
			break
		}
		tables.Go(func() error { return s.playOne(ctx, n) }) // waits while all tables are taken
		if time.Since(told) > 2*time.Second {
			told = time.Now()
			out.say("%d of %d games\n", s.done.Load(), games)
		}
	}
	return tables.Wait()
}

// playOne plays game number n to its end.
func (s *seeder) playOne(ctx context.Context, n int) error {
	infos := s.desk.Games.Infos()
	info := infos[n%len(infos)]
	rules, err := s.desk.Games.Get(info.ID)
	if err != nil {
		return err
	}
	here := s.seats(n)
	made, err := s.desk.Create(ctx, s.players[here[0]], game.NewMatch{Game: info.ID, Seats: []string{"open"}, Rated: !info.Coop}, "")
	if err != nil {
		return err
	}
	if _, err := s.desk.Join(ctx, made.ID, s.players[here[1]]); err != nil {
		return err
	}
	for turn := 0; ; turn++ {
		over, err := s.moveOnce(ctx, rules, made.ID, here, turn)
		if err != nil {
			return fmt.Errorf("a game of %s: %w", info.ID, err)
		}
		if over {
			s.done.Add(1)
			return nil
		}
	}
}

// seats are the two players of game n: everybody meets everybody.
func (s *seeder) seats(n int) [2]int {
	first, step := n%len(s.players), 1+n/len(s.players)%(len(s.players)-1)
	return [2]int{first, (first + step) % len(s.players)}
}

// moveOnce lets each seat that owes a move make it.
func (s *seeder) moveOnce(ctx context.Context, rules game.Rules, match string, here [2]int, turn int) (over bool, err error) {
	summary, seq, err := s.desk.Match(match)
	if err != nil || summary.State == game.StateFinished || summary.State == game.StateVoid {
		return true, err
	}
	for seat, who := range here {
		view, err := s.desk.Position(match, s.players[who].ID, seq, nil, false)
		if err != nil {
			return false, err
		}
		var seen struct{ Actors []int }
		if err := json.Unmarshal(view.View, &seen); err != nil {
			return false, err
		}
		if !slices.Contains(seen.Actors, seat) {
			continue
		}
		strength := game.Weakest
		if who%2 == 1 {
			strength = game.Medium
		}
		// The match's id makes chance another one in each game, and each view is another question.
		move, err := rules.Bot(view.View, seat, strength, game.Seed([]byte(fmt.Sprintf("%-32.32s", match))).Derive("seed "+strconv.Itoa(turn), seat))
		if err == nil {
			err = s.command(ctx, match, s.players[who].ID, strconv.Itoa(turn)+"-"+strconv.Itoa(seat), move)
		}
		if err != nil {
			return false, err
		}
	}
	return false, ctx.Err()
}

// command makes a move and waits for its ack.
func (s *seeder) command(ctx context.Context, match, player, id, move string) error {
	acked := make(chan error, 1)
	s.desk.Command(match, player, id, game.Command{Kind: game.CommandMove, Move: move}, func(_ game.Ack, err error) { acked <- err })
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
