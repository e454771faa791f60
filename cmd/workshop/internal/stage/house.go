package stage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/cmd/internal/inspected"
	"github.com/everturn/everturn/cmd/workshop"
	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/dungeon"
	"github.com/everturn/everturn/game/rps"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/demo"
	"github.com/everturn/everturn/web/inspect"
	"github.com/everturn/everturn/web/manage"
)

// own are the games that every server has.
var own = []game.Rules{tictactoe.Rules{}, connect4.Rules{}, rps.Rules{}, battleship.Rules{}, dungeon.Rules{}}

// version is what clients are told: a program of the workshop is of no release.
const version = "workshop"

// stopWithin is the longest that a stop takes.
const stopWithin = 4500 * time.Millisecond

// house is the database, the engine on it, and the server in front.
type house struct {
	host  *durable.Host
	web   *web.Server
	fatal chan error
	// opened is closed when activities may run: what was under way when the program was killed is begun again while
	// the house is still being opened.
	opened chan struct{}
}

// whenOpen is a worker that waits until the house is open.
func (h *house) whenOpen(work durable.Worker) durable.Worker {
	return func(ctx context.Context, w durable.Work) durable.Answer {
		select {
		case <-h.opened:
		case <-ctx.Done():
			return durable.Answer{} // nobody hears it: the work is begun again at the next start
		}
		return work(ctx, w)
	}
}

// open opens it all, as the server does: what a step brings stands beside what every server has.
func open(p *Program, f *flags, l net.Listener, log zerolog.Logger) (_ *house, err error) {
	games, err := gamesOf(p)
	if err != nil {
		return nil, err
	}
	desk, teaching, cart := game.NewDesk(games), manage.NewTeaching(), demo.NewCart()
	definitions, err := orchestrator.NewRegistry(slices.Concat(p.Orchestrations, desk.Orchestrations(), teaching.Orchestrations(), cart.Orchestrations())...)
	if err != nil {
		return nil, err
	}
	types, err := entities.NewRegistry(slices.Concat(p.Entities, desk.Entities(), teaching.Entities(), cart.Entities())...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return nil, err
	}
	store, err := badgerstore.Open(f.Data, badgerstore.Options{Logger: log})
	if err != nil {
		return nil, err
	}
	h, replays, boot := &house{fatal: make(chan error, 1), opened: make(chan struct{})}, inspect.NewReplays(), rand.Text()
	h.host, err = durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(definitions, orchestrator.Options{Logger: log, OnReplay: replays.Note}),
			entities.Kind:     entities.NewBehavior(types, entities.Options{}),
		},
		Worker: h.whenOpen(definitions.Worker()), Logger: log, OnFatal: func(err error) { h.fatal <- err },
	})
	if err != nil {
		return nil, err
	}
	client, entityClient := orchestrator.NewClient(h.host), entities.NewClient(h.host)
	desk.Open(client, entityClient)
	teaching.Open(entityClient)
	cart.Open(client, entityClient)
	if p.Opened != nil {
		p.Opened(&House{Desk: desk, Client: client, Entities: entityClient})
	}
	close(h.opened)
	tcp, isTCP := l.Addr().(*net.TCPAddr)
	h.web, err = web.New(web.Options{
		Desk: desk, Engine: h.host, Version: version, Boot: boot, Logger: log,
		Loopback: isTCP && tcp.IP.IsLoopback(), NoRateLimits: f.RateLimit == "off",
		Rooms: []web.Room{
			{Files: p.Files},
			{Mount: manage.New(manage.Options{Orchestrations: client, Definitions: definitions, Entities: entityClient, EntityTypes: types}).Mount},
			{Mount: inspect.New(inspect.Options{
				Orchestrations: client, Definitions: definitions, Entities: entityClient, EntityTypes: types,
				Replays: replays, Engine: inspected.Of(h.host, store, badgerstore.Sync, version, boot),
			}).Mount, Pages: inspect.Pages()},
			{Mount: cart.Mount, Pages: map[string]string{"/demo/cart": "demo/cart.html"}},
			workshop.Room(p.Step),
		},
	})
	if err != nil {
		return nil, errors.Join(err, h.host.Close())
	}
	return h, nil
}

// Close lets turns finish and closes the database.
func (h *house) Close() error { return errors.Join(h.web.Close(), h.host.Close()) }

// serveUntil serves until a signal, and ends gracefully.
func (h *house) serveUntil(signals <-chan os.Signal, l net.Listener) error {
	ctx, drain := context.WithCancel(context.Background())
	defer drain()
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(h.web.Serve(ctx, l), h.host.Close()) }()
	select {
	case err := <-ended:
		return err
	case err := <-h.fatal:
		return fmt.Errorf("the database failed; nothing acknowledged is lost: %w", err)
	case <-signals:
		drain()
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(stopWithin):
		return nil // what is not over goes on at the next start, as after a crash
	}
}
