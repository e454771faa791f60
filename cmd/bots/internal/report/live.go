package report

import (
	"fmt"
	"io"
	"strings"
)

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
	say(l.out, l.back()+toEnd+showCursor)
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
	var b strings.Builder
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
	say(l.out, b.String())
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
	box := cut(boxLine(&v.total.Box), width)
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
