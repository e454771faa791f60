package orchestratortest

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// History is an instance's history as a table, to be read: the time since the
// hub was made, what happened, and its details.
func (h *Hub) History(id string) string {
	rows, err := h.Client().History(id)
	if err != nil {
		return fmt.Sprintf("(no history of %q: %v)", id, err)
	}
	return table(rows, h.started)
}

func table(rows []orchestrator.Row, from time.Time) string {
	var cells strings.Builder
	for _, r := range rows {
		if r.Type == "TurnStarted" {
			fmt.Fprintf(&cells, "%s\t\t\t\n", since(r.Time.Sub(from)))
			continue
		}
		task := ""
		if r.Task != 0 {
			task = fmt.Sprintf("#%d ", r.Task)
		}
		fmt.Fprintf(&cells, "\t%s\t%s%s\t%s\n", r.Type, task, r.Name, details(&r))
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = w.Write([]byte(cells.String())) // into memory
	_ = w.Flush()
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// since is a duration with its days apart: +7d, +10d1h30m0s, +5s.
func since(d time.Duration) string {
	const day = 24 * time.Hour
	switch days, rest := d/day, d%day; {
	case days == 0:
		return fmt.Sprintf("+%v", rest)
	case rest == 0:
		return fmt.Sprintf("+%dd", days)
	default:
		return fmt.Sprintf("+%dd%v", days, rest)
	}
}

// details is the rest of a row, in words.
func details(r *orchestrator.Row) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if r.State != 0 {
		add("%v", r.State)
	}
	if r.Target != "" {
		add("to %s", r.Target)
	}
	if len(r.Input) > 0 {
		add("%s", r.Input)
	}
	if len(r.Result) > 0 {
		add("-> %s", r.Result)
	}
	if r.Failure != nil {
		add("failed: %v", r.Failure)
	}
	if r.Due != nil {
		add("due %s", r.Due.UTC().Format(time.DateTime))
	}
	if r.Uptime != nil {
		add("due at uptime %v", time.Duration(*r.Uptime)*time.Millisecond)
	}
	if len(r.Reason) > 0 {
		add("because of %s", r.Reason)
	}
	return strings.Join(parts, " ")
}
