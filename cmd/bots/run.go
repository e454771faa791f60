package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/bots/internal/report"
	"github.com/everturn/everturn/cmd/bots/internal/scenario"
	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/rps"
	"github.com/everturn/everturn/game/tictactoe"
)

// run makes the run that the flags ask for.
func (f *flags) run(ctx context.Context, s streams) (code int, err error) {
	what, err := f.scenario()
	if err != nil {
		return exitUsage, err
	}
	files, err := f.createFiles()
	if err != nil {
		return exitFailed, err
	}
	defer files.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := &play{f: f, s: s, ctx: ctx}
	o, err := f.options(p, cancel)
	if err != nil {
		return exitFailed, err
	}
	p.recorder = o.Recorder
	if f.Scenario == "chaos" {
		clean, err := f.startOwn(ctx, s, o)
		defer clean()
		if err != nil {
			return exitFailed, err
		}
	}
	if err := reachable(ctx, f.URL); err != nil {
		return exitFailed, err
	}
	if err := f.askForGames(ctx, o); err != nil {
		return exitUsage, err
	}
	if err := raiseFiles(f.files()); err != nil {
		return exitFailed, err
	}
	err = what.Run(ctx, o)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if summary := p.finish(); summary != nil {
		code = summary.ExitCode()
		if writing := files.write(summary, s.out); err == nil {
			err = writing
		}
	}
	return code, err
}

// play is what is shown of a run, from when the bots begin to play.
type play struct {
	f        *flags
	s        streams
	ctx      context.Context
	recorder *measure.Recorder

	mu    sync.Mutex
	watch *report.Watch // nil until it begins
	end   context.CancelFunc
}

func (p *play) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recorder.Begin(time.Now())
	ctx, end := context.WithCancel(p.ctx)
	p.end = end
	p.watch = report.Run(ctx, report.Options{
		Recorder: p.recorder, Out: p.s.err, Server: &report.Server{URL: p.f.URL},
		Scenario: p.f.Scenario, Settings: p.f.settings(), Duration: p.f.Duration + p.f.Ramp, Required: p.f.Require,
	})
}

func (p *play) over() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end != nil {
		p.end()
	}
}

// log tells what happens: beside the display, where there is one.
func (p *play) log(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watch != nil {
		p.watch.Note(fmt.Sprintf(format, args...))
		return
	}
	p.s.say(format+"\n", args...)
}

// finish gives how the run went; nil if it never began.
func (p *play) finish() *report.Summary {
	p.over()
	if p.watch == nil {
		return nil
	}
	return p.watch.Finish()
}

func (f *flags) options(p *play, cancel context.CancelCauseFunc) (*scenario.Options, error) {
	catalog, err := game.NewCatalog(tictactoe.Rules{}, connect4.Rules{}, rps.Rules{}, battleship.Rules{})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &limited{
		RoundTripper: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second}, cancel: cancel,
	}}
	return &scenario.Options{
		API: &bot.API{URL: f.URL, HTTP: client}, Games: catalog, Recorder: measure.New(time.Now()),
		Log: p.log, Begin: p.begin, End: p.over,
		Seed: f.Seed + uint64(f.Shard.number)<<32, Name: fmt.Sprintf("bots %s/%d", strconv.FormatInt(time.Now().UnixNano(), 36), f.Shard.number),
		Duration: f.Duration, Ramp: f.Ramp,
		Matches: f.Shard.part(f.Matches), Play: f.Games, Think: f.Think, Rated: f.Rated,
		Rate: f.Rate / float64(f.Shard.of), Sockets: f.Shard.part(f.Sockets), Watchers: f.Shard.part(f.Watchers), Every: f.Every,
		Verify: f.Verify,
	}, nil
}

// startOwn starts a server for this run alone.
func (f *flags) startOwn(ctx context.Context, s streams, o *scenario.Options) (clean func(), err error) {
	dir, err := os.MkdirTemp("", "everturn-bots-")
	if err != nil {
		return func() {}, err
	}
	o.Server = &scenario.Server{Path: f.Server, Data: f.Data, Log: s.err}
	clean = func() {
		o.Server.Kill()
		os.RemoveAll(dir) //nolint:errcheck // it is temporary anyway
	}
	if f.Server == "" {
		s.say("building the server\n")
		if o.Server.Path, err = scenario.BuildServer(ctx, dir); err != nil {
			return clean, err
		}
	}
	if f.Data == "" {
		o.Server.Data = dir + "/data"
	}
	if err := o.Server.Reserve(); err != nil {
		return clean, err
	}
	f.URL = o.Server.URL()
	o.API.URL = f.URL
	return clean, o.Server.Start(ctx)
}

// askForGames asks the server for the games that the bots do not know themselves: they can play what two can play.
func (f *flags) askForGames(ctx context.Context, o *scenario.Options) error {
	if len(f.foreign()) == 0 {
		return nil
	}
	var offered []game.Info
	if err := o.API.Get(ctx, "/api/games", &offered); err != nil {
		return err
	}
	for _, name := range f.foreign() {
		if !slices.ContainsFunc(offered, func(g game.Info) bool { return g.ID == name && g.MinSeats <= 2 && g.MaxSeats >= 2 && !g.Coop }) {
			return fmt.Errorf("--games: there is no %q for two bots; there are %s, and what else the server has for two", name, strings.Join(playable, ", "))
		}
		o.Log("the rules of %s are not known here: its records are compared with what was acknowledged, and not played again", name)
	}
	return nil
}

// files is about how many files the run has open at once: sockets, and requests over HTTP.
func (f *flags) files() int {
	n := 2 * f.Shard.part(f.Matches)
	switch f.Scenario {
	case "idle":
		n = f.Shard.part(f.Sockets)
	case "spectators":
		n += f.Shard.part(f.Watchers)
	}
	return n + 200
}

// reachable says what to do where no server answers.
func reachable(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no server answers at %s; start one with: go run ./cmd/server --rate-limit off\n  (%w)", url, err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s/readyz says %s: the server takes no commands now", url, answer.Status)
	}
	return nil
}

// limited ends a run against a server that limits it: what would be measured is the limit.
type limited struct {
	http.RoundTripper
	cancel context.CancelCauseFunc
}

// RoundTrip is of http.RoundTripper.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusTooManyRequests {
		l.cancel(errors.New("the server limits how much one client may ask; start it with --rate-limit off for a load test"))
	}
	return answer, err
}
