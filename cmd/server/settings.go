package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

// settings are the flags that all subcommands share. Their order is that of --help.
type settings struct {
	Addr           address    `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen here (default ${default}). Port 0 picks a free one."`
	PublicURL      publicURL  `name:"public-url" placeholder:"URL" help:"How browsers reach the server, for absolute addresses in answers. Default: as the request says."`
	Data           string     `default:"data" placeholder:"DIR" help:"The data directory, made if it is missing (default ./${default})."`
	Durability     durability `default:"sync" enum:"sync,relaxed" help:"sync: on disk (fsync) before anybody is told. relaxed: no fsync; a crash of the process loses nothing, a power loss may lose the last moments, never consistency. Default ${default}."`
	MinFree        byteSize   `placeholder:"SIZE" help:"Free disk space under which commits are refused until there is room again: 500MiB, 2GiB, or off. Default: what the database may write without asking, about 1 GiB."`
	LogFormat      string     `enum:"console,json," default:"" placeholder:"FORMAT" help:"console or json. Default: console on a terminal, else json."`
	LogLevel       string     `enum:"trace,debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"trace, debug, info, warn or error (default ${default})."`
	AllowedOrigins []string   `sep:"," placeholder:"ORIGIN,…" help:"Other hosts and origins from which browsers may use the server: play.example.org, https://play.example.org:8443. Default: its own only."`
	AdminKey       string     `placeholder:"KEY" help:"Who has it may manage the server at /runtime and /inspector, from anywhere; better in the environment than here, where other users of the machine see it. Default: none; then only this machine may, and only if --addr is a loopback address."`
	Otel           otelURL    `env:"EVERTURN_OTEL,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Send traces to this OpenTelemetry collector, OTLP over HTTP: http://127.0.0.1:4318. The other OTEL_ variables (service name, headers, sampler) are heeded. Default: no traces."`
	Workshop       bool       `help:"For teaching: the inspector can pull the plug at a chosen moment. The server runs under a small supervisor, which starts it again whatever kills it."`
	Demos          string     `enum:"on,off" default:"on" help:"The demos beside the games, at /demo/cart, /demo/job and /demo/fanout; off leaves them out. Default ${default}."`
	RateLimit      string     `enum:"on,off" default:"on" help:"off lifts the limits of how much one client may ask, for load tests. Default ${default}."`
	Dev            bool       `help:"Read the browser's files from ./static, so that an edit shows on refresh."`
}

// check finds what the parser lets through.
func (s *settings) check() error {
	if err := s.Addr.check(); err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if err := s.PublicURL.check(); err != nil {
		return fmt.Errorf("--public-url: %w", err)
	}
	if err := s.Otel.check(); err != nil {
		return fmt.Errorf("--otel: %w", err)
	}
	if s.Data == "" {
		return errors.New("--data: name a directory")
	}
	return nil
}

// version of this build: of the module where it was installed, of the commit where git was asked, else "dev".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "dev-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "dev"
}

// address is host:port; the host may be empty.
type address string

func (a address) check() error {
	host, port, err := net.SplitHostPort(string(a))
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT, as in 127.0.0.1:8080 or :8080", string(a))
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("%q has no port from 0 to 65535 (0 picks a free one)", string(a))
	}
	if strings.ContainsAny(host, "/@ ") {
		return fmt.Errorf("%q has no host before the port; name an address of this machine, without http://", string(a))
	}
	return nil
}

// publicURL is http or https, a host, and nothing behind it; or empty.
type publicURL string

func (p publicURL) check() error {
	if p == "" {
		return nil
	}
	u, err := url.Parse(string(p))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not the root of a site, as in https://play.example.org", string(p))
	}
	return nil
}

// durability is "sync" or "relaxed"; the parser checks it.
type durability string

func (d durability) mode() badgerstore.Durability {
	if d == "relaxed" {
		return badgerstore.Relaxed
	}
	return badgerstore.Sync
}

// byteSize is a number of bytes; 0 leaves it to whoever takes it, and a negative one is off.
type byteSize int64

// sizeUnits, the longest suffix first.
var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// UnmarshalText is called by the parser.
func (b *byteSize) UnmarshalText(text []byte) error {
	s, unit := string(text), int64(1)
	if s == "off" {
		*b = -1
		return nil
	}
	for _, u := range sizeUnits {
		if digits, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = strings.TrimSpace(digits), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return fmt.Errorf("%q is not a size, as in 500MiB, 2GiB or off", text)
	}
	*b = byteSize(n * unit)
	return nil
}

// String writes a size for people.
func (b byteSize) String() string {
	switch n := float64(b); {
	case b < 0:
		return "off"
	case b < 1<<20:
		return fmt.Sprintf("%.0f KiB", n/(1<<10))
	case b < 1<<30:
		return fmt.Sprintf("%.0f MiB", n/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", n/(1<<30))
	}
}
