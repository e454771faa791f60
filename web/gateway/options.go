package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// Desk is what the gateway needs of [game.Desk]. All methods may be called concurrently.
type Desk interface {
	// Command asks something of a match in the name of a player. Done is called once, possibly before Command returns,
	// and before the events of that commit reach followers. The gateway's done does not block.
	Command(match, player, id string, c game.Command, done func(game.Ack, error))
	// Follow begins to follow a match, up to date with what is committed. A *game.Refusal with game.CodeNotFound if
	// there is none.
	Follow(ctx context.Context, id string) (*game.Follower, error)
	// Match gives the number of the last committed event, which may be ahead of what followers have.
	Match(id string) (game.Summary, uint64, error)
	// Events gives up to limit events of a match after a number.
	Events(id string, after uint64, limit int) ([]game.Numbered, error)
	// Presence tells a match that the player of a seat is gone, or back. It does not wait, and what is known already changes
	// nothing.
	Presence(match string, seat int, here bool)
	// Clock is the clock of a followed match as of now; nil if it has none. It must not keep the table.
	Clock(id string, t *game.Table) *game.ClockNow
}

// Options of a gateway. Desk, Authenticate and OriginAllowed are needed; zero values are good defaults for the rest.
type Options struct {
	Desk   Desk
	Logger zerolog.Logger

	Server string        // the server's version, for hello
	Boot   string        // changes with every start, for hello
	Epoch  func() uint64 // changes when clients must forget their numbers; default: always 0
	Now    func() time.Time
	// NoRateLimits lifts the limits of frames a socket and sockets an address.
	NoRateLimits bool

	// Authenticate gives the player of a request and the session's token. A *game.Refusal with
	// game.CodeUnauthorized where there is no session. It is called twice for each socket: see Gateway.EndSession.
	Authenticate func(*http.Request) (game.Player, string, error)
	// OriginAllowed says whether a page of the request's origin may connect; without an Origin header it may.
	OriginAllowed func(*http.Request) bool
	// Problem writes an error answer; default: a small application/problem+json.
	Problem func(w http.ResponseWriter, r *http.Request, code wire.Code, detail string)

	// Linger is how long a room stays after its last viewer, so that one who comes back finds it warm; default 5 s.
	Linger time.Duration
	// SocketsPerAddress at once; default 1,000.
	SocketsPerAddress int
}

const (
	defaultLinger            = 5 * time.Second
	defaultSocketsPerAddress = 1000
)

func (o *Options) fill() {
	if o.Epoch == nil {
		o.Epoch = func() uint64 { return 0 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Problem == nil {
		o.Problem = writeProblem
	}
	if o.Linger == 0 {
		o.Linger = defaultLinger
	}
	if o.SocketsPerAddress == 0 {
		o.SocketsPerAddress = defaultSocketsPerAddress
	}
}
