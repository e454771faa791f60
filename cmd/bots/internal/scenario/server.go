package scenario

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// startWithin is how long a server may take to be ready.
const startWithin = 30 * time.Second

// Server is a server in a process of its own, which is started, killed and started again on the same data and port. Start
// and Kill belong to one goroutine.
type Server struct {
	Path string    // of the program
	Data string    // its data directory
	Log  io.Writer // what it says

	addr string
	cmd  *exec.Cmd
	done chan struct{}

	mu      sync.Mutex
	readyAt time.Time
}

// URL is where the server is; it is known before the first start.
func (s *Server) URL() string { return "http://" + s.addr }

// Reserve finds a port for the server.
func (s *Server) Reserve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	return l.Close()
}

// Start starts the server and waits until it says that it is ready.
func (s *Server) Start(ctx context.Context) error {
	s.cmd = exec.Command(s.Path, "run", "--addr", s.addr, "--data", s.Data, "--rate-limit", "off", "--log-level", "error")
	s.cmd.Stderr = s.Log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("the server %s cannot be started: %w", s.Path, err)
	}
	ready := make(chan struct{})
	s.done = make(chan struct{})
	go func() { // it ends with the process
		told := false
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if !told && strings.Contains(lines.Text(), s.addr) {
				told = true
				close(ready)
			}
		}
		s.cmd.Wait() //nolint:errcheck // it was killed, mostly
		close(s.done)
	}()
	select {
	case <-ready:
	case <-s.done:
		return fmt.Errorf("the server %s has ended before it was ready: %s", s.Path, s.cmd.ProcessState)
	case <-time.After(startWithin):
		s.Kill()
		return fmt.Errorf("the server %s is not ready within %s", s.Path, startWithin)
	case <-ctx.Done():
		s.Kill()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readyAt = time.Now()
	return nil
}

// Kill ends the process as a crash would (SIGKILL), and waits until it is gone.
func (s *Server) Kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
		<-s.done
		s.cmd = nil
	}
}

// PID is the process, 0 if there is none.
func (s *Server) PID() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// BuildServer compiles the server of this module into a directory, with the go tool.
func BuildServer(ctx context.Context, dir string) (path string, err error) {
	path = dir + string(os.PathSeparator) + "everturn-server"
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/everturn/everturn/cmd/server").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the server cannot be built (name one with --server): %w\n%s", err, out)
	}
	return path, nil
}

// chaos kills the server every so often while pairs play, and starts it again at once.
func chaos(ctx context.Context, o *Options) error {
	defer o.Server.Kill()
	h, err := openHall(ctx, o, nil)
	if err != nil {
		return err
	}
	defer h.leave()
	random := rand.New(rand.NewPCG(o.Seed, 0))
	kills := 0
	for until := time.Now().Add(o.Duration); ; {
		pause := o.Every/2 + time.Duration(random.Int64N(int64(o.Every)+1))
		if time.Until(until) < pause+o.Every/2 || !sleep(ctx, pause) {
			sleep(ctx, time.Until(until))
			break
		}
		o.Server.Kill()
		began := time.Now()
		if err := o.Server.Start(ctx); err != nil {
			return err
		}
		kills++
		ready := time.Since(began)
		h.nextAck(ctx)
		o.Log("kill %d: the server was ready again after %s, and acknowledged a move after %s", kills,
			ready.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	}
	h.settle(context.WithoutCancel(ctx))
	o.Log("the server was killed %d times", kills)
	return h.verify(ctx)
}
