// Package stage is what the programs of the workshop stand on: a whole Everturn server that also runs the definitions of
// the program itself. A step's main function is its definitions and one call:
//
//	func main() {
//		stage.Run(stage.Program{Step: "01-counter", Entities: []entities.Definition{tally}})
//	}
//
// It opens a database of the step's own, serves the client, the management API, the inspector and the workshop's text, and
// ends on Ctrl+C. Killed, it goes on at the next start where it was.
package stage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// Program is what a step has beside the house itself. All but Step may be left out.
type Program struct {
	// Step is the step's folder, "01-counter". The database is named after it.
	Step string

	Orchestrations []orchestrator.Definition // and activities
	Entities       []entities.Definition
	Games          []game.Rules
	// Files are more of the client's files, such as games/nim.js.
	Files fs.FS

	// Opened gets the house before the first activity runs, for activities that look at what is stored.
	Opened func(*House)
}

// House is the engine from outside. It may be used concurrently.
type House struct {
	Desk     *game.Desk
	Client   *orchestrator.Client
	Entities *entities.Client
}

// flags are those of every step. They are also what a load test gives to a server that it starts.
type flags struct {
	Addr      string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen here (default ${default}). Port 0 picks a free one."`
	Data      string `placeholder:"DIR" help:"The data directory (default ./workshop-data/ and the step's name)."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default ${default})."`
	RateLimit string `enum:"on,off" default:"on" help:"off lifts the limits of how much one client may ask, for load tests. Default ${default}."`

	Run struct{} `cmd:"" default:"1" hidden:"" help:"Serve."`
}

// Run serves until Ctrl+C. It does not return where that fails: it says why and ends the program.
func Run(p Program) {
	var f flags
	kong.Parse(&f, kong.Name(p.Step), kong.Description("A step of Everturn's workshop; its README says what to do with it."))
	if f.Data == "" {
		f.Data = filepath.Join("workshop-data", p.Step)
	}
	if err := serve(&p, &f, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Step, err)
		os.Exit(1)
	}
}

func serve(p *Program, f *flags, out, log io.Writer) (err error) {
	level, err := zerolog.ParseLevel(f.LogLevel)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	listener, err := net.Listen("tcp", f.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s: end it first (Ctrl+C where it runs), or give this one another address with --addr", f.Addr)
	} else if err != nil {
		return err
	}
	logger := zerolog.New(zerolog.ConsoleWriter{Out: log, NoColor: true, PartsExclude: []string{zerolog.TimestampFieldName}}).Level(level)
	h, err := open(p, f, listener, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	forget, err := notePID(f.Data)
	if err != nil {
		return errors.Join(err, listener.Close(), h.Close())
	}
	if _, err := fmt.Fprintf(out, "Step %s is ready: open http://%s\n", p.Step, listener.Addr()); err != nil {
		return errors.Join(err, listener.Close(), h.Close(), forget())
	}
	return errors.Join(h.serveUntil(signals, listener), forget())
}

// notePID writes the number of this process beside the database, so that whoever wants to kill it finds it.
func notePID(data string) (forget func() error, err error) {
	name := data + ".pid"
	err = os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return func() error { return os.Remove(name) }, err
}

// gamesOf are Everturn's own and the program's.
func gamesOf(p *Program) (game.Catalog, error) {
	return game.NewCatalog(slices.Concat(own, p.Games)...)
}
