package entities_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// What the simulated orchestrations do: a script that the seed wrote, which is
// their input. Whoever finds a promise broken says so with errBroken, or to the
// world, where it is not code that is replayed.

// simScript is what one generation still has to do.
type simScript struct {
	// Life is the start that began it, and Round counts the generations: lives and
	// generations that begin and end in one turn may share their number.
	Life  string
	Round int
	Due   int64 // wall milliseconds; it must not begin before
	Steps []simStep
	Done  []string // labels of what was done, across generations
}

type simStep struct {
	Do       string
	Key, To  string
	N        int
	MS       int
	Script   *simScript
	Patience int
}

const (
	simAccounts = 6
	simBalance  = 1000
	simPlanned  = "as planned"
)

// errBroken begins what a simulated orchestration fails with when the engine
// broke a promise.
var errBroken = errors.New("BROKEN")

// simVault has a balance that only changes under a lock, from a version that the owner has read.
type simVault struct {
	Balance, Version, Broken int
}

type simWrite struct{ Balance, Version int }

var (
	simVaults = entities.Define("simvault", func(string) simVault { return simVault{Balance: simBalance} })
	simRead   = entities.On(simVaults, "read", func(_ *entities.Context, s *simVault, _ struct{}) (simVault, error) { return *s, nil })
	// simPut notes when another has written since its owner read: then there
	// were two in the critical section, or a write came twice.
	simPut = entities.On(simVaults, "put", func(_ *entities.Context, s *simVault, w simWrite) (struct{}, error) {
		if w.Version != s.Version {
			s.Broken++
		}
		s.Balance, s.Version = w.Balance, s.Version+1
		return struct{}{}, nil
	})

	// simLedgers count what must happen once, by its label.
	simLedgers = entities.Define("simledger", func(string) map[string]int { return map[string]int{} })
	simNote    = entities.On(simLedgers, "note", func(_ *entities.Context, s *map[string]int, label string) (int, error) {
		(*s)[label]++
		return (*s)[label], nil
	})
	simSpoil = entities.On(simLedgers, "spoil", func(c *entities.Context, s *map[string]int, label string) (int, error) {
		(*s)[label]++
		_ = simNote.Signal(c, c.Key(), label+" by a failed operation")
		if len(label)%2 == 0 {
			panic(simPlanned)
		}
		return 0, errors.New(simPlanned)
	})
)

// simDoChore does and notes what the activity does, outside of the engine. There
// is one simulation at a time.
var simDoChore func(info orchestrator.ActivityInfo, label string) error

// simChore is the activity.
var simChore = orchestrator.DefineActivity("simchore", func(ctx context.Context, label string) (string, error) {
	return label, simDoChore(orchestrator.InfoOf(ctx), label)
}, orchestrator.WithRetry(orchestrator.Retry{Attempts: 4, First: 5 * time.Millisecond, Backoff: 2, Max: 15 * time.Millisecond}))

// simErrand does a script.
var simErrand *orchestrator.Orchestration[simScript, []string]

func init() {
	simErrand = orchestrator.Define("simerrand", func(c *orchestrator.Context, s simScript) ([]string, error) {
		if c.Now().UnixMilli() < s.Due {
			return nil, fmt.Errorf("%w: begun at %d, scheduled for %d", errBroken, c.Now().UnixMilli(), s.Due)
		}
		published := uint64(0)
		simProgress.Handle(c, func(label string) (simAnswer, error) {
			return simAnswer{Label: label, Event: published, Incarnation: c.Self().Incarnation}, nil
		})
		for i, step := range s.Steps {
			r := simRun{c: c, step: step, published: &published, label: fmt.Sprintf("%s/%s/%d/%d/%d", c.InstanceID(), s.Life, c.Self().Incarnation, s.Round, i)}
			err := r.do(s, i)
			if err != nil {
				return s.Done, err
			}
			s.Done = append(s.Done, r.done...)
		}
		return s.Done, nil
	})
}

// simRun is one step of a script.
type simRun struct {
	c     *orchestrator.Context
	step  simStep
	label string
	done  []string

	published *uint64 // number of the last event, once there is one
}

