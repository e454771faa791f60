package report

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScrape(t *testing.T) {
	body, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	}))
	defer fake.Close()
	got, err := (&Server{URL: fake.URL + "/"}).Scrape(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Figures{
		Started: 1.79548632513e+09, Memory: 6.3164416e+07, Goroutines: 71, CPU: 12.5,
		CommitTurns:   Distribution{Sum: 900, Count: 40, Buckets: []Bucket{{1, 10}, {2, 20}, {32, 38}, {8192, 40}}},
		CommitSeconds: Distribution{Sum: 0.08, Count: 40, Buckets: []Bucket{{0.001, 10}, {0.002, 30}, {0.004, 40}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestScrapeOfSomethingElse(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no metrics":   {http.StatusNotFound, "", "404 Not Found"},
		"not the text": {http.StatusOK, "<html>\n", "/metrics: text format parsing error"},
	} {
		fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		_, err := (&Server{URL: fake.URL}).Scrape(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", name, err, c.want)
		}
		fake.Close()
		if _, err := (&Server{URL: fake.URL}).Scrape(context.Background()); err == nil {
			t.Errorf("%s: a server that is gone tells its figures", name)
		}
	}
}

func TestQuantile(t *testing.T) {
	d := Distribution{Sum: 100, Count: 100, Buckets: []Bucket{{1, 0}, {2, 50}, {4, 90}}}
	for q, want := range map[float64]float64{0.25: 1.5, 0.5: 2, 0.7: 3, 0.9: 4, 0.99: 4} {
		if got := d.quantile(q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v is %v, not %v", q, got, want)
		}
	}
	if got := (Distribution{}).quantile(0.5); !math.IsNaN(got) {
		t.Errorf("of nothing it is %v", got)
	}
}

func TestWhatAServerDid(t *testing.T) {
	at := func(process, cpu, turns float64) Figures {
		return Figures{Started: process, Memory: cpu * 10, CPU: cpu, CommitTurns: Distribution{
			Sum: turns, Count: turns / 2, Buckets: []Bucket{{2, turns / 4}, {4, turns / 2}},
		}}
	}
	var all serverLog
	last := at(1, 5, 100)
	for _, f := range []Figures{last, at(1, 7, 140), at(2, 1, 20), at(2, 2, 60)} {
		all.learn(f, &last, time.Second)
		last = f
	}
	// Not what was done before the first answer; all of the second process: 40 + 20 + 40 turns.
	want := Distribution{Sum: 100, Count: 50, Buckets: []Bucket{{2, 25}, {4, 50}}}
	if diff := cmp.Diff(want, all.counted.CommitTurns); diff != "" {
		t.Errorf("turns (-want +got):\n%s", diff)
	}
	if all.counted.CPU != 4 || all.restarts != 1 || all.answers != 4 || all.seconds != 4 || all.memory != 70 || all.counted.Memory != 20 {
		t.Errorf("%+v", all)
	}
}
