package report

import (
	"encoding"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Requirement is a threshold that a run must keep: "p99<50ms",
// "screen.p99.9<=100ms", "moves/s>8000", "errors=0", "server.memory<250MB".
// It is a flag's value: it reads itself from text.
type Requirement struct {
	text   string
	metric string // in full: ack.p99
	op     string
	limit  float64 // in the metric's unit
}

var _ encoding.TextUnmarshaler = (*Requirement)(nil)

// unit of a metric, and how its values are read and shown.
type unit int

const (
	milliseconds unit = iota
	plain
	perSecond
	sizes
	processors
)

// times and quantiles make the metrics of durations: ack.p99.
var (
	timesOf   = []string{"ack", "screen", "watcher", "connect", "reconnect"}
	quantiles = []string{"p50", "p90", "p99", "p99.9", "max", "mean"}
	operators = []string{"<=", ">=", "!=", "==", "<", ">", "="}
)

// figure is a metric that is no duration. It is not known (false) where nothing
// was measured.
type figure struct {
	name string
	unit unit
	of   func(*Summary) (float64, bool)
}

var figures = []figure{
	{"moves/s", perSecond, func(s *Summary) (float64, bool) { return s.Moves.PerSecond, true }},
	{"moves", plain, func(s *Summary) (float64, bool) { return float64(s.Moves.Count), true }},
	{"started", plain, func(s *Summary) (float64, bool) { return float64(s.Matches.Started), true }},
	{"finished", plain, func(s *Summary) (float64, bool) { return float64(s.Matches.Finished), true }},
	{"aborted", plain, func(s *Summary) (float64, bool) { return float64(s.Matches.Aborted), true }},
	{"bots", plain, func(s *Summary) (float64, bool) { return float64(s.Bots.Most), true }},
	{"errors", plain, func(s *Summary) (float64, bool) { return float64(s.Errors), true }},
	{"nacks", plain, func(s *Summary) (float64, bool) { return float64(total(s.Nacks)), true }},
	{"failures", plain, func(s *Summary) (float64, bool) { return float64(total(s.Failures)), true }},
	{"server.memory", sizes, ofServer(func(s *ServerSummary) float64 { return s.MemoryMax })},
	{"server.goroutines", plain, ofServer(func(s *ServerSummary) float64 { return s.GoroutinesMax })},
	{"server.cpu", processors, ofServer(func(s *ServerSummary) float64 { return s.CPUCores })},
}

func ofServer(get func(*ServerSummary) float64) func(*Summary) (float64, bool) {
	return func(s *Summary) (float64, bool) {
		if s.Server == nil {
			return 0, false
		}
		return get(s.Server), true
	}
}

// Metrics are the names that a Requirement may have, for a help text.
func Metrics() string {
	names := make([]string, len(figures))
	for i, f := range figures {
		names[i] = f.name
	}
	return strings.Join(quantiles, ", ") + " of " + strings.Join(timesOf, ", ") + " (ack.p99, or just p99); " + strings.Join(names, ", ")
}

// ParseRequirement reads a threshold. Its errors name the place.
func ParseRequirement(text string) (Requirement, error) {
	r := Requirement{text: strings.TrimSpace(text)}
	at := strings.IndexAny(r.text, "<>=!")
	if at < 0 {
		return r, r.errorAt(len(r.text), "expected <, <=, >, >=, = or != and a limit, as in p99<50ms")
	}
	for _, op := range operators {
		if strings.HasPrefix(r.text[at:], op) {
			r.op = op
			break
		}
	}
	if r.op == "" {
		return r, r.errorAt(at, "expected <, <=, >, >=, = or !=")
	}
	name := strings.TrimSpace(r.text[:at])
	if name == "" {
		return r, r.errorAt(0, "expected a metric before "+r.op+": "+Metrics())
	}
	if slices.Contains(quantiles, name) {
		name = "ack." + name
	}
	r.metric = name
	u, ok := unitOf(name)
	if !ok {
		return r, r.errorAt(0, fmt.Sprintf("there is no metric %q; there are %s", name, Metrics()))
	}
	from := at + len(r.op)
	from += len(r.text[from:]) - len(strings.TrimLeft(r.text[from:], " "))
	limit, err := u.parse(r.text[from:])
	if err != nil {
		return r, r.errorAt(from, err.Error())
	}
	r.limit = limit
	if r.op == "==" {
		r.op = "="
	}
	return r, nil
}

// UnmarshalText is ParseRequirement.
func (r *Requirement) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRequirement(string(text))
	return err
}

