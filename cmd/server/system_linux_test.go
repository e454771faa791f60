package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/everturn/everturn/cmd/internal/bot"
)

// smallDisk mounts a disk of so many MiB, or skips the test where that is not allowed.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("NOT TESTED: a disk of its own cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// readOnly is a directory that nobody can write to, root included.
func readOnly(t *testing.T) string {
	t.Helper()
	dir := smallDisk(t, 1)
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDiskNearlyFull: under --min-free everything that would be written is refused and readyz says so, reading goes on, and
// with room again so does everything else.
func TestDiskNearlyFull(t *testing.T) {
	disk := smallDisk(t, 400)
	c := startServer(t, filepath.Join(disk, "data"), "--addr", "127.0.0.1:0", "--min-free", "100MiB")
	api := &bot.API{URL: c.url}
	ann, err := api.NewPlayer(t.Context(), "Ann")
	if err != nil {
		t.Fatal(err)
	}
	match, err := api.NewMatch(t.Context(), ann, "tictactoe", "before")
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	fill(t, disk, filler, 50<<20)
	waitStatus(t, c.url+"/readyz", http.StatusServiceUnavailable)
	waitStatus(t, c.url+"/healthz", http.StatusOK)
	if status := post(t, c.url+"/api/players", `{"name":"Ben"}`); status != http.StatusServiceUnavailable {
		t.Errorf("a new player on a full disk: %d", status)
	}
	if m, err := api.Match(t.Context(), match); err != nil || m.ID != match {
		t.Errorf("reading on a full disk: %+v, %v", m, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	waitStatus(t, c.url+"/readyz", http.StatusOK)
	again, err := api.NewMatch(t.Context(), ann, "tictactoe", "before")
	if err != nil || again != match {
		t.Errorf("the same key made %s, then %s (%v)", match, again, err)
	}
	if _, err := api.NewMatch(t.Context(), ann, "tictactoe", "after"); err != nil {
		t.Error(err)
	}
	c.signal(syscall.SIGTERM)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// fill leaves so many bytes on the disk.
func fill(t *testing.T, disk, file string, leave int64) {
	t.Helper()
	free, err := freeSpace(disk)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Fallocate(int(f.Fd()), 0, 0, free-leave); err != nil {
		t.Fatal(err)
	}
}

// residentKB is the memory of a process that is resident now.
func residentKB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(status), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize() / 1024
}

// TestIdleServer measures an empty server against the bars: 80 MB, and 0.3 s to be ready. Time on a busy machine is not
// judged closely; memory is.
func TestIdleServer(t *testing.T) {
	c := startServer(t, newData(t), "--addr", "127.0.0.1:0")
	waitStatus(t, c.url+"/readyz", http.StatusOK)
	time.Sleep(2 * time.Second) // idle is what is measured here
	kb := residentKB(t, c.cmd.Process.Pid)
	t.Logf("ready after %s, %.1f MB resident (durability sync)", c.ready.Round(time.Millisecond), float64(kb)/1000)
	if kb > 80_000 && detectorPause == 0 { // the race detector's shadow is no memory of ours
		t.Errorf("%d kB are resident, more than 80 MB", kb)
	}
	if c.ready > 3*time.Second {
		t.Errorf("it took %s to be ready", c.ready)
	}
}
