// Command start is where step 6 begins: a matchmaker that hears nobody.
package main

import (
	"slices"
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Seeker is somebody who wants an opponent.
type Seeker struct {
	Name   string
	Rating int
	Since  time.Time // when the matchmaker heard of it
}

// Lounge is all that the matchmaker knows: it is the input of its next generation.
type Lounge struct {
	Seekers []Seeker
	Pairs   []string // the last ten
	Left    []string // the last ten who went away
}

// cut: matchmaker
// FILL IN: one round of the matchmaker: wait for whoever comes first of join, leave and, if two or more wait, a timer of a
// second; take it in; pair; and go on as new with what you know. This one hears nobody and ends at once.
func matchmaker(c *orchestrator.Context, l Lounge) (orchestrator.None, error) {
	c.SetStatus(l)
	l.pair(c.Now())
	return orchestrator.None{}, nil
}

// end

// Watched is whom a monitor watches, and whom it tells.
type Watched struct{ Name, Matchmaker string }

// cut: monitor
// FILL IN: sleep for a second, ask the player's entity how long it has been silent, and tell the matchmaker after five
// seconds; else go on as new. This one looks once.
func monitor(c *orchestrator.Context, w Watched) (string, error) {
	quiet, err := silence.Call(c, w.Name, orchestrator.None{})
	return w.Name + " was last heard of " + quiet.String() + " ago", err
}

// end

var (
	lounge     = orchestrator.Define("lounge", matchmaker)
	monitoring *orchestrator.Orchestration[Watched, string]
)

func init() { monitoring = orchestrator.Define("monitor", monitor) }

// presence knows when somebody was last heard of: an entity for each player.
var (
	presence = entities.Define("presence", func(string) time.Time { return time.Time{} })
	silence  = entities.On(presence, "silence", func(c *entities.Context, last *time.Time, _ orchestrator.None) (time.Duration, error) {
		if last.IsZero() { // from the first question on
			*last = c.Now()
		}
		return c.Now().Sub(*last), nil
	})
	_ = entities.On(presence, "beat", func(c *entities.Context, last *time.Time, _ orchestrator.None) (orchestrator.None, error) {
		*last = c.Now()
		return orchestrator.None{}, nil
	})
)

func main() {
	stage.Run(stage.Program{
		Step:           "06-matchmaker",
		Orchestrations: []orchestrator.Definition{lounge, monitoring},
		Entities:       []entities.Definition{presence},
	})
}

func (l *Lounge) add(s Seeker, now time.Time) {
	l.drop(s.Name)
	s.Since = now
	l.Seekers = append(l.Seekers, s)
}

func (l *Lounge) drop(name string) bool {
	before := len(l.Seekers)
	l.Seekers = slices.DeleteFunc(l.Seekers, func(s Seeker) bool { return s.Name == name })
	return len(l.Seekers) < before
}

// remove forgets somebody who went away; who has an opponent already is none of its business any more.
func (l *Lounge) remove(name string) {
	if l.drop(name) {
		l.Left = lastTen(append(l.Left, name))
	}
}

// window is how far from the own rating an opponent may be: 100 points more for each second of waiting.
func (s Seeker) window(now time.Time) int { return int(now.Sub(s.Since)/time.Second) * 100 }

// pair pairs whoever is within reach of each other.
func (l *Lounge) pair(now time.Time) {
	for i := 0; i < len(l.Seekers); i++ {
		for j := i + 1; j < len(l.Seekers); j++ {
			a, b := l.Seekers[i], l.Seekers[j]
			if apart := max(a.Rating-b.Rating, b.Rating-a.Rating); apart <= min(a.window(now), b.window(now)) {
				l.drop(a.Name)
				l.drop(b.Name)
				l.Pairs = lastTen(append(l.Pairs, a.Name+" and "+b.Name))
				i, j = -1, len(l.Seekers) // from the beginning
			}
		}
	}
}

func lastTen(list []string) []string { return list[max(0, len(list)-10):] }
