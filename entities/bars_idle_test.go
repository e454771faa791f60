//go:build linux

package entities_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

var idleMatches = flag.Int("bars.idle", 1_000_000, "instances of BenchmarkW5_1M")

// idleChild names the database for the process that BenchmarkW5_1M starts.
const idleChild = "EVERTURN_BENCH_IDLE"

// W5: a database of idle matches, each with a timer, is opened by a process of
// its own: until it is open, until the first move is answered, and the memory
// that is resident then.
func BenchmarkW5_1M(b *testing.B) {
	dir := idleDatabase(b)
	var opens, firsts, sizes []float64
	for b.Loop() {
		child := exec.Command(os.Args[0], "-test.run=^TestIdleChild$", fmt.Sprintf("-bars.idle=%d", *idleMatches))
		child.Env = append(os.Environ(), idleChild+"="+dir)
		out, err := child.CombinedOutput()
		_, figures, _ := strings.Cut(string(out), "idle:")
		var open, first, size float64
		if _, scanned := fmt.Sscan(figures, &open, &first, &size); err != nil || scanned != nil {
			b.Fatalf("%v, %v\n%s", err, scanned, out)
		}
		opens, firsts, sizes = append(opens, open), append(firsts, first), append(sizes, size)
	}
	for name, all := range map[string][]float64{"open-ms": opens, "first-ms": firsts, "MB": sizes} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name)
	}
}

// idleDatabase makes the database. Where EVERTURN_BENCH_DIR names a directory,
// it is kept there for the next run.
func idleDatabase(b *testing.B) string {
	dir := filepath.Join(benchtest.Parent(b), fmt.Sprintf(".bench-idle-%d", *idleMatches))
	if os.Getenv("EVERTURN_BENCH_DIR") == "" {
		dir = benchtest.Dir(b)
	} else if _, err := os.Stat(filepath.Join(dir, "whole")); err == nil {
		return dir
	} else if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
	h := houseOn(b, badgerAt(b, dir), 0)
	h.begin(b, *idleMatches, 0)
	if err := h.host.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

// TestIdleChild is the process that BenchmarkW5_1M starts.
func TestIdleChild(t *testing.T) {
	dir := os.Getenv(idleChild)
	if dir == "" {
		t.Skip("BenchmarkW5_1M runs it")
	}
	start := time.Now()
	h := houseOn(t, badgerAt(t, dir), 0)
	open := time.Since(start)
	id := fmt.Sprintf("match-%07d", start.UnixNano()%int64(*idleMatches)) // one that no earlier run has played
	start = time.Now()
	if _, err := move.Do(context.Background(), h.orch, id, 1); err != nil {
		t.Fatal(err)
	}
	first := time.Since(start)
	size, err := benchtest.Resident()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("idle: %g %g %g\n", benchtest.Milliseconds(open), benchtest.Milliseconds(first), float64(size)/1e6)
}

// Memory of a match that waits in the cache, its coroutine included, after a
// few moves.
func BenchmarkHotMatch(b *testing.B) {
	const matches = 5000
	used := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	for b.Loop() {
		h := houseOn(b, nowhere{}, 1<<30)
		before := used()
		h.begin(b, matches, 5)
		b.ReportMetric(float64(used()-before)/matches, "B/hot")
		if err := h.host.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
