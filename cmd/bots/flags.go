package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/report"
	"github.com/everturn/everturn/cmd/bots/internal/scenario"
)

// flags are the command line; their order is that of --help.
type flags struct {
	URL      string        `default:"http://127.0.0.1:8080" placeholder:"URL" help:"The server (default ${default}). chaos starts its own."`
	Scenario string        `default:"pairs" placeholder:"NAME" help:"What the bots do: see above (default ${default})."`
	Matches  int           `default:"100" placeholder:"N" help:"Matches at the same time, of two bots each (default ${default})."`
	Games    []string      `default:"connect4,tictactoe" placeholder:"GAME,…" help:"What they play, in turn: tictactoe, connect4, rps, battleship, or a game of two seats that only the server knows (default ${default}). --scenario rps is --games rps."`
	Duration time.Duration `default:"30s" placeholder:"TIME" help:"How long, from when all bots are there (default ${default})."`
	Ramp     time.Duration `default:"0s" placeholder:"TIME" help:"The bots come evenly over this time (default: as fast as they can)."`
	Think    time.Duration `default:"0s" placeholder:"TIME" help:"Mean time that a bot thinks before each move; it is drawn evenly from 0 to twice that (default ${default})."`
	Rated    bool          `help:"The matches count for ratings."`

	Rate     float64       `default:"2000" placeholder:"N" help:"open: moves that begin in a second (default ${default})."`
	Sockets  int           `default:"10000" placeholder:"N" help:"idle: sockets that stay (default ${default})."`
	Watchers int           `default:"2000" placeholder:"N" help:"spectators: who watch the first match (default ${default})."`
	Every    time.Duration `default:"10s" placeholder:"TIME" help:"storm, chaos: mean time between two strikes (default ${default})."`
	Server   string        `placeholder:"FILE" help:"chaos: the program of the server. Default: it is built from this module with the go tool."`
	Data     string        `placeholder:"DIR" help:"chaos: the data directory of the server. Default: a temporary one, deleted at the end."`

	Seed     uint64 `default:"1" placeholder:"N" help:"Of the bots' moves (default ${default}). The same seed gives the same moves, not the same times."`
	Shard    shard  `default:"1/1" placeholder:"I/N" help:"This is process I of N that share the matches, sockets, watchers and rate: start all N (default ${default})."`
	Verify   int    `default:"10000" placeholder:"N" help:"Games that are compared with their records after the end, the last of each match first; every move is checked while it is played (default ${default})."`
	RemoteOK bool   `name:"remote-ok" help:"Load a server that is not on this machine. Only where it is yours."`

	JSON    string               `name:"json" placeholder:"FILE" help:"Write all that was measured, for machines."`
	HTML    string               `name:"html" placeholder:"FILE" help:"Write a page with charts; it needs nothing else."`
	Require []report.Requirement `sep:"none" placeholder:"WHAT" help:"Exit with 1 unless this holds: 'p99<50ms', 'screen.p99<60ms', 'moves/s>8000', 'errors=0'. May be given again."`
}

// playable are the games that two bots can play by what their views list, and whose records they can check by the rules.
var playable = []string{"tictactoe", "connect4", "rps", "battleship"}

// foreign are the games whose rules are not known here. The server is asked for them.
func (f *flags) foreign() (games []string) {
	for _, g := range f.Games {
		if !slices.Contains(playable, g) {
			games = append(games, g)
		}
	}
	return games
}

// check finds what the parser lets through, and resolves what stands for something else.
func (f *flags) check() error {
	if f.Scenario == "rps" {
		f.Scenario, f.Games = "pairs", []string{"rps"}
	}
	if _, err := f.scenario(); err != nil {
		return err
	}
	if len(f.Games) == 0 {
		return errors.New("--games: name at least one")
	}
	for _, n := range []struct {
		name  string
		value int
		most  int
	}{
		{"--matches", f.Matches, 100_000},
		{"--sockets", f.Sockets, 200_000},
		{"--watchers", f.Watchers, 200_000},
	} {
		if n.value < f.Shard.of || n.value > n.most {
			return fmt.Errorf("%s %d: it takes %d to %d", n.name, n.value, f.Shard.of, n.most)
		}
	}
	for _, d := range []struct {
		name        string
		value, from time.Duration
	}{
		{"--duration", f.Duration, time.Millisecond}, {"--ramp", f.Ramp, 0}, {"--think", f.Think, 0}, {"--every", f.Every, 100 * time.Millisecond},
	} {
		if d.value < d.from || d.value > 24*time.Hour {
			return fmt.Errorf("%s %s: it takes %s to 24h", d.name, d.value, d.from)
		}
	}
	if !(f.Rate >= 0.1 && f.Rate <= 1e6) {
		return fmt.Errorf("--rate %g: it takes 0.1 to 1000000 moves a second", f.Rate)
	}
	if f.Verify < 0 {
		return fmt.Errorf("--verify %d: it takes 0 or more", f.Verify)
	}
	return f.checkURL()
}

// checkURL refuses what is no server, and what is somebody else's.
func (f *flags) checkURL() error {
	f.URL = strings.TrimSuffix(f.URL, "/")
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return fmt.Errorf("--url %q is no address of a server, as http://127.0.0.1:8080 is", f.URL)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || f.RemoteOK {
		return nil
	}
	return fmt.Errorf("--url %s is not on this machine; if the server is yours, say --remote-ok", f.URL)
}

func (f *flags) scenario() (scenario.Scenario, error) {
	var names []string
	for _, s := range scenario.All() {
		if s.Name == f.Scenario {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return scenario.Scenario{}, fmt.Errorf("--scenario: there is no %q; there are %s, rps", f.Scenario, strings.Join(names, ", "))
}

// shard is one process of several that share a run: number I, from 1, of so many.
type shard struct{ number, of int }

// UnmarshalText reads I/N.
func (s *shard) UnmarshalText(text []byte) error {
	number, of, ok := strings.Cut(string(text), "/")
	var err error
	if ok {
		if s.number, err = strconv.Atoi(number); err == nil {
			s.of, err = strconv.Atoi(of)
		}
	}
	if !ok || err != nil || s.number < 1 || s.number > s.of || s.of > 64 {
		return fmt.Errorf("%q is not I/N, as 1/2 and 2/2 are for two processes (at most 64)", text)
	}
	return nil
}

// part is this process's share of n.
func (s shard) part(n int) int {
	share := n / s.of
	if s.number <= n%s.of {
		share++
	}
	return share
}
