package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore/pages"
	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/plug"
)

type runCommand struct{}

// stopWithin is the longest that a stop takes. What is not over then is left to the next start, as after a crash.
const stopWithin = 4500 * time.Millisecond

// Run serves until a signal, then drains. In a workshop the process that people start has a child serve.
func (*runCommand) Run(ctx context.Context, s *settings, io streams) error {
	if s.Workshop && !supervised() {
		return supervise(ctx, s, io)
	}
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tuneCollector()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	v, err := start(ctx, s, newLogger(s, io.err))
	if err != nil {
		return err
	}
	v.log.Info().Str("version", version()).Str("boot", v.boot).Stringer("durability", s.Durability.mode()).
		Str("data", mustAbs(s.Data)).Str("address", v.listener.Addr().String()).Dur("took_ms", time.Since(began)).Msg("ready")
	if err := v.announce(io.out); err != nil {
		return errors.Join(err, v.web.Close(), v.listener.Close(), v.control.Close(), v.engine.Close())
	}
	go giveBack(ctx, v.rest)
	return v.serve(ctx, signals)
}

// server is a running server: the house with its door open.
type server struct {
	log      zerolog.Logger
	boot     string // names this run
	listener net.Listener
	engine   *engine
	web      *web.Server
	control  *control
	ward     *ward // nil without --workshop
}

// start opens everything. It listens first: whoever comes while the database is being read waits a moment instead of
// being refused, and a port that is taken is noticed before the directory is touched.
func start(ctx context.Context, s *settings, log zerolog.Logger) (_ *server, err error) {
	v := &server{log: log, boot: newBoot()}
	if err = v.listen(s); err != nil {
		return nil, err
	}
	if v.engine, err = openEngineIn(v.ward, s, log); err != nil {
		return nil, errors.Join(err, v.listener.Close())
	}
	v.ward.begin(ctx, v.engine)
	if v.web, err = web.New(v.webOptions(s)); err != nil {
		return nil, errors.Join(err, v.listener.Close(), v.engine.Close())
	}
	if v.control, err = startControl(s, v.engine, log); err != nil {
		return nil, errors.Join(err, v.web.Close(), v.listener.Close(), v.engine.Close())
	}
	if s.RateLimit == "off" {
		log.Warn().Msg("--rate-limit off: any client may ask as much as it likes; this is for load tests on loopback")
	}
	v.engine.host.Ready()
	return v, nil
}

// listen opens the door, or takes over that of the supervisor.
func (v *server) listen(s *settings) (err error) {
	if !s.Workshop {
		v.listener, err = net.Listen("tcp", string(s.Addr))
		return err
	}
	if v.ward, err = joinSupervisor(v.log); err == nil {
		v.listener = v.ward.listener
	}
	return err
}

// announce tells whoever started the server that it is ready; in a workshop the supervisor does it.
func (v *server) announce(out printer) error {
	if v.ward != nil {
		return v.ward.announce(v.url())
	}
	out.say("Everturn is ready: open %s\n", v.url())
	return nil
}

// rest is for a server that has had next to nothing to do for a while: its files and its program leave the memory until they are
// needed again: the first request takes 10 to 30 ms longer.
func (v *server) rest() {
	v.engine.store.Ease()
	if _, err := pages.ProgramOut(); err != nil {
		v.log.Debug().Err(err).Msg("the program stays in memory")
	}
}

func (v *server) webOptions(s *settings) web.Options {
	o := web.Options{
		Desk: v.engine.desk, Engine: v.engine.host, Figures: v.engine.figures,
		Version: version(), Boot: v.boot,
		PublicURL: string(s.PublicURL), AllowedOrigins: s.AllowedOrigins, NoRateLimits: s.RateLimit == "off",
		AdminKey: s.AdminKey, Loopback: listensHere(v.listener.Addr()), Rooms: rooms(s, v.engine, v.boot),
		Logger: v.log,
	}
	if v.ward != nil {
		o.Acknowledging = v.ward.acknowledging
		o.Rooms = append(o.Rooms, web.Room{Mount: plug.New(v.ward, v.boot).Mount})
	}
	if s.Dev {
		o.Dev = filepath.FromSlash("static")
	}
	return o
}

func newBoot() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// url is the address to open in a browser on this machine.
func (v *server) url() string {
	host, port, err := net.SplitHostPort(v.listener.Addr().String())
	if err != nil {
		return "http://" + v.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// serve serves until the first signal, and ends gracefully; the second one ends it at once. Its error makes the process
// exit with a failure.
func (v *server) serve(ctx context.Context, signals <-chan os.Signal) error {
	ctx, drain := context.WithCancel(ctx)
	defer drain()
	ended := make(chan error, 1)
	go func() { ended <- v.web.Serve(ctx, v.listener) }()
	select {
	case err := <-ended:
		return errors.Join(err, v.ward.Close(), v.control.Close(), v.engine.Close())
	case err := <-v.engine.fatal:
		// Nothing is closed: the files are as a crash leaves them, which the next start deals with.
		return fmt.Errorf("the database failed, and the server ends; nothing acknowledged is lost: %w", err)
	case s := <-signals:
		v.log.Info().Stringer("signal", s).Msg("stopping; a second signal stops at once")
	}
	drain()
	began, stopped := time.Now(), make(chan error, 1)
	go func() { stopped <- v.stop(<-ended) }()
	select {
	case err := <-stopped:
		v.log.Info().Err(err).Dur("took_ms", time.Since(began)).Msg("stopped")
		return err
	case <-time.After(stopWithin):
		v.log.Warn().Dur("took_ms", time.Since(began)).Msg("stopped before all was over; the next start goes on from what is on disk")
		return nil
	case <-signals:
		return errors.New("stopped at once by a second signal; the next start goes on from what is on disk")
	}
}

// stop closes what is below the door. That some client did not let go in time is no failure.
func (v *server) stop(drained error) error {
	if drained != nil {
		v.log.Warn().Err(drained).Msg("some connections were cut")
	}
	return errors.Join(v.ward.Close(), v.control.Close(), v.engine.Close())
}
