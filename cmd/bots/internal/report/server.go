package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Scraper asks a server for its figures. It fails while the server is away,
// which is no fault of a run that kills it.
type Scraper interface {
	Scrape(context.Context) (Figures, error)
}

// Server scrapes the /metrics of an Everturn server. It may be used
// concurrently.
type Server struct {
	// URL of the server.
	URL string
	// HTTP is http.DefaultClient if it is nil.
	HTTP *http.Client
}

// mostMetrics is how much a server may tell, in bytes.
const mostMetrics = 16 << 20

// Scrape implements Scraper. Figures that the server does not have are 0.
func (s *Server) Scrape(ctx context.Context) (Figures, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(s.URL, "/")+"/metrics", nil)
	if err != nil {
		return Figures{}, err
	}
	r.Header.Set("Accept", "text/plain")
	client := cmp.Or(s.HTTP, http.DefaultClient)
	answer, err := client.Do(r)
	if err != nil {
		return Figures{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return Figures{}, fmt.Errorf("%s answers %s", r.URL, answer.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(answer.Body, mostMetrics))
	if err != nil {
		return Figures{}, fmt.Errorf("%s: %w", r.URL, err)
	}
	return Figures{
		Started:       number(families["process_start_time_seconds"]),
		Memory:        number(families["process_resident_memory_bytes"]),
		Goroutines:    number(families["go_goroutines"]),
		CPU:           number(families["process_cpu_seconds_total"]),
		CommitTurns:   distribution(families["everturn_engine_commit_turns"]),
		CommitBytes:   distribution(families["everturn_engine_commit_bytes"]),
		CommitSeconds: distribution(families["everturn_engine_commit_seconds"]),
	}, nil
}

// number is the sum of all series of a counter or gauge.
func number(f *dto.MetricFamily) (sum float64) {
	for _, m := range f.GetMetric() {
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
	}
	return sum
}

// distribution is the only series of a histogram.
func distribution(f *dto.MetricFamily) Distribution {
	if len(f.GetMetric()) != 1 {
		return Distribution{}
	}
	h := f.GetMetric()[0].GetHistogram()
	d := Distribution{Sum: h.GetSampleSum(), Count: float64(h.GetSampleCount())}
	for _, b := range h.GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) {
			d.Buckets = append(d.Buckets, Bucket{b.GetUpperBound(), float64(b.GetCumulativeCount())})
		}
	}
	slices.SortFunc(d.Buckets, func(a, b Bucket) int { return cmp.Compare(a.Edge, b.Edge) })
	return d
}
