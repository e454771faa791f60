package entities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// simCallers are the clients: they make calls, most with a request id, and make
// these again at random until they get an answer.
type simCallers struct {
	world   *simWorld
	list    []*simCall // in the order of their making
	open    []*simCall // those that want an answer
	ids     []string   // of errands, as far as clients know
	started map[string]*simLife
}

// simLife is what clients did to an errand.
type simLife struct {
	erased    bool // somebody purged it, or has it erase itself
	mended    bool
	scheduled bool
	resumed   bool // since somebody looked
	rest      *simRest
}

// simCall is one call, made once or more often.
type simCall struct {
	label, caller string
	kind, target  string
	named         bool
	do            func(ctx context.Context, c *simCall) (string, error)
	tries         []*simTry // of this process, without an answer
	posts         int
	accepted      bool
	body          string
	settled       bool // wants no further answer
}

// simTry is one try: a goroutine that waits for the host.
type simTry struct {
	done bool
	body string
	err  error
}

// simCommands are the kinds of calls, each with how often it is made. A new
// feature of the engine gets its line here.
var simCommands = []struct {
	kind   string
	weight int
	make   func(*simCallers, *simCall)
}{
	{"start", 26, (*simCallers).start},
	{"ask desk", 20, (*simCallers).askDesk},
	{"ask", 12, (*simCallers).askErrand},
	{"coin to desk", 10, (*simCallers).coinToDesk},
	{"coin", 10, (*simCallers).coin},
	{"suspend", 4, managed((*orchestrator.Client).Suspend)},
	{"resume", 5, (*simCallers).resume},
	{"terminate", 3, managed((*orchestrator.Client).Terminate)},
	{"terminate only", 2, managed((*orchestrator.Client).TerminateOnly)},
	{"purge", 4, (*simCallers).purge},
	{"note", 10, (*simCallers).noteIt},
	{"signal", 6, (*simCallers).signal},
	{"peek", 3, (*simCallers).peek},
	{"rewind", 8, (*simCallers).rewind},
	{"cancel", 5, (*simCallers).cancel},
	{"restart", 4, (*simCallers).restart},
	{"retain", 3, (*simCallers).retain},
	{"purge by force", 2, (*simCallers).purgeForced},
	{"query", 6, (*simCallers).query},
}

// make invents a call.
func (c *simCallers) make() {
	w := c.world
	n := len(c.list)
	// An instance keeps 256 answers of a caller: no caller has more requests.
	call := &simCall{label: fmt.Sprint("r", n), caller: fmt.Sprint("c", n/200), named: !w.chance(5)}
	sum := 0
	for _, command := range simCommands {
		sum += command.weight
	}
	at := w.rng.IntN(sum)
	for _, command := range simCommands {
		if at -= command.weight; at < 0 {
			call.kind = command.kind
			command.make(c, call)
			break
		}
	}
	if call.do == nil {
		return // there is nobody yet to do it to
	}
	w.note("%s %s %s", call.label, call.kind, call.target)
	c.list, c.open = append(c.list, call), append(c.open, call)
	c.post(call)
}

// post makes a call, for the first time or again.
func (c *simCallers) post(call *simCall) {
	w := c.world
	w.figures.Calls++
	if call.posts++; call.posts > 1 {
		w.figures.Repeats++
	}
	try := &simTry{}
	call.tries = append(call.tries, try)
	ctx := w.life
	go func() {
		try.body, try.err = call.do(ctx, call)
		try.done = true
	}()
	synctest.Wait() // it has been posted
}

// again makes a call once more: one that has no answer yet, or an old one.
func (c *simCallers) again() {
	w := c.world
	list := c.open
	if w.chance(3) {
		list = c.list[max(0, len(c.list)-100):]
	}
	if len(list) > 0 {
		if call := list[w.rng.IntN(len(list))]; call.named && len(call.tries) < 3 {
			if call.settled && !slices.Contains(c.open, call) {
				c.open = append(c.open, call)
			}
			c.post(call)
		}
	}
}

