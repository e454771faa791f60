package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/probe.js
var probe string

// patience is how long a window waits for something that should happen at once, on a machine that is busy.
const patience = 15 * time.Second

// window is a window of the browser. At the end of the test it must not have complained about anything that was not
// expected, nor have asked for anything from anywhere else.
type window struct {
	t    testing.TB
	site *site
	ctx  context.Context
	name string

	mu       sync.Mutex
	errors   []string // what the console shows as errors
	foreign  []string // addresses that are not ours
	sent     []string // frames to the server
	received []string // frames from the server
	expected []string // parts of errors that are in order
}

// window opens the window of a new visitor.
func (s *site) window(name string) *window {
	s.t.Helper()
	return s.open(theBrowser(s.t), name, chromedp.WithNewBrowserContext())
}

// tab opens another window of the same visitor.
func (w *window) tab(name string) *window {
	w.t.Helper()
	return w.site.open(w.ctx, name)
}

func (s *site) open(parent context.Context, name string, options ...chromedp.ContextOption) *window {
	s.t.Helper()
	w := &window{t: s.t, site: s, name: name}
	ctx, closeIt := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.listen))...)
	w.ctx = ctx
	s.t.Cleanup(func() {
		closeIt()
		w.checkClean()
	})
	w.do(chromedp.EmulateViewport(1280, 800))
	w.before(probe)
	s.windows = append(s.windows, w)
	return w
}

// before runs a script in every page of the window, before the page's own.
func (w *window) before(script string) {
	w.t.Helper()
	call(w, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// listen is called by the goroutine that reads from the browser.
func (w *window) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.errors = append(w.errors, "uncaught: "+describe(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.errors = append(w.errors, "console."+string(e.Type))
			for _, arg := range e.Args {
				w.errors[len(w.errors)-1] += " " + string(arg.Value) + arg.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.errors = append(w.errors, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		w.asked(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.asked(e.URL)
	case *network.EventWebSocketFrameSent:
		w.sent = append(w.sent, string(e.Response.PayloadData))
	case *network.EventWebSocketFrameReceived:
		w.received = append(w.received, string(e.Response.PayloadData))
	}
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Exception.Description
	}
	return e.Text
}

func (w *window) asked(address string) {
	if !w.site.owns(address) {
		w.foreign = append(w.foreign, address)
	}
}

// expect: errors with this text in them are in order.
func (w *window) expect(part string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = append(w.expected, part)
}

func (w *window) checkClean() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.errors {
		if !slices.ContainsFunc(w.expected, func(part string) bool { return strings.Contains(e, part) }) {
			w.t.Errorf("%s: the console has an error: %s", w.name, e)
		}
	}
	for _, address := range w.foreign {
		w.t.Errorf("%s: it asked for %s", w.name, address)
	}
}

// frames are those sent so far that are of a type.
func (w *window) frames(kind string) (frames []map[string]any) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.sent {
		var frame map[string]any
		if err := json.Unmarshal([]byte(text), &frame); err != nil {
			w.t.Fatalf("%s sent %q: %v", w.name, text, err)
		}
		if frame["t"] == kind {
			frames = append(frames, frame)
		}
	}
	return frames
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.fail("%v", err)
	}
}

// call sends the browser a command about the window.
func call[P, R any](w *window, c cdp.Command[P, R], params P) R {
	w.t.Helper()
	result, err := chromedp.Run(w.ctx, func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, c, params)
	})
	if err != nil {
		w.fail("%s: %v", c.Method, err)
	}
	return result
}

// eval evaluates an expression in the page, and waits if it is a promise. Arguments, if there are any, are put in for %s,
// as JSON.
func eval[T any](w *window, expression string, args ...any) T {
	w.t.Helper()
	value, err := tryEval[T](w, expression, args...)
	if err != nil {
		w.fail("%s: %v", expression, err)
	}
	return value
}

func tryEval[T any](w *window, expression string, args ...any) (T, error) {
	texts := make([]any, len(args))
	for i, arg := range args {
		b, err := json.Marshal(arg)
		if err != nil {
			var zero T
			return zero, err
		}
		texts[i] = string(b)
	}
	if len(args) > 0 {
		expression = fmt.Sprintf(expression, texts...)
	}
	ctx, cancel := context.WithTimeout(w.ctx, patience+5*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits for an expression of the page to be true.
func (w *window) until(expression string, args ...any) {
	w.t.Helper()
	await[bool](w, "!!("+expression+")", args...)
}

// await waits for an expression of the page to be truthy, and gives its value.
func await[T any](w *window, expression string, args ...any) T {
	w.t.Helper()
	value, err := tryEval[*T](w, fmt.Sprintf("probe.until(() => (%s), %d)", expression, patience.Milliseconds()), args...)
	if err == nil && value == nil {
		err = errors.New("it has not become true in time")
	}
	if err != nil {
		w.fail("%s %v: %v", expression, args, err)
	}
	return *value
}

// fail ends the test, and shows what the window shows.
func (w *window) fail(format string, args ...any) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
	defer cancel()
	shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location + "\n" + document.body.innerText`))
	w.mu.Lock()
	last := append([]string(nil), w.received[max(0, len(w.received)-12):]...)
	complaints := slices.Clone(w.errors)
	w.mu.Unlock()
	w.t.Fatalf("%s: %s\nconsole: %q\nlast frames: %q\nthe window shows %s\nthe server says: %s",
		w.name, fmt.Sprintf(format, args...), complaints, last, shown, w.site.server.log.String())
}
