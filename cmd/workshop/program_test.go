package workshop

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take, on a machine that is busy with other things.
const patience = 60 * time.Second

// builds has each program built once, for all tests.
var builds struct {
	sync.Mutex
	dir string
	of  map[string]string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if builds.dir != "" {
		os.RemoveAll(builds.dir)
	}
	os.Exit(code)
}

// build compiles a program of this module, as edited by an overlay (a file of the go tool; empty: as it is).
func build(t *testing.T, pkg, overlay string) string {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	if path := builds.of[pkg+overlay]; path != "" {
		return path
	}
	if builds.dir == "" {
		var err error
		if builds.dir, err = os.MkdirTemp("", "everturn-workshop-"); err != nil {
			t.Fatal(err)
		}
		builds.of = map[string]string{}
	}
	path := filepath.Join(builds.dir, fmt.Sprintf("program%d", len(builds.of)))
	args := []string{"build", "-ldflags", "-s -w", "-o", path}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	if out, err := exec.Command("go", append(args, "github.com/everturn/everturn/"+pkg)...).CombinedOutput(); err != nil {
		t.Fatalf("%s cannot be built: %v\n%s", pkg, err, out)
	}
	builds.of[pkg+overlay] = path
	return path
}

// program is a program of a step, or the server, that runs on.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{}
	said  output
}

// output is read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is of io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all of it so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var address = regexp.MustCompile(`open http://(\S+)`)

// start runs a program in a directory until it says its address.
func start(t *testing.T, dir, path string, args ...string) (p *program, addr string) {
	t.Helper()
	p = &program{cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.said, &p.said
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is seen elsewhere
		close(p.ended)
	}()
	for deadline := time.Now().Add(patience); ; {
		if found := address.FindStringSubmatch(p.said.String()); found != nil {
			return p, strings.TrimSpace(found[1])
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended before it was ready:\n%s", path, p.said.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.kill()
			t.Fatalf("%s is not ready after %s:\n%s", path, patience, p.said.String())
		}
	}
}

// kill is kill -9; it returns when the process is gone, and may be called again.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}
