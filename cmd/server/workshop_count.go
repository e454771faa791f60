package main

import (
	"errors"
	"slices"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/plug"
)

// countedInstances is the most that are counted, the newest of each state.
const countedInstances = 10_000

// clockGrace is how far a clock that stood still may be off: uptime is stored every 250 ms, so a crash may give that much
// back, and the last that was told of it may be some hundred milliseconds old.
const clockGrace = 400

// count tells the supervisor what runs.
func (w *ward) count() (*census, error) {
	w.counting.Lock() // so that an older count does not follow a newer one
	defer w.counting.Unlock()
	c, err := w.engine.census()
	if err == nil {
		w.tell(&notice{Census: c})
	}
	return c, err
}

// census lists the orchestrations that have not ended.
func (e *engine) census() (*census, error) {
	c := &census{At: time.Now().UnixMilli()}
	for _, state := range []orchestrator.State{orchestrator.Pending, orchestrator.Running, orchestrator.Suspended} {
		items, err := e.client.List(state, orchestrator.Cursor{}, countedInstances-len(c.Instances))
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			c.Instances = append(c.Instances, item.ID.Key)
			if string(item.Data) != game.MatchName {
				continue
			}
			s, seq, err := e.desk.Match(item.ID.Key)
			if err == nil && (s.State == game.StateReady || s.State == game.StatePlaying) {
				c.Matches = append(c.Matches, runningMatch{ID: item.ID.Key, Seq: seq, Clock: s.Clock != nil})
			}
		}
	}
	return c, nil
}

// compare holds what the process before told against the database. Nothing else runs yet that could change it.
func (w *ward) compare() (*plug.Cut, error) {
	l := w.left
	if l.Died == 0 {
		return nil, nil
	}
	cut := &plug.Cut{At: l.Died, Deaths: l.Deaths, Replay: l.Replay, Moves: plug.Moves{Acked: l.Acked}}
	if p := l.Pulled; p != nil && p.Moment != "" {
		cut.Moment = &p.Moment
		if p.Row != nil {
			cut.Commit = &plug.Commit{Turns: p.Turns, Rows: p.Rows, Stored: w.stored}
		}
	}
	if c := l.Census; c != nil {
		cut.CountedMS = max(l.Died-c.At, 0)
		if err := w.recovered(c, cut); err != nil {
			return nil, err
		}
		cut.Clocks = w.clocks(c)
	}
	for match, told := range l.Moves {
		lost, err := w.lost(match, told)
		if err != nil {
			return nil, err
		}
		cut.Moves.Lost += lost
	}
	return cut, nil
}

// recovered counts what is there again.
func (w *ward) recovered(c *census, cut *plug.Cut) error {
	cut.Instances.Before, cut.Matches.Before = len(c.Instances), len(c.Matches)
	for _, id := range c.Instances {
		if _, err := w.engine.client.Status(id); err == nil {
			cut.Instances.Recovered++
		} else if !isMissing(err) {
			return err
		}
	}
	for _, m := range c.Matches {
		if _, _, err := w.engine.desk.Match(m.ID); err == nil {
			cut.Matches.Recovered++
		} else if !isMissing(err) {
			return err
		}
	}
	return nil
}

func isMissing(err error) bool {
	var refusal *game.Refusal
	f := orchestrator.ToFailure(err)
	return errors.As(err, &refusal) && refusal.Code == game.CodeNotFound || f != nil && f.Code == orchestrator.CodeNotFound
}

// lost is how many of a match's acknowledged moves are not there.
func (w *ward) lost(match string, told *ackedMoves) (int, error) {
	_, seq, err := w.engine.desk.Match(match)
	if isMissing(err) {
		return told.Count, nil
	}
	n := 0
	for _, acked := range told.Last {
		if acked > seq {
			n++
		}
	}
	return n, err
}

// clocks compares the uptime of the partitions in which matches with a clock are in play.
func (w *ward) clocks(c *census) *plug.Clocks {
	now := w.uptime()
	if len(w.left.Uptime) != len(now) {
		return nil
	}
	found := &plug.Clocks{}
	var parts []int
	for _, m := range c.Matches {
		if m.Clock {
			found.Matches++
			parts = append(parts, orchestrator.InstanceID(m.ID).Partition(len(now)))
		}
	}
	if found.Matches == 0 {
		return nil
	}
	for _, i := range slices.Compact(slices.Sorted(slices.Values(parts))) {
		if moved := now[i] - w.left.Uptime[i]; moved*moved > found.MovedMS*found.MovedMS {
			found.MovedMS = moved
		}
	}
	found.Stood = found.MovedMS <= clockGrace && found.MovedMS >= -clockGrace
	return found
}
