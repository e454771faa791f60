package report

import (
	"strings"
	"testing"
)

func TestRequirements(t *testing.T) {
	s := &Summary{
		Times:   AllTimes{Ack: Times{Count: 10, P50: 1, P90: 2, P99: 49.9, P999: 60, Max: 70, Mean: 1.5}, Screen: Times{Count: 10, P99: 12}},
		Moves:   Moves{Count: 1000, PerSecond: 8000},
		Matches: Matches{Started: 5, Finished: 4, Aborted: 1},
		Errors:  3, Nacks: map[string]int64{"stale": 2}, Failures: map[string]int64{"dial": 1}, Bots: Bots{Most: 10},
		Server: &ServerSummary{MemoryMax: 250e6, GoroutinesMax: 100, CPUCores: 0.03},
	}
	for text, met := range map[string]bool{
		"p99<50ms": true, "p99 < 0.0499s": false, "p99<=49.9ms": true, "ack.p99>49900us": false, "p50=1ms": true, "p50==1ms": true, "p90!=2ms": false,
		"p99.9<50ms": false, "ack.p99.9<=60ms": true, "max<71ms": true, "mean<1.4ms": false, "screen.p99<=12ms": true,
		"moves/s>8000": false, "moves/s>=8,000": true, "moves>999": true, "started=5": true, "finished=4": true, "aborted=0": false, "bots=10": true,
		"errors=0": false, "errors<=3": true, "nacks=2": true, "failures=1": true,
		"server.memory<=250MB": true, "server.memory<200MiB": false, "server.cpu<=3%": true, "server.cpu<0.02": false, "server.goroutines<101": true,
		// What was not measured was not kept.
		"watcher.p99<60ms": false, "reconnect.max>0s": false, "connect.p50!=1s": false,
	} {
		r, err := ParseRequirement(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v := r.judge(s); v.Met != met || v.Text != text {
			t.Errorf("%s: %+v, met should be %v", text, v, met)
		}
	}
}

func TestRequirementsOfAServerThatToldNothing(t *testing.T) {
	r, err := ParseRequirement("server.memory<1GB")
	if err != nil {
		t.Fatal(err)
	}
	if v := r.judge(&Summary{}); v.Met || v.Value != nil || v.Shown() != "nothing was measured" {
		t.Errorf("%+v, shown as %q", v, v.Shown())
	}
}

func TestRequirementErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                    `"", character 1: expected <,`,
		"p99":                 `"p99", character 4: expected <,`,
		"p99!50ms":            `character 4: expected <,`,
		"<50ms":               `character 1: expected a metric before <`,
		"p98<50ms":            `character 1: there is no metric "p98"; there are p50,`,
		"ack.p98<50ms":        `character 1: there is no metric "ack.p98"`,
		"nack.p99<50ms":       `there is no metric "nack.p99"`,
		"p99<":                `character 5: expected a limit, as in 50ms`,
		"p99<50":              `character 5: "50" is no time with a unit, as in 50ms`,
		"p99 <=  fifty":       `character 9: "fifty" is no time`,
		"p99<-1ms":            `"-1ms" is no time`,
		"moves/s>8000/s":      `character 9: "8000/s" is no number`,
		"errors=-1":           `"-1" is no number`,
		"errors<NaN":          `"NaN" is no number`,
		"errors<inf":          `"inf" is no number`,
		"server.memory<big":   `"big" is no size, as in 250MB`,
		"server.cpu<3%%":      `"3%%" is no number of cores`,
		"p99<50ms,errors=0":   `character 5: "50ms,errors=0" is no time`,
		"é<1":                 `there is no metric "é"`,
		"reconnect.p99é<50ms": `there is no metric`,
	} {
		var r Requirement
		err := r.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func FuzzRequirement(f *testing.F) {
	for _, text := range []string{"p99<50ms", "server.cpu<3%", "moves/s>=8_000", "p99.9!=1s", "=", "<<"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequirement(text)
		if err != nil {
			return
		}
		if r.limit < 0 || r.limit != r.limit {
			t.Errorf("%q has the limit %v", text, r.limit)
		}
		r.judge(&Summary{}).Shown()
	})
}
