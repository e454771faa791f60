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

// definitions are what a step brings, beside what every server has.
type definitions struct {
	desk           *game.Desk
	teaching       *manage.Teaching
	demos          []demo.Demo
	orchestrations *orchestrator.Registry
	entities       *entities.Registry
}

func define(p *Program) (d definitions, err error) {
	games, err := gamesOf(p)
	if err != nil {
		return d, err
	}
	d.desk, d.teaching = game.NewDesk(games), manage.NewTeaching()
	d.demos = []demo.Demo{demo.NewCart(), demo.NewJobs(d.desk)}
	doing := slices.Concat(p.Orchestrations, d.desk.Orchestrations(), d.teaching.Orchestrations())
	being := slices.Concat(p.Entities, d.desk.Entities(), d.teaching.Entities())
	for _, each := range d.demos {
		doing, being = append(doing, each.Orchestrations()...), append(being, each.Entities()...)
	}
	if d.orchestrations, err = orchestrator.NewRegistry(doing...); err != nil {
		return d, err
	}
	d.entities, err = entities.NewRegistry(being...)
	return d, err
}

// open opens it all, as the server does.
func open(p *Program, f *flags, l net.Listener, log zerolog.Logger) (*house, error) {
	d, err := define(p)
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
			orchestrator.Kind: orchestrator.NewBehavior(d.orchestrations, orchestrator.Options{Logger: log, OnReplay: replays.Note}),
			entities.Kind:     entities.NewBehavior(d.entities, entities.Options{}),
		},
		Worker: h.whenOpen(d.orchestrations.Worker()), Logger: log, OnFatal: func(err error) { h.fatal <- err },
	})
	if err != nil {
		return nil, err
	}
	outside := &House{Desk: d.desk, Client: orchestrator.NewClient(h.host), Entities: entities.NewClient(h.host)}
	d.openFor(p, outside)
	close(h.opened)
	tcp, isTCP := l.Addr().(*net.TCPAddr)
	h.web, err = web.New(web.Options{
		Desk: d.desk, Engine: h.host, Version: version, Boot: boot, Logger: log,
		Loopback: isTCP && tcp.IP.IsLoopback(), NoRateLimits: f.RateLimit == "off",
		Rooms: append(d.rooms(p, outside), web.Room{Mount: inspect.New(inspect.Options{
			Orchestrations: outside.Client, Definitions: d.orchestrations, Entities: outside.Entities, EntityTypes: d.entities,
			Replays: replays, Engine: inspected.Of(h.host, store, badgerstore.Sync, version, boot),
		}).Mount, Pages: inspect.Pages()}),
	})
	if err != nil {
		return nil, errors.Join(err, h.host.Close())
	}
	return h, nil
}

// openFor gives everybody their clients.
func (d *definitions) openFor(p *Program, h *House) {
	d.desk.Open(h.Client, h.Entities)
	d.teaching.Open(h.Entities)
	for _, each := range d.demos {
		each.Open(h.Client, h.Entities)
	}
	if p.Opened != nil {
		p.Opened(h)
	}
}

// rooms are what there is beside the games and the inspector.
func (d *definitions) rooms(p *Program, h *House) []web.Room {
	list := []web.Room{
		{Files: p.Files},
		{Mount: manage.New(manage.Options{Orchestrations: h.Client, Definitions: d.orchestrations, Entities: h.Entities, EntityTypes: d.entities}).Mount},
		workshop.Room(p.Step),
	}
	for _, each := range d.demos {
		list = append(list, web.Room{Mount: each.Mount, Pages: each.Pages()})
	}
	return list
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