func (r *simRun) do(s simScript, i int) error {
	c, step := r.c, r.step
	rest := func() simScript {
		return simScript{Life: s.Life, Round: s.Round + 1, Steps: s.Steps[i+1:], Done: append(s.Done, r.done...)}
	}
	switch step.Do {
	case "chore":
		return r.chores(1)
	case "chores":
		return r.chores(step.N)
	case "sleep":
		return r.sleep(c.Timer(time.Duration(step.MS)*time.Millisecond), func() time.Duration { return time.Duration(c.Now().UnixNano()) })
	case "uptime":
		return r.sleep(c.UptimeTimer(time.Duration(step.MS)*time.Millisecond), c.Uptime)
	case "note":
		r.done = []string{"note " + r.label}
		return simNote.Signal(c, c.InstanceID(), "note "+r.label)
	case "call":
		r.done = []string{"call " + r.label}
		n, err := simNote.Call(c, c.InstanceID(), "call "+r.label)
		if err == nil && n != 1 {
			err = fmt.Errorf("%w: %s is the %d.", errBroken, r.label, n)
		}
		return err
	case "later":
		r.done = []string{"later " + r.label}
		return simNote.Signal(c, c.InstanceID(), "later "+r.label, entities.After(time.Duration(step.MS)*time.Millisecond))
	case "spoil":
		_, err := simSpoil.Call(c, c.InstanceID(), r.label)
		if errors.Is(err, orchestrator.ErrCanceled) {
			return err
		}
		if err == nil || !strings.Contains(err.Error(), simPlanned) {
			return fmt.Errorf("%w: a failing operation gave %w", errBroken, err)
		}
		return nil
	case "transfer":
		return r.transfer(rest)
	case "child":
		return r.child()
	case "detach":
		id, err := simErrand.Start(c, *step.Script)
		if err != nil {
			return err
		}
		return r.only("detach", id)
	case "mend":
		label, err := simMend.Call(c, "mend "+r.label)
		if err == nil && label != "mend "+r.label {
			err = fmt.Errorf("%w: %q was mended, not %q", errBroken, label, r.label)
		}
		return err
	case "draw":
		return r.draw()
	case "side":
		return r.side()
	case "each":
		return r.each()
	case "shielded":
		return r.shielded()
	case "wait":
		return r.wait()
	case "serve":
		return r.serve()
	case "raise":
		return orchestrator.Raise(c, step.Key, "coin", r.label)
	case "publish":
		*r.published = c.Publish([]byte(r.label))
		return nil
	case "status":
		c.SetStatus(r.label)
		c.SetIndex(durable.Index{Name: "sim", Time: c.Now().UnixMilli()})
		return nil
	case "again":
		return orchestrator.ContinueAsNew(c, rest())
	case "fail":
		return errors.New(simPlanned)
	case "panic":
		panic(simPlanned)
	}
	return fmt.Errorf("%w: no step %q", errBroken, step.Do)
}

// chores does activities side by side. Each may fail for good, after its attempts.
func (r *simRun) chores(n int) error {
	var fs []*orchestrator.Future[string]
	for k := range n {
		fs = append(fs, simChore.Go(r.c, fmt.Sprintf("chore %s.%d", r.label, k)))
	}
	for k, f := range fs {
		want := fmt.Sprintf("chore %s.%d", r.label, k)
		switch got, err := f.Get(); {
		case err != nil && !planned(err):
			return err
		case err == nil && got != want:
			return fmt.Errorf("%w: %q was done, not %q", errBroken, got, want)
		case err == nil:
			r.done = append(r.done, want)
		}
	}
	return nil
}

func (r *simRun) sleep(f *orchestrator.Future[orchestrator.None], now func() time.Duration) error {
	begin, d := now(), time.Duration(r.step.MS)*time.Millisecond
	if r.step.N == 1 { // another is first, and this one must never come
		f.Cancel()
		f.Cancel()
		return nil
	}
	if _, err := f.Get(); err != nil {
		return err
	}
	if slept := now() - begin; slept < d {
		return fmt.Errorf("%w: a timer of %v fired after %v", errBroken, d, slept)
	}
	return nil
}

// transfer moves money between two vaults, and ends in one way or another.
func (r *simRun) transfer(rest func() simScript) error {
	c, step := r.c, r.step
	unlock, err := entities.LockWithin(c, time.Duration(step.Patience)*time.Millisecond, simVaults.ID(step.Key), simVaults.ID(step.To))
	if errors.Is(err, durable.Fail(durable.CodeTimeout, "")) {
		return nil
	}
	if err != nil {
		return err
	}
	had, err := entities.All(simRead.Go(c, step.Key, struct{}{}), simRead.Go(c, step.To, struct{}{}))
	if err != nil {
		return err
	}
	if step.MS > 0 {
		if err := c.Sleep(time.Duration(step.MS) * time.Millisecond); err != nil {
			return err
		}
	}
	if step.Key != step.To { // both in one turn: done or not, however it ends
		_, err = entities.All(
			simPut.Go(c, step.Key, simWrite{had[0].Balance - step.N, had[0].Version}),
			simPut.Go(c, step.To, simWrite{had[1].Balance + step.N, had[1].Version}))
		if err != nil {
			return err
		}
	}
	switch step.N % 4 {
	case 0: // the end of the generation unlocks
		return orchestrator.ContinueAsNew(c, rest())
	case 1:
		return errors.New(simPlanned)
	}
	unlock()
	return nil
}

