package scenario

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	gojson "github.com/goccy/go-json"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

// unlisted are moves of games that have too many of them to list in a view.
var unlisted = map[string]string{"battleship": "fleet:random"}

// player is one seat of a table: the handler of its connection. It makes random legal moves, and holds what it is told
// against what it sees.
type player struct {
	table  *table
	who    bot.Player
	seat   int
	client *bot.Client
	rand   *rand.Rand
	think  time.Duration

	mu       sync.Mutex // guards what follows
	view     bot.View   // the newest
	viewAt   int64      // the event that it is of
	n        int        // game that is being played, or was last
	asked    int        // game after which a rematch was asked for
	told     int        // game whose end was told to the table
	at       int64      // last event that was seen
	due      int64      // last event that an ack named: an older view says nothing of what is owed now
	thinking bool
	pending  string // own move that was sent, and not yet seen as an event
	acked    int64  // event as which it was acked; 0: not yet
	done     int64  // event as which the last own move was seen
	doneMove string
	moves    moves // own, of this game
	whole    bool  // all events of this game were seen
}

// data are the fields of events that a player looks at.
type data struct {
	N    int     `json:"n"`
	Seat *int    `json:"seat"`
	Move *string `json:"move"`
}

// Synced is a [bot.Handler]'s.
func (p *player) Synced(m *bot.Watched) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Seq > p.at { // what lies between was not seen
		p.at = m.Seq
		p.whole = false
		if p.acked != 0 && p.acked <= m.Seq {
			p.pending, p.acked = "", 0 // the record will tell
		}
	}
	if p.acked > p.at {
		acked := p.acked
		time.AfterFunc(lostAfter, func() { p.missed(acked) })
	}
	p.view, p.viewAt = m.View, m.Seq
	if p.n == 0 && (len(p.view.Actors) > 0 || p.view.Over()) { // the first game began before the watch did
		p.began(1)
		p.whole = p.view.Phase == 0
	}
	p.look()
	return nil
}

// Event is a [bot.Handler]'s.
func (p *player) Event(m *bot.Watched, e wire.Ev) error {
	now := time.Now().UnixNano()
	p.mu.Lock()
	defer p.mu.Unlock()
	var d data
	if len(e.Data) > 0 {
		if err := gojson.Unmarshal(e.Data, &d); err != nil {
			p.fault(measure.Broken, "event %d: %v: %s", e.Seq, err, e.Data)
			return nil
		}
	}
	if e.Seq > p.at+1 { // a gap, which is counted; what lies in it the record will tell
		p.whole = false
		if p.acked != 0 && p.acked < e.Seq {
			p.pending, p.acked = "", 0
		}
	}
	p.at = e.Seq
	if p.acked == e.Seq && (e.Kind != wire.KindMoved || d.Seat == nil || *d.Seat != p.seat) {
		p.fault(measure.Lost, "%q was acked as event %d, which is %s %s", p.pending, e.Seq, e.Kind, e.Data)
		p.pending, p.acked = "", 0
	}
	switch e.Kind {
	case wire.KindStarted:
		p.began(d.N)
	case wire.KindMoved:
		p.moved(e.Seq, d, now)
	case wire.KindEnded:
		p.ended(e.Seq)
	}
	if len(e.View) > 0 {
		p.peek(m, e.View)
		p.view, p.viewAt = m.View, m.Seq
		p.look()
	}
	return nil
}

// lostAfter is how long the event of an acked move may take to come once everything else is there.
const lostAfter = 3 * time.Second

// missed gives a move up that was acked before a cut, and is no event long after it. The bot goes on with what there is.
func (p *player) missed(acked int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.acked != acked || p.at >= acked {
		return
	}
	p.fault(measure.Lost, "%q was acked as event %d, and %s later there are %d events", p.pending, acked, lostAfter, p.at)
	p.pending, p.acked, p.due = "", 0, 0
	p.look()
}

func (p *player) began(n int) {
	p.n, p.moves, p.whole = n, moves{}, true
	if p.seat == 0 {
		p.table.o.Recorder.Match(measure.Started)
	}
}

// moved is a move of either seat.
func (p *player) moved(seq int64, d data, now int64) {
	r := p.table.o.Recorder
	switch {
	case d.Seat == nil:
		p.fault(measure.Broken, "event %d moves no seat", seq)
	case *d.Seat != p.seat:
		if at := p.table.sent[1-p.seat].Load(); at != 0 {
			r.Screen(time.Duration(now - at))
		}
		if d.Move != nil && p.table.game == "rps" {
			p.fault(measure.Hidden, "event %d tells seat %d that the other has chosen %s", seq, p.seat, *d.Move)
		}
	case d.Move == nil:
		p.fault(measure.Broken, "event %d hides a seat's own move from it", seq)
	case p.pending == "":
		p.fault(measure.Doubled, "event %d is a move %q of seat %d, which has not sent one; its last, %q, was event %d", seq, *d.Move, p.seat, p.doneMove, p.done)
		p.moves.add(seq, *d.Move)
	case p.acked != 0 && p.acked != seq:
		p.fault(measure.OutOfOrder, "%q was acked as event %d, and is event %d", p.pending, p.acked, seq)
		p.own(seq, *d.Move)
	default:
		p.own(seq, *d.Move)
	}
}

