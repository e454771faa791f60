package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// At most two greetings are under way at once; the results keep the order of
// the cities.
func ExampleEach() {
	hello := orchestrator.Define("hello", func(c *orchestrator.Context, cities []string) ([]string, error) {
		return orchestrator.Each(c, cities, 2, func(city string) *orchestrator.Future[string] {
			return greet.Go(c, city)
		})
	})
	client, done := open(hello, greet)
	defer done()
	ctx := context.Background()
	id, _ := hello.Begin(ctx, client, []string{"Tokyo", "Seattle", "Lima"})
	fmt.Println(hello.Result(ctx, client, id))
	// Output: [Hello, Tokyo! Hello, Seattle! Hello, Lima!] <nil>
}

// What fails is told beside what went well.
func ExampleEachSettled() {
	half := orchestrator.DefineActivity("half", func(_ context.Context, n int) (int, error) {
		if n%2 != 0 {
			return 0, fmt.Errorf("%d is odd", n)
		}
		return n / 2, nil
	})
	report := orchestrator.Define("report", func(c *orchestrator.Context, ns []int) ([]string, error) {
		var lines []string
		for _, s := range orchestrator.EachSettled(c, ns, 10, func(n int) *orchestrator.Future[int] { return half.Go(c, n) }) {
			line := fmt.Sprint(s.Value)
			if s.Err != nil {
				line = s.Err.Error()
			}
			lines = append(lines, line)
		}
		return lines, nil
	})
	client, done := open(report, half)
	defer done()
	ctx := context.Background()
	id, _ := report.Begin(ctx, client, []int{4, 5, 6})
	fmt.Println(report.Result(ctx, client, id))
	// Output: [2 5 is odd 3] <nil>
}

// A value is drawn once, and is the same however often the code is run again.
func ExampleSideEffect() {
	draws := 0
	lottery := orchestrator.Define("lottery", func(c *orchestrator.Context, _ orchestrator.None) (int, error) {
		n, err := orchestrator.SideEffect(c, func() (int, error) { draws++; return 41 + draws, nil })
		if err != nil {
			return 0, err
		}
		return n, c.Sleep(time.Millisecond)
	})
	client, done := open(lottery)
	defer done()
	ctx := context.Background()
	id, _ := lottery.Begin(ctx, client, orchestrator.None{})
	fmt.Println(lottery.Result(ctx, client, id))
	// Output: 42 <nil>
}

// Step 1 of a rollout: what began before the patch goes on in the old way.
func ExampleContext_Patched() {
	hello := orchestrator.Define("hello", func(c *orchestrator.Context, city string) (string, error) {
		if c.Patched("shout") {
			city += "!!!"
		}
		return greet.Call(c, city)
	})
	client, done := open(hello, greet)
	defer done()
	ctx := context.Background()
	id, _ := hello.Begin(ctx, client, "Tokyo")
	fmt.Println(hello.Result(ctx, client, id))
	// Output: Hello, Tokyo!!!! <nil>
}

// A query reads what a running orchestration has in memory.
func ExampleDefineQuery() {
	total := orchestrator.DefineQuery[orchestrator.None, int]("total")
	cart := orchestrator.Define("cart", func(c *orchestrator.Context, _ orchestrator.None) (int, error) {
		sum := 0
		total.Handle(c, func(orchestrator.None) (int, error) { return sum, nil })
		for {
			price, err := orchestrator.Event[int](c, "add")
			if err != nil || price == 0 {
				return sum, err
			}
			sum += price
		}
	})
	client, done := open(cart)
	defer done()
	ctx := context.Background()
	id, _ := cart.Begin(ctx, client, orchestrator.None{})
	for _, price := range []string{"3", "4"} {
		if err := client.Raise(ctx, id, "add", orchestrator.Raw(price)); err != nil {
			panic(err)
		}
	}
	fmt.Println(total.Ask(ctx, client, id, orchestrator.None{}))
	// Output: 7 <nil>
}

// An orchestration that is asked to end takes back what it did.
func ExampleShielded() {
	release := orchestrator.DefineActivity("release", func(_ context.Context, seat string) (orchestrator.None, error) {
		fmt.Println("released", seat)
		return orchestrator.None{}, nil
	})
	trip := orchestrator.Define("trip", func(c *orchestrator.Context, seat string) (_ string, err error) {
		defer orchestrator.Shielded(c, func() {
			if err != nil {
				_, err2 := release.Call(c, seat)
				err = errors.Join(err, err2)
			}
		})
		return orchestrator.Event[string](c, "arrived") // gives ErrCanceled
	})
	client, done := open(trip, release)
	defer done()
	ctx := context.Background()
	id, _ := trip.Begin(ctx, client, "12a")
	if err := client.Cancel(ctx, id, "strike"); err != nil {
		panic(err)
	}
	_, err := trip.Result(ctx, client, id)
	status, _ := client.Status(id)
	fmt.Println(err, errors.Is(err, orchestrator.ErrCanceled), status.State)
	// Output:
	// released 12a
	// canceled: strike true Terminated
}

// A long activity says how far it is; its next attempt goes on from there.
func ExampleHeartbeat() {
	crawl := orchestrator.DefineActivity("crawl", func(ctx context.Context, pages int) (string, error) {
		done, _ := orchestrator.LastHeartbeat[int](ctx)
		from := done + 1
		for done < pages {
			done++
			if err := orchestrator.Heartbeat(ctx, done); err != nil {
				return "", err // nobody waits any more, or the attempt is over
			}
			if done == 2 {
				return "", errors.New("connection lost")
			}
		}
		return fmt.Sprintf("pages %d to %d", from, done), nil
	}, orchestrator.WithHeartbeat(10*time.Second), orchestrator.WithRetry(orchestrator.Retry{Attempts: 3}))
	job := orchestrator.Define("job", func(c *orchestrator.Context, pages int) (string, error) {
		return crawl.Call(c, pages)
	})
	client, done := open(job, crawl)
	defer done()
	ctx := context.Background()
	id, _ := job.Begin(ctx, client, 5)
	fmt.Println(job.Result(ctx, client, id))
	// Output: pages 3 to 5 <nil>
}

// declined is an error with a property.
type declined struct{ card string }

func (e *declined) Error() string                       { return "card " + e.card + " declined" }
func (e *declined) FailureProps() map[string]string     { return map[string]string{"card": e.card} }
func (e *declined) FromFailure(f *orchestrator.Failure) { e.card = f.Props["card"] }

// An activity's error is stored on its way, and comes back as its type.
func ExampleFailureAs() {
	charge := orchestrator.DefineActivity("charge", func(context.Context, orchestrator.None) (orchestrator.None, error) {
		return orchestrator.None{}, fmt.Errorf("charging: %w", &declined{"4711"})
	})
	pay := orchestrator.Define("pay", func(c *orchestrator.Context, _ orchestrator.None) (string, error) {
		_, err := charge.Call(c, orchestrator.None{})
		if d, ok := orchestrator.FailureAs[declined](err); ok {
			return "another card than " + d.card + ", please", nil
		}
		return "paid", err
	})
	client, done := open(pay, charge)
	defer done()
	ctx := context.Background()
	id, _ := pay.Begin(ctx, client, orchestrator.None{})
	fmt.Println(pay.Result(ctx, client, id))
	// Output: another card than 4711, please <nil>
}
