package orchestratortest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

// play runs a test the way `go test` does, for the examples.
func play(test func(t *testing.T)) {
	if v := flag.Lookup("test.v"); v != nil && testing.Verbose() {
		was := v.Value.String()
		defer func() { _ = flag.Set("test.v", was) }()
		_ = flag.Set("test.v", "false") // what is printed is the example's output
	}
	var once sync.Once // whatever -count says
	testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: "TestExample", F: func(t *testing.T) { once.Do(func() { test(t) }) }},
	})
}

var greet = orchestrator.DefineActivity("greet", func(_ context.Context, city string) (string, error) {
	return "", errors.New("greeting needs a network")
})

var hello = orchestrator.Define("hello", func(c *orchestrator.Context, cities []string) ([]string, error) {
	var fs []*orchestrator.Future[string]
	for _, city := range cities {
		fs = append(fs, greet.Go(c, city))
	}
	return orchestrator.All(fs...)
})

// An activity is replaced by a function, whose types the compiler checks. The
// test says with what it is to be called.
func ExampleMock() {
	play(func(t *testing.T) {
		orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{hello, greet}}, func(t *testing.T, h *orchestratortest.Hub) {
			orchestratortest.Mock(h, greet, func(_ context.Context, city string) (string, error) {
				return "Hello, " + city + "!", nil
			}).With("Tokyo", "Seattle")
			fmt.Println(orchestratortest.Run(h, hello, []string{"Tokyo", "Seattle"}))
			fmt.Println(len(orchestratortest.Calls(h, greet)), "calls")
		})
	})
	// Output:
	// [Hello, Tokyo! Hello, Seattle!] <nil>
	// 2 calls
}

// Thirty days take no time.
func ExampleRun() {
	trial := orchestrator.Define("trial", func(c *orchestrator.Context, user string) (string, error) {
		if err := c.Sleep(30 * 24 * time.Hour); err != nil {
			return "", err
		}
		return user + "'s trial ended on " + c.Now().Format(time.DateOnly), nil
	})
	play(func(t *testing.T) {
		orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{trial}}, func(t *testing.T, h *orchestratortest.Hub) {
			fmt.Println(orchestratortest.Run(h, trial, "ann"))
		})
	})
	// Output: ann's trial ended on 2000-01-31 <nil>
}

// approval waits a week at most.
var approval = orchestrator.Define("approval", func(c *orchestrator.Context, what string) (string, error) {
	approved, late := orchestrator.EventGo[string](c, "approved"), c.Timer(7*24*time.Hour)
	if orchestrator.Any(approved, late) == 1 {
		approved.Cancel()
		return what + ": too late", nil
	}
	late.Cancel()
	by, err := approved.Get()
	return fmt.Sprintf("%s: approved by %s", what, by.Value), err
})

// An event on day 3.
func ExampleHub_After() {
	play(func(t *testing.T) {
		orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{approval}}, func(t *testing.T, h *orchestratortest.Hub) {
			h.After(3*24*time.Hour, func() { orchestratortest.Raise(h, "holiday", "approved", "bob") })
			fmt.Println(orchestratortest.Run(h, approval, "two weeks", orchestrator.WithID("holiday")))
			fmt.Println(orchestratortest.Run(h, approval, "three weeks"))
			fmt.Println(h.Now().Format(time.DateOnly))
		})
	})
	// Output:
	// two weeks: approved by bob <nil>
	// three weeks: too late <nil>
	// 2000-01-11
}

// An orchestration that waits for what will never come fails its test at once.
func ExampleBlockedError() {
	vote := orchestrator.Define("vote", func(c *orchestrator.Context, voters []string) (int, error) {
		yes := 0
		for _, voter := range voters {
			v, err := orchestrator.Event[bool](c, voter)
			if err != nil {
				return 0, err
			}
			if v {
				yes++
			}
		}
		return yes, nil
	})
	play(func(t *testing.T) {
		orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{vote}}, func(t *testing.T, h *orchestratortest.Hub) {
			id := orchestratortest.Start(h, vote, []string{"ann", "bob"})
			orchestratortest.Raise(h, id, "ann", true)
			fmt.Println(h.Await(id)) // Run and Wait would fail the test with this
		})
	})
	// Output:
	// orchestration "vote-1" is blocked: nothing runs, no timer is due, and no callback is left
	//   vote-1 (vote) waits for event bob
}

// Histories that were recorded once say whether instances that are stored
// somewhere would go on with today's code. `go test -update` records them.
func ExampleReplay() {
	changed := orchestrator.Define("order", func(c *orchestrator.Context, cents int) (string, error) {
		return charge.Call(c, cents) // it waited for an approval
	})
	yesterday, _ := orchestrator.NewRegistry(order, remind, charge)
	today, _ := orchestrator.NewRegistry(changed, charge)
	test := func(t testing.TB) {
		// if *update {
		//	h.Record("golden", "testdata/order.jsonl")
		// }
		orchestratortest.Replay(t, yesterday, "testdata/order.jsonl")
		orchestratortest.Replay(t, today, "testdata/order.jsonl")
	}
	said := &failing{}
	test(said)
	fmt.Println(said.said[0])
	// Output:
	// testdata/order.jsonl does not replay: non-determinism in orchestration "golden": history says timer #1, code asked for activity charge#1
	//
	// +0s
	//       ExecutionStarted    order      100
	//       TimerCreated        #1         due 2000-01-08 00:00:00
	// +7d
	//       TimerFired          #1
	//       TaskScheduled       #2 remind  "golden"
	// +7d
	//       TaskCompleted       #2
	//       TimerCreated        #3         due 2000-01-15 00:00:00
	// +10d
	//       EventRaised         approved   true
	//       TimerCancelled      #3
	//       TaskScheduled       #4 charge  100
	// +10d
	//       TaskCompleted       #4         -> "paid"
	//       ExecutionCompleted             Completed -> "paid"
}
