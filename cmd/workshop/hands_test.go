package workshop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

// guest is who sits at the browser: a client of its protocol.
type guest struct {
	mu     sync.Mutex
	match  string
	client *bot.Client
	view   bot.View
	phase  int64 // at the last move
	acked  []string
	told   chan struct{} // something has changed
}

var _ bot.Handler = (*guest)(nil)

// playBot begins a match of the step's game against the bot, and makes a move.
func (g *guest) playBot(p *player) {
	p.t.Helper()
	game := "tictactoe"
	if strings.HasSuffix(p.text.step, "nim") {
		game = "nim"
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.t.Cleanup(cancel)
	api := &bot.API{URL: "http://" + p.addr}
	who, err := api.NewPlayer(ctx, "Guest")
	if err != nil {
		p.t.Fatal(err)
	}
	if g.match, err = api.Create(ctx, who, bot.MatchSpec{Game: game, Seats: []string{"bot:2"}}, "first"); err != nil {
		p.t.Fatal(err)
	}
	g.told = make(chan struct{}, 1)
	g.client = bot.NewClient(bot.Options{URL: api.URL, Token: who.Token, Handler: g, Rand: rand.New(rand.NewPCG(1, 2))})
	ended := make(chan error, 1)
	go func() { ended <- g.client.Run(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
	})
	g.client.Watch(g.match, true)
	g.move(p)
	g.until(p, "the move is acknowledged", func() bool { return len(g.acked) == 1 })
	g.until(p, "the bot has answered", func() bool { return len(g.view.Moves) > 0 && g.view.Phase > g.phase })
}

// move makes the first move that there is.
func (g *guest) move(p *player) {
	p.t.Helper()
	var move string
	g.until(p, "it is the guest's turn", func() bool {
		if len(g.view.Moves) > 0 {
			move, g.phase = g.view.Moves[0], g.view.Phase
		}
		return move != ""
	})
	g.client.Move(g.match, move, wire.Optional{})
}

// moveAnyway makes a move while no server is there.
func (g *guest) moveAnyway(p *player) {
	p.t.Helper()
	g.move(p)
	if g.client.Waiting() != 1 {
		p.t.Errorf("%d moves wait for the server", g.client.Waiting())
	}
}

// playedOnce wants the move that waited to be in the record, once.
func (g *guest) playedOnce(p *player) {
	p.t.Helper()
	g.until(p, "the move that waited is acknowledged", func() bool { return len(g.acked) == 2 })
	record, err := (&bot.API{URL: "http://" + p.addr}).Record(context.Background(), g.match, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	mine := []string{}
	for _, m := range record.Moves {
		if m.Seat == 0 {
			mine = append(mine, m.Move)
		}
	}
	if strings.Join(mine, " ") != strings.Join(g.acked, " ") {
		p.t.Errorf("the record has the moves %v, and %v were acknowledged", mine, g.acked)
	}
}

// until waits for something that the server tells.
func (g *guest) until(p *player, what string, is func() bool) {
	p.t.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		yes := is()
		g.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-g.told:
		case <-late:
			p.t.Fatalf("not after %s: %s", patience, what)
		}
	}
}

func (g *guest) tell(change func()) error {
	g.mu.Lock()
	change()
	g.mu.Unlock()
	select {
	case g.told <- struct{}{}:
	default: // it looks at all of it in any case
	}
	return nil
}

// Synced is of bot.Handler.
func (g *guest) Synced(m *bot.Watched) error { return g.tell(func() { g.view = m.View }) }

// Event is of bot.Handler.
func (g *guest) Event(m *bot.Watched, _ wire.Ev) error { return g.Synced(m) }

// Acked is of bot.Handler.
func (g *guest) Acked(c bot.Command, _ int64) error {
	return g.tell(func() { g.acked = append(g.acked, c.Move) })
}

// Nacked is of bot.Handler.
func (g *guest) Nacked(c bot.Command, n wire.Nack) error {
	return fmt.Errorf("the move %s is refused: %s", c.Move, n.Msg)
}
