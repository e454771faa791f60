// Command bars reads the output of `go test -bench` of the engine's bars, shows it, and ends with a table: each bar, the
// median of what was measured, and its ratio to the bar and to the limit that was measured in the same run. A ratio above
// 1.00 is better than asked. It fails if a benchmark failed, and not because a bar was missed: machines differ.
//
//	go test ./entities -run '^$' -bench . -benchmem | go run .ci/bars.go
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// bar is what one figure of one benchmark should be: at least want, or at most where least is set.
type bar struct {
	bench, unit string
	least       bool // a rate, not a time or a size
	want        float64
	limit       string // the benchmark whose figure in the same unit bounds this one
	share       float64
}

const atLeast, atMost = true, false

var bars = []bar{
	{bench: "W1_200", unit: "ops/s", least: atLeast, want: 6000},
	{bench: "W1_Alone", unit: "p50-ms", want: 1.5},
	{bench: "W1_Alone", unit: "p99-ms", want: 5},
	{bench: "W2_1000", unit: "wall-ms", want: 25},
	{bench: "W2_10000", unit: "wall-ms", want: 250},
	{bench: "W2_100000", unit: "wall-ms", want: 3000},
	{bench: "W3_Signal", unit: "ops/s", least: atLeast, want: 60_000},
	{bench: "W3_Call_200", unit: "ops/s", least: atLeast, want: 40_000, limit: "Limit_Committer_200", share: 0.5},
	{bench: "W3_Call_1024", unit: "ops/s", least: atLeast, want: 60_000},
	{bench: "W3_Call_1024", unit: "p99-ms", want: 60},
	{bench: "W3_Call_Alone", unit: "p50-ms", limit: "Limit_BadgerTxn", share: 2},
	{bench: "W3_Engine", unit: "allocs/op", want: 25},
	{bench: "W3_Tenfold", unit: "steady", least: atLeast, want: 0.9},
	{bench: "W4", unit: "ops/s", least: atLeast, want: 3000},
	{bench: "W4", unit: "p50-ms", want: 0.35},
	{bench: "W5_1M", unit: "open-ms", want: 1000},
	{bench: "W5_1M", unit: "first-ms", want: 20},
	{bench: "W5_1M", unit: "MB", want: 300},
	{bench: "W6_Transfer_200", unit: "ops/s", least: atLeast, want: 3000},
	{bench: "W7_Replay1000", unit: "p50-ms", want: 2},
	{bench: "HotMatch", unit: "B/hot", want: 12 << 10},
	{bench: "Disk_W1", unit: "B/op-disk", want: 2 << 10},
	{bench: "Stall", unit: "stall-ms", want: 250},
	{bench: "Stall", unit: "p99.9-ms", want: 50},
}

// figures are what was measured, by benchmark and unit.
type figures map[string]map[string][]float64

func main() {
	got, failed, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bars:", err)
		os.Exit(2)
	}
	fmt.Printf("\n%-18s %-10s %12s %12s %8s %8s\n", "bar", "unit", "wanted", "measured", "to bar", "to limit")
	for _, b := range bars {
		got.print(b)
	}
	if failed {
		fmt.Println("\na benchmark failed: its figures mean nothing")
		os.Exit(1)
	}
}

// read shows and takes in the output of benchmarks, and says whether one failed.
func read(r io.Reader, show io.Writer) (got figures, failed bool, err error) {
	got = figures{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		fmt.Fprintln(show, line)
		failed = failed || strings.Contains(line, "FAIL")
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of processors
			name = name[:i]
		}
		if got[name] == nil {
			got[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				got[name][fields[i+1]] = append(got[name][fields[i+1]], v)
			}
		}
	}
	return got, failed, lines.Err()
}

// median is the median of the rounds.
func (f figures) median(bench, unit string) (float64, bool) {
	all := slices.Sorted(slices.Values(f[bench][unit]))
	if len(all) == 0 {
		return 0, false
	}
	return all[len(all)/2], true
}

func (f figures) print(b bar) {
	v, ok := f.median(b.bench, b.unit)
	if !ok {
		fmt.Printf("%-18s %-10s %12s %12s\n", b.bench, b.unit, number(b.want), "-")
		return
	}
	limit, measured := f.median(b.limit, b.unit)
	toLimit := "-"
	if measured {
		toLimit = b.ratio(v, limit*b.share)
	}
	toBar := "-"
	if b.want > 0 {
		toBar = b.ratio(v, b.want)
	}
	fmt.Printf("%-18s %-10s %12s %12s %8s %8s\n", b.bench, b.unit, number(b.want), number(v), toBar, toLimit)
}

// ratio is above 1 where the figure is better than wanted.
func (b bar) ratio(v, want float64) string {
	if !b.least {
		v, want = want, v
	}
	return fmt.Sprintf("%.2f", v/want)
}

func number(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 100:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
