package main

import (
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/everturn/everturn/cmd/internal/bot"
)

// TestBadStarts: whatever keeps a server from starting is one clear message that names the thing and what to do, and a
// failure for the shell; and nothing that was there is changed.
func TestBadStarts(t *testing.T) {
	isLong(t)
	running := startServer(t, newData(t), "--addr", "127.0.0.1:0")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		name string
		addr string
		data func(t *testing.T) string
		want []string
	}{
		{"second server", "", func(*testing.T) string { return dataOf(running) }, []string{"another server is using it", "--data"}},
		{"port taken", taken.Addr().String(), newDataOf, []string{taken.Addr().String(), "address already in use", "--addr"}},
		{"no address of ours", "192.0.2.1:8080", newDataOf, []string{"192.0.2.1:8080", "--addr"}},
		{"newer format", "", newerFormat, []string{"everturn.format", "format 2", "this release knows 1", "--data"}},
		{"foreign directory", "", foreignDirectory, []string{"not empty (holiday.jpg)", "--data"}},
		{"a file instead of the directory", "", aFile, []string{"is a file, not a directory"}},
		{"a file in the path", "", func(t *testing.T) string { return filepath.Join(aFile(t), "data") }, []string{"not a directory", "--data"}},
		{"read-only directory", "", readOnly, []string{"--data"}},
		{"damaged table", "", damagedTable, []string{".sst", "damaged", "server restore"}},
		{"truncated log", "", truncatedLog, []string{".mem", "acknowledged commits are missing", "--accept-loss"}},
		{"missing mark", "", missingMark, []string{"everturn.mark", "damaged", "server restore"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr := tc.addr
			if addr == "" {
				addr = "127.0.0.1:0"
			}
			dir := tc.data(t)
			before := listing(t, dir)
			code, out, errOut := run(t, nil, "--data", dir, "--addr", addr)
			if code != exitFailed || out != "" {
				t.Errorf("exit code %d, out %q", code, out)
			}
			for _, want := range tc.want {
				if !strings.Contains(errOut, want) {
					t.Errorf("the message does not say %q:\n%s", want, errOut)
				}
			}
			if lines := strings.Count(errOut, "\n"); lines > 3 || strings.Contains(errOut, "goroutine") {
				t.Errorf("too much is said:\n%s", errOut)
			}
			if after := listing(t, dir); after != before && tc.name != "second server" {
				t.Errorf("the directory was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

func newDataOf(t *testing.T) string { return newData(t) }

// dataOf is the directory that a child was started on.
func dataOf(c *child) string {
	for i, arg := range c.cmd.Args {
		if arg == "--data" {
			return c.cmd.Args[i+1]
		}
	}
	return ""
}

// listing is what a directory holds: names and the sums of their bytes.
func listing(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		return "nothing"
	}
	var b strings.Builder
	for _, file := range files {
		data, _ := os.ReadFile(filepath.Join(dir, file.Name())) // a socket has no bytes
		fmt.Fprintf(&b, "%s %d %08x\n", file.Name(), len(data), crc32.ChecksumIEEE(data))
	}
	return b.String()
}

// played is a directory on which a server ran and was ended as told; it holds a match.
func played(t *testing.T, clean bool) string {
	t.Helper()
	data := newData(t)
	c := startServer(t, data, "--addr", "127.0.0.1:0")
	api := &bot.API{URL: c.url}
	p, err := api.NewPlayer(t.Context(), "Ann")
	if err == nil {
		_, err = api.NewMatch(t.Context(), p, "tictactoe", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	if !clean {
		c.kill()
		return data
	}
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	return data
}

func newerFormat(t *testing.T) string {
	dir := played(t, true)
	path := filepath.Join(dir, "everturn.format")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(text), "checksum ")
	body = strings.Replace(body, "everturn-database 1\n", "everturn-database 2\n", 1)
	body += fmt.Sprintf("checksum %08x\n", crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli)))
	write(t, path, []byte(body))
	return dir
}

func foreignDirectory(t *testing.T) string {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "holiday.jpg"), []byte("sea"))
	return dir
}

func aFile(t *testing.T) string {
	path := newData(t)
	write(t, path, []byte("not a directory"))
	return path
}

// damagedTable flips one byte in the middle of a table.
func damagedTable(t *testing.T) string {
	dir := played(t, true)
	path := only(t, filepath.Join(dir, "*.sst"))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 0x10
	write(t, path, data)
	return dir
}

// truncatedLog cuts the log of a server that was killed in the middle of its first commits.
func truncatedLog(t *testing.T) string {
	dir := played(t, false)
	if err := os.Truncate(only(t, filepath.Join(dir, "*.mem")), 700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func missingMark(t *testing.T) string {
	dir := played(t, true)
	if err := os.Remove(filepath.Join(dir, "everturn.mark")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func only(t *testing.T, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %v, %v", pattern, list, err)
	}
	return list[0]
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAcceptLoss: a database that lost its end starts again after verify --accept-loss, and not before.
func TestAcceptLoss(t *testing.T) {
	dir := truncatedLog(t)
	if code, _, errOut := run(t, nil, "verify", "--data", dir); code != exitFailed || !strings.Contains(errOut, "--accept-loss") {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	if code, out, errOut := run(t, nil, "verify", "--accept-loss", "--data", dir); code != 0 || !strings.Contains(out, "all is well") {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	startServer(t, dir, "--addr", "127.0.0.1:0")
}