func (r *simRun) child() error {
	var opts []orchestrator.StartOption
	if r.step.N == 1 {
		opts = append(opts, orchestrator.RetryChild(orchestrator.Retry{Attempts: 2, First: 3 * time.Millisecond}))
	}
	done, err := simErrand.Call(r.c, *r.step.Script, opts...)
	switch {
	case err != nil && (!planned(err) || r.step.N > 5):
		return err // or a rewind goes down to the child
	case err != nil && r.step.N == 2: // what was done besides stays
		_ = simNote.Signal(r.c, r.c.InstanceID(), "childless "+r.label)
	}
	r.done = append(r.done, done...)
	return nil
}

// wait is for an event or a timer, whichever comes first.
func (r *simRun) wait() error {
	event, timer := orchestrator.EventGo[string](r.c, "coin"), r.c.Timer(time.Duration(r.step.MS)*time.Millisecond)
	if orchestrator.Any(event, timer) == 0 {
		coin, err := event.Get()
		if err == nil {
			_ = simNote.Signal(r.c, r.c.InstanceID(), fmt.Sprint("coin ", coin.Value, " in ", r.label))
		}
		timer.Cancel()
		return err
	}
	event.Cancel()
	return nil
}

// serve answers a request, or refuses it, or leaves it to the next generation.
func (r *simRun) serve() error {
	request, timer := simAsk.Go(r.c), r.c.UptimeTimer(time.Duration(r.step.MS)*time.Millisecond)
	if orchestrator.Any(timer, request) == 0 {
		request.Cancel()
		return nil
	}
	timer.Cancel()
	call, err := request.Get()
	if err != nil {
		return err
	}
	if r.step.N == 0 {
		call.Refuse(errors.New(simPlanned))
		return nil
	}
	n := r.c.Publish([]byte(call.In))
	*r.published = n
	call.Answer(simAnswer{Label: call.In, Event: n, Incarnation: r.c.Self().Incarnation})
	return nil
}

// simAsk is the request that errands and desks answer: by publishing the label.
var simAsk = orchestrator.DefineRequest[string, simAnswer]("ask")

type simAnswer struct {
	Label       string
	Event       uint64
	Incarnation uint64
}

// simDesk answers requests until it is closed, through many generations.
var simDesk = orchestrator.Define("simdesk", func(c *orchestrator.Context, served int) (int, error) {
	for n := 0; ; n++ {
		ask, coin, end := simAsk.Go(c), orchestrator.EventGo[string](c, "coin"), orchestrator.EventGo[orchestrator.None](c, "close")
		tick := c.Timer(time.Second)
		switch orchestrator.Any(ask, coin, end, tick) {
		case 0:
			call, err := ask.Get()
			if err != nil {
				return served, err
			}
			served++
			if c.Rand().IntN(3) == 0 { // the answer is for the turn that has the result
				if _, err := simNote.Call(c, c.InstanceID(), fmt.Sprint("served ", served)); err != nil {
					return served, err
				}
			}
			call.Answer(simAnswer{Label: call.In, Event: c.Publish([]byte(call.In)), Incarnation: c.Self().Incarnation})
		case 1:
			got, err := coin.Get()
			if err != nil {
				return served, err
			}
			if err := simNote.Signal(c, "coins", got.Value); err != nil {
				return served, err
			}
		case 2:
			return served, nil
		}
		if n > 3 && c.Rand().IntN(4) == 0 {
			return served, orchestrator.ContinueAsNew(c, served)
		}
		ask.Cancel()
		coin.Cancel()
		end.Cancel()
		tick.Cancel()
	}
})

// simWriteScript invents a script.
func simWriteScript(r *rand.Rand, depth int) *simScript {
	s := &simScript{}
	for n := 1 + r.IntN(5); n > 0; n-- {
		step := simStep{Do: simVerbs[r.IntN(len(simVerbs))], N: 1 + r.IntN(8), MS: r.IntN(80)}
		switch step.Do {
		case "chores":
			if r.IntN(20) == 0 {
				step.N = 40
			}
		case "transfer":
			step.Key, step.To = fmt.Sprint("v", r.IntN(simAccounts)), fmt.Sprint("v", r.IntN(simAccounts))
			step.Patience, step.N = 20+r.IntN(3000), r.IntN(100)
			if r.IntN(2) == 0 {
				step.MS = 0
			}
		case "child", "detach":
			if depth > 1 {
				step.Do = "chore"
				break
			}
			step.Script = simWriteScript(r, depth+1)
		case "serve":
			step.N = r.IntN(4)
			step.MS *= 5
		case "raise":
			step.Key = fmt.Sprint("desk", r.IntN(simDesks))
		case "mend":
			if r.IntN(3) == 0 {
				step.Do = "draw"
			}
		case "fail", "panic":
			if r.IntN(3) > 0 {
				step.Do = "chore"
			}
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

var simVerbs = []string{
	"chore", "chore", "chores", "sleep", "uptime", "note", "call", "later", "spoil", "transfer", "transfer", "transfer",
	"child", "detach", "wait", "wait", "serve", "serve", "raise", "publish", "status", "again", "fail", "panic",
	"mend", "mend", "draw", "draw", "side", "each", "shielded",
}
