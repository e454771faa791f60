package main

import (
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// newLogger makes the log that the flags ask for.
func newLogger(s *settings, to printer) zerolog.Logger {
	w := to.Writer
	level, err := zerolog.ParseLevel(s.LogLevel)
	if err != nil {
		panic(err) // the parser lets only levels through
	}
	if s.LogFormat == "console" || s.LogFormat == "" && isTerminal(w) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !isTerminal(w)}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
