package measure_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

func TestLatencyIsRoundedUpByAThousandth(t *testing.T) {
	for _, d := range []time.Duration{
		1, time.Microsecond, 1500, 2 * time.Microsecond, 999 * time.Microsecond, 12_345 * time.Microsecond, 7 * time.Second, time.Minute,
	} {
		r := measure.New(time.Now())
		r.Ack(d)
		got := r.Snapshot().Total.Ack
		most := d + time.Microsecond + d/1000
		for name, v := range map[string]time.Duration{"p50": got.At(50), "p100": got.At(100), "max": got.Max()} {
			if v < d || v > most {
				t.Errorf("%v: %s is %v, not from %v to %v", d, name, v, d, most)
			}
		}
	}
}

func TestLatencyBeyondItsLimits(t *testing.T) {
	r := measure.New(time.Now())
	r.Ack(time.Hour)
	r.Screen(-time.Second)
	r.Screen(0)
	s := r.Snapshot()
	if got := s.Total.Ack.Max(); got != time.Minute {
		t.Errorf("an hour counts as %v", got)
	}
	if got := s.Total.Screen.Max(); got != time.Microsecond {
		t.Errorf("no time at all counts as %v", got)
	}
	if s.Total.Ack.Count() != 1 || s.Total.Screen.Count() != 2 {
		t.Errorf("%d and %d were counted", s.Total.Ack.Count(), s.Total.Screen.Count())
	}
}

func TestLatencyOfNothing(t *testing.T) {
	s := measure.New(time.Now()).Snapshot()
	none := s.Total.Back
	if none.Count() != 0 || none.At(99) != 0 || none.Max() != 0 || none.Mean() != 0 || none.Bars() != nil {
		t.Errorf("nothing was measured, and it says %d, %v, %v", none.Count(), none.Max(), none.Bars())
	}
}

func TestPercentiles(t *testing.T) {
	r := measure.New(time.Now())
	for ms := 1; ms <= 1000; ms++ {
		r.Ack(time.Duration(ms) * time.Millisecond)
	}
	got := r.Snapshot().Total.Ack
	for p, want := range map[float64]time.Duration{50: 500, 90: 900, 99: 990, 99.9: 999} {
		want *= time.Millisecond
		if v := got.At(p); v < want || v > want+want/1000+time.Microsecond {
			t.Errorf("p%v is %v", p, v)
		}
	}
	if mean := got.Mean(); mean < 500*time.Millisecond || mean > 501*time.Millisecond {
		t.Errorf("the mean is %v", mean)
	}
}

func TestBarsHoldEverything(t *testing.T) {
	r := measure.New(time.Now())
	all := []time.Duration{0, time.Microsecond, 40 * time.Microsecond, 41 * time.Microsecond, 3 * time.Millisecond, 50 * time.Second, time.Minute, time.Hour}
	for _, d := range all {
		r.Ack(d)
	}
	bars := r.Snapshot().Total.Ack.Bars()
	var count int64
	for i, b := range bars {
		count += b.Count
		if b.To <= b.From || i > 0 && b.From != bars[i-1].To {
			t.Errorf("bar %d is %+v after %+v", i, b, bars[max(i-1, 0)])
		}
	}
	if count != int64(len(all)) {
		t.Errorf("%d of %d times are in %v", count, len(all), bars)
	}
	first, last := bars[0], bars[len(bars)-1]
	if first != (measure.Bar{To: time.Microsecond, Count: 2}) || last.To != time.Minute || last.Count != 2 {
		t.Errorf("the first bar is %+v, the last %+v", first, last)
	}
}

