package game

import "encoding/json"

// midway is where a match stands when its history has grown long: what the next
// generation needs to go on as if nothing had been. Moves that were taken back
// are not among it, nor is what was said; the published events have them.
type midway struct {
	State     State   `json:"state"`
	Seq       uint64  `json:"seq"`
	Until     int64   `json:"until,omitempty"` // wall milliseconds: how long people are waited for, in this state
	N         int     `json:"n,omitempty"`
	From      uint64  `json:"from,omitempty"`
	Phase     uint64  `json:"phase,omitempty"` // the event with which the current phase began
	Result    *Result `json:"result,omitempty"`
	Moves     []moved `json:"moves,omitempty"`
	Begun     *Clock  `json:"begun,omitempty"`
	Time      *Clock  `json:"time,omitempty"`
	Readied   []bool  `json:"readied,omitempty"`
	Rematch   []bool  `json:"rematch,omitempty"`
	Away      []bool  `json:"away,omitempty"`
	Draws     []Offer `json:"draws,omitempty"`
	Takebacks []Offer `json:"takebacks,omitempty"`
	Undid     int     `json:"undid,omitempty"`
}

// moved is a Played as it is stored.
type moved struct {
	Seq    uint64 `json:"seq"`
	Seat   int    `json:"s,omitempty"`
	Move   string `json:"m,omitempty"`
	Hidden bool   `json:"h,omitempty"`
	Lapsed bool   `json:"l,omitempty"`
	Clock  *Clock `json:"c,omitempty"`
}

// midway is where the table stands.
func (t *Table) midway() *midway {
	w := &midway{
		State: t.State, Seq: t.Seq, N: t.N, From: t.From, Result: t.Result, Begun: t.begun, Time: t.Time,
		Readied: t.Readied, Rematch: t.Rematch, Away: t.Away, Draws: t.Draws, Takebacks: t.Takebacks, Undid: t.Undid,
	}
	if n := len(t.phases); n > 0 {
		w.Phase = t.phases[n-1].seq
	}
	for _, m := range t.Moves {
		if !m.Undone {
			w.Moves = append(w.Moves, moved{m.Seq, m.Seat, m.Move, m.Hidden, m.Lapsed, m.Clock})
		}
	}
	return w
}

// size is about how many bytes it takes.
func (w *midway) size() int {
	b, err := json.Marshal(w)
	must(err)
	return len(b)
}

// resume sets the table to where a match stood. An error means that the game
// cannot be played again by these rules.
func (t *Table) resume(w *midway) (err error) {
	t.Midway = nil
	t.State, t.Seq, t.N, t.From, t.Result, t.begun, t.Time = w.State, w.Seq, w.N, w.From, w.Result, w.Begun, w.Time
	for _, m := range w.Moves {
		t.Moves = append(t.Moves, Played{Seq: m.Seq, Seat: m.Seat, Move: m.Move, Hidden: m.Hidden, Lapsed: m.Lapsed, Clock: m.Clock})
	}
	if w.Readied != nil {
		t.Readied = w.Readied
	}
	if t.From == 0 {
		return nil
	}
	t.Rematch, t.Away, t.Draws, t.Takebacks, t.Undid = w.Rematch, w.Away, w.Draws, w.Takebacks, w.Undid
	seed := t.Spec.Seed.Game(t.N)
	t.seed = &seed
	if t.Position, err = t.positionAfter(t.Seq); err != nil {
		return err
	}
	t.phases = []phaseAt{{w.Phase, t.phase()}}
	return nil
}
