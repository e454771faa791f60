package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// cli is the whole command line.
type cli struct {
	settings

	Version kong.VersionFlag `env:"-" help:"Print the version and exit."`

	Run     runCommand     `cmd:"" default:"1" help:"Serve (the default)."`
	Backup  backupCommand  `cmd:"" help:"Write everything to one file, consistently, also while the server runs."`
	Restore restoreCommand `cmd:"" help:"Make a new data directory from a backup."`
	Verify  verifyCommand  `cmd:"" help:"Read everything and check every invariant, also while the server runs."`
	Replay  replayCommand  `cmd:"" help:"Run today's code against recorded histories."`
	Seed    seedCommand    `cmd:"" help:"Play games into the data directory, so that there is something to look at."`
	Doctor  doctorCommand  `cmd:"" help:"Look at what the server needs: port, disk, clock, fsync."`
	Reset   resetCommand   `cmd:"" help:"Delete the data directory."`
}

// streams are what a subcommand reads from and speaks to: answers to out, logs and errors to err.
type streams struct {
	in       io.Reader
	out, err printer
}

// printer speaks to whoever started the program. Where nobody listens any more, that is no reason to stop.
type printer struct{ io.Writer }

func (p printer) say(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }

// Exit codes, beside 0.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errSaid ends the program with exitFailed where everything has been said already.
var errSaid = errors.New("said")

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], streams{os.Stdin, printer{os.Stdout}, printer{os.Stderr}}))
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, s streams) int {
	var c cli
	exited := -1 // by --help or --version, which have nothing more to do
	parser, err := kong.New(&c, parserOptions(s, func(code int) { exited = code })...)
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	parsed, err := parser.Parse(args)
	if err == nil {
		err = c.check()
	}
	switch {
	case exited >= 0:
		return exited
	case err != nil:
		s.err.say("server: %v\n  'server --help' lists the flags and what they take.\n", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&c.settings, s); err != nil {
		var code exitCode
		if errors.As(err, &code) {
			return int(code)
		}
		if !errors.Is(err, errSaid) {
			s.err.say("server: %s\n", explain(err))
		}
		return exitFailed
	}
	return 0
}

func parserOptions(s streams, exit func(int)) []kong.Option {
	return []kong.Option{
		kong.Name("server"),
		kong.Description(description),
		kong.Vars{"version": version()},
		kong.Writers(s.out, s.err),
		kong.Exit(exit),
		kong.DefaultEnvars("EVERTURN"),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
	}
}

const description = `Everturn: a multiplayer game server in which every turn is on disk before anybody sees it.

Every flag can also be given in the environment: --public-url is EVERTURN_PUBLIC_URL.

Examples:

  server                                      serve http://127.0.0.1:8080, data in ./data
  server --addr :8080 --allowed-origins play.example.org --public-url https://play.example.org
  server backup nightly.everturn              while the server runs
  server restore nightly.everturn --data new  then: server --data new
  server seed --games 500                     players, ratings and finished games to look at; then: server
  server doctor                               before the first start on a machine
  server --workshop                           for teaching: kill it, and it is started again`
