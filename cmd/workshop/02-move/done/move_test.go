package main

import (
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/orchestratortest"
)

// TestReplay plays a game in which somebody thinks for two hours. The testing kit does every turn twice: once from the
// function that is still in memory, and once from the history alone. Both must come to the same.
func TestReplay(t *testing.T) {
	orchestratortest.Test(t, orchestratortest.Options{Definitions: []orchestrator.Definition{loop}}, func(t *testing.T, h *orchestratortest.Hub) {
		id := orchestratortest.Start(h, loop, orchestrator.None{}, orchestrator.WithID("game"))
		h.Settle()
		if s, err := h.Client().Status(id); err == nil && s.State == orchestrator.Failed && strings.Contains(s.Failure.Message, "nobody has written") {
			t.Skip("fill in the loop first: " + s.Failure.Message)
		}
		orchestratortest.Raise(h, id, "move", "5")
		h.After(2*time.Hour, func() { orchestratortest.Raise(h, id, "move", "9") })
		if _, err := orchestratortest.Result(h, loop, id); err == nil || !strings.Contains(err.Error(), "too late") {
			t.Errorf("two hours later: %v; want the house to have gone to bed", err)
		}
	})
}
