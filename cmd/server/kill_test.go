package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/game"
)

var (
	kills    = flag.Int("kills", 20, "how often TestKill kills the server (3 with -short, unless given, and with fewer players)")
	killSeed = flag.Uint64("kill.seed", 0, "the seed of TestKill's bots and moments; 0 draws one")
)

const (
	killPairs = 100
	// killMoves is the least number of acknowledged moves for each kill: 10,000 for the 20 kills of an ordinary run.
	killMoves = 500
	// killThink is the mean time that a bot thinks, so that the moves are spread over the kills.
	killThink = 60 * time.Millisecond
	// killTail is how long the last matches may take to end after the last restart.
	killTail = 60 * time.Second
)

// TestKill plays many matches at once against a real server on a real database, and kills it again and again. Whatever
// was acknowledged has to be there once, in order, where the ack said; every match has to end.
//
// This is the death of a process: what it wrote survives in the kernel. That a power loss takes nothing acknowledged is
// the business of fsync before the ack (badgerstore), and of the simulation, whose store forgets.
func TestKill(t *testing.T) {
	n, pairs := *kills, killPairs
	if testing.Short() && !flagGiven("kills") {
		n, pairs = 3, killPairs/4
	}
	seed := *killSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-kill.seed=%d", seed)
	k := newKillRun(t, seed, pairs)
	for i := range n {
		k.liveFor(time.Duration(300+k.rand.IntN(2200)) * time.Millisecond)
		k.strike(i)
	}
	k.liveUntil(n * killMoves)
	k.finish()
	k.report(n)
}

