package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// open makes a host of definitions, on a store in memory.
func open(defs ...orchestrator.Definition) (*orchestrator.Client, func()) {
	reg, err := orchestrator.NewRegistry(defs...)
	if err != nil {
		panic(err)
	}
	host, err := durable.Open(memstore.New(memstore.Options{}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true}),
		},
		Worker: reg.Worker(),
	})
	if err != nil {
		panic(err)
	}
	return orchestrator.NewClient(host), func() {
		if err := host.Close(); err != nil {
			panic(err)
		}
	}
}

var greet = orchestrator.DefineActivity("greet", func(_ context.Context, city string) (string, error) {
	return "Hello, " + city + "!", nil
})

// One activity after the other.
func ExampleDefine() {
	hello := orchestrator.Define("hello", func(c *orchestrator.Context, cities []string) ([]string, error) {
		var out []string
		for _, city := range cities {
			greeting, err := greet.Call(c, city)
			if err != nil {
				return nil, err
			}
			out = append(out, greeting)
		}
		return out, nil
	})
	client, done := open(hello, greet)
	defer done()
	ctx := context.Background()
	id, err := hello.Begin(ctx, client, []string{"Tokyo", "Seattle"})
	if err != nil {
		panic(err)
	}
	fmt.Println(hello.Result(ctx, client, id))
	// Output: [Hello, Tokyo! Hello, Seattle!] <nil>
}

// All of them at once.
func ExampleAll() {
	hello := orchestrator.Define("hello", func(c *orchestrator.Context, cities []string) ([]string, error) {
		var fs []*orchestrator.Future[string]
		for _, city := range cities {
			fs = append(fs, greet.Go(c, city))
		}
		return orchestrator.All(fs...)
	})
	client, done := open(hello, greet)
	defer done()
	ctx := context.Background()
	id, _ := hello.Begin(ctx, client, []string{"Tokyo", "Seattle"})
	fmt.Println(hello.Result(ctx, client, id))
	// Output: [Hello, Tokyo! Hello, Seattle!] <nil>
}

// A race of an event with a timer.
func ExampleAny() {
	approval := orchestrator.Define("approval", func(c *orchestrator.Context, wait time.Duration) (string, error) {
		approved, late := orchestrator.EventGo[bool](c, "Approval"), c.Timer(wait)
		if orchestrator.Any(approved, late) == 1 {
			approved.Cancel()
			return "too late", nil
		}
		late.Cancel()
		answer, err := approved.Get()
		return fmt.Sprintf("approved: %v", answer.Value), err
	})
	client, done := open(approval)
	defer done()
	ctx := context.Background()
	id, _ := approval.Begin(ctx, client, time.Hour)
	if err := client.Raise(ctx, id, "approval", orchestrator.Raw("true")); err != nil {
		panic(err)
	}
	fmt.Println(approval.Result(ctx, client, id))
	// Output: approved: true <nil>
}

// A request is validated and answered; the answer is given after the commit.
func ExampleDefineRequest() {
	add := orchestrator.DefineRequest[int, int]("add")
	account := orchestrator.Define("account", func(c *orchestrator.Context, balance int) (int, error) {
		for {
			r, err := add.Wait(c)
			if err != nil {
				return 0, err
			}
			if balance+r.In < 0 {
				r.Refuse(orchestrator.Fail("insufficient", "not enough money"))
				continue
			}
			balance += r.In
			r.Answer(balance)
		}
	})
	client, done := open(account)
	defer done()
	ctx := context.Background()
	id, _ := account.Begin(ctx, client, 10)
	fmt.Println(add.Do(ctx, client, id, 5, orchestrator.RequestID("ann", "1")))
	fmt.Println(add.Do(ctx, client, id, 5, orchestrator.RequestID("ann", "1"))) // a repetition: done once
	fmt.Println(add.Do(ctx, client, id, -99))
	// Output:
	// 15 <nil>
	// 15 <nil>
	// 0 not enough money
}

// An eternal orchestration begins afresh instead of growing a history.
func ExampleContinueAsNew() {
	counter := orchestrator.Define("counter", func(c *orchestrator.Context, n int) (int, error) {
		if n == 3 {
			return n, nil
		}
		if err := c.Sleep(time.Millisecond); err != nil {
			return 0, err
		}
		return 0, orchestrator.ContinueAsNew(c, n+1)
	})
	client, done := open(counter)
	defer done()
	ctx := context.Background()
	id, _ := counter.Begin(ctx, client, 0)
	n, err := counter.Result(ctx, client, id)
	status, _ := client.Status(id)
	fmt.Println(n, err, status.Generation)
	// Output: 3 <nil> 4
}

// Failed attempts are repeated, with durable timers between them.
func ExampleWithRetry() {
	attempts := 0
	flaky := orchestrator.DefineActivity("flaky", func(ctx context.Context, _ orchestrator.None) (int, error) {
		if attempts++; attempts < 3 {
			return 0, errors.New("not yet")
		}
		return orchestrator.InfoOf(ctx).Attempt, nil
	}, orchestrator.WithRetry(orchestrator.Retry{Attempts: 5, First: time.Millisecond, Backoff: 2}))
	job := orchestrator.Define("job", func(c *orchestrator.Context, _ orchestrator.None) (int, error) {
		return flaky.Call(c, orchestrator.None{})
	})
	client, done := open(job, flaky)
	defer done()
	ctx := context.Background()
	id, _ := job.Begin(ctx, client, orchestrator.None{})
	fmt.Println(job.Result(ctx, client, id))
	// Output: 3 <nil>
}
