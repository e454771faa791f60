package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/everturn/everturn/web/plug"
)

// Limits of a supervisor's patience.
const (
	// steadyAfter is how long a server has to be ready to count as one that can live.
	steadyAfter = time.Second
	// shortLives is how many servers in a row may die before that, without having been asked to.
	shortLives = 6
	// firstPause is what a supervisor waits after the second of them; then twice as long each time.
	firstPause = 100 * time.Millisecond
)

// errDies means that the server cannot live.
var errDies = errors.New("the server dies again and again")

// supervisor starts the server, and starts it again whenever it dies.
//
// It holds the socket that the server listens on, and hands it down: whoever comes while the server is away is in the
// kernel's queue and waits, instead of being refused, nobody else can take the port meanwhile, and port 0 stays what it was.
type supervisor struct {
	io       streams
	program  string
	listener *os.File
	stopping os.Signal // the first one
	short    int       // lives in a row
	outage   *outage   // nil while a server is ready
	opened   bool      // one has been
}

// outage is from the death of a process to the next one that is ready.
type outage struct {
	left  *left
	began time.Time
	how   string
}

// supervise runs the server in a process of its own, until it ends by itself or is stopped.
func supervise(ctx context.Context, s *settings, io streams) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("--workshop needs to start this program again: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", string(s.Addr))
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if closed := listener.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	v := &supervisor{io: io, program: program, listener: file}
	for {
		life, err := v.begin()
		if err != nil {
			return fmt.Errorf("--workshop cannot start the server: %w", err)
		}
		v.attend(life, signals)
		if again, err := v.after(life, signals); !again {
			return err
		}
	}
}

// attend looks after a server until it has ended.
func (v *supervisor) attend(l *life, signals <-chan os.Signal) {
	for {
		select {
		case r := <-l.ready:
			v.isReady(l, r)
		case s := <-signals:
			v.stop(l, s)
		case <-l.ended:
			select {
			case r := <-l.ready: // it was, for a moment
				v.isReady(l, r)
			default:
			}
			return
		}
	}
}

// stop passes a signal on. From the first one on nobody waits at the door any more.
func (v *supervisor) stop(l *life, s os.Signal) {
	if v.stopping == nil {
		v.stopping = s
		_ = v.listener.Close() // an error would leave it open, and that ends with us
	}
	_ = l.command.Process.Signal(s) // an error means that it has ended
}

// isReady tells those who look at the terminal, and the server itself.
func (v *supervisor) isReady(l *life, r *ready) {
	l.readyAt = time.Now()
	pid := l.command.Process.Pid
	if !v.opened {
		v.opened = true
		v.io.out.say("Everturn is ready: open %s\n", r.URL)
		v.io.out.say("This is a workshop: the server is process %d. Kill it (kill -9 %[1]d), or pull the plug in the inspector: it is started again.\n", pid)
	}
	if v.outage == nil {
		return
	}
	o, cut := v.outage, r.Cut
	v.outage = nil
	down := l.readyAt.Sub(o.began)
	cut.DownMS = down.Milliseconds()
	l.tell(&order{Cut: cut})
	times := ""
	if cut.Deaths > 1 {
		times = fmt.Sprintf(" %d times", cut.Deaths)
	}
	v.io.out.say("The server %s%s; back after %.2f s as process %d: %s.\n", o.how, times, down.Seconds(), pid, cut)
}

// after decides what follows on the end of a server.
func (v *supervisor) after(l *life, signals <-chan os.Signal) (again bool, err error) {
	state := l.command.ProcessState
	code := state.ExitCode() // -1: killed
	switch {
	case code == 0, v.stopping != nil && signalOf(state) == v.stopping: // that one had not begun to listen to it
		return false, nil
	case v.stopping != nil && code < 0:
		return false, fmt.Errorf("the server was stopped, and has died of it (%s); the next start goes on from what is on disk", state)
	case v.stopping != nil, code > 0 && l.readyAt.IsZero():
		return false, exitCode(code) // it has said why, and would say it again
	}
	v.mourn(l)
	if l.witness.pulled != nil || !l.readyAt.IsZero() && l.endedAt.Sub(l.readyAt) >= steadyAfter {
		v.short = 0
	} else {
		v.short++
	}
	if v.short >= shortLives {
		return false, fmt.Errorf("%w: %d times in a row, each time within %s of being ready, the last time by %q", errDies, v.short, steadyAfter, state)
	}
	if v.short < 2 {
		return true, nil
	}
	select {
	case <-time.After(firstPause << (v.short - 2)):
		return true, nil
	case s := <-signals:
		v.stopping = s
		return false, nil
	}
}

// mourn notes what a server leaves. If it was never ready, that is what the one before it left.
func (v *supervisor) mourn(l *life) {
	how := "was killed"
	if code := l.command.ProcessState.ExitCode(); code > 0 {
		how = fmt.Sprintf("crashed (exit code %d)", code)
	} else if s := signalOf(l.command.ProcessState); s != syscall.SIGKILL {
		how = fmt.Sprintf("crashed (%s)", s)
	}
	if v.outage == nil {
		v.outage = &outage{left: l.witness.left(), began: l.endedAt, how: how}
		v.outage.left.Died = l.endedAt.UnixMilli()
		v.outage.left.DieInReplay = l.witness.pulled != nil && l.witness.pulled.Moment == plug.InReplay
	}
	left := v.outage.left
	left.Deaths++
	if p := l.witness.pulled; p != nil && p.Replay != nil {
		left.Replay = p.Replay
	}
}

// signalOf is what a process died of; -1 if of none.
func signalOf(s *os.ProcessState) syscall.Signal {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return -1
}

// exitCode ends the program with a code of its child, which has said everything.
type exitCode int

// Error is for nobody: see execute.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// life is a server from its start to its end.
type life struct {
	command *exec.Cmd
	orders  chan *order // to the server
	ready   chan *ready
	ended   chan struct{}
	// These are set before ended is closed, and the last by who attends it.
	witness witness
	endedAt time.Time
	readyAt time.Time
}