// collect takes the answers that have come.
func (c *simCallers) collect() {
	if len(c.open) == 0 {
		return
	}
	synctest.Wait()
	for _, call := range c.open {
		call.tries = slices.DeleteFunc(call.tries, func(t *simTry) bool {
			if t.done {
				c.answered(call, t)
			}
			return t.done
		})
	}
	c.open = slices.DeleteFunc(c.open, func(call *simCall) bool { return call.settled && len(call.tries) == 0 })
}

func (c *simCallers) answered(call *simCall, t *simTry) {
	w := c.world
	var f *durable.Failure
	switch {
	case t.err == nil:
		w.figures.Accepted++
		if call.accepted && call.named && call.kind == "ask desk" && call.body != t.body {
			w.violate("%s was answered %q, and before %q", call.label, t.body, call.body)
		}
		call.accepted, call.body, call.settled = true, t.body, true
		c.check(call)
	case errors.Is(t.err, context.Canceled): // the process ended
		call.settled = call.settled || !call.named
	case !errors.As(t.err, &f):
		w.violate("%s (%s %s): %w", call.label, call.kind, call.target, t.err)
	case f.Code == durable.CodeUnsure && call.named:
		w.violate("%s has a request id and was told %v", call.label, f)
	case f.Code == durable.CodeUnavailable || f.Code == durable.CodeUnsure || f.Code == durable.CodeBusy:
		call.settled = call.settled || !call.named
	case call.kind == "ask desk" || call.kind == "coin to desk" || call.kind == "note" || call.kind == "signal" || call.kind == "peek":
		w.violate("%s (%s %s) failed: %w", call.label, call.kind, call.target, f)
	default: // refused
		if call.kind == "rewind" {
			c.checkRewind(call, f)
		}
		call.settled = true
	}
}

// check sees that what was acknowledged is stored.
func (c *simCallers) check(call *simCall) {
	w := c.world
	switch call.kind {
	case "start":
		if _, err := w.orch.Status(call.target); err != nil && !c.life(call.target).erased {
			w.violate("%s was started, and is not there: %w", call.target, err)
		}
	case "ask desk", "ask":
		c.checkAsk(call)
	case "purge", "purge by force":
		w.figures.Purged++
	case "query":
		c.checkQuery(call)
	case "rewind":
		w.figures.Rewound++
	case "restart":
		w.figures.Restarted++
	}
}

func (c *simCallers) checkAsk(call *simCall) {
	w := c.world
	var a simAnswer
	if err := json.Unmarshal([]byte(call.body), &a); err != nil || a.Label != call.label {
		w.violate("%s was answered %q (%v)", call.label, call.body, err)
	}
	s, err := w.host.Read(orchestrator.InstanceID(call.target))
	w.must("read", err)
	if s.Incarnation != a.Incarnation {
		if call.kind == "ask desk" {
			w.violate("%s was answered by incarnation %d, there is %d", call.label, a.Incarnation, s.Incarnation)
		}
		return
	}
	if list, err := w.orch.Events(call.target, a.Event-1, 1); err != nil || len(list) != 1 || string(list[0].Body) != call.label {
		w.violate("%s was answered event %d of %s, which is %v (%v)", call.label, a.Event, call.target, list, err)
	}
}

// crashed forgets what was asked of the process that ended.
func (c *simCallers) crashed() {
	for _, call := range c.open {
		call.tries = nil
		call.settled = call.settled || !call.named
	}
	c.open = slices.DeleteFunc(c.open, func(call *simCall) bool { return call.settled })
}

// errand is one that clients know, "" if there is none.
func (c *simCallers) errand() string {
	if len(c.ids) == 0 {
		return ""
	}
	recent := c.ids[max(0, len(c.ids)-12):]
	return recent[c.world.rng.IntN(len(recent))]
}

