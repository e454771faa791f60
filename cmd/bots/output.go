package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/report"
)

// settings are the flags that say what was run, for the report.
func (f *flags) settings() []report.Setting {
	var list []report.Setting
	add := func(name, format string, value any) {
		list = append(list, report.Setting{Name: name, Value: fmt.Sprintf(format, value)})
	}
	add("url", "%s", f.URL)
	if f.Scenario == "idle" {
		add("sockets", "%d", f.Sockets)
	} else {
		add("matches", "%d", f.Matches)
		add("games", "%s", strings.Join(f.Games, ","))
	}
	add("duration", "%s", f.Duration)
	for _, d := range []struct {
		name  string
		value time.Duration
		told  bool
	}{{"ramp", f.Ramp, f.Ramp > 0}, {"think", f.Think, f.Think > 0}, {"every", f.Every, f.Scenario == "storm" || f.Scenario == "chaos"}} {
		if d.told {
			add(d.name, "%s", d.value)
		}
	}
	switch f.Scenario {
	case "open":
		add("rate", "%g", f.Rate)
	case "spectators":
		add("watchers", "%d", f.Watchers)
	}
	if f.Rated {
		add("rated", "%s", "yes")
	}
	if f.Shard.of > 1 {
		add("shard", "%s", fmt.Sprintf("%d/%d", f.Shard.number, f.Shard.of))
	}
	add("seed", "%d", f.Seed)
	return list
}

// outputs are the files to write. They are made before the run: a path that is wrong is known at once.
type outputs struct{ json, html *os.File }

func (f *flags) createFiles() (o outputs, err error) {
	for _, file := range []struct {
		flag, path string
		to         **os.File
	}{{"--json", f.JSON, &o.json}, {"--html", f.HTML, &o.html}} {
		if file.path == "" {
			continue
		}
		if *file.to, err = os.Create(file.path); err != nil {
			o.close()
			return outputs{}, fmt.Errorf("%s: %w", file.flag, err)
		}
	}
	return o, nil
}

func (o outputs) close() {
	for _, f := range []*os.File{o.json, o.html} {
		if f != nil {
			f.Close() //nolint:errcheck // what was written was checked
		}
	}
}

// write tells how the run went.
func (o outputs) write(s *report.Summary, out io.Writer) error {
	errs := []error{s.WriteText(out)}
	if o.json != nil {
		errs = append(errs, s.WriteJSON(o.json))
	}
	if o.html != nil {
		errs = append(errs, s.WriteHTML(o.html))
	}
	return errors.Join(errs...)
}
