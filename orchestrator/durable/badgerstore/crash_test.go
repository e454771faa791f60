package badgerstore

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/everturn/everturn/orchestrator/durable"
)

const (
	crashDir        = "BADGERSTORE_CRASH_DIR"
	crashDurability = "BADGERSTORE_CRASH_DURABILITY"
	crashPartitions = 4
	crashRows       = 10 // of a batch
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := crashChild(dir, os.Getenv(crashDurability), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// crashChild commits batches until it is killed, some partitions at once, and
// prints each acknowledged one: partition and number.
func crashChild(dir, durability string, out io.Writer) error {
	opts := Options{MinFree: -1}
	if durability == Relaxed.String() {
		opts.Durability = Relaxed
	}
	s, err := Open(dir, opts)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, "open") // nobody reads on: we were killed
	var mu sync.Mutex
	failed := make(chan error)
	for p := range uint16(crashPartitions) {
		n, err := crashLast(s, p)
		if err != nil {
			return err
		}
		var next func()
		next = func() {
			n++
			b := &durable.Batch{Partition: p, Number: n}
			for i := range crashRows {
				b.Rows = append(b.Rows, durable.Row{Key: crashKey(p, n, i), Value: []byte(strings.Repeat("v", 500))})
			}
			s.Commit(b, func(err error) {
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				_, _ = fmt.Fprintln(out, p, n)
				mu.Unlock()
				next() // Commit only queues
			})
		}
		next()
	}
	return <-failed
}

func crashKey(p uint16, n uint64, i int) []byte { return rowKey(p, fmt.Sprintf("%08d.%02d", n, i)) }

// crashLast is the highest batch of a partition that is there. It is an error
// if one of the batches up to it is not there as a whole.
func crashLast(s *Store, p uint16) (uint64, error) {
	rows := uint64(0)
	err := s.View(func(r durable.Reader) error {
		var bad error
		err := r.Scan(rowKey(p, ""), rowKey(p+1, ""), false, func(k, _ []byte) bool {
			if want := crashKey(p, 1+rows/crashRows, int(rows%crashRows)); string(k) != string(want) {
				bad = fmt.Errorf("partition %d: found row %q where %q should be", p, k, want)
			}
			rows++
			return bad == nil
		})
		return errors.Join(bad, err)
	})
	if err == nil && rows%crashRows != 0 {
		err = fmt.Errorf("partition %d: the last batch is there in part: %d rows", p, rows)
	}
	return rows / crashRows, err
}

// A child process is killed at random moments, over the same database. What it
// said was acknowledged is there, and no batch is there in part.
//
// This covers the death of the process, not a power loss: the kernel keeps the
// pages that were written, synced or not. Power loss is covered by the design
// (one synced transaction per group, then the acknowledgement) and by
// memstore's forgetting.
func TestKill(t *testing.T) {
	for _, d := range []Durability{Sync, Relaxed} {
		t.Run(d.String(), func(t *testing.T) {
			dir, acked := t.TempDir(), [crashPartitions]uint64{}
			for round := range 10 {
				lines := killRound(t, dir, d, time.Duration(1+rand.IntN(120))*time.Millisecond)
				for _, line := range lines {
					var p, n uint64
					if _, err := fmt.Sscan(line, &p, &n); err != nil {
						t.Fatalf("the child said %q", line)
					}
					acked[p] = n
				}
				s := mustOpen(t, dir, testOptions())
				for p := range uint16(crashPartitions) {
					last, err := crashLast(s, p)
					if err != nil {
						t.Errorf("round %d: %v", round, err)
					}
					if last < acked[p] {
						t.Errorf("round %d: partition %d ends at batch %d, %d was acknowledged", round, p, last, acked[p])
					}
				}
				mustClose(t, s)
			}
			if acked == [crashPartitions]uint64{} {
				t.Error("nothing was ever acknowledged")
			}
			t.Logf("acknowledged: %v", acked)
		})
	}
}

// killRound starts a child, kills it after some time of work, and gives the
// whole lines that it wrote.
func killRound(t *testing.T, dir string, d Durability, work time.Duration) []string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir, crashDurability+"="+d.String())
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "open\n" {
		t.Fatalf("the child did not open the database: %q, %v, %v", line, err, child.Wait())
	}
	timer := time.AfterFunc(work, func() {
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	defer timer.Stop()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v", err)
	}
	lines := strings.Split(string(text), "\n")
	return lines[:len(lines)-1] // the last one was cut off
}

// Of logs that hold many memtables, killed while they are flushed.
func TestKillDuringFlush(t *testing.T) {
	if testing.Short() {
		t.Skip("writes some hundred megabytes")
	}
	dir := t.TempDir()
	lines := killRound(t, dir, Relaxed, 3*time.Second)
	s := mustOpen(t, dir, testOptions())
	defer mustClose(t, s)
	for p := range uint16(crashPartitions) {
		last, err := crashLast(s, p)
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			if partition, number, _ := strings.Cut(line, " "); partition == strconv.Itoa(int(p)) {
				if n, err := strconv.ParseUint(number, 10, 64); err != nil || n > last {
					t.Fatalf("partition %d ends at %d, %s was acknowledged", p, last, number)
				}
			}
		}
	}
}
