package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/game"
)

// verifyAtOnce is how many games are compared at the same time.
const verifyAtOnce = 16

// verify compares games that are over with what the server says of them now: the last of each table, and others by
// chance, up to as many as is asked for.
func (h *hall) verify(ctx context.Context) error {
	type one struct {
		t *table
		g *played
	}
	var last, rest []one
	for _, t := range h.tables {
		t.mu.Lock()
		for i := range t.games {
			switch g := &t.games[i]; {
			case g.ended == 0:
			case i == len(t.games)-1:
				last = append(last, one{t, g})
			default:
				rest = append(rest, one{t, g})
			}
		}
		t.mu.Unlock()
	}
	random := rand.New(rand.NewPCG(h.o.Seed, 1))
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	list := append(last, rest...)
	list = list[:min(len(list), h.o.Verify)]
	h.o.Log("comparing %d of %d games with their records", len(list), len(last)+len(rest))
	work := make(chan one)
	var group sync.WaitGroup
	for range verifyAtOnce {
		group.Go(func() {
			for w := range work {
				if err := w.t.compare(ctx, w.g); err != nil && ctx.Err() == nil {
					h.o.Recorder.Failed("a record could not be read")
					h.o.Log("match %s, game %d: %v", w.t.match, w.g.n, err)
				}
			}
		})
	}
	for _, w := range list {
		if ctx.Err() != nil {
			break
		}
		work <- w
	}
	close(work)
	group.Wait()
	patience, cancel := context.WithTimeout(ctx, 2*time.Second) // of all together: events are there at once, or never
	defer cancel()
	for _, t := range h.tables {
		if err := t.caughtUp(ctx, patience); err != nil && ctx.Err() == nil {
			h.o.Recorder.Failed("a match could not be read")
			h.o.Log("match %s: %v", t.match, err)
		}
	}
	return ctx.Err()
}

// caughtUp wants both seats to have seen all that there is: an event that nobody is told shows as a gap only when another
// follows, and where it is the other's turn none may.
func (t *table) caughtUp(ctx, patience context.Context) error {
	match, err := t.o.API.Match(ctx, t.match)
	if err != nil {
		return err
	}
	for _, p := range t.players {
		at, due := p.seenUpTo()
		for at < match.Seq && sleep(patience, 5*time.Millisecond) {
			at, due = p.seenUpTo()
		}
		if at < match.Seq {
			p.fault(measure.Gap, "the match has %d events, and it was told of %d", match.Seq, at)
		}
		if due > match.Seq {
			p.fault(measure.Lost, "a command was acked as event %d, and the match has %d events", due, match.Seq)
		}
	}
	return nil
}

// compare holds a game against its record, and its record against the rules.
func (t *table) compare(ctx context.Context, g *played) error {
	var record game.Record
	if err := t.o.API.Get(ctx, fmt.Sprintf("/api/matches/%s/record?n=%d", t.match, g.n), &record); err != nil {
		return err
	}
	var recorded [2]moves
	for _, m := range record.Moves {
		if m.Seat >= 0 && m.Seat < len(recorded) && !m.Lapsed {
			recorded[m.Seat].add(int64(m.Seq), m.Move)
		}
	}
	for seat := range recorded {
		if g.whole[seat] && recorded[seat] != g.moves[seat] {
			t.differ(seat, g, recorded[seat])
		}
	}
	return t.replay(ctx, g, &record)
}

// differ says what is wrong with the moves of a seat.
func (t *table) differ(seat int, g *played, recorded moves) {
	kind, what := measure.OutOfOrder, "other moves than were played, or in another order"
	switch n := g.moves[seat].count - recorded.count; {
	case n > 0:
		kind, what = measure.Lost, fmt.Sprintf("%d moves less than were acknowledged", n)
	case n < 0:
		kind, what = measure.Doubled, fmt.Sprintf("%d moves more than were played", -n)
	}
	t.o.Recorder.Fault(kind, fmt.Sprintf("match %s, game %d: the record has of seat %d %s", t.match, g.n, seat, what))
}

// replay plays the record by the rules alone, where they are known here, and compares where it leads with the position that the server shows.
func (t *table) replay(ctx context.Context, g *played, record *game.Record) error {
	if _, err := t.o.Games.Get(record.Game); err != nil {
		return nil // a game whose rules only the server knows
	}
	views, err := t.o.Games.Playback(record, game.Watcher, false)
	if err != nil {
		t.o.Recorder.Fault(measure.Differs, fmt.Sprintf("match %s, game %d: %v", t.match, g.n, err))
		return nil
	}
	var shown bot.Position
	if err := t.o.API.Get(ctx, fmt.Sprintf("/api/matches/%s/position?seq=%d", t.match, g.ended), &shown); err != nil {
		return err
	}
	if last := views[len(views)-1]; last.Hash != shown.Hash {
		t.o.Recorder.Fault(measure.Differs, fmt.Sprintf("match %s, game %d: its record leads to position %s, the server shows %s", t.match, g.n, last.Hash, shown.Hash))
	}
	return nil
}
