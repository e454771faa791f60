package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// parse reads a command line with only the variables that are given.
func parse(t *testing.T, env map[string]string, args ...string) (settings, error) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "EVERTURN_") {
			t.Setenv(name, "") // so that it comes back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	var c cli
	var b bytes.Buffer
	parser, err := kong.New(&c, parserOptions(streams{nil, printer{&b}, printer{&b}}, func(int) {})...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return c.settings, err
}

func defaults() settings {
	return settings{Addr: "127.0.0.1:8080", Data: "data", Durability: "sync", LogLevel: "info", RateLimit: "on", Demos: "on"}
}

// TestSettings: each flag as PROTOCOL names it, by its default, on the command line and in the environment.
func TestSettings(t *testing.T) {
	for _, tc := range []struct {
		flag, value, env string
		want             func(*settings)
	}{
		{"--addr", ":9000", "EVERTURN_ADDR", func(s *settings) { s.Addr = ":9000" }},
		{"--addr", "[::1]:0", "EVERTURN_ADDR", func(s *settings) { s.Addr = "[::1]:0" }},
		{"--public-url", "https://play.example.org", "EVERTURN_PUBLIC_URL", func(s *settings) { s.PublicURL = "https://play.example.org" }},
		{"--data", "elsewhere", "EVERTURN_DATA", func(s *settings) { s.Data = "elsewhere" }},
		{"--durability", "relaxed", "EVERTURN_DURABILITY", func(s *settings) { s.Durability = "relaxed" }},
		{"--min-free", "2GiB", "EVERTURN_MIN_FREE", func(s *settings) { s.MinFree = 2 << 30 }},
		{"--min-free", "500 MB", "EVERTURN_MIN_FREE", func(s *settings) { s.MinFree = 500e6 }},
		{"--min-free", "4096", "EVERTURN_MIN_FREE", func(s *settings) { s.MinFree = 4096 }},
		{"--min-free", "off", "EVERTURN_MIN_FREE", func(s *settings) { s.MinFree = -1 }},
		{"--log-format", "json", "EVERTURN_LOG_FORMAT", func(s *settings) { s.LogFormat = "json" }},
		{"--log-level", "debug", "EVERTURN_LOG_LEVEL", func(s *settings) { s.LogLevel = "debug" }},
		{"--allowed-origins", "a.example,https://b.example", "EVERTURN_ALLOWED_ORIGINS", func(s *settings) {
			s.AllowedOrigins = []string{"a.example", "https://b.example"}
		}},
		{"--otel", "http://127.0.0.1:4318", "EVERTURN_OTEL", func(s *settings) { s.Otel = "http://127.0.0.1:4318" }},
		{"--otel", "https://otel.example/x", "OTEL_EXPORTER_OTLP_ENDPOINT", func(s *settings) { s.Otel = "https://otel.example/x" }},
		{"--admin-key", "k&y", "EVERTURN_ADMIN_KEY", func(s *settings) { s.AdminKey = "k&y" }},
		{"--demos", "off", "EVERTURN_DEMOS", func(s *settings) { s.Demos = "off" }},
		{"--rate-limit", "off", "EVERTURN_RATE_LIMIT", func(s *settings) { s.RateLimit = "off" }},
		{"--dev", "true", "EVERTURN_DEV", func(s *settings) { s.Dev = true }},
		{"--workshop", "true", "EVERTURN_WORKSHOP", func(s *settings) { s.Workshop = true }},
	} {
		t.Run(tc.flag+"="+tc.value, func(t *testing.T) {
			want := defaults()
			tc.want(&want)
			for how, given := range map[string]struct {
				env  map[string]string
				args []string
			}{
				"flag":            {nil, []string{tc.flag + "=" + tc.value}},
				"flag of run":     {nil, []string{"run", tc.flag + "=" + tc.value}},
				"flag before":     {nil, []string{tc.flag + "=" + tc.value, "run"}},
				"environment":     {map[string]string{tc.env: tc.value}, nil},
				"of a subcommand": {map[string]string{tc.env: tc.value}, []string{"doctor"}},
			} {
				got, err := parse(t, given.env, given.args...)
				if err != nil {
					t.Errorf("%s: %v", how, err)
				} else if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
		})
	}
	if got, err := parse(t, nil); err != nil || !cmp.Equal(defaults(), got) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := parse(t, map[string]string{"EVERTURN_ADDR": ":1"}, "--addr", ":2"); err != nil || got.Addr != ":2" {
		t.Errorf("a flag does not win over the environment: %+v, %v", got, err)
	}
}

// TestBadSettings: what cannot be meant is refused before anything is touched, by the flag's name and with what it takes.
func TestBadSettings(t *testing.T) {
	isLong(t)
	for _, tc := range []struct {
		args, env []string
		want      string
	}{
		{[]string{"--addr", "8080"}, nil, `HOST:PORT`},
		{[]string{"--addr", "localhost:http"}, nil, `no port`},
		{[]string{"--addr", "localhost:70000"}, nil, `no port`},
		{[]string{"--addr", "http://localhost:80"}, nil, `HOST:PORT`},
		{[]string{"--public-url", "play.example.org"}, nil, `https://play.example.org`},
		{[]string{"--public-url", "https://play.example.org/game"}, nil, `root of a site`},
		{[]string{"--durability", "some"}, nil, `"sync","relaxed"`},
		{[]string{"--min-free", "lots"}, nil, `500MiB`},
		{[]string{"--min-free", "-5"}, nil, `--min-free`},
		{[]string{"--min-free", "0"}, nil, `or off`},
		{[]string{"--min-free", "99999999TiB"}, nil, `not a size`},
		{[]string{"--log-format", "xml"}, nil, `--log-format`},
		{[]string{"--log-level", "loud"}, nil, `--log-level`},
		{[]string{"--otel", "127.0.0.1:4318"}, nil, `http://127.0.0.1:4318`},
		{[]string{"--rate-limit", "maybe"}, nil, `"on","off"`},
		{[]string{"--dev=perhaps"}, nil, `--dev`},
		{[]string{"--no-such-flag"}, nil, `--no-such-flag`},
		{[]string{"serve"}, nil, `serve`},
		{[]string{"backup"}, nil, `<file>`},
		{[]string{"--data="}, nil, `--data`},
		{[]string{"doctor", "--addr", "8080"}, nil, `HOST:PORT`},
		{nil, []string{"EVERTURN_PUBLIC_URL=here"}, `--public-url`},
		{nil, []string{"EVERTURN_MIN_FREE=lots"}, `500MiB`},
		{nil, []string{"EVERTURN_DURABILITY=some"}, `--durability`},
		{nil, []string{"EVERTURN_ADDR=8080"}, `HOST:PORT`},
	} {
		t.Run(strings.Join(append(tc.env, tc.args...), " "), func(t *testing.T) {
			data := newData(t)
			code, out, errOut := run(t, append(tc.env, "EVERTURN_DATA="+data), tc.args...)
			if code != exitUsage || out != "" || !strings.Contains(errOut, tc.want) || !strings.Contains(errOut, "--help") {
				t.Errorf("exit code %d, %q not in\n%s%s", code, tc.want, out, errOut)
			}
			if there, _ := exists(data); there {
				t.Error("a data directory was made")
			}
		})
	}
}

// TestBadOrigins: of these only the web knows what can be meant.
func TestBadOrigins(t *testing.T) {
	code, out, errOut := run(t, nil, "--data", newData(t), "--addr", "127.0.0.1:0", "--allowed-origins", "*.example.org")
	if code != exitFailed || out != "" || !strings.Contains(errOut, `"*.example.org"`) {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
}

// TestHelp names every flag with its variable, and every subcommand.
func TestHelp(t *testing.T) {
	code, out, errOut := run(t, nil, "--help")
	if code != 0 || errOut != "" {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	for _, want := range []string{
		"EVERTURN_ADDR", "EVERTURN_PUBLIC_URL", "EVERTURN_DATA", "EVERTURN_DURABILITY", "EVERTURN_MIN_FREE", "EVERTURN_LOG_FORMAT",
		"EVERTURN_LOG_LEVEL", "EVERTURN_ALLOWED_ORIGINS", "EVERTURN_RATE_LIMIT", "EVERTURN_DEV", "EVERTURN_WORKSHOP", "Examples:",
		"run", "backup <file>", "restore <file>", "verify", "replay <file>", "doctor", "reset",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the help:\n%s", want, out)
		}
	}
	if code, out, _ := run(t, nil, "--version"); code != 0 || strings.TrimSpace(out) == "" {
		t.Errorf("--version: exit code %d, %q", code, out)
	}
}
