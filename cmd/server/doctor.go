package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

type doctorCommand struct{}

// defaultMinFree is what the store takes without --min-free (badgerstore.Options).
const defaultMinFree = byteSize(960 << 20)

// Run looks at each thing that a server needs, and changes nothing. It fails if a server could not start.
func (*doctorCommand) Run(s *settings, io streams) error {
	io.out.say("Everturn %s, %s, %d processors\n", version(), runtime.Version(), runtime.GOMAXPROCS(0))
	sick := 0
	for _, check := range []struct {
		name string
		look func(*settings) (string, error)
	}{
		{"port", checkPort}, {"directory", checkDirectory}, {"disk", checkDisk}, {"fsync", checkSync}, {"clock", checkClock},
	} {
		found, err := check.look(s)
		verdict := "ok  "
		if err != nil {
			sick++
			verdict, found = "BAD ", explain(err)
		}
		io.out.say("%s %-10s %s\n", verdict, check.name, found)
	}
	switch sick {
	case 0:
		io.out.say("All is well.\n")
		return nil
	case 1:
		return errors.New("one of these things is bad")
	}
	return fmt.Errorf("%d of these things are bad", sick)
}

func checkPort(s *settings) (string, error) {
	listener, err := net.Listen("tcp", string(s.Addr))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is free", listener.Addr()), listener.Close()
}

// checkDirectory does not open the database: 'server verify' does that.
func checkDirectory(s *settings) (string, error) {
	dir, err := filepath.Abs(s.Data)
	if err != nil {
		return "", err
	}
	if _, err := socketPath(s.Data); err != nil {
		return "", err
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, os.ErrNotExist):
		above, err := nearest(dir)
		if err == nil {
			err = writable(above)
		}
		return dir + " will be made", err
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is a file; choose another path (--data)", dir)
	}
	if err := writable(dir); err != nil {
		return "", err
	}
	if err := badgerstore.CheckFormat(dir); err != nil {
		return "", err
	}
	if inUse(s.Data) {
		return "", fmt.Errorf("%s: %w", dir, badgerstore.ErrLocked)
	}
	return dir + " is there; 'server verify' reads it", nil
}

// inUse says whether a server that runs on a directory answers.
func inUse(dir string) bool {
	path, err := socketPath(dir)
	if err != nil {
		return false
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was asked
	return true
}

func checkDisk(s *settings) (string, error) {
	dir, err := nearest(s.Data)
	if err != nil {
		return "", err
	}
	free, err := freeSpace(dir)
	if err != nil {
		return "", err
	}
	need := s.MinFree
	if need == 0 {
		need = defaultMinFree
	}
	if free < int64(need) {
		return "", fmt.Errorf("%s are free, and commits need %s; make room, or lower --min-free", byteSize(free), need)
	}
	return fmt.Sprintf("%s are free", byteSize(free)), nil
}

// nearest is the directory, or the closest one above it that exists.
func nearest(path string) (string, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", err
	}
}

// checkSync writes and syncs as a commit does, beside the data.
func checkSync(s *settings) (string, error) {
	dir, err := nearest(s.Data)
	if err != nil {
		return "", err
	}
	if dir == mustAbs(s.Data) { // not into a database: its neighbours are on the same disk
		dir = filepath.Dir(dir)
	}
	times, err := syncTimes(dir, 100)
	if err != nil {
		return "", err
	}
	median, worst := times[len(times)/2], times[len(times)-1]
	found := fmt.Sprintf("4 KiB are on disk in %.2f ms (median of %d; the worst took %.2f ms)", milliseconds(median), len(times), milliseconds(worst))
	switch {
	case median < 20*time.Microsecond:
		found += "; this is too fast for a disk: it is in memory, or does not sync"
	case median > 10*time.Millisecond:
		found += "; this is slow: every move waits for one"
	}
	return found, nil
}

func mustAbs(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// syncTimes measures, and gives what it measured sorted.
func syncTimes(dir string, n int) (times []time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".everturn-doctor-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, 4<<10)
	for range n {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times, nil
}

// checkClock compares the wall clock with the one that never jumps, and with when this program was built.
func checkClock(*settings) (string, error) {
	const built = 2026 // no server of this release ran before
	began := time.Now()
	if began.Year() < built {
		return "", fmt.Errorf("it is %s, they say; set the clock of this machine", began.Format(time.RFC3339))
	}
	time.Sleep(50 * time.Millisecond)
	now := time.Now()
	jump := now.Round(0).Sub(began.Round(0)) - now.Sub(began)
	if jump.Abs() > 20*time.Millisecond {
		return "", fmt.Errorf("it jumped by %s while we looked; let one time service set it", jump)
	}
	return now.Format(time.RFC3339) + ", steady", nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
