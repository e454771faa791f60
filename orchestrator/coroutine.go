package orchestrator

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
)

// coroutine runs an author's function so that it can stop in the middle and be
// resumed by the turn that brings what it waits for. It runs on the goroutine
// of whoever resumes it: nothing in it is concurrent.
type coroutine struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	done  bool
	fail  *Failure // how it ended, if by an error, a panic or Goexit
	out   []byte
}

// unwind is the panic that takes a coroutine down.
type unwind struct{}

// abort is the panic that fails an orchestration from inside the Context, for
// limits that it ran into.
type abort struct{ fail *Failure }

var errGoexit = errors.New("runtime.Goexit was called")

func newCoroutine(fn func() ([]byte, *Failure)) *coroutine {
	co := &coroutine{}
	co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
		co.yield = yield
		returned := false
		defer func() {
			co.done = true
			if returned {
				return
			}
			switch p := recover().(type) {
			case nil:
				// Goexit would go on to the goroutine of the partition. A panic
				// on top of it is handed to the caller instead.
				co.fail = panicked(errGoexit)
				panic(errGoexit)
			case unwind:
			case abort:
				co.fail = p.fail
			default:
				co.fail = panicked(p)
			}
		}()
		co.out, co.fail = fn()
		returned = true
	})
	return co
}

// resume runs the coroutine until it waits again or is done.
func (co *coroutine) resume() {
	defer co.catchGoexit()
	co.next()
}

// release takes the coroutine down: the author's defers run. It is idempotent.
func (co *coroutine) release() {
	defer co.catchGoexit()
	co.stop()
}

func (co *coroutine) catchGoexit() {
	if p := recover(); p != nil && p != any(errGoexit) {
		panic(p)
	}
}

func panicked(p any) *Failure {
	f := &Failure{Code: CodeInternal, Type: "panic", Message: fmt.Sprint(p), Stack: callers()}
	if err, ok := p.(error); ok {
		f.Cause = ToFailure(err)
	}
	return bounded(f)
}

// callers is the stack as functions and lines: no addresses and no goroutine
// numbers, so that a replay gives the same text.
func callers() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var b strings.Builder
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, ".(*execution).protect") {
			return b.String() // below is the engine, which may have come here on another way
		}
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s %s:%d\n", f.Function, filepath.Base(f.File), f.Line)
		}
		if !more {
			return b.String()
		}
	}
}