func flagGiven(name string) (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// killRun is one run of TestKill.
type killRun struct {
	t      *testing.T
	rand   *rand.Rand
	data   string
	server *child
	api    *bot.API
	pairs  []*bot.Pair
	ctx    context.Context
	cancel context.CancelCauseFunc

	stopping atomic.Bool // pairs play their match to its end and begin no other
	playing  sync.WaitGroup
	running  sync.WaitGroup

	mu      sync.Mutex
	played  []bot.Played
	moves   int // acked, in the matches that are over
	readyAt time.Time
	cuts    map[[2]int]time.Time // of players who are not live
	toLive  []time.Duration      // from the cut
	ready   []time.Duration      // from the start of a process
	first   []time.Duration      // from ready to live
	sampled int
}

func newKillRun(t *testing.T, seed uint64, pairs int) *killRun {
	k := &killRun{t: t, rand: rand.New(rand.NewPCG(seed, 0)), data: newData(t), cuts: map[[2]int]time.Time{}}
	ctx, cancel := context.WithCancelCause(t.Context())
	k.ctx, k.cancel = ctx, cancel
	t.Cleanup(func() { cancel(nil); k.running.Wait() })
	k.start("127.0.0.1:0")
	k.api = &bot.API{URL: k.server.url}
	for i := range pairs {
		g := []string{"tictactoe", "connect4"}[i%2]
		pair, err := bot.NewPair(ctx, bot.PairOptions{
			API: k.api, Name: fmt.Sprintf("Pair %d", i), Game: g, Games: 3 - i%2, Think: killThink, Seed: seed + uint64(i),
			Cut:  func(player int) { k.cut([2]int{i, player}) },
			Live: func(player int) { k.live([2]int{i, player}) },
		})
		if err != nil {
			t.Fatal(err)
		}
		k.pairs = append(k.pairs, pair)
		k.running.Go(func() { k.fail(pair.Run(ctx)) })
		k.playing.Go(func() { k.play(pair) })
	}
	return k
}

// fail ends the run; the first error is why.
func (k *killRun) fail(err error) {
	if err != nil {
		k.cancel(err)
	}
}

// start starts the server, always on the port of the first time.
func (k *killRun) start(addr string) {
	k.server = startServer(k.t, k.data, "--addr", addr, "--durability", "sync", "--rate-limit", "off", "--log-level", "warn")
	k.mu.Lock()
	defer k.mu.Unlock()
	k.readyAt = time.Now()
	k.ready = append(k.ready, k.server.ready)
}

// play plays one match after the other; each is compared with its records as soon as it is over.
func (k *killRun) play(p *bot.Pair) {
	for !k.stopping.Load() && k.ctx.Err() == nil {
		played, err := p.Play(k.ctx)
		if err == nil {
			err = checkMatch(k.ctx, k.api, played)
		}
		if err != nil {
			k.fail(err)
			return
		}
		k.mu.Lock()
		k.played = append(k.played, played)
		k.moves += len(played.Acked)
		k.mu.Unlock()
	}
}

// liveFor lets the players play.
func (k *killRun) liveFor(d time.Duration) {
	select {
	case <-k.ctx.Done():
		k.stop()
	case <-time.After(d):
	}
}

func (k *killRun) stop() {
	k.t.Helper()
	if k.t.Context().Err() == nil {
		k.t.Logf("the server says:\n%s", k.server.log.String())
	}
	k.t.Fatal(context.Cause(k.ctx))
}

// liveUntil lets the players play until enough was acked.
func (k *killRun) liveUntil(moves int) {
	for {
		k.mu.Lock()
		enough := k.moves >= moves
		k.mu.Unlock()
		if enough {
			return
		}
		k.liveFor(50 * time.Millisecond)
	}
}

// strike kills the server, starts it again, and looks whether what some pairs were told before is there.
func (k *killRun) strike(i int) {
	k.t.Helper()
	port := strings.TrimPrefix(k.server.url, "http://")
	for _, p := range k.pairs {
		if k.rand.IntN(2) == 0 {
			p.Repeat() // so that some repetitions are on their way when the server dies
		}
	}
	k.server.kill()
	told := make([]bot.Played, len(k.pairs))
	for i, p := range k.pairs {
		told[i] = p.Now()
	}
	k.start(port)
	for _, n := range k.rand.Perm(len(told))[:10] {
		if err := checkTold(k.ctx, k.api, told[n]); err != nil {
			k.t.Fatalf("after kill %d: %v", i+1, err)
		}
		k.sampled += len(told[n].Acked)
	}
	for _, p := range k.pairs {
		p.Repeat()
	}
}

// finish lets all matches end, and compares every one with its records once more: later kills must not have changed it.
func (k *killRun) finish() {
	k.stopping.Store(true)
	over := make(chan struct{})
	go func() { k.playing.Wait(); close(over) }()
	select {
	case <-over:
	case <-time.After(killTail):
		k.cancel(fmt.Errorf("some matches have not ended within %s", killTail))
		<-over
	}
	if k.ctx.Err() != nil {
		k.stop()
	}
	for _, played := range k.played {
		if err := checkMatch(k.ctx, k.api, played); err != nil {
			k.t.Fatalf("at the end: %v", err)
		}
	}
}

func (k *killRun) report(n int) {
	repeated := 0
	for _, p := range k.pairs {
		repeated += p.Repeated()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.moves < n*killMoves || repeated < n {
		k.t.Errorf("%d moves and %d repeated ids are too few to say anything", k.moves, repeated)
	}
	p50, p99 := percentiles(k.toLive)
	first50, first99 := percentiles(k.first)
	ready50, _ := percentiles(k.ready)
	readyMax := slices.Max(k.ready)
	k.t.Logf("%d kills, %d matches, %d moves acknowledged, 0 lost, 0 doubled (%d looked at right after a restart, all twice at the end); %d repeated ids got their ack",
		n, len(k.played), k.moves, k.sampled, repeated)
	k.t.Logf("cut to live p50 %s, p99 %s; ready to live p50 %s, p99 %s; start to ready p50 %s, max %s",
		p50, p99, first50, first99, ready50.Round(time.Millisecond), readyMax.Round(time.Millisecond))
}

func (k *killRun) cut(who [2]int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, away := k.cuts[who]; !away {
		k.cuts[who] = time.Now()
	}
}

func (k *killRun) live(who [2]int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if cut, away := k.cuts[who]; away {
		k.toLive = append(k.toLive, time.Since(cut))
		if k.readyAt.After(cut) {
			k.first = append(k.first, time.Since(k.readyAt))
		}
		delete(k.cuts, who)
	}
}

func percentiles(d []time.Duration) (p50, p99 time.Duration) {
	if len(d) == 0 {
		return 0, 0
	}
	slices.Sort(d)
	return d[len(d)/2].Round(time.Millisecond), d[len(d)*99/100].Round(time.Millisecond)
}

// checkTold compares what a pair was told with the records: each acked move is there, at its number, once. There may be
// more: moves whose ack was lost.
func checkTold(ctx context.Context, api *bot.API, p bot.Played) error {
	if len(p.Acked) == 0 {
		return nil
	}
	recorded, err := records(ctx, api, p)
	if err != nil {
		return err
	}
	at := map[int64]bot.Moved{}
	for _, r := range recorded {
		for _, m := range r.Moves {
			if _, twice := at[m.Seq]; twice {
				return fmt.Errorf("match %s: event %d is in the records twice", p.Match, m.Seq)
			}
			at[m.Seq] = bot.Moved(m)
		}
	}
	for _, m := range p.Acked {
		if at[m.Seq] != m {
			return fmt.Errorf("match %s: %+v was acknowledged, the record has %+v", p.Match, m, at[m.Seq])
		}
	}
	return nil
}

// checkMatch compares a match that is over with its records: the moves in them are exactly those that were acked and those
// that both players saw, and today's rules lead from the seed through them to the position that the server shows.
func checkMatch(ctx context.Context, api *bot.API, p bot.Played) error {
	state, err := api.Match(ctx, p.Match)
	if err != nil {
		return err
	}
	if state.State != "finished" {
		return fmt.Errorf("match %s is %s, and both players saw its end", p.Match, state.State)
	}
	recorded, err := records(ctx, api, p)
	if err != nil {
		return err
	}
	if len(recorded) != p.Games || len(p.Ended) != p.Games {
		return fmt.Errorf("match %s: %d games are recorded, %d ended, and %d were played", p.Match, len(recorded), len(p.Ended), p.Games)
	}
	var moves []bot.Moved
	for i, r := range recorded {
		for _, m := range r.Moves {
			moves = append(moves, bot.Moved(m))
		}
		if err := checkReplay(ctx, api, p.Match, r, p.Ended[i]); err != nil {
			return fmt.Errorf("match %s, game %d: %w", p.Match, r.N, err)
		}
	}
	if !slices.Equal(moves, p.Acked) {
		return fmt.Errorf("match %s: recorded\n%v\nacknowledged\n%v", p.Match, moves, p.Acked)
	}
	for seat, seen := range p.Seen {
		if want := after(p.From[seat], moves); !slices.Equal(want, after(p.From[seat], seen)) {
			return fmt.Errorf("match %s: recorded\n%v\nseen by seat %d\n%v", p.Match, want, seat, seen)
		}
	}
	return nil
}

// after are the moves behind an event.
func after(seq int64, moves []bot.Moved) []bot.Moved {
	i := slices.IndexFunc(moves, func(m bot.Moved) bool { return m.Seq > seq })
	if i < 0 {
		return nil
	}
	return moves[i:]
}

// records are all games of a match so far.
func records(ctx context.Context, api *bot.API, p bot.Played) (list []bot.Record, err error) {
	for n, games := 1, 1; n <= games; n++ {
		r, err := api.Record(ctx, p.Match, n)
		if err != nil {
			return nil, err
		}
		list, games = append(list, r), r.Games
	}
	return list, nil
}

// checkReplay plays a record from its seed and compares the position with the server's after the event that ended it.
func checkReplay(ctx context.Context, api *bot.API, match string, r bot.Record, ended int64) error {
	catalog, err := games()
	if err != nil {
		return err
	}
	rules, err := catalog.Get(r.Game)
	if err != nil {
		return err
	}
	var seed game.Seed
	if err := json.Unmarshal(r.Seed, &seed); err != nil {
		return fmt.Errorf("the seed of a game that is over: %w", err)
	}
	first := (r.N - 1) % rules.Info().MinSeats // seat 0 in the first game, then the next
	setup, err := game.NewSetup(rules.Info(), rules.Info().MinSeats, first, r.Options, seed)
	if err != nil {
		return err
	}
	actions := make([]game.Action, len(r.Moves))
	for i, m := range r.Moves {
		actions[i] = game.Action{Seat: m.Seat, Move: m.Move}
	}
	position, err := game.Replay(rules, setup, actions)
	if err != nil {
		return err
	}
	shown, err := api.Position(ctx, match, ended)
	if err != nil {
		return err
	}
	view := game.AppendView(nil, position, game.Look{Seat: game.Watcher, PhaseBase: r.Phases})
	if want := game.Hash(view); shown.Hash != want || shown.Seq != ended {
		return fmt.Errorf("its record leads to position %s, the server shows %s after event %d", want, shown.Hash, shown.Seq)
	}
	return nil
}
