package entities_test

import (
	"testing"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

// The testing kit of orchestrations takes entities along: locks, calls and
// delayed signals, on the clock that skips ahead, with all memory lost after each
// commit.
func TestEntitiesInTheTestingKit(t *testing.T) {
	reg, err := entities.NewRegistry(purses)
	if err != nil {
		t.Fatal(err)
	}
	allowance := orchestrator.Define("allowance", func(c *orchestrator.Context, months int) (int, error) {
		for range months {
			if err := pay.Signal(c, "ann", 10, entities.After(30*24*time.Hour)); err != nil {
				return 0, err
			}
			if err := c.Sleep(31 * 24 * time.Hour); err != nil {
				return 0, err
			}
		}
		return give.Call(c, handover{From: "ann", To: "bob", Amount: 25})
	})
	for _, crash := range []bool{false, true} {
		orchestratortest.Test(t, orchestratortest.Options{
			Definitions: []orchestrator.Definition{allowance, give}, Crash: crash,
			Behaviors: map[durable.Kind]durable.Behavior{entities.Kind: entities.NewBehavior(reg, entities.Options{Strict: true})},
		}, func(t *testing.T, h *orchestratortest.Hub) {
			left, err := orchestratortest.Run(h, allowance, 3)
			if left != 5 || err != nil {
				t.Fatal(left, err)
			}
			h.Settle()
			bob, _, _, err := purses.Read(entities.NewClient(h.Host()), "bob")
			if bob.Coins != 25 || err != nil {
				t.Error(bob, err)
			}
			if passed := h.Now().Format(time.DateOnly); passed != "2000-04-03" {
				t.Error(passed)
			}
		})
	}
}
