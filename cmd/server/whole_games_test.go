package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/everturn/everturn/game"
)

var wholeGames = flag.Int("whole.games", 3, "games of each kind that are played to the end, by random players and against bots")

// TestWholeGames plays every game of the catalog through the WebSocket: random players among themselves, and against each
// strength of bot. The record of each, replayed by the rules alone, leads to the same views, byte by byte.
func TestWholeGames(t *testing.T) {
	catalog, err := games()
	if err != nil {
		t.Fatal(err)
	}
	h := openHall(t, catalog)
	for _, info := range catalog.Infos() {
		for _, with := range []string{"open", "bot:1", "bot:2", "bot:3"} {
			t.Run(info.ID+" "+with, func(t *testing.T) {
				err := inParallel(*wholeGames, func(i int) error {
					random := rand.New(rand.NewPCG(uint64(i), uint64(len(with))))
					id, err := h.wholeGame(info, with, random)
					if err == nil {
						err = h.replays(id)
					}
					if err != nil {
						err = fmt.Errorf("game %d, match %s: %w", i, id, err)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// wholeGame plays a game in which the further seats are for people ("open") or bots.
func (h *hall) wholeGame(info game.Info, with string, random *rand.Rand) (string, error) {
	seats := info.MinSeats + random.IntN(info.MaxSeats-info.MinSeats+1)
	in := game.NewMatch{Game: info.ID, Seats: []string{}, Options: options(info, random)}
	p := &party{random: random}
	for seat := range seats {
		if seat > 0 {
			in.Seats = append(in.Seats, with)
		}
		if seat > 0 && with != "open" {
			continue
		}
		e, err := h.ear(fmt.Sprint("Player ", seat))
		if err != nil {
			return "", err
		}
		defer e.ws.Close()
		p.players = append(p.players, e)
	}
	if err := p.seat(h, in); err != nil {
		return p.id, err
	}
	return p.id, p.play()
}

// replays compares what the record leads to with what the server says, for every seat and the watchers, after some
// events and after the last.
func (h *hall) replays(match string) error {
	var r game.Record
	if err := h.get("/api/matches/"+match+"/record", "", &r); err != nil {
		return err
	}
	rules, err := h.Games.Get(r.Game)
	if err != nil {
		return err
	}
	if r.Seed == nil || r.Result == nil {
		return fmt.Errorf("the record is not whole: %+v", r)
	}
	pos, err := rules.New(game.Setup{Seats: len(r.Players), First: r.First, Options: r.Options, Seed: *r.Seed})
	if err != nil {
		return err
	}
	for i, m := range r.Moves {
		if m.Undone {
			return fmt.Errorf("move %d was taken back, and nobody has asked for it", i+1)
		}
		step, err := game.Apply(pos, game.Action{Seat: m.Seat, Move: m.Move, Lapsed: m.Lapsed})
		if err != nil {
			return fmt.Errorf("move %d of the record: %w", i+1, err)
		}
		pos = step.Next
		if i%7 > 0 && i < len(r.Moves)-1 {
			continue
		}
		for seat := game.Watcher; seat < len(r.Players); seat++ {
			if err := h.sameView(match, m.Seq, seat, pos); err != nil {
				return err
			}
		}
	}
	if result := pos.Result(); result == nil || result.Kind != r.Result.Kind || result.Reason != r.Result.Reason {
		return fmt.Errorf("the record ends with %+v, the rules say %+v", r.Result, result)
	}
	return nil
}

func (h *hall) sameView(match string, seq uint64, seat int, pos game.Position) error {
	var at struct {
		Seq  uint64
		View json.RawMessage
		Hash string
	}
	if err := h.get(fmt.Sprintf("/api/matches/%s/position?seq=%d&seat=%d", match, seq, seat), "", &at); err != nil {
		return err
	}
	if view := game.ViewJSON(pos, seat); at.Seq != seq || at.Hash != game.Hash(view) || !bytes.Equal(at.View, view) {
		return fmt.Errorf("seat %d after event %d: the server says %s (%s), the record %s", seat, seq, at.View, at.Hash, view)
	}
	return nil
}
