package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/cmd/internal/bot"
)

// TestBackupWhilePlaying takes backups of a server that is being played on. Each restores to a database that is sound and
// holds what was acknowledged before it was begun; so does one that is taken of the directory alone.
func TestBackupWhilePlaying(t *testing.T) {
	data, files := newData(t), t.TempDir()
	c := startServer(t, data, "--addr", "127.0.0.1:0", "--rate-limit", "off", "--log-level", "warn")
	ctx, cancel := context.WithCancel(t.Context())
	api := &bot.API{URL: c.url}
	pair, err := bot.NewPair(ctx, bot.PairOptions{API: api, Name: "Pair", Game: "connect4", Games: 2, Think: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- pair.Run(ctx) }()
	var before []bot.Played
	for i := range 3 {
		played, err := pair.Play(ctx)
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, played)
		rest := make(chan error, 1) // of the next match, which the backup is taken in the middle of
		go func() { _, err := pair.Play(ctx); rest <- err }()
		file := filepath.Join(files, string(rune('a'+i)))
		mustRun(t, "backup", file, "--data", data)
		if err := <-rest; err != nil {
			t.Fatal(err)
		}
		checkRestored(t, file, before)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if out := mustRun(t, "verify", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("of a running server: %s", out)
	}
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	file := filepath.Join(files, "cold")
	mustRun(t, "backup", file, "--data", data)
	checkRestored(t, file, before)
	if names := dirNames(t, files); len(names) != 4 {
		t.Errorf("beside the backups lies something: %v", names)
	}
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errOut := run(t, nil, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out, errOut)
	}
	return out
}

func dirNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// checkRestored restores a backup, serves it, and compares the matches.
func checkRestored(t *testing.T, file string, played []bot.Played) {
	t.Helper()
	data := newData(t)
	mustRun(t, "restore", file, "--data", data)
	if out := mustRun(t, "verify", "--data", data); !strings.Contains(out, "all is well") {
		t.Error(out)
	}
	c := startServer(t, data, "--addr", "127.0.0.1:0", "--rate-limit", "off")
	defer c.kill()
	for _, p := range played {
		if err := checkMatch(t.Context(), &bot.API{URL: c.url}, p); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestBackupRefusals: nothing is written over, made up or half done.
func TestBackupRefusals(t *testing.T) {
	isLong(t)
	data, dir := played(t, true), t.TempDir()
	whole := filepath.Join(dir, "whole")
	mustRun(t, "backup", whole, "--data", data)
	bytes, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut")
	write(t, cut, bytes[:len(bytes)-9])
	flipped := filepath.Join(dir, "flipped")
	changed := slices.Clone(bytes)
	changed[len(changed)/2] ^= 1
	write(t, flipped, changed)
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"over a file", []string{"backup", whole, "--data", data}, "exists; name a new file"},
		{"of nothing", []string{"backup", filepath.Join(dir, "x"), "--data", newData(t)}, "there is no data directory"},
		{"into nowhere", []string{"backup", filepath.Join(dir, "no", "x"), "--data", data}, "no such file or directory"},
		{"over a database", []string{"restore", whole, "--data", data}, "is not empty"},
		{"of a missing file", []string{"restore", filepath.Join(dir, "x"), "--data", newData(t)}, "no such file"},
		{"of a cut file", []string{"restore", cut, "--data", newData(t)}, "not a whole Everturn backup"},
		{"of a damaged file", []string{"restore", flipped, "--data", newData(t)}, "not a whole Everturn backup"},
		{"of something else", []string{"restore", filepath.Join(data, "MANIFEST"), "--data", newData(t)}, "not a whole Everturn backup"},
		{"verify nothing", []string{"verify", "--data", newData(t)}, "there is no data directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			into := tc.args[len(tc.args)-1]
			was := listing(t, into)
			code, out, errOut := run(t, nil, tc.args...)
			if code != exitFailed || out != "" || !strings.Contains(errOut, tc.want) {
				t.Errorf("exit code %d, %q not in\n%s%s", code, tc.want, out, errOut)
			}
			if is := listing(t, into); tc.args[0] == "restore" && is != was {
				t.Errorf("%s was\n%sand is\n%s", into, was, is)
			}
		})
	}
	if names := dirNames(t, dir); len(names) != 3 {
		t.Errorf("something was left: %v", names)
	}
}
