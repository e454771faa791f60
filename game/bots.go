package game

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// Thought is what a bot is asked: the view of its seat, never the position.
type Thought struct {
	Game     string          `json:"game"`
	Seat     int             `json:"seat"`
	Strength Strength        `json:"strength"`
	View     json.RawMessage `json:"view"`
	Seed     Seed            `json:"seed"` // for this one choice
}

// defineThink is the activity in which bots choose their moves. It may be done
// twice after a crash: the same view and seed give the same move.
func defineThink(games Catalog) *orchestrator.Activity[Thought, string] {
	return orchestrator.DefineActivity("think", func(_ context.Context, in Thought) (string, error) {
		rules, err := games.Get(in.Game)
		if err != nil {
			return "", orchestrator.Permanent(err)
		}
		return rules.Bot(in.View, in.Seat, in.Strength, in.Seed)
	}, orchestrator.WithTimeout(time.Minute))
}

// wakeBots has every bot that owes a move think about it. Its seed is not the
// game's, nor can one be told from the other.
func (m *match) wakeBots() {
	for _, seat := range m.t.Actors() {
		bot := m.t.Seats[seat].Bot
		if bot == 0 || m.thinking[seat] != nil {
			continue
		}
		m.thinking[seat] = m.think.Go(m.c, Thought{
			Game: m.t.Game, Seat: seat, Strength: bot, View: m.t.AppendView(nil, seat),
			Seed: m.t.Spec.Seed.Derive(fmt.Sprintf("bot %d game %d", seat, m.t.N), len(m.t.Moves)),
		})
	}
}

// thoughts are what the bots are at, by seat and not by map: replay needs one
// order.
func (m *match) thoughts() (list []orchestrator.Awaitable) {
	for seat := range m.t.Seats {
		if f := m.thinking[seat]; f != nil {
			list = append(list, f)
		}
	}
	return list
}

// botMoves plays the moves of the bots that have thought. A bot that fails, or
// whose move the rules refuse, gives up: a match must not hang on it.
func (m *match) botMoves() {
	for seat := range m.t.Seats {
		f := m.thinking[seat]
		if f == nil || !f.Done() || m.t.State != StatePlaying {
			continue
		}
		delete(m.thinking, seat)
		move, err := f.Get()
		if err == nil {
			_, refused := m.move(seat, move, m.uptime())
			if refused == nil {
				continue
			}
			err = refused
		}
		m.c.Log().Error().Err(err).Int("seat", seat).Str("game", m.t.Game).Msg("a bot found no move; it resigns")
		m.end(m.resigned(seat), m.uptime())
	}
}

// dismiss has a seat's bot think no more: the result is dropped.
func (m *match) dismiss(seat int) {
	if f := m.thinking[seat]; f != nil {
		f.Cancel()
		delete(m.thinking, seat)
	}
}
