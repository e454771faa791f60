package game

import (
	"bytes"
	"encoding/json"
	"strconv"

	gojson "github.com/goccy/go-json"
)

// What every move brings with it is written, and read back, without
// reflection: the command, its ack, and the event that a move becomes. It is
// the same JSON as for all else, and only the usual shape of it is known here;
// whatever has another goes the usual way.

var (
	textMove  = []byte(`{"k":"move","m":"`)
	textMoved = []byte(`{"k":"moved"`)
	textSeat  = []byte(`,"s":`)
	textText  = []byte(`,"m":"`)
	textSeq   = []byte(`,"seq":`)
	textAck   = []byte(`{"seq":`)
	textOf    = []byte(`,"seat":`)
	textEnd   = []byte(`}`)
)

// AppendJSON writes the command as encoding/json does.
func (c *Command) AppendJSON(dst []byte) ([]byte, error) {
	if c.Kind != CommandMove || !isPlainHTML(c.Move) || c.Move == "" || c.Name != "" || c.Act != "" || c.Text != "" ||
		c.Absent != nil || c.Seat != 0 || c.Here {
		return appendMarshal(dst, c)
	}
	dst = append(dst, textMove...)
	dst = append(append(dst, c.Move...), '"')
	if c.Seq != nil {
		dst = strconv.AppendUint(append(dst, textSeq...), *c.Seq, 10)
	}
	return append(dst, '}'), nil
}

// ReadJSON reads what AppendJSON, or anybody else, has written into a zero
// command.
func (c *Command) ReadJSON(b []byte) error {
	s := scanner{rest: b}
	if s.skip(textMove) {
		move, seq, numbered := s.text(), uint64(0), false
		if s.skip(textSeq) {
			seq, numbered = s.number(), true
		}
		if s.end() && move != "" {
			c.Kind, c.Move = CommandMove, move
			if numbered {
				c.Seq = &seq
			}
			return nil
		}
	}
	return json.Unmarshal(b, c)
}

// AppendJSON writes the ack as encoding/json does.
func (a *Ack) AppendJSON(dst []byte) ([]byte, error) {
	dst = strconv.AppendUint(append(dst, textAck...), a.Seq, 10)
	dst = strconv.AppendInt(append(dst, textOf...), int64(a.Seat), 10)
	return append(dst, '}'), nil
}

// ReadJSON reads an ack into a zero one.
func (a *Ack) ReadJSON(b []byte) error {
	s := scanner{rest: b}
	if s.skip(textAck) {
		seq := s.number()
		if s.skip(textOf) {
			seat := s.number()
			if s.end() && seat < 1<<16 {
				a.Seq, a.Seat = seq, int(seat)
				return nil
			}
		}
	}
	return json.Unmarshal(b, a)
}

// appendMoved writes an event that is a plain move, without a clock, as
// encoding/json does. Not ok: it is something else.
func (e *Event) appendMoved(dst []byte) (text []byte, ok bool) {
	plain := Event{Kind: EventMoved, Seat: e.Seat, Move: e.Move}
	if e.Kind != EventMoved || e.Clock != nil || e.Hidden || e.Move == "" || !isPlainHTML(e.Move) || !e.same(&plain) {
		return dst, false
	}
	dst = append(dst, textMoved...)
	if e.Seat != 0 {
		dst = strconv.AppendInt(append(dst, textSeat...), int64(e.Seat), 10)
	}
	dst = append(append(dst, textText...), e.Move...)
	return append(dst, '"', '}'), true
}

// same says whether all that a move does not use is as in another event.
func (e *Event) same(o *Event) bool {
	return e.Player == o.Player && e.Name == o.Name && e.N == o.N && e.First == o.First && e.Seed == o.Seed && e.PhaseBase == o.PhaseBase &&
		e.Revealed == o.Revealed && e.What == o.What && e.Yes == o.Yes && e.To == o.To && e.Before == nil && e.After == nil &&
		e.Text == o.Text && e.Result == o.Result
}

// readMoved reads what appendMoved wrote. Not ok: it is something else, and the
// event is as it was.
func (e *Event) readMoved(b []byte) (ok bool) {
	s := scanner{rest: b}
	if !s.skip(textMoved) {
		return false
	}
	seat := uint64(0)
	if s.skip(textSeat) {
		seat = s.number()
	}
	if !s.skip(textText) {
		return false
	}
	move := s.text()
	if !s.end() || move == "" || seat >= 1<<16 {
		return false
	}
	e.Kind, e.Seat, e.Move = EventMoved, int(seat), move
	return true
}

// readEvent reads an event of any kind into a zero one.
func readEvent(b []byte, e *Event) error {
	if e.readMoved(b) {
		return nil
	}
	return gojson.Unmarshal(b, e)
}

func appendMarshal(dst []byte, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return append(dst, b...), err
}

// isPlainHTML says whether encoding/json writes s as it is: it escapes for the
// sake of HTML as well.
func isPlainHTML(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return isPlain(s)
}

// scanner reads a text of which the shape is known. What does not fit makes it
// bad, and it stays so.
type scanner struct {
	rest []byte
	bad  bool
}

func (s *scanner) skip(text []byte) bool {
	rest, ok := bytes.CutPrefix(s.rest, text)
	s.rest = rest
	return ok
}

// text reads up to a quote, of what needed no escape.
func (s *scanner) text() string {
	for i, c := range s.rest {
		switch {
		case c == '"':
			text := string(s.rest[:i])
			s.rest = s.rest[i+1:]
			return text
		case c == '\\' || c < ' ' || c >= 0x80:
			s.bad = true
			return ""
		}
	}
	s.bad = true
	return ""
}

// number reads a whole number of up to 18 digits, as JSON writes it.
func (s *scanner) number() (n uint64) {
	i := 0
	for i < len(s.rest) && i < 18 && s.rest[i] >= '0' && s.rest[i] <= '9' {
		n = n*10 + uint64(s.rest[i]-'0')
		i++
	}
	s.bad = s.bad || i == 0 || i > 1 && s.rest[0] == '0'
	s.rest = s.rest[i:]
	return n
}

func (s *scanner) end() bool { return s.skip(textEnd) && len(s.rest) == 0 && !s.bad }
