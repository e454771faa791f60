package scenario

import (
	"sync/atomic"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/game"
)

// Options say what is to be done. Every scenario uses the first group; see the others for theirs.
type Options struct {
	API      *bot.API
	Games    game.Catalog
	Recorder *measure.Recorder
	Log      func(format string, args ...any) // what a user wants to know while it runs
	Begin    func()                           // the bots begin to play: time counts from here on
	End      func()                           // they begin nothing more: what follows is clearing up, and comparing; it may be called again
	Seed     uint64                           // of the bots' choices
	Name     string                           // of this run and process: idempotency keys begin with it
	Duration time.Duration
	Ramp     time.Duration // over which the bots come, and begin to play; 0: all are there before any begins

	Matches int
	Play    []string      // games; the tables take turns
	Think   time.Duration // mean time before each move
	Rated   bool

	Rate     float64       // open: moves a second
	Sockets  int           // idle
	Watchers int           // spectators
	Every    time.Duration // storm, chaos: between two strikes
	Server   *Server       // chaos

	Verify int // games that are compared with their records after the end

	acked atomic.Pointer[chan struct{}] // closed, where it is set, by the next move that is acknowledged
}
