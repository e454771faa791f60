package game

import (
	"encoding/json"
	"slices"
)

// State of a match.
type State string

// The states of a match. Finished and void are not for ever: after a rematch a
// finished match is playing again.
const (
	StateOpen     State = "open"
	StateReady    State = "ready" // all seats are taken, and each is asked whether it is there
	StatePlaying  State = "playing"
	StateFinished State = "finished"
	StateVoid     State = "void"
)

// Seat is who sits where.
type Seat struct {
	Player string   `json:"player,omitempty"` // id; empty for a bot and for an open seat
	Name   string   `json:"name,omitempty"`
	Bot    Strength `json:"bot,omitempty"`
}

// Open says whether the seat is to be taken.
func (s Seat) Open() bool { return s.Player == "" && s.Bot == 0 }

// Spec is what a match is made of: the input of its orchestration. The door
// makes the first; each rematch makes the next.
type Spec struct {
	Game    string     `json:"game"`
	Code    string     `json:"code"`
	Options Options    `json:"options"`
	Seats   []Seat     `json:"seats"`
	Clock   *ClockSpec `json:"clock,omitempty"`
	Rated   bool       `json:"rated,omitempty"`
	Private bool       `json:"private,omitempty"`
	Created int64      `json:"created"` // wall milliseconds
	Seed    Seed       `json:"seed"`    // of the whole match
	// Asked is a hash of the request that made the match, so that the same
	// idempotency key with another body is told apart.
	Asked string `json:"asked,omitempty"`
	// Ready: the match was made by the queue, and begins when every seat has said
	// that it is there. Tickets of the queue, by seat.
	Ready   bool     `json:"ready,omitempty"`
	Tickets []string `json:"tickets,omitempty"`
	// Games played before, how they ended, and who moves first in the next.
	Games int          `json:"games,omitempty"`
	Score *SeriesScore `json:"score,omitempty"`
	First int          `json:"first,omitempty"`
	// PhaseBase is added to the phases of the next game, which go on from those
	// of the last. (Games that began before there was one have 0.)
	PhaseBase int `json:"phaseBase,omitempty"`
	// Midway is set where a game goes on in a new generation.
	Midway *midway `json:"midway,omitempty"`
}

// Full says whether all seats are taken.
func (s *Spec) Full() bool { return !slices.ContainsFunc(s.Seats, Seat.Open) }

// OpenSeat is the first seat that is to be taken; the Watcher's if there is none.
func (s *Spec) OpenSeat() int { return slices.IndexFunc(s.Seats, Seat.Open) }

// SeatOf is the seat of a player, or the Watcher's.
func (s *Spec) SeatOf(player string) int { return seatOf(s.Seats, player) }

func seatOf(seats []Seat, player string) int {
	if player == "" {
		return Watcher
	}
	return slices.IndexFunc(seats, func(seat Seat) bool { return seat.Player == player })
}

// Summary is the custom status of a match: what is known of it without its
// events, and from which event on they are needed to fold the current game. It
// holds no secret.
type Summary struct {
	Game    string       `json:"game"`
	Code    string       `json:"code"`
	Options Options      `json:"options"`
	Seats   []Seat       `json:"seats"`
	Clock   *ClockSpec   `json:"clock,omitempty"`
	Rated   bool         `json:"rated,omitempty"`
	Private bool         `json:"private,omitempty"`
	Created int64        `json:"created"`
	Asked   string       `json:"asked,omitempty"`
	Ready   bool         `json:"ready,omitempty"`
	Score   *SeriesScore `json:"score,omitempty"` // of the games before the current or last one
	State   State        `json:"state"`
	Result  *Result      `json:"result,omitempty"`
	N       int          `json:"n,omitempty"`    // the current or last game, 0 before the first
	From    uint64       `json:"from,omitempty"` // the event that started it
}

// SeatOf is the seat of a player, or the Watcher's.
func (s *Summary) SeatOf(player string) int { return seatOf(s.Seats, player) }

// UnmarshalJSON reads a result; it is written by hand (see Result.MarshalJSON).
func (r *Result) UnmarshalJSON(b []byte) error {
	type plain Result
	return json.Unmarshal(b, (*plain)(r))
}

// spec is the part of the summary that a spec has too, without seeds.
func (s *Summary) spec() Spec {
	return Spec{
		Game: s.Game, Code: s.Code, Options: s.Options, Seats: slices.Clone(s.Seats), Clock: s.Clock,
		Rated: s.Rated, Private: s.Private, Created: s.Created, Asked: s.Asked, Ready: s.Ready, Score: s.Score,
	}
}
