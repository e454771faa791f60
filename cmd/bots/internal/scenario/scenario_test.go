package scenario

import (
	"testing"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// honest wants a run against a server that keeps its promises to say so.
func honest(t *testing.T, s measure.Snapshot) {
	t.Helper()
	if s.Box.Sum() != 0 {
		t.Errorf("broken promises: %+v", s.Box)
	}
	if s.Total.Errors() != 0 {
		t.Errorf("errors: %v %v", s.Nacks, s.Failures)
	}
}

func TestPairs(t *testing.T) {
	url := openHouse(t)
	for _, g := range []string{"tictactoe", "connect4", "rps", "battleship"} {
		t.Run(g, func(t *testing.T) {
			t.Parallel()
			o := options(t, url)
			o.Play = []string{g}
			s := play(t, "pairs", o)
			honest(t, s)
			if s.Total.Moves < 50 || s.Total.Started < 4 || s.MostBots != 8 || s.Total.Connect.Count() != 8 {
				t.Errorf("%d moves in %d games by %d bots", s.Total.Moves, s.Total.Started, s.MostBots)
			}
			if n := s.Total.Screen.Count(); n < s.Total.Moves*9/10 || n > s.Total.Moves*11/10 {
				t.Errorf("%d moves, %d were seen by the opponent", s.Total.Moves, n)
			}
			if s.Total.BytesIn < 100*s.Total.Moves || s.Total.BytesOut < 50*s.Total.Moves {
				t.Errorf("%d moves took %d bytes in, %d out", s.Total.Moves, s.Total.BytesIn, s.Total.BytesOut)
			}
		})
	}
}

func TestThinkingIsNoLatency(t *testing.T) {
	o := options(t, openHouse(t))
	o.Think = 20 * time.Millisecond
	s := play(t, "pairs", o)
	honest(t, s)
	if most := int64(4 * o.Duration / (5 * time.Millisecond)); s.Total.Moves < 8 || s.Total.Moves > most {
		t.Errorf("%d moves", s.Total.Moves)
	}
}

func TestOpenLoopKeepsItsRate(t *testing.T) {
	o := options(t, openHouse(t))
	o.Duration = time.Second
	s := play(t, "open", o)
	honest(t, s)
	if s.Total.Moves != 200 {
		t.Errorf("%d moves, not 200 in a second", s.Total.Moves)
	}
}

// TestOpenLoopOmitsNothing: where the server stops for a while, the moves that were to be made meanwhile count as slow.
func TestOpenLoopOmitsNothing(t *testing.T) {
	o := options(t, openHouse(t))
	o.Duration, o.Matches = 200*time.Millisecond, 1 // at most 1 move is under way
	o.Rate = 20_000                                 // more than one match can do
	s := play(t, "open", o)
	honest(t, s)
	if late := s.Total.Ack.Max(); s.Total.Moves != 4_000 || late < 300*time.Millisecond {
		t.Errorf("the last of %d moves took %s, though it was due long before it could be made", s.Total.Moves, late)
	}
}

func TestIdle(t *testing.T) {
	s := play(t, "idle", options(t, openHouse(t)))
	honest(t, s)
	if s.MostBots != 20 || s.Total.Closes != 0 {
		t.Errorf("%d sockets, %v ended", s.MostBots, s.Closes)
	}
}

func TestSpectators(t *testing.T) {
	o := options(t, openHouse(t))
	o.Think = 10 * time.Millisecond
	s := play(t, "spectators", o)
	honest(t, s)
	if n := s.Total.Watcher.Count(); n < 10*5 {
		t.Errorf("10 watchers saw %d moves", n)
	}
}

func TestStorm(t *testing.T) {
	o := options(t, openHouse(t))
	o.Think, o.Duration = 5*time.Millisecond, time.Second
	s := play(t, "storm", o)
	honest(t, s)
	if s.Total.Back.Count() < 8 || s.Total.Closes < 8 || s.Bots < 0 {
		t.Errorf("%d sockets ended, %d came back", s.Total.Closes, s.Total.Back.Count())
	}
}

func TestRamp(t *testing.T) {
	o := options(t, openHouse(t))
	o.Ramp, o.Duration = 400*time.Millisecond, time.Millisecond
	began := time.Now()
	honest(t, play(t, "pairs", o))
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("the bots came within %s", took)
	}
}
