package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// WriteText writes the summary for people, in colours if w is a terminal.
func (s *Summary) WriteText(w io.Writer) error {
	t := &text{paint: mayPaint(w)}
	t.write(s)
	_, err := io.WriteString(w, t.String())
	return err
}

// text is the summary as it grows.
type text struct {
	strings.Builder
	paint paint
}

func (t *text) write(s *Summary) {
	t.line("%s", t.paint.bold(fmt.Sprintf("Everturn bots, scenario %s: played %s", s.Scenario, ms(s.Played))))
	for _, set := range s.Settings {
		t.line("  %s %s", oneLine(set.Name), oneLine(set.Value))
	}
	t.line("")
	t.row("Matches", "%s started, %s finished, %s aborted", count(s.Matches.Started), count(s.Matches.Finished), count(s.Matches.Aborted))
	t.row("Moves", "%s acknowledged, %s (median second %s)", count(s.Moves.Count), rate(s.Moves.PerSecond), rate(s.Moves.Median))
	t.row("Bots", "%s at once", count(s.Bots.Most))
	t.row("Bytes", "a move: %s in, %s out; in all %s in, %s out", three(s.Bytes.InPerMove), three(s.Bytes.OutPerMove),
		size(float64(s.Bytes.In)), size(float64(s.Bytes.Out)))
	t.row("Refused", "%s", counts(s.Nacks))
	t.row("Closed", "%s", counts(s.Closes))
	t.row("Failed", "%s", counts(s.Failures))
	t.times(s)
	t.server(s.Server)
	t.tester(&s.Tester)
	t.box(&s.Box)
	t.required(s.Required)
}

func (t *text) line(format string, args ...any) { t.WriteString(fmt.Sprintf(format, args...) + "\n") }

func (t *text) row(name, format string, args ...any) {
	t.line("%-9s %s", name, fmt.Sprintf(format, args...))
}

func counts[K int | string](of map[K]int64) string {
	if len(of) == 0 {
		return "none"
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(of)) {
		list = append(list, oneLine(fmt.Sprintf("%v: %s", k, count(of[k]))))
	}
	return strings.Join(list, ", ")
}

// timeNames are what AllTimes' list is of, for people.
var timeNames = []string{"move to ack on disk", "move to opponent's screen", "move to watcher", "connect", "reconnect to live"}

func (t *text) times(s *Summary) {
	t.line("")
	t.line("%s", t.paint.dim(fmt.Sprintf("%-26s %11s %9s %9s %9s %9s %9s", "", "count", "p50", "p90", "p99", "p99.9", "max")))
	for i, of := range s.Times.list() {
		if of.Count > 0 {
			t.line("%-26s %11s %9s %9s %9s %9s %9s", timeNames[i], count(of.Count), ms(of.P50), ms(of.P90), ms(of.P99), ms(of.P999), ms(of.Max))
		}
	}
	t.line("")
}

func (t *text) server(s *ServerSummary) {
	if s == nil {
		t.row("Server", "told nothing about itself")
		return
	}
	t.row("Server", "memory %s (most %s), goroutines %s (most %s)", size(s.Memory), size(s.MemoryMax), count(int64(s.Goroutines)), count(int64(s.GoroutinesMax)))
	t.row("", "%s cores, %s µs of processor time a move", cores(s.CPUCores), three(s.CPUPerMove))
	t.row("", "%s commits of %s turns, %s each; commit time %s, p50 %s, p99 %s", count(int64(s.Commits)), three(s.TurnsPerCommit), size(s.BytesPerCommit),
		ms(s.Commit.Mean), ms(s.Commit.P50), ms(s.Commit.P99))
	if s.Restarts > 0 || s.Missed > 0 {
		t.row("", "started again %s, did not answer %s", times(s.Restarts), times(s.Missed))
	}
}

func times(n int) string { return plural(int64(n), "time") }

func (t *text) tester(s *Tester) {
	left := ""
	if s.Idle != nil {
		left = "; the machine had " + percent(*s.Idle) + " left"
	}
	t.row("Tester", "%s of %s%s", cores(s.CPUCores), plural(int64(s.Cores), "core"), left)
	if s.Warning != "" {
		t.line("%s", t.paint.warn("WARNING   "+s.Warning))
	}
	t.line("")
}

// box draws the correctness box.
func (t *text) box(b *Box) {
	title := " nothing lost, nothing doubled "
	color := t.paint.good
	if !b.Clean {
		title, color = " BROKEN PROMISES ", t.paint.bad
	}
	const inside = 54
	rule := func(left, text, right string) string {
		return color(left + "─" + text + strings.Repeat("─", inside-1-utf8.RuneCountInString(text)) + right)
	}
	t.line("%s", rule("┌", title, "┐"))
	for _, kind := range measure.Faults() {
		n := b.Faults[kind.Key()].Count
		row := fmt.Sprintf("  %-40s %10s ", kind, count(n))
		if n > 0 {
			row = t.paint.bad(row)
		}
		t.line("%s%s%s", color("│"), row, color("│"))
	}
	t.line("%s", rule("└", "", "┘"))
	for _, kind := range measure.Faults() {
		for _, example := range b.Faults[kind.Key()].Examples {
			t.line("%s: %s", kind, oneLine(example))
		}
	}
}

func (t *text) required(list []Verdict) {
	for _, v := range list {
		if v.Met {
			t.line("%s", t.paint.good(fmt.Sprintf("kept    %s: %s", v.Text, v.Shown())))
		} else {
			t.line("%s", t.paint.bad(fmt.Sprintf("MISSED  %s: %s", v.Text, v.Shown())))
		}
	}
}
