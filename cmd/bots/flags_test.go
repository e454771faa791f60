package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	for line, want := range map[string]string{
		"--scenario dance":                "there are pairs, open, idle, spectators, storm, chaos, rps",
		"--matches 0":                     "--matches 0: it takes 1 to 100000",
		"--matches 3 --shard 1/4":         "--matches 3: it takes 4 to",
		"--sockets=-1":                    "--sockets -1",
		"--watchers 300000":               "--watchers 300000: it takes 1 to 200000",
		"--duration 0s":                   "--duration 0s: it takes 1ms to 24h",
		"--duration 30h":                  "--duration 30h0m0s",
		"--ramp=-1s":                      "--ramp -1s",
		"--think=-1s":                     "--think -1s",
		"--every 1ms":                     "--every 1ms: it takes 100ms",
		"--rate 0":                        "--rate 0",
		"--rate NaN":                      "--rate NaN",
		"--verify=-1":                     "--verify -1",
		"--shard 3/2":                     "is not I/N",
		"--shard 1":                       "is not I/N",
		"--shard 1/65":                    "at most 64",
		"--url ftp://127.0.0.1":           "is no address of a server",
		"--url http://127.0.0.1:1/path":   "is no address of a server",
		"--url http://192.0.2.1:8080":     "--remote-ok",
		"--url http://everturn.example":   "--remote-ok",
		"--no-such-flag":                  "unknown flag",
		"--duration soon":                 "--duration",
		"--url http://127.0.0.1:9 --seed": "--seed",
	} {
		var errs bytes.Buffer
		if code := execute(context.Background(), strings.Fields(line), streams{io.Discard, &errs}); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: code %d, %q lacks %q", line, code, errs.String(), want)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	var out bytes.Buffer
	if code := execute(context.Background(), []string{"--help"}, streams{&out, io.Discard}); code != 0 {
		t.Errorf("code %d", code)
	}
	for _, part := range []string{"spectators", "--rate-limit off", "--require", "exit code", "Examples"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the help says nothing of %q", part)
		}
	}
}

func TestNoServerIsExplained(t *testing.T) {
	var errs bytes.Buffer
	code := execute(context.Background(), []string{"--url", "http://127.0.0.1:1"}, streams{io.Discard, &errs})
	if code != exitFailed || !strings.Contains(errs.String(), "go run ./cmd/server --rate-limit off") {
		t.Errorf("code %d: %s", code, errs.String())
	}
}

func TestShardsAddUp(t *testing.T) {
	for _, n := range []int{1, 2, 7, 64, 100} {
		for of := 1; of <= 7; of++ {
			sum := 0
			for number := 1; number <= of; number++ {
				sum += shard{number, of}.part(n)
			}
			if sum != n {
				t.Errorf("%d in %d parts are %d", n, of, sum)
			}
		}
	}
}
