package bot

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// Moved is a move as one player knows it.
type Moved struct {
	Seq  int64
	Seat int
	Move string
}

// seat plays one side of one match at a time, by random legal moves: it is the handler of its client.
type seat struct {
	number int
	client *Client
	rand   *rand.Rand
	think  time.Duration // mean time before a move

	mu    sync.Mutex // guards what follows
	match string
	games int           // to play in this match
	done  chan struct{} // closed when the last game is over and all is answered

	game     int   // that is being played, or was last
	known    int64 // last event that an ack named: an older view says nothing of what is owed now
	asked    int   // game after which a rematch was asked for
	thinking bool
	over     bool // of the last game
	closed   bool
	acked    []Moved
	from     int64 // every event after it was seen
	seen     []Moved
	ended    []int64 // event that ended each game
}

// sit begins a match.
func (s *seat) sit(match string, games int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.match, s.games, s.done = match, games, make(chan struct{})
	s.game, s.known, s.asked, s.thinking, s.over, s.closed = 0, 0, 0, false, false, false
	s.acked, s.from, s.seen, s.ended = nil, 0, nil, nil
	return s.done
}

// Synced is a [Handler]'s.
func (s *seat) Synced(m *Watched) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.ID != s.match {
		return nil
	}
	// The first view may be of just before the join; then one with the seat follows.
	if m.Seat != int64(s.number) && m.Seat != wire.SeatWatcher {
		return breach(Other, "match %s: seat %d is shown the view of seat %d", m.ID, s.number, m.Seat)
	}
	if s.game == 0 && len(m.View.Actors) > 0 {
		s.game = 1 // it began before the watch
	}
	s.from = m.From
	s.act(m)
	return nil
}

// Event is a [Handler]'s.
func (s *seat) Event(m *Watched, e wire.Ev) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.ID != s.match {
		return nil
	}
	var d struct {
		N    int    `json:"n"`
		Seat int    `json:"seat"`
		Move string `json:"move"`
	}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return fmt.Errorf("match %s, event %d: %w", m.ID, e.Seq, err)
		}
	}
	switch e.Kind {
	case wire.KindStarted:
		s.game = d.N
	case wire.KindMoved:
		s.seen = append(s.seen, Moved{e.Seq, d.Seat, d.Move})
	case wire.KindEnded:
		s.ended = append(s.ended, e.Seq)
	}
	if len(e.View) > 0 {
		s.act(m)
	}
	return nil
}

// act does what the newest view asks for. The caller holds mu.
func (s *seat) act(m *Watched) {
	v := &m.View
	switch {
	case s.closed || s.game == 0 || m.Seq < s.known:
	case v.Over():
		s.over = s.game == s.games
		if !s.over && s.asked < s.game {
			s.asked = s.game
			s.client.Act(m.ID, wire.ActRematch)
		}
		s.finish()
	case v.Owes(int64(s.number)) && len(v.Moves) > 0 && !s.thinking && s.client.Waiting() == 0:
		s.play(m.ID, v.Moves[s.rand.IntN(len(v.Moves))], m.Seq)
	}
}

// play sends a move after a while of thinking. Every other move says which event it was thought of after.
func (s *seat) play(match, move string, seq int64) {
	var after wire.Optional
	if s.rand.IntN(2) == 0 {
		after = wire.Some(seq)
	}
	s.thinking = true
	pause := time.Duration(s.rand.Int64N(2*int64(s.think) + 1))
	time.AfterFunc(pause, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.match == match && s.thinking {
			s.thinking = false
			s.client.Move(match, move, after)
		}
	})
}

// finish ends the match for this seat when nothing is open any more.
func (s *seat) finish() {
	if s.over && !s.closed && s.client.Waiting() == 0 {
		s.closed = true
		close(s.done)
	}
}

// Acked is a [Handler]'s.
func (s *seat) Acked(c Command, seq int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Match != s.match {
		return breach(Other, "%s of match %s is answered after the match was over", c.ID, c.Match)
	}
	s.known = max(s.known, seq)
	if c.Move != "" {
		s.acked = append(s.acked, Moved{seq, s.number, c.Move})
	}
	s.finish()
	return nil
}

// Nacked is a [Handler]'s. A legal move in turn must not be refused.
func (s *seat) Nacked(c Command, n wire.Nack) error {
	return fmt.Errorf("match %s: %s %s%s is refused: %s %s", c.Match, c.ID, c.Move, c.Act, n.Code, n.Msg)
}
