package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
)

// table is a match with two bots. It plays one game after the other: after each, both want a rematch.
type table struct {
	o       *Options
	game    string
	match   string
	players [2]*player

	// When the last move of each seat was sent, or was meant to be, in nanoseconds since the epoch: the other seat, and
	// watchers, see how long it took to come to them.
	sent [2]atomic.Int64

	held    atomic.Bool // no move yet
	closing atomic.Bool // no move and no rematch any more
	turns   chan<- turn // open loop: where moves go that can be made; nil in closed loop

	mu    sync.Mutex
	games []played
}

// played is a game that is over, as a seat has seen all of it.
type played struct {
	n     int
	ended int64    // the event
	moves [2]moves // of each seat, as the seat itself knows them
	whole [2]bool  // that seat has missed nothing
}

// moves are a sum over the moves of a seat.
type moves struct {
	count int
	sum   uint64
}

func (m *moves) add(seq int64, move string) {
	h := uint64(14695981039346656037) ^ m.sum // FNV-1a, chained
	for range 8 {
		h = (h ^ uint64(seq&0xff)) * 1099511628211
		seq >>= 8
	}
	for i := range len(move) {
		h = (h ^ uint64(move[i])) * 1099511628211
	}
	m.count, m.sum = m.count+1, h
}

// openTable makes two players and their match, and connects them, for as long as the hall is open. Prepare, if there is
// one, is called before anybody can play.
func openTable(ctx context.Context, h *hall, n int, prepare func(*table)) (*table, error) {
	o := h.o
	t := &table{o: o, game: o.Play[n%len(o.Play)]}
	t.held.Store(o.Ramp == 0)
	if prepare != nil {
		prepare(t)
	}
	for i := range t.players {
		p, err := o.API.NewPlayer(ctx, fmt.Sprintf("Bot %d", 2*n+i+1))
		if err != nil {
			return nil, err
		}
		random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed+uint64(n), uint64(i)<<8|stream)) }
		t.players[i] = &player{table: t, who: p, seat: i, rand: random(1), think: o.Think}
		t.players[i].client = bot.NewClient(o.client(p.Token, t.players[i], random(2)))
	}
	var err error
	spec := bot.MatchSpec{Game: t.game, Rated: o.Rated, Private: true}
	if t.match, err = o.API.Create(ctx, t.players[0].who, spec, fmt.Sprintf("%s match %d", o.Name, n)); err != nil {
		return nil, err
	}
	for _, p := range t.players {
		p.client.Watch(t.match, true)
		h.running.Go(func() {
			if err := p.client.Run(h.life); err != nil {
				o.Recorder.Failed("a connection ended for good")
				o.Log("match %s, seat %d: %v", t.match, p.seat, err)
			}
		})
	}
	_, err = o.API.Join(ctx, t.players[1].who, t.match)
	return t, err
}

// client is how all connections are made: what they see is recorded.
func (o *Options) client(token string, h bot.Handler, random *rand.Rand) bot.Options {
	r := o.Recorder
	var cut atomic.Int64
	return bot.Options{
		URL: o.API.URL, Token: token, Handler: h, Rand: random,
		Breach: func(b *bot.Breach) { r.Fault(faultOf(b.Promise), b.What) },
		Opened: func(d time.Duration) { r.Connected(d); r.Bots(1) },
		Closed: func(code int) { r.Close(code); r.Bots(-1) },
		Cut:    func() { cut.CompareAndSwap(0, time.Now().UnixNano()) },
		Live: func() {
			if at := cut.Swap(0); at != 0 {
				r.Back(time.Duration(time.Now().UnixNano() - at))
			}
		},
		Refused: func(error) { r.Failed("a dial was refused") },
		Traffic: r.Bytes,
	}
}

func faultOf(p bot.Promise) measure.Fault {
	switch p {
	case bot.NoGap:
		return measure.Gap
	case bot.NoStep:
		return measure.Repeat
	case bot.NoLoss:
		return measure.Lost
	}
	return measure.Broken
}

// release lets the players begin.
func (t *table) release() {
	t.held.Store(false)
	for _, p := range t.players {
		p.again()
	}
}

// close lets the moves that are under way come to their end, and no other begin.
func (t *table) close() { t.closing.Store(true) }

// quiet says whether every command has its answer, and every answer its event.
func (t *table) quiet() bool {
	for _, p := range t.players {
		if !p.quiet() {
			return false
		}
	}
	return true
}

// unanswered counts the commands that have no answer at the end.
func (t *table) unanswered() {
	for _, p := range t.players {
		for range p.client.Waiting() {
			t.o.Recorder.Failed("a command without an answer at the end")
		}
	}
}

// over notes what a seat knows of a game that is over.
func (t *table) over(seat, n int, ended int64, m moves, whole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := len(t.games) - 1
	for i >= 0 && t.games[i].n != n {
		i--
	}
	if i < 0 {
		i = len(t.games)
		t.games = append(t.games, played{n: n})
		t.o.Recorder.Match(measure.Finished)
	}
	g := &t.games[i]
	if g.ended != 0 && ended != 0 && g.ended != ended {
		t.o.Recorder.Fault(measure.OutOfOrder, fmt.Sprintf("match %s: game %d ended with event %d, and with event %d", t.match, n, g.ended, ended))
	}
	g.ended = max(g.ended, ended)
	g.moves[seat], g.whole[seat] = m, whole
}
