package gateway

import (
	"strconv"

	"github.com/everturn/everturn/game"
)

// MatchJSON is the object of a match: the field match of a sync or live, and the answer to GET /api/matches/{id}. All
// fields are always there, in this order:
//
//	id, code, game, state   texts
//	seats                   {"player": id, null for a bot's or an open seat; "name": null for an open seat; "bot": 1 to 3, null for people}
//	result                  null until the game is over
//	seq                     the number of the last event
//	clock                   {"initial","increment"} or {"perMove"}, milliseconds; null without clock
//	rated, private          booleans
//	watchers                how many viewers have no seat
//	created                 milliseconds since 1970
func MatchJSON(id string, s game.Summary, seq uint64, watchers int) []byte {
	dst := game.AppendString(append(make([]byte, 0, 384), `{"id":`...), id)
	dst = game.AppendString(append(dst, `,"code":`...), s.Code)
	dst = game.AppendString(append(dst, `,"game":`...), s.Game)
	dst = game.AppendString(append(dst, `,"state":`...), string(s.State))
	dst = append(dst, `,"seats":[`...)
	for i, seat := range s.Seats {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSeat(dst, seat)
	}
	dst = appendResult(append(dst, `],"result":`...), s.Result)
	dst = strconv.AppendUint(append(dst, `,"seq":`...), seq, 10)
	dst = appendClockSpec(append(dst, `,"clock":`...), s.Clock)
	dst = strconv.AppendBool(append(dst, `,"rated":`...), s.Rated)
	dst = strconv.AppendBool(append(dst, `,"private":`...), s.Private)
	dst = strconv.AppendInt(append(dst, `,"watchers":`...), int64(watchers), 10)
	dst = strconv.AppendInt(append(dst, `,"created":`...), s.Created, 10)
	return append(dst, '}')
}

func appendSeat(dst []byte, s game.Seat) []byte {
	dst = appendStringOrNull(append(dst, `{"player":`...), s.Player)
	dst = appendStringOrNull(append(dst, `,"name":`...), s.Name)
	dst = append(dst, `,"bot":`...)
	if s.Bot == 0 {
		return append(dst, "null}"...)
	}
	return append(strconv.AppendInt(dst, int64(s.Bot), 10), '}')
}

func appendStringOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return game.AppendString(dst, s)
}

func appendResult(dst []byte, r *game.Result) []byte {
	if r == nil {
		return append(dst, "null"...)
	}
	b, err := r.MarshalJSON()
	if err != nil { // it never gives one
		return append(dst, "null"...)
	}
	return append(dst, b...)
}

func appendClockSpec(dst []byte, c *game.ClockSpec) []byte {
	switch {
	case c == nil:
		return append(dst, "null"...)
	case c.PerMove > 0:
		return append(strconv.AppendInt(append(dst, `{"perMove":`...), c.PerMove, 10), '}')
	}
	dst = strconv.AppendInt(append(dst, `{"initial":`...), c.Initial, 10)
	return append(strconv.AppendInt(append(dst, `,"increment":`...), c.Increment, 10), '}')
}
