package benchtest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Crowd runs op b.N times, so many at a time, and reports: see [Report]. An op
// knows its worker, from 0 on, and its own number among all. The first error of
// a worker ends it and fails the benchmark.
func Crowd(b *testing.B, at int, op func(worker, i int) error) {
	b.Helper()
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	began := processor()
	b.ResetTimer()
	for worker := range at {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				start := time.Now()
				if err := op(worker, i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processor()-began).Nanoseconds())/1000/float64(b.N), "cpu-us/op")
	Report(b, took)
}

// Report reports the rate, and the latencies that half, 99 % and 99.9 % of the
// operations kept. It sorts them.
func Report(b *testing.B, took []time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	slices.Sort(took)
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50-ms", .5}, {"p99-ms", .99}, {"p99.9-ms", .999}} {
		b.ReportMetric(Milliseconds(took[int(q.q*float64(len(took)-1))]), q.name)
	}
}

// Milliseconds is a duration as benchmarks report it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// processor is the time of the processor that this process has used so far. On
// a busy machine it says more than the time on the wall.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