func TestSnapshotsTellTotalsAndWhatIsNew(t *testing.T) {
	r := measure.New(time.Now().Add(-time.Minute))
	r.Bots(3)
	r.Bots(-1)
	r.Match(measure.Started)
	r.Ack(time.Millisecond)
	r.Bytes(100, 20)
	r.Nack("stale")
	first := r.Snapshot()
	if first.At < time.Minute || first.Span != first.At {
		t.Errorf("the first snapshot is of %v, for %v", first.At, first.Span)
	}

	r.Match(measure.Started)
	r.Match(measure.Finished)
	r.Match(measure.Aborted)
	r.Ack(2 * time.Millisecond)
	r.Ack(3 * time.Millisecond)
	r.Screen(4 * time.Millisecond)
	r.Watcher(5 * time.Millisecond)
	r.Connected(6 * time.Millisecond)
	r.Back(7 * time.Millisecond)
	r.Bytes(10, 2)
	r.Nack("stale")
	r.Nack("busy")
	r.Close(1006)
	r.Failed("dial")
	r.Fault(measure.Gap, "3 after 1")
	second := r.Snapshot()

	if second.Bots != 2 || second.MostBots != 3 || second.At-first.At != second.Span {
		t.Errorf("%d bots, %d at once; %v after %v, for %v", second.Bots, second.MostBots, second.At, first.At, second.Span)
	}
	tell := func(c measure.Counts) string {
		return fmt.Sprintf("took %d %d %d %d %d, matches %d %d %d, moves %d, %d nacks, %d closes, %d failures, %d errors, %d faults, bytes %d %d",
			c.Ack.Count(), c.Screen.Count(), c.Watcher.Count(), c.Connect.Count(), c.Back.Count(), c.Started, c.Finished, c.Aborted,
			c.Moves, c.Nacks, c.Closes, c.Failures, c.Errors(), c.Faults, c.BytesIn, c.BytesOut)
	}
	for _, check := range []struct {
		what, want string
		got        measure.Counts
	}{
		{"first, new", "took 1 0 0 0 0, matches 1 0 0, moves 1, 1 nacks, 0 closes, 0 failures, 1 errors, 0 faults, bytes 100 20", first.Since},
		{"first, total", "took 1 0 0 0 0, matches 1 0 0, moves 1, 1 nacks, 0 closes, 0 failures, 1 errors, 0 faults, bytes 100 20", first.Total},
		{"second, new", "took 2 1 1 1 1, matches 1 1 1, moves 2, 2 nacks, 1 closes, 1 failures, 3 errors, 1 faults, bytes 10 2", second.Since},
		{"second, total", "took 3 1 1 1 1, matches 2 1 1, moves 3, 3 nacks, 1 closes, 1 failures, 4 errors, 1 faults, bytes 110 22", second.Total},
	} {
		if diff := cmp.Diff(check.want, tell(check.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", check.what, diff)
		}
	}
	if first.Total.Ack.Max() > 2*time.Millisecond {
		t.Error("a snapshot changes after it was taken")
	}
	if diff := cmp.Diff(map[string]int64{"stale": 2, "busy": 1}, second.Nacks); diff != "" {
		t.Errorf("nacks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int]int64{1006: 1}, second.Closes); diff != "" {
		t.Errorf("closes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"dial": 1}, second.Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestTheBoxKeepsTheFirstExamples(t *testing.T) {
	r := measure.New(time.Now())
	for n := range 100 {
		r.Fault(measure.Lost, fmt.Sprint("move ", n))
	}
	r.Fault(measure.Broken, "two winners")
	box := r.Snapshot().Box
	if box.Counts[measure.Lost] != 100 || box.Counts[measure.Broken] != 1 || box.Sum() != 101 {
		t.Errorf("the box has %v", box.Counts)
	}
	if diff := cmp.Diff([]string{"move 0", "move 1", "move 2", "move 3", "move 4"}, box.Examples[measure.Lost]); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}

func TestFaultNames(t *testing.T) {
	var keys, texts []string
	for _, f := range measure.Faults() {
		keys, texts = append(keys, f.Key()), append(texts, f.String())
	}
	want := []string{"lost", "doubled", "out_of_order", "gaps", "repeats", "hidden", "differs", "broken"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	slices.Sort(texts)
	if len(slices.Compact(texts)) != len(want) || texts[0] == "" {
		t.Errorf("the names for people are %q", texts)
	}
}

// TestNothingIsLostBetweenSnapshots records from many goroutines while snapshots are taken: what is new in each adds up
// to what was recorded.
func TestNothingIsLostBetweenSnapshots(t *testing.T) {
	const goroutines, each = 8, 5000
	r := measure.New(time.Now())
	var recording sync.WaitGroup
	for range goroutines {
		recording.Go(func() {
			for n := range each {
				r.Ack(time.Duration(n) * time.Microsecond)
				r.Bytes(2, 1)
				r.Match(measure.Started)
				r.Bots(1)
				r.Nack("busy")
			}
		})
	}
	done := make(chan struct{})
	go func() { recording.Wait(); close(done) }()
	var moves, bytes, nacks int64
	count := func() measure.Snapshot {
		s := r.Snapshot()
		moves, bytes, nacks = moves+s.Since.Moves, bytes+s.Since.BytesIn, nacks+s.Since.Nacks
		return s
	}
	for running := true; running; count() {
		select {
		case <-done:
			running = false
		default:
		}
	}
	s := count()
	const all = goroutines * each
	if moves != all || s.Total.Moves != all || bytes != 2*all || s.Total.BytesOut != all || nacks != all || s.Total.Started != all || s.Bots != all {
		t.Errorf("of %d: %d and %d moves, %d bytes in, %d out, %d nacks, %d matches, %d bots",
			all, moves, s.Total.Moves, bytes, s.Total.BytesOut, nacks, s.Total.Started, s.Bots)
	}
}

func BenchmarkAck(b *testing.B) {
	r := measure.New(time.Now())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for d := time.Duration(0); pb.Next(); d = (d + 997) % (50 * time.Millisecond) {
			r.Ack(d)
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	r := measure.New(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		for n := range 10_000 {
			r.Ack(time.Duration(n) * 5 * time.Microsecond)
		}
		r.Snapshot()
	}
}