// String is the text that it was read from.
func (r Requirement) String() string { return r.text }

// errorAt counts characters from 1, as people do.
func (r Requirement) errorAt(offset int, what string) error {
	return fmt.Errorf("%q, character %d: %s", r.text, len([]rune(r.text[:offset]))+1, what)
}

func unitOf(metric string) (unit, bool) {
	for _, f := range figures {
		if f.name == metric {
			return f.unit, true
		}
	}
	of, quantile, _ := strings.Cut(metric, ".")
	return milliseconds, slices.Contains(timesOf, of) && slices.Contains(quantiles, quantile)
}

// parse reads a limit. Every number is one that a measured value can be
// compared with.
func (u unit) parse(text string) (float64, error) {
	if text == "" {
		return 0, fmt.Errorf("expected a limit, %s", u.example())
	}
	switch u {
	case milliseconds:
		d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
		if err != nil || d < 0 {
			return 0, fmt.Errorf("%q is no time with a unit, %s", text, u.example())
		}
		return float64(d) / float64(time.Millisecond), nil
	case sizes:
		n, err := humanize.ParseBytes(text)
		if err != nil {
			return 0, fmt.Errorf("%q is no size, %s", text, u.example())
		}
		return float64(n), nil
	case processors:
		number, isPercent := strings.CutSuffix(text, "%")
		v, err := parseNumber(number)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of cores, %s", text, u.example())
		}
		if isPercent {
			v /= 100
		}
		return v, nil
	}
	v, err := parseNumber(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no number, %s", text, u.example())
	}
	return v, nil
}

// parseNumber lets through no sign, infinity or NaN; digits may be in groups.
func parseNumber(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "_", "").Replace(strings.TrimSpace(text)), 64)
	if err != nil || v < 0 || math.IsNaN(v) || math.IsInf(v, 0) || math.Signbit(v) {
		return 0, strconv.ErrSyntax
	}
	return v, nil
}

func (u unit) example() string {
	return [...]string{
		milliseconds: "as in 50ms, 1.5s or 800us", plain: "as in 0", perSecond: "as in 8000", sizes: "as in 250MB", processors: "as in 1.5, or 3% of a core",
	}[u]
}

func (u unit) show(v float64) string {
	switch u {
	case milliseconds:
		return ms(v)
	case perSecond:
		return rate(v)
	case sizes:
		return size(v)
	case processors:
		return cores(v) + " cores"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Verdict is how a run did by a Requirement. What was not measured misses it.
type Verdict struct {
	Text   string   `json:"text"`
	Metric string   `json:"metric"`
	Op     string   `json:"op"`
	Limit  float64  `json:"limit"` // durations in ms, sizes in bytes
	Value  *float64 `json:"value"` // null: nothing was measured
	Met    bool     `json:"met"`
}

func (r Requirement) judge(s *Summary) Verdict {
	v := Verdict{Text: r.text, Metric: r.metric, Op: r.op, Limit: r.limit}
	value, known := s.value(r.metric)
	if !known {
		return v
	}
	v.Value, v.Met = &value, map[string]bool{
		"<": value < r.limit, "<=": value <= r.limit, ">": value > r.limit, ">=": value >= r.limit, "=": value == r.limit, "!=": value != r.limit,
	}[r.op]
	return v
}

// Shown is the value for people.
func (v Verdict) Shown() string {
	if v.Value == nil {
		return "nothing was measured"
	}
	u, _ := unitOf(v.Metric)
	return u.show(*v.Value)
}

// value of a metric, and whether anything was measured.
func (s *Summary) value(metric string) (float64, bool) {
	for _, f := range figures {
		if f.name == metric {
			return f.of(s)
		}
	}
	of, quantile, _ := strings.Cut(metric, ".")
	t := s.Times.list()[slices.Index(timesOf, of)]
	return [...]float64{t.P50, t.P90, t.P99, t.P999, t.Max, t.Mean}[slices.Index(quantiles, quantile)], t.Count > 0
}
