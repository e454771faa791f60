package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// round keeps three digits after the point, as the JSON has them.
func round(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Round(v*1000) / 1000
}

// millis is a time as the JSON has it.
func millis(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// ms writes milliseconds for people: 0.43 ms, 12.3 ms, 1.24 s.
func ms(v float64) string {
	if v >= 999.5 {
		return three(v/1000) + " s"
	}
	return three(v) + " ms"
}

// three writes a number with about three digits.
func three(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 99.95:
		return count(int64(math.Round(v)))
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// count writes 1234567 as 1,234,567.
func count(n int64) string { return humanize.Comma(n) }

// rate writes so many a second.
func rate(v float64) string {
	return three(v) + "/s"
}

// size writes bytes: 212 MB. A megabyte is a million bytes.
func size(bytes float64) string { return humanize.Bytes(uint64(max(bytes, 0))) }

func cores(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) + " %" }

// clock writes a time as 1:05, or 1:00:05.
func clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return count(n) + " " + noun + "s"
}

// oneLine makes text from elsewhere harmless for a terminal: no line breaks, no
// control sequences.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// cut shortens a line to so many characters; 0 is as many as it has.
func cut(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:width-1]) + "…"
}

// sparks are the heights of a sparkline.
var sparks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws the last values that fit, from 0 to the highest of them; what
// is not known (nil) is a space.
func sparkline(values []*float64, width int) string {
	values = values[max(0, len(values)-width):]
	most := 0.0
	for _, v := range values {
		if v != nil {
			most = max(most, *v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case v == nil:
			b.WriteByte(' ')
		case most == 0:
			b.WriteRune(sparks[0])
		default:
			b.WriteRune(sparks[min(int(*v/most*float64(len(sparks))), len(sparks)-1)])
		}
	}
	return b.String()
}

// paint colours text on a terminal that may show colours.
type paint bool

func (p paint) with(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p paint) good(text string) string { return p.with("32", text) }
func (p paint) bad(text string) string  { return p.with("1;31", text) }
func (p paint) warn(text string) string { return p.with("33", text) }
func (p paint) bold(text string) string { return p.with("1", text) }
func (p paint) dim(text string) string  { return p.with("2", text) }
