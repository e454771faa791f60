// Command start is where step 3 begins: both choose, and who is away stops the duel.
package main

import (
	"errors"
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/orchestrator"
)

// Duel is what a duel is started with.
type Duel struct {
	Seconds int // to choose; 0 is two minutes
}

// Outcome is how it ended.
type Outcome struct {
	Ann, Bob string `json:",omitempty"`
	Says     string
}

// cut: duel
// FILL IN: both choices, or the clock. This one asks ann, then bob, and waits for ever: who is away stops the duel. Begin
// to wait for both events and for a timer (EventGo, c.Timer), and take what comes first (orchestrator.Any) until both have
// chosen or the time is over.
func duel(c *orchestrator.Context, in Duel) (Outcome, error) {
	ann := orchestrator.EventGo[string](c, "ann")
	bob := orchestrator.EventGo[string](c, "bob")
	c.SetStatus(chosen(ann.Done(), bob.Done()))
	return judge(ann.Get, bob.Get)
}

// end

func main() {
	stage.Run(stage.Program{
		Step:           "03-choose",
		Orchestrations: []orchestrator.Definition{orchestrator.Define("duel", duel)},
	})
}

func (d Duel) patience() time.Duration {
	if d.Seconds == 0 {
		return 2 * time.Minute
	}
	return time.Duration(d.Seconds) * time.Second
}

// chosen says who has chosen, and not what.
func chosen(ann, bob bool) string {
	switch {
	case ann && bob:
		return "both have chosen"
	case ann:
		return "ann has chosen, bob has not"
	case bob:
		return "bob has chosen, ann has not"
	default:
		return "nobody has chosen"
	}
}

var beats = map[string]string{"rock": "scissors", "paper": "rock", "scissors": "paper"}

// judge compares the two choices.
func judge(first, second func() (orchestrator.Raised[string], error)) (Outcome, error) {
	ann, errAnn := first()
	bob, errBob := second()
	if err := errors.Join(errAnn, errBob); err != nil {
		return Outcome{}, err
	}
	out := Outcome{Ann: ann.Value, Bob: bob.Value}
	switch {
	case beats[out.Ann] == "" || beats[out.Bob] == "":
		out.Says = "void: a choice is rock, paper or scissors"
	case out.Ann == out.Bob:
		out.Says = "a draw"
	case beats[out.Ann] == out.Bob:
		out.Says = "ann wins"
	default:
		out.Says = "bob wins"
	}
	return out, nil
}
