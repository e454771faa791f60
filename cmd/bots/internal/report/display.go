package report

import (
	"bytes"
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
		fmt.Fprintf(l.out, "%s  %s\n", stamp(n.At), oneLine(n.Text))
	}
	if len(v.points) == 0 || v.now < l.next {
		return
	}
	for l.next <= v.now {
		l.next += v.lines
	}
	if !v.playing {
		fmt.Fprintf(l.out, "%s  the play is over, the records are checked\n", clock(v.now))
		return
	}
	p := &v.points[len(v.points)-1]
	fmt.Fprintf(l.out, "%s  %s, %s playing, %s; ack p50 %s, p99 %s; %s; %s\n", clock(v.now), plural(p.Bots, "bot"),
		plural(v.playingNow(), "match"), movesPerSecond(p), maybeMS(p.AckP50), maybeMS(p.AckP99),
		plural(v.total.Total.Errors(), "error"), boxLine(&v.total.Box, false))
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

func boxLine(b *measure.Box, p paint) string {
	if b.Sum() == 0 {
		return p.good("nothing lost or doubled")
	}
	var kinds []string
	for _, kind := range measure.Faults() {
		if n := b.Counts[kind]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s: %s", kind, count(n)))
		}
	}
	return p.bad("BROKEN PROMISES: " + strings.Join(kinds, ", "))
}

// live redraws a block in place. Each picture is one write, between the marks of
// a synchronized update, so that no terminal shows half of one.
type live struct {
	out   io.Writer
	paint paint
	width func() int
	drawn int // lines that stand there
	last  int // width of the last picture
}

// Control sequences of ECMA-48, and of synchronized output, which terminals
// that do not know it ignore.
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	begin      = "\x1b[?2026h"
	end        = "\x1b[?2026l"
	toLineEnd  = "\x1b[K"
	toEnd      = "\x1b[J"
)

// usualWidth is assumed where a terminal does not tell.
const usualWidth = 80

func (l *live) clear() {
	if l.drawn == 0 {
		return
	}
	io.WriteString(l.out, l.back()+toEnd+showCursor)
	l.drawn = 0
}

// back moves the cursor to the start of the block.
func (l *live) back() string {
	if l.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r", l.drawn)
}

func (l *live) show(v *view, notes []Note) {
	width := l.width()
	if width <= 0 {
		width = usualWidth
	}
	var b bytes.Buffer
	b.WriteString(begin + hideCursor + l.back())
	if width != l.last { // the terminal has folded the block anew
		b.WriteString(toEnd)
		l.last = width
	}
	for _, n := range notes {
		b.WriteString(cut(stamp(n.At)+"  "+oneLine(n.Text), width-1) + toLineEnd + "\n")
	}
	block := l.block(v, width-1)
	for _, line := range block {
		b.WriteString(line + toLineEnd + "\n")
	}
	b.WriteString(toEnd + end)
	l.drawn = len(block)
	l.out.Write(b.Bytes())
}

// block is the picture: no line is wider than the terminal.
func (l *live) block(v *view, width int) []string {
	list := []string{l.paint.bold(cut(v.headline(width), width))}
	if len(v.points) == 0 {
		return append(list, "starting")
	}
	p := &v.points[len(v.points)-1]
	t := &v.total.Total
	add := func(text string) { list = append(list, cut(text, width)) }
	add(fmt.Sprintf("bots %s   matches %s playing, %s finished   moves %s", count(p.Bots), count(v.playingNow()), count(t.Finished), rate(p.Moves)))
	add(fmt.Sprintf("to ack    p50 %s  p99 %s  max %s", maybeMS(p.AckP50), maybeMS(p.AckP99), maybeMS(p.AckMax)))
	add(fmt.Sprintf("to screen p50 %s  p99 %s", maybeMS(p.ScreenP50), maybeMS(p.ScreenP99)))
	add("ack p99   " + sparkline(column(v.points, func(p *Point) *float64 { return p.AckP99 }), min(60, width-10)))
	add("moves/s   " + sparkline(column(v.points, func(p *Point) *float64 { return &p.Moves }), min(60, width-10)))
	add(v.systems(p))
	errors := cut(fmt.Sprintf("refused %s   failed %s   closed %s", count(t.Nacks), count(t.Failures), count(t.Closes)), width)
	if t.Errors() > 0 {
		errors = l.paint.warn(errors)
	}
	box := cut(boxLine(&v.total.Box, false), width)
	if v.total.Box.Sum() == 0 {
		return append(list, errors, l.paint.good(box))
	}
	return append(list, errors, l.paint.bad(box))
}

// headline has a bar of how much is done.
func (v *view) headline(width int) string {
	name := v.scenario
	switch {
	case !v.playing:
		return name + "  the play is over, the records are checked"
	case v.duration == 0:
		return name + "  " + clock(v.now)
	}
	left := clock(max(0, v.duration-v.now)) + " left"
	long := max(0, min(40, width-len(name)-len(left)-12))
	done := min(long, int(float64(long)*float64(v.now)/float64(v.duration)))
	return fmt.Sprintf("%s  %s  %s%s  %s", name, clock(v.now), strings.Repeat("━", done), strings.Repeat("┈", long-done), left)
}

// systems is what server and tester take.
func (v *view) systems(p *Point) string {
	tester := "tester " + cores(p.TesterCPU) + " cores"
	if p.ServerMemory == nil {
		return "server –   " + tester
	}
	server := "server " + size(*p.ServerMemory) + ", " + cores(*p.ServerCPU) + " cores"
	if p.TurnsPerCommit != nil {
		server += ", " + three(*p.TurnsPerCommit) + " turns a commit"
	}
	return server + "   " + tester
}

func column(points []Point, of func(*Point) *float64) []*float64 {
	values := make([]*float64, len(points))
	for i := range points {
		values[i] = of(&points[i])
	}
	return values
}
