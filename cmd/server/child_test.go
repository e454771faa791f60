package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asServer makes this test binary the server: a child that can be killed.
const asServer = "EVERTURN_TEST_AS_SERVER"

// gatherWait is how long heroes may take to commit, for tests that cannot wait for two minutes.
const gatherWait = "EVERTURN_TEST_GATHER"

// crashing makes a server in a workshop die as soon as it begins.
const crashing = "EVERTURN_TEST_CRASH"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		if os.Getenv(crashing) != "" && supervised() {
			killSelf()
		}
		if wait := os.Getenv(gatherWait); wait != "" {
			var err error
			if delve.Gather, err = time.ParseDuration(wait); err != nil {
				panic(err)
			}
		}
		os.Exit(execute(context.Background(), os.Args[1:], streams{os.Stdin, printer{os.Stdout}, printer{os.Stderr}}))
	}
	flag.Parse()
	if !flagGiven("test.parallel") { // most of these tests wait for a browser, a clock or a server, much of their time
		_ = flag.Set("test.parallel", strconv.Itoa(runtime.GOMAXPROCS(0)*3/2))
	}
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}

// isLong skips a test where only short ones are to be run, under the race detector: it starts one process after the other,
// none of which does much at the same time.
func isLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it is not short")
	}
}

// command is the server with arguments, in an environment without any of its variables but those given.
func command(env []string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "EVERTURN_") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(append(c.Env, asServer+"=1"), env...)
	return c
}

// run runs a subcommand to its end.
func run(t *testing.T, env []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	c := command(env, args...)
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

// child is a server in a process of its own.
type child struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string
	ready time.Duration // from the start of the process to the line with the address
	log   logBuffer
	out   logBuffer     // what it says on the terminal
	ended chan struct{} // closed when the process has ended
}

// logBuffer keeps what a child says, for the end of a test that fails.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startTimeout is how long a child may take to be ready, on a machine that is busy with other tests.
const startTimeout = 20 * time.Second

// startServer starts a server on a directory and waits until it is ready. It is killed at the end of the test.
func startServer(t testing.TB, data string, args ...string) *child {
	t.Helper()
	return startServerIn(t, nil, data, args...)
}

func startServerIn(t testing.TB, env []string, data string, args ...string) *child {
	t.Helper()
	return startCommand(t, command(env, append([]string{"run", "--data", data, "--log-format", "json"}, args...)...))
}

func startCommand(t testing.TB, cmd *exec.Cmd) *child {
	t.Helper()
	c := &child{t: t, cmd: cmd, ended: make(chan struct{})}
	c.cmd.Stderr = &c.log
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(stdout, &c.out))
		for lines.Scan() {
			if _, url, ok := strings.Cut(lines.Text(), "http://"); ok {
				address <- "http://" + strings.TrimSpace(url)
			}
		}
		_, _ = io.Copy(&c.out, stdout)
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(c.kill)
	select {
	case c.url = <-address:
		c.ready = time.Since(began)
	case <-c.ended:
		t.Fatalf("the server ended with %d:\n%s", c.cmd.ProcessState.ExitCode(), c.log.String())
	case <-time.After(startTimeout):
		t.Fatalf("the server is not ready after %s:\n%s", startTimeout, c.log.String())
	}
	return c
}

// kill is kill -9. It returns when the process is gone, and may be called again.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// end waits for the process to end by itself, and gives its exit code.
func (c *child) end(within time.Duration) int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(within):
		c.t.Fatalf("the server has not ended within %s:\n%s", within, c.log.String())
	}
	return c.cmd.ProcessState.ExitCode()
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// newData is a path for a data directory, short enough for its socket.
func newData(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }
