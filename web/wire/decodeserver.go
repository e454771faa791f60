package wire

import (
	"errors"
	"fmt"
	"slices"
)

// ErrMalformed is wrapped by the errors of DecodeServer and DecodeClock.
var ErrMalformed = errors.New("wire: malformed")

// DecodeServer reads a frame from the server, for bots and tests. It is as strict as Decode: an unknown type, field,
// code or kind is an error, which wraps ErrMalformed and names it.
//
// Views, matches, event data and clocks in the frame lie in data's memory: the caller must not change it while it uses
// them. A clock that is null is returned as nil.
func DecodeServer(data []byte) (ServerFrame, error) {
	var o object
	if msg := o.parse(data); msg != "" {
		return nil, malformedServer(msg)
	}
	sh, ok := o.shape(serverShapes[:])
	if !ok {
		return nil, malformedServer(noType)
	}
	if sh == nil {
		return nil, malformedServer(o.unknownType())
	}
	if msg := o.misfit(sh); msg != "" {
		return nil, malformedServer(msg)
	}
	if sh.t == TypeEv && !o.event() {
		return nil, malformedServer(`An "ev" frame has "k" and "d", or nothing but its number.`)
	}
	return o.server(sh.t), nil
}

func malformedServer(msg string) error { return fmt.Errorf("%w: %s", ErrMalformed, msg) }

// event says whether an ev has what a visible event must have, or else nothing of it.
func (o *object) event() bool {
	if o.seen.has(fieldK) {
		return o.seen.has(fieldD)
	}
	return o.seen&set(fieldD, fieldView, fieldClock) == 0
}

// kind returns the event kind, as the constant; empty if there is none.
func (o *object) kind() Kind {
	if i := slices.Index(kinds[:], Kind(o.text(fieldK))); i >= 0 {
		return kinds[i]
	}
	return ""
}

// server makes the frame of an object that fits the shape of its type.
func (o *object) server(t Type) ServerFrame {
	switch t {
	case TypeEv:
		return Ev{
			Match: o.string(fieldM), Seq: o.number(fieldSeq), Kind: o.kind(),
			Data: o.json(fieldD), View: o.json(fieldView), Clock: o.json(fieldClock),
		}
	case TypeAck:
		id, m, _ := o.strings(fieldID, fieldM, fieldText)
		return Ack{ID: id, Match: m, Seq: o.number(fieldSeq)}
	case TypePong:
		return Pong{C: o.number(fieldC), Now: o.number(fieldNow)}
	case TypeNack:
		id, m, msg := o.strings(fieldID, fieldM, fieldMsg)
		return Nack{ID: id, Match: m, Code: Code(o.string(fieldCode)), Msg: msg, Retry: o.number(fieldRetry)}
	case TypeSync:
		return Sync{
			Match: o.string(fieldM), Seq: o.number(fieldSeq), Seat: o.number(fieldSeat),
			View: o.json(fieldView), Info: o.json(fieldMatch), Clock: o.json(fieldClock), Reset: o.seen.has(fieldReset),
		}
	case TypeLive:
		return Live{
			Match: o.string(fieldM), Seq: o.number(fieldSeq),
			View: o.json(fieldView), Info: o.json(fieldMatch), Clock: o.json(fieldClock),
		}
	case TypeHello:
		return Hello{
			Proto: o.number(fieldProto), Boot: o.string(fieldBoot), Epoch: o.number(fieldEpoch),
			Server: o.string(fieldServer), Player: o.string(fieldPlayer),
			Ping: o.number(fieldPing), Max: o.number(fieldMax), Now: o.number(fieldNow),
		}
	case TypeRestarting:
		return Restarting{In: o.number(fieldIn)}
	case TypeError:
		return Error{Code: Code(o.string(fieldCode)), Msg: o.string(fieldMsg), Match: o.string(fieldM)}
	}
	panic("wire: a server shape without a frame: " + string(t))
}
