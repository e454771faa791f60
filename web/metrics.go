package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/everturn/everturn/web/api"
)

// Figure is one number that the engine tells about itself.
type Figure struct {
	Name  string // of the metric: everturn_engine_turns_total
	Help  string
	Gauge bool // it may fall; else it only rises
	Value float64
	// Label is a label's name and value, where there is one: which partition,
	// which level.
	Label [2]string
	// Buckets make it a histogram: how many observations were at most so much.
	// Value is their sum then, and Count their number.
	Buckets map[float64]uint64
	Count   uint64
}

// metrics counts requests, and gathers what the others count, in a registry of
// its own.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(figures func() []Figure, more ...prometheus.Collector) (*metrics, error) {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "everturn_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "everturn_http_request_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"route"}),
	}
	all := append([]prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.seconds,
	}, more...)
	if figures != nil {
		all = append(all, engineCollector(figures))
	}
	for _, c := range all {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// handler answers a scrape.
func (m *metrics) handler() echo.HandlerFunc {
	return echo.WrapHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true}))
}

// count counts a request that has been answered. Routes are templates and
// methods a closed list: whoever makes up addresses makes no series.
func (m *metrics) count(method, route string, status int, took time.Duration) {
	if !slices.Contains(api.KnownMethods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if status != http.StatusSwitchingProtocols {
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// engineCollector turns figures into metrics. It describes nothing beforehand
// ("unchecked"): which figures there are, only the engine knows.
type engineCollector func() []Figure

// Describe sends nothing.
func (engineCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the figures as they are now.
func (figures engineCollector) Collect(to chan<- prometheus.Metric) {
	for _, f := range figures() {
		m, err := f.metric()
		if err != nil {
			m = prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
		}
		to <- m
	}
}

func (f *Figure) metric() (prometheus.Metric, error) {
	var names, values []string
	if f.Label[0] != "" {
		names, values = f.Label[:1], f.Label[1:]
	}
	desc := prometheus.NewDesc(f.Name, f.Help, names, nil)
	switch {
	case f.Buckets != nil:
		return prometheus.NewConstHistogram(desc, f.Count, f.Value, f.Buckets, values...)
	case f.Gauge:
		return prometheus.NewConstMetric(desc, prometheus.GaugeValue, f.Value, values...)
	}
	return prometheus.NewConstMetric(desc, prometheus.CounterValue, f.Value, values...)
}
