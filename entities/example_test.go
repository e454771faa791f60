package entities_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// Account is the state of an account: anything that JSON can encode.
type Account struct{ Balance int }

var errPoor = errors.New("not enough money")

// Accounts and its operations are values: to find who credits an account, look
// for the references to Credit.
var (
	Accounts = entities.Define("account", func(string) Account { return Account{} })
	Credit   = entities.On(Accounts, "credit", func(_ *entities.Context, a *Account, n int) (int, error) {
		if a.Balance+n < 0 {
			return 0, errPoor // and nothing has changed
		}
		a.Balance += n
		return a.Balance, nil
	})
	Balance = entities.On(Accounts, "balance", func(_ *entities.Context, a *Account, _ struct{}) (int, error) {
		return a.Balance, nil
	})
)

// Trade is an orchestration that has two accounts to itself.
var Trade = orchestrator.Define("trade", func(c *orchestrator.Context, price int) (string, error) {
	unlock, err := entities.Lock(c, Accounts.ID("ann"), Accounts.ID("bob"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := Credit.Call(c, "ann", -price); err != nil {
		return "", err
	}
	_, err = Credit.Call(c, "bob", price)
	return "traded", err
})

func ExampleDefine() {
	host := exampleHost()
	defer host.Close()
	client := entities.NewClient(host)
	ctx := context.Background()

	balance, err := Credit.Do(ctx, client, "ann", 5)
	fmt.Println(balance, err)
	_, err = Credit.Do(ctx, client, "ann", -7)
	fmt.Println(err)
	state, version, exists, err := Accounts.Read(client, "ann")
	fmt.Println(state.Balance, version, exists, err)
	// Output:
	// 5 <nil>
	// not enough money
	// 5 1 true <nil>
}

func ExampleLock() {
	host := exampleHost()
	defer host.Close()
	client := entities.NewClient(host)
	ctx := context.Background()
	orchestrations := orchestrator.NewClient(host)

	_, _ = Credit.Do(ctx, client, "ann", 100)
	id, _ := Trade.Begin(ctx, orchestrations, 30)
	fmt.Println(Trade.Result(ctx, orchestrations, id))
	ann, _ := Balance.Do(ctx, client, "ann", struct{}{})
	bob, _ := Balance.Do(ctx, client, "bob", struct{}{})
	fmt.Println(ann, bob)
	// Output:
	// traded <nil>
	// 70 30
}

// exampleHost runs the examples' entities and orchestrations in memory.
func exampleHost() *durable.Host {
	registry, err := entities.NewRegistry(Accounts)
	if err != nil {
		panic(err)
	}
	orchestrations, err := orchestrator.NewRegistry(Trade)
	if err != nil {
		panic(err)
	}
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(registry, entities.Options{}),
			orchestrator.Kind: orchestrator.NewBehavior(orchestrations, orchestrator.Options{}),
		},
	})
	if err != nil {
		panic(err)
	}
	return host
}
