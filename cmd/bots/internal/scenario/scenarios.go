package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	gojson "github.com/goccy/go-json"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

// Scenario is one of the things that bots can do. Its Run does it until it is over or the context ends, and returns what
// has kept it from being done; what the bots see goes to the recorder.
type Scenario struct {
	Name, Help string
	Run        func(context.Context, *Options) error
}

// All are the scenarios that there are, in the order of the help.
func All() []Scenario {
	return []Scenario{
		{"pairs", "pairs of bots play; each moves when it is its turn (closed loop)", pairs},
		{"open", "moves begin at a given rate, whether the server keeps up or not (open loop)", open},
		{"idle", "sockets that only stay", idle},
		{"spectators", "many watch the first match", spectators},
		{"storm", "all sockets are dropped at once, again and again", storm},
		{"chaos", "the server is started here, and killed every so often", chaos},
	}
}

func pairs(ctx context.Context, o *Options) error {
	h, err := openHall(ctx, o, nil)
	if err != nil {
		return err
	}
	defer h.leave()
	h.play(ctx)
	return h.verify(ctx)
}

// turn is a move that can be made.
type turn struct {
	p    *player
	move string
}

// open has moves begin when they are due. One that finds no table at which it could be made waits for one, and its time
// runs all the while: there is no coordinated omission.
func open(ctx context.Context, o *Options) error {
	turns := make(chan turn, 2*o.Matches)
	h, err := openHall(ctx, o, func(t *table) { t.turns = turns })
	if err != nil {
		return err
	}
	defer h.leave()
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / o.Rate * float64(time.Second)))
		if due.Sub(began) >= o.Duration || !sleep(ctx, time.Until(due)) {
			break
		}
		if time.Since(began) > o.Duration+settling {
			for range int(o.Rate*o.Duration.Seconds()) - n {
				o.Recorder.Failed("a move that was due could not begin")
			}
			break
		}
		select {
		case next := <-turns:
			next.p.send(next.move, due)
		case <-ctx.Done():
		case <-time.After(settling):
			h.settle(ctx)
			return fmt.Errorf("no match has been able to go on for %s", settling)
		}
	}
	h.settle(context.WithoutCancel(ctx))
	return h.verify(ctx)
}

// storm drops all connections at once, again and again, while pairs play.
func storm(ctx context.Context, o *Options) error {
	h, err := openHall(ctx, o, nil)
	if err != nil {
		return err
	}
	defer h.leave()
	for until := time.Now().Add(o.Duration); time.Until(until) > o.Every && sleep(ctx, o.Every); {
		h.drop()
	}
	sleep(ctx, o.Every)
	h.settle(context.WithoutCancel(ctx))
	return h.verify(ctx)
}

// onlooker is the handler of a connection that plays nothing.
type onlooker struct {
	t *table // that it watches; nil: none
}

func (w onlooker) Synced(*bot.Watched) error             { return nil }
func (w onlooker) Acked(bot.Command, int64) error        { return nil }
func (w onlooker) Nacked(bot.Command, wire.Nack) error   { return nil }
func (w onlooker) Event(_ *bot.Watched, e wire.Ev) error { return w.t.seen(e, time.Now()) }

// come opens connections that play nothing, evenly over the ramp, until the context ends.
func (o *Options) come(ctx context.Context, n int, t *table, running *sync.WaitGroup) error {
	began := time.Now()
	var who bot.Player
	for i := range n {
		if !sleep(ctx, time.Until(began.Add(o.Ramp*time.Duration(i)/time.Duration(n)))) {
			return ctx.Err()
		}
		if i%perPlayer == 0 {
			var err error
			if who, err = o.API.NewPlayer(ctx, fmt.Sprintf("Onlooker %d", i)); err != nil {
				return err
			}
		}
		opened := make(chan struct{}, 1)
		options := o.client(who.Token, onlooker{t}, rand.New(rand.NewPCG(o.Seed, uint64(i))))
		count := options.Opened
		options.Opened = func(d time.Duration) {
			count(d)
			select {
			case opened <- struct{}{}:
			default:
			}
		}
		c := bot.NewClient(options)
		if t != nil {
			c.Watch(t.match, false)
		}
		running.Go(func() {
			if err := c.Run(ctx); err != nil {
				o.Recorder.Failed("a connection ended for good")
			}
		})
		if i%openAtOnce == 0 { // the others have come as well, or nearly
			select {
			case <-opened:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// perPlayer is how many connections a player has who plays nothing.
const perPlayer = 8

func idle(ctx context.Context, o *Options) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	o.Begin()
	defer o.End()
	if err := o.come(ctx, o.Sockets, nil, &running); err != nil {
		return err
	}
	sleep(ctx, o.Duration)
	return nil
}

func spectators(ctx context.Context, o *Options) error {
	h, err := openHall(ctx, o, nil)
	if err != nil {
		return err
	}
	defer h.leave()
	watching, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	if err := o.come(watching, o.Watchers, h.tables[0], &running); err != nil {
		return err
	}
	h.play(ctx)
	return h.verify(ctx)
}

// seen is an event that an onlooker has.
func (t *table) seen(e wire.Ev, now time.Time) error {
	if e.Kind != wire.KindMoved {
		return nil
	}
	var d data
	if err := gojson.Unmarshal(e.Data, &d); err == nil && d.Seat != nil {
		if at := t.sent[*d.Seat&1].Load(); at != 0 {
			t.o.Recorder.Watcher(time.Duration(now.UnixNano() - at))
		}
	}
	return nil
}
