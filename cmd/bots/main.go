// Bots plays against a running server with hundreds of bots, measures what players feel, and proves that nothing was lost.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/everturn/everturn/cmd/bots/internal/scenario"
)

// Exit codes, beside 0.
const (
	exitFailed = 1 // the run could not be made, or a --require was not met
	exitUnsafe = 2 // the correctness box is not all zero
	exitUsage  = 64
)

// streams are what the program speaks to: what was measured to out, the rest to err.
type streams struct{ out, err io.Writer }

func (s streams) say(format string, args ...any) { _, _ = fmt.Fprintf(s.err, format, args...) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the process
	os.Exit(execute(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, s streams) int {
	var f flags
	exited := -1 // by --help, which has nothing more to do
	parser, err := kong.New(&f,
		kong.Name("bots"), kong.Description(description()), kong.Writers(s.out, s.err), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}))
	if err != nil {
		panic(err) // the struct tags are wrong
	}
	_, err = parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		err = f.check()
	}
	if err != nil {
		s.say("bots: %v\n  'bots --help' lists the flags and what they take.\n", err)
		return exitUsage
	}
	code, err := f.run(ctx, s)
	if err != nil && !errors.Is(err, context.Canceled) {
		s.say("bots: %v\n", err)
		code = max(code, exitFailed)
	}
	return code
}

func description() string {
	var b strings.Builder
	b.WriteString(`Bots play against an Everturn server: they measure what players feel, and check that nothing that was acknowledged is lost,
doubled or out of order. The server must lift its limits for them: server --rate-limit off

Scenarios:

`)
	for _, s := range scenario.All() {
		fmt.Fprintf(&b, "  %-11s %s\n", s.Name, s.Help)
	}
	b.WriteString(`
Examples:

  bots --matches 500 --duration 60s                         pairs, as fast as they can
  bots --scenario open --matches 1000 --rate 2000           2,000 moves a second
  bots --scenario chaos --matches 500 --every 10s           starts the server itself, and kills it
  bots --scenario spectators --watchers 2000 --think 200ms
  bots --json run.json --html run.html --require 'p99<50ms' --require 'errors=0'

The exit code is 0, 1 where the run failed or a --require was not met, 2 where the correctness box is not all zero, and 64
for wrong flags.`)
	return b.String()
}
