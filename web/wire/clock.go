package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Clock is the clock of a match as it goes over the wire, in milliseconds: what stood on it at Now. Its JSON is what the
// field clock of Sync, Ev and Live takes; a match without a clock has none.
type Clock struct {
	Left      []int64 `json:"left"`      // for each seat
	Increment int64   `json:"increment"` // added by each move
	PerMove   int64   `json:"perMove"`   // for each move; 0 where the clock is for the whole game
	Running   []int64 `json:"running"`   // the seats whose clock runs
	Now       int64   `json:"now"`       // the server's time, since 1970
}

// Append writes the clock's JSON behind dst.
func (c Clock) Append(dst []byte) []byte {
	dst = append(dst, `{"left":`...)
	dst = appendInts(dst, c.Left)
	dst = appendInt(dst, "increment", c.Increment)
	dst = appendInt(dst, "perMove", c.PerMove)
	dst = appendKey(dst, "running")
	dst = appendInts(dst, c.Running)
	dst = appendInt(dst, "now", c.Now)
	return append(dst, '}')
}

func appendInts(dst []byte, list []int64) []byte {
	dst = append(dst, '[')
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	return append(dst, ']')
}

// DecodeClock reads the field clock of a frame, for bots and tests. Errors wrap ErrMalformed.
func DecodeClock(data json.RawMessage) (Clock, error) {
	var c Clock
	if err := json.Unmarshal(data, &c); err != nil {
		return Clock{}, fmt.Errorf("%w: clock: %w", ErrMalformed, err)
	}
	return c, nil
}
