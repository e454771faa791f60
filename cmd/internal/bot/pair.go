package bot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// PairOptions say who plays what.
type PairOptions struct {
	API   *API
	Name  string // of the pair: its players and idempotency keys are called after it
	Game  string
	Games int           // in each match
	Think time.Duration // mean time before a move
	Seed  uint64
	// Cut and Live are those of [Options], told of both players' connections.
	Cut, Live func(player int)
}

// Pair is two players who play one match after the other, by random legal moves. Each has a connection of its own.
type Pair struct {
	o       PairOptions
	players [2]Player
	seats   [2]*seat
	clients [2]*Client
	matches int
}

// Played is a match as its two players know it.
type Played struct {
	Match string
	Game  string
	Games int
	Acked []Moved    // by either, in order
	From  [2]int64   // each has seen all events after this one
	Seen  [2][]Moved // by each: what the events said
	Ended []int64    // the event that ended each game
}

// NewPair makes the players.
func NewPair(ctx context.Context, o PairOptions) (*Pair, error) {
	p := &Pair{o: o}
	for i := range p.players {
		var err error
		if p.players[i], err = o.API.NewPlayer(ctx, fmt.Sprintf("%s %d", o.Name, i)); err != nil {
			return nil, err
		}
		random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, uint64(i)<<8|stream)) }
		s := &seat{number: i, rand: random(1), think: o.Think}
		options := Options{URL: o.API.URL, Token: p.players[i].Token, Handler: s, Rand: random(2)}
		if o.Cut != nil {
			options.Cut = func() { o.Cut(i) }
		}
		if o.Live != nil {
			options.Live = func() { o.Live(i) }
		}
		s.client = NewClient(options)
		p.seats[i], p.clients[i] = s, s.client
	}
	return p, nil
}

// Run holds the two connections until the context ends, then gives nil, or until one fails.
func (p *Pair) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(p.clients))
	for _, c := range p.clients {
		go func() { errs <- c.Run(ctx) }()
	}
	err := <-errs
	cancel()
	if other := <-errs; err == nil {
		err = other
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", p.o.Name, err)
	}
	return err
}

// Play plays the next match to its end, while Run runs.
func (p *Pair) Play(ctx context.Context) (Played, error) {
	p.matches++
	match, err := p.o.API.NewMatch(ctx, p.players[0], p.o.Game, fmt.Sprintf("%s match %d", p.o.Name, p.matches))
	if err != nil {
		return Played{}, err
	}
	var done [2]<-chan struct{}
	for i := range p.seats {
		done[i] = p.seats[i].sit(match, p.o.Games)
	}
	p.clients[0].Watch(match, true) // before there is an opponent: it sees every event
	if _, err := p.o.API.Join(ctx, p.players[1], match); err != nil {
		return Played{}, err
	}
	p.clients[1].Watch(match, false)
	for i := range done {
		select {
		case <-done[i]:
		case <-ctx.Done():
			return p.Now(), fmt.Errorf("%s: match %s is not over: %w; %s", p.o.Name, match, ctx.Err(), p.stuck(i))
		}
	}
	for _, c := range p.clients {
		c.Unwatch(match)
	}
	return p.Now(), nil
}

// stuck says what a seat waits for.
func (p *Pair) stuck(i int) string {
	s := p.seats[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("seat %d: game %d of %d, %d moves seen, %d commands unanswered, thinking %t",
		i, s.game, s.games, len(s.seen), s.client.Waiting(), s.thinking)
}

// Now is the match that is being played, or was last, as far as it is known.
func (p *Pair) Now() Played {
	played := Played{Game: p.o.Game, Games: p.o.Games}
	for i, s := range p.seats {
		s.mu.Lock()
		played.Match = s.match
		played.Acked = append(played.Acked, s.acked...)
		played.From[i], played.Seen[i] = s.from, slices.Clone(s.seen)
		if i == 0 {
			played.Ended = slices.Clone(s.ended)
		}
		s.mu.Unlock()
	}
	slices.SortFunc(played.Acked, func(a, b Moved) int { return int(a.Seq - b.Seq) })
	return played
}

// Repeat has both players send an acked command again.
func (p *Pair) Repeat() {
	for _, c := range p.clients {
		c.Repeat()
	}
}

// Repeated is how many acked commands were sent again and got the same answer.
func (p *Pair) Repeated() int { return p.clients[0].Repeated() + p.clients[1].Repeated() }
