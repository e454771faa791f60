package report

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// Schema is the version of the JSON: it rises when a field is renamed, removed,
// or means something else; not when one is added.
const Schema = 1

// Exit codes of the tester.
const (
	exitGood   = 0
	exitMissed = 1 // a requirement
	exitFaults = 2 // the correctness box is not all zero
)

// Summary is how a run went: what the JSON has, which the other forms show.
// README.md tells what each field means.
type Summary struct {
	Schema   int              `json:"schema"`
	Scenario string           `json:"scenario"`
	Settings []Setting        `json:"settings"`
	Started  time.Time        `json:"started"`
	Duration float64          `json:"duration_ms"`
	Played   float64          `json:"played_ms"`
	Bots     Bots             `json:"bots"`
	Matches  Matches          `json:"matches"`
	Moves    Moves            `json:"moves"`
	Times    AllTimes         `json:"times"`
	Errors   int64            `json:"errors"`
	Nacks    map[string]int64 `json:"nacks"`
	Closes   map[int]int64    `json:"closes"`
	Failures map[string]int64 `json:"failures"`
	Bytes    Bytes            `json:"bytes"`
	Server   *ServerSummary   `json:"server"`
	Tester   Tester           `json:"tester"`
	Box      Box              `json:"box"`
	Required []Verdict        `json:"required"`
	Exit     int              `json:"exit_code"`
	Notes    []Note           `json:"notes"`
	Timeline []Point          `json:"timeline"`
}

// Setting is something that the run was told, as a flag says it.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Bots are how many bots were connected at once.
type Bots struct {
	Most int64 `json:"most"`
}

// Matches are games; a rematch is another.
type Matches struct {
	Started  int64 `json:"started"`
	Finished int64 `json:"finished"`
	Aborted  int64 `json:"aborted"`
}

// Moves are those that were acknowledged.
type Moves struct {
	Count     int64   `json:"count"`
	PerSecond float64 `json:"per_second"`        // over the play
	Median    float64 `json:"per_second_median"` // of the timeline's
}

// AllTimes are all that was timed.
type AllTimes struct {
	Ack       Times `json:"ack"`
	Screen    Times `json:"screen"`
	Watcher   Times `json:"watcher"`
	Connect   Times `json:"connect"`
	Reconnect Times `json:"reconnect"`
}

func (t *AllTimes) list() []Times { return []Times{t.Ack, t.Screen, t.Watcher, t.Connect, t.Reconnect} }

// Times is how long something took; 0 everywhere if it did not happen.
type Times struct {
	Count     int64     `json:"count"`
	Mean      float64   `json:"mean_ms"`
	P50       float64   `json:"p50_ms"`
	P90       float64   `json:"p90_ms"`
	P99       float64   `json:"p99_ms"`
	P999      float64   `json:"p999_ms"`
	Max       float64   `json:"max_ms"`
	Histogram []TimeBar `json:"histogram"`
}

// TimeBar is how many took longer than From and at most To.
type TimeBar struct {
	From  float64 `json:"from_ms"`
	To    float64 `json:"to_ms"`
	Count int64   `json:"count"`
}

func timesFrom(l measure.Latency) Times {
	t := Times{
		Count: l.Count(), Mean: millis(l.Mean()), P50: millis(l.At(50)), P90: millis(l.At(90)), P99: millis(l.At(99)), P999: millis(l.At(99.9)),
		Max: millis(l.Max()), Histogram: []TimeBar{},
	}
	for _, b := range l.Bars() {
		t.Histogram = append(t.Histogram, TimeBar{millis(b.From), millis(b.To), b.Count})
	}
	return t
}

// Bytes are what went over sockets, as the bots see it: in is from the server.
type Bytes struct {
	In         int64   `json:"in"`
	Out        int64   `json:"out"`
	InPerMove  float64 `json:"in_per_move"`
	OutPerMove float64 `json:"out_per_move"`
}

// ServerSummary is what the server told about itself over the play.
type ServerSummary struct {
	Answers        int     `json:"answers"`
	Missed         int     `json:"missed"`
	Restarts       int     `json:"restarts"`
	Memory         float64 `json:"memory_bytes"`
	MemoryMax      float64 `json:"memory_max_bytes"`
	Goroutines     float64 `json:"goroutines"`
	GoroutinesMax  float64 `json:"goroutines_max"`
	CPUSeconds     float64 `json:"cpu_seconds"`
	CPUCores       float64 `json:"cpu_cores"`
	CPUPerMove     float64 `json:"cpu_us_per_move"`
	Turns          float64 `json:"turns"`
	Commits        float64 `json:"commits"`
	TurnsPerCommit float64 `json:"turns_per_commit"`
	BytesPerCommit float64 `json:"bytes_per_commit"`
	Commit         struct {
		Mean float64 `json:"mean_ms"`
		P50  float64 `json:"p50_ms"`
		P99  float64 `json:"p99_ms"`
	} `json:"commit"`
}

func serverSummary(l serverLog, moves int64) *ServerSummary {
	if l.answers == 0 {
		return nil
	}
	f := l.counted
	s := &ServerSummary{
		Answers: l.answers, Missed: l.missed, Restarts: l.restarts, Memory: f.Memory, MemoryMax: l.memory,
		Goroutines: f.Goroutines, GoroutinesMax: l.goroutines,
		CPUSeconds: round(f.CPU), CPUCores: round(f.CPU / l.seconds), CPUPerMove: round(f.CPU * 1e6 / float64(moves)),
		Turns: f.CommitTurns.Sum, Commits: f.CommitTurns.Count,
		TurnsPerCommit: round(f.CommitTurns.mean()), BytesPerCommit: round(f.CommitBytes.mean()),
	}
	s.Commit.Mean = round(f.CommitSeconds.mean() * 1000)
	s.Commit.P50, s.Commit.P99 = round(f.CommitSeconds.quantile(0.5)*1000), round(f.CommitSeconds.quantile(0.99)*1000)
	return s
}

// Box is the correctness box.
type Box struct {
	Clean  bool             `json:"clean"`
	Faults map[string]Fault `json:"faults"` // by measure.Fault's Key
}

// Fault is how often a promise was broken, with the first examples.
type Fault struct {
	Count    int64    `json:"count"`
	Examples []string `json:"examples"`
}

func boxFrom(b *measure.Box) Box {
	box := Box{Clean: b.Sum() == 0, Faults: map[string]Fault{}}
	for _, kind := range measure.Faults() {
		box.Faults[kind.Key()] = Fault{b.Counts[kind], append([]string{}, b.Examples[kind]...)}
	}
	return box
}

// ExitCode is 2 if the correctness box is not all zero, 1 if a requirement was
// missed, 0 else.
func (s *Summary) ExitCode() int {
	missed := func(v Verdict) bool { return !v.Met }
	switch {
	case !s.Box.Clean:
		return exitFaults
	case slices.ContainsFunc(s.Required, missed):
		return exitMissed
	}
	return exitGood
}

// WriteJSON writes all of it, indented.
func (s *Summary) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

func total[K comparable](counts map[K]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// median of the timeline's moves a second; 0 without one.
func median(points []Point) float64 {
	if len(points) == 0 {
		return 0
	}
	rates := make([]float64, len(points))
	for i := range points {
		rates[i] = points[i].Moves
	}
	slices.Sort(rates)
	return round((rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2)
}

// perMove divides, unless nothing was moved.
func perMove(v, moves int64) float64 {
	if moves == 0 {
		return 0
	}
	return round(float64(v) / float64(moves))
}

// known gives a number that may be missing: NaN is.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = round(v)
	return &v
}
