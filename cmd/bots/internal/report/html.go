package report

import (
	"embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

//go:embed page/page.html page/page.css page/page.js page/uplot/uPlot.iife.min.js page/uplot/uPlot.min.css
var pageFiles embed.FS

func pageFile(name string) string {
	data, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(data)
}

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"ms": ms, "count": count, "rate": rate, "size": size, "cores": cores, "percent": percent, "three": three, "stamp": stamp,
	"maybe": maybeMS, "int": func(v float64) string { return count(int64(v)) }, "deref": func(v *float64) float64 { return *v },
	"perSecond": func(v float64) string { return strings.TrimSuffix(rate(v), "/s") }, "times": times,
	"bytes": func(v int64) string { return size(float64(v)) },
}).Parse(pageFile("page.html")))

// WriteHTML writes one page that asks nobody for anything: styles, scripts and
// data are in it.
func (s *Summary) WriteHTML(w io.Writer) error {
	return page.Execute(w, struct {
		*Summary
		Style, ChartStyle    template.CSS
		Script, ChartScript  template.JS
		Rows                 []timesRow
		Faults               []faultRow
		Events               []eventsTable
		Charts, ServerCharts []chart
	}{
		s, template.CSS(pageFile("page.css")), template.CSS(pageFile("uplot/uPlot.min.css")),
		template.JS(pageFile("page.js")), template.JS(pageFile("uplot/uPlot.iife.min.js")),
		s.rows(), s.faultRows(),
		[]eventsTable{{"Refused commands", "code", events(s.Nacks)}, {"Sockets that ended", "close code", events(s.Closes)}, {"Failures", "what", events(s.Failures)}},
		charts, serverCharts,
	})
}

// chart has a drawing in page.js under its ID.
type chart struct{ ID, Title, Text string }

var charts = []chart{
	{"moves", "Moves a second", "Moves that were acknowledged in each second. Level is good; a hole is a time in which nobody could move."},
	{"latency", "Move to ack on disk", "How long bots waited to know that their move is on disk, in each second: half of the moves took no longer than p50, all but one in a hundred no longer than p99. The scale is logarithmic."},
	{"histogram", "How the waiting is spread", "The part of all moves that took so long, over the whole run. A second hump on the right is a second reason to wait."},
	{"connects", "Connections", "Sockets that were opened, and sockets that came back after a cut, in each second; bots that were connected, on the right."},
	{"errors", "Errors", "Refused commands, failures and ended sockets in each second. An ended socket is an error only where nobody cut it on purpose."},
	{"cpu", "Processor time", "Cores that the server and this tester kept busy. Where they add up to the whole machine, each slows the other."},
}

var serverCharts = []chart{
	{"memory", "The server's memory", "Resident memory of the server's process, and its goroutines on the right. It should level off."},
	{"commits", "Commit size", "Turns that shared one commit, and the bytes of one on the right. The busier the server, the larger its commits, and the cheaper each turn."},
	{"commit", "Commit time", "How long the store took on average until a commit was durable. No move is acknowledged sooner."},
}

// timesRow is a row of the table of latencies.
type timesRow struct {
	Name string
	Times
}

func (s *Summary) rows() (list []timesRow) {
	for i, of := range s.Times.list() {
		if of.Count > 0 {
			list = append(list, timesRow{timeNames[i], of})
		}
	}
	return list
}

// faultRow is a row of the correctness box.
type faultRow struct {
	Name string
	Fault
}

func (s *Summary) faultRows() (list []faultRow) {
	for _, kind := range measure.Faults() {
		list = append(list, faultRow{kind.String(), s.Box.Faults[kind.Key()]})
	}
	return list
}

// eventsTable is what was counted by a name.
type eventsTable struct {
	Title, Of string
	Rows      []eventRow
}

type eventRow struct {
	Name  string
	Count int64
}

func events[K int | string](of map[K]int64) (list []eventRow) {
	for _, k := range slices.Sorted(maps.Keys(of)) {
		list = append(list, eventRow{label(k), of[k]})
	}
	return list
}

func label[K int | string](k K) string {
	if n, ok := any(k).(int); ok {
		return strconv.Itoa(n)
	}
	return any(k).(string)
}
