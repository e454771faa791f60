package web

import (
	"strings"
	"testing"
)

func TestFiguresAsMetrics(t *testing.T) {
	h := openHouse(t, func(o *Options) {
		o.Figures = func() []Figure {
			return []Figure{
				{Name: "x_total", Help: "Counts.", Value: 3},
				{Name: "y", Help: "Stands.", Gauge: true, Value: -1, Label: [2]string{"partition", "7"}},
				{Name: "z", Help: "Is spread.", Value: 9, Count: 5, Buckets: map[float64]uint64{1: 2, 2: 4}},
			}
		}
	})
	body := string(h.ok(call{method: "GET", path: "/metrics"}, 200, nil).body)
	for _, want := range []string{
		"# HELP x_total Counts.\n# TYPE x_total counter\nx_total 3\n",
		"# HELP y Stands.\n# TYPE y gauge\ny{partition=\"7\"} -1\n",
		"# HELP z Is spread.\n# TYPE z histogram\nz_bucket{le=\"1\"} 2\nz_bucket{le=\"2\"} 4\nz_bucket{le=\"+Inf\"} 5\nz_sum 9\nz_count 5\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}