// own is the event of the own move that was sent.
func (p *player) own(seq int64, move string) {
	if move != p.pending && p.pending != unlisted[p.table.game] {
		p.fault(measure.Broken, "%q was sent, and event %d is %q", p.pending, seq, move)
	}
	p.moves.add(seq, move)
	p.pending, p.acked, p.done, p.doneMove = "", 0, seq, move
}

func (p *player) ended(seq int64) {
	if p.told < p.n {
		p.told = p.n
		p.table.over(p.seat, p.n, seq, p.moves, p.whole)
	}
}

// Acked is a [bot.Handler]'s.
func (p *player) Acked(c bot.Command, seq int64) error {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = max(p.due, seq)
	defer p.look() // what is owed may have been seen before the ack
	if c.Move == "" {
		return nil
	}
	p.table.o.Recorder.Ack(time.Duration(now.UnixNano() - p.table.sent[p.seat].Load()))
	if p.table.o.acked.Load() != nil {
		if waits := p.table.o.acked.Swap(nil); waits != nil {
			close(*waits)
		}
	}
	switch {
	case p.pending != "" && p.at < seq:
		p.acked = seq // the event follows
	case p.pending != "" && p.whole:
		p.fault(measure.Lost, "%q is acked as event %d, and no event up to %d was it", c.Move, seq, p.at)
		p.pending = ""
	case p.pending != "": // it lies in what was not seen: the record will tell
		p.pending = ""
	case p.done != 0 && p.done != seq && p.whole:
		p.fault(measure.OutOfOrder, "%q is acked as event %d, and was event %d", c.Move, seq, p.done)
	}
	return nil
}

// Nacked is a [bot.Handler]'s. A legal move in turn must not be refused, but for the sake of a clock or of an end.
func (p *player) Nacked(c bot.Command, n wire.Nack) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.table.o.Recorder.Nack(string(n.Code))
	if c.Move != "" {
		p.pending, p.acked = "", 0
	}
	return nil
}

// look does what the newest view asks for. The caller holds mu.
func (p *player) look() {
	v := &p.view
	switch {
	case p.n == 0, p.viewAt < p.due:
	case v.Over():
		if p.asked < p.n && !p.table.closing.Load() {
			p.asked = p.n
			p.client.Act(p.table.match, wire.ActRematch)
		}
	case v.Owes(int64(p.seat)) && !p.thinking && p.pending == "" && p.client.Waiting() == 0:
		p.choose(v)
	}
}

// again looks at the newest view once more.
func (p *player) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look()
}

// choose makes a move, or says that one can be made.
func (p *player) choose(v *bot.View) {
	move := unlisted[p.table.game]
	if len(v.Moves) > 0 {
		move = v.Moves[p.rand.IntN(len(v.Moves))]
	}
	if move == "" || p.table.closing.Load() || p.table.held.Load() {
		return
	}
	switch {
	case p.table.turns != nil:
		p.thinking = true
		p.table.turns <- turn{p, move} // there is room for one of each player
	case p.think > 0:
		p.thinking = true
		time.AfterFunc(time.Duration(p.rand.Int64N(2*int64(p.think)+1)), func() { p.send(move, time.Now()) })
	default:
		p.play(move, time.Now())
	}
}

// send makes a move that was thought of before.
func (p *player) send(move string, meant time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.thinking = false
	if !p.table.closing.Load() {
		p.play(move, meant)
	}
}

func (p *player) play(move string, meant time.Time) {
	p.pending, p.acked = move, 0
	p.table.sent[p.seat].Store(meant.UnixNano())
	p.client.Move(p.table.match, move, wire.Optional{})
}

// seenUpTo is the last event that was seen, and the one that the last ack named.
func (p *player) seenUpTo() (at, due int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, p.due
}

// quiet says whether nothing is under way.
func (p *player) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.client.Waiting() == 0 && p.acked == 0
}

// fault counts a broken promise.
func (p *player) fault(kind measure.Fault, format string, args ...any) {
	p.table.o.Recorder.Fault(kind, fmt.Sprintf("match %s, seat %d: ", p.table.match, p.seat)+fmt.Sprintf(format, args...))
}
