// Command start is where step 7 begins: the matches are verified one after the other.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// house is where the activities find the archive. It is there before the first of them runs.
var house atomic.Pointer[stage.House]

// Report is what comes of it.
type Report struct {
	Matches, Moves int
	Wrong          []string // matches whose record does not lead to their end
}

// Progress is shown while it runs.
type Progress struct{ Begun, Matches int }

// Verdict is what is found of one match.
type Verdict struct {
	Match string
	Moves int
	Right bool
}

// cut: verify
// FILL IN: this one verifies one match after the other, says nothing meanwhile, and forgets to add up. Do eight at a time
// (orchestrator.Each with verify.Go), show the progress (c.SetStatus), and add up the verdicts.
func verifyAll(c *orchestrator.Context, _ orchestrator.None) (Report, error) {
	matches, err := list.Call(c, orchestrator.None{})
	if err != nil {
		return Report{}, err
	}
	for _, match := range matches {
		if _, err := verify.Call(c, match); err != nil {
			return Report{}, err
		}
	}
	return Report{Matches: len(matches)}, nil
}

// end

var (
	verification = orchestrator.Define("verify-all", verifyAll)
	list         = orchestrator.DefineActivity("list", listFinished)
	verify       = orchestrator.DefineActivity("verify", verifyOne)
)

func main() {
	stage.Run(stage.Program{
		Step:           "07-fanout",
		Orchestrations: []orchestrator.Definition{verification, list, verify},
		Opened:         func(h *stage.House) { house.Store(h) },
	})
}

// listFinished gives the ids of all finished matches.
func listFinished(ctx context.Context, _ orchestrator.None) (ids []string, err error) {
	desk, q := house.Load().Desk, game.Query{State: game.StateFinished, Limit: game.MaxListed}
	for ctx.Err() == nil {
		matches, next, err := desk.List(q)
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			ids = append(ids, m.ID)
		}
		if next == q.After {
			return ids, nil
		}
		q.After = next
	}
	return nil, ctx.Err()
}

// verifyOne plays a match again by its record and the rules, and compares where that leads with what is stored.
func verifyOne(ctx context.Context, match string) (Verdict, error) {
	desk := house.Load().Desk
	record, err := desk.Record(match, "", 0)
	if err != nil {
		return Verdict{}, err
	}
	stored, err := desk.Position(match, "", 0, nil, false)
	if err != nil {
		return Verdict{}, err
	}
	views, err := desk.Games.Playback(&record, game.Watcher, false)
	var refused *game.Refusal
	if err != nil && !errors.As(err, &refused) { // a refusal is a verdict
		return Verdict{}, err
	}
	select { // so that there is time to kill the program in the middle
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
		return Verdict{}, ctx.Err()
	}
	right := err == nil && views[len(views)-1].Hash == stored.Hash
	fmt.Println("verified", match[:8], right)
	return Verdict{match, len(record.Moves), right}, nil
}
