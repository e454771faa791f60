// Command done is the finished program of step 3: both choose within two minutes, or the clock decides.
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
func duel(c *orchestrator.Context, in Duel) (Outcome, error) {
	ann := orchestrator.EventGo[string](c, "ann")
	bob := orchestrator.EventGo[string](c, "bob")
	clock := c.Timer(in.patience())
	for !ann.Done() || !bob.Done() {
		c.SetStatus(chosen(ann.Done(), bob.Done()))
		race := []orchestrator.Awaitable{clock}
		if !ann.Done() {
			race = append(race, ann)
		}
		if !bob.Done() {
			race = append(race, bob)
		}
		if orchestrator.Any(race...) == 0 { // the clock
			return Outcome{Says: "void: " + chosen(ann.Done(), bob.Done())}, nil
		}
	}
	clock.Cancel()
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
