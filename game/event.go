package game

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// EventKind is what happened in a match; the values are those of the wire.
type EventKind string

// The kinds of events of a match.
const (
	EventJoined  EventKind = "joined"
	EventReady   EventKind = "ready"
	EventStarted EventKind = "started"
	EventMoved   EventKind = "moved"
	// EventRevealed tells what was hidden and may be known from now on.
	EventRevealed EventKind = "revealed"
	EventLapsed   EventKind = "lapsed"
	EventOffered  EventKind = "offered"
	EventAnswered EventKind = "answered"
	// EventTakenBack makes the position that of an earlier event again.
	EventTakenBack EventKind = "takenback"
	EventGone      EventKind = "gone"
	EventBack      EventKind = "back"
	EventEnded     EventKind = "ended"
	EventSettled   EventKind = "settled"
	EventChat      EventKind = "chat"
)

// What can be offered.
const (
	OfferDraw     = "draw"
	OfferTakeback = "takeback"
	OfferRematch  = "rematch"
)

// Event is one published event of a match, as it is stored: all of it. What a
// viewer may see of it is [Event.AppendFor]. A match is the fold of its events
// (see [Table]); everything that is shown of a match comes from them.
type Event struct {
	Kind EventKind `json:"k"`
	Seat int       `json:"s,omitempty"`
	// Player and Name of who joined.
	Player string `json:"p,omitempty"`
	Name   string `json:"name,omitempty"`
	// N, First and Seed of the game that started.
	N     int   `json:"n,omitempty"`
	First int   `json:"first,omitempty"`
	Seed  *Seed `json:"seed,omitempty"`
	// PhaseBase of the game that started: see [Spec].
	PhaseBase int `json:"pb,omitempty"`
	// Move in canonical form, and whether it is told to its mover only.
	Move   string `json:"m,omitempty"`
	Hidden bool   `json:"h,omitempty"`
	// Revealed by the move or lapse just before.
	Revealed *Reveal `json:"r,omitempty"`
	// What was offered (OfferDraw…) or answered, and how.
	What string `json:"what,omitempty"`
	Yes  bool   `json:"yes,omitempty"`
	// To is the event after which the position is as it is now again.
	To uint64 `json:"to,omitempty"`
	// Before and After are the ratings by seat.
	Before []float64 `json:"before,omitempty"`
	After  []float64 `json:"after,omitempty"`
	// Text of a chat.
	Text string `json:"t,omitempty"`
	// Result of the game that ended.
	Result *Result `json:"result,omitempty"`
	// Clock after the event, where the match has one.
	Clock *Clock `json:"c,omitempty"`
}

// Encode is the stored form.
func (e *Event) Encode() []byte {
	if b, ok := e.appendMoved(make([]byte, 0, 48)); ok {
		return b
	}
	b, err := json.Marshal(e)
	if err != nil { // a Reveal that is no JSON: a bug of the rules, which gametest finds
		panic(fmt.Sprintf("game: event %s cannot be encoded: %v", e.Kind, err))
	}
	return b
}

// DecodeEvent reads the stored form.
func DecodeEvent(b []byte) (e Event, err error) {
	if err = readEvent(b, &e); err == nil && e.Kind == "" {
		err = fmt.Errorf("it has no kind")
	}
	if err != nil {
		return e, fmt.Errorf("game: event cannot be read: %w", err)
	}
	return e, nil
}

// AppendFor appends the event's "d" as a seat (or the Watcher) may see it.
// Visible is false, and nothing is appended, if that viewer learns only that
// there was an event.
func (e *Event) AppendFor(dst []byte, viewer int) (d []byte, visible bool) {
	switch e.Kind {
	case EventJoined:
		dst = append(appendSeat(dst, e.Seat), `,"player":`...)
		return append(AppendString(dst, e.Player), '}'), true
	case EventStarted:
		dst = strconv.AppendInt(append(dst, `{"n":`...), int64(e.N), 10)
		dst = strconv.AppendInt(append(dst, `,"first":`...), int64(e.First), 10)
		return append(dst, '}'), true
	case EventMoved:
		dst = appendSeat(dst, e.Seat)
		if !e.Hidden || viewer == e.Seat {
			dst = AppendString(append(dst, `,"move":`...), e.Move)
		}
		return append(dst, '}'), true
	case EventRevealed:
		told := e.Revealed.For(viewer)
		return append(dst, told...), told != nil
	case EventReady, EventLapsed, EventGone, EventBack:
		return append(appendSeat(dst, e.Seat), '}'), true
	case EventOffered:
		dst = AppendString(append(appendSeat(dst, e.Seat), `,"what":`...), e.What)
		return append(dst, '}'), true
	case EventAnswered:
		dst = AppendString(append(appendSeat(dst, e.Seat), `,"what":`...), e.What)
		dst = strconv.AppendBool(append(dst, `,"yes":`...), e.Yes)
		return append(dst, '}'), true
	case EventTakenBack:
		dst = strconv.AppendUint(append(dst, `{"to":`...), e.To, 10)
		return append(dst, '}'), true
	case EventSettled:
		dst = appendRatings(append(dst, `{"before":`...), e.Before)
		dst = appendRatings(append(dst, `,"after":`...), e.After)
		return append(dst, '}'), true
	case EventChat:
		dst = AppendString(append(appendSeat(dst, e.Seat), `,"text":`...), e.Text)
		return append(dst, '}'), true
	case EventEnded:
		dst = e.Result.append(append(dst, `{"result":`...))
		return append(dst, '}'), true
	default: // of a newer server: that something was, and not what
		return dst, false
	}
}

func appendSeat(dst []byte, seat int) []byte {
	return strconv.AppendInt(append(dst, `{"seat":`...), int64(seat), 10)
}

// appendRatings appends ratings as JSON writes numbers, so that a rounded one
// is short.
func appendRatings(dst []byte, ratings []float64) []byte {
	dst = append(dst, '[')
	for i, r := range ratings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, r, 'f', -1, 64)
	}
	return append(dst, ']')
}