func (c *simCallers) start(call *simCall) {
	w := c.world
	script := *simWriteScript(w.rng, 0)
	script.Life = call.label
	if call.target = fmt.Sprint("e", len(c.ids)); w.chance(10) && len(c.ids) > 0 {
		call.target = c.errand()
	} else {
		c.ids, c.started[call.target] = append(c.ids, call.target), &simLife{}
	}
	extra := c.startOptions(call.target, &script)
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		opts := append([]orchestrator.StartOption{orchestrator.WithID(call.target), orchestrator.WithEvent("coin", "first "+call.label)}, extra...)
		if call.named {
			opts = append(opts, orchestrator.WithRequestID(call.caller, call.label))
		}
		return simErrand.Begin(ctx, w.orch, script, opts...)
	}
}

func (c *simCallers) askDesk(call *simCall) {
	call.target = fmt.Sprint("desk", c.world.rng.IntN(simDesks))
	call.do = c.ask
}

func (c *simCallers) askErrand(call *simCall) {
	if call.target = c.errand(); call.target != "" {
		call.do = c.ask
	}
}

func (c *simCallers) ask(ctx context.Context, call *simCall) (string, error) {
	a, err := simAsk.Do(ctx, c.world.orch, call.target, call.label, call.requestID()...)
	b, _ := json.Marshal(a)
	return string(b), err
}

func (call *simCall) requestID() []orchestrator.RequestOption {
	if !call.named {
		return nil
	}
	return []orchestrator.RequestOption{orchestrator.RequestID(call.caller, call.label)}
}

func (c *simCallers) coinToDesk(call *simCall) {
	call.target = fmt.Sprint("desk", c.world.rng.IntN(simDesks))
	call.do = c.raise
}

func (c *simCallers) coin(call *simCall) {
	if call.target = c.errand(); call.target != "" {
		call.do = c.raise
	}
}

func (c *simCallers) raise(ctx context.Context, call *simCall) (string, error) {
	return "", c.world.orch.Raise(ctx, call.target, "coin", orchestrator.Raw(fmt.Sprintf("%q", call.label)), call.requestID()...)
}

// managed makes calls of an administrator, who has no request ids.
func managed(do func(c *orchestrator.Client, ctx context.Context, id, reason string) error) func(*simCallers, *simCall) {
	return func(c *simCallers, call *simCall) {
		call.named = false
		if call.target = c.errand(); call.target != "" {
			call.do = func(ctx context.Context, call *simCall) (string, error) {
				return "", do(c.world.orch, ctx, call.target, call.label)
			}
		}
	}
}

func (c *simCallers) resume(call *simCall) {
	if managed((*orchestrator.Client).Resume)(c, call); call.target != "" {
		c.life(call.target).resumed = true
	}
}

func (c *simCallers) purge(call *simCall) {
	managed(func(client *orchestrator.Client, ctx context.Context, id, _ string) error {
		return client.Purge(ctx, id)
	})(c, call)
	if call.target != "" {
		c.life(call.target).erased = true
	}
}

func (c *simCallers) noteIt(call *simCall) {
	call.target = fmt.Sprint("clients", c.world.rng.IntN(3))
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		r := entities.Request{}
		if call.named {
			r = entities.Request{Caller: call.caller, ID: call.label}
		}
		n, err := simNote.DoAs(ctx, c.world.ents, r, call.target, call.label)
		return fmt.Sprint(n), err
	}
}

func (c *simCallers) signal(call *simCall) {
	call.named = false
	call.target = fmt.Sprint("clients", c.world.rng.IntN(3))
	delay := time.Duration(c.world.rng.IntN(100)) * time.Millisecond
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		return "", c.world.ents.Signal(ctx, simLedgers.ID(call.target), "note", json.RawMessage(fmt.Sprintf("%q", call.label)), entities.After(delay))
	}
}

// peek asks a vault, which may be locked, and so waits its turn.
func (c *simCallers) peek(call *simCall) {
	call.target = fmt.Sprint("v", c.world.rng.IntN(simAccounts))
	call.named = false
	call.do = func(ctx context.Context, call *simCall) (string, error) {
		v, err := simRead.Do(ctx, c.world.ents, call.target, struct{}{})
		return fmt.Sprint(v), err
	}
}
