package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/static"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/gateway"
	"github.com/everturn/everturn/web/wire"
)

// Options of a server. Desk and Engine are needed; zero values are good defaults
// for the rest.
type Options struct {
	Desk   *game.Desk
	Engine Engine
	// Figures are what the engine tells about itself in /metrics.
	Figures func() []Figure

	// Acknowledging, if there is one, is told of each move on a socket before its
	// acknowledgement is on its way. It is called concurrently, from goroutines of
	// the engine: it must not wait.
	Acknowledging func(match string, seq uint64)

	// Rooms are what else the server has.
	Rooms []Room

	Version string // of the server, told in hello
	Boot    string // changes with every start, told in hello

	// PublicURL is the address that links are made of, such as
	// https://play.example.com; empty: that of the request. Its host and origin
	// are allowed.
	PublicURL string
	// AllowedOrigins are more hosts ("play.example.com") and origins
	// ("https://play.example.com") by which browsers may come.
	AllowedOrigins []string
	// AdminKey opens /runtime and /inspector. Without one they are open to this
	// machine alone, and only if Loopback says that the server listens nowhere else.
	AdminKey string
	Loopback bool
	// NoRateLimits lifts the limits by address, and those of sockets.
	NoRateLimits bool
	// Dev is a folder to read the client's files from at each request, instead of
	// the embedded ones.
	Dev    string
	Logger zerolog.Logger
}

// Room is a part of the server that is not always there: routes, and pages of the
// client.
type Room struct {
	// Mount adds its routes. They lie behind the guard, and their errors become
	// problems, like all others.
	Mount func(*echo.Echo)
	// Pages are its files by their addresses: "/demo/cart": "demo/cart.html".
	Pages map[string]string
	// Files are more of the client's files, by the paths of their addresses, or others in the
	// place of its own; nil where the client has all.
	Files fs.FS
}

// Limits of connections. What a handler needs beyond them it asks of its
// http.ResponseController.
const (
	headerWithin = 5 * time.Second
	readWithin   = 30 * time.Second
	writeWithin  = api.AnswerWithin + 30*time.Second
	idleFor      = 2 * time.Minute
	maxHeader    = 16 << 10

	// drainWithin is how long a stop may take; the process is to be gone within 5 s.
	drainWithin = 4 * time.Second
)

// Server is the HTTP server: an http.Handler, and with Serve the loop around it.
// It may be used concurrently. Close ends it.
type Server struct {
	desk      *game.Desk
	engine    Engine
	guard     *guard
	limits    *limits
	access    *access
	files     *files
	sockets   *gateway.Gateway
	metrics   *metrics
	publicURL string
	logger    zerolog.Logger
	now       func() time.Time
	handler   http.Handler

	draining atomic.Bool
	stopping context.Context // is done when the server stops: who waits for something to happen waits no longer
	stop     context.CancelFunc
	closing  sync.Once
	closeDev func() error
	closed   error
}

// New makes a server, and opens its gateway. An error names the option that
// cannot be used.
func New(o Options) (*Server, error) {
	if o.Desk == nil || o.Engine == nil {
		return nil, errors.New("web: a server needs a desk and an engine")
	}
	s := &Server{desk: o.Desk, engine: o.Engine, logger: o.Logger, now: time.Now}
	s.stopping, s.stop = context.WithCancel(context.Background())
	var err error
	if s.publicURL, err = parsePublicURL(o.PublicURL); err != nil {
		return nil, err
	}
	allowed := o.AllowedOrigins
	if s.publicURL != "" {
		allowed = append([]string{s.publicURL}, allowed...)
	}
	if s.guard, err = newGuard(allowed); err != nil {
		return nil, err
	}
	s.access = newAccess(o.AdminKey, o.Loopback)
	if !o.NoRateLimits {
		s.limits = newLimits()
	}
	s.sockets = s.newGateway(&o)
	if s.metrics, err = newMetrics(o.Figures, s.sockets, queueCollector{o.Desk}); err == nil {
		s.files, s.closeDev, err = loadFiles(static.FS(), o.Dev)
	}
	if err != nil {
		return nil, errors.Join(err, s.sockets.Close())
	}
	for _, room := range o.Rooms {
		if err := s.files.bring(room.Files); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.handler = s.router(o.Rooms)
	return s, nil
}

// newGateway makes the gateway, which asks this server who may connect.
func (s *Server) newGateway(o *Options) *gateway.Gateway {
	return gateway.New(gateway.Options{
		Desk: toldDesk(o), Logger: o.Logger, Server: o.Version, Boot: o.Boot, Epoch: o.Engine.Epoch, NoRateLimits: o.NoRateLimits,
		Authenticate: func(r *http.Request) (game.Player, string, error) {
			token, _ := tokenOf(r)
			player, err := o.Desk.Session(token)
			return player, token, err
		},
		OriginAllowed: s.guard.ownOrigin,
		Problem: func(w http.ResponseWriter, _ *http.Request, code wire.Code, detail string) {
			_ = api.Refuse(code, "%s", detail).Write(w) // an error means that nobody is there to read it
		},
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve serves a listener until ctx is done, then stops within a few seconds:
// sockets are told, and requests under way are finished. It closes the listener
// and the server. The error is what ended the serving too early, or nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	hs := &http.Server{
		Handler: s, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(httpLog{s.logger}, "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(l) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("web: %w", err), s.Close())
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	drained := s.sockets.Drain(ctx)
	err := hs.Shutdown(ctx)
	if err != nil { // some request does not end
		err = errors.Join(err, hs.Close())
	}
	if why := <-ended; !errors.Is(why, http.ErrServerClosed) {
		err = errors.Join(err, why)
	}
	return errors.Join(drained, err, s.Close())
}

// Close ends the sockets and lets go of files. It is idempotent.
func (s *Server) Close() error {
	s.stop()
	s.closing.Do(func() { s.closed = errors.Join(s.sockets.Close(), s.closeDev()) })
	return s.closed
}

func parsePublicURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err == nil {
		if o, ok := parseOrigin(strings.TrimSuffix(u.String(), "/")); ok {
			return o.String(), nil
		}
	}
	return "", fmt.Errorf("web: the public URL %q must be like https://play.example.com, without a path", text)
}

// httpLog takes what net/http says about broken connections: of no interest
// until somebody looks.
type httpLog struct{ logger zerolog.Logger }

var _ io.Writer = httpLog{}

// Write logs one message.
func (l httpLog) Write(p []byte) (int, error) {
	l.logger.Debug().Str("message", strings.TrimSpace(string(p))).Msg("http")
	return len(p), nil
}
