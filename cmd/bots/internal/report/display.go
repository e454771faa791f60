package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// display is where people watch a run.
type display interface {
	// show shows how the run stands; notes are new.
	show(v *view, notes []Note)
	// clear takes away what would be overwritten.
	clear()
}

// view is what a display shows.
type view struct {
	scenario string
	now      time.Duration // since the start
	duration time.Duration // as planned; 0: not known
	playing  bool
	lines    time.Duration
	total    *measure.Snapshot
	points   []Point
}

// draw shows the last point: figures of a whole interval, twice.
func (w *Watch) draw(playing bool) {
	w.display.show(&view{
		scenario: w.o.Scenario, now: time.Since(w.o.Recorder.Started()), duration: w.o.Duration, playing: playing, lines: w.o.Lines,
		total: &w.played, points: w.points,
	}, w.newNotes())
}

func newDisplay(out io.Writer) display {
	switch f, ok := out.(*os.File); {
	case out == nil:
		return silent{}
	case ok && isatty.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb":
		return &live{out: out, paint: mayPaint(out), width: func() int { return terminalWidth(f.Fd()) }}
	}
	return &lines{out: out}
}

// mayPaint: colours are for terminals, unless NO_COLOR is set (no-color.org).
func mayPaint(out io.Writer) paint {
	f, ok := out.(*os.File)
	return paint(ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// say writes to people. If they do not see it any more, the run goes on.
func say(out io.Writer, text string) { _, _ = io.WriteString(out, text) }

type silent struct{}

func (silent) show(*view, []Note) {}
func (silent) clear()             {}

// lines writes a line now and then.
type lines struct {
	out  io.Writer
	next time.Duration
}

func (l *lines) clear() {}

func (l *lines) show(v *view, notes []Note) {
	for _, n := range notes {
		say(l.out, stamp(n.At)+"  "+oneLine(n.Text)+"\n")
	}
	if len(v.points) == 0 || v.now < l.next {
		return
	}
	for l.next <= v.now {
		l.next += v.lines
	}
	if !v.playing {
		say(l.out, clock(v.now)+"  the play is over, the records are checked\n")
		return
	}
	p := &v.points[len(v.points)-1]
	say(l.out, fmt.Sprintf("%s  %s, %s playing, %s; ack p50 %s, p99 %s; %s; %s\n", clock(v.now), plural(p.Bots, "bot"),
		plural(v.playingNow(), "match"), movesPerSecond(p), maybeMS(p.AckP50), maybeMS(p.AckP99),
		plural(v.total.Total.Errors(), "error"), boxLine(&v.total.Box)))
}

func stamp(at float64) string { return clock(time.Duration(at * float64(time.Millisecond))) }

func movesPerSecond(p *Point) string { return "moves " + rate(p.Moves) }

func maybeMS(v *float64) string {
	if v == nil {
		return "–"
	}
	return ms(*v)
}

func (v *view) playingNow() int64 {
	t := &v.total.Total
	return t.Started - t.Finished - t.Aborted
}

func boxLine(b *measure.Box) string {
	if b.Sum() == 0 {
		return "nothing lost or doubled"
	}
	var kinds []string
	for _, kind := range measure.Faults() {
		if n := b.Counts[kind]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s: %s", kind, count(n)))
		}
	}
	return "BROKEN PROMISES: " + strings.Join(kinds, ", ")
}
